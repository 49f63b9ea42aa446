#!/usr/bin/env bash
# Measures all clients that this computer has, and writes the data file of the guide "What your client
# sends". A family's names can be given: shell, python, node, others, chromium.
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
output=$here/../../handlers/scribe_mock/web/docs/clients.json
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
python3 -m venv venv
venv/bin/pip -q install requests==2.34.2 httpx==0.28.1 aiohttp==3.14.5 playwright==1.65.2
npm install --silent --no-fund --no-audit undici@7.30.2 axios@1.21.1 got@14.6.6 superagent@10.4.2 \
  node-fetch@3.3.2 ky@1.14.3
if command -v go > /dev/null; then go build -o client-go "$here/programs/client.go"; fi
if command -v javac > /dev/null; then javac -d . "$here/programs/Client.java"; fi
venv/bin/python "$here/measure.py" "$output" "$@"
