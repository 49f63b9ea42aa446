"""Faults in what answers say: statuses, bodies, addresses."""

from tests.contract.independent_server import Server
from tests.contract.mutants.mutant import mutant, note


@mutant("session.templates_list", only=["get.results"])
class TemplatesAsObject(Server):
    def templates(self, session, state):
        return {d["template"]: self.shown_document(d, state) for d in session.documents}


@mutant("session.upload_url.form", only=["create.answer"])
class UploadUrlIsRelative(Server):
    def upload_url(self, session, call):
        return f"{self.base}/sessions/{session.id}/audio"


@mutant("session.upload_url.works")
class UploadUrlIsElsewhere(Server):
    def upload_url(self, session, call):
        return f"http://{call.first('host')}/sessions/{session.id}/audio"


@note("answers.addresses", only=["create.answer"])
class UploadUrlIsInternal(Server):
    def upload_url(self, session, call):
        return f"http://127.0.0.1:9{self.base}/sessions/{session.id}/audio"


@mutant("answers.success_status", only=["upload.success"])
class UploadIs201(Server):
    async def upload(self, call, session_id, name):
        answer = await super().upload(call, session_id, name)
        answer.status_code = 201
        return answer


@mutant("answers.success_status", only=["create.answer"])
class CreateIs200(Server):
    async def create(self, call):
        answer = await super().create(call)
        answer.status_code = 200
        return answer


@note("answers.fields", only=["upload.success"])
class UploadSaysLess(Server):
    def uploaded(self, session, name):
        return {"session_id": session.id, "success": True}


@mutant("upload.success", "answers.fields")
class UploadSaysNothing(Server):
    def uploaded(self, session, name):
        return {"session_id": session.id, "original_filename": name}


@mutant("answers.schema", only=["upload.success"])
class UploadSaysSuccessInWords(Server):
    def uploaded(self, session, name):
        return super().uploaded(session, name) | {"original_filename": 7}


@mutant("answers.fields", only=["state.created.end"])
class EndWithoutStatus(Server):
    def ended_body(self, session):
        found = super().ended_body(session)
        del found["status"]
        return found


@note("answers.fields", only=["create.answer"])
class CreateWithoutTimes(Server):
    def created(self, session, call):
        found = super().created(session, call)
        return {name: found[name] for name in ("session_id", "status", "upload_url")}


@mutant("answers.content_type", only=["create.answer"])
class SuccessAsText(Server):
    async def create(self, call):
        answer = await super().create(call)
        answer.headers["content-type"] = "text/html"
        return answer


@mutant("session.own_id", only=["state.created.end"])
class AnotherSessionsId(Server):
    def ended_body(self, session):
        return super().ended_body(session) | {"session_id": "ses_other"}
