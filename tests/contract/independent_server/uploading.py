"""Upload audio: formats, names, sizes, storing."""

import re

from starlette.responses import JSONResponse

from tests.contract.independent_server.audio_types import GENERIC, MAGIC, TYPES
from tests.contract.independent_server.recordings import Recordings
from tests.contract.independent_server.refusal import Refusal


class Uploading(Recordings):
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
        if session.type == "single":
            number = self.number_of(session, name)
        await self.store(session, number, extension, data)
        self.keep(session, number, data)
        session.uploads.add(name)
        return JSONResponse(self.uploaded(session, name))

    def number_of(self, session, name):
        """The number of a recording; the same name again replaces it."""
        return session.recordings.setdefault(name, len(session.recordings))

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
        data = bytearray()
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
        self.put(session, number, extension, data)

    def put(self, session, number, extension, data):
        session.chunks[number] = (extension, len(data))
