#!/usr/bin/env bash
# Measures what HTTP clients send by default, what they see of an early 413, and which repeat a POST.
#
# measure.sh [CLIENT...]: with names of clients, such as PHP, only these are measured.
#
# Installs the packages below in a temporary folder, with pip and npm, and uses curl, wget, HTTPie, Java,
# PHP, Ruby, Perl and Go where they are there. Prints JSON: a list of clients in the form of
# handlers/scribe_mock/web/docs/clients.json. It takes about ten minutes: a client that hangs is given 20 s.
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"

python3 -m venv venv
venv/bin/pip install -qq --disable-pip-version-check \
  requests==2.34.2 urllib3==2.8.0 httpx==0.28.1 aiohttp==3.14.5 niquests==3.21.2 1>&2
npm install --silent --no-audit --no-fund \
  undici@7.30.2 axios@1.21.1 got@14.6.6 superagent@10.4.2 node-fetch@3.3.2 ky@1.14.3 1>&2
cp "$here/node_clients.mjs" .
if command -v go > go.path; then GOFLAGS=-mod=mod go build -o go_clients "$here/clients.go" 1>&2; fi
for extension in webm wav ogg mp4 m4a mp3; do head -c 17000 /dev/urandom > "audio.$extension"; done
head -c 12000000 /dev/zero > big
venv/bin/python "$here/measure.py" "$work" "$@"
