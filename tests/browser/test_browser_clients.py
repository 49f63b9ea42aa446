"""The guide to clients: its search, and the row of this very browser."""

import pytest
from playwright.sync_api import expect

from scribe_mock import MockServer, Settings
from scribe_mock.spec import shipped
from scribe_mock.web.docs.export import export


@pytest.fixture(scope="module")
def mock():
    with MockServer(Settings(port=0, quiet=True)) as server:
        yield server


def test_the_search_leaves_the_rows_with_all_its_words(visitor, mock):
    page = visitor.open(f"{mock.url}/docs/clients")
    rows = page.locator(".clients tbody tr:visible")
    before = rows.count()
    page.get_by_role("searchbox").focus()
    page.keyboard.type("curl  MULTIPART")
    expect(page.locator("#found")).to_contain_text(f"of {before} rows")
    assert 0 < rows.count() < before
    for text in rows.all_inner_texts():
        assert "curl" in text.lower()
        assert "multipart" in text.lower()
    page.get_by_role("searchbox").fill("no such client")
    expect(page.locator("#found")).to_have_text(f"0 of {before} rows")


def test_the_browser_shows_what_it_really_sends(visitor, mock):
    page = visitor.open(f"{mock.url}/docs/clients")
    page.get_by_role("button", name="Try this browser").click()
    expect(page.locator("#tried")).to_contain_text("bodies sent in session")
    rows = [row.locator("th, td").all_inner_texts() for row in page.locator("#own tbody tr").all()]
    seen = {(name, blob): (sent, answer) for name, blob, sent, answer in rows}
    assert seen["new Blob([file]), .webm", "none"] == ("none", "200")
    assert seen["File, .wav", "audio/wav"] == ("audio/wav", "200")
    assert seen["File, .webm", "audio/webm;codecs=opus"] == ("audio/webm;codecs=opus", "200")
    sent, answer = seen["File, .mp3", "audio/mpeg"]
    assert sent == "audio/mpeg"
    assert answer.startswith("400 invalid_audio_format")
    assert "audio/mp3" in answer
    assert seen["FormData, .webm", "no blob"][0].startswith("multipart/form-data; boundary=")


def test_files_have_the_search_and_no_button(browser, tmp_path):
    export(shipped("openapi.yaml"), shipped("control.yaml"), tmp_path)
    with browser.new_context() as context:
        page = context.new_page()
        page.goto((tmp_path / "clients.html").as_uri())
        expect(page.get_by_text("These pages are files.")).to_be_visible()
        assert page.get_by_role("button", name="Try").count() == 0
        page.get_by_role("searchbox").fill("wget")
        expect(page.locator("#found")).to_contain_text("rows")
