"""Faults of Upload transcript."""

from tests.contract.independent_server import Refusal, Server
from tests.contract.mutants.mutant import mutant, note


@mutant("transcript.completes")
class TranscriptNeedsAnEnd(Server):
    def take_transcript(self, session, body):
        session.transcript = body["transcript"]

    def convert_into(self, session, body):
        made = super().convert_into(session, body)
        session.documents.clear()  # nothing is processed before an End
        return made


@mutant("transcript.completes")
class TranscriptIsForgotten(Server):
    def take_transcript(self, session, body):
        super().take_transcript(session, body | {"transcript": "Hello."})


@mutant("transcript.template")
class TranscriptMakesItsOwnDocument(Server):
    def convert_into(self, session, body):
        made = super().convert_into(session, body)
        session.documents[-1] = session.documents[-1] | {"id": "doc_other"}
        return made


@mutant("transcript.languages")
class ThreeLettersRefused(Server):
    def check_transcript(self, body):
        super().check_transcript(body)
        if len(body.get("target_language", "hi")) > 2:
            raise self.broken("$.target_language")


@mutant("transcript.nothing")
class NothingToConvertIs422(Server):
    def nothing_to_convert(self):
        return Refusal(422, "invalid_request", path="$")


@note("transcript.after_end")
class TranscriptAfterProcessing(Server):
    def take_transcript(self, session, body):
        if session.ended_at is None:
            super().take_transcript(session, body)


@mutant("transcript.again")
class OnlyTranscriptsAreConverted(Server):
    def check_transcript(self, body):
        super().check_transcript(body)
        if not body.get("transcript"):
            raise Refusal(400, "invalid_request")


@mutant("transcript.token")
class TranscriptsArePublic(Server):
    async def convert(self, call, session_id):
        call.headers = [("authorization", "Bearer x")]
        return await super().convert(call, session_id)
