"""Settings: one frozen dataclass, built at the edge from the environment and the command line.

A field is also an option of `scribe-mock serve` (`--max-memory`) and an environment variable
(`SCRIBE_MOCK_MAX_MEMORY`); its metadata says how to read and explain it.
"""

import difflib
import math
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, fields
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from scribe_mock.errors import SettingsError

ENVIRONMENT_PREFIX = "SCRIBE_MOCK_"
#: Variables that no setting reads: `scribe-mock check --login` does.
CLIENT_ID, CLIENT_SECRET = "SCRIBE_MOCK_CLIENT_ID", "SCRIBE_MOCK_CLIENT_SECRET"

_UNITS = {"": 1, "B": 1}
_UNITS |= {f"{letter}B": 1000**power for power, letter in enumerate("KMGT", 1)}
_UNITS |= {f"{letter}IB": 1024**power for power, letter in enumerate("KMGT", 1)}


def _size(text: str) -> int:
    match = re.fullmatch(r"([0-9]+(?:\.[0-9]+)?)\s*([a-zA-Z]*)", text.strip())
    if match is None or match[2].upper() not in _UNITS:
        raise ValueError("a size such as 500MB, 1GiB or a number of bytes")
    size = int(float(match[1]) * _UNITS[match[2].upper()])
    if size < 16 * 1024**2:
        raise ValueError("at least 16MiB: one upload alone may take 10 MiB")
    return size


def _seconds(text: str) -> float:
    try:
        seconds = float(text)
    except ValueError:
        seconds = -1.0
    if not (0 <= seconds < math.inf):
        raise ValueError("a number of seconds, 0 or more")
    return seconds


def _positive_seconds(text: str) -> float:
    if not (seconds := _seconds(text)):
        raise ValueError("a number of seconds above 0")
    return seconds


def _port(text: str) -> int:
    if not (text.isascii() and text.isdigit() and int(text) <= 65535):
        raise ValueError("a port from 0 to 65535 (0 takes any free one)")
    return int(text)


def _tokens(text: str) -> tuple[str, ...]:
    tokens = tuple(part for part in re.split(r"[,\s]+", text) if part)
    if not tokens:
        raise ValueError("at least one token")
    return tokens


def _url(text: str) -> str:
    parts = urlsplit(text)
    if parts.scheme not in ("http", "https") or not parts.netloc or parts.query or parts.fragment:
        raise ValueError("an address such as https://mock.example.org")
    return text.rstrip("/")


def _flag(text: str) -> bool:
    if text.lower() in ("1", "true", "yes", "on"):
        return True
    if text.lower() in ("0", "false", "no", "off", ""):
        return False
    raise ValueError("1 or 0")


def _text(text: str) -> str:
    if not text.strip():
        raise ValueError("some text")
    return text.strip()


def _setting(default: Any, read: Callable[[str], Any], metavar: str, explain: str) -> Any:
    return field(default=default, metadata={"read": read, "metavar": metavar, "explain": explain})


@dataclass(frozen=True, kw_only=True)
class Settings:
    """How one server behaves. The defaults are those of `scribe-mock serve`."""

    host: str = _setting("127.0.0.1", _text, "HOST", "address to listen on")
    port: int = _setting(8080, _port, "PORT", "port to listen on; 0 takes any free one")
    token: tuple[str, ...] = _setting(
        (), _tokens, "T", "accept only this bearer token; give it again for more; default: any"
    )
    processing_seconds: float = _setting(
        2.0, _seconds, "S", "how long processing takes after End session"
    )
    session_ttl: float = _setting(
        3600.0, _positive_seconds, "S", "seconds until a session that was not ended expires"
    )
    max_memory: int = _setting(
        1024**3, _size, "SIZE", "bound on what is kept: finished, then expired sessions go first"
    )
    scenario: str = _setting(
        "consultation", _text, "NAME", "what processing finds, for sessions that name no scenario"
    )
    fixtures: Path | None = _setting(
        None, Path, "DIR", "sessions.yaml, scenarios/ and audio/; default: those that ship"
    )
    spec: Path | None = _setting(
        None, Path, "FILE", "the contract to serve; default: the openapi.yaml that ships"
    )
    max_audio_seconds: float = _setting(
        14400.0, _positive_seconds, "S", "the longest single recording, decoded"
    )
    max_audio_work: float = _setting(
        60.0, _positive_seconds, "S", "the most processor time that one recording may take"
    )
    strict_audio: bool = _setting(
        False, _flag, "", "refuse audio in which the doctor finds something serious"
    )
    public_url: str | None = _setting(
        None, _url, "URL", "address that clients see, for upload_url; default: the one they used"
    )
    trust_forwarded: bool = _setting(
        False, _flag, "", "build upload_url from Forwarded or X-Forwarded-* (behind a proxy)"
    )
    quiet: bool = _setting(False, _flag, "", "print no line per request")

    @classmethod
    def from_env(cls, environ: Mapping[str, str]) -> "Settings":
        """Settings from `SCRIBE_MOCK_…` variables.

        Raises:
            SettingsError: a variable is unknown, or has a value that makes no sense.
        """
        known = {f"{ENVIRONMENT_PREFIX}{f.name.upper()}": f.name for f in fields(cls)}
        texts = {}
        ours = {key for key in environ if key.startswith(ENVIRONMENT_PREFIX)}
        for key in sorted(ours - {CLIENT_ID, CLIENT_SECRET}):
            if key not in known:
                raise SettingsError(f"There is no setting {key}.{_nearest(key, known)}")
            texts[known[key]] = environ[key]
        return cls(**{name: _read(name, text, "env") for name, text in texts.items()})


def option_name(field_name: str) -> str:
    """The command line's name of a setting."""
    return f"--{field_name.replace('_', '-')}"


def read_option(field_name: str, text: str) -> Any:
    """One setting from its text on the command line; raises SettingsError."""
    return _read(field_name, text, "option")


def _read(name: str, text: str, source: str) -> Any:
    reader = next(f for f in fields(Settings) if f.name == name).metadata["read"]
    try:
        return reader(text)
    except ValueError as error:
        shown = option_name(name) if source == "option" else f"{ENVIRONMENT_PREFIX}{name.upper()}"
        raise SettingsError(f"{shown} takes {error}, not {text!r}.") from None


def _nearest(key: str, known: Mapping[str, str]) -> str:
    names = {name.removeprefix(ENVIRONMENT_PREFIX): name for name in sorted(known)}
    near = difflib.get_close_matches(key.removeprefix(ENVIRONMENT_PREFIX).upper(), names, n=1)
    if near:
        return f" Did you mean {names[near[0]]}?"
    return f" Known are: {', '.join(names.values())}."
