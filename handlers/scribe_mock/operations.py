"""The contract's operations: one thin method an operationId, over the store."""

import secrets
from collections.abc import Collection, Mapping
from typing import Any

from starlette.requests import Request

from scribe_mock.addresses import base_url
from scribe_mock.clock import Clock
from scribe_mock.discovery import MAX_AGE, discovery
from scribe_mock.errors import InvalidRequest
from scribe_mock.examination import Examiner, findings
from scribe_mock.pipeline.admission import admits
from scribe_mock.pipeline.answers import JsonAnswer
from scribe_mock.pipeline.validation import refuse_body
from scribe_mock.representations import (
    STATUS_OF_STATE,
    created_session,
    public_session,
    received_audio,
)
from scribe_mock.scenarios import Fixtures, Scenario
from scribe_mock.sessions import MAX_TEMPLATE_NAME, Session, UploadType
from scribe_mock.settings import Settings
from scribe_mock.states import State
from scribe_mock.store import SessionStore
from scribe_mock.stream import Streams
from scribe_mock.uploads import Uploads

#: Seconds that a token of login is said to be good for.
TOKEN_SECONDS = 1800

#: What Create session takes over into the session as it came.
_TAKEN_OVER = (
    "session_mode",
    "templates",
    "model",
    "language_hint",
    "transcript_language",
    "additional_data",
    "patient_details",
)


