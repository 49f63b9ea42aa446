"""Every page: no console error, no request elsewhere, nothing serious for axe-core, no overflow."""

import pytest
from playwright.sync_api import expect

from scribe_mock import MockServer, Settings
from tests.browser.visits import Visitor, serious_findings

PAGES = {
    "/": "Three lines to try",
    "/docs": "Upload audio",
    "/docs/control": "Sessions in order of creation",
    "/docs/errors": "chunk_too_large",
    "/docs/guides": "Recording in the browser",
    "/docs/flow": "The states of a session",
    "/docs/recording": "recordChunks",
    "/docs/clients": "curl --data-binary",
    "/docs/retries": "Retry-After",
    "/docs/limits": "10 MB",
    "/docs/polling": "scenario",
    "/docs/streaming": "WebSocket",
    "/docs/make-it-fail": "drop_answer",
    "/docs/side-by-side": "scribe_mock",
    "/docs/arrived": "reply_to",
    "/_mock/ui": "demo_session_recording",
    "/_mock/ui/sessions/demo_session_partial": "1.webm",
    "/_mock/ui/sessions/no_such_session_here": "There is no such session",
    "/_mock/ui/requests": "Nothing arrived yet.",
    "/_mock/ui/requests/no_such_request": "The journal has no such request.",
    "/_mock/ui/faults": "No fault is set",
    "/_mock/ui/webhooks": "Nothing was delivered yet.",
    "/_mock/ui/examine": "answer-lost",
    "/_mock/ui/record": "Ready.",
}
SCHEMES = {"light": (1280, 900), "dark": (390, 844)}
#: The same templates and scripts as other pages, so one scheme will do.
ALIKE = {
    "/docs/control",
    "/docs/retries",
    "/docs/limits",
    "/docs/polling",
    "/docs/streaming",
    "/docs/side-by-side",
    "/docs/arrived",
}
VISITS = [
    (path, scheme) for path in PAGES for scheme in SCHEMES if scheme == "dark" or path not in ALIKE
]


@pytest.fixture(scope="module")
def visits(browser, request):
    """One context for each colour scheme, for all pages."""
    contexts = {
        scheme: browser.new_context(
            color_scheme=scheme, viewport={"width": width, "height": height}
        )
        for scheme, (width, height) in SCHEMES.items()
    }
    yield contexts
    for context in contexts.values():
        context.close()


@pytest.fixture(scope="module")
def served():
    with MockServer(Settings(port=0, quiet=True)) as server:
        yield server


@pytest.mark.parametrize(("path", "scheme"), VISITS)
def test_a_page_is_sound(visits, served, path, scheme):
    visitor = Visitor(visits[scheme])
    page = visitor.open(served.url + path)
    expect(page.get_by_text(PAGES[path]).locator("visible=true").first).to_be_visible()
    assert serious_findings(page) == []
    assert page.evaluate("document.documentElement.scrollWidth") <= SCHEMES[scheme][0]
    assert visitor.complaints == []
    page.close()


def test_the_reference_shows_binary_bodies_samples_and_grades(visitor, mock):
    page = visitor.open(f"{mock.url}/docs")
    upload = page.locator("#operations-Audio-uploadAudio")
    expect(upload.locator(".badge").first).to_have_text("documented")
    expect(page.locator("#operations-Sessions-createSession .badge")).to_have_text("protocol")
    upload.get_by_role("button").first.click()
    expect(upload.locator(".samples pre")).to_contain_text("--data-binary @audio_0.webm")
    upload.get_by_role("button", name="fetch", exact=True).click()
    expect(upload.locator(".samples pre")).to_contain_text("await fetch(")
    upload.get_by_role("button", name="Python", exact=True).click()
    expect(upload.locator(".samples pre")).to_contain_text("httpx.post(")
    upload.get_by_role("button", name="Documented answers").click()
    expect(upload.locator(".opblock-body .badge", has_text="inferred").first).to_be_visible()
