"""The session flow beside the upload: each operation's rules, as a client meets them."""

import json
import re
from datetime import datetime, timedelta
from typing import Any

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from tests.support import ROOT, TOKEN, fault, refusal

EMR, NOTES = "eka_emr_template", "clinical_notes_template"
STAMP = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|\+00:00)")
ALWAYS = {
    "session_id",
    "status",
    "created_at",
    "expires_at",
    "upload_url",
    "audio_files_received",
    "audio_files",
    "additional_data",
    "patient_details",
    "transcript",
}
ENDED = ALWAYS | {"templates"}
DONE = {"completed_at", "model_used", "language_detected"}


def moment(text):
    """A time as RFC 3339 writes it in UTC."""
    assert STAMP.fullmatch(text)
    return datetime.fromisoformat(text)


def templates_of(response):
    """Template id → document; each entry has one."""
    entries = response.json()["templates"]
    assert all(len(entry) == 1 for entry in entries)
    return {name: document for entry in entries for name, document in entry.items()}


def post(client, path, body):
    """Send a body as it is."""
    content = body if isinstance(body, bytes) else json.dumps(body).encode()
    return client.post(path, content=content)


def test_the_whole_flow(mock, client):
    created = client.post("/sessions", json={"upload_type": "chunked", "templates": [NOTES]})
    path = f"/sessions/{created.json()['session_id']}"
    for number in range(3):
        assert client.post(f"{path}/audio/audio_{number}.webm", content=b"x").status_code == 200
    assert client.get(path).json()["status"] == "recording"
    ended = client.post(f"{path}/end", json={"audio_files_sent": 3})
    assert ended.status_code == 202
    assert ended.json()["status"] == "processing"
    assert ended.json()["message"]
    assert ended.json()["audio_files_received"] == 3
    assert ended.json()["audio_files"] == ["0.webm", "1.webm", "2.webm"]
    assert client.get(path).status_code == 202
    mock.advance(1.9)
    assert client.get(path).status_code == 202
    mock.advance(0.2)
    done = client.get(path)
    assert done.status_code == 200
    assert done.json()["status"] == "completed"
    assert "Good morning, Mr. Nair" in done.json()["transcript"]
    assert templates_of(done)[NOTES]["status"] == "success"


# Create session


def test_a_generated_id_is_ses_and_20_hex_digits(session):
    ids = {session().id for _ in range(20)}
    assert all(re.fullmatch("ses_[0-9a-f]{20}", session_id) for session_id in ids)
    assert len(ids) == 20


def test_created_says_what_the_contract_lists(mock, client):
    body = client.post("/sessions", json={"upload_type": "chunked"}).json()
    assert set(body) == {"session_id", "status", "created_at", "expires_at", "upload_url"}
    assert body["status"] == "created"
    assert body["created_at"] == mock.control("GET", "/clock")["now"]
    assert moment(body["expires_at"]) - moment(body["created_at"]) == timedelta(hours=1)
    assert body["upload_url"] == f"{mock.url}/voice/v1/sessions/{body['session_id']}/audio"


def test_a_session_lives_as_long_as_the_setting_says(serve):
    body = serve(session_ttl=90).client.post("/sessions", json={"upload_type": "single"}).json()
    assert moment(body["expires_at"]) - moment(body["created_at"]) == timedelta(seconds=90)


def test_stream_gets_a_websocket_address_that_hides_the_session_id(mock, client):
    body = client.post("/sessions", json={"upload_type": "stream"}).json()
    prefix, suffix = f"{mock.url.replace('http', 'ws')}/voice/v1/stream/sessions/", "/audio"
    assert body["upload_url"].startswith(prefix)
    assert body["upload_url"].endswith(suffix)
    stream_id = body["upload_url"].removeprefix(prefix).removesuffix(suffix)
    assert re.fullmatch(r"[A-Za-z0-9_-]{32,}", stream_id)
    assert body["session_id"] not in stream_id


@pytest.mark.parametrize("length", [16, 32, 33, 64])
def test_an_id_of_ones_own_has_16_to_64_characters(session, length):
    own = "Az09._~-"[:8] + "x" * (length - 8)
    assert session(session_id=own).id == own
    assert session(session_id=own[::-1]).get().status_code == 202


@pytest.mark.parametrize(
    "own",
    [
        "",
        "x" * 15,
        "x" * 65,
        "x" * 16 + "\n",
        "x" * 16 + "/",
        "x" * 16 + '"',
        "x" * 16 + " ",
        "x" * 16 + "é",
        "x" * 16 + "%41",
        16,
    ],
)
def test_another_id_breaks_the_schema(client, own):
    body = {"upload_type": "chunked", "session_id": own}
    assert fault(client.post("/sessions", json=body)) == "$.session_id"


def test_an_id_in_use_is_refused_in_any_state(mock, client):
    for state in ("created", "processing", "completed", "expired"):
        taken = mock.put(state).id
        response = client.post("/sessions", json={"upload_type": "chunked", "session_id": taken})
        assert refusal(response) == (409, "session_exists")
        assert mock.control("GET", f"/sessions/{taken}")["status"] == state


@pytest.mark.parametrize(
    ("field", "value", "place"),
    [
        ("upload_type", "chunk", ""),
        ("upload_type", ["chunked"], ""),
        ("upload_type", "Chunked", ""),
        ("communication_protocol", "grpc", ""),
        ("session_mode", "monologue", ""),
        ("templates", ["a", "b", "c"], ""),
        ("templates", ["a", "a"], ""),
        ("templates", "a", ""),
        ("templates", ["a", ""], "[1]"),
        ("templates", ["a", 1], "[1]"),
        ("model", "ultra", ""),
        ("language_hint", "en", ""),
        ("language_hint", ["en", "EN"], "[1]"),
        ("language_hint", ["en\n"], "[0]"),
        ("transcript_language", "english", ""),
        ("additional_data", [], ""),
        ("patient_details", "Arjun", ""),
    ],
)
def test_a_value_that_breaks_the_schema_is_named_by_its_path(client, field, value, place):
    body = {"upload_type": "chunked"} | {field: value}
    assert fault(client.post("/sessions", json=body)) == f"$.{field}{place}"


