#!/usr/bin/env bash
# Chromium's recorder, asked for audio/mp4, writes Opus, and its first slice holds no sound at all.
#
# What is surprising
#   MediaRecorder.isTypeSupported("audio/mp4") is true in Debian's Chromium, and the recorder's
#   mimeType is "audio/mp4". Once it has started it is "audio/mp4;codecs=opus": the MP4 holds Opus
#   and not AAC, and "audio/mp4;codecs=mp4a.40.2" is not supported. With start(500) the first
#   dataavailable event brings 641 bytes that are headers only; the sound of the first slice comes
#   together with that of the second. WebM's first slice can be played. Tools are misled as well:
#   for a recording of 1.8 s mutagen says a hundredth of a second and tinytag says 0, and the file's
#   own list of brands has the video codec VP9.
#
# Versions
#   Chromium 156 (Debian's package); mutagen 1.48.1, tinytag 2.3.2, PyAV 18.1.0. Browsers with
#   encoders of the system (Safari, some builds of Chrome) write AAC instead.
#
# What one would expect
#   MediaStream Recording (W3C), start(timeslice): each event brings the data gathered since the last.
#   It promises only that all slices together can be played, but MDN says that normally each has the
#   duration that was asked for, and the first has none. RFC 4337 registered audio/mp4 long before
#   there was Opus in MP4. ISO/IEC 14496-12, section 8.8: in a file of fragments the duration is in
#   the fragments (moof), and the header tells only of what came before them: nothing.
#
# Why it matters to users of an audio upload API
#   Code that sends each slice as a chunk sends a chunk without sound as chunk 0, and no later slice
#   can be played alone. A server that expects AAC behind audio/mp4 refuses it. A client that checks
#   a length with a tag reader calls a whole visit empty. Restart the recorder for each chunk, and
#   take the type from recorder.mimeType after the start.
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
# The browser's last processes may still write for a moment.
trap 'rm -rf "$work" 2>/dev/null || { sleep 2; rm -rf "$work"; }' EXIT
cd "$work"

python3 -m venv venv
venv/bin/pip install -qq --disable-pip-version-check av==18.1.0 mutagen==1.48.1 tinytag==2.3.2
"$browser" --version 2>/dev/null | tee browser-version
grep -q ' 156\.' browser-version || echo "Note: this was found with Chromium 156; here it is another."

cat >page.html <<'HTML'
<script type="module">
const tell = (path, body) => fetch(path, { method: "POST", body });
const types = ["audio/mp4", "audio/mp4;codecs=opus", "audio/mp4;codecs=mp4a.40.2"];
const context = new AudioContext({ sampleRate: 48000 });
const tone = new OscillatorNode(context, { frequency: 300 });
const sound = new MediaStreamAudioDestinationNode(context);
tone.connect(new GainNode(context, { gain: 0.2 })).connect(sound);
tone.start();
await context.resume();

async function record(mimeType, name) {
  const recorder = new MediaRecorder(sound.stream, { mimeType });
  const slices = [];
  const before = recorder.mimeType;
  let after;
  recorder.onstart = () => { after = recorder.mimeType; };
  recorder.ondataavailable = event => slices.push(event.data);
  const stopped = new Promise(resolve => { recorder.onstop = resolve; });
  recorder.start(500);
  setTimeout(() => recorder.stop(), 1800);
  await stopped;
  await tell(`/${name}-first`, slices[0]);
  await tell(`/${name}-whole`, new Blob(slices));
  return { before, after, sizes: slices.map(slice => slice.size) };
}

const supported = Object.fromEntries(types.map(type => [type, MediaRecorder.isTypeSupported(type)]));
const mp4 = await record("audio/mp4", "mp4");
const webm = await record("audio/webm;codecs=opus", "webm");
await tell("/told", JSON.stringify({ supported, mp4, webm }));
</script>
HTML

cat >look.py <<'PY'
import http.server
import io
import json
import os
import subprocess
import sys
import threading
from importlib.metadata import version

import av
import mutagen.mp4
import tinytag