class Operations:
    """All operations of `openapi.yaml`, bound to one server's store, clock and fixtures."""

    def __init__(
        self,
        settings: Settings,
        clock: Clock,
        store: SessionStore,
        fixtures: Fixtures,
        examiner: Examiner,
        streams: Streams,
    ) -> None:
        self._settings = settings
        self._clock = clock
        self._store = store
        self._fixtures = fixtures
        self._examiner = examiner
        self._streams = streams
        self._uploads = Uploads(store, clock, examiner)

    async def get_discovery(self, request: Request) -> JsonAnswer:
        """What the server can do."""
        headers = {"Cache-Control": f"public, max-age={MAX_AGE}"}
        return JsonAnswer(discovery(base_url(request, self._settings)), headers=headers)

    async def login(self, request: Request, body: Mapping[str, Any]) -> JsonAnswer:
        """A token for any credentials."""
        return JsonAnswer(self._tokens())

    async def refresh_token(self, request: Request, body: Mapping[str, Any]) -> JsonAnswer:
        """A fresh token for an old one."""
        return JsonAnswer(self._tokens())

    def _tokens(self) -> dict[str, Any]:
        accepted = self._settings.token
        return {
            "access_token": accepted[0] if accepted else f"access_{secrets.token_urlsafe(24)}",
            "refresh_token": f"refresh_{secrets.token_urlsafe(24)}",
            "expires_in": TOKEN_SECONDS,
        }

    async def create_session(self, request: Request, body: Mapping[str, Any]) -> JsonAnswer:
        """A new session."""
        upload_type = UploadType(body["upload_type"])
        streamed = upload_type is UploadType.STREAM
        now = self._clock.now()
        scenario = self._named_scenario(body.get("additional_data")) or self._fixtures.default
        fields = {name: body[name] for name in _TAKEN_OVER if name in body}
        fields["templates"] = fields.get("templates") or list(scenario.outcome.templates)
        session = Session(
            session_id=body.get("session_id") or f"ses_{secrets.token_hex(10)}",
            upload_type=upload_type,
            communication_protocol=body.get(
                "communication_protocol", "websocket" if streamed else "http"
            ),
            created_at=now,
            expires_at=now + self._settings.session_ttl,
            scenario=scenario.name,
            stream_id=secrets.token_urlsafe(32) if streamed else None,
            **fields,
        )
        await self._store.create(session)
        if upload_type is UploadType.SINGLE:
            self._examiner.prepare()
        address = base_url(request, self._settings)
        return JsonAnswer(created_session(session, address), 201)

    @admits(Session.require_open)
    async def upload_audio(self, request: Request, session: Session, file_name: str) -> JsonAnswer:
        """One chunk, or one whole recording."""
        codes = await self._uploads.receive(request, session, file_name)
        answer = {
            "session_id": session.session_id,
            "success": True,
            "original_filename": file_name,
        }
        return JsonAnswer(answer, headers=_diagnostics(codes))

    @admits(Session.require_open)
    async def end_session(
        self, request: Request, session: Session, body: Mapping[str, Any] | None
    ) -> JsonAnswer:
        """No more audio; processing begins."""
        await self._streams.settle(session.session_id)
        scenario = self._fixtures.of(session)
        sent = (body or {}).get("audio_files_sent")

        def end(current: Session) -> dict[str, Any]:
            seconds = self._processing_seconds(scenario)
            current.end(self._clock.now(), scenario.outcome, seconds, sent)
            return received_audio(current)

        received = await self._store.change(session.session_id, end)
        answer = {
            "session_id": session.session_id,
            "status": State.PROCESSING,
            "message": "The session was ended; poll Get session for its results.",
        }
        return JsonAnswer(answer | received, 202)

    async def get_session(
        self, request: Request, session: Session, template_id: str | None = None
    ) -> JsonAnswer:
        """Where the session stands, and its results."""
        now = self._clock.now()
        state = session.state(now)
        if template_id is not None and state is not State.EXPIRED:
            session.require_template(template_id)
        address = base_url(request, self._settings)
        body = public_session(session, now, address, template_id)
        # What is taken in or put elsewhere meanwhile is no part of this answer.
        chunks = session.ordered_chunks()
        found = findings(chunks, await self._store.digests(session.session_id))
        codes = [finding.code for of_chunk in found.values() for finding in of_chunk]
        return JsonAnswer(body, STATUS_OF_STATE[state], _diagnostics(codes))

    @admits(Session.require_unexpired)
    async def update_session(
        self, request: Request, session: Session, body: Mapping[str, Any]
    ) -> JsonAnswer:
        """Change what the session was created with."""
        if not body:
            raise InvalidRequest("There is nothing to change: the body has no field.")
        changes = dict(body)
        if "additional_data" in changes:
            named = self._named_scenario(changes["additional_data"])
            if named is not None:
                changes["scenario"] = named.name
        await self._store.change(
            session.session_id, lambda current: current.update(self._clock.now(), changes)
        )
        message = f"Changed: {', '.join(body)}."
        return JsonAnswer(
            {"session_id": session.session_id, "status": "success", "message": message}
        )

    @admits(Session.require_done)
    async def process_template(
        self, request: Request, session: Session, template_id: str
    ) -> JsonAnswer:
        """One more document from a session whose results are there."""
        if len(template_id) > MAX_TEMPLATE_NAME:
            raise InvalidRequest(
                f"The name of a template has at most {MAX_TEMPLATE_NAME} characters; "
                f"this one has {len(template_id)}."
            )
        seconds = self._processing_seconds(self._fixtures.of(session))
        document = await self._store.change(
            session.session_id,
            lambda current: current.add_document(self._clock.now(), template_id, seconds),
        )
        answer = {
            "session_id": session.session_id,
            "template_id": template_id,
            "document_id": document.document_id,
            "status": "in-progress",
            "message": "The template is being processed; poll Get session for its result.",
        }
        return JsonAnswer(answer, 202)

    def _named_scenario(self, additional_data: Mapping[str, Any] | None) -> Scenario | None:
        """The scenario that `additional_data._mock.scenario` names, if it names one."""
        mock = (additional_data or {}).get("_mock", {})
        path = "$.additional_data._mock"
        if not isinstance(mock, dict):
            refuse_body(path, "expected an object such as {'scenario': 'partial'}")
        if "scenario" not in mock:
            return None
        name, known = mock["scenario"], self._fixtures.scenarios
        if not isinstance(name, str) or name not in known:
            refuse_body(f"{path}.scenario", f"expected one of {', '.join(known)}")
        return known[name]

    def _processing_seconds(self, scenario: Scenario) -> float:
        if scenario.processing_seconds is None:
            return self._settings.processing_seconds
        return scenario.processing_seconds


def _diagnostics(codes: Collection[str]) -> dict[str, str] | None:
    """The header that tells what the doctor found; none for nothing."""
    return {"X-Mock-Diagnostics": ", ".join(sorted(set(codes)))} if codes else None
