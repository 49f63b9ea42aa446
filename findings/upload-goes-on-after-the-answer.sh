#!/usr/bin/env bash
# After a 413 that came early, half of the HTTP clients still send the whole rest of the upload.
#
# What is surprising
#   A server sees from Content-Length that an upload is too large, answers 413 at once, says
#   "Connection: close" and closes its side. requests, urllib3 and httpx (its asyncio client too)
#   and axios report the 413 only after they have sent all 48 MiB. aiohttp, undici, got and curl
#   stop after a few MiB. That a client is asynchronous does not tell which kind it is.
#
# Versions
#   requests 2.34.2, urllib3 2.8.0, httpx 0.28.1 (httpcore 1.0.9), aiohttp 3.14.5; axios 1.21.1, got
#   14.6.6, undici 7.30.2 on node 20; curl 7.88.1 (the system's; left out if there is none).
#
# What one would expect
#   RFC 9112, section 9.5: a client that sends a body should watch the connection for an error
#   response, and should stop sending when it sees one and that the connection is being closed.
#
# Why it matters to users of an audio upload API
#   On a slow line the user waits for minutes, and pays for the bytes, until a recording is refused
#   that was refused in the first second. A server that closes fully after its answer may destroy it
#   on its way, and the client sees a broken connection instead of 413 (section 9.6). So a server has
#   to go on reading for a while, and a client should compare the size with the API's limit first.
#
# Exits 0 while this is so, and 1 with a sentence when it has changed. Needs python3 3.11 or newer,
# node 20 or newer, and npm.
set -euo pipefail
work=$(mktemp -d)
pid=
trap '[ -z "$pid" ] || kill "$pid" 2>/dev/null || true; rm -rf "$work"' EXIT
cd "$work"

python3 -m venv venv
venv/bin/pip install -qq --disable-pip-version-check \
  requests==2.34.2 urllib3==2.8.0 httpx==0.28.1 httpcore==1.0.9 aiohttp==3.14.5
npm install --silent --no-audit --no-fund --prefix . \
  axios@1.21.1 got@14.6.6 undici@7.30.2 >npm.log 2>&1 || { cat npm.log; exit 1; }
head -c $((48 * 1024 * 1024)) /dev/zero >large.wav

cat >server.py <<'PY'
"""Answers 413 after the head of a request, then reads and counts what still comes."""

import json
import socket
import time

BODY = b'{"error":{"code":"chunk_too_large"}}'
listener = socket.create_server(("127.0.0.1", 0))
with open("port", "w") as file:
    file.write(f"{listener.getsockname()[1]}\n")
while True:
    connection, _ = listener.accept()
    connection.settimeout(20)
    received = b""
    while b"\r\n\r\n" not in received:
        received += connection.recv(4096)
    head, _, rest = received.partition(b"\r\n\r\n")
    connection.sendall(
        b"HTTP/1.1 413 Content Too Large\r\nConnection: close\r\nContent-Type: application/json\r\n"
        b"Content-Length: %d\r\n\r\n" % len(BODY) + BODY
    )
    connection.shutdown(socket.SHUT_WR)
    total = len(rest)
    try:
        while part := connection.recv(65536):
            total += len(part)
            time.sleep(0.001)
    except OSError:  # the client cut the connection in the middle of its upload
        pass
    connection.close()
    with open("counts", "a") as file:
        file.write(json.dumps([head.split()[1].decode().strip("/"), total]) + "\n")
PY

cat >clients.py <<'PY'
import asyncio
import sys

import aiohttp
import httpx
import requests
import urllib3

url, body = sys.argv[1], open("large.wav", "rb").read()


async def with_aiohttp():
    async with aiohttp.ClientSession() as session, session.post(f"{url}/aiohttp", data=body) as answer:
        return answer.status


async def with_async_httpx():
    async with httpx.AsyncClient() as client:
        return (await client.post(f"{url}/httpx-asyncio", content=body)).status_code


print("requests", requests.post(f"{url}/requests", data=body).status_code)
print("urllib3", urllib3.request("POST", f"{url}/urllib3", body=body, retries=False).status)
print("httpx", httpx.post(f"{url}/httpx", content=body).status_code)
print("httpx-asyncio", asyncio.run(with_async_httpx()))
print("aiohttp", asyncio.run(with_aiohttp()))
PY

cat >clients.mjs <<'JS'
import { readFileSync } from "node:fs";
import axios from "axios";
import got from "got";
import { request } from "undici";

const url = process.argv[2];
const body = readFileSync("large.wav");
console.log("axios", (await axios.post(`${url}/axios`, body, { validateStatus: () => true })).status);
console.log("got", (await got.post(`${url}/got`, { body, throwHttpErrors: false })).statusCode);
const answer = await request(`${url}/undici`, { method: "POST", body });
await answer.body.dump();
console.log("undici", answer.statusCode);
JS

venv/bin/python server.py &
pid=$!
for _ in $(seq 100); do [ -s port ] && break; sleep 0.1; done
url="http://127.0.0.1:$(cat port)"
{
  venv/bin/python clients.py "$url"
  node clients.mjs "$url"
  if command -v curl >/dev/null; then
    curl -s -o answer -w 'curl %{http_code}\n' -H 'Expect:' --data-binary @large.wav "$url/curl"
  fi
} >statuses
for _ in $(seq 100); do [ "$(wc -l <counts)" = "$(wc -l <statuses)" ] && break; sleep 0.1; done

echo "node $(node --version)"
if command -v curl >/dev/null; then curl --version | head -1 | cut -d' ' -f1-2; fi
venv/bin/python - <<'PY'
import json
import sys
from importlib.metadata import version

for package in ("requests", "urllib3", "httpx", "httpcore", "aiohttp"):
    print(package, version(package))
for package in ("axios", "got", "undici"):
    print(package, json.load(open(f"node_modules/{package}/package.json"))["version"])
SIZE = 48 * 1024 * 1024
sends_all = {"requests", "urllib3", "httpx", "httpx-asyncio", "axios"}
counts = dict(map(json.loads, open("counts")))
changed = []
print(f"\n{'client':16}{'status':8}sent after 413")
for line in open("statuses"):
    name, status = line.split()
    share = counts.get(name, 0) / SIZE
    print(f"{name:16}{status:8}{counts.get(name, 0) / 1024 / 1024:5.1f} of 48 MiB")
    if status != "413":
        changed.append(f"{name} reports {status} and not 413")
    elif (name in sends_all) != (share == 1) or 0.75 < share < 1:
        changed.append(f"{name} now sends {share:.0%} of the upload after the answer")
if changed:
    sys.exit("CHANGED: " + "; ".join(changed) + ".")
print("\nStill so: requests, urllib3, httpx and axios send everything to a server that said no.")
PY
