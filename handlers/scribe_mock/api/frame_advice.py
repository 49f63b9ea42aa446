"""Why a text frame of a stream is refused: what came, what was expected, and the remedy.

Each reason has at most 123 bytes, as a WebSocket's close allows (RFC 6455, 5.5.1). The words of
other protocols are from public pages of Twilio, Telnyx, Plivo, Vonage, Voximplant, Deepgram,
AssemblyAI, OpenAI, Gemini, ElevenLabs, Vosk and Speechmatics.
"""

import re
from collections.abc import Mapping, Sequence
from typing import Any

#: The only encoding that a `start` frame may name: 16-bit little-endian PCM.
ENCODING = "audio/x-l16"

_SHOWN = 20
# What to do, by what the name of an encoding has in it, in lower case and without punctuation.
_REMEDIES: Sequence[tuple[str, str]] = (
    (r"mulaw|ulaw|pcmu(?!\d)", "decode mu-law to 16-bit PCM"),
    ("alaw|pcma", "decode A-law to 16-bit PCM"),
    ("float|f32|f64", "send 16-bit integers"),
    (r"(l|s|pcm|linear)(24|32)(?!\d)|(l|u|s|pcm)8(?!\d)", "send 16 bits a sample"),
    ("base64", "base64 is how payload is written"),
    ("16be|bigendian", "send the low byte first"),
    ("l16|pcm|linear|s16|slin|raw|wav", "name it so if low bytes come first"),
    ("opus|webm|ogg|mp[34]|mpeg|aac|m4a|flac|amr|g72|speex", "decode it to 16-bit PCM"),
)
# What other protocols send between frames, to keep a connection open, and at the end.
_BETWEEN = ("mark", "dtmf", "clear", "cleared", "playaudio", "checkpoint", "error")
_PINGS = ("keepalive", "ping", "noop")
_ENDS = ("closestream", "terminate", "finalize", "endofstream", "stoprecording", "stop", "eos")
_BEGIN = 'begin with {"event":"start","start":{"mediaFormat":...}}'
_END = 'end with {"event":"stop"}'
_BASE64 = re.compile(r"[\w+/=-]{40,}")


def no_json(text: str) -> str:
    """Return what to say of a text frame that is not JSON."""
    if _plain(text) in (*_ENDS, "eof", "done", "end"):
        return f"a text frame must be JSON: {_END}"
    if _BASE64.fullmatch(text[:400].strip()):
        return (
            'a text frame must be JSON: put base64 into {"event":"media","media":{"payload":...}}'
        )
    if text.startswith("data:"):
        return "a text frame must be JSON, and base64 in it comes without data:..."
    return f"a text frame must be JSON: {_BEGIN}"


def no_event(frame: Any) -> str:
    """Return what to say of JSON whose `event` is not one of the contract's."""
    if not isinstance(frame, dict):
        return f"a text frame must be a JSON object: {_BEGIN}"
    event = frame.get("event")
    if event is None:
        return _without_event(frame)
    name = event.lower() if isinstance(event, str) else ""
    if name == "connected":
        return (
            "connected is of Twilio's protocol: leave it out, and send audio/x-l16 instead of "
            "audio/x-mulaw (decode to PCM)"
        )
    if name.startswith("websocket:"):
        return "websocket:... is Vonage's: leave its text frames out; its binary frames are taken"
    if name in ("start", "media", "stop"):
        return f"event must be {name}, in lower case"
    if name in _BETWEEN:
        return f"event {name} is of telephony: leave it out; only start, media and stop are taken"
    return f"event must be start, media or stop, not {shown(event)}; {_BEGIN}"


def _without_event(frame: Mapping[str, Any]) -> str:
    kind = frame.get("type") or frame.get("message_type") or frame.get("message")
    name = _plain(kind) if isinstance(kind, str) else ""
    if name in _ENDS or "eof" in frame or "terminate_session" in frame:
        return f"event must be start, media or stop: {_END}"
    if name in _PINGS:
        return "event must be start, media or stop: to keep a stream open, send silence"
    first = next(iter(frame), "none")
    return f"a frame has event, not {shown(first)}: {_BEGIN}"


def wrong_encoding(encoding: Any) -> str:
    """Return what to say of an encoding that a stream must not have."""
    if not isinstance(encoding, str):
        return f"start.mediaFormat.encoding must be {ENCODING}, not {shown(encoding)}"
    name = _plain(encoding)
    remedy = next((words for parts, words in _REMEDIES if re.search(parts, name)), "")
    if encoding.lower() == "audio/l16":
        remedy = "send low bytes first (RFC 2586 has high bytes first)"
    said = f"encoding {shown(encoding)} is not taken, {ENCODING} is expected"
    return f"{said}: {remedy or 'send 16-bit PCM'}"


def no_format(body: Any) -> str:
    """Return what to say of a `start` without its mediaFormat."""
    if isinstance(body, dict) and "media_format" in body:
        return f"start has media_format: write mediaFormat, with encoding {ENCODING} and sampleRate"
    return f'start needs "mediaFormat":{{"encoding":"{ENCODING}","sampleRate":16000}}'


def wrong_payload(body: Any) -> str:
    """Return what to say of a `media` whose payload is no base64."""
    payload = body.get("payload") if isinstance(body, dict) else None
    if not isinstance(payload, str):
        return 'media.payload must be base64 text: {"event":"media","media":{"payload":"..."}}'
    if payload.startswith("data:"):
        return "media.payload is not base64: leave out data:... up to the comma"
    if re.fullmatch(r"[\w-]*=*", payload, re.ASCII) and re.search("[-_]", payload):
        return "media.payload is not base64: write + and / instead of - and _"
    return "media.payload is not base64 (RFC 4648, 4): letters, digits, + and /, padded with ="


def shown(value: Any) -> str:
    """Return a short form of what a client sent, in ASCII."""
    text = ascii(value) if isinstance(value, str | int | float | None) else type(value).__name__
    return text if len(text) <= _SHOWN else f"{text[:_SHOWN]}..."


def _plain(name: str) -> str:
    return re.sub(r"[\W_]", "", name[:40].lower())
