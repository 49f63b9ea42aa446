"""Servers with one fault each, as real servers have them, and the rule that must name it."""

import asyncio
import re
from dataclasses import dataclass, field
from datetime import timedelta
from urllib.parse import unquote
from weakref import WeakSet

from starlette.responses import HTMLResponse, JSONResponse, PlainTextResponse
from tests.contract.server import TYPES, Refusal, Server, Session


@dataclass(frozen=True)
class Mutant:
    """A faulty server.

    Args:
        server: Its class.
        rules: Each of these must be named by a finding.
        note: Whether only inferred rules forbid it.
        only: Rules to try; by default those named, and what watches.
    """

    server: type[Server]
    rules: tuple[str, ...]
    note: bool = False
    only: tuple[str, ...] = field(default=())

    @property
    def name(self):
        return self.server.__name__


MUTANTS = []

#: Seconds that a server with a race leaves open to others; long beside any pause of a busy machine.
GAP = 0.3
#: Seconds that processing takes where it must be seen before it is over.
LONG = 60.0


def mutant(*rules, note=False, only=()):
    def register(server):
        MUTANTS.append(Mutant(server, rules, note, tuple(only)))
        return server

    return register


def note(*rules, only=()):
    return mutant(*rules, note=True, only=only)


# --- limits


@mutant("upload.row.9.size")
class LimitOffByOne(Server):
    limit = 10 * 1024 * 1024 + 1


@mutant("upload.row.9.size")
class LimitOfSixteenMebibytes(Server):
    limit = 16 * 1024 * 1024


@note("upload.limit.exact")
class LimitOfTenMillion(Server):
    limit = 10_000_000


@note("upload.limit.exact")
class LimitExcludesItself(Server):
    limit = 10 * 1024 * 1024 - 1


@mutant("upload.limit.taken")
class LimitExcludesTenMillion(Server):
    limit = 9_999_999


@mutant("upload.limit.taken", "upload.limit.chunked")
class LimitOfOneMebibyte(Server):
    limit = 1024 * 1024


@mutant("upload.limit.over_chunked")
class LimitByContentLengthOnly(Server):
    async def audio(self, call, session):
        length = call.first("content-length")
        if length and int(length) > self.limit:
            raise self.too_large()
        data = await call.body()
        if not data:
            raise self.empty()
        return data


@mutant("upload.limit.over_single")
class NoLimitForSingle(Server):
    async def audio(self, call, session):
        if session.type == "single":
            return await call.body()
        return await super().audio(call, session)


@mutant("upload.row.9.size")
class TooLargeIs400(Server):
    def too_large(self):
        return Refusal(400, "chunk_too_large")


@mutant("upload.row.9.size")
class TooLargeHasAnotherCode(Server):
    def too_large(self):
        return Refusal(413, "payload_too_large")


@mutant("upload.limit.no_length")
class LengthRequired(Server):
    async def audio(self, call, session):
        if call.first("content-length") is None:
            raise Refusal(411, "length_required")
        return await super().audio(call, session)


@note("upload.row.10.empty")
class EmptyBodyTaken(Server):
    def empty(self):
        return _Taken()

    async def audio(self, call, session):
        try:
            return await super().audio(call, session)
        except _Taken:
            return b""


@note("upload.early.7", only=["upload.early"])
class BodyReadFirst(Server):
    async def upload(self, call, session_id, name):
        data = await call.body()

        async def again():
            return {"type": "http.request", "body": data}

        call.receive = again
        return await super().upload(call, session_id, name)


@mutant("upload.limit.over_chunked")
class TooLargeIsStoredFirst(Server):
    async def audio(self, call, session):
        data = await call.body()
        if len(data) > self.limit:
            self.put(session, 0, "wav", data)
            raise self.too_large()
        return data or self.empty_is_refused()

    def empty_is_refused(self):
        raise self.empty()


# --- MIME types


@mutant("upload.row.7.format")
class UnsupportedIs415(Server):
    def bad_format(self, given):
        return Refusal(415, "unsupported_media_type")


@mutant("upload.row.7.format")
class UnsupportedHasAnotherCode(Server):
    def bad_format(self, given):
        return Refusal(400, "unsupported_format")


