"""How to examine one client."""

from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True)
class Options:
    """How to examine one client; the defaults are in `arguments`.

    Args:
        command: The client, and its arguments.
        url: A mock that is running; None for one of this run.
        token: The token of every scenario; None for one of its own for each.
        timeout: Seconds after which the client is killed.
        jobs: How many scenarios run at the same time.
        strict: Whether demands of the grade should fail the run, too.
        allow_skipped: Whether a run with scenarios that were not tried may end with 0.
    """

    command: Sequence[str]
    url: str | None
    token: str | None
    timeout: float
    jobs: int
    strict: bool
    allow_skipped: bool
