"""Faults over HTTP: what each action does to a request, exactly, and which requests it finds."""

import json
import shutil
import time

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st

from scribe_mock import Settings, create_app
from scribe_mock.errors import FixtureError
from tests.support import (
    AUDIO,
    MIB,
    PATIENCE,
    ROOT,
    TOKEN,
    WEBM,
    comes_true,
    fault,
    noise,
    parallel,
    refusal,
    running,
)

UPLOAD = "uploadAudio"


@pytest.fixture
def session(mock):
    return mock.create()


def set_fault(mock, action, **fields):
    """Set a fault; its id."""
    return mock.control("POST", "/faults", {"action": action, **fields})["id"]


def faults(mock, query=""):
    return mock.control("GET", f"/faults{query}")["faults"]


def counts(mock, fault_id):
    """How often a fault matched, and fired."""
    (found,) = [one for one in faults(mock) if one["id"] == fault_id]
    return found["matched"], found["fired"]


def ends(wire):
    """How a connection ends, without another byte: `reset` or `close`."""
    try:
        assert wire.socket.recv(1) == b""
    except ConnectionResetError:
        return "reset"
    return "close"


def begin(session, wire, size, name="audio_0.webm", **headers):
    """Send the head of an upload of so many bytes."""
    fields = TOKEN | {"Content-Length": size, "Content-Type": WEBM} | headers
    wire.request("POST", f"/voice/v1{session.path}/audio/{name}", fields)


class TestAnswers:
    def test_a_code_of_the_contract_fills_in_the_rest(self, mock, session):
        set_fault(mock, {"answer": {"code": "service_unavailable", "retry_after_seconds": 7}})
        answer = session.upload()
        assert refusal(answer) == (503, "service_unavailable")
        assert answer.headers["retry-after"] == "7"
        assert session.names() == []

    def test_a_status_alone_is_answered_as_the_spec_documents_it(self, mock, session):
        set_fault(mock, {"answer": {"status": 410}})
        assert refusal(session.upload()) == (410, "session_expired")

    def test_a_status_that_the_contract_does_not_have(self, mock, session):
        set_fault(mock, {"answer": {"status": 502, "message": "The gateway is down."}})
        answer = session.upload()
        assert refusal(answer) == (502, "bad_gateway")
        assert answer.json()["error"]["message"] == "The gateway is down."

    def test_a_body_may_be_anything(self, mock, session):
        html = "<html>502 from a proxy</html>"
        set_fault(mock, {"answer": {"status": 502, "body": html, "headers": {"X-Proxy": "a"}}})
        answer = session.upload()
        assert (answer.status_code, answer.text) == (502, html)
        assert answer.headers["content-type"].startswith("text/html")
        assert answer.headers["x-proxy"] == "a"
        set_fault(mock, {"answer": {"status": 200, "body": [1, None]}})
        assert session.upload().json() == [1, None]

    def test_the_sequence_of_an_upload_is_its_number(self, mock, session):
        set_fault(
            mock,
            {"answer": {"code": "internal_error"}},
            match={"operation": UPLOAD, "sequence": 3},
        )
        assert session.upload("audio_1.webm").status_code == 200
        assert session.upload("audio_03.webm").status_code == 500
        assert session.upload("audio_3.webm").status_code == 200

    def test_a_pattern_of_the_file_name(self, mock, session):
        set_fault(mock, {"answer": {"status": 500}}, match={"file_name": "left_*.webm"}, times=None)
        assert session.upload("left_0.webm").status_code == 500
        assert session.upload("right_0.webm").status_code == 200

    def test_of_several_faults_the_first_one_answers_and_delays_add_to_it(self, mock, session):
        set_fault(mock, {"delay": {"seconds": 0.1}})
        first = set_fault(mock, {"answer": {"status": 500}})
        second = set_fault(mock, {"answer": {"status": 503}})
        set_fault(mock, {"delay": {"min_seconds": 0.1, "max_seconds": 0.15}})
        started = time.monotonic()
        assert session.upload().status_code == 500
        assert time.monotonic() - started >= 0.2
        assert counts(mock, first) == (1, 1)
        assert counts(mock, second) == (1, 0)
        assert session.upload().status_code == 503

    def test_after_and_times(self, mock, session):
        set_fault(mock, {"answer": {"status": 500}}, after=2, times=2)
        seen = [session.upload(f"a_{n}.webm").status_code for n in range(6)]
        assert seen == [200, 200, 500, 500, 200, 200]

    def test_the_same_seed_fires_on_the_same_matches(self, mock):
        def seen():
            session = mock.create()
            set_fault(
                mock,
                {"answer": {"status": 500}},
                scope={"session_id": session.id},
                probability=0.5,
                seed=7,
                times=None,
            )
            return [session.upload(f"a_{n}.webm").status_code for n in range(20)]

        first = seen()
        assert seen() == first
        assert set(first) == {200, 500}

    def test_every_operation_can_fail(self, mock, session):
        set_fault(mock, {"answer": {"code": "internal_error"}}, times=None)
        calls = [
            mock.client.post("/sessions", json={"upload_type": "chunked"}),
            session.get(),
            session.end(),
            mock.client.get(f"{mock.url}/voice/api/v1/template"),
            mock.bare.get("/voice/v1/.well-known/medscribealliance"),
            mock.bare.post("/connect-auth/v1/account/login", json={}),
        ]
        assert [refusal(answer) for answer in calls] == [(500, "internal_error")] * len(calls)
        assert mock.control("GET", "/health")["status"] == "ok"


