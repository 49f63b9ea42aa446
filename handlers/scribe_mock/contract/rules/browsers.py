"""Rules about requests that browsers send before those of a page of another origin."""

from scribe_mock.contract.core.fault import Fault
from scribe_mock.contract.core.grade import Grade
from scribe_mock.contract.core.probe import Probe
from scribe_mock.contract.core.rule import Faults, rule
from scribe_mock.contract.transport.message import Answer

_ORIGIN = "https://page.example"
#: Header fields that a page adds: ours, those of tracing, and those of the vendor's SDK.
_HEADERS = ("authorization", "content-type", "traceparent", "baggage", "flavour", "x-timezone")


@rule(
    "browser.preflight",
    "A preflight is answered with the header fields that it asks for.",
    source="Every answer",
    grade=Grade.INFERRED,
    read_only=True,
)
async def preflight(probe: Probe) -> Faults:
    """The preflight of a Create session with header fields of tracing and of an SDK is sent."""
    headers = (
        ("Origin", _ORIGIN),
        ("Access-Control-Request-Method", "POST"),
        ("Access-Control-Request-Headers", ",".join(_HEADERS)),
    )
    request = probe.request(
        "OPTIONS", "/sessions", token=None, headers=headers, label="the preflight of a page"
    )
    answer = await probe.send(request)
    missing = _missing(answer)
    if missing:
        yield Fault(
            expected=f"2xx, and Access-Control-Allow-Headers with {', '.join(_HEADERS)}",
            got=f"{answer}, without {', '.join(missing)}",
            answer=answer,
            key="preflight",
        )


def _missing(answer: Answer) -> list[str]:
    """The fields that a browser would not let the page send."""
    origin = answer.header("access-control-allow-origin")
    if not answer.accepted or origin not in (_ORIGIN, "*"):
        return list(_HEADERS)
    listed = (answer.header("access-control-allow-headers") or "").lower().split(",")
    allowed = {name.strip() for name in listed}
    # A star stands for any field but Authorization (Fetch, "CORS-preflight fetch").
    return [
        name
        for name in _HEADERS
        if name not in allowed and ("*" not in allowed or name == "authorization")
    ]
