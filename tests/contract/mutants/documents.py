"""Faults of the operations on documents."""

from starlette.responses import JSONResponse

from tests.contract.independent_server import Refusal, Server
from tests.contract.mutants.mutant import mutant, note


@mutant("document.save", "answers.fields")
class SavedWithoutAddress(Server):
    def shown_file(self, call, name):
        found = super().shown_file(call, name)
        del found["data"]["presigned_url"]
        return found

    async def save_document(self, call):
        answer = await super().save_document(call)
        answer.status_code = 200
        return answer


@mutant("document.save")
class CategoryIsForgotten(Server):
    def save(self, name, body):
        super().save(name, {key: value for key, value in body.items() if key != "type"})


@mutant("document.change")
class EverySaveIsNew(Server):
    async def save_document(self, call):
        body = await self.json(call)
        self.calls += 1
        call.read_again(JSONResponse(body | {"document_id": f"doc_{self.calls}"}).body)
        self.files.setdefault(f"doc_{self.calls}", {"text": ""})
        answer = await super().save_document(call)
        answer.status_code = 200 if "document_id" in body else 201
        return answer


@note("document.kept")
class SaveForgetsTheRest(Server):
    def save(self, name, body):
        self.files[name] = {"text": "", **body}


@mutant("document.kinds")
class NoNotes(Server):
    def check_document(self, body):
        if body.get("type") == "integration":
            raise self.broken("$.type")
        super().check_document(body)


@mutant("document.text")
class TextIsForgotten(Server):
    def write(self, found, text):
        pass


@mutant("document.text")
class TextNeedsAToken(Server):
    async def file(self, call, name):
        self.authorize(call)
        return await super().file(call, name)


@mutant("document.text")
class TextIsSavedInLatin(Server):
    def write(self, found, text):
        found["text"] = text.encode("ascii", "replace").decode()


@note("document.unsigned")
class AnybodyWrites(Server):
    async def file(self, call, name):
        call.scope["query_string"] = f"signature={self.secret}".encode()
        return await super().file(call, name)


@mutant("document.unknown")
class UnknownDocumentIsA400(Server):
    async def a_document(self, call, name):
        try:
            return await super().a_document(call, name)
        except Refusal as refusal:
            if refusal.code == "document_not_found":
                raise Refusal(400, "invalid_request") from None
            raise


@mutant("document.unknown_session")
class DocumentsOfNoSession(Server):
    async def save_document(self, call):
        body = await self.json(call)
        if body.get("session_id") in self.sessions:
            call.read_again(JSONResponse(body).body)
            return await super().save_document(call)
        raise Refusal(400, "invalid_request")


@mutant("document.delete")
class DeletedDocumentIsThere(Server):
    def forget(self, name):
        pass


@mutant("document.delete")
class DeletingADocumentTwiceFails(Server):
    async def a_document(self, call, name):
        if call.scope["method"] == "DELETE" and name in self.gone:
            self.authorize(call)
            raise Refusal(404, "document_not_found")
        return await super().a_document(call, name)


@mutant("document.of_template")
class DocumentsOfTemplatesAreElsewhere(Server):
    def saved(self, name):
        if name not in self.files:
            raise Refusal(404, "document_not_found")
        return self.files[name]


@mutant("document.of_template")
class DeletedDocumentStaysInItsSession(Server):
    def templates(self, session, state):
        return [{one["template"]: self.shown_document(one, state)} for one in session.documents]


@mutant("document.token")
class DocumentsArePublic(Server):
    async def a_document(self, call, name):
        call.headers = [("authorization", "Bearer x"), *self.rest(call)]
        return await super().a_document(call, name)

    def rest(self, call):
        return [pair for pair in call.headers if pair[0] != "authorization"]
