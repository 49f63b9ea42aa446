"""Turns a chunk of any format into MP3 frames that can be put after those of other chunks."""

import av
import numpy as np

from scribe_mock.audio.audio_errors import AudioError, NotAudio
from scribe_mock.audio.containers.reading import read_container
from scribe_mock.audio.containers.registry import CONTAINERS
from scribe_mock.audio.decode import RATE, Decoder, Resampler, Samples
from scribe_mock.audio.limits import Budget, Limits
from scribe_mock.audio.pieces import is_header_only
from scribe_mock.audio.sniffing import describe, sniff

#: Samples of one frame, and bits per second: MPEG-2 layer III at 16 kHz, mono.
_FRAME = 576
_BIT_RATE = 32_000
#: The encoder puts 1105 samples before the sound: the first two frames hold nothing else.
_LEAD_FRAMES = 2
#: Samples that are encoded at once.
_BLOCK = 100 * _FRAME


def mp3_of_chunk(data: bytes, head: bytes, limits: Limits) -> tuple[bytes, bool]:
    """Return a chunk as MP3 frames, and whether it can be decoded by itself.

    A recorder that slices its file gives only the first slice a header. Another slice is decoded
    after the first one, and the frames of that are left out. A header without sound has no frames.

    Args:
        data: the stored bytes of the chunk.
        head: those of the last chunk before it that can be decoded by itself; empty for none.
        limits: bounds on its length and on the work.

    Raises:
        AudioError: it can't be decoded, by itself or after the head.
    """
    try:
        return _frames(data, limits), True
    except AudioError:
        if not head:
            raise
        return mp3_frames(head + data, limits)[len(_frames(head, limits)) :], False


def _frames(data: bytes, limits: Limits) -> bytes:
    """Return a chunk as MP3 frames; none for a header without sound."""
    container = sniff(data)
    return b"" if container and is_header_only(data, container) else mp3_frames(data, limits)


def mp3_frames(data: bytes, limits: Limits) -> bytes:
    """Return a chunk as MP3 frames, 16 kHz mono, as long as the chunk to within 18 ms.

    Each frame is complete in itself, so the frames of several chunks make one MP3 file.

    Args:
        data: the stored bytes of the chunk, in any supported container.
        limits: bounds on its length and on the work.

    Raises:
        AudioError: it can't be decoded.
    """
    container = sniff(data)
    if container not in CONTAINERS:
        raise NotAudio(describe(data), "a recording that can be decoded")
    track = read_container(data, container)
    decoder, resampler, encoder = Decoder(track, Budget(limits)), Resampler(), _Encoder()
    for block in decoder.blocks(0, len(track)):
        encoder.add(resampler.push(block))
    encoder.add(resampler.push(None))
    return encoder.finish()


class _Encoder:
    def __init__(self) -> None:
        context = av.CodecContext.create("libmp3lame", "w")
        assert isinstance(context, av.AudioCodecContext)
        context.sample_rate, context.layout, context.format = RATE, "mono", "s16p"
        context.bit_rate = _BIT_RATE
        # Without a reservoir no frame needs the bytes of the one before. Level 7 takes half the
        # time of the default, and speech sounds the same.
        context.options = {"reservoir": "0", "compression_level": "7"}
        self._context = context
        self._frames: list[bytes] = []
        self._waiting: list[Samples] = []
        self._waiting_samples = 0
        self._samples = 0

    def add(self, samples: Samples) -> None:
        self._waiting.append(samples)
        self._waiting_samples += len(samples)
        if self._waiting_samples >= _BLOCK:
            self._encode(last=False)

    def finish(self) -> bytes:
        self._encode(last=True)
        self._frames += map(bytes, self._context.encode(None))
        wanted = round(self._samples / _FRAME)
        return b"".join(self._frames[_LEAD_FRAMES : _LEAD_FRAMES + wanted])

    def _encode(self, *, last: bool) -> None:
        waiting = np.concatenate(self._waiting) if self._waiting else np.empty(0, np.float32)
        end = len(waiting) if last else len(waiting) // _FRAME * _FRAME
        pcm = np.round(waiting[:end] * 32767).astype(np.int16)
        for begin in range(0, end, _FRAME):
            part = pcm[begin : begin + _FRAME].reshape(1, -1)
            frame = av.AudioFrame.from_ndarray(part, "s16p", "mono")
            frame.sample_rate = RATE
            self._frames += map(bytes, self._context.encode(frame))
        self._samples += end
        self._waiting = [waiting[end:]]
        self._waiting_samples = len(waiting) - end
