"""Every documented error has advice and a recipe, and each form of each recipe brings it about."""

import json
import subprocess

import httpx
import pytest
import yaml

from scribe_mock import MockServer, Settings
from scribe_mock.apidocs.catalogue import catalogue
from scribe_mock.apidocs.recipes import recipes
from scribe_mock.apidocs.samples import ADDRESS, filled
from scribe_mock.shipped import shipped

SPEC = yaml.load(shipped("openapi.yaml").read_text("utf-8"), Loader=yaml.CSafeLoader)
CASES = [case for operation in catalogue(SPEC) for case in operation.cases]
RUNNABLE = [case for case in CASES if case.snippets]
#: What no client can bring about, or only by breaking HTTP.
EXPLAINED = {(500, "internal_error"), (503, "service_unavailable")} | {
    (400, "invalid_request"),
    (408, "request_timeout"),
    (431, "headers_too_large"),
}


def by_anchor(cases):
    return pytest.mark.parametrize("case", cases, ids=lambda case: case.anchor)


@pytest.fixture(scope="module")
def mock():
    with MockServer(Settings(port=0, quiet=True)) as server:
        yield server


@by_anchor(CASES)
def test_an_error_is_complete(case):
    assert case.grade in ("documented", "protocol", "inferred")
    assert case.meaning
    assert case.message
    assert case.advice, "no advice: add it to advice.py"
    assert case.recipe, "no recipe: add it to recipes.py"
    if not case.recipe.steps:
        assert case.recipe.explanation
        assert (case.status, case.code) in EXPLAINED


def test_no_recipe_is_for_an_error_that_the_spec_does_not_have():
    listed = {(case.operation, case.status, case.code) for case in CASES}
    assert set(recipes()) <= listed


@by_anchor(RUNNABLE)
def test_the_steps_bring_the_error_about(mock, case):
    values = {"token": "any"}
    with httpx.Client(base_url=mock.url, timeout=30) as client:
        for step in case.recipe.steps:
            headers = {name: filled(value, values) for name, value in step.headers.items()}
            path = filled(step.path, values)
            answer = client.request(step.method, path, headers=headers, content=body_of(step))
            for name, pointer in step.save.items():
                values[name] = answer.json()[pointer.removeprefix("/")]
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
    names = {}
    exec(compile(case.snippets["pytest"].replace(ADDRESS, mock.url), case.anchor, "exec"), names)
    names[f"test_{case.code}"]()


def body_of(step):
    if step.size is not None:
        return bytes(step.size)
    if step.body is None or isinstance(step.body, str):
        return step.body
    return json.dumps(step.body)


def assert_promised(case, status, body):
    assert (status, body["error"]["code"]) == (case.status, case.code)
