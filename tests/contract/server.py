"""A small server of the contract, written from its text and sharing no code with the mock.

What a server may do wrong is a method or an attribute here, so that a mutant is a subclass which
overrides one of them.
"""

import asyncio
import json
import re
import secrets
import socket
import threading
import time
from datetime import UTC, datetime, timedelta
from urllib.parse import unquote

import uvicorn
from starlette.responses import JSONResponse, Response
from starlette.websockets import WebSocket, WebSocketDisconnect

TYPES = [
    "audio/webm;codecs=opus",
    "audio/wav",
    "audio/ogg",
    "audio/ogg;codecs=opus",
    "audio/mp4",
    "audio/m4a",
    "audio/mp3",
]
GENERIC = ("application/octet-stream", "application/x-www-form-urlencoded")
MAGIC = {
    "webm": lambda b: b.startswith(b"\x1aE\xdf\xa3"),
    "wav": lambda b: b.startswith(b"RIFF"),
    "ogg": lambda b: b.startswith(b"OggS"),
    "mp4": lambda b: b[4:8] == b"ftyp",
    "m4a": lambda b: b[4:8] == b"ftyp",
    "mp3": lambda b: b.startswith((b"ID3", b"\xff\xfb", b"\xff\xf3", b"\xff\xe3")),
}


class Refusal(Exception):
    def __init__(self, status, code, message="No.", headers=None, **details):
        super().__init__(code)
        self.status, self.code, self.message = status, code, message
        self.headers, self.details = headers or {}, details


class Session:
    def __init__(self, session_id, body, ttl):
        self.id = session_id
        self.body = body
        self.type = body.get("upload_type")
        self.created = datetime.now(UTC)
        self.expires = self.created + timedelta(seconds=ttl)
        self.chunks = {}
        self.uploads = 0
        self.ended_at = None
        self.outcome = "completed"
        self.documents = []
        self.stream_id = secrets.token_urlsafe(24)

    def file_names(self):
        return [f"{number}.{ext}" for number, (ext, _) in sorted(self.chunks.items())]


