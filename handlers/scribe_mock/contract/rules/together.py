"""Rules about parallel requests: nothing is lost or mixed up, and there is one order."""

import asyncio
import time
from collections.abc import AsyncIterator, Callable
from dataclasses import replace

from scribe_mock.contract.core import judge, samples
from scribe_mock.contract.core.fault import Fault
from scribe_mock.contract.core.grade import Grade
from scribe_mock.contract.core.probe import Probe, ProbeSession
from scribe_mock.contract.core.rule import CheckFunction, Faults, Rule, rule
from scribe_mock.contract.transport.message import Answer

_ROUNDS = 4


def _rule(
    name: str,
    sentence: str,
    grade: Grade,
    operation: str = "uploadAudio",
    needs: tuple[str, ...] = ("upload.success",),
) -> Callable[[CheckFunction], Rule]:
    make = rule(
        name,
        sentence,
        source="States",
        grade=grade,
        operation=operation,
        needs=needs,
    )
    after = ("store.by_number", "store.own_number", "store.gaps", "store.arrival")
    return lambda check: replace(make(check), after=after)


def _lost(answer: Answer, answers: list[Answer], key: str, *, by_name: bool) -> Fault | None:
    """Find uploads that got 200 and are not in a list.

    Args:
        answer: What has the list.
        answers: The answers to the uploads.
        key: The fault's.
        by_name: Look for their names; else only for as many.
    """
    if "audio_files" not in answer.fields():
        return judge.absent(answer, "audio_files")
    names = judge.files(answer)
    taken = [one for one in answers if one.accepted]
    missing = [_stored(one) for one in taken if _stored(one) not in names]
    if not missing or (not by_name and len(names) >= len(taken)):
        return None
    return Fault(
        expected=f"all {len(taken)} uploads that got 200 are in audio_files",
        got=f"{len(names)} are listed; missing: {judge.shown(missing)}",
        answer=answer,
        key=key,
        together=tuple(one.request for one in answers),
    )


def _in_order_only(probe: Probe) -> bool:
    """Whether the server refuses chunks out of order."""
    return any(map(probe.run.ledger.broken, ("store.gaps", "store.arrival", "store.by_number")))


def _stored(answer: Answer) -> str:
    """The stored name of an upload called audio_<n>.webm."""
    name = answer.request.target.rpartition("/")[2]
    return name.removeprefix("audio_")


@_rule(
    "together.uploads",
    "64 parallel uploads are all stored.",
    Grade.DOCUMENTED,
)
async def uploads(probe: Probe) -> Faults:
    """64 chunks are uploaded in parallel."""
    session = await probe.create()
    numbers = list(range(64))
    probe.random.shuffle(numbers)
    requests = [probe.upload_request(session, f"audio_{number}.webm") for number in numbers]
    answers = await probe.together(requests, [session] * len(requests))
    for answer in answers:
        if not answer.broken and not _in_order_only(probe):
            yield judge.accepted(answer, what="one of 64 uploads at once")
    listing = await probe.get(session)
    yield _lost(listing, answers, "lost", by_name=False)


@_rule(
    "together.sessions",
    "Parallel uploads to many sessions are stored in the right session.",
    Grade.DOCUMENTED,
)
async def sessions(probe: Probe) -> Faults:
    """Chunks are uploaded to eight sessions in parallel."""
    count = 8
    made = [await probe.create() for _ in range(count)]
    for one in made[1:]:  # what was sent to one may be stored in another
        made[0].history += one.history
        one.history = made[0].history
    pairs = [(one, number * count + index) for index, one in enumerate(made) for number in range(4)]
    probe.random.shuffle(pairs)
    requests = [probe.upload_request(one, f"audio_{number}.webm") for one, number in pairs]
    answers = await probe.together(requests, [one for one, _ in pairs])
    for index, one in enumerate(made):
        own = [answer for answer, (owner, _) in zip(answers, pairs, strict=True) if owner is one]
        listing = await probe.get(one)
        names = judge.files(listing)
        yield _lost(listing, own, "lost", by_name=False)
        numbers = [number for number in map(judge.number, names) if number is not None]
        strange = [number for number in numbers if number % count != index]
        if not any(map(probe.run.ledger.broken, ("store.by_number", "store.own_number"))):
            fault = judge.same(listing, "chunks of other sessions", [], strange)
            yield fault and replace(fault, together=tuple(requests))


