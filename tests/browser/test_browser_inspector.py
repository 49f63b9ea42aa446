"""The inspector: sessions as they come in, and what can be done to them."""

import re
import shutil

import httpx
import pytest
from playwright.sync_api import expect

from scribe_mock import MockServer, Settings
from scribe_mock.spec import shipped
from tests.receivers import closed_port
from tests.support import PATIENCE

HOSTILE = "<img src=x onerror=alert(1)><script>alert(2)</script>"
WEBM = "audio/webm;codecs=opus"


class Client:
    """The API and the control API of one mock."""

    def __init__(self, http: httpx.Client) -> None:
        self.http = http

    def create(self, **fields):
        answer = self.http.post("/voice/v1/sessions", json={"upload_type": "chunked"} | fields)
        return answer.json()["session_id"]

    def upload(self, session_id, name, content=b"x", kind=WEBM):
        path = f"/voice/v1/sessions/{session_id}/audio/{name}"
        answer = self.http.post(path, content=content, headers={"Content-Type": kind})
        assert answer.status_code == 200, answer.text


@pytest.fixture
def client(mock):
    headers = {"Authorization": "Bearer any"}
    with httpx.Client(base_url=mock.url, headers=headers, timeout=PATIENCE, verify=False) as http:
        yield Client(http)


def test_sessions_appear_as_they_come_in(visitor, mock, client):
    page = visitor.open(f"{mock.url}/_mock/ui")
    expect(page.locator("#rows tr")).to_have_count(8)
    session_id = client.create()
    row = page.locator("#rows tr").first
    expect(row).to_contain_text(session_id)
    expect(row).to_contain_text("created")
    client.upload(session_id, "audio_0.webm")
    expect(row.locator(".badge")).to_have_text("recording")
    client.http.post(f"/voice/v1/sessions/{session_id}/end", json={"audio_files_sent": 1})
    expect(row.locator(".badge")).to_have_text("completed")  # nothing but time changed it
    client.create()
    client.http.post("/_mock/clock", json={"advance_seconds": 7200})
    expect(page.get_by_role("button", name="expired 2")).to_be_visible()


def test_an_idle_list_asks_for_nothing(visitor, mock):
    page = visitor.open(f"{mock.url}/_mock/ui")
    expect(page.locator("#rows tr")).to_have_count(8)
    asked = []
    page.on("request", lambda request: asked.append(request.url))
    page.wait_for_timeout(1500)  # nothing is expected, so there is nothing else to wait for
    assert [url for url in asked if "/_mock/changes" not in url] == []
    assert len(asked) <= 1


def test_sessions_are_filtered_and_searched(visitor, mock, client):
    client.create(session_id="findme-findme-findme")
    page = visitor.open(f"{mock.url}/_mock/ui")
    page.get_by_role("button", name="failed 1").click()
    expect(page.locator("#rows tr")).to_have_count(1)
    page.get_by_label("Search session ids").fill("FINDME")
    expect(page.locator("#empty")).to_contain_text("No session is like that.")
    page.get_by_role("button", name="Show all").click()
    page.get_by_label("Search session ids").fill("FINDME")
    expect(page.locator("#rows tr")).to_have_count(1)


def test_the_timeline_shows_gaps_and_replaced_chunks(visitor, mock, client):
    session_id = client.create()
    for name in ("audio_0.webm", "audio_4.webm", "audio_4.webm"):
        client.upload(session_id, name)
    page = visitor.open(f"{mock.url}/_mock/ui/sessions/{session_id}")
    slots = page.locator("#timeline li")
    expect(slots).to_have_count(3)
    expect(slots.nth(1)).to_have_text(re.compile("^1.3missing$"))
    expect(slots.nth(2)).to_contain_text("replaced")
    client.upload(session_id, "audio_2.webm")
    expect(slots).to_have_count(5)