class Server:
    base = "/voice/v1"
    limit = 10 * 1024 * 1024
    types = TYPES
    upload_types = ("chunked", "single", "stream")
    models = ("lite", "pro")
    processing = 0.25
    ttl = 3600
    token = None
    open_status = "created"
    max_age = "public, max-age=60"

    def __init__(self):
        self.sessions = {}
        old = Session("demo_session_expired", {"upload_type": "chunked"}, -10)
        old.created -= timedelta(hours=1)
        self.sessions[old.id] = old
        self.calls = 0

    # --- ASGI

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

    def crash(self, error):
        return self.envelope(Refusal(500, "internal_error"), None)

    def envelope(self, refusal, scope):
        error = {"code": refusal.code, "message": refusal.message}
        if refusal.details:
            error["details"] = refusal.details
        return JSONResponse({"error": error}, refusal.status, refusal.headers)

    async def respond(self, scope, receive):
        path = scope["raw_path"].decode("latin-1").partition("?")[0]
        self.check_path(path)
        handler, arguments, methods = self.route(path)
        if handler is None:
            raise Refusal(404, "not_found")
        if scope["method"] not in methods:
            raise Refusal(405, "method_not_allowed", headers={"Allow": ", ".join(methods)})
        self.headers = None
        headers = [(k.decode("latin-1"), v.decode("latin-1")) for k, v in scope["headers"]]
        call = Call(scope, receive, headers)
        return await handler(call, *arguments)

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
        if not path.startswith(self.base + "/"):
            return None, (), []
        rest = path.removeprefix(self.base)
        if rest == "/.well-known/medscribealliance":
            return self.discovery, (), ["GET", "HEAD"]
        if rest == "/sessions":
            return self.create, (), ["POST"]
        parts = [self.decode(part) for part in rest.split("/")[1:]]
        if parts[0] != "sessions" or "" in parts[1:]:
            return None, (), []
        if len(parts) == 2:
            return self.session, (parts[1],), ["GET", "HEAD", "PATCH"]
        if len(parts) == 3 and parts[2] == "end":
            return self.end, (parts[1],), ["POST"]
        if len(parts) == 4 and parts[2] == "audio":
            return self.upload, (parts[1], parts[3]), ["POST"]
        if len(parts) == 5 and parts[2:4] == ["process", "template"]:
            return self.process, (parts[1], parts[4]), ["POST"]
        return None, (), []

    def decode(self, part):
        return unquote(part)

    # --- who, and which session

    def authorize(self, call):
        found = call.all("authorization")
        scheme, _, token = (found[0] if len(found) == 1 else "").strip().partition(" ")
        if scheme.lower() != "bearer" or not token.strip():
            raise self.no_token()
        if self.token is not None and token.strip() != self.token:
            raise self.no_token()

    def no_token(self):
        headers = {"WWW-Authenticate": "Bearer"}
        return Refusal(401, "authentication_failed", headers=headers)

    def find(self, session_id):
        if session_id not in self.sessions:
            raise self.no_session()
        return self.sessions[session_id]

    def no_session(self):
        return Refusal(404, "session_not_found")

    def state(self, session):
        if session.ended_at is not None:
            over = time.monotonic() - session.ended_at >= self.processing
            return session.outcome if over else "processing"
        if datetime.now(UTC) >= session.expires:
            return "expired"
        return "recording" if session.chunks else self.open_status

    def require_open(self, session):
        state = self.state(session)
        if state == "expired":
            raise Refusal(410, "session_expired")
        if state == "processing":
            raise self.ended()
        if state in ("completed", "partial", "failed"):
            raise self.completed()

    def ended(self):
        return Refusal(400, "session_ended")

    def completed(self):
        return Refusal(400, "session_completed")

    # --- bodies

    async def json(self, call, required=True):
        data = await self.read_json(call)
        if not data and not required:
            return {}
        try:
            value = json.loads(data)
        except (ValueError, RecursionError):
            raise self.not_json() from None
        if not isinstance(value, dict):
            raise self.broken("$")
        return value

    def not_json(self):
        return Refusal(400, "invalid_request")

    async def read_json(self, call):
        data = await call.body()
        if len(data) > 1024 * 1024:
            raise Refusal(413, "request_too_large")
        depth = 0
        for char in re.findall(rb"[\[{]|[\]}]", data):
            depth += 1 if char in b"[{" else -1
            if depth > 100:
                raise Refusal(400, "invalid_request")
        return data

    def broken(self, path):
        return Refusal(422, "invalid_request", path=path)

    def check_fields(self, body):
        for name in ("additional_data", "patient_details"):
            if name in body and not isinstance(body[name], dict):
                raise self.broken(f"$.{name}")
        choices = {
            "session_mode": ("dictation", "consultation"),
            "model": self.models,
            "communication_protocol": ("http", "websocket", "rpc"),
        }
        for name, allowed in choices.items():
            if name in body and body[name] not in allowed:
                raise self.broken(f"$.{name}")
        self.check_templates(body)
        hints = body.get("language_hint", [])
        if not isinstance(hints, list) or not all(
            isinstance(hint, str) and re.fullmatch("[a-z]{2}", hint) for hint in hints
        ):
            raise self.broken("$.language_hint")
        spoken = body.get("transcript_language", "en")
        if not isinstance(spoken, str) or not re.fullmatch("[a-z]{2}", spoken):
            raise self.broken("$.transcript_language")

    def check_templates(self, body):
        names = body.get("templates", [])
        good = isinstance(names, list) and all(
            isinstance(name, str) and 0 < len(name) <= 128 for name in names
        )
        if not good or len(names) > self.max_templates() or len(set(names)) < len(names):
            raise self.broken("$.templates")

    def max_templates(self):
        return 2

    # --- create

    async def create(self, call):
        self.authorize(call)
        body = await self.json(call)
        self.check_create(body)
        session = Session(self.new_id(body), body, self.ttl)
        if session.id in self.sessions:
            raise Refusal(409, "session_exists")
        await self.before_create()
        self.sessions[session.id] = session
        return JSONResponse(self.created(session, call), 201)

    async def before_create(self):
        pass

    def check_create(self, body):
        if body.get("upload_type") not in ("chunked", "single", "stream"):
            raise self.broken("$.upload_type")
        if body["upload_type"] not in self.upload_types:
            raise Refusal(400, "invalid_request")
        self.check_fields(body)
        wanted = body.get("session_id", "x" * 20)
        if not isinstance(wanted, str) or not re.fullmatch(r"[A-Za-z0-9._~-]{16,64}", wanted):
            raise self.broken("$.session_id")

    def new_id(self, body):
        return body.get("session_id") or f"ses_{secrets.token_hex(10)}"

    def created(self, session, call):
        answer = {
            "session_id": session.id,
            "status": self.open_status,
            "created_at": self.stamp(session.created),
            "expires_at": self.stamp(session.expires),
            "upload_url": self.upload_url(session, call),
        }
        if "patient_details" in session.body:
            answer["patient_details"] = session.body["patient_details"]
        return answer

    def stamp(self, moment):
        return moment.isoformat(timespec="seconds").replace("+00:00", "Z")

    def upload_url(self, session, call):
        host = call.first("host")
        if session.type == "stream":
            return f"ws://{host}{self.base}/stream/sessions/{session.stream_id}/audio"
        return f"http://{host}{self.base}/sessions/{session.id}/audio"

    # --- upload

    async def upload(self, call, session_id, name):
        self.authorize(call)
        session = self.find(session_id)
        self.require_open(session)
        if session.type == "stream":
            raise Refusal(400, "invalid_request")
        mime = self.mime(call, name)
        number, extension = self.name(session, name)
        data = await self.audio(call, session)
        if session.type == "single":
            extension = mime.partition(";")[0].removeprefix("audio/")
            self.decodable(data, extension)
        self.still_open(session)
        await self.store(session, number, extension, data)
        return JSONResponse(self.uploaded(session, name))

    def still_open(self, session):
        self.require_open(session)

    def uploaded(self, session, name):
        return {"session_id": session.id, "success": True, "original_filename": name}

    def decodable(self, data, extension):
        if not MAGIC[extension](data):
            raise Refusal(
                400, "invalid_audio_format", provided_format=extension, supported_formats=TYPES
            )

    def mime(self, call, name):
        given = ", ".join(call.all("content-type")).strip()
        found = self.parse_type(given) if given else "generic"
        if found == "generic":
            extension = self.extension(name)
            found = next((t for t in self.types if self.extension_of(t) == extension), None)
        if found not in self.types:
            raise self.bad_format(given or name)
        return found

    def extension(self, name):
        return name.rpartition(".")[2].lower() if "." in name else ""

    def extension_of(self, mime):
        return mime.partition(";")[0].removeprefix("audio/")

    def parse_type(self, text):
        essence, *parameters = [part.strip(" \t") for part in text.split(";")]
        if essence.lower() in GENERIC:
            return "generic"
        found = essence.lower()
        for parameter in filter(None, parameters):
            key, _, value = parameter.partition("=")
            found += f";{key.lower()}={value.strip(chr(34))}"
        return found

    def bad_format(self, given):
        return Refusal(
            400, "invalid_audio_format", provided_format=given, supported_formats=list(self.types)
        )

    def name(self, session, name):
        if len(name) > 255:
            raise Refusal(400, "invalid_request")
        if session.type == "single":
            return None, None
        match = re.fullmatch(r"[A-Za-z0-9_.-]+_([0-9]{1,9})\.([A-Za-z0-9]+)", name)
        if match is None:
            raise self.bad_name()
        return self.sequence(match[1]), match[2].lower()

    def bad_name(self):
        return Refusal(400, "invalid_request")

    def sequence(self, digits):
        return int(digits)

    async def audio(self, call, session):
        length = call.first("content-length")
        if length and int(length) > self.limit:
            raise self.too_large()
        data = b""
        async for part in call.parts():
            data += part
            if len(data) > self.limit:
                raise self.too_large()
        if not data:
            raise self.empty()
        return data

    def too_large(self):
        return Refusal(413, "chunk_too_large")

    def empty(self):
        return Refusal(400, "invalid_request")

    async def store(self, session, number, extension, data):
        if number is None:
            number = max(session.chunks, default=-1) + 1
        self.put(session, number, extension, data)
        session.uploads += 1

    def put(self, session, number, extension, data):
        session.chunks[number] = (extension, len(data))

    # --- end

    async def end(self, call, session_id):
        self.authorize(call)
        session = self.find(session_id)
        self.require_open(session)
        body = await self.json(call, required=False)
        sent = body.get("audio_files_sent", 0)
        if not isinstance(sent, int) or isinstance(sent, bool) or sent < 0:
            raise self.broken("$.audio_files_sent")
        await self.before_end(session)
        self.finish(session, body)
        return JSONResponse(self.ended_body(session), 202)

    async def before_end(self, session):
        self.require_open(session)

    def received(self, session):
        return session.uploads if session.type == "single" else len(session.chunks)

    def finish(self, session, body):
        session.ended_at = time.monotonic()
        sent = body.get("audio_files_sent")
        if session.type != "stream" and sent is not None and sent != self.received(session):
            session.outcome = "partial"
        mock = session.body.get("additional_data", {}).get("_mock", {})
        if mock.get("scenario") == "failed":
            session.outcome = "failed"
        for name in session.body.get("templates", []):
            session.documents.append(self.document(name, session.ended_at + self.processing))

    def document(self, name, ready):
        return {"template": name, "id": f"doc_{secrets.token_hex(8)}", "ready": ready}

    def ended_body(self, session):
        return {
            "session_id": session.id,
            "status": "processing",
            "message": "Processing.",
            **self.listing(session),
        }

    def listing(self, session):
        return {
            "audio_files_received": self.received(session),
            "audio_files": session.file_names(),
        }

    # --- get and patch

    async def session(self, call, session_id):
        self.authorize(call)
        if call.scope["method"] == "PATCH":
            return await self.patch(call, session_id)
        return await self.get(call, session_id)

    async def get(self, call, session_id):
        session = self.find(session_id)
        state = self.state(session)
        wanted = re.search(r"(?:^|&)template_id=([^&]*)", call.scope["query_string"].decode())
        if wanted and state != "expired":
            known = {*session.body.get("templates", []), *self.names(session)}
            if unquote(wanted[1]) not in known:
                raise Refusal(404, "template_not_found")
        body = self.shown(session, state, call)
        if wanted and "templates" in body:
            body["templates"] = [t for t in body["templates"] if unquote(wanted[1]) in t]
        return JSONResponse(body, self.http_status(state))

    def names(self, session):
        return [document["template"] for document in session.documents]

    def http_status(self, state):
        return {"completed": 200, "failed": 200, "partial": 206, "expired": 410}.get(state, 202)

    def shown(self, session, state, call):
        body = {
            "session_id": session.id,
            "status": state,
            "created_at": self.stamp(session.created),
            "upload_url": self.upload_url(session, call),
            **self.listing(session),
            "additional_data": session.body.get("additional_data", {}),
            "patient_details": session.body.get("patient_details"),
        }
        if state == "expired":
            more = {"message": "Too late.", "transcript": "", "templates": []}
            return body | {"expired_at": self.stamp(session.expires)} | more
        body["expires_at"] = self.stamp(session.expires)
        if state in ("completed", "partial", "failed"):
            body |= self.results(session, state)
        return body

    def results(self, session, state):
        body = {
            "completed_at": self.stamp(session.created + timedelta(seconds=1)),
            "model_used": session.body.get("model", "lite"),
            "language_detected": "en" if session.chunks else None,
            "transcript": "Hello." if session.chunks and state != "failed" else "",
            "templates": self.templates(session, state),
        }
        if state == "partial":
            body["audio_files_processed"] = self.received(session)
            body["processing_errors"] = [{"type": "mismatch", "message": "Not all came."}]
        return body

    def templates(self, session, state):
        return [{d["template"]: self.shown_document(d, state)} for d in session.documents]

    def shown_document(self, document, state):
        ready = time.monotonic() >= document["ready"]
        status = ("failed" if state == "failed" else "success") if ready else "in-progress"
        data = {"note": "x"} if status == "success" else None
        return {"status": status, "data": data, "document_id": document["id"]}

    async def patch(self, call, session_id):
        session = self.find(session_id)
        if self.state(session) == "expired":
            raise Refusal(410, "session_expired")
        body = await self.json(call)
        known = ("patient_details", "templates", "language_hint", "additional_data")
        self.check_patch(body, (*known, "session_mode", "model"))
        if session.ended_at is not None and ("session_mode" in body or "model" in body):
            raise self.committed()
        self.update(session, body)
        return JSONResponse({"session_id": session.id, "status": "success", "message": "Done."})

    def check_patch(self, body, known):
        if any(name not in known for name in body):
            raise self.broken("$")
        if not body:
            raise Refusal(400, "invalid_request")
        self.check_fields(body)

    def committed(self):
        return Refusal(409, "session_already_committed")

    def update(self, session, body):
        session.body = session.body | body

    async def process(self, call, session_id, template):
        self.authorize(call)
        session = self.find(session_id)
        state = self.state(session)
        if state == "expired":
            raise Refusal(410, "session_expired")
        if state not in ("completed", "partial", "failed"):
            raise self.not_completed()
        if len(template) > 128:
            raise Refusal(400, "invalid_request")
        document = self.document(template, time.monotonic() + self.processing)
        self.add_document(session, document)
        answer = {"session_id": session.id, "template_id": template, "document_id": document["id"]}
        answer |= {"status": "in-progress", "message": "Working on it."}
        return JSONResponse(answer, 202)

    def add_document(self, session, document):
        session.documents.append(document)

    def not_completed(self):
        return Refusal(409, "session_not_completed")

    # --- the rest

    async def login(self, call):
        body = await self.json(call)
        for name in ("client_id", "client_secret"):
            if not isinstance(body.get(name), str) or not body[name]:
                raise self.broken(f"$.{name}")
        if not isinstance(body.get("api_key", "x"), str) or body.get("api_key") == "":
            raise self.broken("$.api_key")
        return JSONResponse(self.tokens())

    def tokens(self):
        return {"access_token": self.token or "t1", "refresh_token": "t2", "expires_in": 60}

    async def refresh(self, call):
        if not call.first("authorization"):
            raise self.no_token()
        body = await self.json(call)
        for name in ("access_token", "refresh_token"):
            if not isinstance(body.get(name), str) or not body[name]:
                raise self.broken(f"$.{name}")
        return JSONResponse(self.tokens())

    async def discovery(self, call):
        await call.drain()
        host = f"http://{call.first('host')}"
        return JSONResponse(self.described(host), headers={"Cache-Control": self.max_age})

    def described(self, host):
        features = ("realtime_transcription", "speaker_diarization", "custom_templates")
        models = [
            {
                "id": model,
                "display_name": model.title(),
                "languages": ["en", "hi"],
                "max_session_duration_seconds": 600,
                "response_speed": "fast",
                "features": dict.fromkeys(features, False),
            }
            for model in self.models
        ]
        return {
            "protocol": "medscribealliance",
            "protocol_version": "0.1",
            "supported_versions": ["0.1"],
            "service": {
                "name": "independent",
                "documentation_url": f"{host}/docs",
                "support_email": "a@example.org",
            },
            "endpoints": {
                "base_url": f"{host}{self.base}",
                "webhooks_url": f"{host}{self.base}/webhooks",
                "templates_url": f"{host}{self.base}/templates",
            },
            "authentication": {"supported_methods": ["api_key"]},
            "capabilities": {
                "audio_formats": self.advertised_formats(),
                "max_chunk_duration_seconds": 20,
                "upload_methods": self.advertised_methods(),
                "webhook_delivery": False,
                "client_sdk_delivery": False,
            },
            "models": models,
            "languages": {"supported": ["en", "hi"], "auto_detection": True},
        }

    def advertised_formats(self):
        return list(self.types)

    def advertised_methods(self):
        return list(self.upload_types)

    async def websocket(self, socket):
        match = re.fullmatch(
            rf"{re.escape(self.base)}/stream/sessions/([^/]+)/audio", socket.scope["path"]
        )
        session = next(
            (s for s in self.sessions.values() if match and s.stream_id == match[1]), None
        )
        if session is None:
            await self.deny(socket, Refusal(404, "session_not_found"))
        elif self.state(session) not in (self.open_status, "recording"):
            await self.deny(socket, Refusal(400, "session_ended"))
        else:
            await socket.accept()
            await self.stream(socket, session)

    async def deny(self, socket, refusal):
        await socket.send_denial_response(self.envelope(refusal, None))

    async def stream(self, socket, session):
        received = b""
        try:
            while True:
                message = await socket.receive()
                if message["type"] == "websocket.disconnect":
                    break
                if message.get("bytes") is not None:
                    received += message["bytes"]
                    continue
                part = self.frame(message["text"])
                if part is None:
                    self.keep(session, received)
                    await socket.close(1000)
                    return
                received += part
        except (ValueError, KeyError):
            self.keep(session, received)
            await socket.close(1003, "unknown frame")
            return
        except WebSocketDisconnect:
            pass
        self.keep(session, received)

    def frame(self, text):
        import base64

        event = json.loads(text)
        if event["event"] == "stop":
            return None
        if event["event"] == "media":
            return base64.b64decode(event["media"]["payload"], validate=True)
        if event["event"] != "start":
            raise ValueError(text)
        return b""

    def keep(self, session, received):
        if received:
            session.chunks[len(session.chunks)] = ("wav", len(received))