class TestScopes:
    def test_a_fault_of_a_token_is_for_its_requests_and_sessions(self, mock):
        mine, other = (mock.create() for _ in range(2))
        set_fault(mock, {"answer": {"status": 500}}, scope={"token": "another"}, times=None)
        assert mine.upload().status_code == 200
        answer = mock.bare.get(
            f"/voice/v1{other.path}", headers={"Authorization": "Bearer another"}
        )
        assert answer.status_code == 500

    def test_a_session_has_the_scope_of_its_token(self, mock):
        heads = {"Authorization": "Bearer another"}
        made = mock.bare.post(
            "/voice/v1/sessions", json={"upload_type": "chunked"}, headers=heads
        ).json()
        set_fault(mock, {"answer": {"status": 500}}, scope={"token": "another"})
        assert mock.client.get(f"/sessions/{made['session_id']}").status_code == 500

    def test_a_fault_of_a_session_goes_with_it(self, mock, session):
        set_fault(mock, {"answer": {"status": 500}}, scope={"session_id": session.id})
        assert mock.create().upload().status_code == 200
        assert [one["scope"] for one in faults(mock)] == [{"session_id": session.id}]
        mock.control("DELETE", session.path)
        assert faults(mock) == []

    def test_a_token_is_never_shown(self, mock):
        set_fault(mock, {"answer": {"status": 500}}, scope={"token": "secret-of-test-17"})
        shown = mock.client.get(f"{mock.url}/_mock/faults").text
        assert "secret" not in shown
        assert json.loads(shown)["faults"][0]["scope"]["token_start"] == "secr"
        assert len(faults(mock, "?token=secret-of-test-17")) == 1
        assert faults(mock, "?token=other") == []

    def test_faults_of_a_tokens_sessions_are_in_its_scope(self, mock):
        heads = {"Authorization": "Bearer another"}
        own = {"match": {"sequence": 1}, "action": {"answer": {"status": 503}}}
        body = {"upload_type": "chunked", "additional_data": {"_mock": {"faults": [own]}}}
        made = mock.bare.post("/voice/v1/sessions", json=body, headers=heads).json()
        set_fault(mock, {"hold": {}}, scope={"session_id": made["session_id"]})
        assert len(faults(mock, "?token=another&unfired=true")) == 2
        assert faults(mock, "?token=a-token") == []
        mock.control("DELETE", "/faults?token=another")
        assert faults(mock) == []

    def test_those_that_never_fired_are_listed(self, mock, session):
        fired = set_fault(mock, {"answer": {"status": 500}})
        unfired = set_fault(mock, {"answer": {"status": 500}}, match={"operation": "login"})
        session.upload()
        assert counts(mock, fired) == (1, 1)
        assert [one["id"] for one in faults(mock, "?unfired=true")] == [unfired]
        mock.control("DELETE", f"/faults/{unfired}")
        mock.control("DELETE", "/faults")
        assert faults(mock) == []


