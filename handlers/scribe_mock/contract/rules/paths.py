"""Rules about paths and methods outside the operations, and about unusual requests."""

from collections.abc import Callable

from scribe_mock.contract.core import judge
from scribe_mock.contract.core.grade import Grade
from scribe_mock.contract.core.marks import UNKNOWN_SESSION
from scribe_mock.contract.core.probe import Probe
from scribe_mock.contract.core.rule import CheckFunction, Faults, Rule, rule
from scribe_mock.paths import DISCOVERY_PATH


def _outside(
    name: str, sentence: str, *, read_only: bool = True
) -> Callable[[CheckFunction], Rule]:
    return rule(
        f"paths.{name}",
        sentence,
        source="Order of checks",
        grade=Grade.INFERRED,
        read_only=read_only,
    )


@_outside("unknown", "An unknown path: 404 not_found.")
async def unknown_path(probe: Probe) -> Faults:
    """Paths are requested that differ a little from existing ones."""
    for method, path in (
        ("GET", "/session"),
        ("GET", "/no-such-place"),
        ("POST", f"/sessions/{UNKNOWN_SESSION}/finish"),
        ("GET", f"/sessions/{UNKNOWN_SESSION}/audio/audio_0.webm/more"),
    ):
        body = b"" if method == "POST" else None
        answer = await probe.send(probe.request(method, path, body=body))
        yield judge.refused(answer, 404, "not_found")


@_outside("method", "A method that the path does not have: 405 method_not_allowed.")
async def wrong_method(probe: Probe) -> Faults:
    """Wrong methods are sent to existing paths."""
    for method, path, operation in (
        ("PUT", "/sessions", "createSession"),
        ("DELETE", f"/sessions/{UNKNOWN_SESSION}", "getSession"),
        ("GET", f"/sessions/{UNKNOWN_SESSION}/end", "endSession"),
        ("PUT", f"/sessions/{UNKNOWN_SESSION}/audio/audio_0.webm", "uploadAudio"),
        ("POST", DISCOVERY_PATH, "getDiscovery"),
    ):
        if operation in probe.run.missing:
            continue
        body = b"" if method in ("PUT", "POST") else None
        answer = await probe.send(probe.request(method, path, body=body))
        yield judge.refused(answer, 405, "method_not_allowed")


_HOSTILE_IDS = (
    "..",
    "%2e%2e",
    "..%2F..%2Fetc%2Fpasswd",
    "%00",
    "ses_%00",
    "%0A",
    "'%20OR%20'1'='1",
    "%F0%9F%8E%A4",
    "%FF",
    "x" * 4000,
    f"{UNKNOWN_SESSION[:-1]}%30",
    "null",
    "undefined",
    "{session_id}",
    "*",
    "0",
    "-1",
)


@rule(
    "session.hostile_id",
    "An id of no session is refused, with any characters in it.",
    source="Upload audio, Checks, row 2",
    grade=Grade.PROTOCOL,
    operation="getSession",
    read_only=True,
)
async def hostile_id(probe: Probe) -> Faults:
    """Ids with special characters are requested: 404, or 400 for an invalid id."""
    for raw in _HOSTILE_IDS:
        request = probe.request("GET", f"/sessions/{raw}", operation="getSession", label=raw[:60])
        yield judge.status_is(await probe.send(request), 404, 400, what="an id that nobody has")


@rule(
    "odd.headers",
    "A request with repeated header fields is not answered with a 5xx.",
    source="Grades",
    grade=Grade.PROTOCOL,
    operation="uploadAudio",
)
async def odd_headers(probe: Probe) -> Faults:
    """Two Content-Type and two Authorization headers are sent; any answer below 500 passes."""
    session = await probe.create()
    for headers in (
        (("Content-Type", "audio/wav"),),
        (("Authorization", "Bearer other"),),
        (("X-Filler", "x" * 4000),),
        (("X-Odd", "caf\u00e9 \u00ff"),),
        (("Accept", "text/html"), ("Accept-Encoding", "identity")),
    ):
        await probe.upload(session, headers=headers, label=f"with {headers[0][0]} too")
    request = probe.request("GET", session.path, operation="getSession", headers=(("X-A", ""),))
    yield judge.accepted(await probe.send(request, session), what="Get session afterwards")


@rule(
    "odd.methods",
    "An unusual method is refused, and not with a 5xx.",
    source="Grades",
    grade=Grade.PROTOCOL,
    read_only=True,
)
async def odd_methods(probe: Probe) -> Faults:
    """Unusual and invented methods are sent; the HTTP parser may refuse them."""
    for method in ("TRACE", "PROPFIND", "BREW"):
        request = probe.request(method, f"/sessions/{UNKNOWN_SESSION}", exempt=True)
        answer = await probe.send(request)
        if answer.status >= 500:
            yield judge.status_is(answer, 405, 404, 400, what=f"the method {method}")
    for headers in ((("Content-Length", "abc"),), (("X-Filler", "x" * 200_000),)):
        request = probe.request("POST", "/sessions", headers=headers, exempt=True)
        await probe.send(request)
        yield None
