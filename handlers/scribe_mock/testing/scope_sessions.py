"""The sessions of one scope, made and read by the control API."""

import secrets
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal, Self

from scribe_mock.testing.reference import Reference, put_reference
from scribe_mock.testing.scope_calls import ScopeCalls

#: pytest leaves this module out of tracebacks: they end at the test's own line.
__tracebackhide__ = True

State = Literal["created", "recording", "processing", "completed", "partial", "failed", "expired"]
UploadType = Literal["chunked", "single", "stream"]

_MOST_LISTED = 1000


@dataclass(frozen=True)
class Session:
    """A session as it was when it was asked for."""

    id: str
    status: State
    upload_type: UploadType
    scenario: str
    audio_files: tuple[str, ...]
    upload_url: str
    #: All that the control API has: `Session` in control.yaml.
    fields: Mapping[str, Any] = field(repr=False, compare=False)

    @classmethod
    def of(cls, found: Mapping[str, Any]) -> Self:
        """The session that an answer has."""
        return cls(
            found["session_id"],
            found["status"],
            found["upload_type"],
            found["scenario"],
            tuple(found["audio_files"]),
            found["upload_url"],
            found,
        )


class ScopeSessions:
    """Makes, lists and reads sessions."""

    def __init__(self, calls: ScopeCalls) -> None:
        self._calls = calls

    def create(
        self,
        state: State = "created",
        *,
        session_id: str | None = None,
        upload_type: UploadType | None = None,
        scenario: str | None = None,
        templates: list[str] | None = None,
        patient_details: Mapping[str, Any] | None = None,
        additional_data: Mapping[str, Any] | None = None,
    ) -> Session:
        """Make a session in any state, or put the one with this id into it.

        Args:
            state: The state; one that is `processing` stays so until the test ends it.
            session_id: Its id; without one, a new one.
            upload_type: `chunked`, unless said otherwise.
            scenario: The name of a scenario of the server.
            templates: The ids of templates.
            patient_details: As in Create session.
            additional_data: As in Create session.
        """
        fields = {
            "upload_type": upload_type,
            "scenario": scenario,
            "templates": templates,
            "patient_details": patient_details,
            "additional_data": additional_data,
        }
        given = {name: value for name, value in fields.items() if value is not None}
        path = f"/sessions/{session_id or f'test_session_{secrets.token_hex(8)}'}"
        return Session.of(self._calls.change("PUT", path, state=state, **given))

    def list(self) -> list[Session]:
        """The sessions of this scope in order of creation, at most 1,000."""
        answer = self._calls.ask("/sessions", limit=_MOST_LISTED)
        return [Session.of(found) for found in answer["sessions"]]

    def __getitem__(self, session_id: str) -> Session:
        """The session with this id as it is now; raises ControlError."""
        return Session.of(self._calls.send("GET", f"/sessions/{session_id}"))

    def put_reference(
        self,
        session_id: str,
        audio: bytes | Path | str | None = None,
        *,
        fixture: str | None = None,
    ) -> Reference:
        """Say what was spoken during a session: its ledger then says what of that is missing.

        Args:
            session_id: The session.
            audio: The bytes of a recording, or the path of its file.
            fixture: The name of a file in `fixtures/audio` instead.

        Raises:
            ControlError: it can't be decoded, or there is no such session or file.
        """
        return put_reference(self._calls, session_id, audio, fixture)

    def forget_reference(self, session_id: str) -> None:
        """Forget what was spoken during a session; raises ControlError."""
        self._calls.send("DELETE", f"/sessions/{session_id}/reference")
