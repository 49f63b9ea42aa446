"""Settings: read from the environment, and what a wrong one is told."""

from dataclasses import FrozenInstanceError, fields
from pathlib import Path

import pytest

from scribe_mock import Settings
from scribe_mock.errors import SettingsError
from tests.support import AUDIO


def read(name, text):
    return getattr(Settings.from_env({f"SCRIBE_MOCK_{name.upper()}": text}), name)


def test_nothing_set_are_the_defaults():
    assert Settings.from_env({}) == Settings()
    assert Settings.from_env({"HOME": "/", "SCRIBE": "x", "XSCRIBE_MOCK_PORT": "x"}) == Settings()


def test_settings_cannot_be_changed():
    with pytest.raises(FrozenInstanceError):
        Settings().port = 1  # type: ignore[misc]


@pytest.mark.parametrize(
    ("name", "text", "value"),
    [
        ("host", "0.0.0.0", "0.0.0.0"),
        ("port", "0", 0),
        ("port", "65535", 65535),
        ("token", "a", ("a",)),
        ("token", "a, b c", ("a", "b", "c")),
        ("workers", "4", 4),
        ("shutdown_seconds", "5", 5.0),
        ("processing_seconds", "0", 0.0),
        ("processing_seconds", "0.5", 0.5),
        ("session_ttl", "1e3", 1000.0),
        ("store", "memory", "memory"),
        ("store", "redis://cache:6379", "redis://cache:6379"),
        ("store", "redis://u:p@[::1]:6379/2?prefix=a:", "redis://u:p@[::1]:6379/2?prefix=a:"),
        ("store", " rediss://cache ", "rediss://cache"),
        ("store", "sqlite:///mock.db", "sqlite:///mock.db"),
        ("redis_durable", "0", False),
        ("max_memory", "16777216", 16 * 2**20),
        ("max_memory", "16MiB", 16 * 2**20),
        ("max_memory", "500MB", 500 * 10**6),
        ("max_memory", "1.5 gib", 3 * 2**29),
        ("max_memory", "2tb", 2 * 10**12),
        ("scenario", "silence", "silence"),
        ("follow_audio", "1", True),
        ("fixtures", "/a/b", Path("/a/b")),
        ("spec", "x.yaml", Path("x.yaml")),
        ("max_audio_seconds", "60", 60.0),
        ("max_audio_work", "1.5", 1.5),
        ("max_audio_wait", "90", 90.0),
        ("max_recordings", "8", 8),
        ("max_connections", "100", 100),
        ("max_streams", "10", 10),
        ("strict_audio", "on", True),
        ("public_url", "https://mock.example.org", "https://mock.example.org"),
        ("public_url", "https://mock.example.org/a/", "https://mock.example.org/a"),
        ("forwarded_allow_ips", "10.0.0.1, 2001:db8::/32", ("10.0.0.1", "2001:db8::/32")),
        ("certfile", "a.pem", Path("a.pem")),
        ("keyfile", "a.key", Path("a.key")),
        ("self_signed", "1", True),
        ("webhook_host", "a.example.org, B.example.org", ("a.example.org", "b.example.org")),
        ("journal_size", "0", 0),
        ("journal_size", "1000000", 1_000_000),
        ("log_format", "json", "json"),
        ("watch", "1", True),
        ("quiet", "true", True),
        ("quiet", "", False),
    ],
)
def test_each_setting_is_read(name, text, value):
    assert read(name, text) == value


