"""Traces of requests for OpenTelemetry, where its SDK is installed and an address for them is set.

The module is imported without OpenTelemetry; what needs it is imported when tracing starts. Where
traces go, and what is sampled, is set by OpenTelemetry's own variables (`OTEL_…`).
"""

from collections.abc import Mapping
from importlib.util import find_spec
from typing import Any

from starlette.types import Scope

from scribe_mock import __version__

#: One of these says where traces go; without it nothing is traced.
_ADDRESSES = ("OTEL_EXPORTER_OTLP_ENDPOINT", "OTEL_EXPORTER_OTLP_TRACES_ENDPOINT")
_EXPORTER = "opentelemetry.exporter.otlp.proto.http"
_SERVER_ERROR = 500


def start_tracing(environ: Mapping[str, str]) -> "Tracing | None":
    """Traces of one server; None if OpenTelemetry is not installed or no address is set.

    Args:
        environ: The environment variables.
    """
    disabled = environ.get("OTEL_SDK_DISABLED", "").lower() == "true"
    if disabled or not any(map(environ.get, _ADDRESSES)):
        return None
    try:
        installed = find_spec(_EXPORTER) and find_spec("opentelemetry.sdk.trace")
    except ModuleNotFoundError:  # not even the package above them
        return None
    return Tracing(environ) if installed else None


class Tracing:
    """A span for each request; one with a valid `traceparent` continues the caller's trace.

    A span has the operation, the status, the error code and the sizes: no path, no header field
    and no body, so no name and no token.

    Args:
        environ: The environment variables.
    """

    def __init__(self, environ: Mapping[str, str]) -> None:
        from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
        from opentelemetry.sdk.resources import SERVICE_NAME, Resource
        from opentelemetry.sdk.trace import TracerProvider
        from opentelemetry.sdk.trace.export import BatchSpanProcessor
        from opentelemetry.trace.propagation.tracecontext import TraceContextTextMapPropagator

        name = environ.get("OTEL_SERVICE_NAME") or "scribe-mock"
        self._provider = TracerProvider(resource=Resource.create({SERVICE_NAME: name}))
        self._provider.add_span_processor(BatchSpanProcessor(OTLPSpanExporter()))
        self._tracer = self._provider.get_tracer("scribe_mock", __version__)
        self._propagator = TraceContextTextMapPropagator()

    def begin(self, scope: Scope) -> Any:
        """Begin the span of a request or a stream; the log gets the id of its trace."""
        from opentelemetry.trace import SpanKind

        carrier = {
            name.decode("latin-1"): value.decode("latin-1")
            for name, value in scope["headers"]
            if name in (b"traceparent", b"tracestate")
        }
        parent = self._propagator.extract(carrier)
        method = scope.get("method", "GET")
        span = self._tracer.start_span(method, parent, SpanKind.SERVER)
        span.set_attribute("http.request.method", method)
        scope["scribe_mock.trace_id"] = f"{span.get_span_context().trace_id:032x}"
        return span

    def finish(
        self,
        span: Any,
        operation: str | None,
        status: int,
        code: str | None,
        received: int,
        sent: int,
    ) -> None:
        """End a span.

        Args:
            span: As `begin` returned it.
            operation: Its operationId.
            status: The status of the answer; 0 for none.
            code: The error code.
            received: Bytes of its body.
            sent: Bytes of the answer's body.
        """
        from opentelemetry.trace import StatusCode

        if operation:
            span.update_name(operation)
            span.set_attribute("scribe_mock.operation", operation)
        if status:
            span.set_attribute("http.response.status_code", status)
        if code:
            span.set_attribute("error.type", code)
        span.set_attribute("http.request.body.size", received)
        span.set_attribute("http.response.body.size", sent)
        if status >= _SERVER_ERROR or not status:
            span.set_status(StatusCode.ERROR)
        span.end()

    def close(self) -> None:
        """Send what was not sent yet; it blocks the thread."""
        self._provider.shutdown()
