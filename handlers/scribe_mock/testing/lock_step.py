"""Requests that the mock holds until a test lets them go on."""

import datetime
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Self

from scribe_mock.testing.journal import moment


@dataclass(frozen=True)
class HeldRequest:
    """A request that waits; `id` is its `X-Request-Id`."""

    id: str
    operation: str
    session_id: str | None
    sequence: int | None
    held_since: datetime.datetime

    @classmethod
    def of(cls, found: Mapping[str, Any]) -> Self:
        """The request that an answer has."""
        return cls(
            found["request_id"],
            found["operation"],
            found["session_id"],
            found["sequence"],
            moment(found["held_since"]),
        )

    def is_one(self, operation: str | None, sequence: int | None, session_id: str | None) -> bool:
        """Whether it has all of these that are given."""
        return (
            operation in (None, self.operation)
            and sequence in (None, self.sequence)
            and session_id in (None, self.session_id)
        )


def id_of(request: HeldRequest | str) -> str:
    """The id of a held request, given as itself or by its id."""
    return request.id if isinstance(request, HeldRequest) else request
