"""Webhooks: who registers them, what they are told, and when it is tried again."""

import json
import shutil
import ssl
import subprocess
import time

import pytest

from tests.receivers import Receiver, closed_port, is_signed, raw, silent
from tests.support import fault, refusal, running

EVENTS = ["started", "ended", "completed", "partial", "failed", "expired"]
ALL = [f"session.{name}" for name in EVENTS]
OTHER = {"Authorization": "Bearer another-token"}


@pytest.fixture
def receiver():
    with Receiver() as receiver:
        yield receiver


def register(mock, url, events=ALL, **more):
    response = mock.client.post("/webhooks", json={"url": url, "events": events} | more)
    assert response.status_code == 201, response.text
    return response.json()["webhook_id"]


def deliveries(mock, **query):
    """The attempts that the control API knows, the oldest first."""
    answer = mock.client.get(f"{mock.url}/_mock/webhook-deliveries", params=query)
    assert answer.status_code == 200
    return answer.json()["deliveries"][::-1]


def settled(mock, count):
    """The attempts, as soon as so many of them are over."""

    def over():
        found = deliveries(mock)
        done = [d for d in found if d["status"] is not None or d["error"] is not None]
        return found if len(done) >= count else None

    found = mock.comes_true(over)
    assert found, deliveries(mock)
    assert len(found) == count
    return found


# Register, list, delete


def test_a_webhook_is_registered_listed_and_deleted(mock):
    body = {"url": "https://localhost:9443/hook?a=b", "events": ALL[2:4], "secret": "hidden"}
    registered = mock.client.post("/webhooks", json=body | {"unknown": 1})
    assert registered.status_code == 201
    webhook = registered.json()
    assert set(webhook) == {"webhook_id", "url", "events", "status", "created_at"}
    assert (webhook["url"], webhook["events"]) == (body["url"], body["events"])
    assert webhook["status"] == "active"
    assert mock.client.get("/webhooks").json() == {"webhooks": [webhook]}
    path = f"/webhooks/{webhook['webhook_id']}"
    gone = mock.client.delete(path)
    assert (gone.status_code, gone.content) == (204, b"")
    assert refusal(mock.client.delete(path)) == (404, "webhook_not_found")
    assert mock.client.get("/webhooks").json() == {"webhooks": []}


def test_webhooks_belong_to_their_token(mock, receiver):
    webhook_id = register(mock, receiver.url, ["session.started"])
    path = f"{mock.url}/voice/v1/webhooks"
    assert mock.bare.get(path, headers=OTHER).json() == {"webhooks": []}
    refused = mock.bare.delete(f"{path}/{webhook_id}", headers=OTHER)
    assert refusal(refused) == (404, "webhook_not_found")
    body = {"upload_type": "chunked"}
    mock.bare.post(f"{mock.url}/voice/v1/sessions", headers=OTHER, json=body)
    own = mock.create()
    assert receiver.events(1) == [("session.started", own.id)]
    assert len(settled(mock, 1)) == 1


@pytest.mark.parametrize(
    ("path", "body"),
    [
        ("$.url", {"events": ALL}),
        ("$.events", {"url": "http://localhost:9/"}),
        ("$.events", {"url": "http://localhost:9/", "events": []}),
        ("$.events[1]", {"url": "http://localhost:9/", "events": [ALL[0], "session.paused"]}),
        ("$.secret", {"url": "http://localhost:9/", "events": ALL, "secret": ""}),
        ("$.secret", {"url": "http://localhost:9/", "events": ALL, "secret": 7}),
    ],
)
def test_a_webhook_that_breaks_the_schema_is_refused(mock, path, body):
    assert fault(mock.client.post("/webhooks", json=body)) == path


