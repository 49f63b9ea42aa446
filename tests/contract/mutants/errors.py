"""Faults in the form of errors."""

from starlette.responses import HTMLResponse, JSONResponse

from tests.contract.independent_server import Refusal, Server
from tests.contract.mutants.mutant import mutant, note


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


@mutant("errors.formats", only=["upload.row.7"])
class FormatsListedInPart(Server):
    def bad_format(self, given):
        listed = ["audio/wav", "audio/ogg"]
        return Refusal(400, "invalid_audio_format", provided_format=given, supported_formats=listed)


@note("errors.formats", only=["upload.row.7"])
class FormatsNotListed(Server):
    def bad_format(self, given):
        return Refusal(400, "invalid_audio_format")


@note("errors.challenge", only=["upload.row.1"])
class NoChallenge(Server):
    def no_token(self):
        return Refusal(401, "authentication_failed")