FIELDS: dict[str, Any] = {
    "upload_type": "chunked",
    "communication_protocol": "http",
    "session_mode": "consultation",
    "session_id": "all-fields-session",
    "templates": [EMR, NOTES],
    "model": "pro",
    "language_hint": ["en", "hi"],
    "transcript_language": "en",
    "additional_data": {"a": [1, {"b": None}], "é": "🎤"},
    "patient_details": {"oid": "PAT-1", "age": 42.5},
}


@pytest.mark.parametrize("field", [field for field in FIELDS if field != "upload_type"])
def test_null_is_the_same_as_left_out_in_create(client, field):
    left_out = {name: value for name, value in FIELDS.items() if name not in (field, "session_id")}
    null = left_out | {field: None}
    first, second = (client.post("/sessions", json=body).json() for body in (left_out, null))
    shown = [client.get(f"/sessions/{body['session_id']}").json() for body in (first, second)]
    own = ("session_id", "created_at", "expires_at", "upload_url")
    one, other = ({name: to for name, to in body.items() if name not in own} for body in shown)
    assert one == other


def test_upload_type_is_not_null(client):
    assert fault(client.post("/sessions", json=FIELDS | {"upload_type": None})) == "$.upload_type"


@pytest.mark.parametrize("version", ["v2", "", "x" * 100])
def test_the_version_that_older_clients_send_changes_nothing(client, version):
    created = client.post(f"/sessions?version={version}", json={"upload_type": "chunked"})
    assert created.status_code == 201


def test_templates_of_a_session_must_exist(client, session):
    body = {"upload_type": "chunked", "templates": [EMR, "no_such_template"]}
    refused = client.post("/sessions", json=body)
    assert refusal(refused) == (400, "invalid_template")
    assert refused.json()["error"]["details"] == {"templates": ["no_such_template"]}
    chunked = session(templates=[EMR])
    assert refusal(chunked.patch(templates=["no_such_template"])) == (400, "invalid_template")
    assert list(templates_of(chunked.process_to_the_end())) == [EMR]


def test_the_language_may_be_left_to_the_server(session):
    assert session(language_hint=["auto_detect"]).patch(language_hint=["auto_detect"]).is_success


@pytest.mark.parametrize("field", [field for field in FIELDS if field != "upload_type"])
def test_all_but_upload_type_may_be_left_out(client, field):
    body = {name: value for name, value in FIELDS.items() if name != field}
    assert client.post("/sessions", json=body).status_code == 201


def test_upload_type_is_required(client):
    assert fault(client.post("/sessions", json={})).startswith("$")


def test_all_fields_are_taken_and_unknown_ones_ignored(client):
    created = client.post("/sessions", json=FIELDS | {"unknown": 1, "status": "expired"})
    assert created.status_code == 201
    assert created.json()["patient_details"] == FIELDS["patient_details"]
    shown = client.get("/sessions/all-fields-session").json()
    assert shown["status"] == "created"
    assert shown["patient_details"] == FIELDS["patient_details"]
    assert shown["additional_data"] == FIELDS["additional_data"] | {
        "_protocol": {
            "version": "0.1",
            "upload_type": "chunked",
            "communication_protocol": "http",
            "requested_templates": [EMR, NOTES],
        }
    }


def test_a_session_without_patient_and_data_shows_null_and_nothing(session):
    shown = session().get().json()
    assert shown["patient_details"] is None
    assert sent_data(shown) == {}


def sent_data(shown):
    """What the client sent of a session's additional_data."""
    return {name: to for name, to in shown["additional_data"].items() if name != "_protocol"}


json_values = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(10**18), 10**18)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(st.characters(exclude_categories=["Cs"]), max_size=5),
    lambda children: (
        st.lists(children, max_size=3)
        | st.dictionaries(st.text(max_size=3, alphabet="a_é"), children, max_size=3)
    ),
    max_leaves=8,
)


@given(st.dictionaries(st.text("ab\0é\U0001f3a4", max_size=3), json_values, max_size=4))
def test_what_is_echoed_comes_back_as_it_was_sent(client, data):
    sent = {"upload_type": "chunked", "additional_data": data, "patient_details": data}
    created = client.post("/sessions", json=sent).json()
    assert created["patient_details"] == data
    assert sent_data(client.get(f"/sessions/{created['session_id']}").json()) == data


# JSON bodies

JSON_OPERATIONS = {
    "createSession": ("POST", "/voice/v1/sessions"),
    "endSession": ("POST", "/voice/v1/sessions/demo_session_created/end"),
    "updateSession": ("PATCH", "/voice/v1/sessions/demo_session_created"),
    "login": ("POST", "/connect-auth/v1/account/login"),
    "refreshToken": ("POST", "/connect-auth/v1/account/refresh-token"),
}
json_operations = pytest.mark.parametrize("operation", JSON_OPERATIONS)

