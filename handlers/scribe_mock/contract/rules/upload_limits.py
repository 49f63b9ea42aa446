"""Rules about the size of uploads, and about answers before the body is read."""

from collections.abc import Callable
from typing import Any

from scribe_mock.contract.core import judge, prepared_sessions, samples
from scribe_mock.contract.core.exceptions import Senseless
from scribe_mock.contract.core.fault import Fault
from scribe_mock.contract.core.grade import Grade
from scribe_mock.contract.core.marks import UNKNOWN_SESSION
from scribe_mock.contract.core.probe import Probe, ProbeSession
from scribe_mock.contract.core.rule import CheckFunction, Faults, Rule, rule
from scribe_mock.contract.rules.upload_order import REFUSALS
from scribe_mock.contract.rules.upload_rows import RULE_OF_ROW
from scribe_mock.contract.transport.message import Answer, Delivery

_SOURCE = "Upload audio, Size"


def _limit(
    name: str, sentence: str, grade: Grade = Grade.DOCUMENTED, needs: tuple[str, ...] = ()
) -> Callable[[CheckFunction], Rule]:
    return rule(
        f"upload.limit.{name}",
        sentence,
        source=_SOURCE,
        grade=grade,
        operation="uploadAudio",
        needs=("upload.success", *needs),
    )


async def _send(
    probe: Probe, size: int, *, upload_type: str = "chunked", chunked: bool = False
) -> tuple[ProbeSession, Answer]:
    session = await probe.create(upload_type)
    answer = await probe.upload(
        session,
        "audio_0.wav",
        mime="audio/wav",
        body=samples.wav_of(size),
        chunked=chunked,
        delivery=Delivery.HELD if size > samples.TEN_MIB and not chunked else Delivery.AT_ONCE,
        label=f"{size:,} bytes {'by chunked transfer' if chunked else 'with Content-Length'}",
    )
    return session, answer


def _taken(answer: Answer, size: int) -> Fault | None:
    if answer.accepted:
        return None
    return Fault(
        expected=f"{size:,} bytes are accepted",
        got=judge.describe(answer),
        answer=answer,
        key=f"{size}",
        grade=Grade.INFERRED if size > samples.TEN_MB else None,
        group=f"{size} bytes are refused",
    )


async def _either(probe: Probe, **how: Any) -> Fault | None:
    """Send 10,485,760 bytes, or 10,000,000 if the server refuses those."""
    answer = (await _send(probe, samples.TEN_MIB, **how))[1]
    if answer.accepted:
        return None
    less = (await _send(probe, samples.TEN_MB, **how))[1]
    return _taken(less, samples.TEN_MB) or _taken(answer, samples.TEN_MIB)


@_limit("taken", "10,000,000 bytes are accepted.")
async def taken(probe: Probe) -> Faults:
    """A body of 10,000,000 bytes is uploaded."""
    yield _taken((await _send(probe, samples.TEN_MB))[1], samples.TEN_MB)


@_limit("exact", "Exactly 10,485,760 bytes are accepted.", Grade.INFERRED, ("upload.limit.taken",))
async def exact(probe: Probe) -> Faults:
    """A body of exactly 10 MiB is uploaded."""
    yield _taken((await _send(probe, samples.TEN_MIB))[1], samples.TEN_MIB)


_NO_LENGTH = ("upload.limit.no_length",)


@_limit(
    "chunked",
    "10,485,760 bytes by chunked transfer, without Content-Length, are accepted.",
    needs=_NO_LENGTH,
)
async def by_chunks(probe: Probe) -> Faults:
    """The body is sent by chunked transfer; 10,000,000 bytes pass if the server has that limit."""
    yield await _either(probe, chunked=True)


@_limit(
    "over_chunked",
    "10,485,761 bytes by chunked transfer, without Content-Length: 413 chunk_too_large.",
    needs=_NO_LENGTH,
)
async def over_by_chunks(probe: Probe) -> Faults:
    """A body of one byte more than 10 MiB is sent by chunked transfer."""
    session, answer = await _send(probe, samples.TEN_MIB + 1, chunked=True)
    fault = judge.too_large(answer)
    yield fault
    if fault is None:
        yield judge.lists(await probe.get(session), [])


@_limit("single", "A single recording of up to 10 MB is accepted.")
async def single(probe: Probe) -> Faults:
    """A playable recording of exactly the limit is uploaded."""
    yield await _either(probe, upload_type="single")


@_limit("over_single", "A single recording of 10,485,761 bytes: 413 chunk_too_large.")
async def over_single(probe: Probe) -> Faults:
    """One byte more is announced by Content-Length."""
    answer = (await _send(probe, samples.TEN_MIB + 1, upload_type="single"))[1]
    yield judge.too_large(answer)


