"""Documents that clients save, and those of templates; their text is at a signed address."""

import secrets

from starlette.responses import JSONResponse, Response

from tests.contract.independent_server.bodies import Bodies
from tests.contract.independent_server.refusal import Refusal

KINDS = ("context", "custom", "notes", "integration")


class Documents(Bodies):
    async def save_document(self, call):
        self.authorize(call)
        body = await self.json(call)
        if not isinstance(body.get("session_id"), str) or body.get("type", "notes") not in KINDS:
            raise self.broken("$")
        self.check_document(body)
        self.find(body["session_id"])
        name = body.get("document_id")
        if name is not None:
            self.saved(name)
        status = 201 if name is None else 200
        name = name or f"doc_{secrets.token_hex(8)}"
        self.save(name, body)
        return JSONResponse(self.shown_file(call, name), status)

    def check_document(self, body):
        texts = ("document_id", "template_id", "document_name", "status")
        kinds = dict.fromkeys(texts, str) | {"errors": list, "warnings": list}
        for name, kind in (kinds | {"usage_information": dict}).items():
            if name in body and not isinstance(body[name], kind):
                raise self.broken(f"$.{name}")
        for name in ("document_id", "template_id"):
            if body.get(name) == "":
                raise self.broken(f"$.{name}")

    def save(self, name, body):
        self.files[name] = self.files.get(name, {"text": ""}) | body

    def saved(self, name):
        """What is known of a document, whoever made it."""
        if name in self.files:
            return self.files[name]
        for session in self.sessions.values():
            for one in session.documents:
                if one["id"] == name and name not in self.gone:
                    found = {"session_id": session.id, "template_id": one["template"]}
                    return found | {"type": "template", "text": "# Note"}
        raise Refusal(404, "document_not_found")

    async def a_document(self, call, name):
        self.authorize(call)
        if call.scope["method"] == "GET":
            return JSONResponse(self.shown_file(call, name))
        if name not in self.gone:
            self.saved(name)
        self.forget(name)
        return JSONResponse({"status": "success", "message": "Gone."})

    def forget(self, name):
        self.gone.add(name)
        self.files.pop(name, None)

    def shown_file(self, call, name):
        found = self.saved(name)
        stamp = self.stamp(self.sessions[found["session_id"]].created)
        data = {
            "document_id": name,
            "session_id": found["session_id"],
            "template_id": found.get("template_id"),
            "document_name": found.get("document_name"),
            "type": "markdown",
            "document_type": found.get("type", "custom"),
            "status": found.get("status", "success"),
            "errors": found.get("errors", []),
            "warnings": found.get("warnings", []),
            "usage_information": found.get("usage_information", {}),
            "presigned_url": self.presigned(call, name),
            "created_at": stamp,
            "updated_at": stamp,
            "publish": {},
        }
        return {"status": "success", "data": data}

    def presigned(self, call, name):
        return f"http://{call.first('host')}/files/{name}?signature={self.secret}"

    async def file(self, call, name):
        if f"signature={self.secret}" not in call.scope["query_string"].decode():
            raise self.not_signed()
        found = self.saved(name)
        if call.scope["method"] == "GET":
            return Response(found["text"], media_type="text/markdown")
        self.write(found, (await call.body()).decode())
        return Response(b"", 200)

    def write(self, found, text):
        found["text"] = text

    def not_signed(self):
        return Refusal(403, "forbidden")
