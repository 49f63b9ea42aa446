<?php
// client.php VARIANT FILE URL...: posts a file with PHP's curl or its streams.
[, $variant, $file] = $argv;
$urls = array_slice($argv, 3);
$said = [];
$handle = curl_init();
foreach ($urls as $url) {
    if ($variant === 'streams') {
        $context = stream_context_create(['http' => ['method' => 'POST', 'content' => file_get_contents($file), 'ignore_errors' => true, 'timeout' => 25]]);
        $body = @file_get_contents($url, false, $context);
        $said[] = $body === false ? 'failed to open stream' : explode(' ', $http_response_header[0])[1];
        continue;
    }
    curl_setopt_array($handle, [
        CURLOPT_URL => $url, CURLOPT_POST => true, CURLOPT_RETURNTRANSFER => true, CURLOPT_TIMEOUT => 25,
        CURLOPT_POSTFIELDS => $variant === 'form' ? ['file' => new CURLFile($file)] : file_get_contents($file),
    ]);
    $body = curl_exec($handle);
    $said[] = $body === false ? 'curl ' . curl_errno($handle) : curl_getinfo($handle, CURLINFO_RESPONSE_CODE);
}
echo implode(' ', $said), "\n";