@pytest.mark.parametrize(
    "url",
    [
        "no url",
        "localhost:9000/hook",
        "ftp://localhost/hook",
        "http://",
        "http://localhost:0/hook",
        "http://localhost:99999/hook",
        "http://[::1/hook",
        "http://localhost/a b",
        "http://localhost/\r\nX: y",
        "http://localhost/\u00e9",
        "http://user:secret@localhost/hook",
        "http://localhost@example.org/hook",
        "http://localhost\\@example.org/hook",
        "http://example.org/hook",
        "https://example.org/hook",
        "https://allowed.example.org.example.net/hook",
        "http://allowed.example.org/hook",
        "http://localhost.example.org/hook",
        "http://127.0.0.1.example.org/hook",
        "http://10.0.0.1/hook",
        "http://169.254.169.254/latest",
        "http://0.0.0.0:8080/hook",
        "http://2130706433/hook",
        "http://127.1/hook",
        "http://0x7f.0.0.1/hook",
        "http://[::ffff:10.0.0.1]/hook",
        "http://[fe80::1%25lo]/hook",
        f"http://localhost/{'x' * 2048}",
    ],
)
def test_a_url_that_leads_elsewhere_is_refused(allowing, url):
    assert fault(allowing.client.post("/webhooks", json={"url": url, "events": ALL})) == "$.url"


@pytest.fixture(scope="module")
def allowing():
    """A mock that may deliver to other hosts, too."""
    with running(webhook_host=("allowed.example.org", "no-such-host.invalid")) as mock:
        yield mock


@pytest.mark.parametrize(
    "url",
    [
        "http://localhost/hook",
        "https://LOCALHOST:9443/hook",
        "http://app.localhost:9/",
        "http://127.0.0.1:9",
        "http://127.9.9.9:9?x=y",
        "http://[::1]:9/hook",
        "https://Allowed.Example.org/hook",
    ],
)
def test_a_url_on_this_machine_or_an_allowed_host_is_taken(allowing, url):
    register(allowing, url, ["session.failed"])


def test_a_token_has_at_most_a_hundred_webhooks(mock):
    for _ in range(100):
        register(mock, "http://localhost:9/hook")
    body = {"url": "http://localhost:9/hook", "events": ALL}
    assert refusal(mock.client.post("/webhooks", json=body)) == (400, "invalid_request")
    others = mock.bare.post(f"{mock.url}/voice/v1/webhooks", headers=OTHER, json=body)
    assert others.status_code == 201


# What is told


def test_each_event_of_a_session_is_told_once_and_in_order(mock, receiver):
    register(mock, receiver.url)
    session = mock.create()
    session.store("audio_0.webm")
    session.patch(user_status="here")
    session.end()
    mock.advance(2)
    session.get()
    session.process("eka_emr_template")
    mock.advance(3600)
    told = [("session.started", session.id), ("session.ended", session.id)]
    assert receiver.events(3) == [*told, ("session.completed", session.id)]
    settled(mock, 3)


def test_a_delivery_has_the_event_its_time_and_its_session_alone(mock, receiver):
    register(mock, f"{receiver.url}?who=me", ["session.completed"])
    session = mock.create(patient_details={"name": "Asha Rao"})
    session.process_to_the_end()
    headers, body, path = receiver.next()
    shown = session.get().json()
    assert json.loads(body) == {
        "event": "session.completed",
        "timestamp": shown["completed_at"],
        "session_id": session.id,
    }
    assert path == "/hook?who=me"
    assert headers["Content-Type"] == "application/json"
    assert {"X-MSA-Signature", "Authorization"} & set(headers) == set()


@pytest.mark.parametrize(("scenario", "event"), [("partial", "partial"), ("failed", "failed")])
def test_the_outcome_is_the_event(mock, receiver, scenario, event):
    register(mock, receiver.url, ALL[2:])
    session = mock.create(scenario=scenario)
    session.process_to_the_end()
    assert receiver.events(1) == [(f"session.{event}", session.id)]


def test_a_session_that_is_not_ended_expires(mock, receiver):
    register(mock, receiver.url, ["session.expired", "session.completed"])
    session = mock.create()
    mock.advance(3600)
    body = json.loads(receiver.next()[1])
    shown = session.get().json()
    assert body == {
        "event": "session.expired",
        "timestamp": shown["expired_at"],
        "session_id": session.id,
    }


def test_a_transcript_ends_a_session(mock, receiver):
    register(mock, receiver.url)
    session = mock.create()
    session.convert(transcript="I have a cough.")
    mock.advance(60)
    names = [event for event, _ in receiver.events(3)]
    assert names == ["session.started", "session.ended", "session.completed"]


