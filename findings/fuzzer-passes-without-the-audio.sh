#!/usr/bin/env bash
# Schemathesis passes an upload operation of which it never sent one of the audio types.
#
# What is surprising
#   An operation takes audio/wav, audio/mp3, audio/ogg and application/octet-stream. Of these four
#   Schemathesis sends application/octet-stream alone (and types that are not in the spec, to see
#   them refused), says "No issues found" and exits with 0. It has no word about the three types that
#   it left out. Take application/octet-stream out of the spec, and the same run ends with an error,
#   "Serialization not possible", which names the three. So one more type in the spec turns a red
#   run green, with the same bug in the server: this one answers 500 to each audio type.
#
# Versions
#   schemathesis 4.32.5 with hypothesis 6.170.15.
#
# What one would expect
#   The guide on custom media types says that for a type like PDF, without a strategy of one's own,
#   bytes are sent that a server finds invalid; it names audio files beside PDF. So one expects bad
#   audio, and not no audio. In OpenAPI 3.0.3 all keys of "content" count alike. A contract test that
#   leaves out a part of the contract should say so, as it does when it knows none of the types.
#
# Why it matters to users of an audio upload API
#   A green run in CI means that the audio upload was never tried. Count what arrives at the server
#   by Content-Type, or register a strategy for each audio type (schemathesis.openapi.media_type),
#   with real recordings in it.
#
# Exits 0 while this is so, and 1 with a sentence when it has changed. Needs python3 3.11 or newer.
set -euo pipefail
work=$(mktemp -d)
pid=
trap '[ -z "$pid" ] || kill "$pid" 2>/dev/null || true; rm -rf "$work"' EXIT
cd "$work"

python3 -m venv venv
venv/bin/pip install -qq --disable-pip-version-check schemathesis==4.32.5 hypothesis==6.170.15

cat >server.py <<'PY'
"""Stores bytes of application/octet-stream, and has a bug: audio of any type is answered with 500."""

import http.server


class Server(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_POST(self):
        length = int(self.headers.get("Content-Length", 0))
        self.rfile.read(length)
        kind = self.headers.get("Content-Type")
        with open("arrived", "a") as file:
            file.write(f"{kind}\n")
        if kind and kind.startswith("audio/"):
            self.answer(500)
        elif kind is None:
            self.answer(400)
        else:
            self.answer(200 if kind == "application/octet-stream" else 415)

    def other(self):
        self.answer(405)

    do_GET = do_PUT = do_PATCH = do_DELETE = do_OPTIONS = do_TRACE = do_QUERY = other

    def answer(self, status):
        self.send_response(status)
        self.send_header("Content-Length", "0")
        if status == 405:
            self.send_header("Allow", "POST")
        self.end_headers()
        self.close_connection = True

    def log_message(self, *words):
        pass


server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Server)
with open("port", "w") as file:
    file.write(f"{server.server_port}\n")
server.serve_forever()
PY

cat >look.py <<'PY'
import collections
import json
import os
import subprocess
import sys
from importlib.metadata import version

print("schemathesis", version("schemathesis"))
print("hypothesis", version("hypothesis"))
AUDIO = ["audio/wav", "audio/mp3", "audio/ogg"]
BYTES = "application/octet-stream"


def run(name, types):
    """Return Schemathesis's exit code and words, and which types have arrived."""
    binary = {"schema": {"type": "string", "format": "binary"}}
    operation = {
        "requestBody": {"required": True, "content": {kind: binary for kind in types}},
        "responses": {status: {"description": "See the status"} for status in ("200", "400", "415")},
    }
    with open("spec.json", "w") as file:
        json.dump({"openapi": "3.0.3", "info": {"title": "Uploads", "version": "1"},
                   "paths": {"/audio": {"post": operation}}}, file)
    with open("arrived", "w"):
        pass
    done = subprocess.run(
        [os.path.join(os.path.dirname(sys.executable), "schemathesis"), "run", "spec.json", "--no-color",
         "--url", f"http://127.0.0.1:{open('port').read().strip()}", "--max-examples", "40", "--seed", "1"],
        stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
    )
    arrived = collections.Counter(open("arrived").read().split("\n")[:-1])
    print(f"\n{name}: {', '.join(types)}")
    print("  exit code", done.returncode, "- arrived:", dict(arrived))
    for line in done.stdout.splitlines():
        if any(words in line for words in ("Serialization", "serializers for", "No issues", "generated")):
            print("  it says:", line.strip())
    return done.returncode, done.stdout, arrived


with_code, with_words, with_arrived = run("with bytes", [*AUDIO, BYTES])
without_code, without_words, without_arrived = run("audio only", AUDIO)

STILL = {
    "the first run passes": with_code == 0,
    "it sends application/octet-stream": with_arrived[BYTES] > 5,
    "it sends no audio type": not any(with_arrived[kind] for kind in AUDIO),
    "it names no audio type": not any(kind in with_words for kind in AUDIO),
    "the second run fails": without_code != 0,
    "it says why": "Serialization not possible" in without_words and "audio/wav" in without_words,
}
if changed := [name for name, holds in STILL.items() if not holds]:
    print(with_words)
    sys.exit("CHANGED, no longer so: " + "; ".join(changed) + ".")
print("\nStill so: a green run, and not one upload of audio in it.")
PY

venv/bin/python server.py &
pid=$!
for _ in $(seq 100); do [ -s port ] && break; sleep 0.1; done
venv/bin/python look.py
