"""Voice activity detection: a score and a level for each 16 ms, and the speech in them."""

from collections.abc import Sequence
from dataclasses import dataclass

import earshot
import numpy as np
from numpy.typing import NDArray

from scribe_mock.audio.decode import RATE, Samples
from scribe_mock.audio.quiet_speech import QuietSpeech

#: Samples of one frame at 16 kHz; the detector accepts no other number.
FRAME = 256
#: Seconds of one frame.
HOP = FRAME / RATE

Stretch = tuple[float, float]

# Speech begins at a frame with at least the first score, and lasts while frames have the second.
# In silence the scores are 0.1 to 0.3, depending on the voice before.
_ENTER, _STAY = 0.5, 0.4
# Pauses shorter than this belong to the speech around them, in seconds.
_SHORTEST_PAUSE = 0.16
# Sounds shorter than this, in seconds, are clicks and not speech.
_SHORTEST_SPEECH = 0.1
# The loudness of speech goes up and down by more than this (standard deviation), in dB. Measured:
# 4.6 in noise 5 dB below it, 9 in noise 25 dB below it; 0.4 to 1.6 in noises that the detector
# scores as speech, 0.2 in chords and melodies.
_LEAST_CHANGE = 2.0
# The level of an empty frame, in dBFS.
_FLOOR = -90.0


@dataclass(frozen=True)
class Profile:
    """The scores and levels of a recording.

    Args:
        scores: how much each frame of 16 ms sounds like speech, 0 to 1.
        levels: loudness of each frame, in dBFS.
    """

    scores: NDArray[np.float32]
    levels: NDArray[np.float32]

    def __len__(self) -> int:
        return len(self.scores)

    @classmethod
    def join(cls, parts: Sequence["Profile"]) -> "Profile":
        """Return one profile made of several in a row."""
        return cls(
            np.concatenate([part.scores for part in parts] or [np.empty(0, np.float32)]),
            np.concatenate([part.levels for part in parts] or [np.empty(0, np.float32)]),
        )

    def fitted(self, frames: int) -> "Profile":
        """Return the profile with a number of frames: shortened, or with silence at its end."""
        missing = max(0, frames - len(self))
        return Profile(
            np.pad(self.scores[:frames], (0, missing)),
            np.pad(self.levels[:frames], (0, missing), constant_values=_FLOOR),
        )

    def after(self, frame: int) -> "Profile":
        """Return the profile after the first `frame` frames."""
        return Profile(self.scores[frame:], self.levels[frame:])


class Profiler:
    """Builds a profile from blocks of 16 kHz mono of any size."""

    def __init__(self) -> None:
        self._detector = earshot.Detector()
        self._quiet = QuietSpeech()
        self._rest = np.empty(0, np.float32)

    def push(self, samples: Samples) -> Profile:
        """Return the frames that are final with these samples, in [-1, 1].

        The last third of a second follows with later samples.
        """
        joined = np.concatenate([self._rest, samples]) if len(self._rest) else samples
        whole = len(joined) // FRAME * FRAME
        self._rest = joined[whole:].copy()
        frames = np.ascontiguousarray(joined[:whole].reshape(-1, FRAME))
        scores = np.fromiter(map(self._detector.predict_f32, frames), np.float32, len(frames))
        return Profile(*self._quiet.push(frames, scores, levels_of(frames)))

    def flush(self) -> Profile:
        """Return the last frames; the very last one is filled up with silence."""
        missing = -len(self._rest) % FRAME
        last = self.push(np.zeros(missing, np.float32))
        return Profile.join([last, Profile(*self._quiet.flush())])


def levels_of(frames: NDArray[np.float32]) -> NDArray[np.float32]:
    """Return the loudness of each row without its mean and its slope, in dBFS.

    That removes sound below about 60 Hz: rumble, wind, an offset.
    """
    flat = frames - frames.mean(axis=1, keepdims=True)
    flat -= np.outer(flat @ _RAMP, _RAMP)
    power = np.einsum("ij,ij->i", flat, flat) / FRAME
    levels: NDArray[np.float32] = (10 * np.log10(power + 1e-9)).astype(np.float32)
    return levels


_RAMP = np.linspace(-1, 1, FRAME, dtype=np.float32)
_RAMP /= np.linalg.norm(_RAMP)


def speech_of(profile: Profile) -> list[Stretch]:
    """Return the stretches of speech in a profile, in seconds, in order."""
    active = _hysteresis(profile.scores)
    runs = _runs(active)
    joined: list[list[int]] = []
    for begin, end in runs:
        if joined and (begin - joined[-1][1]) * HOP < _SHORTEST_PAUSE:
            joined[-1][1] = end
        else:
            joined.append([begin, end])
    return [(a * HOP, b * HOP) for a, b in joined if _is_speech(profile, a, b)]


def _is_speech(profile: Profile, begin: int, end: int) -> bool:
    """Return whether it is speech: clicks are shorter, noise and music are steady."""
    if (end - begin) * HOP < _SHORTEST_SPEECH:
        return False
    return float(profile.levels[begin:end].std()) >= _LEAST_CHANGE


def _hysteresis(scores: NDArray[np.float32]) -> NDArray[np.bool_]:
    """Return which frames are in runs of the lower score that also reach the higher one."""
    active = scores >= _STAY
    for begin, end in _runs(active):
        if scores[begin:end].max() < _ENTER:
            active[begin:end] = False
    return active


def _runs(active: NDArray[np.bool_]) -> list[tuple[int, int]]:
    """Return (begin, end) of each run of True."""
    edges = np.flatnonzero(np.diff(active.astype(np.int8), prepend=0, append=0))
    return list(zip(edges[::2].tolist(), edges[1::2].tolist(), strict=True))
