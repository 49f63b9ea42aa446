"""Rules about Session audio: its address, and the MP3 that is there."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

from scribe_mock.contract.core import judge, prepared_sessions, samples
from scribe_mock.contract.core.exceptions import Senseless, Skip
from scribe_mock.contract.core.fault import Fault
from scribe_mock.contract.core.grade import Grade
from scribe_mock.contract.core.marks import UNKNOWN_SESSION
from scribe_mock.contract.core.mp3_frames import Mp3Frame, mp3_frames
from scribe_mock.contract.core.polling import poll_until
from scribe_mock.contract.core.probe import Probe, ProbeSession
from scribe_mock.contract.core.rule import CheckFunction, Faults, Rule, rule
from scribe_mock.contract.rules.signed_addresses import opened
from scribe_mock.contract.transport.message import Answer

#: What is sent, in this order, and how long each is in seconds. Sorted as text, 10 is before 2.
_SENT = (("audio_10.wav", "speech.wav", 5.6), ("audio_2.wav", "silence.wav", 2.0))
_SENT_SECONDS = sum(seconds for _, _, seconds in _SENT)
#: The least and the most length of the MP3, as shares of what was sent.
_SHORTEST, _LONGEST = 0.85, 1.25
#: Where the middle of the sound is, as a share of the length. With the silence before the speech it
#: is at 0.63, after it at 0.37, and without the silence at 0.5.
_SPEECH_FIRST, _SILENCE_FIRST = 0.43, 0.57
#: What each answer says.
_SAID = {"status": "success", "expires_in": 86_400}
#: Seconds that a server has to make the audio after processing.
_MAKING = 5.0
#: Seconds since 1970 in the years 2001 and 5138; as milliseconds, the larger one is in 1973.
_LEAST_SECONDS, _MOST_SECONDS = 10**9, 10**11


def _rule(
    name: str,
    sentence: str,
    grade: Grade = Grade.PROTOCOL,
    needs: tuple[str, ...] = (),
    *,
    read_only: bool = False,
) -> Callable[[CheckFunction], Rule]:
    return rule(
        f"audio.{name}",
        sentence,
        source="Session audio",
        grade=grade,
        operation="getSessionAudio",
        needs=needs,
        read_only=read_only,
    )


_PLAYS = ("audio.address", "audio.plays")


async def _ask(probe: Probe, session: ProbeSession, **how: Any) -> Answer:
    path = f"{session.path}/audio"
    return await probe.ask("getSessionAudio", "GET", path, session=session, **how)


async def _recorded(probe: Probe) -> ProbeSession:
    """A processed session with speech and silence, the same for all rules; raises Skip."""
    session: ProbeSession = await probe.run.shared("recorded", lambda: _record(Probe(probe.run)))
    return session


async def _record(probe: Probe) -> ProbeSession:
    session = await probe.create()
    for name, file, _ in _SENT:
        body = samples.file(file).read_bytes()
        answer = await probe.upload(session, name, mime="audio/wav", body=body)
        if not answer.accepted:
            raise Skip(f"the server accepts no audio: {answer}")
    ended = await probe.end(session)
    if not ended.accepted:
        raise Skip(f"the server ends no session: {ended}")
    await probe.expect_done(session)
    return session


async def _play(probe: Probe, session: ProbeSession | None = None, **how: Any) -> Answer:
    """The answer at `audio_url`, without a token; raises Skip if it can't be asked for."""
    session = session or await _recorded(probe)
    asked = await _ask(probe, session)
    if not asked.accepted:
        raise Skip(f"the server gives no audio: {asked}")
    given = asked.fields().get("audio_url")
    return await opened(probe, "audio_url", given, session, asked, **how)


async def _frames(probe: Probe) -> tuple[Answer, list[Mp3Frame]]:
    answer = await _play(probe)
    return answer, list(mp3_frames(answer.body))


