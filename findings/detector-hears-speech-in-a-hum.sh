#!/usr/bin/env bash
# A voice detector takes a steady tone for speech, but only near 280 Hz, and loud noise too.
#
# What is surprising
#   earshot scores each 16 ms of sound from 0 (nobody speaks) to 1 (somebody does). A pure 280 Hz
#   tone at -30 dBFS, a quiet hum, is above 0.5 in almost every frame. The same tone at 200 Hz or at
#   400 Hz hardly ever is. White noise at -8 dBFS is speech, at -20 dBFS it is not: the score depends on
#   how loud the sound is. The older detector webrtcvad, in its strictest mode, errs elsewhere: the
#   280 Hz tone is no speech for it, but 200 Hz, 440 Hz, 1 kHz and the noise at -20 dBFS are.
#
# Versions
#   earshot 1.2.2, webrtcvad-wheels 2.0.14.post1, with numpy 2.4.6.
#
# What one would expect
#   earshot's documentation says that scores over 0.5 can generally be considered voice, and calls
#   the detector accurate. A tone that never changes carries no speech at any pitch. Nothing there
#   says that a recording has to be brought to one loudness first.
#
# Why it matters to users of an audio upload API
#   A fan, a lamp or a humming cable at the right pitch makes "no speech" into "all speech". A
#   recording without a pause cannot be cut at its pauses, and a warning "nobody speaks here" does
#   not come. A test that plays a tone instead of a voice passes or fails by the tone's pitch. Look
#   at the changes in loudness beside the score: speech goes up and down, a hum does not.
#
# Exits 0 while this is so, and 1 with a sentence when it has changed. Needs python3 3.11 or newer.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"

python3 -m venv venv
venv/bin/pip install -qq --disable-pip-version-check \
  earshot==1.2.2 webrtcvad-wheels==2.0.14.post1 numpy==2.4.6

venv/bin/python - <<'PY'
import sys
from importlib.metadata import version

import earshot
import numpy as np
import webrtcvad

RATE, SECONDS = 16_000, 6
for package in ("earshot", "webrtcvad-wheels", "numpy"):
    print(package, version(package))

time = np.arange(RATE * SECONDS) / RATE
noise = np.random.default_rng(1).standard_normal(time.size)


def tone(hertz, dbfs):
    return 10 ** (dbfs / 20) * np.sqrt(2) * np.sin(2 * np.pi * hertz * time)


def white(dbfs):
    return 10 ** (dbfs / 20) * noise


def shares(signal):
    """Percent of frames that are speech, for earshot and for webrtcvad's strictest mode."""
    signal = np.clip(signal, -1, 1).astype(np.float32)
    new = earshot.Detector()
    scores = [new.predict_f32(signal[at : at + 256]) for at in range(0, signal.size - 255, 256)]
    old = webrtcvad.Vad(3)
    pcm = (signal * 32767).astype("<i2")
    said = [old.is_speech(pcm[at : at + 320].tobytes(), RATE) for at in range(0, pcm.size - 319, 320)]
    return 100 * float(np.mean(np.array(scores) >= 0.5)), 100 * float(np.mean(said))


# Sound, and whether earshot and webrtcvad take it for speech.
EXPECTED = {
    "silence": (np.zeros_like(time), False, False),
    "tone 200 Hz, -30 dBFS": (tone(200, -30), False, True),
    "tone 280 Hz, -30 dBFS": (tone(280, -30), True, False),
    "tone 400 Hz, -30 dBFS": (tone(400, -30), False, False),
    "tone 440 Hz, -20 dBFS": (tone(440, -20), False, True),
    "tone 1000 Hz, -20 dBFS": (tone(1000, -20), False, True),
    "white noise, -8 dBFS": (white(-8), True, True),
    "white noise, -20 dBFS": (white(-20), False, True),
}
changed = []
print(f"\n{'sound':26}{'earshot':>10}{'webrtcvad':>12}   (percent of frames that are speech)")
for name, (signal, *expected) in EXPECTED.items():
    found = shares(signal)
    print(f"{name:26}{found[0]:9.1f}%{found[1]:11.1f}%")
    for detector, share, speech in zip(("earshot", "webrtcvad"), found, expected):
        if share < 90 if speech else share > 10:
            changed.append(f"{detector} now finds speech in {share:.0f} % of: {name}")
if changed:
    sys.exit("CHANGED: " + "; ".join(changed) + ".")
print("\nStill so: earshot takes a 280 Hz tone for speech and a 200 Hz one not, and noise by its loudness.")
PY
