"""Finds holes, repeats and changes of order inside a recording by the times of its parts."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from scribe_mock.audio.flaws import Flaw

#: The shortest hole that is told, in seconds. Recorders put single packets 50 ms off their place.
SHORTEST_HOLE = 0.1
#: The most runs and holes that are compared: a file of hostile bytes can have one for each packet.
MOST_RUNS, _MOST_HOLES = 2000, 50
# Packets of so few bytes are silence, and the same everywhere.
_SILENCE_BYTES = 3
#: The longest jump over silence that an encoder does not send, in seconds.
LONGEST_DTX = 0.65
# The rate of a packet before such a jump, and how few packets are between two of them.
_SILENT_BITS, _FEW = 6000, 4
# Within so many seconds two flaws are about the same place.
_NEAR = 0.5


@dataclass(frozen=True)
class Run:
    """A stretch of a file whose parts follow one another without a jump in time.

    Args:
        start_s: when it begins by its timestamps, in seconds.
        length_s: how long its sound is.
        heard_s: where it begins in the recording as it is heard.
        first: the first packet.
        last: the packet after the last one.
    """

    start_s: float
    length_s: float
    heard_s: float
    first: int
    last: int


@dataclass
class _Hole:
    start_s: float
    end_s: float
    heard_s: float


def flaws_of_runs(runs: Sequence[Run], packets: Callable[[int, int], list[bytes]]) -> list[Flaw]:
    """Return what is missing, there twice or out of order, as the runs in file order tell.

    Args:
        runs: the stretches of one recording.
        packets: returns some packets, to tell a repeat from a clock that was set back.
    """
    timeline = _Timeline(packets)
    for run in runs[:MOST_RUNS]:
        timeline.add(run)
    return timeline.flaws()


class _Timeline:
    """What was heard up to a run: the latest time, and the holes before it."""

    def __init__(self, packets: Callable[[int, int], list[bytes]]) -> None:
        self._packets = packets
        self._top: float | None = None
        # What is added to the times since a clock was set back.
        self._shift = 0.0
        self._holes: list[_Hole] = []
        self._found: list[Flaw] = []
        self._seen: set[bytes] = set()
        self._read_to = 0

    def add(self, run: Run) -> None:
        start = run.start_s + self._shift
        top = start if self._top is None else self._top
        if start > top + SHORTEST_HOLE and len(self._holes) < _MOST_HOLES:
            self._holes.append(_Hole(top, start, run.heard_s))
        elif start < top - SHORTEST_HOLE:
            late = self._fill(start, start + run.length_s)
            if late > SHORTEST_HOLE:
                self._found.append(reordered(run.heard_s, late))
            twice = min(top, start + run.length_s) - start - late
            if twice > SHORTEST_HOLE:
                if self._is_repeated(run, twice / run.length_s):
                    self._found.append(repeated(run.heard_s, twice))
                elif late <= SHORTEST_HOLE:
                    self._shift += top - start
                    start = top
        self._top = max(top, start + run.length_s)

    def _fill(self, start: float, end: float) -> float:
        """Return how much of the holes a stretch fills, and make them smaller."""
        filled = 0.0
        rest: list[_Hole] = []
        for hole in self._holes:
            first, last = max(start, hole.start_s), min(end, hole.end_s)
            if last <= first:
                rest.append(hole)
                continue
            filled += last - first
            rest.append(_Hole(hole.start_s, first, hole.heard_s))
            rest.append(_Hole(last, hole.end_s, hole.heard_s))
        self._holes = [hole for hole in rest if hole.end_s - hole.start_s > SHORTEST_HOLE]
        return filled

    def _is_repeated(self, run: Run, share: float) -> bool:
        """Return whether most packets in the first part of a run are there before it."""
        self._seen.update(self._packets(self._read_to, run.first))
        self._read_to = max(self._read_to, run.first)
        last = run.first + max(1, round((run.last - run.first) * share))
        some = [p for p in self._packets(run.first, last) if len(p) > _SILENCE_BYTES]
        return sum(packet in self._seen for packet in some) * 2 > len(some)

    def flaws(self) -> list[Flaw]:
        holes = [gap(hole.heard_s, hole.end_s - hole.start_s) for hole in self._holes]
        return self._found + holes


def is_unsent_silence(
    jumps: NDArray[np.float64],
    places: NDArray[np.int64],
    sizes: NDArray[np.int64],
    lengths: NDArray[np.float64],
) -> NDArray[np.bool_]:
    """Return which jumps are silence that an encoder did not send (DTX).

    It sends one small packet every 400 ms, or ends with some of three bytes or less and then sends
    nothing at all.

    Args:
        jumps: the seconds between each packet and the next.
        places: the packets that follow a jump.
        sizes: bytes of each packet.
        lengths: seconds of each packet.
    """
    before = jumps[places - 1]
    bits = sizes * 8 / np.maximum(lengths, 0.001)
    short = (before > 0) & (before < LONGEST_DTX)
    quiet = short & (bits[places - 1] <= _SILENT_BITS)
    near = np.diff(places, prepend=-_FEW, append=places[-1:] + _FEW + 1)
    series = short & ((near[:-1] < _FEW) | (near[1:] < _FEW))
    ended = before > 0
    for back in (1, 2, 3):
        ended &= (places >= back) & (sizes <= _SILENCE_BYTES)[np.maximum(places - back, 0)]
    return quiet | series | ended


def packet_runs(
    starts: NDArray[np.float64],
    lengths: NDArray[np.float64],
    sizes: NDArray[np.int64],
    skip_s: float,
) -> list[Run]:
    """Return the runs of packets that have a time each.

    Args:
        starts: when each packet begins, in seconds.
        lengths: seconds of each.
        sizes: bytes of each.
        skip_s: how much a player drops at the start.
    """
    jumps = starts[1:] - (starts + lengths)[:-1]
    places = np.flatnonzero(np.abs(jumps) > SHORTEST_HOLE) + 1
    places = places[~is_unsent_silence(jumps, places, sizes, lengths)][:MOST_RUNS]
    heard = np.concatenate([[0.0], np.cumsum(lengths)])
    return [
        Run(
            float(starts[first]),
            float(heard[last] - heard[first]),
            max(0.0, float(heard[first]) - skip_s),
            first,
            last,
        )
        for first, last in pairwise([0, *places.tolist(), len(starts)])
    ]


def gap(at_s: float, length_s: float | None) -> Flaw:
    """Return the flaw of a part that is missing; its length may be unknown."""
    if length_s is None:
        return Flaw("gap_inside", f"A part of unknown length is missing at {at_s:.1f} s", at_s)
    return Flaw("gap_inside", f"There is a hole of {length_s:.1f} s at {at_s:.1f} s", at_s)


def repeated(at_s: float, length_s: float) -> Flaw:
    """Return the flaw of a part that is there twice."""
    what = f"A part of {length_s:.1f} s at {at_s:.1f} s was there before"
    return Flaw("repeated_inside", what, at_s)


def reordered(at_s: float, length_s: float) -> Flaw:
    """Return the flaw of a part that comes later than its timestamps say."""
    what = f"A part of {length_s:.1f} s at {at_s:.1f} s belongs before what precedes it"
    return Flaw("reordered_inside", what, at_s)


def junk(size: int, byte: int, at_s: float) -> Flaw:
    """Return the flaw of bytes that are no sound."""
    what = f"{size} bytes at byte {byte}, {at_s:.1f} s into the sound, are no audio"
    return Flaw("junk", f"The file has foreign or damaged bytes: {what}", at_s)


def other_file(what: str, at_s: float) -> Flaw:
    """Return the flaw of a file that follows another one and is not read."""
    return Flaw("junk", f"Only the first of several files in a row is used; {what} follows", at_s)


def is_told(flaws: Iterable[Flaw], at_s: float) -> bool:
    """Return whether a missing, repeated or late part is told near a place."""
    codes = ("gap_inside", "repeated_inside", "reordered_inside")
    return any(flaw.code in codes and abs(flaw.at_s - at_s) < _NEAR for flaw in flaws)
