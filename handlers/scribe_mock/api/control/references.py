"""The operations of the control API on what was spoken during a session."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from starlette.requests import Request
from starlette.responses import Response

from scribe_mock.api.answers import JsonAnswer
from scribe_mock.api.bodies import refuse_body
from scribe_mock.api.ranges import ranged_answer
from scribe_mock.api.references import announced_bytes, decoded, read_file, receive
from scribe_mock.api.services import OperationGroup
from scribe_mock.control_errors import ReferenceNotFound
from scribe_mock.scenarios.recordings import recordings
from scribe_mock.store.reference import Reference


class ReferenceControl(OperationGroup):
    """The operations on references, with the tag ledger."""

    async def put_reference(
        self, request: Request, session_id: str, body: Mapping[str, Any] | None
    ) -> JsonAnswer:
        """Store what was spoken: the body, or, if that is JSON, the file that it names."""
        services, fixture = self._services, body["fixture"] if body else None
        session = await services.store.get(session_id)
        generation = session.generation
        with await services.store.intake(announced_bytes(request)) as intake:
            if fixture is None:
                await receive(request, intake)
            else:
                await read_file(self._file(fixture), intake)
            reference = await decoded(services.examiner, intake, fixture)
            await services.store.put_reference(session_id, generation, intake, reference)
        return JsonAnswer(_form(session_id, reference))

    async def get_reference(self, request: Request, session_id: str) -> Response:
        """Answer with the bytes of what was spoken, or the requested range of them."""
        reference = await self._services.comparisons.reference(session_id)
        if reference is None:
            raise ReferenceNotFound(
                "The session has no reference. Put one: PUT the recording of what was spoken here."
            )
        parts = reference.body.parts
        if parts is None:
            parts = await self._services.store.reference_audio(session_id)
        return ranged_answer(request, parts, reference.body.size, reference.media_type)

    async def delete_reference(self, request: Request, session_id: str) -> Response:
        """Forget what was spoken during a session."""
        await self._services.store.forget_reference(session_id)
        return Response(status_code=204)

    def _file(self, name: str) -> Path:
        files = recordings(self._services.settings.fixtures)
        if name not in files:
            refuse_body("$.fixture", f"expected one of {', '.join(files)}; found {name[:100]!r}")
        return files[name]


def _form(session_id: str, reference: Reference) -> dict[str, Any]:
    return {
        "session_id": session_id,
        "duration_s": round(reference.fingerprint.duration_s, 3),
        "media_type": reference.media_type,
        "sha256": reference.body.digest(),
        "fixture": reference.fixture,
    }
