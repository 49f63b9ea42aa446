"""Requests that a parser, a proxy or a balancer may refuse before the application sees them."""

import re

from scribe_mock.contract.transport.message import Delivery, Request

_METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})
#: In a path: an empty or dot segment, or a slash, backslash or dot in percent-encoding.
_REWRITTEN = re.compile(r"//|/\.{1,2}(/|$)|%(2f|5c|2e)", re.IGNORECASE)
#: In a path or query: a control in percent-encoding, a percent sign alone, and what RFC 3986 does
#: not allow.
_ODD = re.compile(r"%([01][0-9a-f]|7f)|%(?![0-9a-f]{2})|[^!-~]|[\"<>\\^`{|}]", re.IGNORECASE)
_BAD_BYTES = re.compile(r"%[89a-f][0-9a-f]", re.IGNORECASE)
#: Common bounds: some balancers take 4 KiB of header fields; long paths are refused from 2 KiB on.
_LONG_TARGET, _LONG_HEAD = 2000, 3500
#: The largest body that the contract lets a client send.
_LARGE_BODY = 10 * 1024 * 1024


def is_unusual(request: Request) -> bool:
    """Whether something other than the application may refuse a request for its form alone."""
    return (
        request.exempt
        or request.method not in _METHODS
        or request.chunked
        or request.delivery is not Delivery.AT_ONCE
        or len(request.body or b"") > _LARGE_BODY
        or (request.method in ("GET", "HEAD") and bool(request.body))
        or _has_odd_target(request.target)
        or _has_odd_fields(request)
    )


def _has_odd_target(target: str) -> bool:
    path = target.partition("?")[0]
    if len(target) > _LONG_TARGET or _ODD.search(target) or _REWRITTEN.search(path):
        return True
    return bool(_BAD_BYTES.search(path)) and not _is_utf8(path)


def may_be_rewritten(request: Request) -> bool:
    """Whether a server in front may pass on another path, with slashes joined or decoded."""
    return bool(_REWRITTEN.search(request.target.partition("?")[0]))


def _is_utf8(path: str) -> bool:
    found = re.sub("%([0-9a-fA-F]{2})", lambda hit: chr(int(hit[1], 16)), path)
    try:
        found.encode("latin-1").decode("utf-8")
    except UnicodeError:
        return False
    return True


def _has_odd_fields(request: Request) -> bool:
    names = [name.lower() for name, _ in request.headers]
    values = [value for _, value in request.headers]
    return (
        len(set(names)) < len(names)
        or not {"upgrade", "expect", "transfer-encoding", "content-length"}.isdisjoint(names)
        or not all(value.isascii() and value.isprintable() and value.strip() for value in values)
        or sum(map(len, names)) + sum(map(len, values)) > _LONG_HEAD
    )
