"""Answers in which the published documents disagree: either is right, and the other gets a note."""

import re
from collections.abc import Iterator

from scribe_mock.contract.core.fault import Fault
from scribe_mock.contract.core.grade import Grade
from scribe_mock.contract.core.rule import watching
from scribe_mock.contract.core.watch import Watch
from scribe_mock.contract.transport.message import Answer

#: The type that is on the page and not in the vendor's API reference.
OGG_OPUS = "audio/ogg;codecs=opus"
_OGG_OPUS = re.compile(r'(?i:audio/ogg)\s*;\s*(?i:codecs)="?opus"?')


def canonical(mime: str) -> str:
    """A MIME type in the spelling of the contract."""
    return re.sub(r"\s*;\s*", ";", mime.strip()).replace('"', "").lower()


def ogg_opus_refused(answer: Answer) -> bool:
    """Whether an upload was refused for the one type that the documents disagree about."""
    sent = answer.request.header("content-type") or ""
    refused = (answer.status, answer.code) == (400, "invalid_audio_format")
    return refused and _OGG_OPUS.fullmatch(sent.strip()) is not None


@watching(
    "published.too_large",
    "A body that is too large is 413; the protocol's list of errors has 400.",
    source="What is published",
    grade=Grade.INFERRED,
)
def too_large(answer: Answer, watch: Watch) -> Iterator[Fault]:
    """Each refusal of an upload as too large is looked at."""
    if (answer.status, answer.code) == (400, "chunk_too_large"):
        yield Fault(
            expected="413 chunk_too_large, as on the page",
            got="400 chunk_too_large, as in the protocol's list of errors",
            answer=answer,
            key="status",
        )


@watching(
    "published.ogg_opus",
    "audio/ogg;codecs=opus is supported; the vendor's API reference leaves it out.",
    source="What is published",
    grade=Grade.INFERRED,
)
def ogg_opus(answer: Answer, watch: Watch) -> Iterator[Fault]:
    """Each refusal of this type in its plain spelling is looked at; others have their rules."""
    plain = answer.request.header("content-type") == OGG_OPUS
    if plain and ogg_opus_refused(answer):
        yield Fault(
            expected=f"{OGG_OPUS} is accepted, as on the page",
            got=f"{answer}, as in the vendor's API reference",
            answer=answer,
            key="type",
            group=f"{OGG_OPUS} is refused",
        )
