#!/usr/bin/env bash
# The second try of an upload sends an empty body, or fails, when the same open file is given again.
#
# What is surprising
#   A client opens a recording, sends it, gets 503, and sends the same open file again. requests and
#   urllib3 send an empty body the second time (they go on where the first try stopped reading), and
#   the server's 200 makes it look like success. httpx announces the whole length, sends nothing,
#   and raises an exception of another package, h11, that "except httpx.HTTPError" does not catch.
#   aiohttp has closed the file. Only httpx's multipart form starts at the beginning again, though
#   httpx's plain body does not. The same goes for a file whose first 4 bytes were read to see
#   what it is: requests, urllib3 and aiohttp send it without these 4 bytes, and without an error.
#
# Versions
#   requests 2.34.2, urllib3 2.8.0, httpx 0.28.1 (httpcore 1.0.9, h11 0.16.0), aiohttp 3.14.5.
#
# What one would expect
#   All four take an open file as the body. requests and urllib3 put the file back to where it was
#   when they follow a redirect themselves, so that one may think they do so for each request.
#   httpx documents RequestError as the base of all exceptions from a request. RFC 9110, section 8.6:
#   Content-Length is the length of what follows.
#
# Why it matters to users of an audio upload API
#   Retries are part of any recorder's life, and a chunk lost like this is seen only when the text
#   is missing. Open the file anew for each try, or send bytes. A server should refuse an empty
#   chunk, and call a WebM file without its first bytes what it is.
#
# Exits 0 while this is so, and 1 with a sentence when it has changed. Needs python3 3.11 or newer.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"

python3 -m venv venv
venv/bin/pip install -qq --disable-pip-version-check \
  requests==2.34.2 urllib3==2.8.0 httpx==0.28.1 httpcore==1.0.9 h11==0.16.0 aiohttp==3.14.5

venv/bin/python - <<'PY'
import asyncio
import http.server
import sys
import threading
from importlib.metadata import version

import aiohttp
import httpx
import requests
import urllib3

MARK = b"\x1a\x45\xdf\xa3"  # the first bytes of any WebM file
FILL = b"\xee"  # no byte of a multipart header
for package in ("requests", "urllib3", "httpx", "httpcore", "h11", "aiohttp"):
    print(package, version(package))
with open("chunk.webm", "wb") as chunk:
    chunk.write(MARK + FILL * 9_996)


class Server(http.server.BaseHTTPRequestHandler):
    """Answers with the status that the path names, and tells how much of the file has come."""

    protocol_version = "HTTP/1.1"

    def do_POST(self):
        body, length = b"", int(self.headers.get("Content-Length", 0))
        if "chunked" in self.headers.get("Transfer-Encoding", ""):
            while size := int(self.rfile.readline(), 16):
                body += self.rfile.read(size)
                self.rfile.readline()
            self.rfile.readline()
        else:
            body = self.rfile.read(length)
        if len(body) < length:  # the client broke off
            self.close_connection = True
            return
        answer = b"%d bytes" % (body.count(FILL) + len(MARK) * body.count(MARK))
        self.send_response(int(self.path.strip("/")))
        self.send_header("Content-Length", str(len(answer)))
        self.end_headers()
        self.wfile.write(answer)

    def log_message(self, *words):
        pass


server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Server)
server.daemon_threads = True
threading.Thread(target=server.serve_forever, daemon=True).start()


def with_urllib3(url, file):
    answer = urllib3.request("POST", url, body=file, retries=False)
    return answer.status, answer.data.decode()


def with_aiohttp(url, file):
    async def send():
        async with aiohttp.ClientSession() as session, session.post(url, data=file) as answer:
            return answer.status, await answer.text()

    return asyncio.run(send())


def read(answer):
    return answer.status_code, answer.text


CLIENTS = {
    "requests, body": lambda url, file: read(requests.post(url, data=file)),
    "requests, form": lambda url, file: read(requests.post(url, files={"audio": file})),
    "urllib3, body": with_urllib3,
    "httpx, body": lambda url, file: read(httpx.post(url, content=file, timeout=30)),
    "httpx, form": lambda url, file: read(httpx.post(url, files={"audio": file}, timeout=30)),
    "aiohttp, body": with_aiohttp,
}
WHOLE, NOTHING, REST = "200, 10000 bytes", "200, 0 bytes", "200, 9996 bytes"
H11, CLOSED = "h11 LocalProtocolError", "builtins ValueError"
# Second try of the same file, and a file whose first 4 bytes were read.
EXPECTED = {
    "requests, body": (NOTHING, REST),
    "requests, form": (NOTHING, REST),
    "urllib3, body": (NOTHING, REST),
    "httpx, body": (H11, H11),
    "httpx, form": (WHOLE, WHOLE),
    "aiohttp, body": (CLOSED, REST),
}


def told(send, status, file):
    """What a client gets: a status and what the server says, or an exception."""
    try:
        return "{}, {}".format(*send(f"http://127.0.0.1:{server.server_port}/{status}", file))
    except Exception as error:
        kind = type(error)
        return f"{kind.__module__.split('.')[0]} {kind.__name__}"


changed = []
print(f"\n{'client':16}{'first try':18}{'second try':24}after 4 bytes were read")
for name, send in CLIENTS.items():
    with open("chunk.webm", "rb") as file:
        first, second = told(send, 503, file), told(send, 200, file)
    with open("chunk.webm", "rb") as file:
        file.read(4)
        third = told(send, 200, file)
    print(f"{name:16}{first:18}{second:24}{third}")
    if first != "503, 10000 bytes" or (second, third) != EXPECTED[name]:
        changed.append(f"{name}: no longer {' and '.join(EXPECTED[name])}")
if changed:
    sys.exit("CHANGED: " + "; ".join(changed) + ".")
print("\nStill so: a file that is sent twice arrives empty, breaks the request, or is closed.")
PY
