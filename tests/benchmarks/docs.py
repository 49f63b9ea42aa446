"""`python -m tests.benchmarks.docs`: how long the reference takes to load, and how large it is.

Exit codes: 0 the median is at most 1.5 s and the export at most 6 MB, 1 not, 2 no Chromium.
"""

import shutil
import statistics
import sys
import tempfile
import time
from pathlib import Path

from playwright.sync_api import Browser, sync_playwright

from scribe_mock import MockServer
from scribe_mock.spec import shipped
from scribe_mock.web.docs.export import export

ROUNDS = 7
GOAL_SECONDS, GOAL_BYTES = 1.5, 6_000_000


def load(browser: Browser, url: str) -> tuple[float, float]:
    """Seconds from the address to the last operation, and those that the page's thread worked."""
    with browser.new_context() as context:
        page = context.new_page()
        session = context.new_cdp_session(page)
        session.send("Performance.enable", {"timeDomain": "threadTicks"})
        began = time.perf_counter()
        page.goto(url)
        page.locator("#operations-Login-refreshToken").wait_for()
        seconds = time.perf_counter() - began
        metrics = session.send("Performance.getMetrics")["metrics"]
    work = {metric["name"]: metric["value"] for metric in metrics}
    return seconds, work["TaskDuration"]


def main() -> int:
    """Measure and print; returns the exit code."""
    chromium = shutil.which("chromium")
    if chromium is None:
        print("Chromium is needed; on Debian: apt-get install chromium", file=sys.stderr)
        return 2
    with tempfile.TemporaryDirectory() as folder, MockServer() as mock:
        pages = export(shipped("openapi.yaml"), shipped("control.yaml"), Path(folder))
        size = sum(path.stat().st_size for path in Path(folder).rglob("*") if path.is_file())
        with sync_playwright() as playwright:
            browser = playwright.chromium.launch(executable_path=chromium, args=["--no-sandbox"])
            medians = {}
            for name, url in (("served", f"{mock.url}/docs"), ("from file://", pages[0].as_uri())):
                seconds, work = zip(*(load(browser, url) for _ in range(ROUNDS)), strict=True)
                medians[name] = statistics.median(seconds)
                print(
                    f"{name}: {medians[name]:.2f} s ({min(seconds):.2f} to {max(seconds):.2f}), "
                    f"of which the page worked {statistics.median(work):.2f} s"
                )
            browser.close()
    print(f"export: {size / 1e6:.1f} MB")
    return 0 if max(medians.values()) <= GOAL_SECONDS and size <= GOAL_BYTES else 1


if __name__ == "__main__":
    sys.exit(main())
