"""Tells which sound of a recording is in none of its chunks."""

from collections.abc import Sequence

import numpy as np

from scribe_mock.audio.flaws import Flaw
from scribe_mock.audio.vad import HOP, Profile, Stretch

# Sound is told if it is so much above the noise floor, in dB, and louder than this, in dBFS.
_ABOVE_FLOOR, _LEAST = 10.0, -60.0
# The noise floor is the level below which this percentage of the recording is.
_FLOOR = 5.0
# Frames of sound with fewer others between them belong together, half a second; less sound than the
# last number, three quarters of a second, is a cough or a door.
_APART, _ENOUGH = 32, 48


def left_out(profile: Profile, chunks: Sequence[Stretch], duration_s: float) -> list[Flaw]:
    """Return the stretches with sound that are in no chunk, each with its level.

    Args:
        profile: the speech and loudness of the whole recording.
        chunks: start and end of each chunk, in seconds, in order.
        duration_s: length of the recording.
    """
    levels = profile.levels[: round(duration_s / HOP)]
    if not len(levels):
        return []
    sound = levels > max(float(np.percentile(levels, _FLOOR)) + _ABOVE_FLOOR, _LEAST)
    for start, end in chunks:
        sound[round(start / HOP) : round(end / HOP)] = False
    frames = np.flatnonzero(sound)
    places = np.split(frames, np.flatnonzero(np.diff(frames) > _APART) + 1)
    starts = [start for start, _ in chunks]
    return [
        _flaw(profile, part)
        for place in places
        for part in np.split(place, np.searchsorted(place * HOP, starts))
        if len(part) >= _ENOUGH
    ]


def _flaw(profile: Profile, frames: np.ndarray[tuple[int], np.dtype[np.int64]]) -> Flaw:
    start, end = int(frames[0]) * HOP, (int(frames[-1]) + 1) * HOP
    level = 10 * np.log10(np.mean(10 ** (profile.levels[frames].astype(np.float64) / 10)))
    what = (
        f"{start:.1f} to {end:.1f} s of the recording, sound at {level:.0f} dBFS, are in no chunk: "
        "no speech was found there"
    )
    return Flaw("sound_left_out", what, start)
