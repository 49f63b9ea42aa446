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
# Tones that go on and off, and noises that swell, are told from speech over a few seconds, by the
# frames that are no more than this below the loud ones, in dB, within so many frames before and
# after; fewer than the last number prove nothing.
_LOUDEST, _AROUND, _ENOUGH = 12.0, 310, 56
# Among these frames a tone is either there or not: their levels differ by less than the first, in
# speech by 2 and more (standard deviations, in dB). Up to the second it may be either; then
# its timbre tells, which changes by 1.7 and more in speech. That of a tone stays within the last.
_LEAST_SPREAD, _SPEECH_SPREAD, _SPEECH_TIMBRE, _LEAST_TIMBRE = 1.6, 2.5, 1.5, 0.4
# A sound of a second whose timbre changes less than this is no speech, whatever is around it.
_ONE_TONE = 0.3
# The timbre of noise changes little, and at random, so that the mean of some frames has less than
# this share of the change; that of speech has half or more, or changes by 1.7 dB. Deep noise
# changes more, but then its levels differ as much from frame to frame as they do over seconds.
_SMOOTH, _SMOOTH_SHARE, _NOISE_TIMBRE = 7, 0.45, 1.5
# A sound that goes on as it was for so many frames, in level and timbre within so many dB, is the
# start of a steady one.
_GOES_ON, _SAME = 32, 1.5
# The level and the timbre of an empty frame.
_FLOOR, _FLAT = -90.0, 0.0


@dataclass(frozen=True)
class Profile:
    """The scores and levels of a recording.

    Args:
        scores: how much each frame of 16 ms sounds like speech, 0 to 1.
        levels: loudness of each frame, in dBFS.
        timbres: how much of each frame's power is at high frequencies, in dB.
    """

    scores: NDArray[np.float32]
    levels: NDArray[np.float32]
    timbres: NDArray[np.float32]

    def __len__(self) -> int:
        return len(self.scores)

    @classmethod
    def join(cls, parts: Sequence["Profile"]) -> "Profile":
        """Return one profile made of several in a row."""
        nothing = np.empty(0, np.float32)
        return cls(
            np.concatenate([part.scores for part in parts] or [nothing]),
            np.concatenate([part.levels for part in parts] or [nothing]),
            np.concatenate([part.timbres for part in parts] or [nothing]),
        )

    def fitted(self, frames: int) -> "Profile":
        """Return the profile with a number of frames: shortened, or with silence at its end."""
        missing = max(0, frames - len(self))
        return Profile(
            np.pad(self.scores[:frames], (0, missing)),
            np.pad(self.levels[:frames], (0, missing), constant_values=_FLOOR),
            np.pad(self.timbres[:frames], (0, missing), constant_values=_FLAT),
        )

    def after(self, frame: int) -> "Profile":
        """Return the profile after the first `frame` frames."""
        return Profile(self.scores[frame:], self.levels[frame:], self.timbres[frame:])


class Profiler:
    """Builds a profile from blocks of 16 kHz mono of any size."""

    def __init__(self) -> None:
        self._detector = earshot.Detector()
        self._quiet = QuietSpeech()
        self._rest = np.empty(0, np.float32)
        self._timbres = np.empty(0, np.float32)  # of the frames whose scores are not final

    def push(self, samples: Samples) -> Profile:
        """Return the frames that are final with these samples, in [-1, 1].

        The last third of a second follows with later samples.
        """
        joined = np.concatenate([self._rest, samples]) if len(self._rest) else samples
        whole = len(joined) // FRAME * FRAME
        self._rest = joined[whole:].copy()
        frames = np.ascontiguousarray(joined[:whole].reshape(-1, FRAME))
        scores = np.fromiter(map(self._detector.predict_f32, frames), np.float32, len(frames))
        levels = levels_of(frames)
        self._timbres = np.concatenate([self._timbres, _timbres_of(frames, levels)])
        return self._with_timbres(*self._quiet.push(frames, scores, levels))

    def flush(self) -> Profile:
        """Return the last frames; the very last one is filled up with silence."""
        missing = -len(self._rest) % FRAME
        last = self.push(np.zeros(missing, np.float32))
        return Profile.join([last, self._with_timbres(*self._quiet.flush())])

    def _with_timbres(self, scores: NDArray[np.float32], levels: NDArray[np.float32]) -> Profile:
        timbres, self._timbres = np.split(self._timbres, [len(scores)])
        return Profile(scores, levels, timbres)


