"""Where sessions and audio are stored, as the option `--store` says it."""

from pathlib import Path
from typing import Any
from urllib.parse import SplitResult, parse_qs, urlsplit

#: The store in the server's own memory.
MEMORY = "memory"
#: All stores in words, for messages.
STORES = "memory, redis://HOST:PORT, rediss://HOST:PORT or sqlite:///FILE"

_SQLITE = "sqlite:///"
#: What the keys in Redis begin with, if the address says nothing else.
_PREFIX = "scribe:"


def is_store(value: Any) -> bool:
    """Whether a value is an address of a store."""
    if not isinstance(value, str):
        return False
    if value.startswith(_SQLITE):
        return len(value) > len(_SQLITE)
    return value == MEMORY or (is_redis(value) and _is_sound(value))


def is_redis(store: str) -> bool:
    """Whether this address is one of Redis."""
    return store.startswith(("redis://", "rediss://"))


def kind_of(store: str) -> str:
    """What kind of store it is: memory, redis or sqlite."""
    return "redis" if is_redis(store) else store.partition(":")[0]


def sqlite_file(store: str) -> Path | None:
    """The file of this address; None if it is not one of SQLite."""
    return Path(store.removeprefix(_SQLITE)) if store.startswith(_SQLITE) else None


def redis_prefix(store: str) -> str:
    """What the keys begin with: what `?prefix=` says."""
    return parse_qs(urlsplit(store).query).get("prefix", [_PREFIX])[0]


def without_query(store: str) -> str:
    """The address alone."""
    return urlsplit(store)._replace(query="").geturl()


def without_secrets(store: str) -> str:
    """The address as it can be shown: without the name and the password of a user."""
    parts = urlsplit(store)
    return parts._replace(netloc=parts.netloc.rpartition("@")[2]).geturl()


def _is_sound(store: str) -> bool:
    """Whether an address of Redis has a host, and nothing that is unknown.

    redis-py makes of unknown parameters arguments of its own, and fails at the first command.
    """
    try:
        parts = urlsplit(store)
        return bool(parts.hostname) and parts.port != 0 and _knows_rest(parts)
    except ValueError:
        return False


def _knows_rest(parts: SplitResult) -> bool:
    database = parts.path.strip("/")
    query = parse_qs(parts.query, strict_parsing=bool(parts.query))
    whole_number = not database or (database.isascii() and database.isdigit())
    return whole_number and query.keys() <= {"prefix"} and not parts.fragment
