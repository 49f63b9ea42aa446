"""Rules about the WebSocket of stream sessions."""

import base64
import json
import wave
from collections.abc import Callable, Sequence

from scribe_mock.contract.core import judge, samples
from scribe_mock.contract.core.exceptions import Skip
from scribe_mock.contract.core.fault import Fault
from scribe_mock.contract.core.grade import Grade
from scribe_mock.contract.core.probe import Probe, ProbeSession
from scribe_mock.contract.core.probe_session import STREAM
from scribe_mock.contract.core.rule import CheckFunction, Faults, Rule, rule
from scribe_mock.contract.transport.address import Address
from scribe_mock.contract.transport.message import Answer
from scribe_mock.contract.transport.reach import Elsewhere
from scribe_mock.contract.transport.websocket import TIMEOUT, ClientStream, stream

STOP = '{"event": "stop"}'
#: Bytes of one frame: a tenth of a second.
_FRAME = 3200


def _rule(
    name: str, sentence: str, grade: Grade, needs: tuple[str, ...] = ("stream.connect",)
) -> Callable[[CheckFunction], Rule]:
    return rule(
        f"stream.{name}",
        sentence,
        source="Stream audio",
        grade=grade,
        operation="createSession",
        needs=needs,
    )


def _pcm() -> bytes:
    """Five seconds of speech, 16 kHz, 16 bit, mono."""
    with wave.open(str(samples.file("speech.wav")), "rb") as file:
        return file.readframes(file.getnframes())


def _binary() -> list[bytes]:
    pcm = _pcm()
    return [pcm[place : place + _FRAME] for place in range(0, len(pcm), _FRAME)]


def _text(rate: int = 16000) -> list[str]:
    form = {"encoding": "audio/x-l16", "sampleRate": rate}
    start = {"event": "start", "start": {"mediaFormat": form}}
    media = [
        {"event": "media", "media": {"payload": base64.b64encode(part).decode()}}
        for part in _binary()
    ]
    return [json.dumps(event) for event in (start, *media)]


async def _session(probe: Probe) -> tuple[ProbeSession, Address]:
    session = await probe.create("stream")
    given = session.created.get("upload_url")
    try:
        address = Address.parse(given if isinstance(given, str) else "")
    except ValueError:
        raise Skip(f"upload_url is {given!r}, no address") from None
    return session, address


def _patience(probe: Probe) -> float:
    """The seconds that a server has to answer, or to store."""
    return TIMEOUT * probe.options.slowness


async def _talk(
    probe: Probe,
    session: ProbeSession,
    address: Address,
    frames: Sequence[str | bytes],
    *,
    wait: bool = True,
) -> ClientStream:
    """Open the WebSocket; the answer to a refused handshake is judged like every other."""
    wire = probe.run.wire
    async with probe.run.reserved(sum(map(len, frames))), wire.slots:
        found = await _opened(probe, address, frames, wait)
        wire.sent_bytes += found.sent_bytes
    answer = _answer(probe, session, address, found)
    if found.status not in (0, 101):
        probe.run.judge(answer)
    if answer.request.label == STREAM:
        session.history.append(answer.request)
    return found


async def _opened(
    probe: Probe, address: Address, frames: Sequence[str | bytes], wait: bool
) -> ClientStream:
    """How the WebSocket went; a handshake that is answered 429 is repeated."""
    wire = probe.run.wire
    for _ in range(3):
        await wire.pace.turn()
        wire.requests += 1
        try:
            found = await stream(
                address, frames, wait=wait, seconds=_patience(probe), reach=wire.reach
            )
        except Elsewhere as error:
            raise Skip(str(error)) from None
        if found.status != 429:
            break
        request = probe.request("GET", "", at=address, token=None)
        probe.run.wait_for_429(Answer(request=request, headers=found.headers))
    return found


def _answer(probe: Probe, session: ProbeSession, address: Address, found: ClientStream) -> Answer:
    """The handshake as an Answer, for findings."""
    own = str(address) == session.created.get("upload_url")
    request = probe.request(
        "GET",
        "",
        at=address,
        token=None,
        label=STREAM if own else f"WebSocket {address.path}",
        headers=(
            ("Upgrade", "websocket"),
            ("Connection", "Upgrade"),
            ("Sec-WebSocket-Version", "13"),
            ("Sec-WebSocket-Key", "dGhlIHNhbXBsZSBub25jZQ=="),
        ),
    )
    return Answer(
        request=request,
        history=tuple(session.history),
        status=found.status,
        headers=found.headers,
        body=found.body,
        trouble=found.trouble,
    )


def _something(answer: Answer, after: str) -> Fault | None:
    names = judge.files(answer)
    if names and all(name.endswith(".wav") for name in names):
        return None
    return Fault(
        expected=f"0.wav, 1.wav, … {after}",
        got=f"audio_files = {names}",
        answer=answer,
        key="stored",
    )


@_rule(
    "connect", "A WebSocket connects to upload_url without Authorization: 101.", Grade.PROTOCOL, ()
)
async def connect(probe: Probe) -> Faults:
    """The WebSocket is opened without Authorization."""
    session, address = await _session(probe)
    found = await _talk(probe, session, address, [STOP])
    if address.origin.scheme not in ("ws", "wss") or found.status != 101:
        front = probe.run.front.product if 400 <= found.status < 500 else ""
        may = f"; {front} is in front of it and may not pass the upgrade on" if front else ""
        yield Fault(
            expected="a ws:// or wss:// URL whose handshake is answered 101",
            got=f"{address}: {found}{may}",
            answer=_answer(probe, session, address, found),
            grade=Grade.INFERRED if front else None,
        )


