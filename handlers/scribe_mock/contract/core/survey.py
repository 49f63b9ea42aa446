"""The first requests to a server: is it there, is the token accepted, which operations exist?"""

import asyncio
from collections import Counter
from collections.abc import Awaitable
from contextlib import suppress
from itertools import chain

from scribe_mock.contract.core import other_operations
from scribe_mock.contract.core.entering import get_in, own_templates, require_api
from scribe_mock.contract.core.exceptions import CannotRun, Skip
from scribe_mock.contract.core.fault import Fault
from scribe_mock.contract.core.ledger import CORE_MISSING, MISSING, NO_ANSWER, SERVER_ERROR
from scribe_mock.contract.core.marks import UNKNOWN_SESSION
from scribe_mock.contract.core.probe import Probe, ProbeSession
from scribe_mock.contract.core.run import CORE, Run
from scribe_mock.contract.transport.message import Answer
from scribe_mock.contract.transport.reach import Distrusted, Unreachable
from scribe_mock.paths import DISCOVERY_PATH, LOGIN_PATH


async def survey(run: Run) -> None:
    """Find out what can be tried, and note the operations that the server does not have.

    Raises:
        CannotRun: there is no server, it accepts no token, or it is not a session API.
    """
    probe = Probe(run)
    await _reach(probe)
    await _meet_parser(probe)
    await _log_in(probe)
    discovery = _tried(probe.ask("getDiscovery", "GET", DISCOVERY_PATH, token=None))
    if run.options.read_only:
        answers, session = await discovery, None
        await _show_token(probe)
    else:
        answers, run.entrance.templates = await asyncio.gather(discovery, own_templates(probe))
        session = await _enter(probe)
    if run.gone:
        raise CannotRun(f"{run.options.base}: {run.gone}.")
    if failed(run):
        return
    more = [other_operations.absent(probe), *([_look(probe, session)] if session else [])]
    for answer in (*answers, *chain(*await asyncio.gather(*more))):
        _note_missing(run, answer)


async def _show_token(probe: Probe) -> None:
    """Raise CannotRun if the token is refused."""
    for answer in await _tried(probe.get(ProbeSession(session_id=UNKNOWN_SESSION))):
        if answer.status in (401, 403):
            require_api(answer, probe.run)


async def _enter(probe: Probe) -> ProbeSession | None:
    """A session; None if the server creates none, which is remembered."""
    try:
        return await get_in(probe)
    except Skip as skip:
        probe.run.missing["createSession"] = str(skip)
        return None


def failed(run: Run) -> bool:
    """Whether every answer was a 5xx, or none came at all: then that is the one finding."""
    counts = Counter[str]()
    for (_, status, code), count in run.watch.seen.items():
        if 0 < status < 500:
            return False
        counts[f"{status or 'no answer'} {code}".strip()] += count
    seen = ", ".join(f"{what} {count} times" for what, count in counts.most_common(3))
    run.stopped = f"every request failed ({seen})"
    fault = Fault(expected="answers below 500", got=run.stopped, answer=run.watch.last)
    run.only(SERVER_ERROR if run.watch.last and run.watch.last.status else NO_ANSWER, fault)
    return True


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


async def _look(probe: Probe, session: ProbeSession) -> list[Answer]:
    """Call each operation of the flow once, on one session."""
    return [
        *await _tried(probe.get(session)),
        *await _tried(probe.upload(session)),
        *await _tried(probe.end(session)),
    ]


async def _tried(call: Awaitable[Answer]) -> list[Answer]:
    """The answer; none if the operation fails, because the others must still be tried."""
    try:
        return [await call]
    except Skip:
        return []


def _note_missing(run: Run, answer: Answer) -> None:
    """Note an operation that the server does not have, so that its rules are skipped."""
    absent = answer.status in (404, 405, 501) and answer.code in ("", "not_found")
    absent = absent or answer.status in (405, 501)
    if not absent:
        return
    request = answer.request
    # Without a session no request shows for sure that an operation of the flow is missing.
    is_fault = request.operation in CORE and "createSession" not in run.missing
    asked = f"{request.method} {request.target}"
    run.missing[request.operation] = f"the server has no {request.operation}: {asked} → {answer}"
    run.found(
        CORE_MISSING if is_fault else MISSING,
        Fault(
            expected=f"an operation {request.operation}",
            got=f"{answer} for {asked}",
            answer=answer,
            key=request.operation,
        ),
    )