class TestCuts:
    @pytest.mark.parametrize("how", ["reset", "close"])
    @pytest.mark.parametrize("size", [0, 1, 1000, 70_000, 300_000])
    def test_an_upload_is_cut_after_exactly_so_many_bytes(self, mock, session, how, size):
        set_fault(mock, {"cut": {"at": "upload", "after_bytes": size, "how": how}})
        with mock.wire() as wire:
            begin(session, wire, 300_001)
            if size:
                wire.send(noise(size - 1))
                assert counts(mock, faults(mock)[0]["id"])[0] <= 1
                wire.socket.settimeout(0.05)
                with pytest.raises(TimeoutError):
                    wire.socket.recv(1)
                wire.socket.settimeout(PATIENCE)
                wire.send(b"x")
            assert ends(wire) == how
        assert session.names() == []

    def test_a_body_that_is_too_short_is_not_cut(self, mock, session):
        cut = set_fault(mock, {"cut": {"at": "upload", "after_bytes": 1000}})
        assert session.upload(content=noise(999)).status_code == 200
        assert session.upload(content=iter([noise(500), noise(499)])).status_code == 200
        assert counts(mock, cut) == (2, 0)
        with pytest.raises(httpx.TransportError):
            session.upload("a_2.webm", content=iter([noise(500), noise(500)]))
        assert counts(mock, cut) == (3, 1)
        assert session.names() == ["0.webm"]

    @pytest.mark.parametrize("how", ["reset", "close"])
    @pytest.mark.parametrize("size", [0, 1, 40, 17_000])
    def test_an_answer_is_cut_after_exactly_so_many_bytes(self, mock, session, how, size):
        session.store("audio_0.webm", content=(AUDIO / "speech.webm").read_bytes())
        audio = session.process_to_the_end()
        assert audio.status_code == 200
        address = mock.client.get(f"{session.path}/audio").json()["audio_url"]
        set_fault(mock, {"cut": {"at": "answer", "after_bytes": size, "how": how}})
        with mock.wire() as wire:
            wire.request("GET", address.removeprefix(mock.url))
            status, fields = wire.response_head()
            assert status.split()[1] == b"200"
            length = int(dict(fields)[b"content-length"])
            assert wire.rest() == min(size, length)

    @pytest.mark.parametrize("how", ["reset", "close"])
    def test_a_dropped_answer_is_to_a_stored_upload(self, mock, session, how):
        set_fault(mock, {"drop_answer": {"how": how}}, match={"operation": UPLOAD})
        with mock.wire() as wire:
            begin(session, wire, 5)
            wire.send(b"audio")
            assert ends(wire) == how
        assert session.names() == ["0.webm"]
        assert session.upload().status_code == 200
        assert session.names() == ["0.webm"]

    def test_an_answer_that_hangs(self, mock, session):
        set_fault(mock, {"drop_answer": {"how": "hang"}}, match={"operation": UPLOAD})
        with pytest.raises(httpx.ReadTimeout):
            mock.client.post(
                f"{session.path}/audio/a_0.webm",
                content=b"audio",
                headers={"Content-Type": WEBM},
                timeout=0.3,
            )
        assert session.names() == ["0.webm"]
        upload = f"/requests?session_id={session.id}&operation={UPLOAD}"
        (left,) = comes_true(
            lambda: [entry for entry in mock.control("GET", upload)["requests"] if entry["outcome"]]
        )
        assert (left["outcome"], left["status"], left["code"]) == ("dropped", 0, None)

    def test_end_session_without_an_answer_has_ended_it(self, mock, session):
        session.store("audio_0.webm")
        set_fault(mock, {"drop_answer": {}}, match={"operation": "endSession"})
        with pytest.raises(httpx.TransportError):
            session.end()
        assert refusal(session.end()) == (400, "session_ended")

    def test_a_dropped_chunk(self, mock, session):
        set_fault(mock, {"drop_chunk": {}})
        assert session.upload().json()["success"] is True
        assert session.names() == []
        assert session.upload().status_code == 200
        assert session.names() == ["0.webm"]


