#!/usr/bin/env bash
# axios-retry repeats a POST that may have arrived, and not one that the server asks to repeat.
#
# What is surprising
#   With its defaults, axios-retry repeats a POST whose answer was lost three more times, all within
#   a fraction of a second. The same POST, answered with 503, 429 or 500, is never repeated. So of
#   the two failures of an upload it repeats the one of which it cannot know whether the server
#   acted on it, and gives up at once on those in which the server said that it did not. A PUT is
#   repeated in all four cases, and after an answer with Retry-After only when that is over: the
#   library knows the field, but with its defaults no POST gets so far.
#
# Versions
#   axios 1.21.1, axios-retry 4.5.0.
#
# What one would expect
#   RFC 9110, section 9.2.2: a client should not repeat a request with a method that is not
#   idempotent by itself, unless it knows that the request's effect is idempotent or that it was
#   never applied. Section 10.2.3 and RFC 6585, section 4: after a 503 or 429 Retry-After says how
#   long to wait before the next request.
#
# Why it matters to users of an audio upload API
#   A chunk that meets a server which restarts is lost after one try, though the library was added so
#   that this does not happen. An End whose answer was lost is sent again and answered "already
#   ended", which the program takes for a failure. An uploader has to set retryCondition and
#   retryDelay itself: by status for uploads whose name makes a repeat harmless, and with
#   Retry-After.
#
# Exits 0 while this is so, and 1 with a sentence when it has changed. Needs node 20 or newer, npm.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
npm install --silent --no-audit --no-fund --prefix . axios@1.21.1 axios-retry@4.5.0 >npm.log 2>&1 || {
  cat npm.log
  exit 1
}

cat >count.mjs <<'JS'
import http from "node:http";
import axios from "axios";
import axiosRetry from "axios-retry";

let tries = 0;
const server = http.createServer((request, response) => {
  request.resume();
  request.on("end", () => {
    tries += 1;
    const status = Number(request.url.slice(1));
    // 0: the body was read, and the connection ends without an answer.
    if (status === 0) return request.socket.destroy();
    response.writeHead(status, { "Retry-After": "1" });
    response.end();
  });
});
await new Promise((done) => server.listen(0, "127.0.0.1", done));
const client = axios.create({ baseURL: `http://127.0.0.1:${server.address().port}` });
axiosRetry(client);
const found = {};
for (const method of ["post", "put"]) {
  for (const status of [0, 500, 503, 429]) {
    tries = 0;
    const start = performance.now();
    await client[method](`/${status}`, Buffer.alloc(16_000)).catch(() => {});
    const quick = performance.now() - start < 900 ? "at once" : "after a pause";
    found[`${method} ${status || "answer lost"}`] = tries === 1 ? "1" : `${tries} ${quick}`;
  }
}
server.close();
console.log("requests that arrived:", JSON.stringify(found));
const expected = {
  "post answer lost": "4 at once", "post 500": "1", "post 503": "1", "post 429": "1",
  "put answer lost": "4 at once", "put 500": "4 after a pause", "put 503": "4 after a pause",
  "put 429": "4 after a pause",
};
if (JSON.stringify(found) !== JSON.stringify(expected)) {
  console.log("axios-retry repeats other requests than it did: look at what changed.");
  process.exit(1);
}
JS
timeout 60 node count.mjs
