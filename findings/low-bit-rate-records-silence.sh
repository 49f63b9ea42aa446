#!/usr/bin/env bash
# Chromium's recorder, asked for 2,000 bits per second or less, records silence and says nothing.
#
# What is surprising
#   new MediaRecorder(stream, { audioBitsPerSecond: 2000 }) records a loud tone as a file of the right
#   type and length in which no sample is above -80 dBFS; at 2,500 the tone is there at its full
#   loudness. There is no error, and recorder.audioBitsPerSecond says 2000.
#
# Versions
#   Chromium 156 (Debian's package), playwright 1.65.2, PyAV 18.1.0.
#
# What one would expect
#   MediaStream Recording (W3C): audioBitsPerSecond is the target bit rate of the encoding. RFC 6716,
#   section 2.1.1: Opus has bit rates from 6,000 per second on. So one expects 6,000 or an error.
#
# Why it matters to users of an audio upload API
#   A bit rate given in kbit/s by mistake (64 instead of 64000) makes a visit of silence. Every upload
#   is accepted, since the files are valid. Listen to what was recorded, or measure its loudness.
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
venv/bin/pip install -qq --disable-pip-version-check av==18.1.0 numpy playwright==1.65.2

cat >look.py <<'PY'
import base64
import io
import sys

import av
import numpy as np
from playwright.sync_api import sync_playwright

RECORD = """async (audioBitsPerSecond) => {
  const context = new AudioContext({ sampleRate: 48000 });
  const sound = new MediaStreamAudioDestinationNode(context);
  const tone = new OscillatorNode(context, { frequency: 440 });
  tone.connect(new GainNode(context, { gain: 0.3 })).connect(sound);
  tone.start();
  const recorder = new MediaRecorder(sound.stream, { mimeType: "audio/webm;codecs=opus", audioBitsPerSecond });
  const data = new Promise((resolve) => { recorder.ondataavailable = (event) => resolve(event.data); });
  recorder.start();
  setTimeout(() => recorder.stop(), 1500);
  const bytes = new Uint8Array(await (await data).arrayBuffer());
  return [recorder.audioBitsPerSecond, btoa(String.fromCharCode(...bytes))];
}"""


def heard(data):
    """Seconds that are decoded, and the loudest sample in dBFS."""
    with av.open(io.BytesIO(data)) as container:
        frames = list(container.decode(audio=0))
        loudest = max(np.abs(frame.to_ndarray()).max() for frame in frames)
        return sum(frame.samples for frame in frames) / 48000, 20 * np.log10(loudest + 1e-12)


found = {}
with sync_playwright() as playwright:
    arguments = ["--no-sandbox", "--autoplay-policy=no-user-gesture-required"]
    browser = playwright.chromium.launch(executable_path=sys.argv[1], args=arguments)
    print("Chromium", browser.version)
    page = browser.new_page()
    for asked in (64, 1000, 2000, 2500, 6000):
        told, text = page.evaluate(RECORD, asked)
        data = base64.b64decode(text)
        seconds, loudest = found[asked] = heard(data)
        print(f"asked {asked}, told {told}: {len(data)} bytes, {seconds:.2f} s, loudest {loudest:.0f} dBFS")

silent = {asked for asked, (seconds, loudest) in found.items() if loudest < -80}
if any(seconds < 1 for seconds, _ in found.values()):
    sys.exit("CHANGED: a recording is not as long as it was.")
if silent != {64, 1000, 2000}:
    sys.exit(f"CHANGED: silent are now {sorted(silent)}.")
print("\nStill so: up to 2,000 bits per second the recording is silent, and nothing says so.")
PY
venv/bin/python look.py "$browser"
