"""Upload audio: the table of checks and its order, limits, early answers, and what is stored."""

import hashlib
import re
from itertools import combinations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.support import AUDIO, LIMIT, TOKEN, WEBM, noise, refusal

#: The rows of the contract's table in their order: what makes a request break the row, and the
#: answer. Rows with one code differ by what their message says.
ROWS: list[tuple[dict, int, str, str]] = [
    ({"token": None}, 401, "authentication_failed", ""),
    ({"state": None, "upload_type": "chunked"}, 404, "session_not_found", ""),
    ({"state": "expired"}, 410, "session_expired", ""),
    ({"state": "processing"}, 400, "session_ended", ""),
    ({"state": "completed"}, 400, "session_completed", ""),
    ({"state": "partial"}, 400, "session_completed", ""),
    ({"state": "failed"}, 400, "session_completed", ""),
    ({"upload_type": "stream"}, 400, "invalid_request", "stream"),
    ({"kind": "audio/flac"}, 400, "invalid_audio_format", "audio/flac"),
    ({"name": "a" * 249 + "_0.webm"}, 400, "invalid_request", "name"),
    ({"name": "0.webm", "upload_type": "chunked"}, 400, "invalid_request", "name"),
    ({"body": bytes(LIMIT + 1)}, 413, "chunk_too_large", ""),
    ({"body": b""}, 400, "invalid_request", "empty"),
    ({"body": b"no recording", "upload_type": "single"}, 400, "invalid_audio_format", ""),
]
GOOD = {"state": "recording", "upload_type": "chunked", "kind": WEBM, "name": "audio_0.webm"}
#: What the mock does not look into yet: whether a recording can be decoded.
NOT_CHECKED = ROWS[-1]

#: Pairs of rows that one request can break at the same time.
PAIRS = [(a, b) for a, b in combinations(ROWS, 2) if not a[0].keys() & b[0].keys()]


def label(row):
    """A short name of a row, for pytest to show."""
    return "+".join(
        f"{len(value)} bytes" if key == "body" else f"{key}={value}"[:16]
        for key, value in row[0].items()
    )


def head_of(mock, size, *faults):
    """Target and header fields of an upload that has these faults."""
    wanted = dict(GOOD)
    for changes, *_ in faults:
        wanted |= changes
    session_id = "a_session_that_is_not_there"
    if wanted["state"] is not None:
        session_id = mock.put(wanted["state"], wanted["upload_type"]).id
    fields = {"Content-Type": wanted["kind"], "Content-Length": size} | TOKEN
    if "token" in wanted:
        del fields["Authorization"]
    return f"/voice/v1/sessions/{session_id}/audio/{wanted['name']}", fields


def send_with(mock, *faults):
    """The answer to an upload that has these faults."""
    body = next((row[0]["body"] for row in faults if "body" in row[0]), b"audio")
    target, fields = head_of(mock, len(body), *faults)
    with mock.wire() as wire:
        wire.request("POST", target, fields, body)
        return wire.response()


def assert_answers(response, row):
    _, status, code, says = row
    assert refusal(response) == (status, code)
    assert says in response.json()["error"]["message"]


@pytest.mark.parametrize("row", [row for row in ROWS if row is not NOT_CHECKED], ids=label)
def test_each_row_has_its_answer(mock, row):
    assert_answers(send_with(mock, row), row)


@pytest.mark.parametrize(("first", "second"), PAIRS, ids=label)
def test_the_earlier_row_answers(mock, first, second):
    assert_answers(send_with(mock, first, second), first)


def test_unsupported_audio_says_what_is_provided_and_what_is_supported(session):
    details = session().upload(kind="audio/flac").json()["error"]["details"]
    assert details["provided_format"] == "audio/flac"
    assert details["supported_formats"] == [
        "audio/webm;codecs=opus",
        "audio/wav",
        "audio/ogg",
        "audio/ogg;codecs=opus",
        "audio/mp4",
        "audio/m4a",
        "audio/mp3",
    ]


def test_success_names_session_and_file(session):
    chunked = session()
    response = chunked.upload("visit_7.mp3", kind="audio/mp3")
    assert response.status_code == 200
    assert response.json() == {
        "session_id": chunked.id,
        "success": True,
        "original_filename": "visit_7.mp3",
    }


