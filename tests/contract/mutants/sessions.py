"""Faults of get, update, end session and process template."""

from starlette.responses import JSONResponse

from tests.contract.independent_server import Refusal, Server
from tests.contract.mutants.mutant import Accepted, mutant, note


@mutant("get.results")
class SecondTemplateForgotten(Server):
    def templates(self, session, state):
        return super().templates(session, state)[:1]


@mutant("get.narrowed")
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


@note("patch.unknown_field")
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
    def not_completed(self):
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
class MismatchIgnored(Server):
    def finish(self, session, body):
        super().finish(session, {})


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
