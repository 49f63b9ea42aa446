"""What is kept of a recording so that it can be compared with another: the levels of 24 bands."""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from scribe_mock.audio.audio_errors import NotAudio
from scribe_mock.audio.containers.reading import read_container
from scribe_mock.audio.containers.registry import CONTAINERS
from scribe_mock.audio.decode import RATE, Decoder, Resampler, Samples
from scribe_mock.audio.limits import Budget, Limits
from scribe_mock.audio.pieces import is_header_only
from scribe_mock.audio.sniffing import describe, sniff

#: Samples from one frame to the next at 16 kHz, and frames per second.
HOP = 320
FRAMES = RATE // HOP
#: Bands of a frame.
BANDS = 24

#: Samples that a frame is measured on.
_WINDOW = 512
# From telephone speech on, every recording has these frequencies, in Hz.
_LOWEST, _HIGHEST = 200.0, 3600.0
# A level is stored in steps of half a decibel, from -127.5 dBFS on.
_STEPS_PER_DB, _LOWEST_DB = 2.0, -127.5
# Frames that are measured at once, so that memory does not grow with the length.
_BATCH = 1000

Levels = NDArray[np.uint8]


@dataclass(frozen=True)
class Fingerprint:
    """The levels of a recording, 1.2 kB for each second.

    Args:
        levels: a row for each 20 ms, with the level of each band in steps of half a decibel.
    """

    levels: Levels

    def __len__(self) -> int:
        return len(self.levels)

    @property
    def duration_s(self) -> float:
        """Its length in seconds."""
        return len(self.levels) / FRAMES

    @property
    def decibels(self) -> NDArray[np.float32]:
        """The levels in dBFS."""
        return self.levels.astype(np.float32) / np.float32(_STEPS_PER_DB) + np.float32(_LOWEST_DB)


def silence(frames: int) -> Fingerprint:
    """Return the fingerprint of so many frames of digital silence."""
    return Fingerprint(np.zeros((frames, BANDS), np.uint8))


def fingerprint(data: bytes, limits: Limits) -> Fingerprint:
    """Return the fingerprint of a recording; a header without sound has an empty one.

    Args:
        data: its bytes, in any supported container.
        limits: bounds on its length and on the work.

    Raises:
        AudioError: it can't be decoded.
    """
    container = sniff(data)
    if container and is_header_only(data, container):
        return silence(0)
    parts = list(_measured(_heard(data, limits)))
    return Fingerprint(np.concatenate(parts)) if parts else silence(0)


def fingerprint_behind(head: bytes, data: bytes, limits: Limits) -> Fingerprint:
    """Return the fingerprint of a slice without a header.

    A recorder that slices its file gives only the first slice a header. Another slice is decoded
    after the first one, and what belongs to that is left out.

    Args:
        head: the bytes of the last chunk before it that can be decoded by itself.
        data: its bytes.
        limits: bounds on its length and on the work.

    Raises:
        AudioError: it can't be decoded after the head.
    """
    before, both = fingerprint(head, limits), fingerprint(head + data, limits)
    return Fingerprint(both.levels[len(before) :])


def _heard(data: bytes, limits: Limits) -> Iterator[Samples]:
    """Yield what a player lets hear of a recording, 16 kHz mono, about two seconds at a time."""
    container = sniff(data)
    if container not in CONTAINERS:
        raise NotAudio(describe(data), "a recording that can be decoded")
    track = read_container(data, container)
    decoder, resampler = Decoder(track, Budget(limits)), Resampler()
    begin, end, at = -1, None, 0
    for block in _resampled(decoder, resampler):
        if begin < 0:
            begin = round(track.skip * RATE / decoder.rate)
            end = None if track.keep is None else begin + round(track.keep * RATE / decoder.rate)
        part = block[max(0, begin - at) : None if end is None else max(0, end - at)]
        at += len(block)
        if len(part):
            yield part


def _resampled(decoder: Decoder, resampler: Resampler) -> Iterator[Samples]:
    for block in decoder.blocks(0, len(decoder.track)):
        yield resampler.push(block)
    yield resampler.push(None)


def _measured(blocks: Iterator[Samples]) -> Iterator[Levels]:
    """Yield the levels of the frames; the last one may be filled up with silence."""
    waiting, size = [np.zeros((_WINDOW - HOP) // 2, np.float32)], (_WINDOW - HOP) // 2
    for block in blocks:
        waiting.append(block)
        size += len(block)
        if size >= _BATCH * HOP + _WINDOW:
            samples = np.concatenate(waiting)
            yield _levels(samples, count := (size - _WINDOW) // HOP + 1)
            waiting = [samples[count * HOP :]]
            size = len(waiting[0])
    samples = np.concatenate(waiting)
    # Half a frame more is a frame.
    count = max(0, (size - (_WINDOW - HOP) // 2 + HOP // 2) // HOP)
    if count:
        yield _levels(np.pad(samples, (0, _WINDOW)), count)


def _levels(samples: Samples, count: int) -> Levels:
    rows = np.lib.stride_tricks.sliding_window_view(samples, _WINDOW)[::HOP][:count]
    spectrum = np.fft.rfft(rows * _TAPER)
    power = (spectrum.real**2 + spectrum.imag**2) @ _FILTERS
    decibels = 10 * np.log10(np.maximum(power, np.float32(1e-13)))
    steps = np.round((decibels - _LOWEST_DB) * _STEPS_PER_DB)
    levels: Levels = np.clip(steps, 0, 255).astype(np.uint8)
    return levels


def _filters() -> NDArray[np.float32]:
    """Return a column for each band: triangles, equally wide on the mel scale."""
    lowest, highest = (2595 * np.log10(1 + limit / 700) for limit in (_LOWEST, _HIGHEST))
    corners = 700 * (10 ** (np.linspace(lowest, highest, BANDS + 2) / 2595) - 1)
    bins = np.arange(_WINDOW // 2 + 1)[:, None] * (RATE / _WINDOW)
    left, middle, right = corners[:-2], corners[1:-1], corners[2:]
    rising, falling = (bins - left) / (middle - left), (right - bins) / (right - middle)
    triangles = np.clip(np.minimum(rising, falling), 0, None)
    filters: NDArray[np.float32] = (triangles / triangles.sum(axis=0)).astype(np.float32)
    return filters


# A full-scale sine is about 0 dBFS in its band.
_TAPER = (np.hanning(_WINDOW) * 4 / _WINDOW).astype(np.float32)
_FILTERS = _filters()
