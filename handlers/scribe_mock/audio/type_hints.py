"""What to do about a Content-Type or an extension that is not supported, chosen by what came.

CONTRACT.md, "Upload audio", lists the supported types. What clients send by default, and the name
that each registry has for a format, is in the guide "What your client sends".
"""

import re

_LEAVE_OUT = (
    "or leave Content-Type out, so that the name's extension decides: in a browser by "
    "fetch(url, {body: new Blob([file])})"
)
_RAW = (
    "Send the bytes of the file itself as the body: fetch(url, {method: 'POST', body: file}), or "
    "curl --data-binary @file"
)
_CONVERT = "Convert it, for example by ffmpeg -i FILE -c:a libopus audio.webm"

# Other names of supported types: who uses them, and what the type is called here.
_OTHER_NAMES = {
    **dict.fromkeys(
        ("audio/mpeg", "audio/mpeg3", "audio/x-mp3", "audio/x-mpeg", "audio/x-mpeg-3", "audio/mpg"),
        ("Browsers and most tools call .mp3 files that", "audio/mp3"),
    ),
    **dict.fromkeys(
        ("audio/x-wav", "audio/wave", "audio/vnd.wave", "audio/x-pn-wav"),
        ("Firefox and many tools call .wav files that", "audio/wav"),
    ),
    **dict.fromkeys(
        ("audio/x-m4a", "audio/mp4a-latm"),
        ("Chromium and some tools call .m4a files that", "audio/m4a"),
    ),
    **dict.fromkeys(
        ("application/ogg", "audio/x-ogg", "video/ogg"),
        ("Firefox calls .ogg files that", "audio/ogg"),
    ),
    **dict.fromkeys(
        ("audio/opus", "audio/x-opus+ogg", "audio/x-opus"),
        ("Some tools call Ogg files with Opus that", "audio/ogg;codecs=opus"),
    ),
    "audio/vorbis": ("Some tools call Ogg files with Vorbis that", "audio/ogg"),
    **dict.fromkeys(
        ("video/webm", "audio/x-webm", "audio/x-matroska"),
        ("Browsers and tools that look at the extension call .webm files that, without video too",
         "audio/webm;codecs=opus"),
    ),
    **dict.fromkeys(
        ("video/mp4", "application/mp4", "audio/x-mp4"),
        ("Browsers and tools that look at the extension call .mp4 files that, without video too",
         "audio/mp4"),
    ),
}  # fmt: skip

# Other formats of audio, by type and by extension.
_FORMATS = {
    "flac": "FLAC", "x-flac": "FLAC", "aac": "AAC without a container", "aacp": "AAC",
    "x-aac": "AAC without a container", "x-hx-aac-adts": "AAC without a container",
    "amr": "AMR", "amr-wb": "AMR", "3gpp": "3GPP", "3gpp2": "3GPP", "3gp": "3GPP",
    "basic": "mu-law without a container", "x-mulaw": "mu-law without a container",
    "l16": "PCM without a container", "pcm": "PCM without a container", "raw": "PCM",
    "x-caf": "CAF", "caf": "CAF", "aiff": "AIFF", "x-aiff": "AIFF", "aif": "AIFF",
    "x-ms-wma": "Windows Media Audio", "wma": "Windows Media Audio", "midi": "MIDI",
    "quicktime": "QuickTime", "mov": "QuickTime", "mkv": "Matroska", "x-matroska": "Matroska",
}  # fmt: skip
_AAC = "Put it into M4A without encoding it again: ffmpeg -i FILE -c:a copy audio.m4a"

# Extensions that stand for a supported type elsewhere, and the one that this API knows.
_OTHER_EXTENSIONS = {
    "weba": "webm", "opus": "ogg", "oga": "ogg", "ogx": "ogg", "spx": "ogg", "wave": "wav",
    "mpeg": "mp3", "mpga": "mp3", "mp2": "mp3", "m4b": "m4a", "mp4a": "m4a", "m4v": "mp4",
}  # fmt: skip
_TYPES = {"webm": "audio/webm;codecs=opus", "m4a": "audio/m4a"}

