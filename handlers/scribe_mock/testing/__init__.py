"""What Python tests use: servers, scopes on them, and the pytest plugin."""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from scribe_mock.testing.control_client import ControlError, VerificationFailed
    from scribe_mock.testing.faults import Fault
    from scribe_mock.testing.journal import Entry
    from scribe_mock.testing.ledger import Ledger
    from scribe_mock.testing.ledger_audio import Passage
    from scribe_mock.testing.lock_step import HeldRequest
    from scribe_mock.testing.mock_server import MockServer
    from scribe_mock.testing.reference import Reference
    from scribe_mock.testing.scope import Scope
    from scribe_mock.testing.scope_sessions import Session

__all__ = [
    "ControlError",
    "Entry",
    "Fault",
    "HeldRequest",
    "Ledger",
    "MockServer",
    "Passage",
    "Reference",
    "Scope",
    "Session",
    "VerificationFailed",
]

_HOMES = {
    "ControlError": "control_client",
    "Entry": "journal",
    "Fault": "faults",
    "HeldRequest": "lock_step",
    "Ledger": "ledger",
    "MockServer": "mock_server",
    "Passage": "ledger_audio",
    "Reference": "reference",
    "Scope": "scope",
    "Session": "scope_sessions",
    "VerificationFailed": "control_client",
}


def __getattr__(name: str) -> Any:
    """Import a name when it is first used: pytest loads this package at every start."""
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"{__name__}.{_HOMES[name]}"), name)
