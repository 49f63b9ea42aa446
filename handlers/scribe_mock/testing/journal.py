"""What arrived at the mock: entries of its journal, and a table of them."""

import datetime
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields
from typing import Any, Literal, Self, TypedDict

#: How an exchange ended.
Outcome = Literal["answered", "cut", "dropped", "client_left", "held"]


class EntryMatch(TypedDict, total=False):
    """What an entry must be, to count in `verify`."""

    session_id: str
    operation: str
    method: str
    path: str
    sequence: int
    status: int
    code: str
    content_type: str
    sha256: str
    outcome: Outcome
    since: datetime.datetime | str


@dataclass(frozen=True)
class Entry:
    """One request, stream or webhook delivery, as the journal has it.

    The fields are those of `Entry` in control.yaml; `status` is 0 where no answer was sent, and
    `first_bytes` is in hex.
    """

    id: str
    at: datetime.datetime
    duration_ms: float | None
    method: str
    path: str
    operation: str | None
    session_id: str | None
    sequence: int | None
    status: int
    code: str | None
    content_type: str | None
    request_bytes: int
    announced_bytes: int | None
    sha256: str | None
    first_bytes: str
    faults: tuple[str, ...]
    outcome: Outcome | None
    reply_to: str | None
    warning: str | None = None

    @classmethod
    def of(cls, found: Mapping[str, Any]) -> Self:
        """The entry that an answer has."""
        values = {field.name: found[field.name] for field in fields(cls) if field.name in found}
        values["at"] = moment(found["at"])
        values["faults"] = tuple(found["faults"])
        return cls(**values)


def moment(text: str) -> datetime.datetime:
    """The time that an answer has as RFC 3339."""
    return datetime.datetime.fromisoformat(text)


def journal_table(entries: Sequence[Entry]) -> str:
    """A table of entries, one line each, for people."""
    head = ("time", "method", "path", "status", "code", "bytes", "faults", "outcome")
    rows = [head, *map(_row, entries)]
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    lines = (
        "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True))
        for row in rows
    )
    return "\n".join(line.rstrip() for line in lines)


def _row(entry: Entry) -> tuple[str, ...]:
    return (
        entry.at.strftime("%H:%M:%S.%f")[:-3],
        entry.method,
        entry.path,
        str(entry.status or "-"),
        entry.code or "-",
        str(entry.request_bytes),
        ",".join(entry.faults) or "-",
        (entry.outcome or "going on") + (f" (repeats {entry.reply_to})" if entry.reply_to else ""),
    )