@_rule(
    "together.isolation",
    "Sessions share nothing.",
    Grade.DOCUMENTED,
    "getSession",
    ("upload.answer",),
)
async def isolation(probe: Probe) -> Faults:
    """One of two sessions is changed; the other must stay the same."""
    first = await probe.create(patient_details={"name": "First"})
    second = await probe.create(patient_details={"name": "Second"})
    first.history += second.history
    second.history = first.history  # what was sent to one may change the other
    await probe.upload(first, "audio_0.webm")
    await probe.upload(second, "audio_0.mp3", mime="audio/mp3")
    await probe.end(first)
    shown = await probe.get(second)
    yield judge.lists(shown, ["0.mp3"])
    yield judge.field(shown, "patient_details", {"name": "Second"})
    ended = shown.fields().get("status") in ("processing", "completed", "partial", "failed")
    yield judge.same(shown, "ended, because another session was", False, ended)
    listed = await probe.get(first)
    yield judge.lists(listed, ["0.webm"])


@_rule(
    "together.same_number",
    "Parallel uploads of one sequence number are stored once.",
    Grade.DOCUMENTED,
    needs=("store.once",),
)
async def same_number(probe: Probe) -> Faults:
    """One chunk is uploaded several times in parallel."""
    session = await probe.create()
    requests = [probe.upload_request(session, "audio_0.webm") for _ in range(8)]
    answers = await probe.together(requests, [session] * len(requests))
    listing = await probe.get(session)
    if all(answer.accepted for answer in answers):
        yield judge.lists(listing, ["0.webm"])


@_rule(
    "together.own_ids",
    "Of two parallel Create requests with the same session_id, one succeeds.",
    Grade.INFERRED,
    "createSession",
    ("create.own_id_taken",),
)
async def own_ids(probe: Probe) -> Faults:
    """Several requests with the same id are sent in parallel."""
    import json

    for number in range(_ROUNDS):
        wanted = f"{probe.run.name}-{number}-{int(time.monotonic() * 1000) % 10**6}"
        body = json.dumps(probe.creation(session_id=wanted)).encode()
        request = probe.request(
            "POST",
            "/sessions",
            body=body,
            headers=(("Content-Type", "application/json"),),
            operation="createSession",
        )
        answers = await probe.together([request] * 3, [None] * 3)
        ids = [answer.fields().get("session_id") for answer in answers if answer.accepted]
        taken = ids.count(wanted)
        if taken > 1:
            yield Fault(
                expected="one 201, the others 409 session_exists",
                got=f"{taken} of 3 were created",
                answer=answers[0],
                key="twice",
                together=(request,) * 3,
            )


@_rule(
    "race.two_ends",
    "Of two parallel End requests, exactly one gets 202.",
    Grade.PROTOCOL,
    "endSession",
    ("state.end_twice",),
)
async def two_ends(probe: Probe) -> Faults:
    """Tried several times, since a race does not always happen."""
    probe.needs_two()
    for number in range(_ROUNDS):
        session = await probe.create()
        request = probe.request(
            "POST",
            f"{session.path}/end",
            body=b'{"audio_files_sent": 0}',
            headers=(("Content-Type", "application/json"),),
            operation="endSession",
        )
        many = 2 if number % 2 else 6
        answers = await probe.together([request] * many, [session] * many)
        won = sum(answer.accepted for answer in answers)
        if won != 1 and not any(answer.broken for answer in answers):
            yield Fault(
                expected=f"one 202 for {many} End calls at once",
                got=f"{won} of them got 202",
                answer=answers[0],
                key="ends",
                together=(request,) * many,
            )


