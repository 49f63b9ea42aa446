"""Servers that share one Redis: what one does the others know, and what is left behind."""

import secrets

import pytest
import redis

from scribe_mock import Settings, create_app
from scribe_mock.errors import SettingsError, StoreError
from tests.redis_servers import redis_server
from tests.server_process import server_process
from tests.support import (
    AUDIO,
    MIB,
    TOKEN,
    ApiSession,
    comes_true,
    noise,
    parallel,
    refusal,
    running,
)

#: What the keys of sessions begin with.
OF_SESSIONS = {"bytes", "chunks", "document", "reference", "session", "stream"}
SPOKEN = (AUDIO / "speech.webm").read_bytes()


@pytest.fixture
def store(redis_address):
    """A place in Redis that nobody else uses."""
    return f"{redis_address}?prefix={secrets.token_hex(4)}:"


@pytest.fixture
def two(store):
    """Two servers with one store."""
    with running(store=store) as first, running(store=store) as second:
        yield first, second


@pytest.fixture
def keys(redis_address, store):
    """A function that gives the store's keys, without the prefix, and their seconds to live."""
    prefix = store.partition("=")[2]

    def left():
        with redis.Redis.from_url(redis_address) as client:
            found = [key.decode() for key in client.scan_iter(f"{prefix}*")]
            return {key.removeprefix(prefix): client.ttl(key) for key in found}

    return left


def seen_by(mock, session):
    return ApiSession(mock, session.id)


def test_a_session_made_by_one_server_is_used_through_the_other(two):
    first, second = two
    session = first.create(templates=["eka_emr_template"])
    seen_by(second, session).store("a_0.webm", content=noise(70_000))
    session.store("a_1.webm", content=noise(2 * MIB, 1))
    assert seen_by(second, session).names() == ["0.webm", "1.webm"]
    assert seen_by(second, session).chunk("1.webm").content == noise(2 * MIB, 1)
    assert session.chunk("0.webm", Range="bytes=10-19").content == noise(70_000)[10:20]
    assert seen_by(second, session).end(2).status_code == 202
    assert refusal(session.end(2)) == (400, "session_ended")


def test_a_long_session_is_told_as_it_is_whoever_changes_it(two):
    first, second = two
    session = first.create()
    session.store(*(f"a_{number}.webm" for number in range(520)), content=b"x")
    other = seen_by(second, session)
    for number in (520, 521):
        assert len(session.names()) == len(other.names()) == number
        other.store(f"a_{number}.webm", content=b"x")
        assert other.patch(additional_data={"latest": number}).status_code == 200
        assert session.get().json()["additional_data"]["latest"] == number
    assert session.end(522).status_code == 202
    assert other.get().json()["status"] == "processing"
    first.control("DELETE", session.path)
    assert refusal(other.get()) == (404, "session_not_found")


def test_a_reference_and_documents_are_shared(two):
    first, second = two
    session = first.create("single")
    session.upload("a.webm", SPOKEN)
    path = f"/_mock{session.path}/reference"
    assert first.bare.put(path, content=SPOKEN, headers=TOKEN).status_code == 200
    assert second.bare.get(path, headers=TOKEN).content == SPOKEN
    document = (
        seen_by(second, session).save_document(document_name="n").json()["data"]["document_id"]
    )
    shown = first.client.get(f"{first.url}/voice/api/v1/documents/{document}")
    assert shown.status_code == 200


@pytest.mark.parametrize("_", range(3))
def test_one_of_parallel_ends_wins(two, _):
    session = two[0].create()
    session.store("a_0.webm")
    answers = parallel([seen_by(mock, session).end for mock in two * 8])
    assert sorted(answer.status_code for answer in answers) == [202] + [400] * 15


def test_parallel_uploads_to_one_session_are_all_there(two):
    session = two[0].create()
    calls = [
        lambda mock=mock, n=n: seen_by(mock, session).upload(f"a_{n}.webm", noise(5000, n))
        for n, mock in enumerate(two * 20)
    ]
    assert {answer.status_code for answer in parallel(calls)} == {200}
    assert len(session.names()) == 40
    assert all(session.chunk(f"{n}.webm").content == noise(5000, n) for n in range(40))


def test_a_number_sent_again_counts_each_replacement(two):
    session = two[0].create()
    calls = [lambda mock=mock: seen_by(mock, session).upload("a_0.webm") for mock in two * 10]
    assert {answer.status_code for answer in parallel(calls)} == {200}
    assert session.inspect()["chunks"][0]["replaced"] == 19


def test_parallel_recordings_of_a_single_session_have_numbers_of_their_own(two):
    session = two[0].create("single")
    calls = [
        lambda mock=mock, n=n: seen_by(mock, session).upload(f"{n}.webm", SPOKEN)
        for n, mock in enumerate(two * 3)
    ]
    assert {answer.status_code for answer in parallel(calls)} == {200}
    chunks = session.inspect()["chunks"]
    assert {chunk["original_filename"] for chunk in chunks} == {f"{n}.webm" for n in range(6)}