@_rule("address", "After processing the answer has an `audio_url`.")
async def address(probe: Probe) -> Faults:
    """A processed session is asked for its audio; that it takes seconds to be made is a note."""
    session = await _recorded(probe)
    seconds = min(_MAKING, probe.options.patience)
    answer = await poll_until(lambda: _ask(probe, session), _is_made, seconds)
    if answer.code == "audio_not_enabled":
        raise Senseless(f"the server keeps no audio: {answer}")
    fault = judge.accepted(answer, what="Session audio of a processed session")
    yield fault if fault is None or _is_made(answer) else replace(fault, grade=Grade.INFERRED)
    if answer.accepted:
        known = {name: answer.fields().get(name, value) for name, value in _SAID.items()}
        yield judge.same(answer, "the answer", dict(_SAID), known)


def _is_made(answer: Answer) -> bool:
    return (answer.status, answer.code) != (404, "audio_not_available")


@_rule("expires_at", "`expires_at` is in seconds since 1970.", needs=_PLAYS[:1])
async def expires_at(probe: Probe) -> Faults:
    """A text, and a number of milliseconds, are not accepted."""
    answer = await _ask(probe, await _recorded(probe))
    found = answer.fields().get("expires_at")
    seconds = found if isinstance(found, int) else 0
    if "expires_at" in answer.fields() and not _LEAST_SECONDS < seconds < _MOST_SECONDS:
        yield Fault(
            expected="expires_at in seconds since 1970, such as 1780842067",
            got=f"expires_at = {judge.shown(found)}",
            answer=answer,
        )


@_rule("plays", "`audio_url` plays an MP3, without a token.", needs=_PLAYS[:1])
async def plays(probe: Probe) -> Faults:
    """The address is asked for without Authorization; most of the bytes must be MP3 frames."""
    answer, frames = await _frames(probe)
    yield judge.accepted(answer, what="audio_url without a token")
    if answer.accepted and 2 * sum(frame.size for frame in frames) < len(answer.body):
        yield Fault(
            expected="an MP3",
            got=f"{len(answer.body):,} bytes that begin with {answer.body[:8]!r}",
            answer=answer,
            key="mp3",
        )


@_rule("type", "The audio has Content-Type: audio/mpeg.", Grade.INFERRED, _PLAYS)
async def content_type(probe: Probe) -> Faults:
    """The Content-Type of the MP3 is compared; `audio/mp3` is common and passes."""
    answer = await _play(probe)
    found = (answer.header("content-type") or "").partition(";")[0].strip().lower()
    if found not in ("audio/mpeg", "audio/mp3"):
        yield judge.same(answer, "Content-Type", "audio/mpeg", found)


@_rule("everything", "The MP3 has everything that the session received.", needs=_PLAYS)
async def everything(probe: Probe) -> Faults:
    """The length of the MP3 is compared with that of what was sent."""
    answer, frames = await _frames(probe)
    seconds = sum(frame.seconds for frame in frames)
    if not _SHORTEST < seconds / _SENT_SECONDS < _LONGEST:
        yield Fault(
            expected=f"an MP3 of about {_SENT_SECONDS:.1f} s, as long as what was sent",
            got=f"an MP3 of {seconds:.1f} s",
            answer=answer,
            key="length",
        )


@_rule("order", "The MP3 is in the order of the sequence numbers.", needs=_PLAYS)
async def order(probe: Probe) -> Faults:
    """Speech was sent as 10 and then silence as 2: the sound must be at the end."""
    answer, frames = await _frames(probe)
    middle = _middle_of_sound(frames)
    if middle < _SPEECH_FIRST:
        yield Fault(
            expected="the silence of audio_2.wav, then the speech of audio_10.wav",
            got="the speech first",
            answer=answer,
            key="order",
        )
    elif middle < _SILENCE_FIRST:
        raise Senseless("the order can't be heard, since the silence is left out")


def _middle_of_sound(frames: list[Mp3Frame]) -> float:
    """Where the mean bit of sound is: 0 for the begin, 1 for the end."""
    place, weighted, bits = 0.0, 0.0, 0
    for frame in frames:
        weighted += (place + frame.seconds / 2) * frame.sound_bits
        bits += frame.sound_bits
        place += frame.seconds
    return weighted / bits / place if bits else 0.5