@mutant("upload.spelling.case")
class TypesAreCaseSensitive(Server):
    def parse_type(self, text):
        essence = text.partition(";")[0]
        return super().parse_type(text) if essence == essence.lower() else text


@mutant("upload.spelling.quoted")
class QuotedCodecsRefused(Server):
    def parse_type(self, text):
        return text if '"' in text else super().parse_type(text)


@mutant("upload.spelling.space")
class SpaceAroundSemicolonRefused(Server):
    def parse_type(self, text):
        return text if re.search(r"\s;|;\s", text) else super().parse_type(text)


@mutant("upload.spelling.parameter_case")
class ParameterNameIsCaseSensitive(Server):
    def parse_type(self, text):
        return text if re.search("C[Oo]", text) else super().parse_type(text)


@mutant("upload.near_miss.plain_webm")
class PlainWebmTaken(Server):
    def parse_type(self, text):
        found = super().parse_type(text)
        return "audio/webm;codecs=opus" if found == "audio/webm" else found


@mutant("upload.near_miss.types", "upload.row.7.format")
class AnyAudioTaken(Server):
    def parse_type(self, text):
        found = super().parse_type(text)
        return "audio/wav" if found.startswith("audio/") and found not in TYPES else found


@mutant("upload.near_miss.types")
class TypesByPrefix(Server):
    def parse_type(self, text):
        found = super().parse_type(text)
        return next((known for known in TYPES if found.startswith(known)), found)


@mutant("upload.near_miss.codecs")
class CodecsByPrefix(Server):
    def parse_type(self, text):
        found = super().parse_type(text)
        codecs = found.startswith(("audio/webm;codecs=", "audio/ogg;codecs="))
        return found.partition(";")[0] + ";codecs=opus" if codecs else found


@note("upload.near_miss.parameters")
class OtherParametersIgnored(Server):
    def parse_type(self, text):
        return re.sub(r";(?!codecs)[^;]*", "", super().parse_type(text)).replace(
            "mp3;codecs=mp3", "mp3"
        )


@note("upload.near_miss.codecs_case")
class CodecsWithoutCase(Server):
    def parse_type(self, text):
        return super().parse_type(text).lower()


@mutant("upload.format.m4a")
class M4aForgotten(Server):
    def parse_type(self, text):
        found = super().parse_type(text)
        return "audio/x-m4a" if found == "audio/m4a" else found


@mutant("upload.format.ogg_opus")
class OggOpusForgotten(Server):
    def parse_type(self, text):
        found = super().parse_type(text)
        return "no" if found == "audio/ogg;codecs=opus" else found


@mutant("upload.infer.webm")
class NothingInferred(Server):
    def mime(self, call, name):
        if not call.first("content-type"):
            raise self.bad_format(name)
        return super().mime(call, name)


@mutant("upload.infer.unsupported")
class UnknownExtensionIsWebm(Server):
    def mime(self, call, name):
        if not call.first("content-type") and self.extension(name) not in ("wav", "mp3"):
            return "audio/webm;codecs=opus"
        return super().mime(call, name)


@note("upload.infer.upper")
class ExtensionsAreCaseSensitive(Server):
    def extension(self, name):
        return name.rpartition(".")[2]


@note("upload.infer.octet_stream", "upload.infer.form")
class GenericTypesRefused(Server):
    def parse_type(self, text):
        found = super().parse_type(text)
        return text if found == "generic" else found


@mutant("upload.row.7.format", "upload.near_miss.others")
class ExtensionBeatsHeader(Server):
    def mime(self, call, name):
        call.headers = [pair for pair in call.headers if pair[0] != "content-type"]
        return super().mime(call, name)


# --- names and storing


@note("upload.name.ascii")
class DigitsOfAllScripts(Server):
    def name(self, session, name):
        if not name.isascii() and re.fullmatch(r"[\w.-]+_[\d²]{1,9}\.\w+", name):
            return 1, "webm"
        return super().name(session, name)


@note("upload.row.8.name")
class AnyNameTaken(Server):
    def bad_name(self):
        return _Taken()

    def name(self, session, name):
        try:
            return super().name(session, name)
        except _Taken:
            return 0, "webm"


