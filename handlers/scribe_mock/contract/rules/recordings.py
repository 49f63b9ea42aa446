"""Rules about session audio: its address, and the MP3 that is there."""

from collections.abc import Callable

from scribe_mock.contract.core import judge
from scribe_mock.contract.core.exceptions import Skip
from scribe_mock.contract.core.fault import Fault
from scribe_mock.contract.core.grade import Grade
from scribe_mock.contract.core.marks import UNKNOWN_SESSION
from scribe_mock.contract.core.polling import poll_until
from scribe_mock.contract.core.probe import Probe, ProbeSession
from scribe_mock.contract.core.rule import CheckFunction, Faults, Rule, rule
from scribe_mock.contract.transport.address import Address
from scribe_mock.contract.transport.message import Answer

#: An unknown session may be called so too (CONTRACT.md, "Session audio").
_ALSO_UNKNOWN = "resource_not_found"
_KEPT_SECONDS = 86400


def _rule(
    name: str, sentence: str, grade: Grade = Grade.PROTOCOL
) -> Callable[[CheckFunction], Rule]:
    return rule(
        f"audio.{name}", sentence, source="Session audio", grade=grade, operation="getSessionAudio"
    )


async def _ask(probe: Probe, session: ProbeSession, token: str | None = "") -> Answer:
    path = f"{session.path}/audio"
    return await probe.ask("getSessionAudio", "GET", path, session=session, token=token)


async def _ready(probe: Probe) -> Answer:
    """Session audio of a processed session with one chunk; it may need time to be ready.

    Raises Skip if the server gives no audio to this client, which is published too.
    """
    session = await probe.ended()
    await probe.expect_done(session)
    answer = await poll_until(
        lambda: _ask(probe, session),
        lambda answer: answer.code != "audio_not_available",
        probe.options.patience,
    )
    if answer.code == "audio_not_enabled":
        raise Skip("the server has not enabled full audio for this token")
    return answer


@_rule("address", "After processing: 200 with audio_url and how long it works.")
async def address(probe: Probe) -> Faults:
    """A chunk is uploaded, the session is processed, and its audio is asked for."""
    answer = await _ready(probe)
    yield judge.status_is(answer, 200, what="Session audio of a processed session")
    if answer.accepted and "expires_in" in answer.fields():
        yield judge.field(answer, "expires_in", _KEPT_SECONDS)


#: The longest MP3 that is read; it has the few seconds that the check sent.
_LONGEST_AUDIO = 4 * 1024 * 1024


@_rule("mp3", "What audio_url leads to is an MP3, without a token.")
async def mp3(probe: Probe) -> Faults:
    """The address is opened without a token."""
    answer = await _ready(probe)
    given = answer.fields().get("audio_url")
    try:
        found = Address.parse(given if isinstance(given, str) else "")
    except ValueError:
        raise Skip(f"audio_url is {given!r}, no address") from None
    request = probe.request(
        "GET", "", at=found, token=None, label="audio_url", answer_bytes=_LONGEST_AUDIO
    )
    heard = await probe.send(request)
    yield judge.accepted(heard, what="audio_url without a token")
    if heard.accepted and not _is_mp3(heard.body):
        yield Fault(
            expected="an MP3 file", got=f"bytes that begin with {heard.body[:8]!r}", answer=heard
        )


def _is_mp3(data: bytes) -> bool:
    """Whether the data begin with an ID3 tag or a frame of layer III (ISO 11172-3, 2.4.1)."""
    frame = len(data) > 1 and data[0] == 0xFF and data[1] & 0xE6 == 0xE2
    return data.startswith(b"ID3") or frame


@_rule("not_ready", "Before End session: 404 audio_not_available.")
async def not_ready(probe: Probe) -> Faults:
    """The audio of a session is asked for while it is recording."""
    session = await probe.create()
    await probe.upload(session)
    yield _unavailable(await _ask(probe, session))


@_rule("none", "A session without audio: 404 audio_not_available.")
async def none(probe: Probe) -> Faults:
    """A session is ended without an upload."""
    session = await probe.create()
    await probe.end(session)
    await probe.done(session)
    yield _unavailable(await _ask(probe, session))


@_rule("unknown", "An unknown session: 404 session_not_found.")
async def unknown(probe: Probe) -> Faults:
    """The audio of a session that nobody has is asked for."""
    answer = await _ask(probe, ProbeSession(session_id=UNKNOWN_SESSION))
    if (answer.status, answer.code) != (404, _ALSO_UNKNOWN):
        yield _unavailable(answer, "session_not_found")


@_rule("token", "Without Authorization: 401 authentication_failed.")
async def token(probe: Probe) -> Faults:
    """The audio is asked for without a token."""
    session = await probe.create()
    yield judge.refused(await _ask(probe, session, token=None), 401, "authentication_failed")


def _unavailable(answer: Answer, code: str = "audio_not_available") -> Fault | None:
    if answer.code == "audio_not_enabled":
        raise Skip("the server has not enabled full audio for this token")
    return judge.refused(answer, 404, code)
