"""A first look at a chunk: what its first bytes show, without decoding."""

from scribe_mock.audio import findings, kinds
from scribe_mock.sessions.diagnosis import AudioFinding, Diagnosis

#: The containers that can be decoded.
DECODABLE = frozenset({"webm", "wav", "ogg", "mp4", "mp3"})

_BY_EXTENSION = {kind.extension: kind for kind in kinds.KINDS.values()}


def glance(data: bytes, declared: str, extension: str) -> Diagnosis:
    """Return the container of a chunk, and whether it is what it was declared as.

    Args:
        data: the stored bytes; the first part will do.
        declared: its MIME type, as declared.
        extension: the extension it is stored with, in lower case, without the dot.
    """
    container = kinds.sniff(data)
    if container == "webm-fragment":
        return Diagnosis(container=container, findings=(findings.headerless(),))
    if container is not None and _fits(container, declared, extension):
        return Diagnosis(container)
    return Diagnosis(container, findings=_type_findings(container, declared, extension, data))


def _fits(container: str, declared: str, extension: str) -> bool:
    kind, named = kinds.KINDS.get(declared), _BY_EXTENSION.get(extension)
    return (
        container in DECODABLE
        and (kind is None or kind.container == container)
        and (named is None or named.container == container)
    )


def _type_findings(
    container: str | None, declared: str, extension: str, data: bytes
) -> tuple[AudioFinding, ...]:
    expected = kinds.KINDS.get(declared)
    by_extension = _BY_EXTENSION.get(extension)
    found = kinds.describe(data)
    for kind, how in ((expected, f"declared as {declared}"), (by_extension, f"named .{extension}")):
        if kind is not None and kind.container != container:
            return (
                findings.type_differs(f"The chunk is {how} but is {found}.", expected=kind.name),
            )
    if container not in DECODABLE:
        return (findings.type_differs(f"The chunk is {found}.", "one of the supported types"),)
    return ()
