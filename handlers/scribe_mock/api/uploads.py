"""One upload, from the request to the store (CONTRACT.md, "Upload audio", rows 6 to 11).

Rows 1 to 5 (token, session, state) are checked before, by the middlewares in `server`.
"""

from collections.abc import Awaitable, Sequence
from dataclasses import dataclass
from functools import partial

from starlette.requests import Request
from starlette.types import Scope

from scribe_mock.api.bodies import read_body
from scribe_mock.api.memory_use import MemoryUse
from scribe_mock.api.presence import while_present
from scribe_mock.audio.audio_errors import AudioError, Overdue
from scribe_mock.audio.examination import Examiner
from scribe_mock.audio.file_names import check_name_length, chunk_name
from scribe_mock.audio.limits import MAX_UPLOAD_BYTES
from scribe_mock.audio.media_types import MEDIA_TYPES, SUPPORTED_TYPES, audio_type
from scribe_mock.audio.recording_chunk import RecordingChunk
from scribe_mock.errors import (
    ChunkTooLarge,
    InvalidAudioFormat,
    InvalidRequest,
    ServiceUnavailable,
)
from scribe_mock.sessions.chunk import Chunk
from scribe_mock.sessions.clocks import Clocks
from scribe_mock.sessions.diagnosis import AudioFinding, Diagnosis
from scribe_mock.sessions.session import Session, UploadType
from scribe_mock.steering.record import Record
from scribe_mock.store.session_store import Intake, Pieces, SessionStore


@dataclass(slots=True)
class Upload:
    """An upload as its path and headers describe it, before its body is read."""

    session: Session
    file_name: str
    kind: str
    expected_bytes: int | None
    sequence: int | None
    extension: str


class Uploads:
    """Receives the uploads of one server.

    Args:
        store: Where chunks are stored.
        clocks: All clocks.
        examiner: Cuts recordings and examines chunks.
        memory_use: What uses memory besides.
    """

    def __init__(
        self, store: SessionStore, clocks: Clocks, examiner: Examiner, memory_use: MemoryUse
    ) -> None:
        self._memory_use = memory_use
        self._store = store
        self._clocks = clocks
        self._examiner = examiner

    async def receive(self, request: Request, session: Session, file_name: str) -> Sequence[str]:
        """Receive one upload and store it; returns the codes of its findings.

        Raises:
            InvalidRequest: a stream session, a name in a wrong form, or an empty body.
            InvalidAudioFormat: the type is not supported, or the bytes are not that audio.
            ChunkTooLarge: the body is over the limit.
            ServiceUnavailable: the store has no memory left, or recordings wait for too long.
            ClientGone: the client left before the body had arrived, or before it was decoded or
                examined; nothing is stored.
        """
        upload = _declared(request, session, file_name)
        record: Record | None = request.scope.get("scribe_mock.record")
        self._memory_use.look()
        # A recording that is cut, or audio that may be refused, is decoded first.
        whole = upload.sequence is None or self._examiner.strict
        with await self._store.intake(upload.expected_bytes or 0, whole=whole) as intake:
            if record is not None:
                record.refer(intake.body)
            # Reading the body makes uvicorn send 100 Continue, so an empty one is not read.
            if upload.expected_bytes != 0:
                await read_body(request.receive, partial(_accept, intake))
            if not intake.size:
                raise InvalidRequest("The body is empty. Send the raw bytes of one audio file.")
            if "scribe_mock.drop_chunk" in request.scope:
                return ()
            if upload.sequence is None:
                codes = await self._store_recording(request, upload, intake)
            else:
                codes = await self._store_chunk(request, upload, upload.sequence, intake)
            if record is not None:
                record.stored = True
                record.refer(intake.body)
            return codes

    async def _store_chunk(
        self, request: Request, upload: Upload, sequence: int, intake: Intake
    ) -> Sequence[str]:
        diagnosis: Diagnosis | None = None
        if self._examiner.strict:
            diagnosis = await while_present(
                request.receive,
                self._examiner.examine(intake.parts, upload.kind, upload.extension, sheds=True),
            )
            _refuse_serious(upload, diagnosis.findings)

        def pieces(current: Session) -> Pieces:
            chunk = Chunk(
                sequence,
                upload.extension,
                upload.file_name,
                upload.kind,
                intake.size,
                self._clocks.now(current),
                diagnosis=diagnosis,
            )
            return [(chunk, intake.parts)]

        seen = diagnosis or self._examiner.first_look(intake.parts, upload.kind, upload.extension)
        await self._store.add_upload(upload.session, intake, pieces)
        self._examiner.enqueue(upload.session.session_id)
        return seen.codes

    async def _store_recording(
        self, request: Request, upload: Upload, intake: Intake
    ) -> Sequence[str]:
        try:
            found = await while_present(
                request.receive, self._examiner.split(intake.parts, upload.kind)
            )
        except Overdue as error:
            raise late() from error
        except AudioError as error:
            raise _unusable(upload, str(error)) from error
        findings = [finding for piece in found for finding in piece.findings]
        if self._examiner.strict:
            _refuse_serious(upload, findings)

        def pieces(current: Session) -> Pieces:
            numbers = current.sequences_for(upload.file_name, len(found))
            now = self._clocks.now(current)
            return [
                (self._chunk(upload, number, piece, now), [piece.data])
                for number, piece in zip(numbers, found, strict=True)
            ]

        await self._store.add_upload(upload.session, intake, pieces)
        self._examiner.enqueue(upload.session.session_id)
        return [finding.code for finding in findings]

    def _chunk(self, upload: Upload, sequence: int, piece: RecordingChunk, now: float) -> Chunk:
        return Chunk(
            sequence,
            upload.extension,
            upload.file_name,
            upload.kind,
            len(piece.data),
            now,
            round(piece.start_s, 3),
            round(piece.end_s, 3),
            round(piece.duration_s, 3),
            piece.speech,
            recording_findings=piece.findings,
            recording_s=piece.recording_s,
        )