@_rule("id", "The stream_id in upload_url is not the session id.", Grade.INFERRED, ())
async def stream_id(probe: Probe) -> Faults:
    """The id in upload_url is compared with the session id."""
    session, address = await _session(probe)
    if session.session_id in address.path:
        yield Fault(expected="a stream_id that is not the session id", got=str(address), key="id")


@_rule(
    "binary", "Binary frames of PCM are stored as WAV chunks when the stream stops.", Grade.PROTOCOL
)
async def binary(probe: Probe) -> Faults:
    """Speech is sent as binary frames."""
    session, address = await _session(probe)
    await _talk(probe, session, address, [*_binary(), STOP])
    yield _something(await probe.look(session, _patience(probe)), "after binary frames and a stop")


@_rule(
    "text",
    "Text frames with base64 PCM are stored as WAV chunks when the stream stops.",
    Grade.PROTOCOL,
)
async def text(probe: Probe) -> Faults:
    """Speech is sent as text frames."""
    session, address = await _session(probe)
    await _talk(probe, session, address, [*_text(), STOP])
    yield _something(await probe.look(session, _patience(probe)), "after text frames and a stop")


@_rule("names", "Chunks of a stream are 0.wav, 1.wav, ….", Grade.INFERRED, ("stream.binary",))
async def names(probe: Probe) -> Faults:
    """The listed names must be numbered from 0 without gaps."""
    session, address = await _session(probe)
    await _talk(probe, session, address, [*_binary(), STOP])
    answer = await probe.look(session, _patience(probe))
    listed = judge.files(answer)
    expected = [f"{number}.wav" for number in range(len(listed))]
    yield judge.same(answer, "audio_files", expected, listed)


@_rule("stop", "After stop the server closes with 1000.", Grade.PROTOCOL)
async def stop(probe: Probe) -> Faults:
    """A stream of text frames is stopped."""
    session, address = await _session(probe)
    found = await _talk(probe, session, address, [*_text()[:10], STOP])
    yield _closed(probe, session, address, found, 1000)


@_rule("stop_binary", "The text frame stop ends a stream of binary frames too.", Grade.INFERRED)
async def stop_binary(probe: Probe) -> Faults:
    """A stream of binary frames is stopped."""
    session, address = await _session(probe)
    found = await _talk(probe, session, address, [*_binary()[:10], STOP])
    yield _closed(probe, session, address, found, 1000)


def _closed(
    probe: Probe, session: ProbeSession, address: Address, found: ClientStream, code: int
) -> Fault | None:
    if found.code == code:
        return None
    return Fault(
        expected=f"the server closes with {code}",
        got=str(found),
        answer=_answer(probe, session, address, found),
        key=f"close {code}",
    )


@_rule(
    "leave",
    "When the client closes the socket, the server stores the rest of the audio.",
    Grade.PROTOCOL,
    ("stream.binary",),
)
async def leave(probe: Probe) -> Faults:
    """The socket is closed without stop."""
    session, address = await _session(probe)
    await _talk(probe, session, address, _binary(), wait=False)
    yield _something(await probe.look(session, _patience(probe)), "after the socket was closed")


@_rule(
    "not_ended",
    "Closing does not start processing: End session does.",
    Grade.PROTOCOL,
    ("stream.binary",),
)
async def not_ended(probe: Probe) -> Faults:
    """After the socket is closed, the session must not be in processing."""
    session, address = await _session(probe)
    await _talk(probe, session, address, [*_binary(), STOP])
    answer = await probe.look(session, _patience(probe))
    running = answer.fields().get("status") in ("created", "initialized", "recording")
    yield judge.same(answer, "still open after the stream", True, running)
    if running:
        yield judge.accepted(await probe.end(session, sent=0), what="End session after a stream")


@_rule("unknown", "An unknown stream_id is refused with 404.", Grade.INFERRED)
async def unknown(probe: Probe) -> Faults:
    """A made-up stream_id is used."""
    session, address = await _session(probe)
    parts = address.path.split("/")
    parts[-2] = "no-such-stream-id-0000000000000000"
    wrong = Address(address.origin, "/".join(parts))
    yield _refused(probe, session, wrong, await _talk(probe, session, wrong, [STOP]), 404)


@_rule("ended", "The stream of an ended session is refused with 400.", Grade.INFERRED)
async def ended(probe: Probe) -> Faults:
    """The WebSocket of an ended session is opened."""
    session, address = await _session(probe)
    await probe.end(session, sent=0)
    yield _refused(probe, session, address, await _talk(probe, session, address, [STOP]), 400)


def _refused(
    probe: Probe, session: ProbeSession, address: Address, found: ClientStream, status: int
) -> Fault | None:
    if found.status == status:
        return None
    return Fault(
        expected=f"the handshake is refused with {status}",
        got=str(found),
        answer=_answer(probe, session, address, found),
        key=f"{status}",
    )


_ODD = ('{"event": "dance"}', "not JSON", '{"event": "media", "media": {"payload": "%%%"}}')


@_rule("odd_frame", "An unknown frame closes the socket with 1003.", Grade.INFERRED)
async def odd_frame(probe: Probe) -> Faults:
    """Frames that the contract does not have are sent."""
    for frame in _ODD:
        session, address = await _session(probe)
        found = await _talk(probe, session, address, [*_text()[:3], frame])
        yield _closed(probe, session, address, found, 1003)


@_rule(
    "odd_frame_keeps",
    "Audio before an unknown frame is stored.",
    Grade.INFERRED,
    ("stream.odd_frame", "stream.text"),
)
async def odd_frame_keeps(probe: Probe) -> Faults:
    """Speech is sent before an unknown frame, and must be stored."""
    session, address = await _session(probe)
    await _talk(probe, session, address, [*_text(), _ODD[0]])
    yield _something(
        await probe.look(session, _patience(probe)), "of what came before the unknown frame"
    )
