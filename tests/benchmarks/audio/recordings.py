"""Recordings with known speech: espeak-ng voices at known times, and a real one, in noise."""

import shutil
import subprocess
import wave
from dataclasses import dataclass
from functools import cache

import numpy as np
from numpy.typing import NDArray

from tests.benchmarks.audio.encoding import RATE, encode, resample
from tests.benchmarks.processes import ROOT, BenchmarkError

Samples = NDArray[np.float32]
Stretch = tuple[float, float]

VOICES = (
    ("en-us", 155),
    ("en-gb+f3", 175),
    ("de+m3", 165),
    ("fr+f2", 180),
    ("hi+f4", 170),
    ("en+m7", 140),
)
SENTENCES = (
    "The patient has had a dry cough for about two weeks, worse at night.",
    "No fever, no weight loss.",
    "Blood pressure is one hundred and thirty over eighty five, pulse seventy two and regular.",
    "I would like to start with an inhaler, twice a day, and see you again in a month.",
    "Yes.",
    "Does it hurt when you breathe in deeply, or when you lie down on your left side?",
    "She takes metformin, lisinopril, and a low dose of aspirin every morning after breakfast.",
    "Let me listen to your lungs.",
)
PAUSES, PAUSE_SHARES = (0.4, 0.7, 1.0, 1.8, 4.0, 9.0), (0.3, 0.25, 0.2, 0.1, 0.1, 0.05)
SPEECH_LEVEL = 0.08
ESPEAK_RATE = 22_050
REAL_RECORDING = ROOT.parent / "shared" / "audio" / "jfk.wav"
# Where its 50 ms level curve is above -35 dBFS for good; it breaks off in the word after the last.
REAL_SPEECH = ((0.30, 2.15), (3.28, 4.40), (5.30, 7.70), (8.15, 10.45))
REAL_SECONDS, REAL_TIMES = 11, 8


@dataclass(frozen=True)
class Labelled:
    """Sound at 16 kHz, and the start and end of each stretch of speech in it, in seconds."""

    samples: Samples
    speech: list[Stretch]

    @property
    def seconds(self) -> float:
        """How long it is."""
        return len(self.samples) / RATE


def require_espeak() -> None:
    """Refuse to go on without espeak-ng."""
    if shutil.which("espeak-ng") is None:
        raise BenchmarkError(
            "espeak-ng is not installed; on Debian and Ubuntu: apt-get install espeak-ng"
        )


@cache
def ten_minutes() -> bytes:
    """Return ten minutes of speech as WebM Opus."""
    return encode(labelled(600, seed=1).samples)


def labelled(
    seconds: float,
    seed: int = 0,
    snr_db: float = 25,
    noise_kind: str = "pink",
    voices: tuple[tuple[str, int], ...] = VOICES,
) -> Labelled:
    """Return sentences of these voices, with pauses of 0.4 to 9 s between them."""
    random = np.random.default_rng(seed)
    samples = np.zeros(int(seconds * RATE), np.float32)
    speech, at = [], 0.7
    while True:
        voice, speed = voices[random.integers(len(voices))]
        said = _say(SENTENCES[random.integers(len(SENTENCES))], voice, speed)
        begin = int(at * RATE)
        if begin + len(said) > len(samples) - RATE // 2:
            break
        samples[begin : begin + len(said)] += said
        speech.append((begin / RATE, (begin + len(said)) / RATE))
        at = speech[-1][1] + float(random.choice(PAUSES, p=PAUSE_SHARES))
    level = SPEECH_LEVEL * 10 ** (-snr_db / 20)
    return Labelled(samples + _noise(noise_kind, len(samples), random) * level, speech)


def real(snr_db: float, noise_kind: str) -> Labelled | None:
    """Return the real recording several times over, or None where it is not there."""
    if not REAL_RECORDING.exists():
        return None
    with wave.open(str(REAL_RECORDING)) as file:
        pcm = file.readframes(file.getnframes())
    once = np.frombuffer(pcm, np.int16).astype(np.float32) / 32768
    samples = np.concatenate([once[: REAL_SECONDS * RATE]] * REAL_TIMES)
    shifts = range(0, REAL_SECONDS * REAL_TIMES, REAL_SECONDS)
    speech = [(a + shift, b + shift) for shift in shifts for a, b in REAL_SPEECH]
    level = float(np.sqrt(np.mean(once**2))) * 10 ** (-snr_db / 20)
    noise = _noise(noise_kind, len(samples), np.random.default_rng(3))
    return Labelled(samples + noise * level, speech)


@cache
def _say(sentence: str, voice: str, speed: int) -> Samples:
    command = ["espeak-ng", "-v", voice, "-s", str(speed), "--stdout", sentence]
    out = subprocess.run(command, capture_output=True, check=True).stdout
    at = out.index(b"data") + 8  # espeak-ng can't seek: its lengths are wrong
    pcm = np.frombuffer(out[at : at + (len(out) - at) // 2 * 2], np.int16)
    samples = resample((pcm / 32768).astype(np.float32), ESPEAK_RATE, RATE)
    loud = np.flatnonzero(np.abs(samples) > 0.004)
    samples = samples[loud[0] : loud[-1] + 1]
    said: Samples = samples / np.sqrt(np.mean(samples**2)) * SPEECH_LEVEL
    return said


def _noise(kind: str, count: int, random: np.random.Generator) -> Samples:
    """Return white, pink or brown noise with an RMS of 1."""
    white = random.standard_normal(count).astype(np.float32)
    if kind == "white":
        return white
    spectrum = np.fft.rfft(white)
    frequency = np.maximum(np.fft.rfftfreq(count, 1 / RATE), 20)
    colored = np.fft.irfft(spectrum / frequency ** (0.5 if kind == "pink" else 1.0), count)
    level: float = np.sqrt(np.mean(colored**2))
    return (colored / level).astype(np.float32)
