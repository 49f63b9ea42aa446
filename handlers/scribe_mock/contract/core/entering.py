"""Getting in: finds out with which body a server creates sessions."""

from itertools import product
from typing import Any

from scribe_mock.contract.core import judge
from scribe_mock.contract.core.creation import CREATE_TRIES, PUBLISHED, USUAL, Form, forms
from scribe_mock.contract.core.exceptions import CannotRun, Skip, Throttled
from scribe_mock.contract.core.options import DEFAULT_TOKEN
from scribe_mock.contract.core.probe import Probe, ProbeSession
from scribe_mock.contract.core.run import Run
from scribe_mock.contract.transport.message import Answer
from scribe_mock.paths import BASE_PATH, TEMPLATES_PATH

#: The list of templates in the protocol's documents of January 2026, under the base.
_OLD_LIST = "/templates"
#: The longest part of a server's message that is repeated.
_LONGEST = 300


async def own_templates(probe: Probe) -> tuple[str, ...]:
    """Ids of templates in the server's own list; empty if it has none."""
    try:
        answer = await probe.ask("listTemplates", "GET", TEMPLATES_PATH, at=probe.root())
        found = _ids(answer, "items")
        if not found:
            found = _ids(await probe.ask("", "GET", _OLD_LIST), "templates")
    except Skip:
        return ()
    # The published ones come first, so that a server that has them is asked for them.
    return tuple(sorted(found, key=lambda name: name not in PUBLISHED))


def _ids(answer: Answer, key: str) -> list[str]:
    listed = answer.fields().get(key) if answer.accepted else None
    entries = [one for one in listed if isinstance(one, dict)] if isinstance(listed, list) else []
    return [one["id"] for one in entries[:100] if _is_id(one.get("id"))]


def _is_id(value: Any) -> bool:
    return isinstance(value, str) and 0 < len(value) <= 128


async def get_in(probe: Probe) -> ProbeSession:
    """Create a session with the first form that the server accepts, and remember the form.

    Where no form makes a chunked session, a single one is tried.

    Raises:
        Skip: no form is accepted; the text has the server's message.
        CannotRun: the token is refused, or there is no Create session.
    """
    run, refusals = probe.run, [""]
    usual = next(forms(run.entrance.templates))
    first: Answer | None = None
    for upload_type, form in product(("chunked", "single"), forms(run.entrance.templates)):
        run.entrance.form = form
        answer = await _try(probe, upload_type, refusals)
        if answer is None:
            continue
        require_api(answer, run)
        first = first or (answer if form == usual else None)
        session_id = answer.fields().get("session_id")
        if answer.accepted and isinstance(session_id, str) and session_id:
            _settle(probe, form, upload_type, refusals[0])
            if upload_type != "chunked" and first is not None:
                _accuse(probe, first)
            return ProbeSession(
                session_id=session_id, upload_type=upload_type, history=[answer.request]
            )
    run.entrance.form = USUAL
    if first is not None:
        _accuse(probe, first)
    raise Skip(f"it creates no session: {refusals[0]}")


async def _try(probe: Probe, upload_type: str, refusals: list[str]) -> Answer | None:
    """The answer; None if the server fails. The first refusal or failure is remembered.

    Raises:
        Skip: the server is gone.
    """
    run = probe.run
    try:
        answer = await probe.try_create(probe.creation(upload_type))
    except Throttled:
        raise
    except Skip as skip:
        if run.gone:
            raise
        refusals[0] = refusals[0] or str(skip)
        return None
    finally:
        run.entrance.tries = 2  # a server that failed ten times will not need ten tries again
    if not answer.accepted:
        refusals[0] = refusals[0] or quoted(answer)
    return answer


def _settle(probe: Probe, form: Form, upload_type: str, refusal: str) -> None:
    """Use this form from now on, and say so."""
    run = probe.run
    run.entrance.tries = CREATE_TRIES
    used = tuple(form.fields.get("templates", ()))
    if used and used[0] not in (run.entrance.templates or PUBLISHED[:1]):
        run.entrance.templates = used
    kind = "" if upload_type == "chunked" else f" and upload_type {upload_type}"
    why = f", since the usual body was refused: {refusal}" if refusal else ""
    run.remarks.append(f"Create session accepts {form.name}{kind}{why}.")


def require_api(answer: Answer, run: Run) -> None:
    """Raise CannotRun if the token is refused, or if there is no Create session."""
    options = run.options
    if answer.status in (401, 403):
        given = options.token != DEFAULT_TOKEN or options.login
        advice = "Another token is needed" if given else "Give one with --token, or use --login"
        raise CannotRun(f"{options.base} does not accept the token: {quoted(answer)}. {advice}.")
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


def _accuse(probe: Probe, first: Answer) -> None:
    fault = judge.accepted(first, what="a session with upload_type chunked")
    probe.run.found("create.type.chunked", fault)


def quoted(answer: Answer) -> str:
    """An answer with the server's own message, in whatever form the server has it."""
    message = _message(answer.fields())
    said = f'{answer} "{message[:_LONGEST]}"' if message else judge.describe(answer)
    return said.replace("\n", " ")


def _message(fields: Any) -> str:
    """`error.message`, or what frameworks have in its place: `detail`, `message`, `error`."""
    if isinstance(fields, str):
        return fields
    if isinstance(fields, list):
        return "; ".join(filter(None, map(_message, fields[:3])))
    if not isinstance(fields, dict):
        return ""
    if isinstance(fields.get("loc"), list) and isinstance(fields.get("msg"), str):
        return f"{'.'.join(map(str, fields['loc'][:10]))}: {fields['msg']}"
    names = ("error", "message", "detail", "msg", "errors")
    return next(filter(None, (_message(fields.get(name)) for name in names)), "")
