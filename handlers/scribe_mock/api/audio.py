"""The operation that uploads audio."""

from starlette.requests import Request

from scribe_mock.api.answers import JsonAnswer, encode
from scribe_mock.api.guards import admits
from scribe_mock.api.representations import diagnostics_header
from scribe_mock.api.services import OperationGroup, Services
from scribe_mock.api.uploads import Uploads
from scribe_mock.sessions.session import Session


class AudioOperations(OperationGroup):
    """The operations with the tag Audio (CONTRACT.md, "Upload audio")."""

    def __init__(self, services: Services) -> None:
        super().__init__(services)
        self._uploads = Uploads(
            services.store, services.clocks, services.examiner, services.memory_use
        )

    @admits(Session.require_open)
    async def upload_audio(self, request: Request, session: Session, file_name: str) -> JsonAnswer:
        """Store one chunk, or one whole recording."""
        codes = await self._uploads.receive(request, session, file_name)
        answer = (
            f'{{"session_id":{encode(session.session_id)},"success":true,'
            f'"original_filename":{encode(file_name)}}}'
        )
        return JsonAnswer.of_text(answer, headers=diagnostics_header(codes))