def test_what_is_finished_by_hand_is_told_once(mock, receiver):
    register(mock, receiver.url, ALL[1:])
    session = mock.create()
    session.end()
    session.finish("failed")
    session.patch(user_status="seen")
    mock.advance(3600)
    names = [event for event, _ in receiver.events(2)]
    assert names == ["session.ended", "session.failed"]
    settled(mock, 2)


def test_what_is_put_into_a_state_by_hand_is_told_once(mock, receiver):
    register(mock, receiver.url)
    session = mock.create()
    for state in ("completed", "created", "completed", "expired", "recording", "expired"):
        mock.control("PUT", f"/sessions/{session.id}", {"state": state})
    names = [event for event, _ in receiver.events(4)]
    assert names == ["session.started", "session.ended", "session.completed", "session.expired"]
    settled(mock, 4)


def test_nothing_is_told_that_happened_before(mock, receiver):
    session, waiting, other = mock.create(), mock.create(), mock.create()
    session.end()
    other.end()
    mock.advance(2)
    register(mock, receiver.url)
    mock.advance(3600)
    assert receiver.events(1) == [("session.expired", waiting.id)]
    settled(mock, 1)


def test_only_the_asked_for_events_are_told(mock, receiver):
    register(mock, receiver.url, ["session.ended"])
    session = mock.create()
    session.process_to_the_end()
    assert receiver.events(1) == [("session.ended", session.id)]
    settled(mock, 1)


def test_a_deleted_session_is_told_no_more(mock, receiver):
    register(mock, receiver.url, ["session.expired"])
    gone, stays = mock.create(), mock.create()
    mock.control("DELETE", f"/sessions/{gone.id}")
    mock.advance(3600)
    assert receiver.events(1) == [("session.expired", stays.id)]
    settled(mock, 1)


def test_time_brings_events_about_without_the_clock_being_moved(serve, receiver):
    mock = serve(processing_seconds=0.2)
    register(mock, receiver.url, ["session.completed"])
    session = mock.create()
    session.end()
    assert receiver.events(1) == [("session.completed", session.id)]


def test_a_clock_that_goes_on_brings_events_about(mock, receiver):
    register(mock, receiver.url, ["session.completed"])
    session = mock.create()
    session.end()
    mock.advance(1.9)
    mock.control("POST", "/clock", {"freeze": False})
    assert receiver.events(1) == [("session.completed", session.id)]


def test_a_deleted_webhook_is_told_nothing(mock, receiver):
    webhook_id = register(mock, receiver.url, ["session.expired"])
    register(mock, receiver.url, ["session.ended"])
    session = mock.create()
    mock.client.delete(f"/webhooks/{webhook_id}")
    mock.advance(3600)
    other = mock.create()
    other.end()
    assert receiver.events(1) == [("session.ended", other.id)]
    assert session.id not in {d["session_id"] for d in settled(mock, 1)}


# Signatures


def test_a_delivery_is_signed_with_the_secret(mock, receiver):
    register(mock, receiver.url, ["session.started"], secret="whsec_ÿ")
    mock.create()
    headers, body, _ = receiver.next()
    assert is_signed(headers, body, "whsec_ÿ")
    assert not is_signed(headers, body, "whsec_y")
    seconds = int(headers["X-MSA-Signature"].partition(",")[0].removeprefix("t="))
    assert 0 <= seconds - time.time() + 60 <= 120
    [delivery] = settled(mock, 1)
    assert "whsec" not in json.dumps(delivery)


def test_each_attempt_is_signed_anew(mock):
    with Receiver(500, 200) as receiver:
        register(mock, receiver.url, ["session.started"], secret="a")
        mock.create()
        settled(mock, 1)
        mock.advance(60)
        first, second = receiver.next(), receiver.next()
    assert first[1] == second[1]
    assert is_signed(second[0], second[1], "a")
    assert first[0]["X-MSA-Signature"] != second[0]["X-MSA-Signature"]


# Attempts