class _Taken(Exception):
    pass


@note("upload.name.too_long")
class LongNamesTaken(Server):
    def name(self, session, name):
        return super().name(session, name[-200:])


@note("upload.name.longest")
class LongestNameRefused(Server):
    def name(self, session, name):
        if len(name) > 254:
            raise Refusal(400, "invalid_request")
        return super().name(session, name)


class _Named(Server):
    """Stores under a text."""

    def key(self, number, name):
        return str(number)

    def put(self, session, number, extension, data):
        session.chunks[number] = (extension, len(data))


@mutant("store.leading_zeros")
class LeadingZerosKept(Server):
    def sequence(self, digits):
        return digits if digits.startswith("0") and len(digits) > 1 else int(digits)

    def listing(self, session):
        names = [f"{number}.{ext}" for number, (ext, _) in session.chunks.items()]
        return {"audio_files_received": len(names), "audio_files": sorted(names, key=_number)}


def _number(name):
    return int(name.partition(".")[0])


@mutant("store.order", "store.numeric_order")
class Lexicographic(Server):
    def listing(self, session):
        found = super().listing(session)
        return found | {"audio_files": sorted(found["audio_files"])}


@mutant("store.by_number", "store.listing")
class StoredUnderTheirNames(Server):
    async def upload(self, call, session_id, name):
        answer = await super().upload(call, session_id, name)
        self.find(session_id).body.setdefault("names", []).append(name)
        return answer

    def listing(self, session):
        return super().listing(session) | {"audio_files": session.body.get("names", [])}


@mutant("store.lower_case")
class ExtensionKeepsItsCase(Server):
    def name(self, session, name):
        number, extension = super().name(session, name)
        return number, extension and name.rpartition(".")[2]


@mutant("store.extension_of_name")
class ExtensionOfTheType(Server):
    def name(self, session, name):
        self.last = name
        return super().name(session, name)

    def mime(self, call, name):
        self.given = super().mime(call, name)
        return self.given

    def put(self, session, number, extension, data):
        if session.type == "chunked":
            extension = self.extension_of(self.given)
        super().put(session, number, extension, data)


@note("store.gaps")
class GapsRefused(Server):
    async def store(self, session, number, extension, data):
        if number is not None and number > max(session.chunks, default=-1) + 1:
            raise Refusal(400, "invalid_request")
        await super().store(session, number, extension, data)


@note("store.arrival")
class OrderOfArrivalRefused(Server):
    async def store(self, session, number, extension, data):
        if number is not None and number < max(session.chunks, default=-1):
            raise Refusal(400, "invalid_request")
        await super().store(session, number, extension, data)


class _Listed(Server):
    """Keeps a list of what was uploaded."""

    def put(self, session, number, extension, data):
        session.body.setdefault("listed", []).append(f"{number}.{extension}")
        super().put(session, number, extension, data)

    def keep(self, session, received):
        self.put(session, len(session.chunks), "wav", received)


@mutant("store.listing", only=["store.once"])
class ReplacingDuplicates(_Listed):
    def listing(self, session):
        names = sorted(session.body.get("listed", []), key=_number)
        return {"audio_files_received": len(names), "audio_files": names}


@note("store.replaced")
class ReplacementLost(Server):
    def put(self, session, number, extension, data):
        if number not in session.chunks:
            super().put(session, number, extension, data)


@note("store.retry")
class RetryRefused(Server):
    async def store(self, session, number, extension, data):
        if number in session.chunks:
            raise Refusal(409, "chunk_exists")
        await super().store(session, number, extension, data)


@mutant("store.by_number", only=["store.by_number"])
class NumbersFromOne(Server):
    def sequence(self, digits):
        return int(digits) + 1


@mutant("store.own_number")
class NumberedByArrival(Server):
    async def store(self, session, number, extension, data):
        await super().store(session, len(session.chunks), extension, data)


@mutant("store.refused")
class RefusedIsStored(Server):
    def mime(self, call, name):
        try:
            return super().mime(call, name)
        except Refusal:
            session = self.sessions[call.scope["path"].split("/")[-3]]
            session.chunks[9] = ("webm", 0)
            raise


