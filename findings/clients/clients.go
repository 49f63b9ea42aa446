// One upload by Go's net/http: clients WAY FILE URL [FIRST_URL]; prints what its caller sees.
package main

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"os"
	"runtime"
)

func send(way, path, address string) (*http.Response, error) {
	content, _ := os.ReadFile(path)
	file, _ := os.Open(path)
	switch way {
	case "Post, no type":
		return http.Post(address, "", bytes.NewReader(content))
	case "NewRequest file":
		request, _ := http.NewRequest("POST", address, file)
		return http.DefaultClient.Do(request)
	}
	request, _ := http.NewRequest("POST", address, bytes.NewReader(content))
	return http.DefaultClient.Do(request)
}

func main() {
	if os.Args[1] == "--version" {
		fmt.Println(runtime.Version())
		return
	}
	if len(os.Args) > 4 {
		if answer, err := http.Get(os.Args[4]); err == nil {
			io.Copy(io.Discard, answer.Body)
			answer.Body.Close()
		}
	}
	answer, err := send(os.Args[1], os.Args[2], os.Args[3])
	var failed *url.Error
	if errors.As(err, &failed) {
		fmt.Printf("url.Error: %T\n", failed.Err)
		return
	}
	io.Copy(io.Discard, answer.Body)
	fmt.Println(answer.StatusCode)
}