@_limit(
    "over_single_chunked",
    "A single recording of 10,485,761 bytes by chunked transfer: 413 chunk_too_large.",
    needs=_NO_LENGTH,
)
async def over_single_by_chunks(probe: Probe) -> Faults:
    """One byte more is sent by chunked transfer."""
    answer = (await _send(probe, samples.TEN_MIB + 1, upload_type="single", chunked=True))[1]
    yield judge.too_large(answer)


@_limit(
    "empty_chunked",
    "A body by chunked transfer without a byte is empty: 400 invalid_request.",
    Grade.INFERRED,
    ("upload.row.10.empty", *_NO_LENGTH),
)
async def empty_by_chunks(probe: Probe) -> Faults:
    """An empty body is sent by chunked transfer."""
    session = await probe.create()
    answer = await probe.upload(session, body=b"", chunked=True, label="chunked, without a byte")
    yield judge.refused(answer, 400, "invalid_request")


@_limit("one_byte", "A chunk of one byte is accepted: it is not empty.", Grade.INFERRED)
async def one_byte(probe: Probe) -> Faults:
    """A chunk of one byte is uploaded."""
    answer = await probe.upload(await probe.create(), body=b"\x1a")
    yield judge.accepted(answer, what="a chunk of one byte")


@_limit("no_length", "A body without Content-Length is accepted.")
async def no_length(probe: Probe) -> Faults:
    """A small body is sent by chunked transfer."""
    session = await probe.create()
    answer = await probe.upload(session, chunked=True, label="Transfer-Encoding: chunked")
    yield judge.accepted(answer, what="a body by chunked transfer")
    if answer.accepted:
        yield judge.lists(await probe.get(session), ["0.webm"])


@_limit("expect", "An upload with Expect: 100-continue is accepted.", Grade.INFERRED)
async def expecting(probe: Probe) -> Faults:
    """The header that curl sends for large bodies is used."""
    answer = await probe.upload(await probe.create(), delivery=Delivery.EXPECTING)
    yield judge.accepted(answer, what="an upload with Expect: 100-continue")


async def _with_fault(probe: Probe, row: int) -> tuple[ProbeSession | str, dict[str, Any]]:
    """A session, and a request to it that breaks one row of the table."""
    how: dict[str, Any] = {"delivery": Delivery.WITHHELD}
    if row == 1:
        return await probe.create(), how | {"token": None}
    if row == 2:
        return UNKNOWN_SESSION, how
    if row == 3:
        return await prepared_sessions.expired(probe), how
    if row == 4:
        return await probe.ended(), how
    if row == 5:
        return await prepared_sessions.finished(probe, "completed"), how
    if row == 6:
        return await probe.create("stream"), how
    if row == 7:
        return await probe.create(), how | {"mime": "audio/flac"}
    if row == 8:
        return await probe.create(), how | {"name": "consultation.webm"}
    return await probe.create(), how | {"body": bytes(samples.TEN_MIB + 1)}


def _early(row: int) -> Rule:
    async def check(probe: Probe) -> Faults:
        session, how = await _with_fault(probe, row)
        answer = await probe.upload(session, **how)
        front = probe.run.front.product
        if not answer.status and front:
            raise Senseless(f"{front} is in front, and may read bodies before it passes them on")
        yield _late(answer, row)

    return Rule(
        id=f"upload.early.{row}",
        sentence=f"Row {row} ({REFUSALS[row][1]}) answers before the body is read.",
        source=f"Upload audio, Checks, row {row}",
        grade=Grade.INFERRED,
        operation="uploadAudio",
        check=check,
        needs=(RULE_OF_ROW[row],),
    )


def _late(answer: Answer, row: int) -> Fault | None:
    if answer.status:
        return None
    return Fault(
        expected=f"row {row} answers before the body is sent",
        got="no answer to the head alone",
        answer=answer,
        group="the body is read before the request is judged",
    )


@rule(
    "upload.early.expect",
    "A request that is refused by its headers is answered without 100 Continue.",
    source="Upload audio, Checks",
    grade=Grade.INFERRED,
    operation="uploadAudio",
    needs=("upload.row.7.format", "upload.early.7"),
)
async def early_expect(probe: Probe) -> Faults:
    """The server must refuse the type without sending 100 Continue."""
    session = await probe.create()
    answer = await probe.upload(session, mime="audio/flac", delivery=Delivery.EXPECTING)
    front = probe.run.front.product
    if answer.continued and front:
        raise Senseless(f"{front} is in front, and may send 100 Continue by itself")
    if answer.continued:
        yield Fault(
            expected="400 invalid_audio_format at once",
            got="100 Continue",
            answer=answer,
            group="the body is read before the request is judged",
        )


RULES = tuple(_early(row) for row in range(1, 10))