@note("store.cut")
class CutUploadsStored(Server):
    async def audio(self, call, session):
        data = b""
        try:
            async for part in call.parts():
                data += part
                if len(data) > self.limit:
                    raise self.too_large()
        except ConnectionError:
            await asyncio.sleep(0.3)  # a server that is busy just then
        return data


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
        import posixpath

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


# --- states


@mutant("upload.row.4.ended")
class UploadAfterEnd(Server):
    processing = LONG

    def require_open(self, session):
        if self.state(session) != "processing" or session.id in self.ending:
            super().require_open(session)

    ending = ()


@mutant("upload.row.5.completed")
class UploadAfterCompletion(Server):
    async def upload(self, call, session_id, name):
        self.authorize(call)
        session = self.find(session_id)
        if self.state(session) in ("completed", "partial", "failed"):
            await call.body()
            return JSONResponse(self.uploaded(session, name))
        return await super().upload(call, session_id, name)


@mutant("upload.row.4.ended")
class EndedIs409(Server):
    processing = LONG

    def ended(self):
        return Refusal(409, "session_ended")


@mutant("upload.row.4.ended")
class EndedSaysCompleted(Server):
    processing = LONG

    def ended(self):
        return Refusal(400, "session_completed")


@mutant("upload.row.5.completed")
class CompletedSaysEnded(Server):
    def completed(self):
        return Refusal(400, "session_ended")


@mutant("upload.row.5.partial")
class UploadAfterPartial(Server):
    def require_open(self, session):
        if self.state(session) != "partial":
            super().require_open(session)


@note("state.end_twice")
class EndTwice(Server):
    async def end(self, call, session_id):
        self.authorize(call)
        session = self.find(session_id)
        if self.state(session) in ("processing", "completed"):
            return JSONResponse(self.ended_body(session), 202)
        return await super().end(call, session_id)


@note("race.two_ends")
class EndRace(Server):
    async def before_end(self, session):
        await asyncio.sleep(GAP)


@note("race.end_during_upload")
class UploadUnderWayOutlivesEnd(Server):
    def still_open(self, session):
        pass


@mutant("race.uploads_kept")
class UploadsLostAtEnd(Server):
    async def store(self, session, number, extension, data):
        await asyncio.sleep(GAP)
        if session.ended_at is None:
            await super().store(session, number, extension, data)


@mutant("together.uploads")
class LostUpdates(Server):
    async def store(self, session, number, extension, data):
        before = dict(session.chunks)
        await asyncio.sleep(GAP)
        session.chunks = before
        await super().store(session, number, extension, data)


@mutant("together.isolation")
class SessionsShareChunks(Server):
    shared = None

    def new_id(self, body):
        return super().new_id(body)

    async def create(self, call):
        answer = await super().create(call)
        type(self).shared = type(self).shared or {}
        list(self.sessions.values())[-1].chunks = type(self).shared
        return answer


@mutant("together.sessions")
class LastSessionWins(Server):
    async def upload(self, call, session_id, name):
        self.current = session_id
        return await super().upload(call, session_id, name)

    async def store(self, session, number, extension, data):
        await asyncio.sleep(GAP)
        await super().store(self.find(self.current), number, extension, data)


@mutant("state.forward", only=["state.completed.get"])
class GoesBack(Server):
    def state(self, session):
        state = super().state(session)
        if state == "completed":
            session.looks = getattr(session, "looks", 0) + 1
            return "processing" if session.looks == 3 else state
        return state


@mutant("state.table", only=["state.processing.get"])
class ProcessingIs200(Server):
    processing = LONG

    def http_status(self, state):
        return 200 if state == "processing" else super().http_status(state)


@mutant("state.table", only=["state.partial.get"])
class PartialIs200(Server):
    def http_status(self, state):
        return 200 if state == "partial" else super().http_status(state)


@mutant("state.recording.get")
class NeverRecording(Server):
    def state(self, session):
        state = super().state(session)
        return "created" if state == "recording" else state


@mutant("upload.row.3.expired")
class ExpiryForgotten(Server):
    def require_open(self, session):
        if self.state(session) != "expired":
            super().require_open(session)


