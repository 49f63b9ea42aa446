"""The rule about where the addresses in answers lead."""

from collections.abc import Iterator
from itertools import islice
from typing import Any

from scribe_mock.contract.core.fault import Fault
from scribe_mock.contract.core.grade import Grade
from scribe_mock.contract.core.rule import watching
from scribe_mock.contract.core.watch import Watch
from scribe_mock.contract.transport.address import Address
from scribe_mock.contract.transport.message import Answer

#: Fields whose addresses a client opens.
_FIELDS = ("upload_url", "audio_url", "presigned_url", "download_url", "base_url")
#: The most addresses of one answer that are looked at, and how deep they may lie.
_MOST, _DEEPEST = 1000, 6


@watching(
    "answers.addresses",
    "The addresses that a client opens, and redirects, lead to the server itself.",
    source="Create session",
    grade=Grade.INFERRED,
)
def addresses(answer: Answer, watch: Watch) -> Iterator[Fault]:
    """Addresses that lead to another host or port are reported; nothing is sent there."""
    for name, text in _given(answer):
        try:
            origin = Address.parse(text).origin
        except ValueError:
            continue  # other rules judge the form
        if not watch.reach.allows(origin):
            yield Fault(
                expected=f"`{name}` at {answer.request.origin}",
                got=f"`{name}` at {origin}, where nothing was sent;"
                f" --follow-host {origin.authority} allows it",
                answer=answer,
                key=f"{name}|{origin}",
            )


def _given(answer: Answer) -> Iterator[tuple[str, str]]:
    if answer.location:
        yield "Location", answer.header("location") or ""
    if answer.accepted and any(name.encode() in answer.body for name in _FIELDS):
        yield from islice(_found(answer.json(), _DEEPEST), _MOST)


def _found(value: Any, depth: int) -> Iterator[tuple[str, str]]:
    """Names and values of the fields with addresses."""
    if not depth:
        return
    if isinstance(value, dict):
        for name, entry in value.items():
            if name in _FIELDS and isinstance(entry, str):
                yield name, entry
            else:
                yield from _found(entry, depth - 1)
    elif isinstance(value, list):
        for entry in value:
            yield from _found(entry, depth - 1)