def test_the_whole_recording_plays(visitor, mock):
    page = visitor.open(f"{mock.url}/_mock/ui/sessions/demo_session_completed")
    page.get_by_role("button", name="Show the whole recording").click()
    page.get_by_role("button", name="Play the whole recording").click()
    expect(page.locator("#whole .waveform")).to_have_attribute("data-played", "yes")
    expect(page.locator("#whole .mono")).to_contain_text("/ 16.")


def test_findings_and_places_are_shown_beside_their_chunk(visitor, mock):
    def with_findings(route):
        session = route.fetch().json()
        session["chunks"][0] |= {"start_s": 1.25, "end_s": 6.85, "duration_s": 5.6}
        finding = {"code": "no_header", "message": HOSTILE, "advice": "Restart.", "serious": True}
        session["chunks"][0]["diagnostics"] = [finding]
        route.fulfill(json=session)

    page = visitor.context.new_page()
    page.route("**/_mock/sessions/demo_session_completed?*", with_findings)
    page.goto(f"{mock.url}/_mock/ui/sessions/demo_session_completed")
    chunk = page.locator("#chunks > li").first
    expect(chunk.locator(".findings li")).to_have_text(f"no_header {HOSTILE} Restart.")
    expect(chunk).to_contain_text("1.3 to 6.8 s of the recording")


def test_a_session_is_finished_expired_and_deleted_by_buttons(visitor, mock):
    page = visitor.open(f"{mock.url}/_mock/ui/sessions/demo_session_processing")
    state = page.locator("#facts .badge")
    expect(state).to_have_text("processing")
    page.get_by_role("button", name="partial").click()
    expect(state).to_have_text("partial")
    expect(page.locator("#status-line")).to_contain_text("206")
    page.get_by_role("button", name="Expire").click()
    expect(state).to_have_text("expired")
    expect(page.locator("#status-line")).to_contain_text("410")
    page.on("dialog", lambda dialog: dialog.accept())
    page.get_by_role("button", name="Delete").click()
    expect(page.locator("#rows tr")).to_have_count(7)


def test_the_clock_is_moved_and_stopped(visitor, mock, client):
    page = visitor.open(f"{mock.url}/_mock/ui/sessions/{client.create()}")
    expect(page.locator("#facts .badge")).to_have_text("created")
    page.get_by_role("button", name="Stop").click()
    expect(page.locator("#frozen")).to_be_visible()
    page.get_by_role("button", name="+1 h").click()
    expect(page.locator("#facts .badge")).to_have_text("expired")
    page.get_by_role("button", name="Go on").click()
    expect(page.locator("#frozen")).to_be_hidden()


def test_what_a_client_sent_is_text(visitor, mock, client):
    session_id = client.create(
        patient_details={"username": HOSTILE}, additional_data={"note": HOSTILE}
    )
    name = "%3Cimg%20src%3Dx%20onerror%3Dalert(1)%3E.wav"
    single = client.create(upload_type="single")
    client.upload(session_id, "audio_0.webm")
    speech = (shipped("fixtures") / "audio" / "speech.wav").read_bytes()
    client.upload(single, name, speech, "audio/wav")
    page = visitor.open(f"{mock.url}/_mock/ui/sessions/{single}")
    page.on("dialog", lambda dialog: visitor.complaints.append(dialog.message))
    expect(page.locator("#chunks .name").first).to_have_text(
        "sent as <img src=x onerror=alert(1)>.wav"
    )
    assert page.locator("#session img").count() == 0
    page.goto(f"{mock.url}/_mock/ui/sessions/{session_id}")
    expect(page.locator("#result")).to_contain_text("<img src=x onerror=alert(1)>")
    assert page.locator("#session img, #session script").count() == 0


def test_an_address_with_markup_is_text(visitor, mock):
    page = visitor.open(f"{mock.url}/_mock/ui/sessions/%22%3E%3Cscript%3Ealert(1)%3C%2Fscript%3E")
    assert page.locator("script:not([src])").count() == 0


