"""Schemathesis: requests made from the schema, and links followed from one operation to the next.

It runs in a thread of its own, sends through the run's wire and never prints. What it may object
to is narrowed to what the contract promises: the statuses and bodies of answers, bad JSON that is
taken and good JSON that is refused. Binary bodies break no schema, whatever bytes they have.
"""

import asyncio
import json
import warnings
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import CancelledError
from dataclasses import replace
from typing import Any, cast
from urllib.parse import urlsplit

import hypothesis
from jsonschema import Draft4Validator

from scribe_mock.contract.core import specification
from scribe_mock.contract.core.exceptions import Skip
from scribe_mock.contract.core.fault import Fault
from scribe_mock.contract.core.grade import Grade
from scribe_mock.contract.core.marks import MARK
from scribe_mock.contract.core.probe import Probe, ProbeSession
from scribe_mock.contract.core.samples import WEBM
from scribe_mock.contract.fuzzing.narrowing import BINARY, narrowed
from scribe_mock.contract.transport.message import Answer, Request

with warnings.catch_warnings():
    # It imports whatever is installed, and some of that warns.
    warnings.simplefilter("ignore")
    import requests
    import schemathesis
    from schemathesis import Case, Response
    from schemathesis.checks import not_a_server_error
    from schemathesis.core.failures import FailureGroup
    from schemathesis.openapi.checks import UndefinedStatusCode
    from schemathesis.specs.openapi import checks as openapi_checks

#: Examples of one operation and mode, of linked scenarios, and steps in each of these.
EXAMPLES, SCENARIOS, STEPS = 15, 6, 8

_CHECKS = (
    not_a_server_error,
    openapi_checks.status_code_conformance,
)

#: Constraints of request schemas that are inferred: a server may be more or less strict.
_INFERRED = {
    "session_id": ("maxLength", "pattern"),
    "templates": ("uniqueItems", "items"),
    "language_hint": ("items",),
    "transcript_language": ("pattern",),
}


