<?php
// One upload by an HTTP client of PHP: php clients.php WAY FILE URL [FIRST_URL]; prints what its caller sees.
[, $way, $path, $url] = array_pad($argv, 4, "");
$first = $argv[4] ?? null;
if ($way === "--version") {
    echo PHP_VERSION, $path === "curl" ? ", libcurl " . curl_version()["version"] : "", "\n";
} elseif ($way === "file_get_contents") {
    $options = ["method" => "POST", "content" => file_get_contents($path), "ignore_errors" => true];
    $answer = @file_get_contents($url, false, stream_context_create(["http" => $options]));
    echo $answer === false ? "warning: failed to open stream" : explode(" ", $http_response_header[0])[1], "\n";
} else {
    $curl = curl_init();
    curl_setopt($curl, CURLOPT_RETURNTRANSFER, true);
    if ($first) {
        curl_setopt($curl, CURLOPT_URL, $first);
        curl_exec($curl);
    }
    curl_setopt($curl, CURLOPT_URL, $url);
    if ($way === "curl string") curl_setopt($curl, CURLOPT_POSTFIELDS, file_get_contents($path));
    if ($way === "curl CURLFile") curl_setopt($curl, CURLOPT_POSTFIELDS, ["file" => new CURLFile($path)]);
    if ($way === "curl INFILE") {
        $options = [CURLOPT_CUSTOMREQUEST => "POST", CURLOPT_UPLOAD => true];
        $options += [CURLOPT_INFILE => fopen($path, "rb"), CURLOPT_INFILESIZE => filesize($path)];
        curl_setopt_array($curl, $options);
    }
    $answer = curl_exec($curl);
    echo $answer === false ? "curl error " . curl_errno($curl) : curl_getinfo($curl, CURLINFO_HTTP_CODE), "\n";
}
