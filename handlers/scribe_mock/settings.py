"""The settings of one server: a frozen dataclass, read from environment and command line.

Each field is also an option of `scribe-mock serve` (`--max-memory`) and an environment variable
(`SCRIBE_MOCK_MAX_MEMORY`). The field's metadata says how its text is parsed and explained.
"""

from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, field, fields
from pathlib import Path
from typing import Any

from scribe_mock.errors import SettingsError
from scribe_mock.setting_kinds import (
    COUNT,
    ENTRIES,
    FILE,
    FLAG,
    HOSTS,
    LOG_FORMAT,
    NETWORKS,
    PORT,
    SECONDS,
    SIZE,
    SOME_SECONDS,
    STORE,
    TEXT,
    TOKENS,
    URL,
    WORKERS,
    Kind,
)
from scribe_mock.store_address import MEMORY, is_redis

ENVIRONMENT_PREFIX = "SCRIBE_MOCK_"
#: Environment variables of `scribe-mock check --login`; they are not settings of the server.
CLIENT_ID, CLIENT_SECRET = "SCRIBE_MOCK_CLIENT_ID", "SCRIBE_MOCK_CLIENT_SECRET"
#: The variables of the options of `scribe-mock check` begin so; they are not settings either.
CHECK_PREFIX = "SCRIBE_MOCK_CHECK_"
#: The same for those of `scribe-mock examine`.
EXAMINE_PREFIX = "SCRIBE_MOCK_EXAMINE_"
#: What a client that is examined finds in its environment besides; they are not settings either.
_OF_CLIENTS = {"SCRIBE_MOCK_URL", "SCRIBE_MOCK_AUDIO", "SCRIBE_MOCK_RESUME"}


def _setting(default: Any, kind: Kind, metavar: str, explain: str) -> Any:
    return field(default=default, metadata={"kind": kind, "metavar": metavar, "explain": explain})


