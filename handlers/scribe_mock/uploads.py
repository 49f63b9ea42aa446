"""One upload from request to store: rows 6 to 10 of the contract's table, in its order.

Rows 1 to 5 (token, session, state) are the pipeline's, before this is called.
"""

from starlette.requests import Request

from scribe_mock.audio.formats import (
    MAX_UPLOAD_BYTES,
    audio_type,
    check_name_length,
    chunk_name,
    extension_for,
)
from scribe_mock.clock import Clock
from scribe_mock.errors import ChunkTooLarge, ClientGone, InvalidRequest
from scribe_mock.sessions import Chunk, Session, UploadType
from scribe_mock.store import Intake, Pieces, SessionStore


async def receive_upload(
    request: Request, session: Session, file_name: str, store: SessionStore, clock: Clock
) -> None:
    """Take in one upload and store it.

    Raises:
        InvalidRequest: a stream session, a name that breaks its form, or an empty body.
        InvalidAudioFormat: the audio's type is not supported.
        ChunkTooLarge: the body is over the limit.
        ServiceUnavailable: the store has no room.
        ClientGone: the body broke off; nothing is stored.
    """
    if session.upload_type is UploadType.STREAM:
        raise InvalidRequest(
            "This session's upload_type is stream: send its audio to the WebSocket of its "
            "upload_url, or create a session with upload_type chunked."
        )
    kind = audio_type(", ".join(request.headers.getlist("content-type")), file_name)
    check_name_length(file_name)
    named = chunk_name(file_name) if session.upload_type is UploadType.CHUNKED else None
    length = request.headers.get("content-length")
    expected = int(length) if length else 0
    _check_size(expected)
    with store.intake(expected) as intake:
        await _take_in(request, intake)

        def pieces(current: Session) -> Pieces:
            sequence, extension = named or (current.next_sequence(), extension_for(kind))
            now = clock.now()
            chunk = Chunk(sequence, extension, file_name, kind, intake.size, now)
            return [(chunk, intake.parts)]

        await store.add_upload(session.session_id, intake, pieces)


async def _take_in(request: Request, intake: Intake) -> None:
    more = True
    while more:
        message = await request.receive()
        if message["type"] == "http.disconnect":
            raise ClientGone
        part = message.get("body", b"")
        if part:
            _check_size(intake.size + len(part))
            intake.take(part)
        more = message.get("more_body", False)
    if not intake.size:
        raise InvalidRequest("The body is empty. Send the raw bytes of one audio file.")


def _check_size(size: int) -> None:
    if size > MAX_UPLOAD_BYTES:
        raise ChunkTooLarge(
            f"The body is larger than {MAX_UPLOAD_BYTES} bytes (10 MiB), the most that one upload "
            "may have. Cut the recording into shorter chunks; 20 seconds are recommended.",
            limit_bytes=MAX_UPLOAD_BYTES,
        )
