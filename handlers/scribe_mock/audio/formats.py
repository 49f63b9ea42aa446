"""The MIME types and file names of audio (CONTRACT.md, "Upload audio")."""

import re
from functools import lru_cache

from scribe_mock.audio.kinds import KINDS
from scribe_mock.errors import InvalidAudioFormat, InvalidRequest

#: The types of the published page, in its order.
SUPPORTED_TYPES = tuple(KINDS)

#: The type by extension, for a request whose Content-Type is absent or generic.
TYPE_OF_EXTENSION = {
    "webm": "audio/webm;codecs=opus",
    "wav": "audio/wav",
    "ogg": "audio/ogg",
    "mp4": "audio/mp4",
    "m4a": "audio/m4a",
    "mp3": "audio/mp3",
}

#: Content types that clients send by default, such as curl with `--data-binary`.
GENERIC_TYPES = ("application/octet-stream", "application/x-www-form-urlencoded")

#: The most bytes of one upload, chunked or single.
MAX_UPLOAD_BYTES = 10 * 1024 * 1024
#: The most characters of a file name.
MAX_NAME_LENGTH = 255
#: The recommended longest chunk, in seconds, as in discovery.
MAX_CHUNK_SECONDS = 20

_TOKEN = r"[!#$%&'*+.^_`|~0-9A-Za-z-]+"
_TYPE = re.compile(rf"({_TOKEN}/{_TOKEN})((?:[ \t]*;.*)?)", re.DOTALL)
_PARAMETER = re.compile(
    rf'[ \t]*;[ \t]*(?:({_TOKEN})=(?:({_TOKEN})|"((?:[^"\\]|\\.)*)"))?', re.DOTALL
)
_CHUNK_NAME = re.compile(r"[A-Za-z0-9_.\-]+_([0-9]{1,9})\.([A-Za-z0-9]+)")


def audio_type(content_type: str | None, file_name: str) -> str:
    """The supported type of a request's audio.

    Args:
        content_type: The Content-Type header; None or empty when absent.
        file_name: Gives the type by its extension when the header is absent or generic.

    Raises:
        InvalidAudioFormat: the type is not supported.
    """
    if content_type:
        found = _declared_type(content_type)
        if found != "generic":
            return found or _refuse(content_type, f"The Content-Type {content_type[:100]!r}")
    extension = extension_of(file_name)
    inferred = TYPE_OF_EXTENSION.get(extension)
    if inferred is None:
        what = f"The extension {extension[:20]!r}" if extension else "A name without extension"
        return _refuse(extension or None, what)
    return inferred


def extension_of(file_name: str) -> str:
    """The text after the last dot, in lower case; empty without a dot."""
    return file_name.rpartition(".")[2].lower() if "." in file_name else ""


def chunk_name(file_name: str) -> tuple[int, str]:
    """Sequence number and extension, in lower case, of `<base>_<sequence>.<ext>`.

    Raises:
        InvalidRequest: the name has another form.
    """
    match = _CHUNK_NAME.fullmatch(file_name)
    if match is None:
        raise InvalidRequest(
            f"The file name {file_name[:80]!r} is not <base>_<sequence>.<ext>. Send the chunks of "
            "a chunked session under names such as audio_0.webm, audio_1.webm; the base has "
            "letters, digits, '_', '-' and '.', the sequence 1 to 9 digits."
        )
    return int(match[1]), match[2].lower()


def check_name_length(file_name: str) -> None:
    """Raise InvalidRequest for a name over the limit."""
    if len(file_name) > MAX_NAME_LENGTH:
        raise InvalidRequest(
            f"The file name has {len(file_name)} characters; at most {MAX_NAME_LENGTH} are allowed."
        )


@lru_cache(maxsize=256)
def _declared_type(content_type: str) -> str | None:
    """A supported type, "generic", or None; compared as RFC 9110 (8.3.1) says."""
    match = _TYPE.fullmatch(content_type.strip(" \t"))
    if match is None:
        return None
    essence, rest = match[1].lower(), match[2]
    if essence in GENERIC_TYPES:
        return "generic"
    parameters, position = [], 0
    while position < len(rest):
        part = _PARAMETER.match(rest, position)
        if part is None:
            return None
        position = part.end()
        if part[1]:
            value = part[2] if part[2] is not None else re.sub(r"\\(.)", r"\1", part[3])
            parameters.append(f";{part[1].lower()}={value}")
    found = essence + "".join(parameters)
    return found if found in SUPPORTED_TYPES else None


def _refuse(provided: str | None, what: str) -> str:
    raise InvalidAudioFormat(
        f"{what} is not a supported audio type. Send one of: {', '.join(SUPPORTED_TYPES)}.",
        provided_format=provided,
        supported_formats=list(SUPPORTED_TYPES),
    )
