"""The server: an ASGI app, and its routes."""

import re
from urllib.parse import unquote

from starlette.responses import Response
from starlette.websockets import WebSocket

from tests.contract.independent_server.call import Call
from tests.contract.independent_server.changing import Changing
from tests.contract.independent_server.creating import Creating
from tests.contract.independent_server.discovery import Discovery
from tests.contract.independent_server.documents import Documents
from tests.contract.independent_server.ending import Ending
from tests.contract.independent_server.login import Login
from tests.contract.independent_server.reading import Reading
from tests.contract.independent_server.records import Records
from tests.contract.independent_server.refusal import Refusal
from tests.contract.independent_server.streaming import Streaming
from tests.contract.independent_server.templates import Templates
from tests.contract.independent_server.transcripts import Transcripts
from tests.contract.independent_server.uploading import Uploading
from tests.contract.independent_server.webhooks import Webhooks


class Server(
    Webhooks,
    Creating,
    Uploading,
    Ending,
    Records,
    Reading,
    Changing,
    Login,
    Discovery,
    Streaming,
    Templates,
    Transcripts,
    Documents,
):
    async def __call__(self, scope, receive, send):
        if scope["type"] == "lifespan":
            return
        if scope["type"] == "websocket":
            await self.websocket(WebSocket(scope, receive, send))
            return
        self.calls += 1
        try:
            response = await self.respond(scope, receive)
        except Refusal as refusal:
            response = self.envelope(refusal, scope)
        except Exception as error:  # what a framework would do
            response = self.crash(error)
        await response(scope, receive, send)

    async def respond(self, scope, receive):
        path = scope["raw_path"].decode("latin-1").partition("?")[0]
        self.check_path(path)
        handler, arguments, methods = self.route(path)
        if handler is None:
            raise Refusal(404, "not_found")
        if scope["method"] == "OPTIONS":
            return self.preflight(Call(scope, receive), methods)
        if scope["method"] not in methods:
            raise Refusal(405, "method_not_allowed", headers={"Allow": ", ".join(methods)})
        return await handler(Call(scope, receive), *arguments)

    def preflight(self, call, methods):
        headers = {"Access-Control-Allow-Origin": call.first("origin") or "*"}
        headers["Access-Control-Allow-Methods"] = ", ".join(methods)
        headers["Access-Control-Allow-Headers"] = self.allowed_headers(call)
        return Response(b"", 204, headers)

    def allowed_headers(self, call):
        return call.first("access-control-request-headers") or ""

    def check_path(self, path):
        if re.search(r"%(?![0-9A-Fa-f]{2})|%2[fF]", path):
            raise Refusal(404, "not_found")
        try:
            unquote(path, errors="strict")
        except UnicodeDecodeError:
            raise Refusal(404, "not_found") from None

    def route(self, path):
        if path == "/connect-auth/v1/account/login":
            return self.login, (), ["POST"]
        if path == "/connect-auth/v1/account/refresh-token":
            return self.refresh, (), ["POST"]
        found = self.at_root(path)
        if found[0] is not None or not path.startswith(self.base + "/"):
            return found
        rest = path.removeprefix(self.base)
        if rest == "/.well-known/medscribealliance":
            return self.discovery, (), ["GET", "HEAD"]
        if rest == "/sessions":
            return self.create, (), ["POST"]
        if rest == "/webhooks":
            return self.webhooks, (), ["GET", "HEAD", "POST"]
        parts = [self.decode(part) for part in rest.split("/")[1:]]
        if parts[0] == "webhooks" and len(parts) == 2 and parts[1]:
            return self.webhook, (parts[1],), ["DELETE"]
        if parts[0] != "sessions" or "" in parts[1:]:
            return None, (), []
        if len(parts) == 2:
            return self.session, (parts[1],), ["GET", "HEAD", "PATCH"]
        if len(parts) == 3 and parts[2] == "end":
            return self.end, (parts[1],), ["POST"]
        if len(parts) == 3 and parts[2] == "audio":
            return self.session_audio, (parts[1],), ["GET", "HEAD"]
        if len(parts) == 4 and parts[2] == "audio":
            return self.upload, (parts[1], parts[3]), ["POST"]
        if len(parts) == 5 and parts[2:4] == ["process", "template"]:
            return self.process, (parts[1], parts[4]), ["POST"]
        return None, (), []

    def at_root(self, path):
        parts = [self.decode(part) for part in path.split("/")[1:]]
        match parts:
            case ["voice", "api", "v1", "template"]:
                return self.templates_at_once, (), ["GET", "POST"]
            case ["voice", "api", "v1", "template", name]:
                return self.template, (name,), ["PATCH", "DELETE"]
            case ["voice", "api", "v1", "transaction", name, "convert-to-template"]:
                return self.convert, (name,), ["POST"]
            case ["voice", "api", "v1", "documents"]:
                return self.save_document, (), ["POST"]
            case ["voice", "api", "v1", "documents", name]:
                return self.a_document, (name,), ["GET", "DELETE"]
            case ["voice", "api", "v1", "sessions", name]:
                return self.record, (name,), ["GET", "HEAD"]
            case ["voice", "api", "v2", "transaction", "history"]:
                return self.history, (), ["GET", "HEAD"]
            case ["heard", name]:
                return self.heard, (name,), ["GET", "HEAD"]
            case ["files", name]:
                return self.file, (name,), ["GET", "PUT"]
        return None, (), []

    def decode(self, part):
        return unquote(part)

    async def session(self, call, session_id):
        self.authorize(call)
        if call.scope["method"] == "PATCH":
            return await self.patch(call, session_id)
        return await self.get(call, session_id)