NO_JSON = {
    "text": b"upload_type=chunked",
    "cut": b'{"upload_type": "chunked"',
    "two": b'{"upload_type": "chunked"} {}',
    "NaN": b'{"upload_type": "chunked", "patient_details": {"x": NaN}}',
    "Infinity": b'{"upload_type": "chunked", "patient_details": {"x": -Infinity}}',
    "quotes": b"{'upload_type': 'chunked'}",
    "comma": b'{"upload_type": "chunked",}',
    "comment": b'{"upload_type": "chunked"} // x',
    "latin-1": '{"upload_type": "chunked", "x": "é"}'.encode("latin-1"),
    "utf-16": '{"upload_type": "chunked"}'.encode("utf-16"),
    "control character": b'{"upload_type": "chunked", "x": "\x01"}',
    "zeros": bytes(100),
    "space": b" ",
    "400 digits": b'{"upload_type": "chunked", "x": ' + b"1" * 400 + b"}",
    "5000 digits": b'{"upload_type": "chunked", "x": -' + b"1" * 5000 + b"}",
    "an exponent": b'{"upload_type": "chunked", "x": 1e999}',
    "too deep to parse": b"[" * 200_000,
}


def call(mock, operation, content):
    method, path = JSON_OPERATIONS[operation]
    return mock.client.request(method, mock.url + path, content=content)


@json_operations
@pytest.mark.parametrize("body", NO_JSON)
def test_a_body_that_is_not_json_is_400(mock, operation, body):
    assert refusal(call(mock, operation, NO_JSON[body])) == (400, "invalid_request")


@json_operations
@pytest.mark.parametrize("value", [b"[]", b'"x"', b"1", b"null", b"true"])
def test_json_that_is_no_object_breaks_the_schema(mock, operation, value):
    assert fault(call(mock, operation, value)) == "$"


@pytest.mark.parametrize("number", ["9" * 5000, "-" + "9" * 400, "9e999"])
def test_a_number_too_large_is_told_in_words_of_our_own(client, number):
    message = post(client, "/sessions", f'{{"x": {number}}}'.encode()).json()["error"]["message"]
    assert f"{number[:40]} is too large for a number" in message
    assert "sys." not in message


def test_the_largest_whole_number_comes_back(client):
    body = b'{"upload_type": "chunked", "additional_data": {"x": -1' + b"0" * 308 + b"}}"
    path = f"/sessions/{post(client, '/sessions', body).json()['session_id']}"
    assert sent_data(client.get(path).json()) == {"x": -(10**308)}


@pytest.mark.parametrize(
    ("body", "said"),
    [
        (b"null", 'at $: null is not of type "object".'),
        (b'{"upload_type": true}', "at $.upload_type: true is not"),
        (b'{"upload_type": "x"}', '"x" is not one of ["chunked", "single", "stream"].'),
        (b"{}", 'at $.upload_type: "upload_type" is a required property.'),
        (b'{"upload_type": "single", "templates": [null]}', 'null is not of type "string".'),
    ],
)
def test_what_breaks_the_schema_is_told_in_the_words_of_json(client, body, said):
    assert said in post(client, "/sessions", body).json()["error"]["message"]


@pytest.mark.parametrize("operation", [name for name in JSON_OPERATIONS if name != "endSession"])
def test_an_empty_body_is_not_json(mock, operation):
    assert refusal(call(mock, operation, b"")) == (400, "invalid_request")


def deep(levels):
    """A create request nested so many levels."""
    inner = b"[" * (levels - 2) + b"]" * (levels - 2)
    return b'{"upload_type": "chunked", "additional_data": {"x": ' + inner + b"}}"


def test_json_has_at_most_100_levels(client):
    created = post(client, "/sessions", deep(100))
    assert created.status_code == 201
    assert client.get(f"/sessions/{created.json()['session_id']}").status_code == 202
    assert refusal(post(client, "/sessions", deep(101))) == (400, "invalid_request")


def padded(size):
    head, tail = b'{"upload_type": "chunked", "x": "', b'"}'
    return head + b"x" * (size - len(head) - len(tail)) + tail


@json_operations
def test_json_of_more_than_1_mib_is_refused(mock, operation):
    assert refusal(call(mock, operation, padded(1_048_577))) == (413, "request_too_large")


@json_operations
@pytest.mark.parametrize("length", [0, 99_999_999])
def test_what_the_head_says_of_json_is_answered_before_its_body(mock, operation, length):
    method, path = JSON_OPERATIONS[operation]
    with mock.wire() as wire:
        fields = TOKEN | {"Content-Length": length, "Expect": "100-continue"}
        wire.request(method, path, fields)
        status = wire.response().status_code
    assert status == (413 if length else 202 if operation == "endSession" else 400)


def test_json_of_1_mib_is_taken_with_and_without_its_length(client):
    body = padded(1_048_576)
    assert post(client, "/sessions", body).status_code == 201
    assert client.post("/sessions", content=iter([body])).status_code == 201
    response = client.post("/sessions", content=iter([body, b" "]))
    assert refusal(response) == (413, "request_too_large")


@pytest.mark.parametrize(
    "content_type",
    [None, "application/json", "text/plain", "application/x-www-form-urlencoded", "nonsense"],
)
def test_the_content_type_of_json_is_not_judged(client, content_type):
    headers = {"Content-Type": content_type} if content_type else {}
    response = client.post("/sessions", content=b'{"upload_type": "chunked"}', headers=headers)
    assert response.status_code == 201


UNWRITABLE = {
    "a number beyond a float": b"1e400",
    "a lone surrogate": b'"\\ud800"',
    "a lone surrogate in a name": b'{"\\udfff": 1}',
}


@pytest.mark.parametrize("value", UNWRITABLE.values(), ids=UNWRITABLE)
@pytest.mark.parametrize("body", [b'"additional_data": {"x": %b}', b'"patient_details": {"x": %b}'])
def test_nothing_that_json_can_say_breaks_the_server(mock, client, session, body, value):
    field, known = body % value, session()
    created = post(client, "/sessions", b'{"upload_type": "chunked", %b}' % field)
    assert created.status_code in (201, 400, 422)
    patched = client.patch(known.path, content=b"{%b}" % field)
    assert patched.status_code in (200, 400, 422)
    for shown in mock.control("GET", "/sessions")["sessions"]:
        assert client.get(f"/sessions/{shown['session_id']}").status_code < 500


