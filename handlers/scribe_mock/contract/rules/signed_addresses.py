"""How rules open the signed addresses in answers: without a token, and on the server itself."""

from dataclasses import replace
from typing import Any

from scribe_mock.contract.core import judge
from scribe_mock.contract.core.exceptions import Skip
from scribe_mock.contract.core.probe import Headers, Probe, ProbeSession
from scribe_mock.contract.transport.address import Address
from scribe_mock.contract.transport.message import Answer

#: The longest body that is read from such an address.
_MOST_BYTES = 1024 * 1024


async def opened(
    probe: Probe,
    name: str,
    given: Any,
    session: ProbeSession,
    source: Answer,
    *,
    signed: bool = True,
    headers: Headers = (),
) -> Answer:
    """The answer at a signed address.

    Args:
        probe: Sends the request.
        name: The field that has the address.
        given: What is in the field.
        session: The session that it belongs to.
        source: The answer with the field.
        signed: Whether the query is sent too.
        headers: More header fields.

    Raises:
        Skip: it is no address, leads to another host, or redirects.
    """
    try:
        address = Address.parse(given if isinstance(given, str) else "")
    except ValueError:
        raise Skip(f"{name} is {judge.shown(given)}, no address") from None
    if not signed:
        address = replace(address, path=address.path.partition("?")[0])
    request = probe.request(
        "GET",
        "",
        at=address,
        token=None,
        headers=headers,
        label=name,
        answer_bytes=_MOST_BYTES,
    )
    led_here = replace(session, history=[*session.history, source.request])
    answer = await probe.send(request, led_here)
    if answer.location:
        raise Skip(f"{name} redirects to {answer.location}, which was not followed")
    return answer
