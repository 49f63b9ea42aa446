"""Traces for OpenTelemetry: a collector of the test gets what the command sends."""

import json
import os
import signal
import subprocess
import sys
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread

import pytest

from tests.support import Mock
from tests.test_cli import started

TRACE, SPAN = "0af7651916cd43dd8448eb211c80319c", "b7ad6b7169203331"
PARENT = f"00-{TRACE}-{SPAN}-01"


@contextmanager
def collector():
    """A collector of traces; its address, and the bodies that it got."""
    bodies = []

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self):
            bodies.append(self.rfile.read(int(self.headers["Content-Length"])))
            self.send_response(200)
            self.send_header("Content-Length", "0")
            self.end_headers()

        def log_message(self, *_):
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}", bodies
        server.shutdown()


def spans(bodies):
    """The spans in what a collector got."""
    proto = pytest.importorskip("opentelemetry.proto.collector.trace.v1.trace_service_pb2")
    requests = [proto.ExportTraceServiceRequest.FromString(body) for body in bodies]
    resources = [resource for request in requests for resource in request.resource_spans]
    return [span for r in resources for scope in r.scope_spans for span in scope.spans]


def attributes(span):
    return {pair.key: pair.value.string_value or pair.value.int_value for pair in span.attributes}


def test_a_request_is_a_span_that_continues_the_callers_trace():
    with collector() as (address, bodies):
        options = ["--port", "0", "--log-format", "json"]
        with started(*options, OTEL_EXPORTER_OTLP_ENDPOINT=address) as server:
            mock = Mock(server.url, {"Authorization": "Bearer my-own-token"})
            session = mock.create()
            session.upload("mister.x_0.webm", b"12345", traceparent=PARENT)
            session.upload("wrong", traceparent="00-broken")
            mock.close()
            _, log = server.stopped(signal.SIGTERM)
    created, stored, refused = spans(bodies)
    assert [span.name for span in (created, stored, refused)] == [
        *("createSession", "uploadAudio", "uploadAudio")
    ]
    assert (stored.trace_id.hex(), stored.parent_span_id.hex()) == (TRACE, SPAN)
    assert refused.trace_id.hex() not in ("", TRACE)
    assert attributes(stored)["http.response.status_code"] == 200
    assert attributes(stored)["http.request.body.size"] == 5
    assert attributes(refused)["error.type"] == "invalid_request"
    assert not any(secret in b"".join(bodies) for secret in (b"my-own-token", b"mister", b"12345"))
    logged = [json.loads(line)["trace_id"] for line in log.splitlines()]
    assert logged == [span.trace_id.hex() for span in (created, stored, refused)]


@pytest.mark.parametrize(
    "environment",
    [{}, {"OTEL_EXPORTER_OTLP_ENDPOINT": "http://127.0.0.1:9", "OTEL_SDK_DISABLED": "true"}],
)
def test_without_an_address_nothing_of_opentelemetry_is_imported(environment):
    code = (
        "import sys; from tests.support import running\n"
        "with running() as mock: mock.create()\n"
        "print([name for name in sys.modules if name.startswith('opentelemetry')])"
    )
    done = subprocess.run(
        [sys.executable, "-c", code],
        env=os.environ | {"OTEL_EXPORTER_OTLP_ENDPOINT": ""} | environment,
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stdout.strip() == "[]"


def test_without_the_sdk_an_address_changes_nothing():
    code = (
        "import sys; sys.modules['opentelemetry'] = None\n"
        "from tests.support import running\n"
        "with running() as mock: print(mock.create().upload().status_code)"
    )
    environment = os.environ | {"OTEL_EXPORTER_OTLP_ENDPOINT": "http://127.0.0.1:9"}
    done = subprocess.run(
        [sys.executable, "-c", code], env=environment, capture_output=True, text=True, check=False
    )
    assert (done.stdout.strip(), done.stderr) == ("200", "")