class Fuzzer:
    """Drives Schemathesis for one rule.

    Args:
        probe: The rule's hands.
    """

    def __init__(self, probe: Probe) -> None:
        self._probe = probe
        self._loop = asyncio.get_running_loop()
        self._stopped = ""
        self._faults: list[Fault] = []
        base = probe.options.base
        self._base_url = str(base.origin)
        self._schema = schemathesis.openapi.from_dict(narrowed(base.path))
        self._schema.config.update(base_url=self._base_url)

    async def operation(
        self, operation_id: str, mode: schemathesis.GenerationMode, session: ProbeSession | None
    ) -> list[Fault]:
        """Try one operation with data that fits its schema, or doesn't.

        Raises:
            Skip: the server could not be asked.
        """
        return await self._threaded(lambda: self._examples(operation_id, mode, session))

    async def links(self) -> list[Fault]:
        """Follow the links of the document from Create session on; raises Skip."""
        return await self._threaded(self._scenarios)

    async def _threaded(self, work: Callable[[], None]) -> list[Fault]:
        def quietly() -> None:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")
                work()

        async with self._probe.run.one_fuzzer:
            await asyncio.to_thread(quietly)
        if self._stopped and not self._faults:
            raise Skip(self._stopped)
        return self._faults

    def _examples(
        self, operation_id: str, mode: schemathesis.GenerationMode, session: ProbeSession | None
    ) -> None:
        operation = self._schema.find_operation_by_id(operation_id)
        given = {"session_id": session.session_id} if session else None
        strategy = operation.as_strategy(generation_mode=mode, path_parameters=given)

        @hypothesis.seed(self._probe.options.seed)
        @_settings(EXAMPLES)
        @hypothesis.given(case=strategy)
        def try_one(case: Any) -> None:
            if not self._stopped:
                response = self._call(case)
                if response is not None:
                    self._judge(case, response)

        try_one()

    def _scenarios(self) -> None:
        fuzzer = self
        machine = self._schema.as_state_machine()

        class Linked(machine):  # type: ignore[valid-type, misc]
            """Schemathesis's machine, sending through our wire and collecting what fails."""

            def call(self, case: Any, **kwargs: Any) -> Any:
                response = None if fuzzer._stopped else fuzzer._call(case)
                return response or _nothing(case, fuzzer._base_url)

            def validate_response(self, response: Any, case: Any, *rest: Any, **more: Any) -> None:
                if response.status_code:
                    fuzzer._judge(case, response)

        hypothesis.seed(self._probe.options.seed)(Linked)
        with_steps = hypothesis.settings(_settings(SCENARIOS), stateful_step_count=STEPS)
        Linked.run(settings=with_steps)

    def _call(self, case: Any) -> Any:
        """Send a case through the run's wire; None when it can't be sent."""
        request, prepared = self._request(case)
        future = asyncio.run_coroutine_threadsafe(self._probe.send(request), self._loop)
        try:
            answer = future.result()
        except Skip as skip:
            # One operation that fails is a finding of its own; the others go on.
            if self._probe.run.gone or "--max-bytes" in str(skip):
                self._stopped = str(skip)
            return None
        except CancelledError:
            self._stopped = "the run was stopped"  # this thread would go on asking all the same
            return None
        return _response(answer, prepared)

    def _request(self, case: Any) -> tuple[Request, Any]:
        arguments = case.as_transport_kwargs(base_url=self._base_url)
        arguments.pop("cookies", None)
        prepared = requests.Request(
            **{key: arguments[key] for key in arguments if key in _REQUEST_FIELDS}
        ).prepare()
        parts = urlsplit(prepared.url or "")
        body = prepared.body
        sent = body.encode() if isinstance(body, str) else cast("bytes | None", body)
        headers = tuple(
            (name, WEBM if value == BINARY else str(value))
            for name, value in prepared.headers.items()
            if name.lower() not in _OURS
        )
        operation = case.operation.definition.raw["operationId"]
        if operation in ("createSession", "updateSession"):
            sent = _marked(sent, operation, self._probe.run.name)
        request = self._probe.request(
            case.method,
            "",
            at=None,
            body=sent,
            headers=headers,
            operation=operation,
            label=f"{operation} with {_label(sent)}",
        )
        target = parts.path + (f"?{parts.query}" if parts.query else "")
        return replace(request, target=target), prepared

    def _judge(self, case: Any, response: Any) -> None:
        operation = case.operation.definition.raw["operationId"]
        checks = list(_CHECKS)
        if operation != "uploadAudio" and case.meta is not None:
            checks += [
                openapi_checks.negative_data_rejection,
                openapi_checks.positive_data_acceptance,
            ]
        try:
            case.validate_response(response, checks=checks)
        except FailureGroup as group:
            for failure in group.exceptions:
                self._object(operation, failure, response)

    def _object(self, operation: str, failure: Any, response: Any) -> None:
        answer: Answer = response.request.answer
        if answer.broken or answer.status in (401, 403, 429):
            return
        kind = type(failure).__name__
        grade: Grade | None = None
        if kind in ("AcceptedNegativeData", "RejectedPositiveData"):
            if not _is_about_body(answer, operation):
                return
            grade = _grade(answer, operation) if answer.accepted else Grade.INFERRED
        elif not isinstance(failure, UndefinedStatusCode):
            return  # bodies are judged on every answer, by rules that name the field
        self._faults.append(
            Fault(
                expected=_EXPECTED.get(kind, "an answer as the schema says"),
                got=f"{answer} for {operation} with {_label(answer.request.body)}",
                answer=answer,
                key=f"{operation}|{kind}|{answer.status}",
                grade=grade,
            )
        )