def test_what_fails_is_tried_again_after_1_5_and_30_minutes(mock):
    with Receiver(500, 404, 301) as receiver:
        receiver.headers = [("Location", "http://localhost:9/elsewhere")]
        register(mock, receiver.url, ["session.started"])
        mock.create()
        settled(mock, 1)
        for number, seconds in enumerate((60, 300, 1800), 2):
            mock.advance(seconds - 1)
            assert len(settled(mock, number - 1)) == number - 1
            mock.advance(1)
            settled(mock, number)
        mock.advance(100_000)
        found = settled(mock, 4)
        assert [d["attempt"] for d in found] == [1, 2, 3, 4]
        assert [d["status"] for d in found] == [500, 404, 301, 301]
        assert [d["next_attempt_at"] for d in found[:3]] == [d["at"] for d in found[1:]]
        assert found[3]["next_attempt_at"] is None
        assert receiver.arrived.qsize() == 4


@pytest.mark.parametrize("status", [200, 201, 204, 299])
def test_any_2xx_is_a_success(mock, status):
    with Receiver(status) as receiver:
        register(mock, receiver.url, ["session.started"])
        mock.create()
        [delivery] = settled(mock, 1)
        assert (delivery["status"], delivery["next_attempt_at"]) == (status, None)


def test_a_receiver_that_is_not_there_is_said_so(mock):
    url = closed_port()
    register(mock, url, ["session.started"])
    mock.create()
    [delivery] = settled(mock, 1)
    assert delivery["status"] is None
    assert "nothing listens" in delivery["error"]
    assert delivery["next_attempt_at"] is not None
    assert delivery["url"] == url


def test_a_receiver_that_does_not_answer_in_time_is_said_so(mock, monkeypatch):
    monkeypatch.setattr("scribe_mock.webhooks.deliveries.ANSWER_SECONDS", 0.1)
    with silent() as url:
        register(mock, url, ["session.started"])
        mock.create()
        [delivery] = settled(mock, 1)
    assert "no answer within" in delivery["error"]


@pytest.mark.parametrize("answer", [b"SSH-2.0-x\r\n\r\n", b"HTTP/1.1 2\r\n\r\n", b"\x00" * 70_000])
def test_an_answer_that_is_not_http_is_a_failure(mock, answer):
    with raw(answer) as url:
        register(mock, url, ["session.started"])
        mock.create()
        [delivery] = settled(mock, 1)
    assert delivery["status"] is None
    assert delivery["error"]


def test_interim_answers_are_passed_over(mock):
    with raw(b"HTTP/1.1 103 Early\r\n\r\nHTTP/1.1 202 Yes\r\n\r\n") as url:
        register(mock, url, ["session.started"])
        mock.create()
        [delivery] = settled(mock, 1)
    assert delivery["status"] == 202


def test_a_name_that_has_no_address_is_said_so(allowing):
    register(allowing, "https://no-such-host.invalid/hook", ["session.started"])
    allowing.create()
    [delivery] = settled(allowing, 1)
    assert "cannot be resolved" in delivery["error"]


def test_the_certificate_of_this_machine_is_not_verified(mock, tmp_path):
    if shutil.which("openssl") is None:
        pytest.skip("openssl is not installed")
    pem = tmp_path / "localhost.pem"
    command = "openssl req -x509 -newkey rsa:2048 -nodes -days 1 -subj /CN=x -keyout key -out cert"
    subprocess.run(command.split(), cwd=tmp_path, check=True, capture_output=True)
    pem.write_text((tmp_path / "key").read_text() + (tmp_path / "cert").read_text())
    tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    tls.load_cert_chain(pem)
    with Receiver(tls=tls) as receiver:
        register(mock, receiver.url, ["session.started"])
        session = mock.create()
        assert receiver.events(1) == [("session.started", session.id)]
        settled(mock, 1)


def test_a_name_that_tls_does_not_take_is_a_failure(mock):
    with silent() as url:
        port = url.partition("//127.0.0.1:")[2]
        register(mock, f"https://.localhost:{port}", ["session.started"])
        mock.create()
        [delivery] = settled(mock, 1)
    assert "can't be connected to" in delivery["error"]


def test_a_webhook_cannot_use_the_control_api(mock):
    register(mock, f"{mock.url}/_mock/reset", ["session.started"])
    session = mock.create()
    [delivery] = settled(mock, 1)
    assert delivery["status"] == 403
    assert session.get().status_code == 202


# Slow receivers


