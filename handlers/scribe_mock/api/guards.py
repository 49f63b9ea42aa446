"""The state that an operation needs of its session."""

from collections.abc import Callable
from typing import Any, TypeVar

from scribe_mock.sessions.session import Session

F = TypeVar("F", bound=Callable[..., Any])

#: Raises an ApiError unless the session is in a state that the operation works in.
Guard = Callable[[Session, float], None]


def admits(guard: Guard) -> Callable[[F], F]:
    """Mark an operation: its session must pass `guard` before the request is validated.

    The order is the contract's (CONTRACT.md, "Order of checks"): the session's state is checked
    before the rest of the request.
    """

    def mark(operation: F) -> F:
        operation.__dict__["guard"] = guard
        return operation

    return mark


def guard_of(operation: Any) -> Guard | None:
    """The guard that an operation is marked with, if any."""
    guard: Guard | None = getattr(operation, "guard", None)
    return guard
