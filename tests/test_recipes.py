"""Every documented error has advice and a recipe, and each form of each recipe brings it about."""

import asyncio
import json
import subprocess
import time

import httpx
import pytest
import yaml

from scribe_mock import MockServer, Settings
from scribe_mock.contract.core.options import Options
from scribe_mock.contract.core.probe import Probe
from scribe_mock.contract.core.run import Run
from scribe_mock.contract.recipes.following import follow
from scribe_mock.contract.recipes.recipe_list import RECIPES
from scribe_mock.contract.transport.address import Address
from scribe_mock.spec import shipped
from scribe_mock.web.docs.catalogue import catalogue
from scribe_mock.web.docs.samples import ADDRESS
from tests.support import PATIENCE

SPEC = yaml.load(shipped("openapi.yaml").read_text("utf-8"), Loader=yaml.CSafeLoader)
CASES = [case for operation in catalogue(SPEC) for case in operation.cases]
RUNNABLE = [case for case in CASES if case.snippets]
#: What no client can bring about, or only by breaking HTTP.
EXPLAINED = {(500, "internal_error"), (503, "service_unavailable"), (401, "token_expired")} | {
    (400, "invalid_request"),
    (408, "request_timeout"),
    (429, "rate_limit_exceeded"),
    (431, "headers_too_large"),
    (403, "audio_not_enabled"),
    (404, "audio_not_available"),
    (416, "range_not_satisfiable"),
}


def by_anchor(cases):
    return pytest.mark.parametrize("case", cases, ids=lambda case: case.anchor)


@pytest.fixture(scope="module")
def mocks():
    """A mock that processes soon, and one that does so for longer than any test takes."""
    quick = Settings(port=0, quiet=True, processing_seconds=0.3)
    slow = Settings(port=0, quiet=True, processing_seconds=3000)
    with MockServer(quick) as soon, MockServer(slow) as late:
        yield soon, late


@pytest.fixture
def mock(mocks, case):
    """The mock on which a recipe works however slow its steps are."""
    soon, late = mocks
    return soon if any(step.until for step in case.recipe.steps) else late


def lacking(case):
    """What an error's documentation lacks."""
    recipe, explained = case.recipe, (case.status, case.code) in EXPLAINED
    present = {
        "a grade": case.grade in ("documented", "protocol", "inferred"),
        "a meaning": case.meaning,
        "a message": case.message,
        "advice, in advice.py": case.advice,
        "a recipe, in contract/recipes": recipe,
        "steps, or why there are none": case.explanation or (recipe and recipe.steps),
        "a place in EXPLAINED": explained or not case.explanation,
        "a reason in its recipe": not case.explanation
        or (recipe and recipe.why_not)
        or case.operation == "outside",
    }
    return [what for what, is_there in present.items() if not is_there]


def test_errors_are_complete():
    assert {case.anchor: lacking(case) for case in CASES if lacking(case)} == {}


def test_no_recipe_is_for_an_error_that_the_spec_does_not_have():
    listed = {(case.operation, case.status, case.code) for case in CASES}
    known = {(one.operation or "outside", one.status, one.code) for one in RECIPES}
    # An expired session and an empty history have a body of their own.
    own = {("getSession", 410, "expired"), ("listSessions", 404, "")}
    assert {one for one in known if one[1] >= 400} - own == listed


@by_anchor(RUNNABLE)
def test_the_steps_bring_the_error_about(mock, case):
    answer = asyncio.run(followed(mock, case.recipe))
    assert_promised(case, answer.status, json.loads(answer.body))


async def followed(mock, recipe):
    """The last answer, as `scribe-mock check` gets it."""
    run = Run(Options(base=Address.parse(mock.base_url)), {}, {})
    return await follow(Probe(run), recipe)


@by_anchor(RUNNABLE)
def test_the_run_button_brings_the_error_about(mock, case):
    values = {"token": "any"}
    with httpx.Client(base_url=mock.url, timeout=PATIENCE, verify=False) as client:
        for step in case.program["steps"]:
            headers = {name: filled(to, values) for name, to in step["headers"].items()}
            path = filled(step["path"], values)
            request = client.build_request(
                step["method"], path, headers=headers, content=body_of(step, values)
            )
            answer = client.send(request)
            while step["repeats"] and answer.status_code == 202:
                time.sleep(0.1)
                answer = client.send(request)
            if step["names"]:
                value = answer.json()
                for key in step["keys"]:
                    value = value[key]
                values[step["names"]] = value
    assert_promised(case, answer.status_code, answer.json())


@by_anchor(RUNNABLE)
def test_the_curl_sample_brings_the_error_about(mock, case):
    script = case.snippets["curl"].replace(ADDRESS, mock.url)
    done = subprocess.run(
        ["bash", "-eu", "-o", "pipefail"], input=script, capture_output=True, text=True, check=True
    )
    head, _, body = done.stdout.rpartition("\n\n")
    status = head.rpartition("HTTP/1.1 ")[2][:3]
    assert_promised(case, int(status), json.loads(body))


@by_anchor(RUNNABLE)
def test_the_pytest_sample_passes(mock, case):
    names: dict = {}
    exec(compile(case.snippets["pytest"].replace(ADDRESS, mock.url), case.anchor, "exec"), names)
    names[f"test_{case.code}"]()


def filled(text, values):
    for name, value in values.items():
        text = text.replace(f"{{{name}}}", value)
    return text


def body_of(step, values):
    if step["text"] is None:
        return bytes(step["size"]) or None
    return filled(step["text"], values).ljust(step["size"])


def assert_promised(case, status, body):
    assert (status, body["error"]["code"]) == (case.status, case.code)