_REQUEST_FIELDS = ("method", "url", "headers", "params", "json", "data", "files")
#: Fields that are not Schemathesis's to send; who asks for gzip gets gzip, which no rule reads.
_OURS = frozenset(
    {
        "accept-encoding",
        "authorization",
        "connection",
        "content-length",
        "host",
        "transfer-encoding",
    }
)
_EXPECTED = {
    "AcceptedNegativeData": "JSON that breaks the schema is refused",
    "RejectedPositiveData": "JSON that keeps the schema is accepted",
    "UndefinedStatusCode": "a status that the operation documents",
}


def _settings(examples: int) -> hypothesis.settings:
    return hypothesis.settings(
        max_examples=examples,
        database=None,
        deadline=None,
        derandomize=False,
        phases=[hypothesis.Phase.generate],
        verbosity=hypothesis.Verbosity.quiet,
        suppress_health_check=list(hypothesis.HealthCheck),
        print_blob=False,
    )


def _nothing(case: Any, base_url: str) -> Any:
    """A response for a case that could not be sent."""
    prepared = requests.Request(method="GET", url=base_url).prepare()
    return Response(
        status_code=0, headers={}, content=b"", request=prepared, elapsed=0.0, verify=False
    )


def _response(answer: Answer, prepared: Any) -> Any:
    headers: dict[str, list[str]] = {}
    for name, value in answer.headers:
        headers.setdefault(name.lower(), []).append(value)
    prepared.answer = answer
    return Response(
        status_code=answer.status,
        headers=headers,
        content=answer.body,
        request=prepared,
        elapsed=answer.ended - answer.began,
        verify=False,
        encoding="utf-8",
    )


def _marked(body: bytes | None, operation: str, name: str) -> bytes | None:
    """A body with the run's mark among its additional_data, where it has or may have such."""
    try:
        value = json.loads(body or b"")
    except (ValueError, RecursionError):
        return body
    absent: Any = {} if operation == "createSession" else None
    data = value.get("additional_data", absent) if isinstance(value, dict) else None
    if not isinstance(data, dict):
        return body
    return json.dumps(value | {"additional_data": {MARK: name} | data}).encode()


def _label(body: bytes | None) -> str:
    if body is None:
        return "no body"
    text = body[:80].decode("utf-8", "replace")
    return f"the body {text!r}" if len(body) <= 80 else f"the body {text!r}…"


def _is_about_body(answer: Answer, operation: str) -> bool:
    """Whether the JSON body that crossed the wire is why the objection was made.

    Schemathesis also negates header fields and paths, which mean something else by the time they
    are sent; and a session's state refuses what keeps the schema.
    """
    schema = specification.operations()[operation].request
    value = _sent(answer)
    if schema is None or value is None:
        return False
    valid = Draft4Validator(schema).is_valid(value)
    if answer.accepted:
        return not valid
    return valid and value != {} and answer.code in ("invalid_request", "")


def _sent(answer: Answer) -> Any:
    """The JSON that was sent; None when it was none."""
    try:
        return json.loads(answer.request.body or b"")
    except (ValueError, RecursionError):
        return None


def _grade(answer: Answer, operation: str) -> Grade | None:
    """How sure it is that an accepted body breaks the schema; weaker where only taste is broken."""
    schema = specification.operations()[operation].request
    if schema is None or operation in ("login", "refreshToken"):
        return Grade.INFERRED
    relaxed = Draft4Validator(dict(_relaxed(schema)))
    return Grade.INFERRED if relaxed.is_valid(_sent(answer)) else None


def _relaxed(schema: Mapping[str, Any]) -> Iterator[tuple[str, Any]]:
    """A request schema without what is inferred in it."""
    for key, value in schema.items():
        if key == "additionalProperties":
            continue
        if key == "properties":
            yield (
                key,
                {
                    name: {
                        word: part
                        for word, part in field.items()
                        if word not in _INFERRED.get(name, ())
                    }
                    for name, field in value.items()
                },
            )
        else:
            yield key, value


__all__ = ["Case", "Fuzzer"]
