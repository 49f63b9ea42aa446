#!/usr/bin/env bash
# Chromium's recorder cuts its WebM slices one byte after the start of an element.
#
# What is surprising
#   With start(300) each slice but the last ends with the first byte of the next element, A3 of a
#   SimpleBlock or 1F of a Cluster, and the next slice begins in the middle of it. So a slice that is
#   lost takes a byte of the next one with it: its first block has no ID any more.
#
# Versions
#   Chromium 156 (Debian's package), playwright 1.65.2.
#
# What one would expect
#   MediaStream Recording (W3C) promises only that all slices together can be played. But a muxer
#   writes whole blocks, and code that joins slices around a lost one, or looks for a Cluster at the
#   start of a slice, counts on that. RFC 8794, section 5: an element begins with its ID.
#
# Why it matters to users of an audio upload API
#   A gap in the sequence of slices can't be closed by leaving a slice out: two are damaged. Restart
#   the recorder for each chunk, so that each is a whole file.
#
# Exits 0 while this is so, 1 with a sentence when it has changed, 2 without Chromium. Needs
# python3 3.11 or newer and Debian's chromium.
set -euo pipefail
browser=$(command -v chromium || command -v chromium-browser || true)
if [ -z "$browser" ]; then
  echo "This needs Debian's chromium, which is not here: nothing was checked."
  exit 2
fi
work=$(mktemp -d)
trap 'rm -rf "$work" 2>/dev/null || { sleep 2; rm -rf "$work"; }' EXIT
cd "$work"
python3 -m venv venv
venv/bin/pip install -qq --disable-pip-version-check playwright==1.65.2

cat >look.py <<'PY'
import sys

from playwright.sync_api import sync_playwright

RECORD = """async () => {
  const context = new AudioContext({ sampleRate: 48000 });
  const sound = new MediaStreamAudioDestinationNode(context);
  const tone = new OscillatorNode(context, { frequency: 440 });
  tone.connect(new GainNode(context, { gain: 0.3 })).connect(sound);
  tone.start();
  const recorder = new MediaRecorder(sound.stream, { mimeType: "audio/webm;codecs=opus" });
  const slices = [];
  recorder.ondataavailable = (event) => slices.push(event.data);
  const stopped = new Promise((resolve) => { recorder.onstop = resolve; });
  recorder.start(300);
  setTimeout(() => recorder.stop(), 2500);
  await stopped;
  return Promise.all(slices.map(async (slice) => [...new Uint8Array(await slice.arrayBuffer())]));
}"""
#: The first bytes of a SimpleBlock's and a Cluster's ID, and what comes after a Cluster's.
BLOCK, CLUSTER, REST = 0xA3, 0x1F, bytes.fromhex("43b675")

with sync_playwright() as playwright:
    arguments = ["--no-sandbox", "--autoplay-policy=no-user-gesture-required"]
    browser = playwright.chromium.launch(executable_path=sys.argv[1], args=arguments)
    print("Chromium", browser.version)
    slices = [bytes(numbers) for numbers in browser.new_page().evaluate(RECORD)]

cut = 0
for before, after in zip(slices, slices[1:]):
    print(f"{len(before)} bytes, ends with {before[-1:].hex()}; the next begins with {after[:4].hex()}")
    cut += before[-1] == BLOCK and after[0] & 0xC0 > 0 or before[-1] == CLUSTER and after.startswith(REST)
print(f"{cut} of {len(slices) - 1} cuts are behind the first byte of an element")
if len(slices) < 4 or cut < len(slices) - 2:
    sys.exit("CHANGED: slices are no longer cut inside an element.")
print("\nStill so: a slice begins in the middle of an element whose first byte is in the one before.")
PY
venv/bin/python look.py "$browser"
