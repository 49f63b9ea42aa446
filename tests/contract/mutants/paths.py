"""Faults for paths and methods that the contract doesn't have."""

from starlette.responses import PlainTextResponse

from tests.contract.independent_server import Server
from tests.contract.mutants.mutant import mutant, note


@mutant("errors.envelope", only=["paths"])
class UnknownPathInHtml(Server):
    def envelope(self, refusal, scope):
        if refusal.code in ("not_found", "method_not_allowed"):
            return PlainTextResponse("Not Found", refusal.status)
        return super().envelope(refusal, scope)


@note("errors.allow", only=["paths"])
class NoAllow(Server):
    def envelope(self, refusal, scope):
        refusal.headers.pop("Allow", None)
        return super().envelope(refusal, scope)


@note("browser.preflight")
class PreflightKnowsFewHeaders(Server):
    def allowed_headers(self, call):
        return "Authorization, Content-Type"