@mutant("state.expired.get")
class ExpiredIsAnError(Server):
    async def get(self, call, session_id):
        if self.state(self.find(session_id)) == "expired":
            raise Refusal(410, "session_expired")
        return await super().get(call, session_id)


@mutant("upload.row.2.unknown")
class UnknownSessionIsMade(Server):
    def find(self, session_id):
        if session_id not in self.sessions:
            self.sessions[session_id] = Session(session_id, {"upload_type": "chunked"}, 3600)
        return self.sessions[session_id]


@mutant("upload.row.2.unknown")
class UnknownSessionIs400(Server):
    def no_session(self):
        return Refusal(400, "session_not_found")


@mutant("upload.row.2.unknown")
class UnknownSessionHasAnotherCode(Server):
    def no_session(self):
        return Refusal(404, "not_found")


@note("upload.row.6.stream")
class StreamTakesUploads(Server):
    async def upload(self, call, session_id, name):
        session = self.find(session_id)
        if session.type == "stream":
            session.type = "chunked"
        return await super().upload(call, session_id, name)


@note("upload.row.11.undecodable")
class SinglesAreNotDecoded(Server):
    def decodable(self, data, extension):
        pass


@mutant("single.format.wav")
class SinglesAreStoredLater(Server):
    async def store(self, session, number, extension, data):
        if session.type == "single":
            session.uploads += 1
            return
        await super().store(session, number, extension, data)


# --- errors


@mutant("errors.envelope", only=["upload.row"])
class ErrorsInHtml(Server):
    def envelope(self, refusal, scope):
        return HTMLResponse("<h1>Error</h1>", refusal.status, refusal.headers)


@mutant("errors.envelope", only=["upload.row"])
class ErrorsAsDetail(Server):
    def envelope(self, refusal, scope):
        return JSONResponse({"detail": refusal.code}, refusal.status, refusal.headers)


@mutant("errors.envelope", only=["upload.row"])
class ErrorsWithoutMessage(Server):
    def envelope(self, refusal, scope):
        body = {"error": {"code": refusal.code, "details": refusal.details}}
        return JSONResponse(body, refusal.status, refusal.headers)


@mutant("errors.content_type", only=["upload.row"])
class ErrorsAsText(Server):
    def envelope(self, refusal, scope):
        answer = super().envelope(refusal, scope)
        answer.headers["content-type"] = "text/plain"
        return answer


@mutant("errors.envelope", only=["paths"])
class UnknownPathInHtml(Server):
    def envelope(self, refusal, scope):
        if refusal.code in ("not_found", "method_not_allowed"):
            return PlainTextResponse("Not Found", refusal.status)
        return super().envelope(refusal, scope)


@mutant("errors.formats", only=["upload.row.7"])
class FormatsNotListed(Server):
    def bad_format(self, given):
        return Refusal(400, "invalid_audio_format")


@note("errors.challenge", only=["upload.row.1"])
class NoChallenge(Server):
    def no_token(self):
        return Refusal(401, "authentication_failed")


@note("errors.allow", only=["paths"])
class NoAllow(Server):
    def envelope(self, refusal, scope):
        refusal.headers.pop("Allow", None)
        return super().envelope(refusal, scope)


@mutant("create.schema.model")
class SchemaIs400(Server):
    def broken(self, path):
        return Refusal(400, "invalid_request", path=path)


@note("create.not_json")
class NotJsonIs422(Server):
    def not_json(self):
        return Refusal(422, "invalid_request", path="$")


@mutant("server.no_5xx", only=["create.not_json"])
class CrashesOnBadJson(Server):
    def not_json(self):
        return ValueError("Expecting value")


@mutant("server.no_5xx", only=["create.schema"])
class CrashesOnAList(Server):
    async def json(self, call, required=True):
        import json

        value = json.loads(await call.body() or b"{}")
        value.get("upload_type")
        return value


@mutant("auth.missing.createSession", "auth.missing.getSession")
class NoTokenIs403(Server):
    def no_token(self):
        return Refusal(403, "forbidden")


@mutant("auth.malformed.uploadAudio")
class AnySchemeTaken(Server):
    def authorize(self, call):
        if not call.first("authorization"):
            raise self.no_token()