class TestLimits:
    def limited(self, mock, size, delivery):
        limit = {"limit": {"bytes": size, "delivery": delivery}}
        return set_fault(mock, limit, match={"operation": UPLOAD}, times=None)

    @pytest.mark.parametrize("delivery", ["early_drain", "late", "early_close"])
    def test_the_answer_is_413(self, mock, session, delivery):
        self.limited(mock, 1000, delivery)
        assert session.upload("a_0.webm", content=noise(1000)).status_code == 200
        answer = session.upload("a_1.webm", content=noise(1001))
        assert refusal(answer) == (413, "chunk_too_large")
        assert answer.json()["error"]["details"] == {"limit_bytes": 1000}
        answer = session.upload("a_1.webm", content=iter([noise(600), noise(401)]))
        assert refusal(answer) == (413, "chunk_too_large")
        assert session.names() == ["0.webm"]

    def test_early_answers_do_not_wait_for_the_body(self, mock, session):
        for delivery in ("early_drain", "early_close"):
            limit = self.limited(mock, 1000, delivery)
            with mock.wire() as wire:
                begin(session, wire, 1001)
                assert wire.response().status_code == 413
            mock.control("DELETE", f"/faults/{limit}")

    def test_early_close_does_not_read_what_still_comes(self, mock, session):
        self.limited(mock, 1000, "early_close")
        with mock.wire() as wire:
            begin(session, wire, MIB)
            assert wire.response().status_code == 413
            with pytest.raises(ConnectionError):
                wire.send(noise(32 * MIB))

    def test_early_reset_answers_nothing(self, mock, session):
        self.limited(mock, 1000, "early_reset")
        with mock.wire() as wire:
            begin(session, wire, 1001)
            assert ends(wire) == "reset"

    def test_late_reads_everything_first(self, mock, session):
        self.limited(mock, 1000, "late")
        with mock.wire() as wire:
            begin(session, wire, 200_000)
            wire.send(noise(199_999))
            wire.socket.settimeout(0.05)
            with pytest.raises(TimeoutError):
                wire.socket.recv(1)
            wire.socket.settimeout(PATIENCE)
            wire.send(b"x")
            assert wire.response().status_code == 413

    def test_expect_only_sends_no_100(self, mock, session):
        self.limited(mock, 1000, "expect_only")
        with mock.wire() as wire:
            begin(session, wire, 1001, Expect="100-continue")
            assert wire.response().status_code == 413
        with mock.wire() as wire:
            begin(session, wire, 1001)
            wire.socket.settimeout(0.05)
            with pytest.raises(TimeoutError):
                wire.socket.recv(1)
            wire.socket.settimeout(PATIENCE)
            wire.send(noise(1001))
            assert wire.response().status_code == 413

    def test_json_bodies_have_limits_too(self, mock):
        set_fault(mock, {"limit": {"bytes": 10}}, match={"operation": "createSession"})
        answer = mock.client.post("/sessions", json={"upload_type": "chunked"})
        assert refusal(answer) == (413, "request_too_large")


class TestPace:
    def test_a_delay_comes_after_the_work(self, mock, session):
        set_fault(mock, {"delay": {"seconds": 0.3}}, match={"operation": UPLOAD})
        with pytest.raises(httpx.ReadTimeout):
            mock.client.post(
                f"{session.path}/audio/a_0.webm",
                content=b"audio",
                headers={"Content-Type": WEBM},
                timeout=0.1,
            )
        assert session.names() == ["0.webm"]

    def test_a_throttled_upload(self, mock, session):
        set_fault(mock, {"throttle": {"upload_bytes_per_second": 100_000}})
        started = time.monotonic()
        assert session.upload(content=noise(30_000)).status_code == 200
        assert time.monotonic() - started >= 0.29

    def test_a_throttled_answer(self, mock, session):
        size = len(session.get().content)
        set_fault(mock, {"throttle": {"answer_bytes_per_second": size * 4}})
        started = time.monotonic()
        assert len(session.get().content) == size
        assert time.monotonic() - started >= 0.24


