"""Measures the loudness, the peak and the clipping of sound, block by block."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from scribe_mock.audio.decode import Samples
from scribe_mock.audio.vad import HOP, Stretch

# Sound below 20 Hz, which is not heard, is like a polynomial of low order within a frame. Where
# that has more than this share of the power, the rest alone counts.
_ORDERS, _MOSTLY_SLOW = 5, 0.9
_PRODUCT = 50_000
# Without speech, loudness is what this many frames, a fifth of a second, reach: a click is shorter.
_LOUD_FRAMES = 12
# It is clipped if this share of its samples is at the limit, and at least this number. A blurred
# limit needs the larger share: what a browser's gain control makes loud has up to 0.0012, speech
# that was cut off 6 dB below its peaks 0.003 and more.
_CLIPPED_SHARE, _BLURRED_SHARE, _CLIPPED_LEAST = 0.0005, 0.002, 16
# The largest samples of codecs that reach less than 1.
_FULL_SCALE = {"pcm_mulaw": 32124 / 32768, "pcm_alaw": 32256 / 32768, "pcm_u8": 127 / 128}
_NEARLY = 0.9995
# Other codecs blur a limit, so that the sound is around it and beyond this.
_BLURRED = 0.93
# A wave that was cut off before it was made quieter has many samples at its extremes and few just
# below. Measured in equal bands of 2 %: 4 times as many and more; speech and compressed speech
# at most 1, a sine wave 2.7. Only where steps are fine, and not for what is below -30 dBFS.
_FINE = ("pcm_s16le", "pcm_s24le", "pcm_s32le", "pcm_f32le", "pcm_f64le")
_BAND, _RATIO, _LOUD = 0.02, 4.0, 0.03


class Meter:
    """Measures the sound of one recording.

    Args:
        codec: how it is coded, which tells what its largest samples are.

    Attributes:
        clipped: the number of samples at which the wave is cut off.
        peak: the largest sample, 1 for full scale.
    """

    def __init__(self, codec: str) -> None:
        self.clipped = 0
        self.peak = 0.0
        self._samples = 0
        full = _FULL_SCALE.get(codec, 1.0) * _NEARLY
        blurs = not codec.startswith("pcm")
        self._full, self._share = (_BLURRED, _BLURRED_SHARE) if blurs else (full, _CLIPPED_SHARE)
        self._fine = codec in _FINE
        self._rest: Samples | None = None
        self._basis = np.empty((0, _ORDERS), np.float32)
        self._power: list[NDArray[np.float32]] = []
        self._hop = HOP

    def add(self, block: Samples, rate: int) -> None:
        """Measure a block of sound.

        Args:
            block: a row for each channel.
            rate: samples per second.
        """
        if not block.size:
            return
        self._samples += block.size
        for channel in block:
            self._look_at_limits(channel)
        self._measure_frames(block, rate)

    @property
    def is_clipped(self) -> bool:
        """Whether the wave is cut off so often that it is heard."""
        return self.clipped >= max(_CLIPPED_LEAST, self._share * self._samples)

    def loudness(self, speech: Sequence[Stretch]) -> float:
        """Return how loud the speech is, in dBFS; without speech, how loud a short sound is."""
        power = np.concatenate(self._power) if self._power else np.zeros(1, np.float32)
        spoken = np.zeros(len(power), np.bool_)
        for start, end in speech:
            spoken[round(start / self._hop) : round(end / self._hop)] = True
        if spoken.any():
            return _level(float(power[spoken].mean()))
        least = max(0, len(power) - _LOUD_FRAMES)
        return _level(float(np.partition(power, least)[least]))

    def _look_at_limits(self, channel: Samples) -> None:
        high, low = float(channel.max()), float(-channel.min())
        self.peak = max(self.peak, high, low)
        if max(high, low) >= self._full:
            at_limit = np.abs(channel) >= self._full
            # One sample at full scale is a peak; two in a row are a clipped wave.
            self.clipped += int(np.count_nonzero(at_limit[1:] & at_limit[:-1]))
        elif self._fine and min(high, low) >= _LOUD:
            self.clipped += _at_plateaus(channel, high, low)

    def _measure_frames(self, block: Samples, rate: int) -> None:
        size = max(_ORDERS, round(rate * HOP))
        self._hop = size / rate
        if self._rest is not None and len(self._rest) == len(block):
            block = np.concatenate([self._rest, block], axis=1)
        whole = block.shape[1] // size * size
        self._rest = block[:, whole:].copy()
        if not whole:
            return
        if len(self._basis) != size:
            self._basis = _slow(size)
        frames = block[:, :whole].reshape(-1, size)
        power = _audible(frames, self._basis)
        # The loudest channel counts: a microphone on one of two is not half as loud.
        self._power.append(power.reshape(len(block), -1).max(axis=0))


class Heard:
    """Cuts blocks to what a player plays of them.

    Args:
        skip: samples that it drops at the start.
        keep: samples that follow; None means all.
    """

    def __init__(self, skip: int, keep: int | None) -> None:
        self._first = skip
        self._last = None if keep is None else skip + keep
        self._at = 0

    def cut(self, block: Samples) -> Samples:
        """Return the part of the next block that is heard."""
        begin, self._at = self._at, self._at + block.shape[1]
        last = None if self._last is None else max(0, self._last - begin)
        return block[:, max(0, self._first - begin) : last]


def decibels(ratio: float) -> float:
    """Return 20 log10 of a ratio of amplitudes, at least -120."""
    return 20 * float(np.log10(max(ratio, 1e-6)))


def _level(power: float) -> float:
    return decibels(max(power, 0.0) ** 0.5)


def _audible(frames: Samples, basis: NDArray[np.float32]) -> NDArray[np.float32]:
    """Return the mean power of each row, without an offset and sound that nobody hears."""
    # Larger products would be divided between threads, which takes longer.
    step = max(1, _PRODUCT // basis.size)
    slow = np.concatenate([frames[at : at + step] @ basis for at in range(0, len(frames), step)])
    power = np.einsum("ij,ij->i", frames, frames)
    mostly = np.einsum("ij,ij->i", slow, slow) > _MOSTLY_SLOW * power
    power -= slow[:, 0] ** 2
    if mostly.any():
        rest = frames[mostly] - slow[mostly] @ basis.T
        power[mostly] = np.einsum("ij,ij->i", rest, rest)
    mean: NDArray[np.float32] = power / np.float32(frames.shape[1])
    return mean


def _slow(size: int) -> NDArray[np.float32]:
    """Return an orthonormal basis of the polynomials of low order, one a column."""
    powers = np.vander(np.linspace(-1, 1, size), _ORDERS, increasing=True)
    basis: NDArray[np.float32] = np.linalg.qr(powers)[0].astype(np.float32)
    return basis


def _at_plateaus(channel: Samples, high: float, low: float) -> int:
    """Return how many samples are at the extremes, if both are limits that the wave met."""
    above = _at_limit(channel, high)
    below = _at_limit(-channel, low) if above else 0
    return above + below if below else 0


def _at_limit(wave: Samples, extreme: float) -> int:
    """Return how many samples are at the largest ones, if the wave was cut off there, or 0."""
    at_limit = wave >= (1 - _BAND) * extreme
    count = int(np.count_nonzero(at_limit[1:] & at_limit[:-1]))
    if count < _CLIPPED_LEAST:  # nearly always, so no more is looked at
        return 0
    near = np.count_nonzero(wave >= (1 - 3 * _BAND) * extreme) - np.count_nonzero(at_limit)
    return count if count >= _RATIO * near / 2 else 0