@mutant("auth.missing.getSession")
class ReadingNeedsNoToken(Server):
    async def session(self, call, session_id):
        if call.scope["method"] == "GET":
            return await self.get(call, session_id)
        return await super().session(call, session_id)


@mutant("auth.discovery")
class DiscoveryNeedsAToken(Server):
    async def discovery(self, call):
        self.authorize(call)
        return await super().discovery(call)


# --- order


@note("upload.order.4_before_7", only=["upload.order.4_before_7", "upload.order.5_before_7"])
class FormatBeforeState(Server):
    async def upload(self, call, session_id, name):
        self.authorize(call)
        self.mime(call, name)
        return await super().upload(call, session_id, name)


@note("upload.order.2_before_9")
class SizeBeforeSession(Server):
    async def upload(self, call, session_id, name):
        if int(call.first("content-length") or 0) > self.limit:
            self.authorize(call)
            raise self.too_large()
        return await super().upload(call, session_id, name)


@note("upload.order.7_before_8")
class NameBeforeFormat(Server):
    def mime(self, call, name):
        for session in self.sessions.values():
            if session.id == call.scope["raw_path"].decode().split("/")[-3]:
                self.name(session, name)
        return super().mime(call, name)


@note("order.token_before_session", "upload.order.1_before_2")
class SessionBeforeToken(Server):
    async def respond(self, scope, receive):
        found = re.search(r"/sessions/([^/?]+)", scope["path"])
        if found:
            self.find(unquote(found[1]))
        return await super().respond(scope, receive)


@note("order.session_before_body")
class BodyBeforeSession(Server):
    async def end(self, call, session_id):
        self.authorize(call)
        data = await call.body()

        async def again():
            return {"type": "http.request", "body": data}

        call.receive = again
        await self.json(call, required=False)
        call.receive = again
        return await super().end(call, session_id)


# --- answers


@mutant("session.templates_list", only=["get.results"])
class TemplatesAsObject(Server):
    def templates(self, session, state):
        return {d["template"]: self.shown_document(d, state) for d in session.documents}


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


@mutant("time.utc", only=["create.answer"])
class TimesWithoutZone(Server):
    def stamp(self, moment):
        return moment.replace(tzinfo=None).isoformat()


@mutant("time.utc", only=["create.answer"])
class TimesInIndia(Server):
    def stamp(self, moment):
        return (moment + timedelta(hours=5, minutes=30)).strftime("%Y-%m-%dT%H:%M:%S+05:30")


@mutant("time.utc", only=["create.answer"])
class TimesAsNumbers(Server):
    def stamp(self, moment):
        return int(moment.timestamp())


@mutant("time.order", only=["state.completed.get"])
class CreationMoves(Server):
    def shown(self, session, state, call):
        session.created += timedelta(seconds=7)
        return super().shown(session, state, call)


@mutant("time.order", only=["create.answer"])
class ExpiresBeforeCreation(Server):
    def created(self, session, call):
        early = self.stamp(session.created - timedelta(hours=1))
        return super().created(session, call) | {"expires_at": early}


@mutant("session.upload_url.form", only=["create.answer"])
class UploadUrlIsRelative(Server):
    def upload_url(self, session, call):
        return f"{self.base}/sessions/{session.id}/audio"


@mutant("session.upload_url.works")
class UploadUrlIsElsewhere(Server):
    def upload_url(self, session, call):
        return f"http://{call.first('host')}/sessions/{session.id}/audio"


@mutant("session.upload_url.works")
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


@mutant("answers.schema", only=["upload.success"])
class UploadSaysLess(Server):
    def uploaded(self, session, name):
        return {"session_id": session.id, "success": True}


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


@mutant("create.echo")
class AdditionalDataDropped(Server):
    def shown(self, session, state, call):
        return super().shown(session, state, call) | {"additional_data": {}}


@mutant("patch.echo")
class PatchForgets(Server):
    def update(self, session, body):
        pass


@mutant("patch.echo")
class PatchReplacesAll(Server):
    def update(self, session, body):
        session.body = {"upload_type": session.type} | body


@note("patch.unknown_field")
class PatchTakesAnything(Server):
    def check_patch(self, body, known):
        self.check_fields(body)
        if not body:
            raise Refusal(400, "invalid_request")