class TestTokens:
    def test_a_token_expires_until_there_is_a_new_one(self, mock, session):
        set_fault(mock, {"expire_token": {}})
        assert refusal(session.upload()) == (401, "token_expired")
        assert refusal(session.get()) == (401, "token_expired")
        fresh = mock.bare.post(
            "/connect-auth/v1/account/refresh-token", json={"refresh_token": "r"}, headers=TOKEN
        ).json()["access_token"]
        answer = mock.bare.get(
            f"/voice/v1{session.path}", headers={"Authorization": f"Bearer {fresh}"}
        )
        assert answer.status_code == 202
        assert refusal(session.get()) == (401, "token_expired")

    def test_a_server_with_one_token_returns_it_anew(self):
        with running(token=("a-token",)) as mock:
            session = mock.create()
            set_fault(mock, {"expire_token": {}}, match={"operation": UPLOAD})
            assert refusal(session.upload()) == (401, "token_expired")
            credentials = {"client_id": "a", "client_secret": "b"}
            mock.bare.post("/connect-auth/v1/account/login", json=credentials)
            assert session.upload().status_code == 200


class TestProcessing:
    def processed(self, mock, session, **processing):
        session.store("audio_0.webm")
        set_fault(mock, {"processing": processing}, scope={"session_id": session.id})
        assert session.end().status_code == 202
        mock.advance(60)
        return session.get()

    def test_its_outcome(self, mock, session):
        assert self.processed(mock, session, outcome="failed").json()["status"] == "failed"

    def test_one_template_fails(self, mock):
        session = mock.create(templates=["eka_emr_template", "clinical_notes_template"])
        answer = self.processed(mock, session, fail_template="clinical_notes_template")
        assert answer.status_code == 206
        results = [{k: v["status"] for k, v in one.items()} for one in answer.json()["templates"]]
        assert results == [{"eka_emr_template": "success"}, {"clinical_notes_template": "failed"}]

    def test_it_takes_its_time(self, mock, session):
        assert self.processed(mock, session, seconds=100).status_code == 202
        mock.advance(41)
        assert session.get().status_code == 200

    def test_it_never_ends(self, mock, session):
        assert self.processed(mock, session, stuck=True).status_code == 202
        mock.advance(10_000)
        assert session.get().status_code == 202

    def test_the_session_has_expired_instead(self, mock, session):
        session.store("audio_0.webm")
        set_fault(mock, {"processing": {"expire": True}})
        assert refusal(session.end()) == (410, "session_expired")
        assert session.get().status_code == 410


class TestWrongFaults:
    @pytest.mark.parametrize(
        ("body", "path"),
        [
            ({}, "$.action"),
            ({"action": {}}, "$.action"),
            ({"action": {"explode": {}}}, "$.action.explode"),
            ({"action": {"answer": {}}}, "$.action.answer"),
            ({"action": {"answer": {"code": "unknown"}}}, "$.action.answer.code"),
            (
                {"action": {"answer": {"status": 503, "headers": {"a b": ""}}}},
                "$.action.answer.headers",
            ),
            (
                {"action": {"answer": {"status": 503, "headers": {"Content-Length": "1"}}}},
                "$.action.answer.headers",
            ),
            ({"action": {"delay": {"min_seconds": 1}}}, "$.action.delay"),
            ({"action": {"delay": {"min_seconds": 2, "max_seconds": 1}}}, "$.action.delay"),
            ({"action": {"cut": {"at": "middle"}}}, "$.action.cut.at"),
            ({"action": {"hold": {}}, "match": {"operation": "fly"}}, "$.match.operation"),
            (
                {"action": {"hold": {}}, "match": {"operation": "login", "sequence": 1}},
                "$.match.sequence",
            ),
            (
                {"action": {"drop_chunk": {}}, "match": {"operation": "endSession"}},
                "$.match.operation",
            ),
            (
                {"action": {"hold": {}}, "match": {"upload_type": "single", "sequence": 1}},
                "$.match.sequence",
            ),
            ({"action": {"hold": {}}, "scope": {"session_id": "nobody"}}, "$.scope.session_id"),
            ({"action": {"hold": {}}, "times": 0}, "$.times"),
            (
                {"action": {"expire_token": {}}, "match": {"operation": "login"}},
                "$.action.expire_token",
            ),
            (
                {"action": {"limit": {"bytes": 1}}, "match": {"operation": "getSession"}},
                "$.action.limit",
            ),
        ],
    )
    def test_a_fault_that_cannot_fire_is_refused(self, mock, body, path):
        assert fault(mock.client.post(f"{mock.url}/_mock/faults", json=body)) == path
        assert faults(mock) == []

    def test_a_sequence_in_a_single_session(self, mock):
        session = mock.create("single")
        body = {
            "scope": {"session_id": session.id},
            "match": {"sequence": 1},
            "action": {"hold": {}},
        }
        answer = mock.client.post(f"{mock.url}/_mock/faults", json=body)
        assert fault(answer) == "$.match.sequence"
        assert "single" in answer.json()["error"]["message"]

    @given(
        st.recursive(
            st.none()
            | st.booleans()
            | st.floats(allow_nan=False, allow_infinity=False)
            | st.text(),
            lambda values: (
                st.lists(values)
                | st.dictionaries(
                    st.sampled_from(["action", "answer", "match", "scope", "cut", "times", "x"]),
                    values,
                )
            ),
            max_leaves=10,
        )
    )
    def test_any_json_is_answered(self, mock, body):
        answer = mock.client.post(f"{mock.url}/_mock/faults", json=body)
        assert answer.status_code in (201, 400, 422), answer.text

    def test_a_scope_has_room_for_so_many(self, mock, session):
        for _ in range(100):
            set_fault(mock, {"hold": {}}, scope={"session_id": session.id})
        body = {"action": {"hold": {}}, "scope": {"session_id": session.id}}
        answer = mock.client.post(f"{mock.url}/_mock/faults", json=body)
        assert refusal(answer) == (400, "invalid_request")
        assert "100" in answer.json()["error"]["message"]


