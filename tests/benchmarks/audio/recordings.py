"""Recordings with known speech: espeak-ng voices at known times, in noise."""

import io
import subprocess
import wave
from functools import cache
from pathlib import Path

import av
import numpy as np

RATE = 16_000
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


def load_wav(path_or_file):
    with wave.open(path_or_file) as file:
        rate, pcm = file.getframerate(), file.readframes(file.getnframes())
    return np.frombuffer(pcm, np.int16).astype(np.float32) / 32768, rate


def resample(samples, rate, to):
    graph = av.AudioResampler("flt", "mono", to)
    frame = av.AudioFrame.from_ndarray(
        np.ascontiguousarray(samples[None, :], np.float32), "flt", "mono"
    )
    frame.sample_rate = rate
    parts = [part.to_ndarray()[0] for source in (frame, None) for part in graph.resample(source)]
    return np.concatenate(parts)


@cache
def say(sentence, voice, speed):
    command = ["espeak-ng", "-v", voice, "-s", str(speed), "--stdout", sentence]
    out = bytearray(subprocess.run(command, capture_output=True, check=True).stdout)
    at = out.index(b"data") + 8  # espeak-ng can't seek: its lengths are wrong
    samples = np.frombuffer(bytes(out[at : at + (len(out) - at) // 2 * 2]), np.int16) / 32768
    samples = resample(samples.astype(np.float32), 22_050, RATE)
    loud = np.flatnonzero(np.abs(samples) > 0.004)
    samples = samples[loud[0] : loud[-1] + 1]
    return samples / np.sqrt(np.mean(samples**2)) * 0.08


@cache
def jfk():
    path = Path(__file__).resolve().parents[2].parent / "shared" / "audio" / "jfk.wav"
    return load_wav(str(path))[0] if path.exists() else None


def noise(kind, count, random):
    white = random.standard_normal(count).astype(np.float32)
    if kind == "white":
        return white
    spectrum = np.fft.rfft(white)
    frequency = np.maximum(np.fft.rfftfreq(count, 1 / RATE), 20)
    colored = np.fft.irfft(spectrum / frequency ** (0.5 if kind == "pink" else 1.0), count)
    return (colored / np.sqrt(np.mean(colored**2))).astype(np.float32)


def labelled(seconds, seed=0, snr_db=25, noise_kind="pink", voices=VOICES):
    """Return samples at 16 kHz, the (start, end) of each utterance."""
    random = np.random.default_rng(seed)
    out = np.zeros(int(seconds * RATE), np.float32)
    labels, at = [], 0.7
    while True:
        voice, speed = voices[random.integers(len(voices))]
        speech = say(SENTENCES[random.integers(len(SENTENCES))], voice, speed)
        begin = int(at * RATE)
        if begin + len(speech) > len(out) - RATE // 2:
            break
        out[begin : begin + len(speech)] += speech
        labels.append((begin / RATE, (begin + len(speech)) / RATE))
        at = labels[-1][1] + float(
            random.choice([0.4, 0.7, 1.0, 1.8, 4.0, 9.0], p=[0.3, 0.25, 0.2, 0.1, 0.1, 0.05])
        )
    level = 0.08 * 10 ** (-snr_db / 20)
    return out + noise(noise_kind, len(out), random) * level, labels


def encode(samples, container="webm", codec="libopus", bit_rate=24_000, rate=48_000):
    """Return a file of 16 kHz mono samples."""
    buffer = io.BytesIO()
    resampled = resample(samples, RATE, rate) if rate != RATE else samples
    # FFmpeg's own Vorbis encoder knows stereo only.
    layout, options = ("stereo", {"strict": "experimental"}) if codec == "vorbis" else ("mono", {})
    with av.open(buffer, "w", format=container) as out:
        stream = out.add_stream(codec, rate=rate, layout=layout, options=options)
        stream.bit_rate = bit_rate
        graph = av.AudioResampler(stream.format, layout, rate, frame_size=stream.frame_size or 1024)
        for index in range(0, len(resampled), rate):
            part = np.ascontiguousarray(resampled[None, index : index + rate], np.float32)
            frame = av.AudioFrame.from_ndarray(part, "flt", "mono")
            frame.sample_rate, frame.pts = rate, index
            for ready in graph.resample(frame):
                out.mux(stream.encode(ready))
        for ready in graph.resample(None):
            out.mux(stream.encode(ready))
        out.mux(stream.encode(None))
    return buffer.getvalue()


@cache
def ten_minutes():
    """Return ten minutes of speech as WebM Opus."""
    return encode(labelled(600, seed=1)[0])