@_rule("undecodable", "What can't be decoded is left out.", Grade.INFERRED, _PLAYS)
async def undecodable(probe: Probe) -> Faults:
    """A session with a chunk of noise bytes and one of speech is heard."""
    session = await probe.create()
    await probe.upload(session, "audio_0.wav", mime="audio/wav", body=samples.GARBAGE)
    if not (await probe.upload(session, "audio_1.wav", mime="audio/wav")).accepted:
        raise Skip("the server accepts no audio")
    await probe.end(session)
    await probe.expect_done(session)
    answer = await _ask(probe, session)
    yield judge.accepted(answer, what="Session audio with one chunk that can't be decoded")
    if answer.accepted:
        played = await _play(probe, session)
        wanted = "the chunk that can be decoded is heard"
        yield judge.same(played, wanted, True, any(mp3_frames(played.body)))


@_rule("range", "A part that is asked for with Range is that part.", Grade.INFERRED, _PLAYS)
async def part(probe: Probe) -> Faults:
    """Bytes 100 to 199 are asked for; a server may also answer with the whole."""
    whole = await _play(probe)
    answer = await _play(probe, headers=(("Range", "bytes=100-199"),))
    yield judge.status_is(answer, 206, 200, what="audio_url with Range: bytes=100-199")
    if answer.status == 206:
        found = (answer.header("content-range") or "").strip().lower()
        yield judge.same(answer, "Content-Range", f"bytes 100-199/{len(whole.body)}", found)
        yield judge.same(answer, "the length of the part", 100, len(answer.body))


@_rule("unsigned", "The address without its query: 403 forbidden.", Grade.INFERRED, _PLAYS)
async def unsigned(probe: Probe) -> Faults:
    """The MP3 is asked for without the query of its address."""
    yield judge.refused(await _play(probe, signed=False), 403, "forbidden")


@_rule("not_ready", "Before processing is over: 404 audio_not_available.")
async def not_ready(probe: Probe) -> Faults:
    """A session that records is asked for its audio; that there is some is only a note."""
    session = await probe.create()
    await probe.upload(session)
    answer = await _ask(probe, session)
    fault = judge.refused(answer, 404, "audio_not_available")
    if fault is not None and answer.accepted:
        fault = replace(fault, grade=Grade.INFERRED)
    if answer.code != "audio_not_enabled":
        yield fault


@_rule("no_audio", "A session without audio: 404 audio_not_available.")
async def no_audio(probe: Probe) -> Faults:
    """A session is ended without audio and asked for it."""
    session = await probe.create()
    if not (await probe.end(session)).accepted:
        raise Senseless("the server ends no session without audio")
    await probe.done(session)
    answer = await _ask(probe, session)
    if answer.code != "audio_not_enabled":
        yield judge.refused(answer, 404, "audio_not_available")


@_rule("unknown", "An unknown session: 404 session_not_found.", read_only=True)
async def unknown(probe: Probe) -> Faults:
    """A session that nobody has is asked for its audio; `resource_not_found` passes too."""
    answer = await _ask(probe, ProbeSession(session_id=UNKNOWN_SESSION))
    if (answer.status, answer.code) != (404, "resource_not_found"):
        yield judge.refused(answer, 404, "session_not_found")


@_rule("expired", "An expired session: 410 session_expired.", Grade.INFERRED)
async def expired(probe: Probe) -> Faults:
    """A session that expired is asked for its audio."""
    answer = await _ask(probe, await prepared_sessions.expired(probe))
    yield judge.refused(answer, 410, "session_expired")


@_rule("token", "Without Authorization: 401 authentication_failed.")
async def token(probe: Probe) -> Faults:
    """A session is asked for its audio without a token."""
    answer = await _ask(probe, await probe.create(), token=None)
    yield judge.refused(answer, 401, "authentication_failed")