@dataclass(frozen=True, kw_only=True)
class Settings:
    """How one server behaves; the defaults are those of `scribe-mock serve`."""

    host: str = _setting("127.0.0.1", TEXT, "HOST", "address to listen on")
    port: int = _setting(8080, PORT, "PORT", "port to listen on; 0 for any free one")
    token: tuple[str, ...] = _setting(
        (),
        TOKENS,
        "T",
        "accept only this bearer token; repeat the option for more; default: any token",
    )
    workers: int = _setting(
        1, WORKERS, "N", "processes that share the port; more than 1 need --store redis://…"
    )
    shutdown_seconds: float = _setting(
        0.0,
        SECONDS,
        "S",
        "seconds to go on after SIGTERM while /_mock/ready says 503, for a proxy to notice",
    )
    processing_seconds: float = _setting(
        2.0, SECONDS, "S", "seconds that processing takes after End session"
    )
    session_ttl: float = _setting(
        3600.0, SOME_SECONDS, "S", "seconds until a session that was not ended expires"
    )
    store: str = _setting(
        MEMORY,
        STORE,
        "STORE",
        "where sessions and audio are: memory, redis://HOST:PORT (for several servers) or "
        "sqlite:///FILE",
    )
    redis_durable: bool = _setting(
        False, FLAG, "", "acknowledge what Redis has on its disk (WAITAOF), for redis:// alone"
    )
    max_memory: int = _setting(
        1024**3,
        SIZE,
        "SIZE",
        "memory for sessions and audio; when full, finished, then expired sessions are evicted",
    )
    scenario: str = _setting(
        "consultation", TEXT, "NAME", "outcome of processing for sessions that name no scenario"
    )
    follow_audio: bool = _setting(
        False,
        FLAG,
        "",
        "transcripts have what arrived of the scenario's recording, for sessions that say nothing",
    )
    fixtures: Path | None = _setting(
        None,
        FILE,
        "DIR",
        "folder with sessions.yaml, scenarios/ and audio/; default: the shipped one",
    )
    spec: Path | None = _setting(
        None, FILE, "FILE", "OpenAPI file to serve; default: the shipped openapi.yaml"
    )
    watch: bool = _setting(
        False, FLAG, "", "load the fixtures and the file of --spec anew when they are saved"
    )
    max_audio_seconds: float = _setting(
        14400.0,
        SOME_SECONDS,
        "S",
        "longest single recording that is accepted, in seconds of audio",
    )
    max_audio_work: float = _setting(
        60.0, SOME_SECONDS, "S", "processor time that one recording may need, in seconds"
    )
    max_audio_wait: float = _setting(
        300.0,
        SOME_SECONDS,
        "S",
        "time until a recording is decoded, with its wait for others, in seconds; then 503",
    )
    max_recordings: int = _setting(
        64, COUNT, "N", "the most recordings that are decoded or wait for it; more get 503"
    )
    max_connections: int = _setting(
        5000, COUNT, "N", "the most connections to each process; more get 503 and are closed"
    )
    max_streams: int = _setting(
        1000, COUNT, "N", "the most open WebSockets of each process; more are refused with 503"
    )
    strict_audio: bool = _setting(False, FLAG, "", "refuse audio that has a serious finding")
    public_url: str | None = _setting(
        None, URL, "URL", "address for upload_url; default: the address that the client used"
    )
    forwarded_allow_ips: tuple[str, ...] = _setting(
        (),
        NETWORKS,
        "ADDRESS",
        "make upload_url from Forwarded or X-Forwarded-* of proxies at this address or network; "
        "repeat the option for more; default: of none",
    )
    certfile: Path | None = _setting(
        None, FILE, "FILE", "serve https with this certificate, a PEM file; default: http"
    )
    keyfile: Path | None = _setting(
        None, FILE, "FILE", "the key of --certfile; default: it is in that file"
    )
    self_signed: bool = _setting(
        False, FLAG, "", "serve https with a certificate for localhost and this machine's address"
    )
    webhook_host: tuple[str, ...] = _setting(
        (),
        HOSTS,
        "HOST",
        "deliver webhooks to this host too, over https; repeat the option for more; default: only "
        "to this machine",
    )
    journal_size: int = _setting(
        10_000, ENTRIES, "N", "the most requests that the journal keeps; 0 for no journal"
    )
    log_format: str = _setting(
        "text", LOG_FORMAT, "FORMAT", "how requests are logged: text, or json for an object a line"
    )
    quiet: bool = _setting(False, FLAG, "", "do not log requests")

    def __post_init__(self) -> None:
        """Check values from Python code like those from texts; raises SettingsError."""
        if self.redis_durable and not is_redis(str(self.store)):
            raise SettingsError("--redis-durable is for a store in Redis: add --store redis://…")
        for each in fields(self):
            value, kind = getattr(self, each.name), each.metadata["kind"]
            if not (value is each.default or kind.accepts(value)):
                raise SettingsError(
                    f"Settings: {each.name} must be {kind.description}, not {value!r:.100}."
                )

    @classmethod
    def from_env(cls, environ: Mapping[str, str]) -> "Settings":
        """Settings from `SCRIBE_MOCK_…` variables.

        Raises:
            SettingsError: a variable is unknown, or its value is not allowed.
        """
        known = {f"{ENVIRONMENT_PREFIX}{f.name.upper()}": f.name for f in fields(cls)}
        texts = {}
        ours = {key for key in environ if key.startswith(ENVIRONMENT_PREFIX)}
        ours = {key for key in ours if not key.startswith((CHECK_PREFIX, EXAMINE_PREFIX))}
        for key in sorted(ours - _OF_CLIENTS - {CLIENT_ID, CLIENT_SECRET}):
            if key not in known:
                raise SettingsError(f"There is no setting {key}.{_nearest(key, known)}")
            texts[known[key]] = environ[key]
        return cls(**{name: _read(name, text, "env") for name, text in texts.items()})


def option_name(field_name: str) -> str:
    """The command-line option of a setting, such as `--max-memory`."""
    return f"--{field_name.replace('_', '-')}"


def read_option(field_name: str, text: str) -> Any:
    """Parse the text of one command-line option; raises SettingsError."""
    return _read(field_name, text, "option")


def _read(name: str, text: str, source: str) -> Any:
    kind = next(f for f in fields(Settings) if f.name == name).metadata["kind"]
    with suppress(ValueError, OverflowError):
        value = kind.parse(text)
        if value != () and kind.accepts(value):
            return value
    shown = option_name(name) if source == "option" else f"{ENVIRONMENT_PREFIX}{name.upper()}"
    raise SettingsError(f"{shown} must be {kind.description}, not {text[:100]!r}.")


def _nearest(key: str, known: Mapping[str, str]) -> str:
    import difflib  # only for this message, and pytest's start should not wait for it

    names = {name.removeprefix(ENVIRONMENT_PREFIX): name for name in sorted(known)}
    near = difflib.get_close_matches(key.removeprefix(ENVIRONMENT_PREFIX).upper(), names, n=1)
    if near:
        return f" Did you mean {names[near[0]]}?"
    return f" There are: {', '.join(names.values())}."
