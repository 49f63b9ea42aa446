"""The frames of a stream: parsing WebSocket messages (CONTRACT.md, "Stream audio")."""

import binascii
import json
from base64 import b64decode
from collections.abc import Mapping
from typing import Any

from scribe_mock.api import frame_advice

#: Samples per second of binary frames, and the rate that chunks are stored in.
WIRE_RATE = 16_000
#: Rates that a `start` frame may name, in samples per second.
LOWEST_RATE, HIGHEST_RATE = 4_000, 192_000


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
            raise FrameError("media came before start: start says the encoding and the sampleRate")
        return _payload(body)

    def _samples(self, data: bytes) -> bytes:
        if self.rate is not None and not self._binary:
            raise FrameError("the stream is JSON; it can't have binary frames")
        self.rate, self._binary = WIRE_RATE, True
        return data

    def _start(self, body: Any) -> None:
        if self.rate is not None:
            raise FrameError("start came twice; open another socket for another format")
        form = body.get("mediaFormat") if isinstance(body, dict) else None
        if not isinstance(form, dict):
            raise FrameError(frame_advice.no_format(body))
        if form.get("encoding") != frame_advice.ENCODING:
            raise FrameError(frame_advice.wrong_encoding(form.get("encoding")))
        channels = form.get("channels")
        if channels is not None and (type(channels) not in (int, float) or channels != 1):
            given = frame_advice.shown(channels)
            raise FrameError(f"channels must be the number 1, not {given}: mix the channels to one")
        self.rate = _rate(form)


def _rate(form: Mapping[str, Any]) -> int:
    """The samples per second that a mediaFormat names; 16000.0 is the number 16000 (RFC 8259)."""
    rate = form.get("sampleRate")
    if type(rate) is float and rate.is_integer():
        rate = int(rate)
    if type(rate) is int and LOWEST_RATE <= rate <= HIGHEST_RATE:
        return rate
    expected = f"sampleRate must be a whole number from {LOWEST_RATE} to {HIGHEST_RATE}"
    if "sample_rate" in form and rate is None:
        raise FrameError(f"{expected}; it is written sampleRate, not sample_rate")
    quoted = "; write it without quotation marks" if isinstance(rate, str) else ""
    raise FrameError(f"{expected}, not {frame_advice.shown(rate)}{quoted}")


def _envelope(text: str) -> tuple[str, Any]:
    try:
        frame = json.loads(text)
    except (ValueError, RecursionError):
        raise FrameError(frame_advice.no_json(text)) from None
    event = frame.get("event") if isinstance(frame, dict) else None
    if event not in ("start", "media", "stop"):
        raise FrameError(frame_advice.no_event(frame))
    return event, frame.get(event)


def _payload(body: Any) -> bytes:
    payload = body.get("payload") if isinstance(body, dict) else None
    if not isinstance(payload, str):
        raise FrameError(frame_advice.wrong_payload(body))
    try:
        return b64decode(payload, validate=True)
    except (binascii.Error, ValueError):
        raise FrameError(frame_advice.wrong_payload(body)) from None