def test_ten_thousand_sessions_stay_fast(browser, tmp_path):
    fixtures = shutil.copytree(shipped("fixtures"), tmp_path / "fixtures")
    seeds = "".join(
        f"- {{session_id: many-{number:012}, state: created, upload_type: chunked}}\n"
        for number in range(10_000)
    )
    (fixtures / "sessions.yaml").write_text(seeds)
    settings = Settings(port=0, quiet=True, fixtures=fixtures)
    with MockServer(settings) as mock, browser.new_context() as context:
        page = context.new_page()
        page.goto(f"{mock.url}/_mock/ui")
        expect(page.locator("#shown")).to_have_text("1 to 50 of 10000")
        page.get_by_role("button", name="Older").click()
        expect(page.locator("#shown")).to_have_text("51 to 100 of 10000")
        assert page.locator("#rows tr").count() == 50
        address = f"{mock.url}/_mock/sessions/the-newest-of-them-all"
        assert httpx.put(address, json={"state": "recording"}).status_code == 201
        page.get_by_role("button", name="Newer").click()
        expect(page.locator("#rows tr").first).to_contain_text("the-newest-of-them-all")


def test_a_token_is_asked_for_and_kept_for_the_tab(browser):
    settings = Settings(port=0, quiet=True, token=("secret",))
    with MockServer(settings) as mock, browser.new_context() as context:
        page = context.new_page()
        page.goto(f"{mock.url}/_mock/ui")
        expect(page.get_by_text("This server needs a token.")).to_be_visible()
        assert page.locator("#rows tr").count() == 0
        page.get_by_label("Token").fill("wrong")
        page.get_by_role("button", name="Use it").click()
        expect(page.get_by_text("This server needs a token.")).to_be_visible()
        page.get_by_label("Token").fill("secret")
        page.get_by_role("button", name="Use it").click()
        page.get_by_role("link", name="demo_session_completed").click()
        expect(page.locator("#facts .badge")).to_have_text("completed")
        expect(page.get_by_role("button", name="Play 0.webm")).to_be_enabled()
        other = context.new_page()
        other.goto(f"{mock.url}/_mock/ui")
        expect(other.get_by_text("This server needs a token.")).to_be_visible()


def test_deliveries_of_webhooks_appear_as_they_are_tried(visitor, mock, client):
    page = visitor.open(f"{mock.url}/_mock/ui/webhooks")
    expect(page.locator("#empty")).to_contain_text("Nothing was delivered yet.")
    hook = {"url": closed_port(), "events": ["session.started"]}
    assert client.http.post("/voice/v1/webhooks", json=hook).status_code == 201
    session_id = client.create()
    rows = page.locator("#rows tr")
    expect(rows).to_have_count(1)
    expect(rows).to_contain_text(["session.started"])
    expect(rows.first).to_contain_text("nothing listens")
    page.get_by_role("button", name="+1 min").click()
    expect(rows).to_have_count(2)
    expect(page.locator("#shown")).to_have_text("1 to 2 of 2")
    rows.first.get_by_role("link", name=session_id).click()
    expect(page.locator("h1")).to_have_text(session_id)


def test_a_long_session_is_shown_in_pages(visitor, mock, client):
    session_id = client.create()
    for number in range(203):
        client.upload(session_id, f"audio_{number}.webm", b"chunk %d" % number)
    page = visitor.open(f"{mock.url}/_mock/ui/sessions/{session_id}")
    expect(page.locator("#range")).to_have_text("1 to 200 of 203")
    expect(page.locator("#facts")).to_contain_text("203 chunks")
    expect(page.get_by_role("button", name="Earlier")).to_be_disabled()
    page.get_by_role("button", name="Later").click()
    expect(page.locator("#range")).to_have_text("201 to 203 of 203")
    expect(page.locator("#chunks > li")).to_have_count(3)
    expect(page.locator("#chunks")).to_contain_text("202.webm")
    expect(page.get_by_role("button", name="Later")).to_be_disabled()
    page.get_by_role("button", name="Earlier").click()
    expect(page.locator("#chunks > li")).to_have_count(200)
