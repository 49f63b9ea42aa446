"""The kinds of settings: which values each accepts, and how its text is read."""

import math
import re
from collections.abc import Callable
from dataclasses import dataclass
from ipaddress import ip_network
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from scribe_mock.store_address import STORES, is_store

_UNITS = {"": 1, "B": 1}
_UNITS |= {f"{letter}B": 1000**power for power, letter in enumerate("KMGT", 1)}
_UNITS |= {f"{letter}IB": 1024**power for power, letter in enumerate("KMGT", 1)}

#: One upload alone may have 10 MiB. Python code may go below, to test a server without memory.
_MIN_MEMORY = 16 * 1024**2
#: Ten years: a longer time is a mistake, and too much for timers.
_MAX_SECONDS = 10 * 365.25 * 86400


@dataclass(frozen=True)
class Kind:
    """A kind of setting: which values it accepts.

    Args:
        description: The accepted values in words, for messages.
        parse: The value that a text stands for; raises ValueError or OverflowError.
        accepts: Whether a value is accepted.
    """

    description: str
    parse: Callable[[str], Any]
    accepts: Callable[[Any], bool]


def _number(value: Any, least: float, most: float) -> bool:
    counts = isinstance(value, int | float) and not isinstance(value, bool)
    return counts and least <= value <= most


def _size(text: str) -> int:
    match = re.fullmatch(r"([0-9]+(?:\.[0-9]+)?)\s*([a-zA-Z]*)", text.strip())
    if match is None or match[2].upper() not in _UNITS:
        raise ValueError
    size = int(float(match[1]) * _UNITS[match[2].upper()])
    if size < _MIN_MEMORY:
        raise ValueError
    return size


def _digits(text: str) -> int:
    if not (text.isascii() and text.isdigit()):
        raise ValueError
    return int(text)


def _tokens(text: str) -> tuple[str, ...]:
    return tuple(part for part in re.split(r"[,\s]+", text) if part)


def _are_tokens(value: Any) -> bool:
    return isinstance(value, tuple) and all(isinstance(t, str) and t.strip() for t in value)


def _are_hosts(value: Any) -> bool:
    return _are_tokens(value) and all(re.fullmatch(r"[a-z0-9._:-]+", host) for host in value)


def _are_networks(value: Any) -> bool:
    try:
        return _are_tokens(value) and bool([ip_network(each, strict=False) for each in value])
    except ValueError:
        return False


def _is_url(value: Any) -> bool:
    if not isinstance(value, str):
        return False
    try:
        parts = urlsplit(value)
    except ValueError:
        return False
    told = parts.scheme in ("http", "https") and parts.netloc
    return bool(told) and not (parts.query or parts.fragment or value.endswith("/"))


def _flag(text: str) -> bool:
    if text.lower() in ("1", "true", "yes", "on"):
        return True
    if text.lower() in ("0", "false", "no", "off", ""):
        return False
    raise ValueError


TEXT = Kind("some text", str.strip, lambda value: isinstance(value, str) and bool(value.strip()))
FILE = Kind("a path", Path, lambda value: isinstance(value, Path))
FLAG = Kind("1 or 0", _flag, lambda value: isinstance(value, bool))
PORT = Kind(
    "a port from 0 to 65535 (0 for any free one)",
    _digits,
    lambda value: isinstance(value, int) and _number(value, 0, 65535),
)
TOKENS = Kind("at least one token", _tokens, _are_tokens)
HOSTS = Kind(
    "at least one host name, without scheme and port",
    lambda text: _tokens(text.lower()),
    _are_hosts,
)
NETWORKS = Kind("at least one address or network such as 10.0.0.0/8", _tokens, _are_networks)
SECONDS = Kind(
    f"a number of seconds, 0 to {_MAX_SECONDS:.0f}",
    float,
    lambda value: _number(value, 0, _MAX_SECONDS),
)
SOME_SECONDS = Kind(
    f"a number of seconds above 0, up to {_MAX_SECONDS:.0f}",
    float,
    lambda value: _number(value, 0, _MAX_SECONDS) and value > 0,
)
SIZE = Kind(
    "a size such as 500MB, 1GiB or a number of bytes, at least 16MiB",
    _size,
    lambda value: isinstance(value, int) and _number(value, 1, math.inf),
)
ENTRIES = Kind(
    "a number of entries, 0 to 1000000",
    _digits,
    lambda value: isinstance(value, int) and _number(value, 0, 1_000_000),
)
WORKERS = Kind(
    "a number of processes, 1 to 64",
    _digits,
    lambda value: isinstance(value, int) and _number(value, 1, 64),
)
COUNT = Kind(
    "a number, 1 to 1000000",
    _digits,
    lambda value: isinstance(value, int) and _number(value, 1, 1_000_000),
)
LOG_FORMAT = Kind("text or json", str.strip, lambda value: value in ("text", "json"))
STORE = Kind(STORES, str.strip, is_store)
URL = Kind("an address such as https://mock.example.org", lambda text: text.rstrip("/"), _is_url)