async def _uploads_and_end(probe: Probe) -> AsyncIterator[tuple[Answer, Answer, list[Answer]]]:
    """Each round has a session of its own: End's answer, the list afterwards, and the uploads."""
    probe.needs_two()
    for found in await asyncio.gather(*(_round(probe) for _ in range(_ROUNDS))):
        if found is not None:
            yield found


async def _round(probe: Probe) -> tuple[Answer, Answer, list[Answer]] | None:
    """One session, and an End among uploads to it; None if it is refused."""
    session = await probe.create()
    await probe.upload(session, "audio_0.webm")
    requests = [probe.upload_request(session, f"audio_{n}.webm") for n in range(1, 9)]
    end = probe.request(
        "POST",
        f"{session.path}/end",
        body=b'{"audio_files_sent": 9}',
        headers=(("Content-Type", "application/json"),),
        operation="endSession",
    )
    requests.insert(4, end)
    answers = await probe.together(requests, [session] * len(requests))
    ended = answers.pop(4)
    return (ended, await probe.get(session), answers) if ended.accepted else None


def _with_end(fault: Fault | None, ended: Answer) -> Fault | None:
    """The fault with End in the middle of the uploads, as it was sent."""
    if fault is None:
        return None
    half = len(fault.together) // 2
    return replace(fault, together=(*fault.together[:half], ended.request, *fault.together[half:]))


@_rule(
    "race.uploads_kept",
    "An upload that got 200 is stored, even if the session is ended meanwhile.",
    Grade.DOCUMENTED,
    needs=("store.by_number",),
)
async def uploads_kept(probe: Probe) -> Faults:
    """Eight uploads and an End are sent in parallel."""
    async for ended, listing, answers in _uploads_and_end(probe):
        fault = _lost(listing, answers, "lost for good", by_name=True)
        yield _with_end(fault, ended)


@_rule(
    "race.uploads_and_end",
    "An upload that got 200 is in the list of the End that follows it; a refused one is not.",
    Grade.INFERRED,
    "endSession",
    ("store.by_number", "race.uploads_kept"),
)
async def uploads_and_end(probe: Probe) -> Faults:
    """The uploads that got 200 are compared with End's list."""
    async for ended, listing, answers in _uploads_and_end(probe):
        fault = _lost(ended, answers, "not in the list of End", by_name=True)
        yield _with_end(fault, ended)
        refused = [_stored(one) for one in answers if one.refused]
        kept = [name for name in refused if name in judge.files(listing)]
        yield judge.same(listing, "chunks that were refused and are listed", [], kept)


@_rule(
    "race.end_during_upload",
    "An upload in progress when the session is ended is refused, or it is in End's list.",
    Grade.INFERRED,
    "endSession",
    ("store.by_number", "upload.row.4.ended"),
)
async def end_during_upload(probe: Probe) -> Faults:
    """Half a body is sent, then End, then the other half."""
    probe.needs_two()
    for chunked in (False, True):
        session = await probe.create()
        await probe.upload(session)
        ended: list[Answer] = []
        async with probe.run.wire.several.take(2):
            upload = await _around(probe, session, chunked, ended)
        if not ended or not ended[0].accepted or not upload.accepted:
            continue
        names = judge.files(ended[0])
        if "1.webm" not in names:
            yield Fault(
                expected="400 session_ended for the upload, or 1.webm in the list of End",
                got=f"{upload} for the upload, and audio_files = {names} from End",
                answer=upload,
                key="late",
                grade=Grade.INFERRED,
            )


async def _around(
    probe: Probe, session: ProbeSession, chunked: bool, ended: list[Answer]
) -> Answer:
    """Send an upload, and end the session in the middle of its body."""
    ending: list[asyncio.Task[Answer]] = []

    async def midway() -> None:
        await asyncio.sleep(0.05)
        task = asyncio.ensure_future(probe.end(session, sent=2))
        ending.append(task)
        await asyncio.wait([task], timeout=1.0 * probe.options.slowness)

    request = probe.upload_request(
        session, "audio_1.webm", body=samples.speech("webm"), chunked=chunked
    )
    request = replace(request, label="the upload during which the session was ended")
    answer = await probe.send(request, session, midway=midway)
    ended += [await task for task in ending]
    return answer
