"""What became of the audio of one session, as the mock's ledger has it."""

import datetime
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal, Self

from scribe_mock.testing.journal import moment
from scribe_mock.testing.ledger_audio import LedgerAudio, Passage

#: pytest leaves this module out of tracebacks: they end at the test's own line.
__tracebackhide__ = True


@dataclass(frozen=True)
class Problem:
    """Something that is wrong with a session's audio."""

    code: str
    message: str
    sequence: int | None


@dataclass(frozen=True)
class RefusedUpload:
    """An upload of a chunk that was answered with an error, or not at all."""

    request_id: str
    at: datetime.datetime
    status: int
    code: str | None


@dataclass(frozen=True)
class LedgerChunk:
    """All uploads of one chunk: when they arrived, and what became of them."""

    sequence: int | None
    file_name: str | None
    stored: bool
    sha256: str | None
    arrivals: tuple[datetime.datetime, ...]
    retries: int
    replacements: int
    refused: tuple[RefusedUpload, ...]
    after_end: int

    @classmethod
    def of(cls, found: Mapping[str, Any]) -> Self:
        """The chunk that an answer has."""
        return cls(
            found["sequence"],
            found.get("file_name"),
            found["stored"],
            found["sha256"],
            tuple(map(moment, found["arrivals"])),
            found["retries"],
            found["replacements"],
            tuple(
                RefusedUpload(each["request_id"], moment(each["at"]), each["status"], each["code"])
                for each in found["refused"]
            ),
            found["after_end"],
        )


@dataclass(frozen=True)
class Ledger:
    """What became of the audio of one session, as of one moment."""

    session_id: str
    verdict: Literal["complete", "incomplete", "open"]
    problems: tuple[Problem, ...]
    chunks: tuple[LedgerChunk, ...]
    #: What arrived of what was spoken; None without a reference.
    audio: LedgerAudio | None
    _ask: Callable[[Sequence[str]], None] = field(repr=False, compare=False)

    @classmethod
    def of(cls, found: Mapping[str, Any], ask: Callable[[Sequence[str]], None]) -> Self:
        """The ledger that an answer has; `ask` compares the session's chunks with digests."""
        return cls(
            found["session_id"],
            found["verdict"],
            tuple(
                Problem(each["code"], each["message"], each.get("sequence"))
                for each in found["problems"]
            ),
            tuple(map(LedgerChunk.of, found["chunks"])),
            None if found["audio"] is None else LedgerAudio.of(found["audio"]),
            ask,
        )

    @property
    def missing(self) -> tuple[Passage, ...]:
        """What of the reference did not arrive; raises ValueError without a reference."""
        return self._compared.missing

    @property
    def coverage_percent(self) -> float:
        """How much of the reference's sound arrived; raises ValueError without a reference."""
        return self._compared.coverage_percent

    @property
    def _compared(self) -> LedgerAudio:
        # Without a reference nothing is known: an empty list would look like a proof.
        if self.audio is None:
            why = next((one.message for one in self.problems if one.code == "not_compared"), None)
            raise ValueError(
                why
                or f"Nobody said what was spoken during session {self.session_id}. "
                "Call sessions.put_reference before you ask what of it is missing."
            )
        return self.audio

    def verify(self, sha256: Sequence[str]) -> None:
        """Raise VerificationFailed unless the session now has exactly these chunks, in order.

        Args:
            sha256: The digests, in hex.
        """
        self._ask(sha256)

    def assert_complete(self) -> None:
        """Raise AssertionError with the problems, unless the verdict is `complete`."""
        if self.verdict == "complete":
            return
        why = {"open": "the session was not ended"}.get(self.verdict, "")
        lines = [f"The audio of session {self.session_id} is {self.verdict}: {why}".rstrip(": ")]
        lines += [f"  {problem.code}: {problem.message}" for problem in self.problems]
        raise AssertionError("\n".join(lines))