@mutant("create.schema.templates")
class ThreeTemplatesTaken(Server):
    def max_templates(self):
        return 3


@mutant("create.schema.null")
class NullCountsAsAbsent(Server):
    def check_create(self, body):
        for name in [name for name, value in body.items() if value is None]:
            del body[name]
        super().check_create(body)


@mutant("create.own_id")
class OwnIdIgnored(Server):
    def new_id(self, body):
        return super().new_id({})


@note("create.own_id_taken")
class OwnIdOverwrites(Server):
    def new_id(self, body):
        self.sessions.pop(body.get("session_id"), None)
        return super().new_id(body)


@note("together.own_ids")
class OwnIdRace(Server):
    async def before_create(self):
        await asyncio.sleep(GAP)


@note("create.unknown_fields")
class UnknownFieldsRefused(Server):
    def check_create(self, body):
        if "no_such_field" in body:
            raise self.broken("$.no_such_field")
        super().check_create(body)


@mutant("discovery.formats_work")
class DiscoveryListsFlac(Server):
    def advertised_formats(self):
        return [*self.types, "audio/flac"]


@mutant("discovery.methods_work")
class DiscoveryListsWhatIsRefused(Server):
    upload_types = ("chunked", "single")

    def advertised_methods(self):
        return ["chunked", "single", "stream"]


@mutant("discovery.methods_all")
class DiscoveryHidesSingle(Server):
    def advertised_methods(self):
        return ["chunked", "stream"]


@mutant("discovery.cached")
class DiscoveryIsNotCached(Server):
    max_age = "no-store"


@mutant("discovery.base_url")
class DiscoveryPointsElsewhere(Server):
    def described(self, host):
        found = super().described(host)
        found["endpoints"]["base_url"] = f"{host}/api/v2"
        return found


@mutant("answers.schema", only=["discovery.cached"])
class DiscoveryWithoutModels(Server):
    def described(self, host):
        found = super().described(host)
        del found["models"]
        return found


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
        return _Taken()

    async def patch(self, call, session_id):
        try:
            return await super().patch(call, session_id)
        except _Taken:
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
class NegativeCountTaken(Server):
    async def json(self, call, required=True):
        body = await super().json(call, required)
        if isinstance(body.get("audio_files_sent"), int):
            body["audio_files_sent"] = abs(body["audio_files_sent"])
        return body


@mutant("store.end_lists")
class EndListsNothing(Server):
    def ended_body(self, session):
        return super().ended_body(session) | {"audio_files": [], "audio_files_received": 0}


@note("store.count", only=["store.by_number"])
class CountsUploadsNotChunks(Server):
    def received(self, session):
        return session.uploads + 1


# --- streams


@mutant("stream.connect")
class StreamWantsAuthorization(Server):
    async def websocket(self, socket):
        if "authorization" not in socket.headers:
            await self.deny(socket, Refusal(401, "authentication_failed"))
            return
        await super().websocket(socket)


@mutant("stream.binary")
class StreamIsNotStored(Server):
    def keep(self, session, received):
        pass


@mutant("stream.leave")
class StreamIsLostWithoutStop(Server):
    def __init__(self):
        super().__init__()
        self.stopped = WeakSet()

    def frame(self, text):
        found = super().frame(text)
        if found is None:
            self.stopped.add(asyncio.current_task())
        return found

    def keep(self, session, received):
        if asyncio.current_task() in self.stopped:
            super().keep(session, received)


@mutant("stream.stop")
class StreamStaysOpen(Server):
    def frame(self, text):
        found = super().frame(text)
        return b"" if found is None else found


@note("stream.odd_frame")
class OddFramesIgnored(Server):
    def frame(self, text):
        try:
            return super().frame(text)
        except (ValueError, KeyError):
            return b""


@note("stream.unknown")
class UnknownStreamIs403(Server):
    async def deny(self, socket, refusal):
        if refusal.status == 404:
            refusal = Refusal(403, "forbidden")
        await super().deny(socket, refusal)


@mutant("stream.not_ended")
class StreamEndsTheSession(Server):
    def keep(self, session, received):
        super().keep(session, received)
        self.finish(session, {})
