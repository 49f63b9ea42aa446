"""Schemathesis: requests made from the schema, and links followed from one operation to the next.

It runs in a thread, sends through the run's wire and never prints. Its objections are limited to
what the contract promises: documented status codes, a refusal of JSON that breaks the schema, and
a success for JSON that keeps it. Any bytes are a valid binary body.
"""

import asyncio
import os
import warnings
from collections.abc import Callable, Iterator
from concurrent.futures import CancelledError
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any, cast
from urllib.parse import urlsplit

import hypothesis
from hypothesis.configuration import set_hypothesis_home_dir, storage_directory

from scribe_mock.contract.core.exceptions import Skip
from scribe_mock.contract.core.fault import Fault
from scribe_mock.contract.core.grade import Grade
from scribe_mock.contract.core.probe import Probe, ProbeSession
from scribe_mock.contract.core.samples import WEBM
from scribe_mock.contract.fuzzing.json_bodies import grade_of, is_about_body, label, marked
from scribe_mock.contract.fuzzing.narrowing import BINARY, narrowed
from scribe_mock.contract.transport.message import Answer, Request

with warnings.catch_warnings():
    # It imports pytest plugins and others that are installed, and some of them warn.
    warnings.simplefilter("ignore")
    import requests
    import schemathesis
    from schemathesis import Response
    from schemathesis.checks import not_a_server_error
    from schemathesis.core.failures import FailureGroup
    from schemathesis.openapi.checks import UndefinedStatusCode
    from schemathesis.specs.openapi import checks as openapi_checks

#: Most examples of one operation and mode, most linked scenarios, and most steps in a scenario.
EXAMPLES, SCENARIOS, STEPS = 15, 6, 8

_CHECKS = (
    not_a_server_error,
    openapi_checks.status_code_conformance,
)


class Fuzzer:
    """Drives Schemathesis for one rule.

    Args:
        probe: Sends the rule's requests.
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
        """Try one operation with data that fits its schema, or with data that does not.

        Args:
            operation_id: Of the operation.
            mode: Which of the two.
            session: The session that the requests are for; None for generated session ids.

        Raises:
            Skip: the run stops, as after a crash of the server.
        """
        return await self._threaded(lambda: self._examples(operation_id, mode, session))

    async def links(self) -> list[Fault]:
        """Follow the links of the document, starting at Create session; raises Skip."""
        return await self._threaded(self._scenarios)

    async def _threaded(self, work: Callable[[], None]) -> list[Fault]:
        def quietly() -> None:
            with warnings.catch_warnings(), _files_elsewhere():
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
            """The state machine of Schemathesis; it sends through the run's wire."""

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
        """Send a case through the run's wire; None if it cannot be sent."""
        request, prepared = self._request(case)
        future = asyncio.run_coroutine_threadsafe(self._probe.send(request), self._loop)
        try:
            answer = future.result()
        except Skip as skip:
            # An operation that fails has its own finding; the others are tried all the same.
            if self._probe.run.gone or "--max-bytes" in str(skip):
                self._stopped = str(skip)
            return None
        except CancelledError:
            self._stopped = "the run was stopped"  # otherwise this thread would send more requests
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
            sent = marked(sent, operation, self._probe.run.name)
        request = self._probe.request(
            case.method,
            "",
            at=None,
            body=sent,
            headers=headers,
            operation=operation,
            label=f"{operation} with {label(sent)}",
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
            if not is_about_body(answer, operation):
                return
            grade = grade_of(answer, operation) if answer.accepted else Grade.INFERRED
        elif not isinstance(failure, UndefinedStatusCode):
            return  # other rules judge the body of every answer, and name the field
        self._faults.append(
            Fault(
                expected=_EXPECTED.get(kind, "an answer as the schema says"),
                got=f"{answer} for {operation} with {label(answer.request.body)}",
                answer=answer,
                key=f"{operation}|{kind}|{answer.status}",
                grade=grade,
            )
        )


_REQUEST_FIELDS = ("method", "url", "headers", "params", "json", "data", "files")
#: Header fields of Schemathesis that are not sent: the check frames bodies and reads no gzip.
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


@contextmanager
def _files_elsewhere() -> Iterator[None]:
    """Let Hypothesis keep its tables of characters in the user's cache, not in the current folder.

    Without them each run takes two seconds and 170 MB more. The setting belongs to the whole
    process, so it is put back: pytest may run other tests.
    """
    before = storage_directory(intent_to_write=False).home_directory
    set_hypothesis_home_dir(_cache())
    try:
        yield
    finally:
        set_hypothesis_home_dir(before)


def _cache() -> Path:
    """The folder for files that can be made again; Hypothesis goes without if it can't write."""
    parent = os.environ.get("XDG_CACHE_HOME") or Path("~/.cache").expanduser()
    return Path(parent) / "scribe-mock" / "hypothesis"


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
    """The response for a case that could not be sent."""
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
