"""Decodes packets to 16 kHz mono in blocks, so that memory does not grow with the length."""

from collections.abc import Iterator, Sequence

import av
import numpy as np
from av.error import FFmpegError
from numpy.typing import NDArray

from scribe_mock.audio.audio_errors import DamagedAudio
from scribe_mock.audio.containers import opus
from scribe_mock.audio.containers.wav import decode_pcm
from scribe_mock.audio.limits import Budget
from scribe_mock.audio.track import Track

Samples = NDArray[np.float32]

#: Samples per second that speech detection works on.
RATE = 16_000
# Packets decoded between two checks of the budget; 10 s of Opus at 20 ms a packet. Blocks of 2 s
# take a tenth more time, and those of 30 s do not fit into a processor's cache.
_BATCH = 500
_BATCH_PCM = 20
_EXPECTED = "audio that decodes without errors"
# The share of packets that may fail to decode in a slightly damaged file.
_TOLERATED = 0.05
# The most channels of a recording.
_MOST_CHANNELS = 8


class Decoder:
    """Decodes some of a track's packets in order.

    Args:
        track: the track.
        budget: bounds its work and the length of what it decodes.

    Attributes:
        counts: decoded samples of each packet, or -1 for one that can't be decoded.
        rate: samples per second of the decoded sound; until there is some, that of the track.
    """

    def __init__(self, track: Track, budget: Budget) -> None:
        self.track = track
        self.budget = budget
        self.rate = track.rate
        self.counts: list[int] = []
        self._context: av.AudioCodecContext | None = None
        self._joins = track.codec == "opus" and opus.is_one_stream(track.extradata)
        # Frames are collected, since processing many small ones in Python is slow.
        self._frames = av.AudioFifo()
        self._seconds = 0.0

    def blocks(self, first: int, last: int) -> Iterator[av.AudioFrame]:
        """Yield the sound of some packets, about ten seconds at a time.

        Args:
            first: the first packet.
            last: the packet after the last one.

        Raises:
            DamagedAudio: too many packets can't be decoded.
            TooMuchWork, TooLongAudio: a limit was reached.
        """
        _check_channels(self.track.channels)
        is_pcm = self.track.codec.startswith("pcm")
        step = _BATCH_PCM if is_pcm else _BATCH
        for begin in range(first, last, step):
            self.budget.check_work()
            packets = self.track.packets(begin, min(begin + step, last))
            block = self._pcm(packets) if is_pcm else self._coded(packets)
            if block is not None:
                self._seconds += block.samples / self.rate
                self.budget.check_seconds(self._seconds)
                yield block
        bad = sum(count < 0 for count in self.counts)
        if bad > _TOLERATED * len(self.counts) + 1 or bad == len(self.counts) > 0:
            count = f"{bad} of {len(self.counts)} {self.track.codec} packets"
            found = f"a recording of which {count} can't be decoded"
            raise DamagedAudio(found, _EXPECTED)

    def _pcm(self, packets: list[bytes]) -> av.AudioFrame:
        samples = decode_pcm(self.track.codec, self.track.channels, b"".join(packets))
        frame_bytes = sum(map(len, packets)) // samples.shape[1]
        self.counts += [len(packet) // frame_bytes for packet in packets]
        return _frame(samples, self.rate)

    def _coded(self, packets: list[bytes]) -> av.AudioFrame | None:
        if self._joins:
            for group in opus.joinable(packets):
                self.counts += self._decode_joined(group)
        else:
            self.counts += [self._decode(packet) for packet in packets]
        return self._frames.read(0, partial=True)

    def _decode(self, packet: bytes) -> int:
        context = self._context or self._open()
        try:
            return self._collect(context.decode(av.Packet(packet))) if packet else -1
        except (FFmpegError, ValueError):
            return -1

    def _decode_joined(self, packets: Sequence[bytes]) -> list[int]:
        """Decode packets of Opus as one, and return what each has of its samples."""
        count = self._decode(opus.join(packets))
        if len(packets) == 1:
            return [count]
        if count < 0:
            return [self._decode(packet) for packet in packets]
        # Only the first one may have more samples than it announces: those that were held back.
        announced = [opus.packet_samples(packet) for packet in packets]
        return [max(0, count - sum(announced[1:])), *announced[1:]]

    def _collect(self, frames: list[av.AudioFrame]) -> int:
        count = 0
        for frame in frames:
            _check_channels(frame.layout.nb_channels)
            if not self._frames.samples_written:
                self.rate = frame.sample_rate
            frame.pts = None  # else the queue refuses frames after a gap
            self._frames.write(frame)
            count += frame.samples
        return count

    def _open(self) -> av.AudioCodecContext:
        track = self.track
        context = av.CodecContext.create(track.codec, "r")
        assert isinstance(context, av.AudioCodecContext)
        try:
            context.sample_rate = track.rate
            context.layout = "mono" if track.channels == 1 else f"{track.channels}c"
            if track.extradata:
                context.extradata = track.extradata
            context.open()
        except (FFmpegError, ValueError) as error:
            raise DamagedAudio(
                f"a recording with an invalid {track.codec} header ({error})", _EXPECTED
            ) from None
        self._context = context
        return context


def _check_channels(count: int) -> None:
    if count > _MOST_CHANNELS:
        raise DamagedAudio(
            f"a recording of {count} channels", f"at most {_MOST_CHANNELS} channels, best one"
        )


def _frame(samples: Samples, rate: int) -> av.AudioFrame:
    """Return a frame with a row of samples for each channel."""
    channels = len(samples)
    packed = np.ascontiguousarray(samples.T).reshape(1, -1)
    layout = "mono" if channels == 1 else f"{channels}c"
    frame = av.AudioFrame.from_ndarray(packed, "flt", layout)
    frame.sample_rate = rate
    return frame


class ChannelReader:
    """Reads the samples of frames.

    PyAV reads the planes of a frame one too far when there are eight. So FFmpeg packs the
    channels of each frame into one plane first.
    """

    def __init__(self) -> None:
        self._packing: av.AudioResampler | None = None

    def read(self, frame: av.AudioFrame) -> Samples:
        """Return a frame's samples in [-1, 1], a row for each channel.

        Raises:
            DamagedAudio: the channels can't be read.
        """
        channels = frame.layout.nb_channels
        if channels == 1 or not frame.format.is_planar:
            return _rows(frame)
        try:
            self._packing = self._packing or av.AudioResampler("flt", frame.layout, frame.rate)
            parts = [_rows(part) for part in self._packing.resample(frame)]
        except (FFmpegError, ValueError) as error:
            raise _unreadable(error) from None
        return np.concatenate(parts, axis=1) if parts else np.empty((channels, 0), np.float32)


def _rows(frame: av.AudioFrame) -> Samples:
    array = frame.to_ndarray().reshape(-1, frame.layout.nb_channels).T
    if array.dtype.kind == "f":
        return _finite(array.astype(np.float32, copy=False))
    middle = np.float32(128 if array.dtype.kind == "u" else 0)
    scaled: Samples = (array.astype(np.float32) - middle) / np.float32(
        2 ** (8 * array.itemsize - 1)
    )
    return scaled


def _finite(samples: Samples) -> Samples:
    """Return samples without NaN and infinities, which a sum shows faster than a look at each."""
    with np.errstate(over="ignore", invalid="ignore"):
        return samples if np.isfinite(samples.sum()) else np.nan_to_num(samples)


def _unreadable(error: Exception) -> DamagedAudio:
    return DamagedAudio(f"a recording whose channels can't be mixed ({error})", _EXPECTED)


class Resampler:
    """Turns frames of any rate and number of channels into 16 kHz mono."""

    def __init__(self) -> None:
        self._graph = av.AudioResampler(format="flt", layout="mono", rate=RATE)
        self._reader = ChannelReader()

    def push(self, frame: av.AudioFrame | None) -> Samples:
        """Return the samples that are ready, in [-1, 1].

        Args:
            frame: the next frame; None after the last one returns the rest.

        Raises:
            DamagedAudio: the frame has channels that can't be mixed.
        """
        if frame is not None and frame.layout.nb_channels > 2:
            # FFmpeg leaves out what it takes for a subwoofer; here it may be a microphone.
            rate, mean = frame.rate, self._reader.read(frame).mean(axis=0, keepdims=True)
            frame = _frame(mean, rate)
        try:
            parts = [part.to_ndarray()[0] for part in self._graph.resample(frame)]
        except (FFmpegError, ValueError) as error:
            raise _unreadable(error) from None
        if not parts:
            return np.empty(0, np.float32)
        samples = _finite(np.concatenate(parts))
        clipped: Samples = np.clip(samples, -1.0, 1.0, out=samples)
        return clipped
