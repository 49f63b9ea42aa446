"""Requests that are made at random from the schemas."""

import json
from random import Random

import pytest
from jsonschema import Draft4Validator

from scribe_mock.contract.core.specification import operations
from scribe_mock.contract.fuzzing.breaking import broken
from scribe_mock.contract.fuzzing.values import valid
from tests.contract.checking import named, run
from tests.contract.independent_server import Server
from tests.contract.independent_server.refusal import Refusal

SCHEMAS = {one.operation_id: one.request for one in operations().values() if one.request}


@pytest.fixture(params=sorted(SCHEMAS))
def schema(request):
    return SCHEMAS[request.param]


def test_what_should_keep_a_schema_keeps_it(schema):
    allows = Draft4Validator(schema).is_valid
    values = [valid(schema, Random(seed)) for seed in range(200)]
    assert [value for value in values if not allows(value)] == []
    assert len({json.dumps(value) for value in values}) > 10


def test_every_field_is_filled_in_and_left_out(schema):
    values = [valid(schema, Random(seed)) for seed in range(200)]
    for name in schema["properties"]:
        assert any(name in value for value in values), name
        assert name in schema.get("required", ()) or any(name not in value for value in values)


def test_what_should_break_a_schema_breaks_it_in_every_field(schema):
    allows = Draft4Validator(schema).is_valid
    value = valid(schema, Random(1))
    values = broken(schema, value, Random(1))
    assert [value for value in values if allows(value)] == []
    for name in schema["properties"]:
        others = [
            one for one in values if isinstance(one, dict) and one.get(name) != value.get(name)
        ]
        assert others, name


def test_the_seed_decides(schema):
    assert valid(schema, Random(5)) == valid(schema, Random(5))


class TakesAnything(Server):
    """Stores whatever JSON object it gets."""

    def check_fields(self, body):
        pass

    def check_create(self, body):
        pass


class Teapot(Server):
    """Answers an undocumented status to a query parameter that it does not know."""

    async def respond(self, scope, receive):
        if b"no_such_parameter" in scope["query_string"]:
            raise Refusal(418, "teapot")
        return await super().respond(scope, receive)


class Forgetful(Server):
    """Get has an undocumented status once the session is ended."""

    async def get(self, call, session_id):
        if self.find(session_id).ended_at is not None:
            raise Refusal(409, "busy")
        return await super().get(call, session_id)


@pytest.mark.parametrize(
    ("server", "rule"),
    [
        (TakesAnything, "fuzz.schema.createSession"),
        (TakesAnything, "fuzz.schema.updateSession"),
        (Teapot, "fuzz.schema.getSession"),
        (Teapot, "fuzz.schema.uploadAudio"),
        (Forgetful, "fuzz.links"),
    ],
)
def test_a_fault_that_only_odd_requests_show_is_found(server, rule):
    assert rule in named(run(server(), only=(rule,)))


@pytest.mark.parametrize("seed", range(3))
def test_a_correct_server_passes_at_any_seed(seed):
    report = run(Server(), only=("fuzz",), seed=seed)
    assert [(one.rule.id, one.fault.got) for one in report.findings] == []


def test_a_refusal_of_what_the_schema_allows_is_a_note():
    class Refusing(Server):
        def check_create(self, body):
            super().check_create(body)
            if body.get("session_mode") == "consultation":
                raise Refusal(400, "invalid_request")

    (note,) = run(Refusing(), only=("fuzz.schema.createSession",)).findings
    assert note.is_note
    assert note.fault.expected == "JSON that keeps the schema is accepted"


def test_operations_and_modes_are_tried_at_the_same_time():
    class Gathering(Server):
        now = most = 0

        async def __call__(self, scope, receive, send):
            self.now += 1
            self.most = max(self.most, self.now)
            await super().__call__(scope, receive, send)
            self.now -= 1

    app = Gathering()
    run(app, only=("fuzz.schema",))
    assert app.most > 4
