"""A fault: which requests it is for, how often it fires, and what it does."""

import random
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from scribe_mock.sessions.scopes import Scope
from scribe_mock.steering.actions import Action


@dataclass(slots=True)
class Target:
    """What is known of a request, a stream or a delivery before it is processed.

    Args:
        operation: The operationId; `streamAudio` for a stream, `deliverWebhook` for a webhook.
        session_id: The session that its path names, if any.
        owners: The digests of its bearer token, and of the token that made the session.
        sequence: The number in the file name of an upload to a chunked session.
        file_name: The file name of an upload.
        upload_type: That of the session.
    """

    operation: str
    session_id: str | None = None
    owners: tuple[str, ...] = ()
    sequence: int | None = None
    file_name: str | None = None
    upload_type: str | None = None


@dataclass(frozen=True, slots=True)
class Match:
    """Which requests of a scope a fault is for.

    Args:
        operations: Their operations; empty for all.
        sequence: The sequence number of the upload.
        file_name: A pattern of the whole file name of the upload.
        upload_type: That of the session.
    """

    operations: frozenset[str] = frozenset()
    sequence: int | None = None
    file_name: re.Pattern[str] | None = None
    upload_type: str | None = None

    def covers(self, target: Target) -> bool:
        """Whether a request is one of these; its scope is not looked at."""
        return (
            (not self.operations or target.operation in self.operations)
            and self.sequence in (None, target.sequence)
            and self.upload_type in (None, target.upload_type)
            and (self.file_name is None or bool(self.file_name.fullmatch(target.file_name or "")))
        )


@dataclass(slots=True, eq=False)
class Fault:
    """One fault, and what became of it.

    Args:
        fault_id: Its id.
        scope: Whose requests it is for.
        owner: The owner of the session in its scope, or of the token; None for all.
        token_start: The first characters of the token in its scope, to show it.
        match: Which of these requests.
        after: So many matches pass first.
        times: How often it fires; None for ever.
        probability: The chance with which it fires; None for always.
        seed: Of the chance; the same one fires on the same matches.
        action: What it does.
        given: `match`, `action` and the rest as they were sent, to show them.
        number: The order in which faults were set.
    """

    fault_id: str
    scope: Scope
    owner: str | None
    token_start: str
    match: Match
    after: int
    times: int | None
    probability: float | None
    seed: int
    action: Action
    given: Mapping[str, Any]
    number: int = 0
    matched: int = 0
    fired: int = 0

    def is_in(self, scope: Scope) -> bool:
        """Whether a scope includes it: all, its own, or that of its session's token."""
        if scope == Scope() or scope == self.scope:
            return True
        return scope.session_id is None and scope.owner == self.owner

    def fires(self) -> bool:
        """Count a match, and tell whether the fault fires on it; then it counts as fired."""
        self.matched += 1
        if self.matched <= self.after or (self.times is not None and self.fired >= self.times):
            return False
        if self.probability is not None and self.chance(self.matched) >= self.probability:
            return False
        self.fired += 1
        return True

    def passes(self) -> None:
        """Count a match on which another fault fires."""
        self.matched += 1

    def spared(self) -> None:
        """Take back that it fired: it had no occasion to do what it does."""
        self.fired -= 1

    def chance(self, match: int) -> float:
        """A random number for the match with this number, the same for the same seed."""
        return random.Random(self.seed << 32 | match).random()