@pytest.mark.parametrize("name", [b'"\\ud800"', b'"\\udfff\\ud800"'])
def test_a_template_name_that_cannot_be_written_does_not_break_the_server(mock, client, name):
    body = b'{"upload_type": "chunked", "session_id": "a-session-of-mine", "templates": [%b]}'
    created = post(client, "/sessions", body % name)
    assert created.status_code in (201, 400, 422)
    if created.status_code == 201:
        client.post("/sessions/a-session-of-mine/end")
        mock.advance(60)
        assert client.get("/sessions/a-session-of-mine").status_code < 500
        assert client.get("/sessions/a-session-of-mine?template_id=x").status_code < 500


# Addresses


def created_at_host(mock, **headers):
    """The upload_url that a client with these header fields gets, up to the path."""
    with mock.wire() as wire:
        body = b'{"upload_type": "chunked"}'
        fields = TOKEN | {"Content-Length": len(body)}
        fields |= {name.replace("_", "-"): value for name, value in headers.items()}
        wire.request("POST", "/voice/v1/sessions", fields, body)
        return wire.response().json()["upload_url"].partition("/voice/v1")[0]


@pytest.mark.parametrize(
    "host", ["mock.test", "mock.test:81", "10.0.2.2:8080", "[::1]:8080", "a-b_c~d.example"]
)
def test_upload_url_has_the_host_that_the_client_used(mock, host):
    assert created_at_host(mock, Host=host) == f"http://{host}"


@pytest.mark.parametrize(
    "host",
    [
        "",
        "a/b",
        "a b",
        'a"b',
        "a@b",
        "a?b",
        "a#b",
        "a\\b",
        "<script>",
        "a:port",
        "a:",
        "[::1",
        "é",
        "a%0d%0a",
    ],
)
def test_a_host_that_is_none_does_not_reach_upload_url(mock, host):
    assert created_at_host(mock, Host=host) == mock.url


@pytest.mark.parametrize("host", ["", "a b"])
def test_a_host_that_is_none_does_not_reach_upload_url_of_ipv6_either(serve, host):
    mock = serve(host="::1")
    assert mock.url.startswith("http://[::1]:")
    assert created_at_host(mock, Host=host) == mock.url


FORWARDED = [
    ({"Forwarded": "for=1.2.3.4;proto=https;host=front.test"}, "https://front.test"),
    (
        {"Forwarded": 'host="front.test:8443";proto=https, for=127.0.0.9;host=inner.test'},
        "https://front.test:8443",
    ),
    # The client wrote the first part itself: the trusted proxy saw it at 5.6.7.8.
    ({"Forwarded": "host=evil.test, for=5.6.7.8;host=front.test"}, "http://front.test"),
    ({"Forwarded": "host=evil.test, for=_hidden;host=front.test"}, "http://front.test"),
    ({"X_Forwarded_Proto": "https", "X_Forwarded_Host": "front.test"}, "https://front.test"),
    ({"X_Forwarded_Proto": "https"}, "https://localhost"),
    (
        {"X_Forwarded_Host": "front.test, inner.test", "X_Forwarded_For": "1.2.3.4, 127.0.0.9"},
        "http://front.test",
    ),
    ({"X_Forwarded_Host": "evil.test, front.test"}, "http://front.test"),
    (
        {"X_Forwarded_Host": "evil.test, front.test", "X_Forwarded_For": "127.0.0.1, 5.6.7.8"},
        "http://front.test",
    ),
    ({"X_Forwarded_Proto": "gopher"}, "http://localhost"),
]


@pytest.mark.parametrize(("headers", "seen"), FORWARDED)
def test_forwarded_addresses_count_only_when_trusted(mock, headers, seen):
    assert created_at_host(mock, **headers) == "http://localhost"


def test_forwarded_addresses_count_when_trusted(serve):
    mock = serve(forwarded_allow_ips=("127.0.0.0/8",))
    for headers, seen in FORWARDED:
        assert created_at_host(mock, **headers) == seen
    assert created_at_host(mock, X_Forwarded_Host="<script>") == mock.url


@pytest.mark.parametrize("others", ["10.0.0.0/8", "::1", "192.0.2.7"])
def test_a_client_that_writes_such_fields_itself_changes_nothing(serve, others):
    mock = serve(forwarded_allow_ips=(others,))
    for headers, _ in FORWARDED:
        assert created_at_host(mock, **headers) == "http://localhost"


def test_a_public_url_is_the_address_for_all(serve):
    mock = serve(public_url="https://mock.example.org/under", forwarded_allow_ips=("127.0.0.1",))
    seen = created_at_host(mock, Host="x", X_Forwarded_Host="y")
    assert seen == "https://mock.example.org/under"
    stream = mock.client.post("/sessions", json={"upload_type": "stream"}).json()["upload_url"]
    assert stream.startswith("wss://mock.example.org/under/voice/v1/stream/sessions/")
    found = mock.client.get("/.well-known/medscribealliance").json()
    assert found["endpoints"]["base_url"] == "https://mock.example.org/under/voice/v1"


# Scenarios


@pytest.mark.parametrize(
    ("scenario", "status", "state"),
    [
        ("consultation", 200, "completed"),
        ("partial", 206, "partial"),
        ("failed", 200, "failed"),
        ("silence", 200, "completed"),
        ("slow", 200, "completed"),
    ],
)
def test_a_session_runs_the_scenario_it_names(session, scenario, status, state):
    chunked = session(scenario=scenario)
    chunked.store("a_0.webm", "a_1.webm")
    done = chunked.process_to_the_end(sent=2)
    assert (done.status_code, done.json()["status"]) == (status, state)
    assert set(templates_of(done)) == {"eka_emr_template", "clinical_notes_template"}
    assert bool(done.json()["transcript"]) == (scenario in ("consultation", "partial", "slow"))


