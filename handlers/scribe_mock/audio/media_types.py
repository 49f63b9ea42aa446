"""The supported audio types, and reading them from Content-Type and file names.

CONTRACT.md, "Upload audio", lists the types and says when the file name decides.
"""

import re
from dataclasses import dataclass
from functools import lru_cache

from scribe_mock.audio.file_names import extension_of
from scribe_mock.audio.type_hints import hint_for_extension, hint_for_type
from scribe_mock.errors import InvalidAudioFormat

WEBM = "audio/webm;codecs=opus"
WAV = "audio/wav"
OGG = "audio/ogg"
OGG_OPUS = "audio/ogg;codecs=opus"
MP4 = "audio/mp4"
M4A = "audio/m4a"
MP3 = "audio/mp3"


@dataclass(frozen=True)
class MediaType:
    """One supported audio type.

    Args:
        name: the MIME type in its canonical spelling, such as `audio/webm;codecs=opus`.
        container: a name in `containers.registry.CONTAINERS`.
        codecs: names of the audio codecs that it may hold; `pcm` stands for all forms of PCM.
        description: its name in messages.
        extension: of the files that are stored, without the dot.
    """

    name: str
    container: str
    codecs: frozenset[str]
    description: str
    extension: str

    def allows(self, codec: str) -> bool:
        """Return whether a file of this type may hold a codec, such as `opus` or `pcm_s16le`."""
        return ("pcm" if codec.startswith("pcm") else codec) in self.codecs


#: Supported types by their canonical MIME type, in the order of the published page.
MEDIA_TYPES: dict[str, MediaType] = {
    one.name: one
    for one in (
        MediaType(WEBM, "webm", frozenset({"opus"}), "WebM with Opus", "webm"),
        MediaType(WAV, "wav", frozenset({"pcm"}), "WAV with PCM", "wav"),
        MediaType(OGG, "ogg", frozenset({"vorbis", "opus"}), "Ogg with Vorbis or Opus", "ogg"),
        MediaType(OGG_OPUS, "ogg", frozenset({"opus"}), "Ogg with Opus", "ogg"),
        MediaType(
            MP4, "mp4", frozenset({"aac", "opus", "alac"}), "MP4 with AAC, Opus or ALAC", "mp4"
        ),
        MediaType(
            M4A, "mp4", frozenset({"aac", "opus", "alac"}), "M4A with AAC, Opus or ALAC", "m4a"
        ),
        MediaType(MP3, "mp3", frozenset({"mp3"}), "MP3", "mp3"),
    )
}
SUPPORTED_TYPES = tuple(MEDIA_TYPES)

#: The type by extension, for a request whose Content-Type is absent or generic; of two types with
#: one extension the more general one, `audio/ogg`, which is listed first.
TYPE_OF_EXTENSION = {one.extension: one.name for one in reversed(MEDIA_TYPES.values())}

#: Content types that clients send by default, such as curl with `--data-binary`.
GENERIC_TYPES = ("application/octet-stream", "application/x-www-form-urlencoded")

# Of a longer Content-Type this much is looked at for a hint.
_LONGEST = 200

_TOKEN = r"[!#$%&'*+.^_`|~0-9A-Za-z-]+"
_TYPE = re.compile(rf"({_TOKEN}/{_TOKEN})((?:[ \t]*;.*)?)", re.DOTALL)
_PARAMETER = re.compile(
    rf'[ \t]*;[ \t]*(?:({_TOKEN})=(?:({_TOKEN})|"((?:[^"\\]|\\.)*)"))?', re.DOTALL
)


def type_of_container(container: str | None) -> str | None:
    """Return the most general supported type of a container such as `ogg`, or None."""
    return next((one.name for one in MEDIA_TYPES.values() if one.container == container), None)


def audio_type(content_type: str | None, file_name: str) -> str:
    """Return the supported type of a request's audio, in its canonical spelling.

    Args:
        content_type: the Content-Type header; None or empty when absent.
        file_name: gives the type by its extension when the header is absent or generic.

    Raises:
        InvalidAudioFormat: the type is not supported.
    """
    if content_type:
        found = _declared_type(content_type)
        if found != "generic":
            what = f"The Content-Type {content_type[:100]!r}"
            return found or _refuse(content_type, what, hint_for_type(content_type[:_LONGEST]))
    extension = extension_of(file_name)
    inferred = TYPE_OF_EXTENSION.get(extension)
    if inferred is None:
        what = f"The extension {extension[:20]!r}" if extension else "A name without extension"
        return _refuse(extension or None, what, hint_for_extension(extension))
    return inferred


@lru_cache(maxsize=256)
def _declared_type(content_type: str) -> str | None:
    """Return a supported type, "generic", or None; compared as RFC 9110, section 8.3.1, says."""
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
    return found if found in MEDIA_TYPES else None


def _refuse(provided: str | None, what: str, hint: str) -> str:
    supported = ", ".join(SUPPORTED_TYPES)
    raise InvalidAudioFormat(
        f"{what} is not a supported audio type. {hint} Supported are {supported}.",
        provided_format=provided,
        supported_formats=list(SUPPORTED_TYPES),
        hint=hint,
    )
