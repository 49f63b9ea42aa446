#!/usr/bin/env bash
# music-metadata refuses the WebM of Chromium's recorder: its clusters do not tell their size.
#
# What is surprising
#   A WebM file whose clusters have the size "unknown" makes music-metadata throw "RangeError: ignore
#   length must be a non-negative safe integer", whichever way the file is handed to it. The very
#   same file with the sizes written in is read. Chromium's MediaRecorder writes unknown sizes,
#   since it can't go back to fill them in: none of its recordings can be read. An unknown size of
#   the segment around the clusters, as ffmpeg writes it to a pipe, does no harm. And with the sizes
#   written in, the option {duration: true} still gives no duration, since the header has none.
#
# Versions
#   music-metadata 11.16.1; read well by mediabunny 1.61.0 and PyAV 18.1.0.
#
# What one would expect
#   RFC 8794 (EBML), section 6.2: all bits of a size set to 1 mean that it is not known. RFC 9559
#   (Matroska, and so WebM), sections 5.1 and 5.1.3: Segment and Cluster may have such a size; it
#   is the way to write a live stream. music-metadata lists WebM among its formats, and documents
#   that {duration: true} parses the whole file for the duration where that is needed.
#
# Why it matters to users of an audio upload API
#   A service in JavaScript that checks uploads with this package refuses a good recording from a
#   browser as broken, while all files that were made with ffmpeg for the tests pass. Test with what
#   a recorder wrote. A duration has to come from the blocks in the file, not from its header.
#
# Exits 0 while this is so, and 1 with a sentence when it has changed. Needs python3 3.11 or newer,
# node 20 or newer, and npm.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"

python3 -m venv venv
venv/bin/pip install -qq --disable-pip-version-check av==18.1.0 numpy==2.4.6
npm install --silent --no-audit --no-fund --prefix . \
  music-metadata@11.16.1 mediabunny@1.61.0 >npm.log 2>&1 || { cat npm.log; exit 1; }

# Two seconds of Opus in WebM, once as a recorder writes it and once with the sizes filled in.
cat >make.py <<'PY'
import struct
from importlib.metadata import version

import av
import numpy as np

print("av", version("av"))
UNKNOWN = b"\x01" + b"\xff" * 7


def element(name, data, size=None):
    return bytes.fromhex(name) + (size or (1 << 56 | len(data)).to_bytes(8, "big")) + data


def number(name, value):
    return element(name, value.to_bytes(4, "big"))


encoder = av.CodecContext.create("libopus", "w")
encoder.sample_rate, encoder.layout, encoder.format = 48_000, "mono", "s16"
time = np.arange(96_000) / 48_000
samples = (8_000 * np.sin(2 * np.pi * 300 * time)).astype(np.int16)
frame = av.AudioFrame.from_ndarray(samples[None], format="s16", layout="mono")
frame.sample_rate, frame.pts = 48_000, 0
resampler = av.AudioResampler("s16", "mono", 48_000, frame_size=960)
packets = [packet for part in [*resampler.resample(frame), None] for packet in encoder.encode(part)]

head = element("1A45DFA3", number("4286", 1) + number("42F7", 1) + number("42F2", 4) + number("42F3", 8)
               + element("4282", b"webm") + number("4287", 4) + number("4285", 2))
about = element("1549A966", number("2AD7B1", 1_000_000) + element("4D80", b"made") + element("5741", b"made"))
audio = element("E1", element("B5", struct.pack(">d", 48_000)) + number("9F", 1))
track = element("1654AE6B", element("AE", number("D7", 1) + number("73C5", 1) + number("83", 2)
                + element("86", b"A_OPUS") + element("63A2", bytes(encoder.extradata)) + audio))


def cluster(start, part, size):
    blocks = b"".join(element("A3", b"\x81" + struct.pack(">h", at * 20) + b"\x80" + bytes(packet))
                      for at, packet in enumerate(part))
    return element("1F43B675", number("E7", start) + blocks, size)


for file, size in (("unknown.webm", UNKNOWN), ("known.webm", None)):
    clusters = b"".join(cluster(at * 20, packets[at : at + 50], size) for at in range(0, len(packets), 50))
    with open(file, "wb") as out:
        out.write(head + element("18538067", about + track + clusters, UNKNOWN))
    with av.open(file) as container:
        stream = container.streams.audio[0]
        seconds = sum(frame.samples for frame in container.decode(stream)) / stream.rate
    print(f"PyAV decodes {seconds:.2f} s of {file}")
    assert 1.9 < seconds < 2.1, "PyAV no longer reads the file"
PY
venv/bin/python make.py

cat >read.mjs <<'JS'
import { createReadStream, readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { ALL_FORMATS, BufferSource, Input } from "mediabunny";
import { parseBlob, parseBuffer, parseFile, parseStream } from "music-metadata";

for (const name of ["music-metadata", "mediabunny"]) {
  console.log(name, JSON.parse(readFileSync(`node_modules/${name}/package.json`)).version);
}
const WAYS = {
  parseFile: file => parseFile(file, { duration: true }),
  parseBuffer: file => parseBuffer(readFileSync(file), { mimeType: "audio/webm" }, { duration: true }),
  parseBlob: file => parseBlob(new Blob([readFileSync(file)]), { duration: true }),
  parseStream: file => parseStream(createReadStream(file), { mimeType: "audio/webm" }, { duration: true }),
};
const changed = [];
for (const file of ["known.webm", "unknown.webm"]) {
  const input = new Input({ formats: ALL_FORMATS, source: new BufferSource(readFileSync(file)) });
  const seconds = await input.computeDuration();
  console.log(`\n${file}\n  mediabunny: ${seconds.toFixed(2)} s`);
  if (seconds < 1.9) changed.push(`mediabunny finds ${seconds} s in ${file}`);
  for (const [way, parse] of Object.entries(WAYS)) {
    let said;
    try {
      const { codec, duration } = (await parse(file)).format;
      said = `codec ${codec}, duration ${duration}`;
    } catch (error) {
      said = `${error.name}: ${error.message}`;
    }
    console.log(`  music-metadata ${way}: ${said}`);
    const expected = file === "known.webm" ? "codec OPUS, duration undefined" : "RangeError: ignore length";
    if (!said.startsWith(expected)) changed.push(`${way} of ${file} says "${said}"`);
  }
}
if (changed.length) {
  console.log(`\nCHANGED: ${changed.join("; ")}.`);
  process.exit(1);
}
console.log("\nStill so: a cluster of unknown size is refused, and duration: true finds no duration.");
JS
node read.mjs