def test_the_slow_scenario_takes_its_own_time(mock, session):
    slow = session(scenario="slow")
    slow.end()
    mock.advance(29)
    assert slow.get().json()["status"] == "processing"
    mock.advance(2)
    assert slow.get().json()["status"] == "completed"


@pytest.mark.parametrize("name", ["", "Partial", "../failed", "missing", 1, None, [], {}])
def test_an_unknown_scenario_is_refused(client, name):
    body = {"upload_type": "chunked", "additional_data": {"_mock": {"scenario": name}}}
    path = "$.additional_data._mock.scenario"
    assert fault(client.post("/sessions", json=body)) == path
    patch = {"additional_data": body["additional_data"]}
    assert fault(client.patch("/sessions/demo_session_created", json=patch)) == path


def test_what_the_mock_reads_must_be_an_object(client):
    body = {"upload_type": "chunked", "additional_data": {"_mock": "partial"}}
    assert fault(client.post("/sessions", json=body)) == "$.additional_data._mock"


def test_a_scenario_can_be_chosen_until_the_end(session):
    chunked = session()
    assert chunked.patch(additional_data={"_mock": {"scenario": "failed"}}).status_code == 200
    assert chunked.process_to_the_end().json()["status"] == "failed"


def test_an_update_that_names_no_scenario_leaves_it(mock, session):
    for chunked in (session(scenario="failed"), mock.put("created", scenario="failed")):
        assert chunked.patch(additional_data={"visit": "7"}).status_code == 200
        assert chunked.patch(additional_data={"_mock": {}}).status_code == 200
        assert chunked.process_to_the_end().json()["status"] == "failed"


# End session


def test_end_without_a_body_ends(session):
    chunked = session()
    chunked.store("a_0.webm")
    assert chunked.process_to_the_end().json()["status"] == "completed"


@pytest.mark.parametrize("body", [{}, {"unknown": True}, {"audio_files_sent": 1, "x": None}])
def test_end_ignores_unknown_fields(client, session, body):
    chunked = session()
    chunked.store("a_0.webm")
    assert client.post(f"{chunked.path}/end", json=body).status_code == 202


@pytest.mark.parametrize("sent", [-1, 1.5, "1", True, None, [1]])
def test_end_takes_a_count(client, session, sent):
    chunked = session()
    response = client.post(f"{chunked.path}/end", json={"audio_files_sent": sent})
    assert fault(response) == "$.audio_files_sent"
    assert chunked.get().json()["status"] == "created"


@pytest.mark.parametrize("sent", [0, 1, 2, 3, 10**30])
def test_the_count_is_for_reconciliation_only(session, sent):
    chunked = session()
    chunked.store("a_0.webm", "a_1.webm", "a_1.mp3")
    done = chunked.process_to_the_end(sent)
    assert (done.status_code, done.json()["status"]) == (200, "completed")
    assert done.json()["audio_files_received"] == 2


def test_distinct_sequence_numbers_are_what_counts(session):
    chunked = session()
    chunked.store("a_0.webm", "b_0.mp3", "a_00.webm", "a_7.webm")
    assert chunked.process_to_the_end(sent=2).status_code == 200


def test_a_stream_session_ignores_the_count(session):
    assert session("stream").process_to_the_end(sent=7).json()["status"] == "completed"


def test_a_wrong_count_does_not_make_a_failure_better(session):
    failed = session(scenario="failed")
    assert failed.process_to_the_end(sent=7).json()["status"] == "failed"


def test_ending_without_audio_completes_with_an_empty_transcript(session):
    done = session().process_to_the_end(sent=0)
    assert (done.status_code, done.json()["status"]) == (200, "completed")
    assert done.json()["transcript"] == ""
    assert done.json()["language_detected"] is None
    assert done.json()["audio_files_received"] == 0


@pytest.mark.parametrize(
    ("state", "status", "code"),
    [
        ("processing", 400, "session_ended"),
        ("completed", 400, "session_completed"),
        ("partial", 400, "session_completed"),
        ("failed", 400, "session_completed"),
        ("expired", 410, "session_expired"),
    ],
)
def test_only_an_open_session_can_be_ended(mock, state, status, code):
    closed = mock.put(state)
    assert refusal(closed.end(sent=0)) == (status, code)
    assert closed.inspect()["status"] == state


def test_ending_twice_says_how_far_processing_is(mock, session):
    chunked = session()
    chunked.end()
    assert refusal(chunked.end()) == (400, "session_ended")
    mock.advance(2)
    assert refusal(chunked.end()) == (400, "session_completed")


# Get session


def test_a_session_shows_what_its_state_has(mock):
    for state, status, fields in [
        ("created", 202, ALWAYS),
        ("recording", 202, ALWAYS),
        ("processing", 202, ENDED),
        ("completed", 200, ENDED | DONE),
        ("partial", 206, ENDED | DONE | {"audio_files_processed", "processing_errors"}),
    ]:
        shown = mock.put(state).get()
        assert shown.status_code == status
        assert set(shown.json()) == fields
        assert shown.json()["status"] == state
        for name in ("created_at", "expires_at", "completed_at"):
            assert name not in shown.json() or moment(shown.json()[name])