class TestHeld:
    def held(self, mock, count=1):
        """The ids of the requests that are held, once there are so many."""

        def all_of_them():
            found = mock.control("GET", "/held")["held"]
            return len(found) >= count and [one["request_id"] for one in found]

        return comes_true(all_of_them)

    def upload_later(self, mock, session, name, request_id):
        return lambda: session.upload(name, **{"X-Request-Id": request_id})

    def test_end_overtakes_the_last_upload(self, mock, session):
        session.store("a_0.webm")
        set_fault(mock, {"hold": {}}, match={"operation": UPLOAD, "sequence": 1})

        def release():
            assert self.held(mock) == ["late"]
            ended = session.end()
            mock.control("POST", "/held/late/release")
            return ended

        upload, ended = parallel([self.upload_later(mock, session, "a_1.webm", "late"), release])
        assert ended.status_code == 202
        assert refusal(upload) == (400, "session_ended")

    def test_a_held_request_is_refused(self, mock, session):
        set_fault(mock, {"hold": {}})

        def refuse():
            self.held(mock)
            mock.control("POST", "/held/late/refuse", {"code": "internal_error"})

        upload, _ = parallel([self.upload_later(mock, session, "a_1.webm", "late"), refuse])
        assert refusal(upload) == (500, "internal_error")
        assert session.names() == []

    def test_several_are_released_in_order(self, mock, session):
        set_fault(mock, {"hold": {}}, times=None)
        order = ["r_2", "r_0", "r_1"]
        calls = [self.upload_later(mock, session, f"a_{n}.webm", f"r_{n}") for n in range(3)]
        calls.append(lambda: mock.control("POST", "/held/release", {"order": order}))
        *uploads, released = parallel(calls)
        assert released == {"released": order}
        assert [one.status_code for one in uploads] == [200] * 3
        chunks = session.inspect()["chunks"]
        assert mock.control("GET", "/held") == {"held": []}
        times = {chunk["sequence"]: chunk["received_at"] for chunk in chunks}
        assert times[2] <= times[0] <= times[1]

    def test_one_that_is_not_held(self, mock):
        answer = mock.client.post(f"{mock.url}/_mock/held/nobody/release")
        assert refusal(answer) == (404, "request_not_held")

    def test_a_client_that_leaves_is_held_no_more(self, mock, session):
        set_fault(mock, {"hold": {}})
        with mock.wire() as wire:
            begin(session, wire, 5)
            wire.send(b"audio")
            self.held(mock)
        assert comes_true(lambda: not mock.control("GET", "/held")["held"])
        assert session.names() == []