for package in ("av", "mutagen", "tinytag"):
    print(package, version(package))

files, done = {}, threading.Event()


class Page(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        with open("page.html", "rb") as page:
            body = page.read()
        self.send_response(200)
        self.send_header("Content-Type", "text/html")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def do_POST(self):
        files[self.path.strip("/")] = self.rfile.read(int(self.headers["Content-Length"]))
        self.send_response(204)
        self.end_headers()
        if self.path == "/told":
            done.set()

    def log_message(self, *words):
        pass


server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Page)
server.daemon_threads = True
threading.Thread(target=server.serve_forever, daemon=True).start()
options = ["--headless", "--disable-gpu", "--autoplay-policy=no-user-gesture-required"]
if os.geteuid() == 0:
    options.append("--no-sandbox")  # the browser's sandbox does not run as root
with subprocess.Popen(
    [sys.argv[1], *options, "--user-data-dir=profile", f"http://127.0.0.1:{server.server_port}/"],
    stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
) as browser:
    finished = done.wait(75)
    browser.terminate()
if not finished:
    sys.exit("The browser did not finish the page within 75 seconds: nothing was checked.")


def boxes(data):
    """Names of the top boxes of an MP4 file."""
    names, at = [], 0
    while at + 8 <= len(data):
        names.append(data[at + 4 : at + 8].decode("latin-1"))
        at += max(8, int.from_bytes(data[at : at + 4], "big"))
    return names


def decoded(data):
    """Codec, and seconds of sound that come out of a decoder."""
    with av.open(io.BytesIO(data)) as container:
        stream = container.streams.audio[0]
        samples = sum(frame.samples for frame in container.decode(stream))
        return stream.codec_context.name, samples / stream.rate


told = json.loads(files["told"])
whole, first = files["mp4-whole"], files["mp4-first"]
codec, seconds = decoded(whole)
webm_codec, webm_seconds = decoded(files["webm-first"])
with open("whole.mp4", "wb") as file:
    file.write(whole)
mutagen_says = mutagen.mp4.MP4("whole.mp4").info.length
tinytag_says = tinytag.TinyTag.get("whole.mp4").duration

print("\nsupported:", told["supported"])
print("mimeType before the start:", told["mp4"]["before"])
print("mimeType after the start: ", told["mp4"]["after"])
print("bytes of the slices, MP4: ", told["mp4"]["sizes"])
print("bytes of the slices, WebM:", told["webm"]["sizes"])
print("boxes of MP4's first slice:", boxes(first))
brands = whole[16 : int.from_bytes(whole[:4], "big")].decode()
print("brands:", [brands[at : at + 4] for at in range(0, len(brands), 4)])
print(f"seconds in WebM's first slice: {webm_seconds:.2f} of {webm_codec}")
print(f"seconds in the whole MP4: {seconds:.2f} of {codec}; mutagen {mutagen_says:.3f}, tinytag {tinytag_says}")

STILL = {
    "audio/mp4 is supported": told["supported"]["audio/mp4"],
    "AAC by name is not": not told["supported"]["audio/mp4;codecs=mp4a.40.2"],
    "the type is audio/mp4 before the start": told["mp4"]["before"] == "audio/mp4",
    "it is Opus after the start": told["mp4"]["after"] == "audio/mp4;codecs=opus" and codec == "opus",
    "MP4's first slice is headers only": boxes(first) == ["ftyp", "moov"],
    "WebM's first slice has sound": webm_seconds > 0.1,
    "the whole MP4 has its sound": seconds > 1,
    "mutagen misses nearly all of it": mutagen_says < 0.2,
    "tinytag misses all of it": not tinytag_says,
    "an audio file has the brand of a video codec": "vp09" in brands,
}
if changed := [name for name, holds in STILL.items() if not holds]:
    sys.exit("CHANGED, no longer so: " + "; ".join(changed) + ".")
print("\nStill so: audio/mp4 means Opus here, and its first slice has no sound.")
PY
venv/bin/python look.py "$browser"
