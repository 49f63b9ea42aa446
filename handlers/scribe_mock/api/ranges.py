"""Answers with bytes, whole or the part that a Range header asks for (RFC 9110, 14)."""

import re
from collections.abc import AsyncIterator

from starlette.requests import Request
from starlette.responses import Response, StreamingResponse

from scribe_mock.errors import RangeNotSatisfiable
from scribe_mock.store.session_store import Parts

#: One range of bytes; a request for several ranges or another unit gets the whole.
_RANGE = re.compile(r"bytes=([0-9]{0,18})-([0-9]{0,18})")

#: Bytes in one write.
_SENT_AT_ONCE = 64 * 1024


def ranged_answer(
    request: Request, parts: Parts, size: int, media_type: str, *, readers: str = "same-site"
) -> Response:
    """The bytes, or the range of them that the request asks for.

    Args:
        request: The request.
        parts: The bytes, in parts.
        size: How many there are.
        media_type: The Content-Type.
        readers: Whose pages may embed them, in the words of Cross-Origin-Resource-Policy.

    Raises:
        RangeNotSatisfiable: the range begins after the end.
    """
    status, first, end = 200, 0, size
    headers = {
        "Accept-Ranges": "bytes",
        "Cross-Origin-Resource-Policy": readers,
        # A browser that looks into the bytes could take a client's upload for a page.
        "X-Content-Type-Options": "nosniff",
    }
    wanted = request.headers.get("range", "") if request.method == "GET" else ""
    asked = _RANGE.fullmatch(wanted)
    if asked is not None and _makes_sense(asked[1], asked[2]):
        status, (first, end) = 206, _within(asked[1], asked[2], size)
        headers["Content-Range"] = f"bytes {first}-{end - 1}/{size}"
    headers["Content-Length"] = str(end - first)
    return StreamingResponse(_cut(parts, first, end), status, headers, media_type)


def _makes_sense(first: str, last: str) -> bool:
    return int(first) <= int(last) if first and last else bool(first or last)


def _within(first: str, last: str, size: int) -> tuple[int, int]:
    """Begin and end of a range (RFC 9110, 14.1.2); raises RangeNotSatisfiable."""
    if first:
        begin, end = int(first), min(int(last) + 1, size) if last else size
    else:
        begin, end = max(0, size - int(last)), size
    if begin >= end:
        raise RangeNotSatisfiable(size)
    return begin, end


async def _cut(parts: Parts, first: int, end: int) -> AsyncIterator[bytes]:
    """The bytes from `first` to before `end`, in small parts: a slow client holds little memory."""
    for part in parts:
        for begin in range(max(first, 0), min(end, len(part)), _SENT_AT_ONCE):
            yield part[begin : min(begin + _SENT_AT_ONCE, end)]
        first, end = first - len(part), end - len(part)