def test_a_slow_receiver_delays_no_other(mock, receiver):
    with Receiver() as slow:
        slow.held.clear()
        for _ in range(20):
            register(mock, slow.url, ["session.started"])
        register(mock, receiver.url, ["session.started"])
        sessions = [mock.create() for _ in range(20)]
        told = receiver.events(20)
        assert sorted(told) == sorted(("session.started", s.id) for s in sessions)
        assert slow.arrived.qsize() <= 8
        mock.control("POST", "/reset")


def test_a_server_stops_while_a_receiver_is_silent():
    with silent() as url:
        with running() as mock:
            register(mock, url, ["session.started"])
            mock.create()
            assert deliveries(mock)[0]["error"] is None
            began = time.monotonic()
        assert time.monotonic() - began < 20


def test_reset_forgets_webhooks_and_deliveries(mock, receiver):
    register(mock, closed_port(), ["session.started"])
    mock.create()
    settled(mock, 1)
    mock.control("POST", "/reset")
    assert mock.client.get("/webhooks").json() == {"webhooks": []}
    assert deliveries(mock) == []
    mock.advance(3600)
    register(mock, receiver.url, ["session.started"])
    session = mock.create()
    assert receiver.events(1) == [("session.started", session.id)]
    settled(mock, 1)


def test_the_queue_of_a_webhook_is_bounded(mock, monkeypatch):
    monkeypatch.setattr("scribe_mock.webhooks.deliveries._WAITING_OF_ONE", 2)
    register(mock, closed_port(), ["session.started"])
    for _ in range(3):
        mock.create()
    last = settled(mock, 3)[-1]
    numbers = sorted(d["attempt"] for d in deliveries(mock))
    assert numbers == [0, 1, 1]
    dropped = next(d for d in deliveries(mock) if d["attempt"] == 0)
    assert "too many" in dropped["error"]
    assert last["next_attempt_at"] is None or last["attempt"] == 1


# The control API


def test_deliveries_are_listed_newest_first_and_by_session(mock, receiver):
    first = register(mock, receiver.url, ["session.started", "session.ended"])
    one, two = mock.create(), mock.create()
    receiver.events(2)
    two.end()
    settled(mock, 3)
    answer = mock.control("GET", "/webhook-deliveries?limit=1")
    assert answer["total"] == 3
    assert [d["event"] for d in answer["deliveries"]] == ["session.ended"]
    assert {d["event"] for d in deliveries(mock, session_id=one.id)} == {"session.started"}
    assert len(deliveries(mock, webhook_id=first)) == 3
    assert deliveries(mock, webhook_id="wh_0") == []
    assert len(deliveries(mock, offset=2)) == 1


# Faults


def set_fault(mock, **action):
    mock.control("POST", "/faults", {"action": {"webhook": action}})


def test_a_delivery_is_late_by_the_clock(mock, receiver):
    register(mock, receiver.url)
    set_fault(mock, delay_seconds=90)
    late, other = mock.create(), mock.create()
    assert receiver.events(1) == [("session.started", other.id)]
    mock.advance(89)
    assert len(deliveries(mock)) == 1
    mock.advance(1)
    assert receiver.events(1) == [("session.started", late.id)]


def test_a_delivery_comes_several_times(mock, receiver):
    register(mock, receiver.url)
    set_fault(mock, repeat=2)
    session = mock.create()
    assert receiver.events(3) == [("session.started", session.id)] * 3


def test_a_lost_delivery_is_only_listed(mock, receiver):
    register(mock, receiver.url)
    set_fault(mock, lose=True)
    session = mock.create()
    session.end()
    assert receiver.events(1) == [("session.ended", session.id)]
    assert "a fault lost it" in deliveries(mock)[0]["error"]


def test_two_deliveries_change_places(mock, receiver):
    register(mock, receiver.url)
    set_fault(mock, reorder=True)
    session = mock.create()
    session.end()
    names = ["session.ended", "session.started"]
    assert receiver.events(2) == [(name, session.id) for name in names]


def test_a_delivery_that_waits_for_another_goes_on_after_a_minute(mock, receiver):
    register(mock, receiver.url)
    set_fault(mock, reorder=True)
    session = mock.create()
    mock.advance(60)
    assert receiver.events(1) == [("session.started", session.id)]
