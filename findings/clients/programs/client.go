// client.go VARIANT FILE URL...: posts a file with net/http.
package main

import (
	"bytes"
	"fmt"
	"io"
	"net/http"
	"os"
)

func main() {
	variant, file, urls := os.Args[1], os.Args[2], os.Args[3:]
	for _, url := range urls {
		var body io.Reader
		if variant == "file" || variant == "post" {
			body, _ = os.Open(file)
		} else {
			data, _ := os.ReadFile(file)
			body = bytes.NewReader(data)
		}
		var answer *http.Response
		var err error
		if variant == "post" {
			answer, err = http.Post(url, "", body)
		} else {
			request, _ := http.NewRequest("POST", url, body)
			answer, err = http.DefaultClient.Do(request)
		}
		if err != nil {
			fmt.Println("*url.Error")
			return
		}
		io.Copy(io.Discard, answer.Body)
		answer.Body.Close()
		fmt.Print(answer.StatusCode, " ")
	}
}
