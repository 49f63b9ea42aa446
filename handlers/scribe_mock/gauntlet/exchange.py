"""One entry of the mock's journal, as judges read it."""

import datetime
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Self


@dataclass(frozen=True, kw_only=True)
class Exchange:
    """One request, stream or delivery.

    Args:
        request_id: Its `X-Request-Id`.
        at: When it began by the mock's clock, in seconds since 1970.
        seconds: How long it took; None while it is going on.
        status: The status of the answer; 0 without one.
        size: The bytes of the body that arrived.
        announced: Its Content-Length.
        faults: The ids of the faults that fired on it.
    """

    request_id: str
    at: float
    seconds: float | None
    method: str
    path: str
    operation: str | None
    session_id: str | None
    sequence: int | None
    status: int
    code: str | None
    content_type: str | None
    size: int
    announced: int | None
    sha256: str | None
    faults: tuple[str, ...]
    outcome: str | None

    @classmethod
    def of(cls, form: Mapping[str, Any]) -> Self:
        """The entry that the control API gives as JSON (`Entry` in control.yaml)."""
        duration = form["duration_ms"]
        return cls(
            request_id=form["id"],
            at=datetime.datetime.fromisoformat(form["at"]).timestamp(),
            seconds=None if duration is None else duration / 1000,
            method=form["method"],
            path=form["path"],
            operation=form["operation"],
            session_id=form["session_id"],
            sequence=form["sequence"],
            status=form["status"],
            code=form["code"],
            content_type=form["content_type"],
            size=form["request_bytes"],
            announced=form["announced_bytes"],
            sha256=form["sha256"],
            faults=tuple(form["faults"]),
            outcome=form["outcome"],
        )

    @property
    def ended(self) -> float:
        """When it was over, by the mock's clock; the end of time while it is going on."""
        return float("inf") if self.seconds is None else self.at + self.seconds

    @property
    def accepted(self) -> bool:
        """Whether it was answered with success."""
        return 200 <= self.status < 300 or self.status == 101

    @property
    def chunk(self) -> tuple[str | None, int | str]:
        """What an upload carries: the session, and the number of the chunk or else the path."""
        return self.session_id, self.path if self.sequence is None else self.sequence

    def line(self) -> str:
        """It as a line for people."""
        moment = datetime.datetime.fromtimestamp(self.at, datetime.UTC)
        answer = f"{self.status} {self.code}" if self.code else str(self.status or "no answer")
        outcome = "" if self.outcome in ("answered", None) else f", {self.outcome}"
        time = moment.strftime("%H:%M:%S.%f")[:-3]
        return f"{time} {self.method} {self.path} → {answer}{outcome} ({self.request_id})"
