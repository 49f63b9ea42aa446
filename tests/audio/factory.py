"""Recordings of every type, made with PyAV, of sound that resembles speech."""

import io
import struct
import wave
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory

import av
import numpy as np

from scribe_mock.audio import media_types

RATE = 16_000

#: What PyAV needs to write each kind: container, codec, rate.
RECIPES = {
    media_types.WEBM: ("webm", "libopus", 48_000),
    media_types.WAV: ("wav", "pcm_s16le", 16_000),
    media_types.OGG: ("ogg", "vorbis", 44_100),
    media_types.OGG_OPUS: ("ogg", "libopus", 48_000),
    media_types.MP4: ("mp4", "aac", 44_100),
    media_types.M4A: ("ipod", "aac", 48_000),
    media_types.MP3: ("mp3", "libmp3lame", 44_100),
}


def vowels(seconds, seed=0):
    """Return sound at 16 kHz that the speech detector scores as speech: syllables of vowels."""
    random = np.random.default_rng(seed)
    out: list[np.ndarray] = []
    while sum(part.size for part in out) < seconds * RATE:
        out += [_syllable(random), np.zeros(random.integers(300, 1200))]
    return np.concatenate(out)[: int(seconds * RATE)].astype(np.float32)


def _syllable(random):
    count = int(random.integers(2000, 4500))
    time = np.arange(count) / RATE
    pitch = random.uniform(100, 220) * (1 + 0.1 * np.sin(2 * np.pi * 3 * time))
    phase = 2 * np.pi * np.cumsum(pitch) / RATE
    formants = random.uniform((300, 900, 2200), (800, 1900, 3000))
    wave_ = np.zeros(count)
    for harmonic in range(1, 30):
        frequency = harmonic * pitch.mean()
        gain = sum(np.exp(-(((frequency - f) / 150) ** 2)) for f in formants) + 0.02
        wave_ += gain * np.sin(harmonic * phase)
    wave_ += 0.03 * random.standard_normal(count)
    return 0.15 * np.hanning(count) * wave_ / np.abs(wave_).max()


def silence(seconds):
    """Return a very faint hiss at 16 kHz."""
    return np.random.default_rng(1).standard_normal(int(seconds * RATE)).astype(np.float32) * 1e-4


def conversation(*parts):
    """Return sound of speech and silence in turn, given their seconds; and where the speech is."""
    sound, labels, at = [], [], 0.0
    for index, seconds in enumerate(parts):
        if index % 2 == 0:
            sound.append(vowels(seconds, index))
            labels.append((at, at + seconds))
        else:
            sound.append(silence(seconds))
        at += seconds
    return np.concatenate(sound), labels


def encode(samples, kind, rate=None, bit_rate=None, options=None, codec=None, channels=1):
    """Return a file of a type with 16 kHz mono samples."""
    container, default_codec, default_rate = RECIPES[kind]
    codec, rate = codec or default_codec, rate or default_rate
    # FFmpeg's own Vorbis encoder knows stereo only.
    extra = {"strict": "experimental"} if codec == "vorbis" else {}
    layout = "stereo" if codec == "vorbis" or channels == 2 else "mono"
    with TemporaryDirectory() as folder:
        path = Path(folder, "file")  # a real one, for +faststart reads what it wrote
        _encode(path, samples, container, codec, rate, layout, bit_rate, options or {}, extra)
        return path.read_bytes()


def _encode(path, samples, container, codec, rate, layout, bit_rate, options, extra):
    with av.open(str(path), "w", format=container, options=options) as out:
        stream = out.add_stream(codec, rate=rate, layout=layout, options=extra)
        if bit_rate:
            stream.bit_rate = bit_rate
        size = stream.frame_size or 1024
        graph = av.AudioResampler(stream.format, layout, rate, frame_size=size)
        frame = av.AudioFrame.from_ndarray(samples[None, :].copy(), "flt", "mono")
        frame.sample_rate, frame.pts = RATE, 0
        for source in (frame, None):
            for ready in graph.resample(source):
                out.mux(stream.encode(ready))
        out.mux(stream.encode(None))


@cache
def sample(kind, seconds=2.0):
    """Return a small recording of a type: speech, and then silence."""
    return encode(conversation(seconds * 0.7, seconds * 0.3)[0], kind)


def wav(samples, bits=16, channels=1, rate=RATE, fmt=1, data_length=None):
    """Return a WAV file of float samples; `data_length` sets a wrong length in its header."""
    samples = np.repeat(samples[:, None], channels, axis=1)
    if fmt == 3:
        pcm = samples.astype("<f4" if bits == 32 else "<f8").tobytes()
    elif bits == 8:
        pcm = (samples * 127 + 128).astype(np.uint8).tobytes()
    else:
        wide = np.round(samples.astype(np.float64) * (2.0**31 - 2.0**16)).astype("<i4")
        raw = np.frombuffer(wide.tobytes(), np.uint8).reshape(-1, 4)
        pcm = raw[:, 4 - bits // 8 :].tobytes()
    frame = channels * bits // 8
    head = struct.pack("<HHIIHH", fmt, channels, rate, rate * frame, frame, bits)
    length = len(pcm) if data_length is None else data_length
    body = b"WAVEfmt " + struct.pack("<I", 16) + head + b"data" + struct.pack("<I", length) + pcm
    return b"RIFF" + struct.pack("<I", min(0xFFFFFFFF, 36 + length)) + body


def decode(data, rate=RATE):
    """Return the sound of a file as a player plays it, at 16 kHz mono."""
    with av.open(io.BytesIO(data), "r") as container:
        graph = av.AudioResampler("flt", "mono", rate)
        parts = [p.to_ndarray()[0] for f in container.decode(audio=0) for p in graph.resample(f)]
    parts += [p.to_ndarray()[0] for p in graph.resample(None)]
    return np.concatenate(parts)


def envelope(samples, step=320):
    """Return the loudness of each 20 ms."""
    frames = samples[: len(samples) // step * step].reshape(-1, step)
    return np.sqrt((frames**2).mean(axis=1))


def read_pcm(data):
    """Return the frames of a WAV file."""
    with wave.open(io.BytesIO(data)) as file:
        return file.readframes(file.getnframes())


def far_away(samples):
    """Return sound as it reaches a microphone in a room with an echo of 0.3 s."""
    count = int(0.3 * RATE)
    echo = np.random.default_rng(0).standard_normal(count) * np.exp(-6.9 * np.arange(count) / count)
    echo[0] = 3
    return np.convolve(samples, echo)[: len(samples)].astype(np.float32)


def at_level(samples, dbfs):
    """Return sound with a mean power, in dBFS."""
    return (samples * 10 ** (dbfs / 20) / np.sqrt((samples**2).mean())).astype(np.float32)


def speech():
    """Return the short dictation of the fixtures at 16 kHz: 5.6 s with one pause of 0.7 s."""
    return decode(Path(__file__).parents[2].joinpath("fixtures/audio/speech.wav").read_bytes())
