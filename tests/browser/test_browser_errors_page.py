"""The errors' page: every run button makes its error happen, and so does every fetch sample."""

import re

import httpx
import pytest
from playwright.sync_api import expect

from scribe_mock import MockServer, Settings

PROCESSING_SECONDS = 60


@pytest.fixture
def mock():
    with MockServer(Settings(port=0, quiet=True, processing_seconds=PROCESSING_SECONDS)) as server:
        yield server


def end_processing_at_a_look(page, mock):
    """Let processing be over as soon as the page looks, and no sooner however slow it is."""

    def answer(route):
        if route.request.method == "GET":
            body = {"advance_seconds": PROCESSING_SECONDS}
            httpx.post(f"{mock.url}/_mock/clock", json=body).raise_for_status()
        route.continue_()

    page.route(re.compile(r"/voice/v1/sessions/\w+$"), answer)


def test_every_run_button_gets_what_is_promised(visitor, mock):
    page = visitor.open(f"{mock.url}/docs/errors")
    end_processing_at_a_look(page, mock)
    buttons = page.locator(".run > button").count()
    assert buttons > 40
    page.get_by_role("button", name="Run all").click()
    expect(page.locator("#run-result")).to_have_text(
        f"{buttons} of {buttons} errors as promised",
    )


def test_a_run_shows_the_exchange(visitor, mock):
    page = visitor.open(f"{mock.url}/docs/errors#uploadAudio-400-invalid_audio_format")
    case = page.locator("#uploadAudio-400-invalid_audio_format")
    expect(case).to_have_attribute("open", "")
    case.get_by_role("button", name="Run").click()
    expect(case.locator(".verdict")).to_have_text("400 invalid_audio_format, as promised")
    expect(case.locator(".exchange pre").last).to_contain_text("Content-Type: audio/flac")
    expect(case.locator(".exchange pre").last).to_contain_text('"provided_format": "audio/flac"')


def test_a_run_that_goes_wrong_says_so(visitor, mock):
    page = visitor.open(f"{mock.url}/docs/errors#endSession-400-session_ended")
    page.route("**/end", lambda route: route.fulfill(status=200, json={}))
    case = page.locator("#endSession-400-session_ended")
    case.get_by_role("button", name="Run").click()
    expect(case.locator(".verdict")).to_contain_text("Got 200 instead")


def test_the_fetch_samples_get_what_is_promised(visitor, mock):
    page = visitor.open(f"{mock.url}/docs/errors")
    end_processing_at_a_look(page, mock)
    cases = page.eval_on_selector_all(
        ".case:has([role=tabpanel])",
        "cases => cases.map((one) => "
        """[one.id, one.querySelector('[id$="-fetch"] code').textContent])""",
    )
    assert len(cases) > 40
    for anchor, sample in cases:
        _, status, code = anchor.split("-")
        assert mock.url in sample  # the page puts its own address into the samples
        run = sample.replace("console.log(", "return [").removesuffix(");") + "];"
        answer, body = page.evaluate(f"async () => {{ {run} }}")
        assert (answer, body["error"]["code"]) == (int(status), code)


def test_tabs_work_by_keyboard(visitor, mock):
    page = visitor.open(f"{mock.url}/docs/errors#getSession-404-template_not_found")
    case = page.locator("#getSession-404-template_not_found")
    case.get_by_role("tab", name="curl").focus()
    page.keyboard.press("ArrowRight")
    expect(case.get_by_role("tab", name="fetch")).to_be_focused()
    expect(case.get_by_role("tabpanel")).to_contain_text("await fetch(")
