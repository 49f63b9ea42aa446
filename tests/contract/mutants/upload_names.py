"""Faults in which file names an upload may have."""

import posixpath
import re

from starlette.responses import JSONResponse

from tests.contract.independent_server import Refusal, Server
from tests.contract.mutants.mutant import Accepted, mutant, note


@note("upload.name.ascii")
class DigitsOfAllScripts(Server):
    def name(self, session, name):
        if not name.isascii() and re.fullmatch(r"[\w.-]+_[\d²]{1,9}\.\w+", name):
            return 1, "webm"
        return super().name(session, name)


@note("upload.row.8.name")
class AnyNameAccepted(Server):
    def bad_name(self):
        return Accepted()

    def name(self, session, name):
        try:
            return super().name(session, name)
        except Accepted:
            return 0, "webm"


@note("upload.name.too_long")
class LongNamesAccepted(Server):
    def name(self, session, name):
        return super().name(session, name[-200:])


@note("upload.name.longest")
class LongestNameRefused(Server):
    def name(self, session, name):
        if len(name) > 254:
            raise Refusal(400, "invalid_request")
        return super().name(session, name)


@mutant("upload.answer", only=["upload.name.decoded"])
class NameNotDecoded(Server):
    async def upload(self, call, session_id, name):
        raw = call.scope["raw_path"].decode().rpartition("/")[2]
        answer = await super().upload(call, session_id, name)
        body = {"session_id": session_id, "success": True, "original_filename": raw}
        return JSONResponse(body) if answer.status_code == 200 else answer


@note("upload.name.slash")
class EncodedSlashSeparates(Server):
    def check_path(self, path):
        super().check_path(re.sub("%2[fF]", "", path))

    def route(self, path):
        plain = posixpath.normpath(re.sub("%2[fF]", "/", path))
        return super().route(plain)


@mutant("server.no_5xx", only=["upload.name.hostile"])
class CrashesOnOddNames(Server):
    def name(self, session, name):
        name.encode("ascii")
        return super().name(session, name)


@mutant("server.no_5xx", only=["upload.name.not_a_chunk"])
class CrashesWithoutNumber(Server):
    def bad_name(self):
        return IndexError("list index out of range")