# Early answers


#: Rows that need no byte of the body.
EARLY = [row for row in ROWS if row[1] == 413 or "body" not in row[0]]
early = pytest.mark.parametrize("row", EARLY, ids=label)


@early
def test_answers_while_the_body_is_withheld(mock, row):
    target, fields = head_of(mock, LIMIT + 1 if row[1] == 413 else 1000, row)
    with mock.wire() as wire:
        wire.request("POST", target, fields)
        assert_answers(wire.response(), row)


@early
def test_no_100_continue_precedes_an_early_answer(mock, row):
    target, fields = head_of(mock, LIMIT + 1 if row[1] == 413 else 1000, row)
    with mock.wire() as wire:
        wire.request("POST", target, fields | {"Expect": "100-continue"})
        assert_answers(wire.response(), row)


def test_no_100_continue_precedes_the_answer_to_no_bytes(mock, session):
    target = f"/voice/v1{session().path}/audio/audio_0.webm"
    with mock.wire() as wire:
        wire.request("POST", target, TOKEN | {"Content-Length": 0, "Expect": "100-continue"})
        assert refusal(wire.response()) == (400, "invalid_request")


def test_a_good_upload_is_told_to_continue(session):
    chunked = session()
    with chunked.begin_upload("audio_0.webm", size=5) as wire:
        wire.send(b"audio")
        assert wire.response().status_code == 200
    assert chunked.names() == ["0.webm"]


