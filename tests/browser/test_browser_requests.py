"""The inspector's pages of requests: what arrived, and one of them as a whole."""

import re
import shlex
import subprocess

import httpx
import pytest
from playwright.sync_api import expect

from scribe_mock import MockServer, Settings
from tests.browser.visits import serious_findings
from tests.support import PATIENCE

SESSION = "session-with-the-longest-id-" + "x" * 36
PATH = f"/voice/v1/sessions/{SESSION}"
BODY = b"\x1aE\xdf\xa3 <script>alert(1)</script> and more than sixty-four bytes of it"
WEBM = {"Content-Type": "audio/webm;codecs=opus"}


@pytest.fixture
def uploaded(api):
    """A session with three uploads: one that a fault refused, its repeat, and another one."""
    body = {"session_id": SESSION, "upload_type": "chunked"}
    api.post("/voice/v1/sessions", json=body).raise_for_status()
    match = {"operation": "uploadAudio", "sequence": 1}
    fault = {"match": match, "action": {"answer": {"code": "service_unavailable"}}}
    fault_id = api.post("/_mock/faults", json=fault).json()["id"]
    statuses = [
        api.post(f"{PATH}/audio/audio_{number}.webm", content=BODY, headers=WEBM).status_code
        for number in (1, 1, 2)
    ]
    assert statuses == [503, 200, 200]
    return fault_id


def test_requests_appear_and_are_filtered(visitor, mock, api, uploaded):
    page = visitor.open(f"{mock.url}/_mock/ui/requests")
    rows = page.locator("#rows tr")
    expect(rows).to_have_count(4)
    api.get("/voice/v1/nowhere")
    expect(rows).to_have_count(5)
    expect(rows.first).to_contain_text("unknown operation")
    expect(rows.first).to_contain_text("not_found")
    page.get_by_label("Operation").select_option("uploadAudio")
    expect(rows).to_have_count(3)
    page.get_by_label("Status").fill("503")
    expect(rows).to_have_count(1)
    expect(rows).to_contain_text("fault")
    page.get_by_label("Outcome").select_option("held")
    expect(page.locator("#empty")).to_contain_text("No request is like that.")
    page.get_by_role("button", name="Show all").click()
    expect(rows).to_have_count(5)
    page.get_by_role("searchbox", name="Session").fill(SESSION)
    expect(rows).to_have_count(4)
    page.reload()  # the address has the filters
    expect(rows).to_have_count(4)
    page.on("dialog", lambda dialog: dialog.accept())
    page.get_by_role("button", name="Forget all").click()
    expect(page.locator("#empty")).to_be_visible()


def test_an_entry_has_what_is_needed_to_repeat_it(visitor, mock, api, uploaded):
    page = visitor.open(f"{mock.url}/_mock/ui/requests?session_id={SESSION}")
    repeat = page.locator("#rows tr", has_text="repeat")
    first = page.locator("#rows tr", has_text="503")
    expect(repeat).to_have_count(1)
    assert serious_findings(page) == []
    first.get_by_role("link", name="uploadAudio 1").click()
    expect(page.locator("#facts")).to_contain_text(uploaded)
    refused = page.locator("h1").inner_text()
    page.go_back()
    repeat.get_by_role("link", name="uploadAudio 1").click()
    expect(page.locator("#facts")).to_contain_text(f"Repeats{refused}, with the same bytes")
    expect(page.locator("#hex")).to_contain_text("0000  1a 45 df a3 20 3c 73 63")
    expect(page.locator("#hex")).to_contain_text(".E.. <script>ale")
    expect(page.locator("#request-fields")).to_contain_text("authorization…")
    assert serious_findings(page) == []
    command = page.locator("#curl").inner_text()
    assert 'Bearer $TOKEN"' in command
    assert "Bearer any" not in page.content()
    curl = shlex.split(command.replace("\\\n", "").replace("$TOKEN", "any"))
    curl[curl.index("@body")] = "@-"
    done = subprocess.run(
        [*curl, "-sSk"], input=BODY, capture_output=True, check=True, timeout=PATIENCE
    )
    assert b'"success":true' in done.stdout
    page.set_viewport_size({"width": 390, "height": 844})
    assert page.evaluate("document.documentElement.scrollWidth") <= 390


def test_a_look_at_a_session_is_no_request(visitor, mock, api):
    fault = {"match": {"operation": "getSession"}, "action": {"answer": {"code": "forbidden"}}}
    api.post("/_mock/faults", json=fault).raise_for_status()
    page = visitor.open(f"{mock.url}/_mock/ui/sessions/demo_session_completed")
    expect(page.locator("#status-line")).to_contain_text("→ 200")
    assert api.get("/_mock/requests").json()["requests"] == []
    assert api.get("/_mock/faults?unfired=true").json()["faults"] != []
    page.get_by_role("link", name="Its requests").click()
    expect(page.get_by_role("searchbox", name="Session")).to_have_value("demo_session_completed")


def test_many_requests_are_shown_a_page_at_a_time(browser):
    with (
        MockServer(Settings(port=0, quiet=True)) as mock,
        httpx.Client(base_url=mock.url, verify=False) as client,
        browser.new_context() as context,
    ):
        for _ in range(250):
            client.get("/voice/v1/nowhere")
        page = context.new_page()
        waiting = []
        page.on("request", lambda request: waiting.append(request.url))
        for ended in ("requestfinished", "requestfailed"):
            page.on(ended, lambda request: waiting.remove(request.url))
        page.goto(f"{mock.url}/_mock/ui/requests")
        expect(page.locator("#shown")).to_have_text("1 to 100 of 250")
        page.get_by_role("button", name="Older").click()
        expect(page.locator("#shown")).to_have_text("101 to 200 of 250")
        page.get_by_role("button", name="Older").click()
        expect(page.locator("#shown")).to_have_text("201 to 250 of 250")
        expect(page.locator("#rows tr")).to_have_count(50)
        expect(page.get_by_role("button", name=re.compile("Older"))).to_be_disabled()
        # Each look ends the wait before it: a browser has six connections for all of them.
        assert len([url for url in waiting if "/_mock/changes?" in url]) <= 1