# A second type after a comma; the list of a recorder's codecs has commas too.
_SEVERAL = re.compile(r",\s*[\w.+-]+/")
_VIDEO = re.compile(r"vp[89]|av01|avc1|h264|hev1", re.IGNORECASE)
_PARAMETER = re.compile(r';\s*codecs\s*=\s*"?([^";]*)', re.IGNORECASE)


def hint_for_type(content_type: str) -> str:
    """Return what to do about a Content-Type that is not supported, as sentences."""
    essence = content_type.split(";", 1)[0].strip().lower()
    if _SEVERAL.search(content_type):
        return "The request has several types. Send one Content-Type field with one type."
    if not re.fullmatch(r"[^\s/]+/[^\s/]+", essence):
        return f"A type has the form audio/wav. Send one that is supported, {_LEAVE_OUT}."
    if essence == "video/webm" and _VIDEO.search(content_type):
        return _webm("video")
    known = _by_essence(essence)
    return known or _with_parameters(essence, content_type)


def _by_essence(essence: str) -> str:
    if essence in _OTHER_NAMES:
        who, wanted = _OTHER_NAMES[essence]
        return f"{who}; this API spells it {wanted}. Send that, {_LEAVE_OUT}."
    if essence == "multipart/form-data":
        return f"This is a form. {_RAW}; no FormData, and no curl -F."
    if essence == "application/json":
        return f"This says JSON. {_RAW}; no curl --json, and no base64."
    kind, _, name = essence.partition("/")
    if kind == "text":
        return f"This says text, as fetch does of a string. {_RAW}; base64 must be decoded first."
    if kind in ("audio", "video") and name in _FORMATS:
        advice = _AAC if "AAC" in _FORMATS[name] else _CONVERT
        return f"{_FORMATS[name]} is not accepted. {advice}."
    if kind not in ("audio", "video", "application"):
        return "This is no audio. Send a recording, with its type."
    return ""


def _with_parameters(essence: str, content_type: str) -> str:
    """Return what to do about a type that would be supported with other parameters."""
    found = _PARAMETER.search(content_type)
    codecs = found[1].strip().lower() if found else ""
    if essence == "audio/webm":
        return _webm(codecs)
    if essence == "audio/ogg":
        if codecs == "opus":
            return "The value is compared with its case: send audio/ogg;codecs=opus and no more."
        return "Send audio/ogg, which stands for Vorbis and Opus, without another parameter."
    if essence in ("audio/mp4", "audio/m4a", "audio/mp3", "audio/wav"):
        why = "A recorder's own type names the codec. " if codecs else ""
        return f"{why}This type has no parameters here: send {essence}, {_LEAVE_OUT}."
    return f"Send one of the supported types, {_LEAVE_OUT}."


def _webm(codecs: str) -> str:
    wanted = "audio/webm;codecs=opus"
    if not codecs:
        return (
            f"WebM needs its codec in the type: send {wanted}, which is the recorder's mimeType "
            f"once it has started, {_LEAVE_OUT}."
        )
    if codecs == "opus":
        return f"The value is compared with its case: send {wanted} and no more."
    return (
        f"WebM is accepted with Opus alone: new MediaRecorder(stream, {{mimeType: '{wanted}'}}), "
        "on a stream without video."
    )


def hint_for_extension(extension: str) -> str:
    """Return what to do about a name whose extension stands for no supported type.

    Args:
        extension: in lower case, without the dot; empty for a name without one.
    """
    if not extension:
        return (
            "Send the type of the audio as Content-Type, or give the name an extension: webm, wav, "
            "ogg, mp4, m4a or mp3."
        )
    known = _OTHER_EXTENSIONS.get(extension)
    if known:
        kind = _TYPES.get(known, f"audio/{known}")
        return f"Name the file .{known}, or send {kind} as Content-Type."
    if extension in _FORMATS:
        return hint_for_type(f"audio/{extension}")
    return (
        "Send the type of the audio as Content-Type, or name the file by its format: .webm, .wav, "
        ".ogg, .mp4, .m4a or .mp3."
    )