def levels_of(frames: NDArray[np.float32]) -> NDArray[np.float32]:
    """Return the loudness of each row without its mean and its slope, in dBFS.

    That removes sound below about 60 Hz: rumble, wind, an offset.
    """
    flat = frames - frames.mean(axis=1, keepdims=True)
    flat -= np.outer(flat @ _RAMP, _RAMP)
    power = np.einsum("ij,ij->i", flat, flat) / FRAME
    levels: NDArray[np.float32] = (10 * np.log10(power + 1e-9)).astype(np.float32)
    return levels


def _timbres_of(frames: NDArray[np.float32], levels: NDArray[np.float32]) -> NDArray[np.float32]:
    """Return the power of each row's differences against its own, in dB."""
    steps = frames[:, 1:] - frames[:, :-1]
    power = np.einsum("ij,ij->i", steps, steps) / FRAME
    timbres: NDArray[np.float32] = (10 * np.log10(power + 1e-9)).astype(np.float32) - levels
    return timbres


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
    found = [(a, b) for a, b in joined if _is_speech(profile, a, b)]
    heard = np.zeros(len(profile), np.bool_)
    for begin, end in found:
        heard[begin:end] = True
    return [(a * HOP, b * HOP) for a, b in found if _changes(profile, heard, a, b)]


def _is_speech(profile: Profile, begin: int, end: int) -> bool:
    """Return whether it is speech: clicks are shorter, noise and music are steady."""
    if (end - begin) * HOP < _SHORTEST_SPEECH:
        return False
    return float(profile.levels[begin:end].std()) >= _LEAST_CHANGE


def _changes(profile: Profile, heard: NDArray[np.bool_], begin: int, end: int) -> bool:
    """Return whether what is heard there and around it changes as speech does."""
    if end - begin >= _ENOUGH and _is_one_tone(profile, np.arange(begin, end)):
        return False
    first = max(0, begin - _AROUND)
    frames = np.flatnonzero(heard[first : end + _AROUND]) + first
    if len(frames) < _ENOUGH:
        return not _goes_on(profile, begin, end)
    levels = profile.levels[frames]
    loud = levels > np.percentile(levels, 90) - _LOUDEST
    levels, timbres = levels[loud], profile.timbres[frames[loud]]
    spread, change = float(levels.std()), float(timbres.std())
    if spread < _LEAST_SPREAD or change < _LEAST_TIMBRE:
        return False
    if spread < _SPEECH_SPREAD and change < _SPEECH_TIMBRE:
        return False
    smooth = np.convolve(timbres, np.full(_SMOOTH, 1 / _SMOOTH), "valid")
    if float(smooth.std()) > _SMOOTH_SHARE * change:
        return True
    return change > _NOISE_TIMBRE and float(np.abs(np.diff(levels)).mean()) < spread


def _is_one_tone(profile: Profile, frames: NDArray[np.int64]) -> bool:
    """Return whether a sound has the same timbre wherever it is loud."""
    levels = profile.levels[frames]
    loud = levels > np.percentile(levels, 90) - _LOUDEST
    return float(profile.timbres[frames[loud]].std()) < _ONE_TONE


def _goes_on(profile: Profile, begin: int, end: int) -> bool:
    """Return whether the sound after a stretch is the same as in it."""
    later = slice(end, end + _GOES_ON)
    if end + _GOES_ON > len(profile):
        return False
    return all(
        abs(float(np.median(one[begin:end]) - np.median(one[later]))) < _SAME
        for one in (profile.levels, profile.timbres)
    )


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
