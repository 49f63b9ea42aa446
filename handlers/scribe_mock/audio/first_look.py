"""A first look at a chunk: what its first bytes show, without decoding."""

from scribe_mock.audio import findings
from scribe_mock.audio.containers.registry import CONTAINERS
from scribe_mock.audio.media_types import MEDIA_TYPES
from scribe_mock.audio.sniffing import WEBM_FRAGMENT, describe, sniff
from scribe_mock.sessions.diagnosis import AudioFinding, Diagnosis

_BY_EXTENSION = {one.extension: one for one in MEDIA_TYPES.values()}


def first_look(data: bytes, declared: str, extension: str) -> Diagnosis:
    """Return the container of a chunk, and whether it is what it was declared as.

    Args:
        data: the stored bytes, or the first 32 KiB of them.
        declared: its MIME type, as declared.
        extension: the extension it is stored with, in lower case, without the dot.
    """
    container = sniff(data)
    if container == WEBM_FRAGMENT:
        return Diagnosis(container, findings=(findings.headerless(),))
    return Diagnosis(container, findings=_type_findings(container, declared, extension, data))


def _type_findings(
    container: str | None, declared: str, extension: str, data: bytes
) -> tuple[AudioFinding, ...]:
    by_type, by_extension = MEDIA_TYPES.get(declared), _BY_EXTENSION.get(extension)
    for expected, how in (
        (by_type, f"declared as {declared}"),
        (by_extension, f"named .{extension}"),
    ):
        if expected is not None and expected.container != container:
            message = f"The chunk is {how} but is {describe(data)}."
            return (findings.type_differs(message, expected.description),)
    if container not in CONTAINERS:
        message = f"The chunk is {describe(data)}."
        return (findings.type_differs(message, "one of the supported types"),)
    return ()