def stream(size):
    """A body of a chunked transfer, told by nothing but its end."""
    part = bytes(65_536)
    yield from (part for _ in range(size // len(part)))
    yield bytes(size % len(part))


@pytest.mark.parametrize("row", [EARLY[0], EARLY[-1]], ids=label)
def test_an_early_answer_can_be_read_by_a_client_that_keeps_sending(mock, row):
    target, fields = head_of(mock, 12_000_000, row)
    with mock.wire() as wire:
        wire.request("POST", target, fields, body=bytes(12_000_000))
        response = wire.response()
        assert_answers(response, row)
        assert response.headers["connection"] == "close"
        assert wire.closed()


def test_a_chunked_transfer_over_the_limit_can_be_read_by_a_client_that_keeps_sending(mock):
    target, fields = head_of(mock, 0)
    del fields["Content-Length"]
    with mock.wire() as wire:
        wire.request("POST", target, fields | {"Transfer-Encoding": "chunked"})
        for _ in range(12):
            wire.send(b"100000\r\n" + bytes(0x100000) + b"\r\n")
        wire.send(b"0\r\n\r\n")
        assert refusal(wire.response()) == (413, "chunk_too_large")
        assert wire.closed()


def test_an_unfinished_chunked_transfer_is_cut_at_the_limit(mock):
    target, fields = head_of(mock, 0)
    del fields["Content-Length"]
    with mock.wire() as wire:
        wire.request("POST", target, fields | {"Transfer-Encoding": "chunked"})
        wire.send(b"%x\r\n" % (LIMIT + 10) + bytes(LIMIT + 1))
        assert refusal(wire.response()) == (413, "chunk_too_large")


# Limits


@pytest.mark.parametrize("upload_type", ["chunked", "single"])
def test_10_mib_are_accepted(session, upload_type):
    if upload_type == "chunked":
        chunked = session()
        body = noise(LIMIT)
        assert chunked.upload(content=body).status_code == 200
        assert chunked.chunk("0.webm").content == body
    else:
        # A RIFF header, so that it is a recording: 16-bit silence.
        header = (AUDIO / "silence.wav").read_bytes()[:44]
        sizes = (LIMIT - 8).to_bytes(4, "little"), (LIMIT - 44).to_bytes(4, "little")
        body = header[:4] + sizes[0] + header[8:40] + sizes[1] + bytes(LIMIT - 44)
        assert session("single").upload("x.wav", body, "audio/wav").status_code == 200


def test_10_mib_are_accepted_in_a_chunked_transfer(session):
    chunked = session()
    assert chunked.upload(content=stream(LIMIT)).status_code == 200
    assert chunked.inspect()["chunks"][0]["size"] == LIMIT


@pytest.mark.parametrize("upload_type", ["chunked", "single"])
def test_one_byte_more_is_refused_in_a_chunked_transfer(session, upload_type):
    refused = session(upload_type)
    assert refusal(refused.upload(content=stream(LIMIT + 1))) == (413, "chunk_too_large")
    assert refused.names() == []


@pytest.mark.parametrize("upload_type", ["chunked", "single"])
def test_an_empty_chunked_transfer_is_an_empty_body(session, upload_type):
    assert refusal(session(upload_type).upload(content=iter(()))) == (400, "invalid_request")


def test_a_refused_upload_leaves_the_session_as_it_was(session):
    chunked = session()
    chunked.upload(content=b"")
    chunked.upload(kind="audio/flac")
    chunked.upload("nonsense")
    assert chunked.get().json()["status"] == "created"


@pytest.mark.parametrize("told_by", [{"Content-Length": 1000}, {"Transfer-Encoding": "chunked"}])
def test_a_connection_cut_in_mid_body_stores_nothing(session, told_by):
    chunked = session()
    with chunked.begin_upload(**told_by) as wire:
        wire.send(b"100\r\n" + bytes(256))
    for _ in range(20):  # the server hears of the end long before it has answered these
        assert chunked.get().json()["status"] == "created"


# File names


def names_of(session_path, mock, target_name):
    """The answer to a name that an HTTP client would not send as it is."""
    with mock.wire() as wire:
        fields = TOKEN | {"Content-Type": WEBM, "Content-Length": 5}
        wire.request("POST", f"/voice/v1{session_path}/audio/{target_name}", fields, b"audio")
        return wire.response()


@pytest.mark.parametrize(
    "name",
    [
        "..%2f..%2fx_0.webm",
        "..%2F..%2Fx_0.webm",
        "../x_0.webm",
        "a/b_0.webm",
        "%00_0.webm",
        "a%00_0.webm",
        "a_0.webm%00",
        "a" * 4000 + "_0.webm",
        "%F0%9F%8E%A4_0.webm",
        "%22_0.webm",
        "'_0.webm",
        "%ff_0.webm",
        "%zz_0.webm",
        "a_0.webm%",
        "audio_0.webm%0A",
        "audio_0.webm%0D%0A",
        "audio_%D9%A5.webm",
        "audio_0.we%62m%20",
        "%252e%252e_0.webm",
        "audio_0.webm;x=y",
        "audio_0.webm%3F",
        "",
    ],
)
def test_hostile_names_are_refused_in_chunked_sessions_and_store_nothing(mock, session, name):
    chunked = session()
    status, code = refusal(names_of(chunked.path, mock, name))
    assert (status, code) in [(400, "invalid_request"), (404, "not_found")]
    assert chunked.inspect()["chunks"] == []
    assert mock.control("GET", "/health")["sessions"] == 9  # the fixtures' eight, and this one


@pytest.mark.parametrize("name", ["%F0%9F%8E%A4.webm", "%22.webm", "..webm", "a%00b", "%0A", "%25"])
def test_single_recordings_may_have_any_name_and_it_is_never_a_path(mock, session, name):
    single = session("single")
    recording = (AUDIO / "speech.webm").read_bytes()
    with mock.wire() as wire:
        fields = TOKEN | {"Content-Type": WEBM, "Content-Length": len(recording)}
        wire.request("POST", f"/voice/v1{single.path}/audio/{name}", fields, recording)
        response = wire.response()
    assert response.status_code == 200
    decoded = {"%F0%9F%8E%A4.webm": "🎤.webm", "a%00b": "a\0b", "%0A": "\n", "%25": "%"}
    assert response.json()["original_filename"] == decoded.get(name, name.replace("%22", '"'))
    assert single.names()[0] == "0.webm"


def test_a_name_has_at_most_255_characters_decoded(session):
    assert session().upload("a" * 248 + "_0.webm").status_code == 200
    assert refusal(session().upload("a" * 249 + "_0.webm")) == (400, "invalid_request")
    recording = (AUDIO / "speech.webm").read_bytes()
    assert session("single").upload("%F0%9F%8E%A4" * 255, recording).status_code == 200
    assert refusal(session("single").upload("a" * 256, recording)) == (400, "invalid_request")


@pytest.mark.parametrize(
    ("name", "stored"),
    [
        ("audio_0.webm", "0.webm"),
        ("visit_7.mp3", "7.mp3"),
        ("visit_007.mp3", "7.mp3"),
        ("AUDIO_3.WEBM", "3.webm"),
        ("a_b_2.webm", "2.webm"),
        ("a.b-c_2.wav", "2.wav"),
        ("__2.wav", "2.wav"),
        ("1_2_3.ogg", "3.ogg"),
        ("audio_999999999.m4a", "999999999.m4a"),
        ("audio_000000000.m4a", "0.m4a"),
        ("audio_1.anything9", "1.anything9"),
        ("%61udio_4.webm", "4.webm"),
    ],
)
def test_a_chunk_is_stored_by_its_sequence(session, name, stored):
    chunked = session()
    assert chunked.upload(name).status_code == 200
    assert chunked.names() == [stored]


@pytest.mark.parametrize(
    "name",
    [
        "audio_0",
        "audio.webm",
        "audio_.webm",
        "_0.webm",
        "0.webm",
        "audio0.webm",
        "audio_0.",
        "audio_-1.webm",
        "audio_+1.webm",
        "audio_1.5.webm",
        "audio_0.tar.gz",
        "audio_1000000000.webm",
        "audio_0x1.webm",
        "audio_0.we-bm",
        "audio_0.we_bm",
        "au+dio_0.webm",
        "au dio_0.webm",
        "audio_0.webm ",
        "_.webm",
    ],
)
def test_a_chunk_of_another_form_is_refused(session, name):
    chunked = session()
    assert refusal(chunked.upload(name)) == (400, "invalid_request")
    assert chunked.names() == []


CHUNK_NAME = re.compile(r"[A-Za-z0-9_.-]+_[0-9]{1,9}\.[A-Za-z0-9]+")
LETTERS = st.text("aZ09", min_size=1, max_size=5)


@given(st.text("aZ09_.-", min_size=1, max_size=9), st.text("019", min_size=1, max_size=9), LETTERS)
def test_any_name_of_the_form_is_stored_by_sequence_and_extension(session, base, number, extension):
    chunked = session()
    chunked.store(f"{base}_{number}.{extension}")
    assert chunked.names() == [f"{int(number)}.{extension.lower()}"]


@given(st.text(st.sampled_from("aZ09_-. ~!'()*é٣\u2028"), min_size=1, max_size=12))
def test_a_name_is_taken_exactly_when_it_has_the_form(session, name):
    taken = CHUNK_NAME.fullmatch(name) is not None and name.isascii()
    if name in (".", ".."):  # an HTTP client resolves these before it sends them
        return
    response = session().upload(name)
    assert response.status_code == (200 if taken else 400), response.text


# Storing


def test_chunks_are_listed_by_number_however_they_arrive(session):
    chunked = session()
    chunked.store("a_10.webm", "a_2.webm", "b_0.webm", "a_33.webm", "c_1.webm")
    expected = ["0.webm", "1.webm", "2.webm", "10.webm", "33.webm"]
    assert chunked.names() == expected
    assert [chunk["name"] for chunk in chunked.inspect()["chunks"]] == expected
    assert chunked.end().json()["audio_files"] == expected


def test_a_sequence_number_that_comes_again_replaces_the_chunk(session):
    chunked = session()
    chunked.store("a_0.webm", "a_1.webm", content=b"first")
    chunked.store("b_1.mp3", content=b"second, and longer")
    assert chunked.names() == ["0.webm", "1.mp3"]
    assert chunked.chunk("1.mp3").content == b"second, and longer"
    assert chunked.chunk("1.webm").status_code == 404
    assert chunked.get().json()["audio_files_received"] == 2


def test_the_bytes_stored_are_the_bytes_sent(session):
    chunked = session()
    body = noise(3_000_001)
    parts = (body[at : at + 70_001] for at in range(0, len(body), 70_001))
    chunked.store("a_0.webm", content=body)
    chunked.store("a_1.webm", content=parts)
    assert chunked.chunk("0.webm").content == body
    assert chunked.chunk("1.webm").content == body
    described = chunked.inspect()["chunks"][1]
    assert described["size"] == len(body)
    assert described["sha256"] == hashlib.sha256(body).hexdigest()


MEASURED = (
    *("container", "codec", "rate", "channels"),
    *("duration_s", "loudness_dbfs", "peak_dbfs", "speech_share"),
)


def test_a_chunk_is_described_by_what_was_sent(mock, session):
    chunked = session()
    chunked.upload("visit_4.MP3", b"12345", 'Audio/WebM ; CODECS="opus"')
    (chunk,) = chunked.inspect()["chunks"]
    found = [finding["code"] for finding in chunk.pop("diagnostics")]
    assert found == ["declared_type_differs", "gap"]
    assert [chunk] == [
        {
            "name": "4.mp3",
            "sequence": 4,
            "original_filename": "visit_4.MP3",
            "content_type": "audio/webm;codecs=opus",
            "size": 5,
            "sha256": hashlib.sha256(b"12345").hexdigest(),
            "received_at": mock.control("GET", "/clock")["now"],
            "duration_s": None,
            "start_s": None,
            "end_s": None,
            "replaced": 0,
            "speech": None,
            "audio": dict.fromkeys(MEASURED) | {"speech_regions": []},
        }
    ]
    assert chunked.chunk("4.mp3").headers["content-type"] == "audio/webm;codecs=opus"


def test_one_connection_takes_one_upload_after_another(mock, session):
    chunked = session()
    with mock.wire() as wire:
        for number in range(5):
            fields = TOKEN | {"Content-Length": 3}
            target = f"/voice/v1{chunked.path}/audio/a_{number}.webm"
            wire.request("POST", target, fields, b"%03d" % number)
            assert wire.response().status_code == 200
    assert [chunked.chunk(f"{n}.webm").content for n in range(5)] == [b"%03d" % n for n in range(5)]


# Single recordings

RECORDINGS = {
    "speech.webm": "audio/webm;codecs=opus",
    "speech.wav": "audio/wav",
    "speech.ogg": "audio/ogg;codecs=opus",
    "speech-vorbis.ogg": "audio/ogg",
    "speech.mp4": "audio/mp4",
    "speech.m4a": "audio/m4a",
    "speech.mp3": "audio/mp3",
    "silence.wav": "audio/wav",
}


def assert_numbered(names, extension):
    assert names
    assert names == [f"{number}.{extension}" for number in range(len(names))]


@pytest.mark.parametrize("name", RECORDINGS)
def test_a_recording_is_stored_under_consecutive_numbers(session, name):
    single = session("single")
    recording = (AUDIO / name).read_bytes()
    assert single.upload(name, recording, RECORDINGS[name]).status_code == 200
    assert_numbered(single.names(), name.rpartition(".")[2])


def test_another_recording_continues_the_numbers(session):
    single = session("single")
    recording = (AUDIO / "speech.webm").read_bytes()
    single.store("first.webm", content=recording)
    before = single.names()
    single.store("second.webm", content=recording)
    assert_numbered(single.names(), "webm")
    assert len(single.names()) == 2 * len(before)


def test_the_same_name_again_replaces_that_recording(session):
    single = session("single")
    long, short = ((AUDIO / name).read_bytes() for name in ("speech.webm", "tiny.webm"))
    single.store("first.webm", "second.webm", content=long)
    names, chunks = single.names(), single.inspect()["chunks"]
    single.store("first.webm", content=long)
    assert single.names() == names
    assert [chunk["sha256"] for chunk in single.inspect()["chunks"]] == [
        chunk["sha256"] for chunk in chunks
    ]
    single.store("second.webm", content=short)
    assert single.names() == names[: len(names) // 2 + 1]
    ended = single.end().json()
    assert ended["audio_files_received"] == 2


def test_a_recordings_extension_is_that_of_its_type_not_of_its_name(session):
    single = session("single")
    recording = (AUDIO / "speech.mp4").read_bytes()
    assert single.upload("visit.webm", recording, "audio/mp4").status_code == 200
    assert_numbered(single.names(), "mp4")


def test_uploads_of_recordings_are_what_audio_files_sent_counts(session):
    single = session("single")
    recording = (AUDIO / "speech.webm").read_bytes()
    single.store("a.webm", "b.webm", "a.webm", content=recording)
    assert single.get().json()["audio_files_received"] == 2
    assert single.process_to_the_end(sent=2).json()["status"] == "completed"
