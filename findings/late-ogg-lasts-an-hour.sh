#!/usr/bin/env bash
# Two seconds of Ogg Opus whose clock starts at one hour last 3602 seconds for most readers.
#
# What is surprising
#   The pages of an Ogg Opus file have a clock (granule position), which may start late. A file
#   with 2 s of sound from 1:00:00 to 1:00:02 has the duration 3602 s for mutagen, tinytag and
#   music-metadata, which look at the last page only. PyAV too calls 3602 s the duration of file and
#   stream, though it says at the same time that they start at 3600 s and decodes 2.0 s of sound.
#   Only soundfile says 2.0 s. But soundfile says 16000 Hz, and music-metadata too, while the rest
#   say 48000 Hz: this number is a note about the sound before it was encoded. music-metadata's own
#   numberOfSamples divided by its own sampleRate is 10806 s.
#
# Versions
#   PyAV 18.1.0 (writes the file, too), mutagen 1.48.1, tinytag 2.3.2, soundfile 0.14.0,
#   music-metadata 11.16.1.
#
# What one would expect
#   RFC 7845, section 4.5: the first page's position may be larger than the samples in it, so that
#   one can join a live stream, or cut off a beginning, without rewriting all pages. Section 4.3:
#   the clock counts 48000 a second at any rate. Section 5.1: the header's input sample rate is not
#   the rate for playback. mutagen documents "length" as the file's length in seconds, and FFmpeg
#   documents start and duration of a stream as two numbers.
#
# Why it matters to users of an audio upload API
#   A recorder that goes on with one clock for all its chunks, or a service that cuts a stream,
#   makes such files. A check "no chunk longer than 20 s" then refuses all but the first, and what is
#   paid by the minute is counted wrong. Count the samples, or take the first page's position off.
#
# Exits 0 while this is so, and 1 with a sentence when it has changed. Needs python3 3.11 or newer,
# node 20 or newer, and npm.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"

python3 -m venv venv
venv/bin/pip install -qq --disable-pip-version-check \
  av==18.1.0 mutagen==1.48.1 tinytag==2.3.2 soundfile==0.14.0 numpy==2.4.6
npm install --silent --no-audit --no-fund --prefix . \
  music-metadata@11.16.1 >npm.log 2>&1 || { cat npm.log; exit 1; }

cat >read.mjs <<'JS'
import { parseFile } from "music-metadata";

const said = {};
for (const file of ["early.ogg", "late.ogg"]) {
  const { duration, sampleRate, numberOfSamples } = (await parseFile(file, { duration: true })).format;
  said[file] = { duration, sampleRate, numberOfSamples };
}
console.log(JSON.stringify(said));
JS

cat >look.py <<'PY'
import json
import subprocess
import sys
from importlib.metadata import version

import av
import mutagen.oggopus
import numpy as np
import soundfile
import tinytag

for package in ("av", "mutagen", "tinytag", "soundfile"):
    print(package, version(package))
with open("node_modules/music-metadata/package.json") as package:
    print("music-metadata", json.load(package)["version"])


def write(file, start):
    """Two seconds of a tone at 16 kHz in Opus, with a clock that starts at some second."""
    time = np.arange(32_000) / 16_000
    samples = (8_000 * np.sin(2 * np.pi * 440 * time)).astype(np.int16)
    frame = av.AudioFrame.from_ndarray(samples[None], format="s16", layout="mono")
    frame.sample_rate, frame.pts = 16_000, 0
    with av.open(file, "w", format="ogg") as container:
        stream = container.add_stream("libopus", rate=16_000, layout="mono")
        stream.format = "s16"
        for part in (frame, None):
            for packet in stream.encode(part):
                packet.pts += round(start / packet.time_base)
                packet.dts = packet.pts
                container.mux(packet)


def positions(file):
    """The granule positions of an Ogg file's pages, in samples of 48 kHz."""
    with open(file, "rb") as ogg:
        data = ogg.read()
    found, at = [], 0
    while at < len(data):
        assert data[at : at + 4] == b"OggS"
        found.append(int.from_bytes(data[at + 6 : at + 14], "little"))
        segments = data[at + 26]
        at += 27 + segments + sum(data[at + 27 : at + 27 + segments])
    return found


def told(file):
    with av.open(file) as container:
        stream = container.streams.audio[0]
        start, length = container.start_time / 1e6, container.duration / 1e6
        decoded = sum(frame.samples for frame in container.decode(stream)) / stream.rate
        rate = stream.rate
    tags, sound = tinytag.TinyTag.get(file), soundfile.info(file)
    return {
        "PyAV, decoded": (decoded, rate),
        "PyAV, start": (start, None),
        "PyAV, duration": (length, rate),
        "mutagen": (mutagen.oggopus.OggOpus(file).info.length, None),
        "tinytag": (tags.duration, tags.samplerate),
        "soundfile": (sound.duration, sound.samplerate),
    }


write("early.ogg", 0)
write("late.ogg", 3600)
for file in ("early.ogg", "late.ogg"):
    print(f"\n{file}: pages end at", positions(file))
node = json.loads(subprocess.run(["node", "read.mjs"], check=True, capture_output=True).stdout)
both = {file: told(file) for file in ("early.ogg", "late.ogg")}
for file, said in node.items():
    both[file]["music-metadata"] = (said["duration"], said["sampleRate"])
    both[file]["music-metadata, samples / rate"] = (said["numberOfSamples"] / said["sampleRate"], None)

EXPECTED = {
    "PyAV, decoded": (2, 2, 48_000),
    "PyAV, start": (0, 3600, None),
    "PyAV, duration": (2, 3602, 48_000),
    "mutagen": (2, 3602, None),
    "tinytag": (2, 3602, 48_000),
    "soundfile": (2, 2, 16_000),
    "music-metadata": (2, 3602, 16_000),
    "music-metadata, samples / rate": (6, 10806, None),
}
changed = []
print(f"\n{'reader':32}{'clock from 0':>14}{'from 1 hour':>14}{'rate':>8}")
for name, (early, late, rate) in EXPECTED.items():
    (early_said, rate_said), (late_said, _) = both["early.ogg"][name], both["late.ogg"][name]
    print(f"{name:32}{early_said:13.2f}s{late_said:13.2f}s{rate_said or '-':>8}")
    if abs(early_said - early) > 0.1 or abs(late_said - late) > 0.1 or rate_said != rate:
        changed.append(f"{name} was {early}, {late} and {rate}")
if changed:
    sys.exit("CHANGED: " + "; ".join(changed) + ".")
print("\nStill so: only soundfile and a decoder find the two seconds.")
PY
venv/bin/python look.py