def test_there_is_an_example_above_of_each_setting():
    tried = test_each_setting_is_read.pytestmark[0].args[1]
    assert {name for name, *_ in tried} == {field.name for field in fields(Settings)}


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("host", ""),
        ("port", "-1"),
        ("port", "65536"),
        ("port", "http"),
        ("port", "1.5"),
        ("port", "٣"),
        ("port", ""),
        ("workers", "0"),
        ("workers", "65"),
        ("shutdown_seconds", "-1"),
        ("token", ""),
        ("token", " , "),
        ("processing_seconds", "-0.1"),
        ("processing_seconds", "soon"),
        ("processing_seconds", "nan"),
        ("processing_seconds", "inf"),
        ("session_ttl", "0"),
        ("session_ttl", "-1"),
        ("session_ttl", "inf"),
        ("session_ttl", "1e308"),
        ("processing_seconds", "1e10"),
        ("store", "disk"),
        ("store", "redis"),
        ("store", "redis://"),
        ("store", "redis://cache:port"),
        ("store", "redis://cache/zero"),
        ("store", "redis://cache?prefx=a"),
        ("store", "redis://cache#0"),
        ("store", "sqlite://mock.db"),
        ("store", "sqlite:///"),
        ("max_memory", "9" * 400),
        ("max_memory", "0"),
        ("max_memory", "16MB"),
        ("max_memory", "1GB1"),
        ("max_memory", "-1GiB"),
        ("max_memory", "1XB"),
        ("max_memory", "lots"),
        ("scenario", " "),
        ("public_url", "mock.example.org"),
        ("public_url", "ftp://mock.example.org"),
        ("public_url", "https://"),
        ("public_url", "https://mock.example.org/?a=b"),
        ("forwarded_allow_ips", "perhaps"),
        ("forwarded_allow_ips", "10.0.0.0/33"),
        ("journal_size", "1000001"),
        ("journal_size", "-1"),
        ("log_format", "xml"),
        ("quiet", "2"),
    ],
)
def test_a_value_that_makes_no_sense_is_told_what_would(name, text):
    with pytest.raises(SettingsError) as raised:
        read(name, text)
    assert f"SCRIBE_MOCK_{name.upper()} must be" in str(raised.value)
    assert repr(text[:100]) in str(raised.value)
    assert raised.value.exit_code == 2


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("host", None),
        ("port", "8080"),
        ("port", 8080.0),
        ("port", True),
        ("port", 65536),
        ("token", "abc"),
        ("token", ["abc"]),
        ("token", ("abc", "")),
        ("processing_seconds", "2"),
        ("processing_seconds", -1),
        ("processing_seconds", float("nan")),
        ("session_ttl", 0),
        ("session_ttl", 1e308),
        ("store", None),
        ("max_memory", "1GiB"),
        ("max_memory", 0),
        ("fixtures", "a/b"),
        ("strict_audio", 1),
        ("public_url", "mock.example.org"),
        ("public_url", "https://["),
        ("webhook_host", "a.example.org"),
        ("webhook_host", ("https://a.example.org",)),
        ("journal_size", 1.5),
        ("journal_size", True),
        ("log_format", None),
        ("quiet", "yes"),
    ],
)
def test_python_code_is_told_too(name, value):
    with pytest.raises(SettingsError, match=f"^Settings: {name} must be ") as raised:
        Settings(**{name: value})
    assert repr(value)[:50] in str(raised.value)


def test_the_longest_times_and_the_largest_memory_are_served(serve):
    decade = 10 * 365.25 * 86400
    mock = serve(
        processing_seconds=decade,
        session_ttl=decade,
        max_audio_seconds=decade,
        max_audio_work=decade,
        max_memory=10**30,
    )
    session = mock.create("single")
    assert session.upload("a.mp3", (AUDIO / "speech.mp3").read_bytes(), None).status_code == 200
    assert session.end().status_code == 202
    assert session.get().status_code == 202


@pytest.mark.parametrize(
    ("variable", "nearest"),
    [
        ("SCRIBE_MOCK_PROT", "SCRIBE_MOCK_PORT"),
        ("SCRIBE_MOCK_TOKENS", "SCRIBE_MOCK_TOKEN"),
        ("SCRIBE_MOCK_MAXMEMORY", "SCRIBE_MOCK_MAX_MEMORY"),
        ("SCRIBE_MOCK_port", "SCRIBE_MOCK_PORT"),
    ],
)
def test_an_unknown_variable_is_told_the_nearest_one(variable, nearest):
    with pytest.raises(SettingsError) as raised:
        Settings.from_env({variable: "1"})
    assert variable in str(raised.value)
    assert f"{nearest}?" in str(raised.value)


def test_a_variable_near_to_none_is_told_all():
    with pytest.raises(SettingsError) as raised:
        Settings.from_env({"SCRIBE_MOCK_XYZZY": "1"})
    for field in fields(Settings):
        assert f"SCRIBE_MOCK_{field.name.upper()}" in str(raised.value)
