"""The operations that give the audio of a session back (CONTRACT.md, "Session audio")."""

from starlette.requests import Request
from starlette.responses import Response

from scribe_mock.api.addresses import base_url
from scribe_mock.api.answers import JsonAnswer
from scribe_mock.api.guards import admits
from scribe_mock.api.ranges import ranged_answer
from scribe_mock.api.services import OperationGroup, Services
from scribe_mock.api.session_audio import SessionAudio
from scribe_mock.api.signed_addresses import VALID_SECONDS, check_time
from scribe_mock.errors import AudioNotAvailable, AudioNotEnabled
from scribe_mock.paths import recording_path
from scribe_mock.sessions.session import Session

#: How long the audio is there after End session, in seconds.
KEPT_SECONDS = 86400


class RecordingOperations(OperationGroup):
    """The operations with the tag Recordings."""

    def __init__(self, services: Services) -> None:
        super().__init__(services)
        self._audio = SessionAudio(services.store, services.examiner)

    @admits(Session.require_unexpired)
    async def get_session_audio(self, request: Request, session: Session) -> JsonAnswer:
        """Answer with an address where the session's audio can be heard."""
        services = self._services
        if not services.fixtures.of(session).audio_enabled:
            raise AudioNotEnabled(
                "Full audio is not enabled for this session: its scenario says so."
            )
        self._require_audio(session)
        if not await self._audio.mp3(session):
            raise AudioNotAvailable("Nothing of the session's audio can be decoded.")
        now = services.clocks.of(session).now()
        path = services.addresses.sign("GET", recording_path(session.session_id), now)
        return JsonAnswer(
            {
                "session_id": session.session_id,
                "status": "success",
                "audio_url": f"{base_url(request, services.settings)}{path}",
                "expires_in": VALID_SECONDS,
                "expires_at": int(now) + VALID_SECONDS,
            }
        )

    async def get_recording(
        self, request: Request, session: Session, expires: str = "", signature: str = ""
    ) -> Response:
        """Answer with the session's audio as MP3, or the requested range of it."""
        services = self._services
        until = services.addresses.check_signature("GET", request.url.path, expires, signature)
        check_time(until, services.clocks.of(session).now())
        self._require_audio(session)
        mp3 = await self._audio.mp3(session)
        # As the rest of the API, which is open to every origin.
        return ranged_answer(request, [mp3], len(mp3), "audio/mpeg", readers="cross-origin")

    def _require_audio(self, session: Session) -> None:
        now = self._services.clocks.of(session).now()
        if not session.state(now).done:
            raise AudioNotAvailable(
                "The audio is not ready. Poll Get session until it is no longer 202, and ask again."
            )
        if not session.chunks:
            raise AudioNotAvailable("The session received no audio.")
        if session.ended_at is None or now >= session.ended_at + KEPT_SECONDS:
            raise AudioNotAvailable("The audio was deleted 24 hours after End session.")
