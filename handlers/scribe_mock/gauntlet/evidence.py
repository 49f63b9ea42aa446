"""What is known of a client after a scenario: all that judges look at."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

from scribe_mock.gauntlet.exchange import Exchange

UPLOAD, STREAM, END = "uploadAudio", "streamAudio", "endSession"
CREATE, GET, DELIVERY = "createSession", "getSession", "deliverWebhook"


@dataclass(frozen=True, kw_only=True)
class Run:
    """One run of the client.

    Args:
        exit_code: How it ended; None if it was killed, for the scenario or for want of time.
        output: What it printed, on both outputs.
        out_of_time: Whether it was killed since it did not end in time.
    """

    exit_code: int | None
    output: str = ""
    out_of_time: bool = False


@dataclass(frozen=True, kw_only=True)
class Evidence:
    """What one client did in one scenario.

    Args:
        exchanges: The journal of its token, the oldest first.
        sessions: Its sessions, as the control API lists them.
        ledgers: The ledger of each, by session id.
        faults: The faults of the scenario, with how often they fired.
        runs: Its runs; none for a client that a person drives.
        told: What the person says: whether the client told of the failure. None if nobody said.
        cued: Whether what the scenario does in the middle was done.
    """

    exchanges: Sequence[Exchange] = ()
    sessions: Sequence[Mapping[str, Any]] = ()
    ledgers: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    faults: Sequence[Mapping[str, Any]] = ()
    runs: Sequence[Run] = ()
    told: bool | None = None
    cued: bool = False

    def of(self, *operations: str) -> list[Exchange]:
        """The exchanges of these operations."""
        return [one for one in self.exchanges if one.operation in operations]

    @cached_property
    def uploads(self) -> list[Exchange]:
        """The uploads, accepted or not."""
        return self.of(UPLOAD)

    @property
    def fired(self) -> int:
        """How often the faults of the scenario fired."""
        return sum(fault["fired"] for fault in self.faults)

    @cached_property
    def hit(self) -> list[Exchange]:
        """The exchanges on which a fault fired."""
        return [one for one in self.exchanges if one.faults]

    @property
    def output(self) -> str:
        """What all runs printed."""
        return "\n".join(run.output for run in self.runs)

    @property
    def out_of_time(self) -> bool:
        """Whether a run had to be killed since it did not end."""
        return any(run.out_of_time for run in self.runs)

    def tells(self, words: Sequence[str]) -> bool | None:
        """Whether the client told its user of a failure; None where nobody can say.

        A program tells by an exit code other than 0, or by one of these words in its output.
        """
        if not self.runs:
            return self.told
        if any(run.exit_code not in (0, None) for run in self.runs):
            return True
        return any(_says(word, self.output) for word in words)

    def after(self, one: Exchange) -> list[Exchange]:
        """The later uploads of the same chunk."""
        place = self.uploads.index(one)
        return [other for other in self.uploads[place + 1 :] if other.chunk == one.chunk]


def _says(word: str, text: str) -> bool:
    return re.search(rf"(?<![\w-]){re.escape(word)}", text, re.IGNORECASE) is not None
