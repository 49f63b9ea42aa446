"""Schemathesis over both specs: what the spec allows, and what it does not, is answered by it."""

import pytest
import schemathesis
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st
from schemathesis import GenerationMode
from schemathesis.checks import not_a_server_error
from schemathesis.core.result import Ok
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from tests.support import ROOT, TOKEN


def usable(found):
    """An operation of a spec, once Schemathesis understands it."""
    assert isinstance(found, Ok)
    return found.ok()


CHECKS = [
    not_a_server_error,
    status_code_conformance,
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
]
SPECS = [ROOT / "openapi.yaml", ROOT / "handlers/scribe_mock/control.yaml"]
SCHEMAS = [schemathesis.openapi.from_path(path) for path in SPECS]
OPERATIONS = {
    operation.definition.raw["operationId"]: operation
    for schema in SCHEMAS
    for operation in map(usable, schema.get_all_operations())
}
STATES = ["created", "recording", "processing", "completed", "partial", "failed", "expired"]
SESSIONS = st.sampled_from([f"demo_session_{name}" for name in [*STATES, "stream"]]) | st.just("x")


@schemathesis.serializer(*(f"audio/{name}" for name in ("webm", "wav", "ogg", "mp4", "m4a", "mp3")))
def audio_bytes(ctx, value):
    """A body that is bytes already."""
    return value


#: These take nothing that could be wrong.
PLAIN = {"getDiscovery", "getHealth", "getLive", "getReady", "getMetrics", "getClock", "reset"}
TRIED = [(name, GenerationMode.POSITIVE) for name in OPERATIONS]
TRIED += [(name, GenerationMode.NEGATIVE) for name in OPERATIONS if name not in PLAIN]


@pytest.mark.parametrize(("name", "mode"), TRIED)
def test_answers_are_those_of_the_spec(mock, name, mode):
    operation = OPERATIONS[name]

    @settings(max_examples=8, suppress_health_check=list(HealthCheck))
    @given(case=operation.as_strategy(generation_mode=mode), session_id=SESSIONS)
    def attempt(case, session_id):
        if "session_id" in case.path_parameters:
            case.path_parameters["session_id"] = session_id
        if name == "releaseInOrder" and isinstance(case.body, dict):
            case.body["wait_seconds"] = 0  # for requests that never come
        mock.control("POST", "/reset")
        response = case.call(base_url=mock.url, headers=TOKEN)
        # A slash in a name makes another path, which is no operation's.
        assume(b'"code":"not_found"' not in response.content)
        case.validate_response(response, checks=CHECKS)

    attempt()