def test_a_failed_session_has_no_transcript_and_no_data(mock):
    shown = mock.put("failed", scenario="failed").get()
    assert shown.status_code == 200
    assert shown.json()["status"] == "failed"
    assert shown.json()["transcript"] == ""
    assert {document["status"] for document in templates_of(shown).values()} == {"failed"}
    assert {document["data"] is None for document in templates_of(shown).values()} == {True}


def test_an_expired_session_is_410_with_the_sessions_own_body(mock, session):
    chunked = session(patient_details={"age": 7})
    chunked.store("a_0.webm")
    before = chunked.get().json()
    mock.advance(3599.9)
    assert chunked.get().status_code == 202
    mock.advance(0.1)
    expired = chunked.get()
    assert expired.status_code == 410
    body = expired.json()
    assert "error" not in body
    assert "expires_at" not in body
    assert body["status"] == "expired"
    assert body["expired_at"] == before["expires_at"]
    assert body["message"]
    assert body["audio_files"] == ["0.webm"]
    assert body["patient_details"] == {"age": 7}


def test_a_session_that_was_ended_does_not_expire(mock, session):
    chunked = session()
    chunked.end()
    mock.advance(10**6)
    assert chunked.get().json()["status"] == "completed"


def test_completed_at_is_when_processing_was_done(mock, session):
    chunked = session()
    chunked.store("a_0.webm")
    chunked.end()
    ended = moment(mock.control("GET", "/clock")["now"])
    mock.advance(500)
    completed = moment(chunked.get().json()["completed_at"])
    assert completed - ended == timedelta(seconds=2)


def test_model_used_is_the_model_asked_for(session):
    assert session().process_to_the_end().json()["model_used"] == "pro"
    assert session(model="lite").process_to_the_end().json()["model_used"] == "lite"


def test_templates_are_those_asked_for_in_their_order(session):
    done = session(templates=["transcript_template", NOTES]).process_to_the_end()
    assert list(templates_of(done)) == ["transcript_template", NOTES]
    documents = templates_of(done).values()
    assert len({document["document_id"] for document in documents}) == 2
    assert all(document["status"] == "success" for document in documents)


def test_partial_says_what_was_processed_and_what_went_wrong(session):
    chunked = session(scenario="partial")
    chunked.store("a_0.webm", "a_1.webm", "a_2.webm")
    body = chunked.process_to_the_end(sent=3).json()
    assert body["audio_files_processed"] == 2
    errors = body["processing_errors"]
    assert errors[0]["file"] == "1.webm"
    assert all(error["type"] and error["message"] for error in errors)


@pytest.mark.parametrize(
    "state", ["created", "recording", "processing", "completed", "partial", "failed"]
)
def test_template_id_narrows_or_is_not_found(mock, state):
    known = mock.put(state, templates=["one", "two"])
    shown = known.get(template_id="two")
    assert shown.json()["status"] == state
    if shown.json().get("templates") is not None:
        assert list(templates_of(shown)) == ["two"]
    assert refusal(known.get(template_id="three")) == (404, "template_not_found")
    assert refusal(known.get(template_id="")) == (404, "template_not_found")


def test_template_id_is_not_looked_at_when_expired(mock):
    assert mock.put("expired", templates=["one"]).get(template_id="three").status_code == 410


# Update session


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("patient_details", {"age": 43}),
        ("templates", [EMR, NOTES]),
        ("templates", []),
        ("language_hint", ["hi"]),
        ("additional_data", {"a": 1}),
        ("session_mode", "consultation"),
        ("model", "pro"),
        ("user_status", "reviewed"),
        ("processing_status", "cancelled"),
    ],
)
def test_update_changes_what_is_sent(session, field, value):
    chunked = session(patient_details={"age": 42}, additional_data={"b": 2})
    response = chunked.patch(**{field: value})
    assert response.status_code == 200
    assert response.json()["session_id"] == chunked.id
    assert response.json()["status"] == "success"
    assert response.json()["message"]
    shown = chunked.get().json()
    assert shown["patient_details"] == (value if field == "patient_details" else {"age": 42})
    more = value if field == "additional_data" else {}
    assert sent_data(shown) == {"b": 2} | more


def test_update_takes_effect_when_the_session_is_processed(session):
    chunked = session(templates=[EMR])
    chunked.patch(templates=[NOTES], model="lite")
    done = chunked.process_to_the_end()
    assert list(templates_of(done)) == [NOTES]
    assert done.json()["model_used"] == "lite"


@pytest.mark.parametrize(
    ("body", "place"),
    [
        ({"upload_type": "single"}, "$"),
        ({"model": "pro", "unknown": 1}, "$"),
        ({"model": "ultra"}, "$.model"),
        ({"session_mode": None}, "$.session_mode"),
        ({"patient_details": None}, "$.patient_details"),
        ({"templates": ["a", "b", "c"]}, "$.templates"),
        ({"language_hint": ["english"]}, "$.language_hint[0]"),
        ({"transcript_language": "en"}, "$"),
    ],
)
def test_update_refuses_other_fields_and_values(session, body, place):
    chunked = session()
    assert fault(chunked.patch(**body)).startswith(place)


def test_update_with_nothing_to_change_is_400(session):
    assert refusal(session().patch()) == (400, "invalid_request")


@pytest.mark.parametrize("state", ["processing", "completed", "partial", "failed"])
@pytest.mark.parametrize("change", [{"model": "pro"}, {"session_mode": "consultation"}])
def test_mode_and_model_are_settled_by_the_end(mock, state, change):
    closed = mock.put(state, patient_details={"age": 1})
    response = closed.patch(**change, patient_details={"age": 2})
    assert refusal(response) == (409, "session_already_committed")
    assert closed.get().json()["patient_details"] == {"age": 1}  # all or nothing