def test_changes_at_the_same_time_are_all_kept(two):
    session = two[0].create()
    calls = [
        lambda mock=mock, n=n: seen_by(mock, session).patch(additional_data={f"k{n}": n})
        for n, mock in enumerate(two * 10)
    ]
    assert {answer.status_code for answer in parallel(calls)} == {200}
    kept = session.get().json()["additional_data"]
    assert {f"k{n}" for n in range(20)} <= kept.keys()


def test_servers_with_other_prefixes_share_nothing(redis_address, two):
    session = two[0].create()
    with running(store=f"{redis_address}?prefix={secrets.token_hex(4)}:") as other:
        assert seen_by(other, session).get().status_code == 404
        other.control("POST", "/reset")
    assert session.get().status_code == 202


def test_what_belongs_to_a_session_goes_by_itself(two, keys):
    session = two[0].create("stream")
    other = two[1].create()
    other.store("a_0.webm", content=noise(MIB))
    two[0].bare.put(f"/_mock{other.path}/reference", content=SPOKEN, headers=TOKEN)
    other.save_document(document_name="n")
    week = 7 * 86400
    own = {key: left for key, left in keys().items() if key.partition(":")[0] in OF_SESSIONS}
    assert {key.partition(":")[0] for key in own} == OF_SESSIONS
    assert all(left > week for left in own.values())
    assert session.get().status_code == 202


def test_a_deleted_session_leaves_nothing(two, keys):
    two[0].control("POST", "/reset")
    before = set(keys())
    session = two[0].create("stream")
    other = two[0].create()
    other.store("a_0.webm", content=noise(MIB))
    other.store("a_0.webm", content=noise(1000))
    two[0].bare.put(f"/_mock{other.path}/reference", content=SPOKEN, headers=TOKEN)
    other.save_document(document_name="n")
    two[1].control("DELETE", other.path)
    two[1].control("DELETE", session.path)
    left = {key for key in keys() if key.partition(":")[0] in OF_SESSIONS}
    assert left <= before


def test_what_is_left_of_a_session_whose_keys_have_gone_is_not_counted(redis_address, store, two):
    prefix, one = store.partition("=")[2], two[0].create()
    one.store("a_0.webm", content=bytes(1000))
    with redis.Redis.from_url(redis_address) as client:
        client.delete(f"{prefix}session:{one.id}", f"{prefix}chunks:{one.id}")
        client.zadd(f"{prefix}ends", {one.id: 1})
    assert one.get().status_code == 404
    assert one.id not in str(two[1].control("GET", "/sessions"))
    with running(store=store) as third:
        before = two[0].control("GET", "/health")
        third.create()
        after = third.control("GET", "/health")
        assert after["sessions"] == before["sessions"]
        assert after["stored_bytes"] == before["stored_bytes"] - 1000


def test_an_upload_that_ended_half_way_leaves_what_goes_by_itself(two, keys):
    session, before = two[0].create(), set(keys())

    def more():
        return [
            left for key, left in keys().items() if key.startswith("bytes:") and key not in before
        ]

    with session.begin_upload(size=2 * MIB) as wire:
        wire.send(noise(MIB))
        assert comes_true(more)
    assert session.names() == []
    assert all(0 < left <= 300 for left in more())


def test_a_large_upload_is_not_kept_in_the_memory_of_the_server(store):
    with server_process("--store", store) as server:
        session = server.mock.create()
        session.store("a_0.webm", content=noise(10 * MIB))
        before = server.peak_bytes()
        calls = [lambda n=n: session.upload(f"a_{n}.webm", noise(10 * MIB, n)) for n in range(12)]
        assert {answer.status_code for answer in parallel(calls, 12)} == {200}
        # Without that it would be 120 MiB, and twice as much while it is sent to Redis.
        assert server.peak_bytes() - before < 60 * MIB
        assert session.chunk("7.webm").content == noise(10 * MIB, 7)


# What does not start


def test_a_redis_that_is_not_there_is_told():
    with pytest.raises(StoreError, match=r"--store: redis://127.0.0.1:1 can't be used .*refused"):
        create_app(Settings(store="redis://user:secret@127.0.0.1:1"))


def test_a_redis_that_can_not_tell_of_its_disk_is_told(redis_address):
    with pytest.raises(StoreError, match=r"Redis 7\.2 or newer, or Valkey, with appendonly yes"):
        create_app(Settings(store=redis_address, redis_durable=True))


def test_durability_is_for_redis_alone():
    with pytest.raises(SettingsError, match="add --store redis://"):
        Settings(redis_durable=True)


def test_what_is_acknowledged_is_on_the_disk(tmp_path):
    options = ("--appendonly", "yes", "--appendfsync", "always")
    with redis_server(tmp_path, *options, least="7.2") as server:
        with running(store=server.url, redis_durable=True) as mock:
            session = mock.create()
            calls = [lambda n=n: session.upload(f"a_{n}.webm", noise(9000, n)) for n in range(20)]
            assert {answer.status_code for answer in parallel(calls)} == {200}
        server.kill()
        server.start()
        with running(store=server.url, redis_durable=True) as mock:
            stored = ApiSession(mock, session.id)
            assert all(stored.chunk(f"{n}.webm").content == noise(9000, n) for n in range(20))
