#!/usr/bin/env bash
# Connexion answers 415 to exactly the media type that the spec declares, if it has a parameter.
#
# What is surprising
#   A spec says that a request body may be audio/webm;codecs=opus. A client sends that, letter for
#   letter. Connexion answers 415: "Invalid Content-type (audio/webm), expected
#   ['audio/webm;codecs=opus', ...]". It cuts the parameter off the request's type but not off the
#   spec's, so that such an entry of the spec can't be reached by any request. Plain audio/webm is
#   refused too. Another server framework, express-openapi-validator, takes the same spec and
#   accepts the declared type with and without a space after the ";". But it refuses "opus" in
#   quotes, which means the same. So one spec and one type give different answers.
#
# Versions
#   connexion 3.3.0 with starlette 1.10.0 and httpx 0.28.1; express-openapi-validator 5.6.2 with
#   express 5.3.0.
#
# What one would expect
#   OpenAPI 3.0.3, Request Body Object: the key is a media type or a media type range, and the most
#   specific key that a request matches applies. It refers to RFC 7231 appendix D, whose media-range
#   has parameters (now RFC 9110, section 12.5.1). RFC 9110, section 8.3.1: white space around
#   the ";" and quotes around a value change nothing.
#
# Why it matters to users of an audio upload API
#   audio/webm;codecs=opus is what a browser's recorder calls its own sound. An API that lists it in
#   its spec and is served by Connexion refuses every browser, and the answer's text shows the
#   client a type that it did send. A server has to compare types itself, or the spec has to list
#   the type without its parameter and so accept other codecs.
#
# Exits 0 while this is so, and 1 with a sentence when it has changed. Needs python3 3.11 or newer,
# node 20 or newer, and npm.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"

python3 -m venv venv
venv/bin/pip install -qq --disable-pip-version-check connexion==3.3.0 starlette==1.10.0 httpx==0.28.1
npm install --silent --no-audit --no-fund --prefix . \
  express@5.3.0 express-openapi-validator@5.6.2 >npm.log 2>&1 || { cat npm.log; exit 1; }

cat >spec.json <<'JSON'
{
  "openapi": "3.0.3",
  "info": {"title": "Uploads", "version": "1"},
  "paths": {
    "/with-parameter": {"post": {
      "operationId": "with_connexion.store",
      "requestBody": {"required": true, "content": {
        "audio/webm;codecs=opus": {"schema": {"type": "string", "format": "binary"}},
        "audio/wav": {"schema": {"type": "string", "format": "binary"}}}},
      "responses": {"200": {"description": "Stored"}}}},
    "/without-parameter": {"post": {
      "operationId": "with_connexion.store_again",
      "requestBody": {"required": true, "content": {
        "audio/webm": {"schema": {"type": "string", "format": "binary"}},
        "audio/wav": {"schema": {"type": "string", "format": "binary"}}}},
      "responses": {"200": {"description": "Stored"}}}}
  }
}
JSON

cat >with_connexion.py <<'PY'
import asyncio
import json
import logging
import warnings

warnings.simplefilter("ignore")
logging.disable()


async def store(body):
    return {"bytes": len(body)}


store_again = store

if __name__ == "__main__":
    import httpx
    from connexion import AsyncApp

    async def main():
        app = AsyncApp("with_connexion", specification_dir=".")
        app.add_api("spec.json")
        answers = []
        async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://server") as client:
            for path, kind in json.load(open("requests.json")):
                answer = await client.post(path, content=b"sound", headers={"Content-Type": kind})
                answers.append([answer.status_code, answer.json().get("detail", "")])
        json.dump(answers, open("connexion.json", "w"))

    asyncio.run(main())
PY

cat >with_express.cjs <<'JS'
const fs = require("fs");
const express = require("express");
const validator = require("express-openapi-validator");

const app = express();
app.use(express.raw({ type: () => true }));
app.use(validator.middleware({ apiSpec: "./spec.json" }));
app.post("/*any", (request, response) => response.json({ bytes: request.body.length }));
app.use((error, request, response, next) =>
  response.status(error.status || 500).json({ detail: error.message }));
const server = app.listen(0, "127.0.0.1", async () => {
  const answers = [];
  for (const [path, kind] of JSON.parse(fs.readFileSync("requests.json"))) {
    const answer = await fetch(`http://127.0.0.1:${server.address().port}${path}`,
      { method: "POST", body: "sound", headers: { "Content-Type": kind } });
    answers.push([answer.status, (await answer.json()).detail || ""]);
  }
  fs.writeFileSync("express.json", JSON.stringify(answers));
  process.exit(0);
});
JS

cat >requests.json <<'JSON'
[["/with-parameter", "audio/webm;codecs=opus"],
 ["/with-parameter", "audio/webm; codecs=opus"],
 ["/with-parameter", "audio/webm;codecs=\"opus\""],
 ["/with-parameter", "audio/webm"],
 ["/with-parameter", "audio/wav"],
 ["/with-parameter", "audio/flac"],
 ["/without-parameter", "audio/webm;codecs=opus"]]
JSON
venv/bin/python with_connexion.py
node with_express.cjs

venv/bin/python - <<'PY'
import json
import sys
from importlib.metadata import version

print("connexion", version("connexion"))
with open("node_modules/express-openapi-validator/package.json") as package:
    print("express-openapi-validator", json.load(package)["version"])
expected = {"connexion": [415, 415, 415, 415, 200, 415, 200], "express": [200, 200, 415, 415, 200, 415, 200]}
sent = json.load(open("requests.json"))
found = {name: json.load(open(f"{name}.json")) for name in expected}
print(f"\n{'path':20}{'Content-Type':28}{'Connexion':>10}{'express':>10}")
changed = []
for at, (path, kind) in enumerate(sent):
    print(f"{path:20}{kind:28}{found['connexion'][at][0]:10}{found['express'][at][0]:10}")
    for name, statuses in expected.items():
        if found[name][at][0] != statuses[at]:
            changed.append(f"{name} answers {found[name][at][0]} and not {statuses[at]} to {kind} at {path}")
print("\nConnexion's words for the first line:", found["connexion"][0][1])
if changed:
    sys.exit("CHANGED: " + "; ".join(changed) + ".")
print("\nStill so: Connexion refuses the very type that the spec declares.")
PY
