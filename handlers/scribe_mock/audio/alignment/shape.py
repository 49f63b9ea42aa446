"""The shape of a sound: how each band goes up and down, whatever the gain and the noise."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from scribe_mock.audio.alignment.fingerprint import BANDS, FRAMES, Fingerprint

Floats = NDArray[np.float32]

# What is so many dB below the loudest of the seconds around is as good as silence: noise hides it.
_RANGE = 20.0
# Seconds before and after in which the loudest is looked for.
_AROUND = 4
# The loudest is at least this high below that of the whole recording, in dB, so that the noise of a
# long silence is not taken for sound.
_QUIETEST = 25.0
# The shares of the frames of a second that are below its loudest ones, and among its quietest.
_LOUD, _QUIET = 0.9, 0.2
# How far above the quietest of the seconds around noise reaches, in dB.
_ABOVE_NOISE = 5.0
# How much of what all bands do together is left out: each word begins and ends.
_COMMON = 0.5
# Frames whose mean is the level that a shape goes up and down from, and of its smoothing.
_MEAN, _SMOOTH = 51, 3
# The mean height of the bands from which a frame has sound, in dB.
_SOUND = 3.0
# The mean height up to which a frame is silent.
_SILENT = 1.0
# The share of frames whose energy is that of noise.
_NOISE = 0.1


@dataclass(frozen=True)
class Shape:
    """The shape of a recording.

    Args:
        rows: a row for each frame, with the height of each band; speech has 1 as mean energy.
        energy: how much sound each frame has, above that of noise.
        sounds: whether a frame has sound and is no pause.
        silent: whether it has neither sound nor noise.
    """

    rows: Floats
    energy: Floats
    sounds: NDArray[np.bool_]
    silent: NDArray[np.bool_]

    def __len__(self) -> int:
        return len(self.rows)


def shape_of(recording: Fingerprint) -> Shape:
    """Return the shape of a recording."""
    if not len(recording):
        nothing = np.zeros(0, np.float32)
        return Shape(np.zeros((0, BANDS), np.float32), nothing, nothing > 0, nothing > 0)
    levels = recording.decibels
    loudest, noise = _limits(levels)
    silent = np.clip(levels - loudest + np.float32(_RANGE), 0, _RANGE).mean(axis=1) < _SILENT
    heights = np.clip(levels - np.maximum(loudest - _RANGE, noise), 0, _RANGE)
    total = heights.mean(axis=1)
    rows = _mean(heights - _mean(heights, _MEAN), _SMOOTH)
    rows -= np.float32(_COMMON) * rows.mean(axis=1, keepdims=True)
    energy = np.einsum("ij,ij->i", rows, rows)
    sounds = total > _SOUND
    scale = float(energy[sounds].mean()) if sounds.any() else 1.0
    rows /= np.float32(np.sqrt(max(scale, 1e-6)))
    energy /= max(scale, 1e-6)
    noise = np.quantile(energy, _NOISE)
    return Shape(rows, np.maximum(energy - noise, 0).astype(np.float32), sounds, silent)


def _limits(levels: Floats) -> tuple[Floats, Floats]:
    """Return the loudest level around each frame, for each band, and that of noise."""
    seconds = -(-len(levels) // FRAMES)
    padded = np.pad(levels, ((0, seconds * FRAMES - len(levels)), (0, 0)), mode="edge")
    blocks = padded.reshape(seconds, FRAMES, BANDS)
    loud, quiet = int(FRAMES * _LOUD), int(FRAMES * _QUIET)
    ordered = np.partition(blocks, (quiet, loud), axis=1)
    loudest = _around(ordered[:, loud], np.maximum)
    loudest = np.maximum(loudest, loudest.max(axis=0) - _QUIETEST)
    noise = _around(ordered[:, quiet], np.minimum) + np.float32(_ABOVE_NOISE)
    return _at_frames(loudest, len(levels)), _at_frames(noise, len(levels))


def _at_frames(values: Floats, frames: int) -> Floats:
    """Return values of seconds for each frame."""
    middles, at = (np.arange(len(values)) + 0.5) * FRAMES, np.arange(frames)
    return np.stack([np.interp(at, middles, band) for band in values.T], axis=1).astype(np.float32)


def _around(values: Floats, most: np.ufunc) -> Floats:
    """Return the highest or the lowest value of the seconds around each second."""
    found = values.copy()
    for shift in range(1, min(_AROUND, len(values) - 1) + 1):
        most(found[shift:], values[:-shift], out=found[shift:])
        most(found[:-shift], values[shift:], out=found[:-shift])
    return found


def _mean(rows: Floats, width: int) -> Floats:
    """Return the mean of so many rows around each row."""
    half = width // 2
    sums = np.cumsum(
        np.pad(rows, ((half + 1, half), (0, 0)), mode="edge"), axis=0, dtype=np.float64
    )
    return ((sums[width:] - sums[:-width]) / width).astype(np.float32)
