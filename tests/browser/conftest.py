"""A real browser: Debian's Chromium, whose microphone plays fixtures/audio/speech.wav."""

import os
import shutil
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest
from playwright.sync_api import Browser, expect, sync_playwright

from scribe_mock import MockServer, Settings
from tests.browser.visits import Visitor
from tests.support import PATIENCE

ROOT = Path(__file__).parents[2]
SPEECH = ROOT / "fixtures" / "audio" / "speech.wav"
FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    # The mock's own refusals are tested, not those that Chromium puts before them.
    "--disable-features=LocalNetworkAccessChecks",
    "--autoplay-policy=no-user-gesture-required",
    "--use-fake-device-for-media-stream",
    "--use-fake-ui-for-media-stream",
    f"--use-file-for-fake-audio-capture={SPEECH}",
]


# Five seconds, as Playwright has it, are too few where a page waits for decoders of low priority.
expect.set_options(timeout=PATIENCE * 1000)


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    # Not for the whole session: while Playwright runs, no other test in its thread can have a loop.
    path = shutil.which("chromium") or shutil.which("chromium-browser")
    if path is None:
        reason = "Chromium is not installed; on Debian: apt-get install chromium"
        if os.environ.get("CI") == "true":
            pytest.fail(reason)
        pytest.skip(reason)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=path, args=FLAGS, timeout=PATIENCE * 1000
        )
        yield browser
        browser.close()


@pytest.fixture(scope="module")
def server() -> Iterator[MockServer]:
    with MockServer(Settings(port=0, quiet=True, processing_seconds=0.5)) as server:
        yield server


@pytest.fixture
def mock(server: MockServer) -> MockServer:
    """A mock that is as good as new."""
    httpx.post(f"{server.url}/_mock/reset", verify=False).raise_for_status()
    return server


@pytest.fixture
def api(mock: MockServer) -> Iterator[httpx.Client]:
    """A client of the mock with the token `any`, from the server's root."""
    headers = {"Authorization": "Bearer any"}
    with httpx.Client(base_url=mock.url, headers=headers, timeout=PATIENCE, verify=False) as client:
        yield client


@pytest.fixture
def visitor(browser: Browser, mock: MockServer) -> Iterator[Visitor]:
    context = browser.new_context(viewport={"width": 1280, "height": 900})
    visitor = Visitor(context)
    yield visitor
    for page in context.pages:
        # A page may be asking once more: who answers in the server's place finds it closed.
        page.unroute_all(behavior="ignoreErrors")
    context.close()
    assert visitor.complaints == []
