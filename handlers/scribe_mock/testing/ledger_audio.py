"""What arrived of what was spoken during a session, as the mock's ledger has it."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Self


@dataclass(frozen=True)
class Passage:
    """A stretch of what was spoken, in seconds.

    `chunk` is the chunk that has it; of what is missing, the one in which, or after which, it would
    have come, None before all.
    """

    start_s: float
    end_s: float
    chunk: int | None


@dataclass(frozen=True)
class Match:
    """A stretch of a chunk, in seconds, and where it was spoken; None if it was not."""

    chunk: int | None
    start_s: float
    end_s: float
    reference_start_s: float | None
    reference_end_s: float | None


@dataclass(frozen=True)
class LedgerAudio:
    """How what arrived differs from what was spoken."""

    duration_s: float
    fixture: str | None
    coverage_percent: float
    missing: tuple[Passage, ...]
    repeated: tuple[Passage, ...]
    reordered: tuple[Passage, ...]
    distorted: tuple[Passage, ...]
    matches: tuple[Match, ...]

    @classmethod
    def of(cls, found: Mapping[str, Any]) -> Self:
        """The comparison that an answer has."""
        reference = found["reference"]
        missing, repeated, reordered, distorted = (
            tuple(Passage(**each) for each in found[kind])
            for kind in ("missing", "repeated", "reordered", "distorted")
        )
        return cls(
            reference["duration_s"],
            reference["fixture"],
            found["coverage_percent"],
            missing,
            repeated,
            reordered,
            distorted,
            tuple(Match(**each) for each in found["matches"]),
        )
