"""The operations on sessions: create, end, get, update, process a template."""

import secrets
from collections.abc import Mapping, Sequence
from typing import Any

from starlette.requests import Request

from scribe_mock.api.addresses import base_url
from scribe_mock.api.answers import JsonAnswer
from scribe_mock.api.bodies import refuse_body
from scribe_mock.api.ending import end
from scribe_mock.api.following_audio import check_follow_audio
from scribe_mock.api.guards import admits
from scribe_mock.api.representations import (
    STATUS_OF_STATE,
    created_session,
    diagnostics_header,
    session_json,
)
from scribe_mock.api.services import OperationGroup
from scribe_mock.errors import InvalidRequest, InvalidTemplate
from scribe_mock.scenarios.scenario import Scenario
from scribe_mock.sessions.session import Session, UploadType
from scribe_mock.sessions.states import State
from scribe_mock.steering.fault import Fault
from scribe_mock.steering.faults import MAX_OF_SESSION

#: Fields of Create session that the session stores as they were sent.
_STORED_FIELDS = (
    "session_mode",
    "templates",
    "model",
    "language_hint",
    "transcript_language",
    "additional_data",
    "patient_details",
)


class SessionOperations(OperationGroup):
    """The operations with the tag Sessions."""

    async def create_session(
        self, request: Request, body: Mapping[str, Any], version: str | None = None
    ) -> JsonAnswer:
        """Create a session (CONTRACT.md, "Create session")."""
        services = self._services
        # Clients that write every field of a model send null for those that are not set.
        body = {name: value for name, value in body.items() if value is not None}
        owner = services.callers.of(request)
        self._require_templates(owner, body.get("templates", ()))
        upload_type = UploadType(body["upload_type"])
        streamed = upload_type is UploadType.STREAM
        now = services.clocks.of_owner(owner).now()
        scenario = self._scenario_of(body.get("additional_data"), services.fixtures.default)
        fields = {name: body[name] for name in _STORED_FIELDS if name in body}
        session = Session(
            session_id=body.get("session_id") or f"ses_{secrets.token_hex(10)}",
            upload_type=upload_type,
            communication_protocol=body.get(
                "communication_protocol", "websocket" if streamed else "http"
            ),
            created_at=now,
            expires_at=now + services.settings.session_ttl,
            scenario=scenario.name,
            owner=owner,
            stream_id=secrets.token_urlsafe(32) if streamed else None,
            **fields,
        )
        faults = self._own_faults(session)
        await services.store.create(session)
        request.scope["scribe_mock.session"] = session
        if faults:
            async with services.sharing.changing():
                for fault in faults:
                    services.faults.add(fault)
        if upload_type is UploadType.SINGLE:
            services.examiner.prepare()
        address = base_url(request, services.settings)
        return JsonAnswer(created_session(session, address), 201)

    @admits(Session.require_open)
    async def end_session(
        self, request: Request, session: Session, body: Mapping[str, Any] | None
    ) -> JsonAnswer:
        """End the recording; processing begins (CONTRACT.md, "End session")."""
        services = self._services
        if session.upload_type is UploadType.STREAM:
            await services.streams.settle(session.session_id)
        received = await end(request, services, session, (body or {}).get("audio_files_sent"))
        answer = {
            "session_id": session.session_id,
            "status": State.PROCESSING,
            "message": "The session was ended; poll Get session for its results.",
        }
        return JsonAnswer(answer | received, 202)

    async def get_session(
        self,
        request: Request,
        session: Session,
        template_id: str | None = None,
        document_id: str | None = None,
    ) -> JsonAnswer:
        """Answer with the session's state and results (CONTRACT.md, "Get session")."""
        services = self._services
        now = services.clocks.of(session).now()
        state = session.state(now)
        if state is not State.EXPIRED:
            if template_id is not None:
                session.require_template(template_id)
            if document_id is not None:
                session.require_document(document_id)
        address = base_url(request, services.settings)
        # Written before the wait below: chunks that arrive meanwhile are not part of this answer.
        body = session_json(session, now, address, template_id, document_id)
        if session.chunks.undigested:
            await services.store.learn_digests(session.session_id)
        header = diagnostics_header(session.chunks.codes)
        return JsonAnswer.of_bytes(body, STATUS_OF_STATE[state], header)

    @admits(Session.require_unexpired)
    async def update_session(
        self, request: Request, session: Session, body: Mapping[str, Any]
    ) -> JsonAnswer:
        """Change fields of the session (CONTRACT.md, "Update session")."""
        if not body:
            raise InvalidRequest("There is nothing to change: the body has no field.")
        changes = dict(body)
        self._require_templates(self._services.callers.of(request), body.get("templates", ()))
        if "additional_data" in changes:
            current = self._services.fixtures.of(session)
            changes["scenario"] = self._scenario_of(changes["additional_data"], current).name
        clock = self._services.clocks.of(session)
        await self._services.store.change(
            session.session_id, lambda current: current.update(clock.now(), changes)
        )
        message = f"Changed: {', '.join(body)}."
        return JsonAnswer(
            {"session_id": session.session_id, "status": "success", "message": message}
        )

    @admits(Session.require_ended)
    async def process_template(
        self, request: Request, session: Session, template_id: str
    ) -> JsonAnswer:
        """Add a document to a session that was ended."""
        services = self._services
        services.templates.find(services.callers.of(request), template_id)
        seconds = services.processing_seconds(services.fixtures.of(session))
        clock = services.clocks.of(session)
        document = await services.store.change(
            session.session_id,
            lambda current: current.add_document(clock.now(), template_id, seconds),
        )
        answer = {
            "session_id": session.session_id,
            "template_id": template_id,
            "document_id": document.document_id,
            "status": "in-progress",
            "message": "The template is being processed; poll Get session for its result.",
        }
        return JsonAnswer(answer, 202)

    def _own_faults(self, session: Session) -> list[Fault]:
        """The faults that `additional_data._mock.faults` sets for a new session."""
        listed = session.additional_data.get("_mock", {}).get("faults", [])
        path = "$.additional_data._mock.faults"
        if not isinstance(listed, list) or len(listed) > MAX_OF_SESSION:
            refuse_body(path, f"expected a list of at most {MAX_OF_SESSION} faults")
        reader = self._services.fault_reader
        return [
            reader.read_of_session(value, f"{path}[{index}]", session)
            for index, value in enumerate(listed)
        ]

    def _require_templates(self, owner: str, names: Sequence[str]) -> None:
        unknown = self._services.templates.unknown(owner, names)
        if unknown:
            raise InvalidTemplate(
                f"There is no template {unknown[0]!r}. Use the ids that List templates has.",
                templates=unknown,
            )

    def _scenario_of(
        self, additional_data: Mapping[str, Any] | None, without: Scenario
    ) -> Scenario:
        """The scenario that `additional_data._mock.scenario` names; `without` is that field's lack.

        Raises:
            InvalidBody: there is no such scenario, or the session can't follow its audio.
        """
        mock = (additional_data or {}).get("_mock", {})
        path = "$.additional_data._mock"
        if not isinstance(mock, dict):
            refuse_body(path, "expected an object such as {'scenario': 'partial'}")
        known = self._services.fixtures.scenarios
        name = mock.get("scenario", without.name)
        if not isinstance(name, str) or name not in known:
            refuse_body(f"{path}.scenario", f"expected one of {', '.join(known)}")
        check_follow_audio(mock, known[name])
        return known[name]
