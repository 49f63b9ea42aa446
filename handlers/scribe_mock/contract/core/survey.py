"""The first requests to a server: is it there, is the token accepted, which operations exist?"""

import asyncio
from collections.abc import Awaitable
from contextlib import suppress

from scribe_mock.contract.core import judge, other_operations
from scribe_mock.contract.core.exceptions import CannotRun, Skip
from scribe_mock.contract.core.fault import Fault
from scribe_mock.contract.core.ledger import MISSING
from scribe_mock.contract.core.marks import UNKNOWN_SESSION
from scribe_mock.contract.core.options import DEFAULT_TOKEN
from scribe_mock.contract.core.probe import Probe, ProbeSession
from scribe_mock.contract.core.run import Run
from scribe_mock.contract.transport.message import Answer
from scribe_mock.contract.transport.reach import Distrusted, Unreachable
from scribe_mock.paths import BASE_PATH, DISCOVERY_PATH, LOGIN_PATH, REFRESH_PATH


async def survey(run: Run) -> None:
    """Find out what can be tried, and note the operations that the server does not have.

    Raises:
        CannotRun: there is no server, it accepts no token, or it is not a session API.
    """
    probe = Probe(run)
    await _reach(probe)
    await _meet_parser(probe)
    await _log_in(probe)
    try:
        if run.options.read_only:
            answer = await probe.get(ProbeSession(session_id=UNKNOWN_SESSION))
            if answer.status in (401, 403):
                _require_api(answer, run)
            answers = [await probe.ask("getDiscovery", "GET", DISCOVERY_PATH, token=None)]
        else:
            answers = await _look(probe)
    except Skip as skip:
        _stop_all(run, str(skip))
        answers = []
    if run.gone:
        raise CannotRun(f"{run.options.base}: {run.gone}.")
    for answer in answers:
        _note_missing(run, answer)
    for answer in await other_operations.absent(probe):
        _note_missing(run, answer)


async def _reach(probe: Probe) -> None:
    request = probe.request("GET", DISCOVERY_PATH, token=None, operation="getDiscovery")
    try:
        await probe.run.wire.send(request)
    except Distrusted as error:
        raise CannotRun(f"{error}.") from None
    except Unreachable as error:
        raise CannotRun(f"{error}. Is the server running?") from None


async def _meet_parser(probe: Probe) -> None:
    """Learn how the HTTP parser answers: with broken framing no application sees the request."""
    broken = [
        probe.request("GET", DISCOVERY_PATH, token=None, headers=(field,), exempt=True)
        for field in (("Content-Length", "abc"), ("X-Filler", "x" * 100_000))
    ]
    with suppress(Unreachable):
        for answer in await asyncio.gather(*map(probe.run.wire.send, broken)):
            probe.run.front.learn(answer)


async def _log_in(probe: Probe) -> None:
    run = probe.run
    if run.options.login is None:
        return
    client_id, secret = run.options.login
    answer = await probe.ask(
        "login",
        "POST",
        LOGIN_PATH,
        at=probe.root(),
        token=None,
        value={"client_id": client_id, "client_secret": secret},
    )
    token = answer.fields().get("access_token")
    if not answer.accepted or not isinstance(token, str):
        raise CannotRun(f"The login failed: {answer}. Check the client id and the secret.")
    run.token = token


async def _look(probe: Probe) -> list[Answer]:
    """Call each operation once, on one session."""
    created = await probe.try_create(probe.creation())
    _require_api(created, probe.run)
    session_id = created.fields().get("session_id")
    if created.refused:
        fault = judge.accepted(created, what="a session with upload_type chunked")
        probe.run.found("create.type.chunked", fault)
    if not isinstance(session_id, str) or not session_id:
        raise Skip(f"the server creates no session: {created}")
    session = ProbeSession(session_id=session_id, history=[created.request])
    answers = [
        await _tried(probe.ask("getDiscovery", "GET", DISCOVERY_PATH, token=None)),
        await _tried(probe.get(session)),
        await _tried(probe.process(session, "eka_emr_template")),
        await _tried(probe.patch(session, {"patient_details": {"name": "scribe-mock check"}})),
        await _tried(probe.upload(session)),
        await _tried(probe.end(session)),
    ]
    for operation, path in (("login", LOGIN_PATH), ("refreshToken", REFRESH_PATH)):
        call = probe.ask(operation, "POST", path, at=probe.root(), value={})
        answers.append(await _tried(call))
    return [answer for answer in answers if answer is not None]


async def _tried(call: Awaitable[Answer]) -> Answer | None:
    """The answer; None if the operation fails, because the others must still be tried."""
    try:
        return await call
    except Skip:
        return None


def _require_api(answer: Answer, run: Run) -> None:
    """Raise CannotRun if the token is refused, or if there is no Create session."""
    options = run.options
    if answer.status in (401, 403):
        given = options.token != DEFAULT_TOKEN or options.login
        advice = "Another token is needed" if given else "Give one with --token, or use --login"
        raise CannotRun(f"{options.base} does not accept the token: {answer}. {advice}.")
    if answer.location:
        raise CannotRun(
            f"There is no session API at {options.base}: POST {answer.request.target} was answered"
            f" {judge.describe(answer)}. Check the address that it leads to."
        )
    if answer.status in (404, 405, 501) or 300 <= answer.status < 400:
        raise CannotRun(
            f"There is no session API at {options.base}: the answer to POST {answer.request.target}"
            f" was {judge.describe(answer)}. Give the base under which /sessions lies, such as"
            f" {options.base}{BASE_PATH}."
        )


def _note_missing(run: Run, answer: Answer) -> None:
    """Note an operation that the server does not have, so that its rules are skipped."""
    absent = answer.status in (404, 405, 501) and answer.code in ("", "not_found")
    absent = absent or answer.status in (405, 501)
    if not absent:
        return
    request = answer.request
    asked = f"{request.method} {request.target}"
    run.missing[request.operation] = f"the server has no {request.operation}: {asked} → {answer}"
    run.found(
        MISSING,
        Fault(
            expected=f"an operation {request.operation}",
            got=f"{answer} for {asked}",
            answer=answer,
            key=request.operation,
        ),
    )


def _stop_all(run: Run, reason: str) -> None:
    """Skip all rules that need a session, because none can be created."""
    run.missing["createSession"] = reason