def late() -> ServiceUnavailable:
    """The error for a recording that was not decoded in time."""
    return ServiceUnavailable(
        "The recording was not decoded in the time that one may take: the machine is busy. Send it "
        "again later, or start the mock with a larger --max-audio-wait."
    )


def _declared(request: Request, session: Session, file_name: str) -> Upload:
    """Check rows 6 to 9, as far as path and headers tell."""
    if session.upload_type is UploadType.STREAM:
        raise InvalidRequest(
            "This session's upload_type is stream: send its audio to the WebSocket of its "
            "upload_url, or create a session with upload_type chunked."
        )
    content_type, length = _declared_body(request.scope)
    kind = audio_type(content_type, file_name)
    check_name_length(file_name)
    sequence, extension = None, MEDIA_TYPES[kind].extension
    if session.upload_type is UploadType.CHUNKED:
        sequence, extension = chunk_name(file_name)
    if length is not None and length > MAX_UPLOAD_BYTES:
        raise _too_large()
    return Upload(session, file_name, kind, length, sequence, extension)


def _declared_body(scope: Scope) -> tuple[str, int | None]:
    """The Content-Type, several joined by commas, and the Content-Length or None."""
    fields = scope.get("scribe_mock.fields")
    if fields is None:  # some field is there twice
        types = [value for name, value in scope["headers"] if name == b"content-type"]
        fields = {**dict(scope["headers"]), b"content-type": b", ".join(types)}
    length = fields.get(b"content-length")
    return fields.get(b"content-type", b"").decode("latin-1"), length and int(length)


def _accept(intake: Intake, part: bytes) -> Awaitable[None] | None:
    if intake.size + len(part) > MAX_UPLOAD_BYTES:
        raise _too_large()
    return intake.take(part)


def _too_large() -> ChunkTooLarge:
    return ChunkTooLarge(
        f"The body is larger than {MAX_UPLOAD_BYTES} bytes (10 MiB), the most that one upload "
        "may have. Cut the recording into shorter chunks; 20 seconds are recommended.",
        limit_bytes=MAX_UPLOAD_BYTES,
    )


def _refuse_serious(upload: Upload, findings: Sequence[AudioFinding]) -> None:
    serious = next((finding for finding in findings if finding.serious), None)
    if serious is not None:
        raise _unusable(upload, f"{serious.message} {serious.advice}", finding=serious.code)


def _unusable(upload: Upload, message: str, **details: str) -> InvalidAudioFormat:
    return InvalidAudioFormat(
        message,
        provided_format=upload.kind,
        supported_formats=list(SUPPORTED_TYPES),
        **details,
    )
