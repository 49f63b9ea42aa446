"""Plans where a recording is cut into chunks, from its stretches of speech."""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np

from scribe_mock.audio.vad import HOP, Profile, Stretch, speech_of

# Pauses of this many seconds and more are equally good places to cut.
_GOOD_PAUSE = 0.6
# The cost of a cut without a pause; a chunk of twice the target length costs 1.
_NO_PAUSE_COST = 3.0
# The cost of a chunk that is too short.
_SHORT_COST = 2.0
# Speech without pauses may be cut once in so many seconds, at the quietest place.
_QUIET_EVERY = 2.0
# A cut where it is this many dB louder than at the quietest place costs 1 more.
_LOUDER_COST = 6.0
# The number of frames over which quietness is measured.
_QUIET_FRAMES = 7


@dataclass(frozen=True)
class ChunkLengths:
    """How long chunks are, in seconds.

    Args:
        shortest: shorter chunks are avoided, but allowed.
        target: the preferred length.
        longest: no chunk is longer.
        silence: longer pauses are left out.
        margin: what remains of such a pause before and after it.
    """

    shortest: float = 0.0
    target: float = 10.0
    longest: float = 20.0
    silence: float = 2.0
    margin: float = 0.25


@dataclass(frozen=True)
class PlannedChunk:
    """One stretch of a recording, in seconds, and whether it has speech."""

    start_s: float
    end_s: float
    speech: bool


def plan(profile: Profile, duration_s: float, lengths: ChunkLengths) -> list[PlannedChunk]:
    """Return the chunks of a recording, in order and without overlap.

    Each stretch of speech lies within one chunk, if it is not longer than a chunk. A recording
    without speech is divided into equal chunks.
    """
    speech = [(a, min(b, duration_s)) for a, b in speech_of(profile) if a < duration_s]
    if not speech:
        return equal_chunks(0.0, duration_s, lengths.longest)
    return plan_speech(speech, profile, duration_s, lengths)


def equal_chunks(start_s: float, end_s: float, longest: float) -> list[PlannedChunk]:
    """Return equal chunks without speech that cover a stretch."""
    count = max(1, int(np.ceil((end_s - start_s) / longest - 1e-9)))
    edges = np.linspace(start_s, end_s, count + 1).tolist()
    return [PlannedChunk(a, b, False) for a, b in pairwise(edges)]


def plan_speech(
    speech: Sequence[Stretch], profile: Profile, duration_s: float, lengths: ChunkLengths
) -> list[PlannedChunk]:
    """Return the chunks for known stretches of speech, of which there is at least one."""
    atoms = _atoms(speech, profile, lengths)
    chunks = []
    for first, last in _group(atoms, lengths):
        start, end = atoms[first].start, atoms[last].end
        before = atoms[first - 1].end if first else 0.0
        after = atoms[last + 1].start if last + 1 < len(atoms) else duration_s
        begin = _edge(before, start, lengths, not first)[1]
        finish = _edge(end, after, lengths, last + 1 == len(atoms))[0]
        chunks.append(_fit(begin, finish, start, end, lengths.longest))
    return chunks


def _edge(before: float, after: float, lengths: ChunkLengths, outer: bool) -> Stretch:
    """Return where the chunk before a pause ends and the one after it starts.

    Args:
        before: end of the speech before the pause, or start of the recording.
        after: start of the speech after it, or end of the recording.
        lengths: tell which pauses are long.
        outer: whether the pause is at the start or end of the recording.
    """
    if outer:
        return min(before + lengths.margin, after), max(after - lengths.margin, before)
    if after - before > lengths.silence:
        return before + lengths.margin, after - lengths.margin
    middle = (before + after) / 2
    return middle, middle


def _fit(start: float, end: float, first: float, last: float, longest: float) -> PlannedChunk:
    """Return a chunk with as much of the silence around its speech as its length allows."""
    surplus = end - start - longest
    if surplus > 0:
        silence = (first - start) + (end - last)
        share = min(1.0, surplus / silence) if silence > 0 else 0.0
        start, end = start + (first - start) * share, end - (end - last) * share
    return PlannedChunk(start, min(end, start + longest), True)


@dataclass(frozen=True)
class _Atom:
    """Speech that is not cut, and the cost of a cut after it."""

    start: float
    end: float
    cut_cost: float


def _atoms(speech: Sequence[Stretch], profile: Profile, lengths: ChunkLengths) -> list[_Atom]:
    atoms: list[_Atom] = []
    for index, (start, end) in enumerate(speech):
        pause = speech[index + 1][0] - end if index + 1 < len(speech) else _GOOD_PAUSE
        cost = _NO_PAUSE_COST * max(0.0, 1 - pause / _GOOD_PAUSE)
        if end - start > lengths.longest:
            atoms += _divided(start, end, profile)
            start = atoms[-1].end
        atoms.append(_Atom(start, end, cost))
    return atoms


def _divided(start: float, end: float, profile: Profile) -> list[_Atom]:
    """Divide speech without pauses where it is quiet; return all parts but the last."""
    count = int(np.ceil((end - start) / _QUIET_EVERY))
    width = (end - start) / count
    smooth = np.convolve(profile.levels, np.full(_QUIET_FRAMES, 1 / _QUIET_FRAMES), "same")
    places: list[tuple[float, float]] = []
    for index in range(1, count):
        middle = start + index * width
        low = round((middle - width * 0.45) / HOP)
        window = smooth[low : round((middle + width * 0.45) / HOP)]
        at = int(window.argmin())
        places.append(((low + at + 0.5) * HOP, float(window[at])))
    quietest = min(level for _, level in places)
    starts = [start, *(place for place, _ in places)]
    return [
        _Atom(begin, place, _NO_PAUSE_COST + (level - quietest) / _LOUDER_COST)
        for begin, (place, level) in zip(starts, places, strict=False)
    ]


def _group(atoms: Sequence[_Atom], lengths: ChunkLengths) -> list[tuple[int, int]]:
    """Return (first, last) atom of each chunk, at the least cost over all ways to group them."""
    best = [0.0] + [np.inf] * len(atoms)
    came_from = [0] * (len(atoms) + 1)
    for stop in range(1, len(atoms) + 1):
        end, cut_cost = atoms[stop - 1].end, atoms[stop - 1].cut_cost if stop < len(atoms) else 0.0
        for first in range(stop - 1, -1, -1):
            length = end - atoms[first].start
            if first < stop - 1 and (
                length > lengths.longest
                or atoms[first + 1].start - atoms[first].end > lengths.silence
            ):
                break
            cost = best[first] + _length_cost(length, lengths) + cut_cost
            if cost < best[stop]:
                best[stop], came_from[stop] = cost, first
    groups: list[tuple[int, int]] = []
    stop = len(atoms)
    while stop:
        groups.append((came_from[stop], stop - 1))
        stop = came_from[stop]
    return groups[::-1]


def _length_cost(length: float, lengths: ChunkLengths) -> float:
    cost = ((length - lengths.target) / lengths.target) ** 2
    return cost + (_SHORT_COST if length < lengths.shortest else 0.0)
