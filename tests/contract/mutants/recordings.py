"""Faults of Session audio."""

from tests.contract.independent_server import Refusal, Server
from tests.contract.mutants.mutant import mutant, note


@mutant("audio.address")
class AudioIsForbidden(Server):
    def may_be_heard(self, session, state):
        if state == "completed" and session.sounds:
            raise Refusal(403, "forbidden")
        return False


@note("audio.address")
class AudioIsNeverMade(Server):
    def may_be_heard(self, session, state):
        return False


@mutant("audio.expires_at")
class ExpiresInMilliseconds(Server):
    def heard_until(self):
        return super().heard_until() * 1000


@mutant("audio.expires_at")
class ExpiresAtAText(Server):
    def heard_until(self):
        return "2026-06-07T14:21:07Z"


@mutant("audio.plays")
class AudioNeedsAToken(Server):
    async def heard(self, call, name):
        self.authorize(call)
        return await super().heard(call, name)


@mutant("audio.plays")
class AudioIsWhatWasSent(Server):
    def mp3(self, session):
        return b"".join(self.in_order(session))


@note("audio.type")
class AudioIsAnyBytes(Server):
    def part(self, mp3, wanted):
        answer = super().part(mp3, wanted)
        answer.headers["content-type"] = "application/octet-stream"
        return answer


@mutant("audio.everything")
class OnlyTheLastChunkIsHeard(Server):
    def in_order(self, session):
        return super().in_order(session)[-1:]


@mutant("audio.everything")
class ChunksAreHeardTwice(Server):
    def in_order(self, session):
        return [one for one in super().in_order(session) for _ in range(2)]


@mutant("audio.order")
class HeardInOrderOfArrival(Server):
    def in_order(self, session):
        return list(session.sounds.values())


@mutant("audio.order")
class HeardInOrderOfText(Server):
    def in_order(self, session):
        return [session.sounds[number] for number in sorted(session.sounds, key=str)]


@note("audio.undecodable")
class OneBadChunkSilencesAll(Server):
    def may_be_heard(self, session, state):
        return super().may_be_heard(session, state) and all(
            data.startswith(b"RIFF") for data in session.sounds.values()
        )


@note("audio.range")
class RangeIsOffByOne(Server):
    def part(self, mp3, wanted):
        answer = super().part(mp3, wanted)
        if answer.status_code == 206:
            answer.headers["content-range"] = f"bytes 100-200/{len(mp3)}"
        return answer


@note("audio.unsigned")
class AnybodyListens(Server):
    async def heard(self, call, name):
        call.scope["query_string"] = f"signature={self.secret}".encode()
        return await super().heard(call, name)


@note("audio.not_ready")
class HeardWhileRecording(Server):
    def may_be_heard(self, session, state):
        return bool(session.sounds)


@mutant("audio.not_ready")
class NotReadyIsAConflict(Server):
    def no_audio(self):
        return Refusal(409, "session_not_ended")


@mutant("audio.no_audio")
class NoAudioHasAnAddress(Server):
    def may_be_heard(self, session, state):
        return state == "completed"


@mutant("audio.unknown")
class UnknownSessionHasNoAudio(Server):
    async def session_audio(self, call, session_id):
        self.authorize(call)
        if session_id not in self.sessions:
            raise Refusal(404, "audio_not_available")
        return await super().session_audio(call, session_id)


@note("audio.expired")
class ExpiredSessionHasNoAudio(Server):
    def too_late(self):
        return self.no_audio()


@mutant("audio.token")
class AudioIsPublic(Server):
    async def session_audio(self, call, session_id):
        call.headers.append(("authorization", "Bearer x"))
        call.headers = call.headers[-1:] + [one for one in call.headers if one[0] == "host"]
        return await super().session_audio(call, session_id)


@mutant("answers.fields", only=["audio.address"])
class AudioUnderAnotherName(Server):
    async def session_audio(self, call, session_id):
        answer = await super().session_audio(call, session_id)
        answer.body = answer.body.replace(b"audio_url", b"audio_uri")
        return answer