class Call:
    """One request."""

    def __init__(self, scope, receive, headers):
        self.scope, self.receive, self.headers = scope, receive, headers

    def all(self, name):
        return [value for key, value in self.headers if key.lower() == name]

    def first(self, name):
        return next(iter(self.all(name)), None)

    async def parts(self):
        more = True
        while more:
            message = await self.receive()
            if message["type"] == "http.disconnect":
                raise ConnectionError
            yield message.get("body", b"")
            more = message.get("more_body", False)

    async def body(self):
        return b"".join([part async for part in self.parts()])

    async def drain(self):
        pass


class Running:
    """A server on a port of its own, in a thread, for as long as a `with` block lasts."""

    def __init__(self, app):
        self.app = app

    def __enter__(self):
        self.socket = socket.create_server(("127.0.0.1", 0), backlog=256)
        config = uvicorn.Config(
            self.app, lifespan="off", log_config=None, access_log=False, ws="wsproto"
        )
        self.server = uvicorn.Server(config)
        self.thread = threading.Thread(
            target=self.server.run, kwargs={"sockets": [self.socket]}, daemon=True
        )
        self.thread.start()
        self.url = f"http://127.0.0.1:{self.socket.getsockname()[1]}"
        self.base_url = self.url + self.app.base
        return self

    def stop(self):
        self.server.should_exit = self.server.force_exit = True

    def __exit__(self, *_):
        self.stop()
        self.thread.join()
        self.socket.close()


__all__ = ["Refusal", "Response", "Running", "Server", "Session", "asyncio"]
