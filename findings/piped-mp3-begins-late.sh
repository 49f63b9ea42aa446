#!/usr/bin/env bash
# MP3 that FFmpeg writes into a pipe begins later than the same MP3 written into a file.
#
# What is surprising
#   The same command, once with a file name and once with "-", makes the same frames of sound. But
#   the file begins with one more frame, which holds no sound and says how many samples the encoder
#   put before it; FFmpeg writes that frame at the end, and a pipe can't go back. A player of the
#   file drops these samples, one of the pipe's output plays them. Two seconds that begin with a
#   click have it at 0.000 s in the file, and 0.07 s later from the pipe; they are longer too.
#   No warning is printed, and both are whole, valid MP3.
#
# Versions
#   FFmpeg 7.0.2 as in imageio-ffmpeg 0.6.0, decoded with PyAV 18.1.0.
#
# What one would expect
#   The FFmpeg formats documentation, mp3: the muxer writes a Xing/LAME frame, which needs an
#   output that can be sought. One that makes no difference between file and pipe otherwise lets one
#   expect a warning when the start is lost.
#
# Why it matters to users of an audio upload API
#   A backend that turns what browsers send into MP3 usually pipes it through FFmpeg. A consultation in
#   chunks of five seconds grows by about one second for each minute, so times of words in a
#   transcript drift away from the recording. Write to a file, or use WAV or Ogg.
#
# Exits 0 while this is so, and 1 with a sentence when it has changed. Needs python3 3.11 or newer.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
python3 -m venv venv
venv/bin/pip install -qq --disable-pip-version-check imageio-ffmpeg==0.6.0 av==18.1.0 numpy==2.3.5

cat >compare.py <<'PY'
import subprocess
import sys
import wave

import av
import imageio_ffmpeg
import numpy as np

RATE = 16_000
ffmpeg = imageio_ffmpeg.get_ffmpeg_exe()
print(subprocess.run([ffmpeg, "-version"], capture_output=True, text=True).stdout.splitlines()[0])
sound = np.zeros(2 * RATE, np.int16)
sound[:40] = 20_000
with wave.open("click.wav", "wb") as file:
    file.setnchannels(1)
    file.setsampwidth(2)
    file.setframerate(RATE)
    file.writeframes(sound.tobytes())
command = [ffmpeg, "-v", "warning", "-i", "click.wav", "-b:a", "32k", "-f", "mp3"]
subprocess.run([*command, "file.mp3"], check=True)
with open("pipe.mp3", "wb") as out:
    done = subprocess.run([*command, "-"], stdout=out, stderr=subprocess.PIPE, check=True)
# What it says of the input is not meant.
shown = [line for line in done.stderr.decode().splitlines() if "Guessed Channel Layout" not in line]


def heard(name):
    """Seconds until the click, and the length in seconds."""
    with av.open(name) as file:
        parts = [frame.to_ndarray()[0] for frame in file.decode(audio=0)]
        rate = file.streams.audio[0].rate
    samples = np.abs(np.concatenate(parts))
    return float(np.argmax(samples > samples.max() / 2)) / rate, len(samples) / rate


(file_at, file_s), (pipe_at, pipe_s) = heard("file.mp3"), heard("pipe.mp3")
print(f"file: click at {file_at:.3f} s of {file_s:.3f} s; pipe: at {pipe_at:.3f} s of {pipe_s:.3f} s")
print("warnings:", shown or "none")
exact = file_at < 0.005 and abs(file_s - 2) < 0.005
late = 0.05 < pipe_at < 0.09 and pipe_s > 2.05
if not (exact and late and not shown):
    print("MP3 out of a pipe does not begin 0.07 s late any more, or not without a warning.")
    sys.exit(1)
PY
timeout 60 venv/bin/python compare.py
