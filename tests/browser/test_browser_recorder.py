"""The recorder with a microphone that plays speech, and the session's page afterwards."""

import re

import httpx
import pytest
from playwright.sync_api import expect

from tests.support import PATIENCE


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
