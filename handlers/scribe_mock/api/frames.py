"""The frames of a stream: parsing WebSocket messages (CONTRACT.md, "Stream audio")."""

import binascii
import json
from base64 import b64decode
from collections.abc import Mapping
from typing import Any

#: Samples per second of binary frames, and the rate that chunks are stored in.
WIRE_RATE = 16_000
#: Rates that a `start` frame may name, in samples per second.
LOWEST_RATE, HIGHEST_RATE = 4_000, 192_000
#: The only encoding a `start` frame may name: 16-bit little-endian PCM.
ENCODING = "audio/x-l16"


class FrameError(Exception):
    """The frame is not one that the contract defines, or not allowed at this point."""


class Frames:
    """Parses the messages of one socket; the first decides between binary and JSON frames."""

    def __init__(self) -> None:
        #: Samples per second, once the first frame has told; None before.
        self.rate: int | None = None
        self.stopped = False
        self._binary = False

    def read(self, message: Mapping[str, Any]) -> bytes:
        """The 16-bit PCM in one message; empty for `start` and `stop`.

        Raises:
            FrameError: the contract defines no such frame, or does not allow it at this point.
        """
        if message.get("bytes") is not None:
            return self._samples(message["bytes"])
        event, body = _envelope(message.get("text") or "")
        if event == "stop":
            self.stopped = True
            return b""
        if self._binary:
            raise FrameError("the stream is binary; the only text frame allowed in it is stop")
        if event == "start":
            self._start(body)
            return b""
        if self.rate is None:
            raise FrameError("media came before start")
        return _payload(body)

    def _samples(self, data: bytes) -> bytes:
        if self.rate is not None and not self._binary:
            raise FrameError("the stream is JSON; it can't have binary frames")
        self.rate, self._binary = WIRE_RATE, True
        return data

    def _start(self, body: Any) -> None:
        if self.rate is not None:
            raise FrameError("start came twice")
        form = body.get("mediaFormat") if isinstance(body, dict) else None
        rate = form.get("sampleRate") if isinstance(form, dict) else None
        if not isinstance(form, dict) or form.get("encoding") != ENCODING:
            raise FrameError(f"start.mediaFormat.encoding must be {ENCODING}")
        if type(rate) is not int or not LOWEST_RATE <= rate <= HIGHEST_RATE:
            raise FrameError(f"sampleRate must be a number from {LOWEST_RATE} to {HIGHEST_RATE}")
        self.rate = rate


def _envelope(text: str) -> tuple[str, Any]:
    try:
        frame = json.loads(text)
    except (ValueError, RecursionError):
        raise FrameError("a text frame must be JSON") from None
    event = frame.get("event") if isinstance(frame, dict) else None
    if event not in ("start", "media", "stop"):
        raise FrameError("event must be start, media or stop")
    return event, frame.get(event)


def _payload(body: Any) -> bytes:
    payload = body.get("payload") if isinstance(body, dict) else None
    if not isinstance(payload, str):
        raise FrameError("media.payload must be base64 text")
    try:
        return b64decode(payload, validate=True)
    except (binascii.Error, ValueError):
        raise FrameError("media.payload is not base64") from None
