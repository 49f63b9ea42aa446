"""The HTML report of the check, as a reader sees it."""

import subprocess
import sys

import pytest
from playwright.sync_api import expect

from tests.contract.independent_server import Running
from tests.contract.mutants.storing import GapsRefused
from tests.contract.mutants.upload_formats import UnsupportedIs415


class Several(UnsupportedIs415, GapsRefused):
    """A server with a fault and a note; what needs the fault's rule is not checked."""


@pytest.fixture(scope="module")
def report(tmp_path_factory):
    # In a process of its own, since Playwright's thread can have no other loop.
    path = tmp_path_factory.mktemp("report") / "report.html"
    command = [sys.executable, "-m", "scribe_mock", "check", f"--report=html={path}"]
    chosen = [f"--only={rule}" for rule in ("upload.row.7", "upload.early.7", "store.gaps")]
    with Running(Several()) as running:
        done = subprocess.run([*command, running.base_url, *chosen], check=False)
    assert done.returncode == 1
    return path.as_uri()


@pytest.fixture(params=[1280, 390])
def page(request, browser, report):
    page = browser.new_page(viewport={"width": request.param, "height": 900})
    page.goto(report)
    yield page
    page.close()


def test_it_fits_the_screen_with_everything_open(page):
    page.evaluate("document.querySelectorAll('details').forEach(one => one.open = true)")
    width = page.evaluate("document.documentElement.scrollWidth")
    assert width <= page.viewport_size["width"]
    for box in page.locator("h1, h2, h3, dd, td").evaluate_all(
        "all => all.filter(one => !one.closest('.wide')).map(one => one.getBoundingClientRect())"
        ".map(box => [box.left, box.right])"
    ):
        assert 0 <= box[0] <= box[1] <= width


def test_it_filters_by_verdict(page):
    rows, findings = page.locator("tr[data-verdict]"), page.locator("article")
    everything = rows.filter(visible=True).count()
    shown = {}
    for label in ("Failed", "Noted", "Not tried", "Passed"):
        page.get_by_label(label).check()
        shown[label] = rows.filter(visible=True).count()
        assert f"{label} {shown[label]}" in page.locator(".filter").inner_text()
    assert sum(shown.values()) == everything
    assert all(shown[label] for label in ("Failed", "Noted", "Not tried"))
    page.get_by_label("Noted").check()
    expect(findings.filter(visible=True)).to_have_count(1)
    page.get_by_label("All").check()
    assert rows.filter(visible=True).count() == everything


def test_a_rule_leads_to_the_words_of_the_contract(page):
    finding = page.locator("article").filter(has_text="upload.row.7.format")
    finding.get_by_role("link", name="CONTRACT.md, Upload audio, Checks, row 7").click()
    quoted = page.locator("section:target")
    expect(quoted.get_by_role("heading", name="Upload audio, Checks")).to_be_in_viewport()
    expect(quoted.get_by_role("cell", name="the MIME type is not supported")).to_be_visible()
