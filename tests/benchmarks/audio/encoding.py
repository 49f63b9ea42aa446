"""Samples to files and back, by FFmpeg's libraries and not by the server's code."""

import io
import wave
from fractions import Fraction

import av
import numpy as np
from numpy.typing import NDArray

RATE = 16_000
OPUS_RATE = 48_000

Samples = NDArray[np.float32]


def resample(samples: Samples, rate: int, to: int) -> Samples:
    """Return mono samples at another rate."""
    graph = av.AudioResampler("flt", "mono", to)
    parts = [
        part.to_ndarray()[0]
        for frame in (_frame(samples, rate), None)
        for part in graph.resample(frame)
    ]
    return np.concatenate(parts)


def encode(
    samples: Samples,
    container: str = "webm",
    codec: str = "libopus",
    bit_rate: int = 24_000,
    rate: int = OPUS_RATE,
) -> bytes:
    """Return a file of 16 kHz mono samples."""
    buffer = io.BytesIO()
    with av.open(buffer, "w", format=container) as out:
        stream = _stream(out, codec, bit_rate, rate)
        for packet in _packets(stream, samples, rate):
            out.mux(packet)
    return buffer.getvalue()


def encode_repeated(samples: Samples, times: int, bit_rate: int) -> bytes:
    """Return a WebM of samples over and over; they are encoded once and their packets repeated."""
    buffer = io.BytesIO()
    with av.open(buffer, "w", format="webm") as out:
        stream = _stream(out, "libopus", bit_rate, OPUS_RATE)
        once = [bytes(packet) for packet in _packets(stream, samples, OPUS_RATE) if packet.size]
        for index, payload in enumerate(once * times):
            packet = av.Packet(payload)
            packet.stream, packet.time_base = stream, Fraction(1, 50)
            packet.pts = packet.dts = index
            packet.duration = 1
            out.mux(packet)
    return buffer.getvalue()


def as_wav(samples: Samples) -> bytes:
    """Return a WAV of 16 kHz mono samples."""
    buffer = io.BytesIO()
    with wave.open(buffer, "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(RATE)
        file.writeframes((np.clip(samples, -1, 1) * 32767).astype("<i2").tobytes())
    return buffer.getvalue()


def decode(data: bytes) -> Samples:
    """Return the sound of a file as 16 kHz mono."""
    with av.open(io.BytesIO(data), "r") as container:
        graph = av.AudioResampler("flt", "mono", RATE)
        parts = [p.to_ndarray()[0] for f in container.decode(audio=0) for p in graph.resample(f)]
    parts += [p.to_ndarray()[0] for p in graph.resample(None)]
    return np.concatenate(parts)


def _stream(
    out: av.container.OutputContainer, codec: str, bit_rate: int, rate: int
) -> av.AudioStream:
    # FFmpeg's own Vorbis encoder knows stereo only.
    layout, options = ("stereo", {"strict": "experimental"}) if codec == "vorbis" else ("mono", {})
    stream = out.add_stream(codec, rate=rate, layout=layout, options=options)
    assert isinstance(stream, av.AudioStream)
    stream.bit_rate = bit_rate
    return stream


def _packets(stream: av.AudioStream, samples: Samples, rate: int) -> list[av.Packet]:
    resampled = resample(samples, RATE, rate) if rate != RATE else samples
    size = stream.codec_context.frame_size or 1024
    graph = av.AudioResampler(stream.format, stream.layout, rate, frame_size=size)
    packets: list[av.Packet] = []
    for index in range(0, len(resampled), rate):
        frame = _frame(resampled[index : index + rate], rate)
        frame.pts = index
        for ready in graph.resample(frame):
            packets += stream.encode(ready)
    for ready in graph.resample(None):
        packets += stream.encode(ready)
    return packets + stream.encode(None)


def _frame(samples: Samples, rate: int) -> av.AudioFrame:
    array = np.ascontiguousarray(samples[None, :], np.float32)
    frame = av.AudioFrame.from_ndarray(array, "flt", "mono")
    frame.sample_rate = rate
    return frame
