"""A first look at a chunk: what its first bytes show, without decoding."""

from scribe_mock.audio import findings
from scribe_mock.audio.containers.registry import CONTAINERS
from scribe_mock.audio.media_types import MEDIA_TYPES
from scribe_mock.audio.pieces import is_header_only
from scribe_mock.audio.sniffing import FORM, FRAGMENT, describe, recognise
from scribe_mock.sessions.diagnosis import AudioFinding, Diagnosis

_BY_EXTENSION = {one.extension: one for one in MEDIA_TYPES.values()}


def first_look(data: bytes, declared: str, extension: str, *, whole: bool) -> Diagnosis:
    """Return the container of a chunk, and whether it is what it was declared as.

    Args:
        data: the stored bytes, or the first 32 KiB of them.
        declared: its MIME type, as declared; empty for a file that nobody declared.
        extension: the extension it is stored with, in lower case, without the dot.
        whole: whether the data are all of its bytes.
    """
    expected = MEDIA_TYPES.get(declared) or _BY_EXTENSION.get(extension)
    container = recognise(data, expected.container if expected else None)
    return Diagnosis(container, findings=_findings(container, data, declared, extension, whole))


def _findings(
    container: str | None, data: bytes, declared: str, extension: str, whole: bool
) -> tuple[AudioFinding, ...]:
    if container == FORM:
        return (findings.form(),)
    if container and container.endswith(FRAGMENT):
        return (findings.headerless(describe(data, container)),)
    found = _type_findings(container, declared, extension, data)
    if whole and container and is_header_only(data, container):
        what = f"{CONTAINERS[container].description} with a header and no sound"
        return (*found, findings.header_only(what))
    return found


def _type_findings(
    container: str | None, declared: str, extension: str, data: bytes
) -> tuple[AudioFinding, ...]:
    by_type, by_extension = MEDIA_TYPES.get(declared), _BY_EXTENSION.get(extension)
    for expected, how in (
        (by_type, f"declared as {declared}"),
        (by_extension, f"named .{extension}"),
    ):
        if expected is not None and expected.container != container:
            message = f"The audio is {how} but is {describe(data, container)}."
            return (findings.type_differs(message, expected.description),)
    if container not in CONTAINERS:
        message = f"The audio is {describe(data, container)}."
        return (findings.type_differs(message, "one of the supported types"),)
    return ()
