"""The clock of all: it freezes, thaws and advances, and never goes back."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from scribe_mock.sessions.clock import Clock, rfc3339
from tests.support import fault, refusal


def now(mock):
    return datetime.fromisoformat(mock.control("GET", "/clock")["now"])


def post(mock, body):
    return mock.client.post(f"{mock.url}/_mock/clock", json=body)


def test_a_fresh_clock_runs_with_the_wall(mock):
    mock.control("POST", "/reset")
    shown = mock.control("GET", "/clock")
    assert shown["frozen"] is False
    difference = datetime.fromisoformat(shown["now"]) - datetime.now(UTC)
    assert abs(difference) < timedelta(seconds=30)


def test_a_frozen_clock_stands_still(mock):
    shown = post(mock, {"freeze": True}).json()
    assert shown["frozen"] is True
    assert mock.control("GET", "/clock") == shown
    assert mock.create().get().json()["created_at"] == shown["now"]


def test_advancing_moves_a_frozen_clock_by_just_that(mock):
    before = now(mock)
    shown = post(mock, {"advance_seconds": 12.5}).json()
    assert datetime.fromisoformat(shown["now"]) - before == timedelta(seconds=12.5)
    assert shown["frozen"] is True


def test_a_thawed_clock_runs_on_from_where_it_stood(mock):
    mock.advance(7200)
    before = now(mock)
    assert post(mock, {"freeze": False}).json()["frozen"] is False
    assert timedelta(0) <= now(mock) - before < timedelta(seconds=30)


def test_freeze_and_advance_can_come_together(mock):
    post(mock, {"freeze": False})
    before = now(mock)
    shown = post(mock, {"freeze": True, "advance_seconds": 60}).json()
    assert shown["frozen"] is True
    assert timedelta(seconds=60) <= datetime.fromisoformat(shown["now"]) - before


def test_freezing_twice_is_freezing_once(mock):
    before = now(mock)
    post(mock, {"freeze": True})
    assert now(mock) == before


def test_processing_and_expiry_go_by_this_clock(mock, session):
    ended, left = session(), session()
    ended.end()
    assert ended.get().json()["status"] == "processing"
    mock.advance(2)
    assert ended.get().json()["status"] == "completed"
    mock.advance(3598)
    assert left.get().json()["status"] == "expired"


@pytest.mark.parametrize(
    ("body", "path"),
    [
        ({}, "$"),
        ({"advance_seconds": -1}, "$.advance_seconds"),
        ({"advance_seconds": "1"}, "$.advance_seconds"),
        ({"advance_seconds": None}, "$.advance_seconds"),
        ({"advance_seconds": 10**12}, "$.advance_seconds"),
        ({"advance_seconds": True}, "$.advance_seconds"),
        ({"freeze": 1}, "$.freeze"),
        ({"now": "2026-01-01T00:00:00Z"}, "$"),
    ],
)
def test_another_body_is_refused_and_moves_nothing(mock, body, path):
    before = mock.control("GET", "/clock")
    assert fault(post(mock, body)).startswith(path)
    assert mock.control("GET", "/clock") == before


def test_a_number_that_is_none_is_refused(mock):
    for text in ("1e400", "NaN", "Infinity"):
        body = f'{{"advance_seconds": {text}}}'
        response = mock.client.post(f"{mock.url}/_mock/clock", content=body)
        assert refusal(response)[0] in (400, 422)


def test_time_ends_with_the_year_9999(mock):
    for _ in range(90):
        mock.advance(3_155_760_000)
    assert now(mock).year == 9999
    session = mock.create()
    assert session.get().json()["expires_at"].startswith("9999-12-31")
    assert session.process_to_the_end().status_code in (200, 202)
    post(mock, {"freeze": False})
    assert now(mock).year == 9999


@given(st.lists(st.sampled_from(["freeze", "thaw"]) | st.floats(0, 10**6)))
def test_no_order_of_calls_takes_the_clock_back(steps):
    clock, before = Clock(), 0.0
    for step in steps:
        if isinstance(step, str):
            getattr(clock, step)()
        else:
            clock.advance(step)
        assert clock.now() >= before - 1e-3  # a float of seconds since 1970 is no finer
        before = clock.now()


@given(
    st.lists(
        st.tuples(st.integers(0, 2), st.sampled_from(["freeze", "thaw"]) | st.floats(0, 10**12))
    )
)
def test_no_move_of_one_clock_takes_one_back_that_goes_by_it(steps):
    root = Clock()
    owner = Clock(lambda: root)
    clocks = (root, owner, Clock(lambda: owner))
    before = [0.0, 0.0, 0.0]
    for number, step in steps:
        if isinstance(step, str):
            getattr(clocks[number], step)()
        else:
            clocks[number].advance(step)
        shown = [clock.now() for clock in clocks]
        assert all(new >= old - 1e-3 for new, old in zip(shown, before, strict=True))
        before = shown


@given(st.floats(0, 253_402_214_400))
def test_times_are_written_as_rfc_3339_in_utc(timestamp):
    text = rfc3339(timestamp)
    assert text.endswith("Z")
    assert abs(datetime.fromisoformat(text).timestamp() - timestamp) <= 0.001
