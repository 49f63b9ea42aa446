"""Faults of get, update, end session and process template."""

from starlette.responses import JSONResponse

from tests.contract.independent_server import Refusal, Server
from tests.contract.mutants.mutant import LONG, Accepted, mutant, note


@mutant("get.results")
class SecondTemplateForgotten(Server):
    def templates(self, session, state):
        return super().templates(session, state)[:1]


@note("get.narrowed")
class TemplateFilterIgnored(Server):
    async def get(self, call, session_id):
        if b"no_such" not in call.scope["query_string"]:
            call.scope["query_string"] = b""
        return await super().get(call, session_id)


@mutant("patch.echo")
class PatchForgets(Server):
    def update(self, session, body):
        pass


@mutant("patch.echo")
class PatchReplacesAll(Server):
    def update(self, session, body):
        session.body = {"upload_type": session.type} | body


@mutant("patch.unknown_field")
class PatchAcceptsAnything(Server):
    def check_patch(self, body, known):
        self.check_fields(body)
        if not body:
            raise Refusal(400, "invalid_request")


@mutant("process.document")
class DocumentIsNotListed(Server):
    def add_document(self, session, document):
        pass


@note("state.created.process")
class ProcessBeforeEndIs400(Server):
    def not_ended(self):
        return Refusal(400, "invalid_request")


@mutant("state.processing.patch_model")
class ModelChangesAfterEnd(Server):
    def committed(self):
        return Accepted()

    async def patch(self, call, session_id):
        try:
            return await super().patch(call, session_id)
        except Accepted:
            body = {"session_id": session_id, "status": "success", "message": "Done."}
            return JSONResponse(body)


@note("end.mismatch")
class MismatchIsPartial(Server):
    def finish(self, session, body):
        super().finish(session, body)
        if session.type != "stream" and body.get("audio_files_sent") != self.received(session):
            session.outcome = "partial"


@mutant("end.not_an_echo")
class CountIsAnEcho(Server):
    def finish(self, session, body):
        super().finish(session, body)
        session.said = body.get("audio_files_sent")

    def received(self, session):
        said = getattr(session, "said", None)
        return super().received(session) if said is None else said


@mutant("get.document")
class DocumentIdIgnored(Server):
    def narrow_to_document(self, session, body, wanted):
        pass


@note("get.document_not_found")
class UnknownDocumentIsEmpty(Server):
    def narrow_to_document(self, session, body, wanted):
        if wanted in {one["id"] for one in session.documents}:
            super().narrow_to_document(session, body, wanted)


@note("get.protocol_data")
class NoProtocolData(Server):
    def additional(self, session):
        return session.body.get("additional_data") or {}


@mutant("get.protocol_data")
class ProtocolDataIsWrong(Server):
    def additional(self, session):
        found = super().additional(session)
        found["_protocol"]["upload_type"] = "stream"
        return found


@note("get.default_model")
class LiteIsTheDefault(Server):
    default_model = "lite"


@mutant("patch.merge")
class AdditionalDataIsReplaced(Server):
    def update(self, session, body):
        data = body.get("additional_data")
        super().update(session, body)
        if data is not None:
            session.body["additional_data"] = data


@note("patch.unknown_template")
class PatchTakesAnyTemplate(Server):
    def check_patch(self, body, known):
        super().check_patch(body | ({"templates": []} if "templates" in body else {}), known)


@note("process.unknown")
class ProcessTakesAnyTemplate(Server):
    async def process(self, call, session_id, template):
        return await super().process(call, session_id, "transcript_template")


@mutant("state.processing.process")
class ProcessWaitsForTheEnd(Server):
    processing = LONG

    async def process(self, call, session_id, template):
        if self.state(self.find(session_id)) == "processing":
            raise Refusal(409, "session_not_completed")
        return await super().process(call, session_id, template)


@note("end.without_audio")
class NothingToProcessIsRefused(Server):
    async def before_end(self, session):
        await super().before_end(session)
        if not session.chunks:
            raise Refusal(400, "no_audio")


@mutant("end.schema")
class NegativeCountAccepted(Server):
    async def json(self, call, required=True):
        body = await super().json(call, required)
        if isinstance(body.get("audio_files_sent"), int):
            body["audio_files_sent"] = abs(body["audio_files_sent"])
        return body


@mutant("store.end_lists")
class EndListsNothing(Server):
    def ended_body(self, session):
        return super().ended_body(session) | {"audio_files": [], "audio_files_received": 0}
