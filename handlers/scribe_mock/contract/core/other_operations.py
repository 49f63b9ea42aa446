"""One harmless request to each operation that a server may lack, to see which ones it has.

The requests are for sessions, templates and documents that do not exist, or have a body without
what is required, so that they change nothing.
"""

import asyncio
from dataclasses import dataclass, replace
from typing import Any

from scribe_mock.contract.core import specification
from scribe_mock.contract.core.exceptions import Skip
from scribe_mock.contract.core.marks import UNKNOWN_SESSION
from scribe_mock.contract.core.probe import Probe
from scribe_mock.contract.transport.message import Answer
from scribe_mock.paths import (
    DISCOVERY_PATH,
    DOCUMENTS_PATH,
    LOGIN_PATH,
    REFRESH_PATH,
    TEMPLATES_PATH,
    transcript_path,
)

_SESSION = f"/sessions/{UNKNOWN_SESSION}"
_NOBODYS_TEMPLATE = f"{TEMPLATES_PATH}/tpl_no_such_template"
_NOBODYS_DOCUMENT = f"{DOCUMENTS_PATH}/doc_no_such_document"


@dataclass(frozen=True, slots=True)
class _Call:
    """A request that changes nothing.

    Args:
        operation: The operationId.
        method, path: As documented.
        at_root: Whether the path begins at the root of the host, and not at the base.
    """

    operation: str
    method: str
    path: str
    at_root: bool = True


_CALLS = (
    _Call("getDiscovery", "GET", DISCOVERY_PATH, at_root=False),
    _Call("updateSession", "PATCH", _SESSION, at_root=False),
    _Call("processTemplate", "POST", f"{_SESSION}/process/template/none", at_root=False),
    _Call("login", "POST", LOGIN_PATH),
    _Call("refreshToken", "POST", REFRESH_PATH),
    _Call("getSessionAudio", "GET", f"{_SESSION}/audio", at_root=False),
    _Call("registerWebhook", "POST", "/webhooks", at_root=False),
    _Call("listWebhooks", "GET", "/webhooks", at_root=False),
    _Call("deleteWebhook", "DELETE", "/webhooks/no_such_webhook", at_root=False),
    _Call("uploadTranscript", "POST", transcript_path(UNKNOWN_SESSION)),
    _Call("listTemplates", "GET", TEMPLATES_PATH),
    _Call("createTemplate", "POST", TEMPLATES_PATH),
    _Call("updateTemplate", "PATCH", _NOBODYS_TEMPLATE),
    _Call("deleteTemplate", "DELETE", _NOBODYS_TEMPLATE),
    _Call("saveDocument", "POST", DOCUMENTS_PATH),
    _Call("getDocument", "GET", _NOBODYS_DOCUMENT),
    _Call("deleteDocument", "DELETE", _NOBODYS_DOCUMENT),
    _Call("getSessionRecord", "GET", f"/voice/api/v1{_SESSION}"),
    _Call("listSessions", "GET", "/voice/api/v2/transaction/history"),
)


#: The flow, for sessions that do not exist: tried where none can be created.
_FLOW = (
    _Call("getSession", "GET", _SESSION, at_root=False),
    _Call("uploadAudio", "POST", f"{_SESSION}/audio/audio_0.webm", at_root=False),
    _Call("endSession", "POST", f"{_SESSION}/end", at_root=False),
)


async def absent(probe: Probe) -> list[Answer]:
    """The answers that say that there is no such operation, at most one for each operation.

    Operations that are known to be missing are not tried again; with `--read-only` only those
    that read are tried.
    """
    nowhere = {at_root: await _send(probe, _nowhere(at_root)) for at_root in (False, True)}
    flow = _FLOW if "createSession" in probe.run.missing else ()
    calls = [call for call in (*flow, *_CALLS) if _may_send(probe, call)]
    answers = await asyncio.gather(*(_send(probe, call) for call in calls))
    doubtful = [
        (call, answer)
        for call, answer in zip(calls, answers, strict=True)
        if answer is not None and _is_absent(answer, nowhere[call.at_root])
    ]
    there = await asyncio.gather(*(_has_path(probe, *pair) for pair in doubtful))
    return [answer for (_, answer), known in zip(doubtful, there, strict=True) if not known]


async def _has_path(probe: Probe, call: _Call, answer: Answer) -> bool:
    """Whether a path exists though it was answered 404: another method is then answered 405.

    A server may answer 404 in the same words for a session that it does not have.
    """
    if answer.status != 404 or probe.options.read_only:
        return False
    found = await _send(probe, replace(call, operation="", method="PUT"))
    if found is None or found.status != 405:
        return False
    allowed = found.header("allow")
    return allowed is None or call.method in allowed.upper()


def _may_send(probe: Probe, call: _Call) -> bool:
    if call.operation in probe.run.missing or call.operation not in specification.operations():
        return False
    return call.method == "GET" or not probe.options.read_only


def _nowhere(at_root: bool) -> _Call:
    return _Call("", "GET", "/no-such-place", at_root)


async def _send(probe: Probe, call: _Call) -> Answer | None:
    """The answer; None if the operation fails, because the others must still be tried."""
    how: dict[str, Any] = {"at": probe.root()} if call.at_root else {}
    if call.method in ("POST", "PATCH"):
        how["value"] = {}
    try:
        return await probe.ask(call.operation, call.method, call.path, **how)
    except Skip:
        return None


def _is_absent(answer: Answer, nowhere: Answer | None) -> bool:
    """Whether the answer is that of a path, or a method, that the server does not have."""
    if answer.status in (405, 501):
        return True
    if answer.status != 404 or nowhere is None:
        return False
    return answer.code == "not_found" or (not answer.code and _text(answer) == _text(nowhere))


def _text(answer: Answer) -> bytes:
    """The body without the path, which some servers repeat."""
    path = answer.request.target.partition("?")[0].encode("ascii", "replace")
    return answer.body.replace(path, b"").replace(answer.request.method.encode(), b"")
