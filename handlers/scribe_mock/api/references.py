"""Reads what was spoken during a session, and checks it by decoding it."""

import asyncio
from collections.abc import Awaitable
from functools import partial
from pathlib import Path

from starlette.requests import Request

from scribe_mock.api.bodies import read_body
from scribe_mock.api.uploads import late
from scribe_mock.audio.audio_errors import AudioError, HeaderOnlyAudio, Overdue
from scribe_mock.audio.examination import Examiner
from scribe_mock.audio.limits import MAX_REFERENCE_BYTES
from scribe_mock.audio.media_types import type_of_container
from scribe_mock.errors import InvalidAudioFormat, InvalidRequest, RequestTooLarge
from scribe_mock.store.reference import Reference
from scribe_mock.store.session_store import Intake


def announced_bytes(request: Request) -> int:
    """The Content-Length, 0 if there is none; raises RequestTooLarge."""
    announced = int(request.headers.get("content-length", 0))
    _check_size(announced)
    return announced


async def receive(request: Request, intake: Intake) -> None:
    """Read the bytes of a reference.

    Args:
        request: Has them as its body.
        intake: Where they go.

    Raises:
        InvalidRequest: there are none.
        RequestTooLarge: there are too many.
        ServiceUnavailable: there is no memory for them.
        ClientGone: the connection ended before the body did.
    """
    # Reading the body makes uvicorn send 100 Continue, so an empty one is not read.
    if request.headers.get("content-length") != "0":
        await read_body(request.receive, partial(_accept, intake))
    if not intake.size:
        raise InvalidRequest("The body is empty. Send the bytes of one audio file.")


async def read_file(file: Path, intake: Intake) -> None:
    """Read the bytes of a file as a reference; raises RequestTooLarge, ServiceUnavailable."""
    accepted = intake.take(await asyncio.to_thread(_bytes_of, file))
    if accepted is not None:
        await accepted


async def decoded(examiner: Examiner, intake: Intake, fixture: str | None) -> Reference:
    """The reference that arrived, which is decoded in another process.

    Args:
        examiner: Decodes it.
        intake: Has its bytes.
        fixture: The name of its file; None for bytes that were sent.

    Raises:
        InvalidAudioFormat: it can't be decoded, or has no sound.
        ServiceUnavailable: it was not decoded in time.
    """
    try:
        fingerprint = await examiner.fingerprint(intake.parts)
        if not fingerprint.duration_s:
            raise HeaderOnlyAudio("a file without sound", "a recording of what was spoken")
    except Overdue as error:
        raise late() from error
    except AudioError as error:
        raise InvalidAudioFormat(str(error), finding=error.code) from error
    media_type = type_of_container(fingerprint.container)
    assert media_type is not None, "only known containers are decoded"
    await asyncio.to_thread(intake.body.digest)
    return Reference(intake.body, media_type, fingerprint, fixture)


def _bytes_of(file: Path) -> bytes:
    _check_size(file.stat().st_size)
    return file.read_bytes()


def _accept(intake: Intake, part: bytes) -> Awaitable[None] | None:
    _check_size(intake.size + len(part))
    return intake.take(part)


def _check_size(size: int) -> None:
    if size > MAX_REFERENCE_BYTES:
        raise RequestTooLarge(
            f"A reference has at most {MAX_REFERENCE_BYTES} bytes (128 MiB). Send a compressed "
            "recording, such as Ogg with Opus.",
            limit_bytes=MAX_REFERENCE_BYTES,
        )