def test_templates_after_the_end_change_no_results(mock, session):
    chunked = session(templates=[EMR])
    before = templates_of(chunked.process_to_the_end())
    assert chunked.patch(templates=[NOTES], patient_details={"age": 5}).status_code == 200
    assert templates_of(chunked.get()) == before
    assert chunked.get().json()["patient_details"] == {"age": 5}


def test_an_expired_session_is_not_updated(mock):
    expired = mock.put("expired")
    assert refusal(expired.patch(model="pro")) == (410, "session_expired")
    assert refusal(expired.patch(unknown=1)) == (410, "session_expired")


@pytest.fixture
def wider_spec(tmp_path):
    """A spec whose Update session has two fields more, one named like a part of a session."""
    document = yaml.safe_load((ROOT / "openapi.yaml").read_text("utf-8"))
    patch = document["paths"]["/voice/v1/sessions/{session_id}"]["patch"]
    schema = patch["requestBody"]["content"]["application/json"]["schema"]
    while "$ref" in schema:
        schema = document["components"]["schemas"][schema["$ref"].rpartition("/")[2]]
    schema["properties"] |= {"notes": {"type": "string"}, "chunks": {"type": "object"}}
    path = tmp_path / "openapi.yaml"
    path.write_text(yaml.safe_dump(document), "utf-8")
    return path


def test_fields_of_a_wider_spec_change_nothing_else(serve, wider_spec):
    session = serve(spec=wider_spec).create()
    session.store("audio_0.webm")
    changed = session.patch(notes="call back", chunks={}, model="pro")
    assert changed.status_code == 200, changed.text
    assert session.names() == ["0.webm"]
    session.process_to_the_end()
    assert session.get().json()["model_used"] == "pro"


# Process template


def test_a_template_is_in_progress_until_its_time_has_passed(mock, session):
    chunked = session(templates=[NOTES])
    chunked.process_to_the_end()
    started = chunked.process("eka_emr_template")
    assert started.status_code == 202
    body = started.json()
    assert body["session_id"] == chunked.id
    assert body["template_id"] == "eka_emr_template"
    assert body["status"] == "in-progress"
    assert body["message"]
    document = templates_of(chunked.get())["eka_emr_template"]
    assert (document["status"], document["data"]) == ("in-progress", None)
    assert document["document_id"] == body["document_id"]
    mock.advance(2)
    document = templates_of(chunked.get(template_id="eka_emr_template"))["eka_emr_template"]
    assert document["status"] == "success"
    assert document["data"]["diagnosis"]
    assert document["document_id"] == body["document_id"]
    assert list(templates_of(chunked.get())) == [NOTES, "eka_emr_template"]
    narrowed = chunked.get(document_id=body["document_id"])
    assert templates_of(narrowed) == {"eka_emr_template": document}


def test_a_template_processed_again_is_another_document(mock, session):
    chunked = session(templates=[EMR])
    chunked.process_to_the_end()
    again = chunked.process(EMR).json()["document_id"]
    mock.advance(2)
    entries = chunked.get().json()["templates"]
    assert [list(entry) for entry in entries] == [[EMR], [EMR]]
    assert entries[0][EMR]["document_id"] != entries[1][EMR]["document_id"] == again
    assert chunked.get(template_id=EMR).json()["templates"] == entries
    assert chunked.get(document_id=again).json()["templates"] == entries[1:]


def test_a_template_may_be_processed_while_the_session_is(mock, session):
    chunked = session(templates=[EMR])
    chunked.end()
    mock.advance(1)
    document_id = chunked.process(NOTES).json()["document_id"]
    listed = templates_of(chunked.get())
    assert chunked.get().status_code == 202
    assert listed[NOTES]["document_id"] == document_id
    assert {document["status"] for document in listed.values()} == {"in-progress"}
    mock.advance(1)
    listed = templates_of(chunked.get())
    assert (listed[EMR]["status"], listed[NOTES]["status"]) == ("success", "in-progress")
    mock.advance(1)
    assert templates_of(chunked.get())[NOTES]["status"] == "success"


@pytest.mark.parametrize("state", ["created", "recording"])
def test_a_template_needs_a_session_that_was_ended(mock, state):
    assert refusal(mock.put(state).process(EMR)) == (409, "session_not_ended")
    assert refusal(mock.put(state).process("no_such_template")) == (409, "session_not_ended")


def test_a_template_needs_a_session_that_has_not_expired(mock):
    assert refusal(mock.put("expired").process(EMR)) == (410, "session_expired")


@pytest.mark.parametrize("template_id", ["no_such_template", "a b", "é", "%2541", "a" * 1000])
def test_a_template_to_process_must_exist(mock, template_id):
    done = mock.put("completed", templates=["one"])
    assert refusal(done.process(template_id)) == (404, "template_not_found")
    assert list(templates_of(done.get())) == ["one"]


@pytest.mark.parametrize(
    "state", ["created", "recording", "processing", "completed", "partial", "failed"]
)
def test_a_document_that_the_session_has_not_is_not_found(mock, state):
    refused = mock.put(state).get(document_id="doc_00000000000000000000")
    assert refusal(refused) == (404, "document_not_found")


def test_document_id_is_not_looked_at_when_expired(mock):
    assert mock.put("expired").get(document_id="doc_0").status_code == 410


# Login and refresh


def login(mock, **body):
    return mock.bare.post("/connect-auth/v1/account/login", json=body)


def refresh(mock, headers, **body):
    return mock.bare.post("/connect-auth/v1/account/refresh-token", json=body, headers=headers)


def assert_tokens(response):
    assert response.status_code == 200
    assert set(response.json()) == {
        "access_token",
        "refresh_token",
        "expires_in",
        "refresh_expires_in",
    }
    return response.json()


