"""`python -m tests.pictures`: the README's pictures of the pages, made with Chromium."""

import shutil
import sys
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Literal

import httpx
from playwright.sync_api import Page, ViewportSize, expect, sync_playwright

from scribe_mock import MockServer, Settings
from scribe_mock.audio.media_types import OGG_OPUS
from scribe_mock.sample_audio import sample
from tests.audio.factory import RATE, decode, encode
from tests.support import PATIENCE

PICTURES = Path(__file__).parents[1] / "pictures"
SIZE: ViewportSize = {"width": 1180, "height": 760}


def session(page: Page, url: str) -> None:
    sound = decode(sample("consultation.ogg").read_bytes())
    body = {"upload_type": "chunked", "additional_data": {"_mock": {"follow_audio": True}}}
    with httpx.Client(headers={"Authorization": "Bearer any"}, timeout=PATIENCE) as client:
        created = client.post(f"{url}/voice/v1/sessions", json=body).json()["session_id"]
        for number, start in enumerate((0, 20, 47.5, 67.5, 79.5, 99.5, 119.5)):
            part = encode(sound[int(start * RATE) : int((start + 20) * RATE)], OGG_OPUS)
            address = f"{url}/voice/v1/sessions/{created}/audio/audio_{number}.ogg"
            client.post(address, content=part, headers={"Content-Type": OGG_OPUS})
    page.goto(f"{url}/_mock/ui/sessions/{created}")
    expect(page.locator("#plot .arrived + .wave").first).to_be_visible()
    page.get_by_role("heading", name="What was spoken").evaluate("h2 => h2.scrollIntoView()")


def requests(page: Page, url: str) -> None:
    uploads = f"{url}/voice/v1/sessions/demo_session_recording/audio"
    faults = [
        {"match": {"sequence": 2}, "action": {"answer": {"code": "service_unavailable"}}},
        {"match": {"sequence": 3}, "action": {"drop_answer": {}}},
    ]
    with httpx.Client(headers={"Authorization": "Bearer any"}) as client:
        for fault in faults:
            client.post(f"{url}/_mock/faults", json=fault).raise_for_status()
        for number in (1, 2, 2, 3, 3, 4):
            with suppress(httpx.RemoteProtocolError, httpx.ReadError):
                name, kind = f"audio_{number}.webm", {"Content-Type": "audio/webm;codecs=opus"}
                body = sample(name="webm").read_bytes() + bytes([number])
                client.post(f"{uploads}/{name}", content=body, headers=kind)
        client.get(f"{url}/voice/v1/sessions/demo_session_recording")
    page.goto(f"{url}/_mock/ui/requests")
    expect(page.locator("#rows tr")).to_have_count(7)


def errors(page: Page, url: str) -> None:
    page.goto(f"{url}/docs/errors#uploadAudio-413-chunk_too_large")
    case = page.locator("#uploadAudio-413-chunk_too_large")
    case.get_by_role("button", name="Run").click()
    expect(case.locator(".verdict")).to_contain_text("as promised")


SCENES: dict[str, tuple[Literal["light", "dark"], Callable[[Page, str], None]]] = {
    "session-light": ("light", session),
    "requests-light": ("light", requests),
    "errors-dark": ("dark", errors),
}


def main() -> int:
    """Make all pictures; returns the exit code."""
    chromium = shutil.which("chromium")
    if chromium is None:
        print("Chromium is needed; on Debian: apt-get install chromium", file=sys.stderr)
        return 1
    settings = Settings(port=8080, quiet=True)
    with MockServer(settings) as mock, sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium, args=["--no-sandbox"])
        for name, (scheme, scene) in SCENES.items():
            httpx.post(f"{mock.url}/_mock/reset").raise_for_status()
            page = browser.new_page(viewport=SIZE, color_scheme=scheme)
            scene(page, mock.url)
            page.screenshot(path=PICTURES / f"{name}.png")
            page.close()
        browser.close()
    return 0


if __name__ == "__main__":
    sys.exit(main())
