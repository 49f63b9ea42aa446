"""How well chunks hold labelled speech, and whether they sound like the original.

    python -m tests.benchmarks.audio.quality

For each voice and noise: share of labelled speech covered, share of chunk boundaries inside it,
lowest correlation of a chunk's loudness envelope with that stretch of the original.
"""

import io
import wave

import av
import numpy as np
from tests.benchmarks.audio.recordings import RATE, VOICES, encode, jfk, labelled, noise

from scribe_mock.audio import kinds
from scribe_mock.audio.split import split


def wav_of(samples):
    buffer = io.BytesIO()
    with wave.open(buffer, "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(RATE)
        file.writeframes((np.clip(samples, -1, 1) * 32767).astype("<i2").tobytes())
    return buffer.getvalue()


def covered(labels, chunks):
    total = sum(end - start for start, end in labels)
    held = sum(
        max(0.0, min(end, c.end_s) - max(start, c.start_s)) for start, end in labels for c in chunks
    )
    return held / total


def inside(labels, chunks, duration):
    edges = {round(edge, 3) for c in chunks for edge in (c.start_s, c.end_s)}
    edges = [edge for edge in edges if 0.01 < edge < duration - 0.01]
    hit = sum(any(start + 0.02 < edge < end - 0.02 for start, end in labels) for edge in edges)
    return hit, len(edges)


def decode(data):
    with av.open(io.BytesIO(data)) as container:
        graph = av.AudioResampler("flt", "mono", RATE)
        parts = [p.to_ndarray()[0] for f in container.decode(audio=0) for p in graph.resample(f)]
    parts += [p.to_ndarray()[0] for p in graph.resample(None)]
    return np.concatenate(parts)


def envelope(samples):
    frames = samples[: len(samples) // 320 * 320].reshape(-1, 320)
    return np.sqrt((frames**2).mean(axis=1))


def correlation(chunk, original):
    there = envelope(decode(chunk.data))
    here = envelope(original[round(chunk.start_s * RATE) : round(chunk.end_s * RATE)])
    count = min(len(there), len(here))
    return float(np.corrcoef(there[:count], here[:count])[0, 1])


def jfk_labelled(snr_db, noise_kind):
    """Four times the speech of 1961; its parts were marked by ear, its pauses are up to 1 s."""
    speech = jfk()
    if speech is None:
        return None
    parts = ((0.30, 2.15), (3.28, 4.40), (5.30, 7.70), (8.15, 10.45))
    samples = np.concatenate([speech] * 8)
    labels = [(a + 11 * i, b + 11 * i) for i in range(8) for a, b in parts]
    level = float(np.sqrt(np.mean(speech**2))) * 10 ** (-snr_db / 20)
    return samples + noise(noise_kind, len(samples), np.random.default_rng(3)) * level, labels


def report(name, samples, labels):
    chunks = split(wav_of(samples), kinds.WAV)
    hit, edges = inside(labels, chunks, len(samples) / RATE)
    lengths = sorted(c.duration_s for c in chunks)
    rest = len(samples) / RATE - sum(lengths)
    print(
        f"{name:34} covered {covered(labels, chunks):7.2%}  inside {hit:2}/{edges:3}  chunks "
        f"{len(chunks):3}  length {lengths[0]:4.1f} {np.median(lengths):4.1f} {lengths[-1]:4.1f}"
        f"  left out {rest:5.1f} s of {len(samples) / RATE:.0f}"
    )
    return covered(labels, chunks), hit, edges


def coverage():
    results = []
    for kind in ("white", "pink", "brown"):
        for voice in VOICES:
            samples, labels = labelled(200, 7, 25, kind, (voice,))
            results.append(report(f"{voice[0]} {voice[1]} {kind} 25 dB", samples, labels))
        made = jfk_labelled(25, kind)
        if made:
            results.append(report(f"jfk {kind} 25 dB", *made))
    for snr in (15, 5):
        report(f"all voices, pink {snr} dB", *labelled(300, 9, snr))
    print(
        f"at 25 dB: covered at least {min(r[0] for r in results):.2%}, boundaries inside "
        f"{sum(r[1] for r in results) / sum(r[2] for r in results):.2%}"
    )


def likeness():
    samples, _ = labelled(120, 5)
    for kind, container, codec, rate in (
        (kinds.WEBM, "webm", "libopus", 48_000), (kinds.OGG_OPUS, "ogg", "libopus", 48_000),
        (kinds.OGG, "ogg", "vorbis", 44_100), (kinds.MP4, "mp4", "aac", 44_100),
        (kinds.M4A, "ipod", "aac", 48_000), (kinds.MP3, "mp3", "libmp3lame", 44_100),
        (kinds.WAV, "wav", "pcm_s16le", 44_100),
    ):  # fmt: skip
        data = encode(samples, container, codec, 64_000 if codec == "libmp3lame" else 32_000, rate)
        original = decode(data)
        chunks = split(data, kind)
        print(f"{kind:24} lowest correlation {min(correlation(c, original) for c in chunks):.4f}")


if __name__ == "__main__":
    coverage()
    likeness()