def test_login_needs_no_token_and_gives_one_that_works(mock):
    tokens = assert_tokens(login(mock, client_id="a", client_secret="b", api_key="c"))
    headers = {"Authorization": f"Bearer {tokens['access_token']}"}
    shown = mock.bare.get("/voice/v1/sessions/demo_session_created", headers=headers)
    assert shown.status_code == 202


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"client_id": "a"},
        {"client_secret": "b"},
        {"client_id": "", "client_secret": "b"},
        {"client_id": "a", "client_secret": None},
        {"client_id": "a", "client_secret": "b", "api_key": 1},
    ],
)
def test_login_wants_id_and_secret(mock, body):
    assert fault(login(mock, **body)).startswith("$")


@pytest.mark.parametrize(
    "body",
    [{}, {"access_token": "a"}, {"refresh_token": ""}, {"access_token": "", "refresh_token": "b"}],
)
def test_refresh_wants_the_refresh_token(mock, body):
    assert fault(refresh(mock, TOKEN, **body)).startswith("$")


def test_refresh_takes_any_bearer_token_but_needs_one(mock):
    old = {"access_token": "a", "refresh_token": "b"}
    tokens = assert_tokens(refresh(mock, {"Authorization": "Bearer expired"}, **old))
    assert tokens["access_token"] != "a"
    assert refusal(refresh(mock, {}, **old)) == (401, "authentication_failed")


def test_refresh_needs_the_refresh_token_alone(mock):
    assert_tokens(refresh(mock, TOKEN | {"Client-Id": "a"}, refresh_token="b"))


def bearer(tokens):
    return {"Authorization": f"Bearer {tokens['access_token']}"}


def test_a_token_that_was_handed_out_expires_by_the_clock(mock):
    tokens = assert_tokens(login(mock, client_id="a", client_secret="b", sharing_key="c"))
    path = "/voice/v1/sessions/demo_session_created"
    mock.advance(tokens["expires_in"] - 1)
    assert mock.bare.get(path, headers=bearer(tokens)).status_code == 202
    mock.advance(1)
    assert refusal(mock.bare.get(path, headers=bearer(tokens))) == (401, "token_expired")
    again = assert_tokens(refresh(mock, bearer(tokens), refresh_token=tokens["refresh_token"]))
    assert mock.bare.get(path, headers=bearer(again)).status_code == 202
    mock.advance(tokens["refresh_expires_in"])
    refused = refresh(mock, TOKEN, refresh_token=tokens["refresh_token"])
    assert refusal(refused) == (401, "token_expired")


def test_tokens_of_others_do_not_expire(mock):
    tokens = login(mock, client_id="a", client_secret="b").json()
    mock.advance(10**6)
    path = "/voice/v1/sessions/demo_session_created"
    for token in ("any", "access_", "access_1.2.3", "access_é".encode().decode("latin-1")):
        assert (
            mock.bare.get(
                path, headers={"Authorization": f"Bearer {token}".encode("latin-1")}
            ).status_code
            == 202
        )
    changed = {"access_token": tokens["access_token"][:-1] + "!"}
    assert mock.bare.get(path, headers=bearer(changed)).status_code == 202


def test_with_an_allow_list_the_token_of_login_is_accepted(serve):
    mock = serve(token=("good", "better"))
    old = {"access_token": "a", "refresh_token": "b"}
    for tokens in [
        login(mock, client_id="a", client_secret="b").json(),
        refresh(mock, {"Authorization": "Bearer not-listed"}, **old).json(),
    ]:
        headers = {"Authorization": f"Bearer {tokens['access_token']}"}
        shown = mock.client.get("/sessions/demo_session_created", headers=headers)
        assert shown.status_code == 202


# Discovery


@pytest.fixture
def discovered(mock):
    response = mock.bare.get("/voice/v1/.well-known/medscribealliance")
    assert response.status_code == 200
    assert re.search(r"max-age=10800\b", response.headers["cache-control"])
    return response.json()


def test_discovery_is_public_and_names_protocol_and_address(mock, discovered):
    assert discovered["protocol"] == "medscribealliance"
    assert discovered["protocol_version"] == "0.1"
    assert "0.1" in discovered["supported_versions"]
    assert discovered["endpoints"]["base_url"] == f"{mock.url}/voice/v1"
    assert set(discovered["endpoints"]) == {"base_url", "webhooks_url", "templates_url"}
    assert discovered["authentication"]["supported_methods"]
    assert mock.client.get(discovered["service"]["documentation_url"]).status_code == 200


def test_every_audio_format_of_discovery_is_taken(discovered, session):
    chunked = session()
    formats = discovered["capabilities"]["audio_formats"]
    assert len(set(formats)) == 7
    for number, kind in enumerate(formats):
        assert chunked.upload(f"a_{number}.x", kind=kind).status_code == 200


def test_every_upload_method_and_model_and_language_of_discovery_is_taken(discovered, session):
    for upload_type in discovered["capabilities"]["upload_methods"]:
        session(upload_type)
    models = {model["id"]: model for model in discovered["models"]}
    assert models["lite"]["max_session_duration_seconds"] == 600
    assert models["pro"]["max_session_duration_seconds"] == 3600
    for name, model in models.items():
        session(model=name, language_hint=model["languages"])
    session(language_hint=discovered["languages"]["supported"])
    assert discovered["capabilities"]["max_chunk_duration_seconds"] == 20


def test_discovery_offers_nothing_that_is_not_there(discovered, client):
    capabilities = discovered["capabilities"]
    assert discovered["authentication"] == {"supported_methods": ["bearer"], "oidc": None}
    assert client.get(discovered["endpoints"]["templates_url"]).status_code == 200
    assert capabilities["webhook_delivery"] is True
    # Get session is how clients fetch results themselves.
    assert capabilities["client_sdk_delivery"] is True
