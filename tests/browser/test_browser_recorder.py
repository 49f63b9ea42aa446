"""The recorder with a microphone that plays speech, and the session's page afterwards."""

import re

import httpx
import pytest
from playwright.sync_api import expect

from scribe_mock.audio.media_types import audio_type
from tests.support import AUDIO, PATIENCE


@pytest.mark.parametrize(
    ("method", "stored"), [("chunked", ["0.webm", "1.webm"]), ("single", ["0.webm"])]
)
def test_a_recording_arrives_and_can_be_heard(visitor, mock, method, stored):
    page = visitor.open(f"{mock.url}/_mock/ui/record")
    page.get_by_label("Method").select_option(method)
    page.get_by_label("Seconds per chunk").fill("1")
    page.get_by_role("button", name="Record").click()
    if method == "chunked":
        # What is recorded last may be too short to have any sound in it.
        expect(page.locator("#uploads li span").nth(1)).to_contain_text("stored")
    else:
        expect(page.locator("#meter")).not_to_have_js_property("value", 0)
    page.get_by_role("button", name="Stop and send").click()
    expect(page.locator("#state")).to_have_text("completed")
    expect(page.locator("#transcript")).not_to_be_empty()
    expect(page.locator("#uploads li span")).to_contain_text(["stored"] * len(stored))

    page.get_by_role("link", name="Hear it in the inspector").click()
    chunks = page.locator("#chunks > li")
    session_id = page.locator("h1").inner_text()
    kept = httpx.get(f"{mock.url}/_mock/sessions/{session_id}", timeout=PATIENCE).json()
    names = [chunk["name"] for chunk in kept["chunks"]]
    assert names[: len(stored)] == stored
    for name in names:  # each is a whole file: it has the header of WebM
        data = httpx.get(f"{mock.url}/_mock/sessions/{session_id}/chunks/{name}", timeout=PATIENCE)
        assert data.content.startswith(b"\x1a\x45\xdf\xa3")
    expect(chunks).to_have_count(len(names))
    assert_plays(page, chunks.first)
    expect(page.locator("#status-line")).to_contain_text("200")
    expect(page.locator("#result")).to_contain_text('"transcript"')


#: What recorders and file pickers of browsers call a type, with the file's name, and what is sent.
SPELLED = {
    ("audio/webm;codecs=opus", ""): ("audio/webm;codecs=opus", "webm"),
    ("audio/webm; codecs=opus", ""): ("audio/webm;codecs=opus", "webm"),
    ("video/webm", "a.webm"): ("audio/webm;codecs=opus", "webm"),
    ("audio/ogg; codecs=opus", ""): ("audio/ogg", "ogg"),
    ("application/ogg", "a.ogg"): ("audio/ogg", "ogg"),
    ("audio/ogg", "a.opus"): ("audio/ogg", "ogg"),
    ("audio/mp4;codecs=opus", ""): ("audio/mp4", "mp4"),
    ("audio/mp4; codecs=mp4a.40.2", ""): ("audio/mp4", "mp4"),
    ("audio/mp4", "a.m4a"): ("audio/mp4", "mp4"),
    ("video/mp4", "a.mp4"): ("audio/mp4", "mp4"),
    ("audio/x-m4a", "a.m4a"): ("audio/m4a", "m4a"),
    ("audio/mpeg", "a.mp3"): ("audio/mp3", "mp3"),
    ("audio/x-wav", "a.wav"): ("audio/wav", "wav"),
    ("audio/wav", "a.wav"): ("audio/wav", "wav"),
    ("", "a.WEBA"): ("", "webm"),
    ("", "a.mp3"): ("", "mp3"),
    ("", "recording"): ("", ""),
    ("audio/flac", "a.flac"): ("", "flac"),
}


def test_types_are_spelled_as_the_api_does(visitor, mock):
    page = visitor.open(f"{mock.url}/_mock/ui/record")
    source = page.get_by_role("link", name="recording.js").get_attribute("href")
    script = "async ([source, type, name]) => (await import(source)).spelled(type, name)"
    for (type_, name), (sent, extension) in SPELLED.items():
        found = page.evaluate(script, [source, type_, name])
        assert found == {"type": sent, "extension": extension}
        assert not sent or audio_type(sent, "x") == sent


@pytest.mark.parametrize(
    ("file", "stored", "sent"),
    [
        ("speech.mp3", "0.mp3", "audio/mp3"),
        ("speech.webm", "0.webm", "audio/webm;codecs=opus"),
        ("speech.m4a", "0.m4a", "audio/m4a"),
        ("speech.ogg", "0.ogg", "audio/ogg"),
        ("speech.wav", "0.wav", "audio/wav"),
    ],
)
def test_a_picked_file_arrives_with_a_type_that_is_accepted(visitor, mock, file, stored, sent):
    page = visitor.open(f"{mock.url}/_mock/ui/record")
    page.get_by_label("Or send a whole file").set_input_files(AUDIO / file)
    expect(page.locator("#state")).to_have_text("completed")
    expect(page.locator("#session")).to_contain_text(f'"{stored}"')
    entries = httpx.get(f"{mock.url}/_mock/requests", timeout=PATIENCE).json()["requests"]
    uploads = [entry for entry in entries if entry["operation"] == "uploadAudio"]
    assert uploads[-1]["content_type"] == sent


def test_a_picked_file_of_another_kind_is_refused_with_its_reason(visitor, mock, tmp_path):
    (tmp_path / "notes.txt").write_text("Dry cough")
    page = visitor.open(f"{mock.url}/_mock/ui/record")
    visitor.forgiven = "400"
    page.get_by_label("Or send a whole file").set_input_files(tmp_path / "notes.txt")
    expect(page.locator("#uploads li span")).to_contain_text("not stored: invalid_audio_format")


def test_a_transcript_with_markup_is_text(visitor, mock):
    markup = "<img src=x onerror=alert(1)>"

    def answer(route):
        session = route.fetch().json()
        route.fulfill(json=session | {"transcript": markup, "status": "completed"})

    page = visitor.open(f"{mock.url}/_mock/ui/record")
    page.on("dialog", lambda dialog: visitor.complaints.append(dialog.message))
    page.route(re.compile("/sessions/ses_[0-9a-f]+$"), answer)
    page.get_by_label("Method").select_option("single")
    page.get_by_role("button", name="Record").click()
    page.get_by_role("button", name="Stop and send").click()
    expect(page.locator("#transcript")).to_have_text(markup)
    expect(page.locator("#session")).to_contain_text(markup)
    assert page.locator("#outcome img").count() == 0


def test_a_server_that_is_not_there_is_told(visitor, mock):
    page = visitor.open(f"{mock.url}/_mock/ui/record", "http://127.0.0.1:9")
    visitor.forgiven = "ERR_"  # the browser's own word for it, which comes when it likes
    page.get_by_label("Base URL").fill("http://127.0.0.1:9/voice/v1")
    page.get_by_role("button", name="Record").click()
    expect(page.get_by_role("status")).to_contain_text("The server can't be reached. Trying again")


def assert_plays(page, chunk):
    chunk.get_by_role("button", name=re.compile("Play")).click()
    expect(chunk.locator(".waveform")).to_have_attribute("data-played", "yes")
    expect(chunk.locator(".player .mono")).not_to_have_text(re.compile(r"^0\.0 "))
