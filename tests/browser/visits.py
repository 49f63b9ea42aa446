"""Visits to pages, which notice what goes wrong on them."""

from pathlib import Path

from playwright.sync_api import BrowserContext, Page

from tests.support import PATIENCE

AXE = (Path(__file__).parent / "axe" / "axe.min.js").read_text("utf-8")


class Visitor:
    """Pages that are watched: `complaints` has console errors and requests to other hosts.

    Errors with the text of `forgiven` are none.
    """

    def __init__(self, context: BrowserContext) -> None:
        self.context = context
        context.set_default_timeout(PATIENCE * 1000)
        self.complaints: list[str] = []
        self.forgiven: str | None = None

    def open(self, url: str, *allowed: str) -> Page:
        """A page; `allowed` are hosts beside its own that it may ask."""
        page = self.context.new_page()
        own = ("file:", "data:", "blob:", "/".join(url.split("/")[:3]), *allowed)
        page.on("console", lambda message: self._hear(message.type, message.text))
        page.on("pageerror", lambda error: self.complaints.append(str(error)))
        page.on("request", lambda request: self._see(request.url, own))
        page.goto(url)
        return page

    def _hear(self, kind: str, text: str) -> None:
        # An answer of 4xx to a fetch is no fault of the page, but Chromium reports it as an error.
        refused = text.startswith("Failed to load resource: the server responded")
        forgiven = self.forgiven is not None and self.forgiven in text
        if kind == "error" and not refused and not forgiven:
            self.complaints.append(text)

    def _see(self, url: str, own: tuple[str, ...]) -> None:
        if not url.startswith(own):
            self.complaints.append(f"request to {url}")


def serious_findings(page: Page) -> list[str]:
    """What axe-core finds on a page that keeps people from using it."""
    page.evaluate(AXE)
    found = page.evaluate("axe.run({resultTypes: ['violations'], preload: false})")
    return [
        f"{violation['id']}: {node['html'][:160]}"
        for violation in found["violations"]
        if violation["impact"] in ("serious", "critical")
        for node in violation["nodes"]
    ]