class TestPreferences:
    def test_a_documented_answer(self, mock, session):
        answer = session.upload(Prefer="code=503")
        assert refusal(answer) == (503, "service_unavailable")
        assert answer.headers["retry-after"] == "5"
        assert refusal(session.upload(Prefer='code=400, example="session_ended"')) == (
            400,
            "session_ended",
        )
        assert session.get(__prefer="code=410").status_code == 410
        assert refusal(session.upload(Prefer="code=429")) == (429, "rate_limit_exceeded")
        assert session.names() == []

    def test_other_preferences_are_ignored(self, mock, session):
        assert session.upload(Prefer="respond-async, wait=10").status_code == 200

    @pytest.mark.parametrize("wanted", ["code=418", "code=x", "example=nothing"])
    def test_an_undocumented_answer(self, mock, session, wanted):
        answer = session.upload(Prefer=wanted)
        assert refusal(answer) == (400, "invalid_request")
        known = answer.json()["error"]["details"]["documented"]
        assert "code=413, example=chunk_too_large" in known


class TestOfCreateSession:
    def create(self, mock, faults, upload_type="chunked"):
        data = {"_mock": {"faults": faults}}
        body = {"upload_type": upload_type, "additional_data": data}
        return mock.client.post("/sessions", json=body)

    def test_a_session_brings_its_faults(self, mock, session):
        made = self.create(
            mock, [{"match": {"sequence": 1}, "action": {"answer": {"status": 503}}}]
        )
        path = f"/sessions/{made.json()['session_id']}/audio"
        heads = {"Content-Type": WEBM}
        seen = [
            mock.client.post(f"{path}/a_{n}.webm", content=b"audio", headers=heads).status_code
            for n in (0, 1, 1)
        ]
        assert seen == [200, 503, 200]
        assert session.upload("a_1.webm").status_code == 200

    @pytest.mark.parametrize(
        ("faults", "path"),
        [
            ({}, ""),
            ([{}], "[0].action"),
            ([{"action": {"hold": {}}}, {"action": {"cut": {}}}], "[1].action.cut.at"),
            ([{"action": {"hold": {}}, "scope": {"token": "t"}}], "[0].scope"),
            ([{"action": {"hold": {}}}] * 101, ""),
        ],
    )
    def test_wrong_faults(self, mock, faults, path):
        before = mock.control("GET", "/health")["sessions"]
        answer = self.create(mock, faults)
        assert fault(answer) == f"$.additional_data._mock.faults{path}"
        assert mock.control("GET", "/health")["sessions"] == before

    def test_a_sequence_in_a_single_session(self, mock):
        faults = [{"match": {"sequence": 1}, "action": {"hold": {}}}]
        assert self.create(mock, faults, "single").status_code == 422
        assert self.create(mock, faults).status_code == 201


class TestOfFixtures:
    @pytest.fixture
    def folder(self, tmp_path):
        shutil.copytree(ROOT / "fixtures", tmp_path / "fixtures")
        return tmp_path / "fixtures"

    def test_a_fresh_server_has_them(self, folder, serve):
        (folder / "faults.yaml").write_text(
            "- match: {operation: endSession}\n  action: {answer: {status: 503}}\n"
            "- scope: {session_id: demo_session_recording}\n  action: {delay: {seconds: 0}}\n"
        )
        mock = serve(fixtures=folder)
        assert [one["matched"] for one in faults(mock)] == [0, 0]
        assert mock.create().end().status_code == 503
        mock.control("POST", "/reset")
        assert [one["fired"] for one in faults(mock)] == [0, 0]
        assert mock.create().end().status_code == 503

    @pytest.mark.parametrize(
        ("text", "said"),
        [
            ("- action: {}\n", "faults.yaml:1: [0].action: "),
            (
                "- match: {}\n  action:\n    answer: {code: x}\n",
                "faults.yaml:3: [0].action.answer.code",
            ),
            (
                "- scope: {session_id: nobody}\n  action: {hold: {}}\n",
                "there is no session 'nobody'",
            ),
            ("a: b\n", "faults.yaml:1: the file: "),
        ],
    )
    def test_a_broken_file_is_told_at_the_start(self, folder, text, said):
        (folder / "faults.yaml").write_text(text)
        with pytest.raises(FixtureError) as caught:
            create_app(Settings(fixtures=folder))
        assert said in str(caught.value)
