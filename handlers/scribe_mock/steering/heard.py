"""The acoustic part of a ledger: which seconds of what was spoken arrived, and how."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from scribe_mock.audio.comparison_report import comparison_form, sentences
from scribe_mock.steering.problem import Problem

if TYPE_CHECKING:
    from scribe_mock.audio.alignment.comparison import Comparison


@dataclass(frozen=True, slots=True)
class Heard:
    """What became of what was spoken during a session.

    Args:
        fixture: The name of the reference's file; None for one that was sent.
        duration_s: The length of the reference, in seconds.
        comparison: What was found; None if it could not be found out.
        failure: Why it could not; empty if it could.
    """

    fixture: str | None
    duration_s: float
    comparison: "Comparison | None"
    failure: str = ""

    @property
    def is_compared(self) -> bool:
        """Whether what arrived could be compared with it."""
        return self.comparison is not None

    def form(self) -> dict[str, Any] | None:
        """Its JSON form."""
        if self.comparison is None:
            return None
        reference = {"duration_s": round(self.duration_s, 2), "fixture": self.fixture}
        return {"reference": reference, **comparison_form(self.comparison)}

    def problems(self) -> Iterator[Problem]:
        """A problem for each passage that did not arrive as it was spoken."""
        if self.comparison is None:
            message = f"What arrived could not be compared with what was spoken. {self.failure}"
            yield Problem("not_compared", message)
            return
        for kind, message, chunk in sentences(self.comparison, "chunk {}".format):
            yield Problem(kind, message, chunk)
