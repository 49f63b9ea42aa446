"""The inspector's page for clients that a person drives."""

import httpx
from playwright.sync_api import expect

from tests.support import AUDIO

SPEECH = (AUDIO / "speech.wav").read_bytes()
WAV = {"Content-Type": "audio/wav"}


def client(mock, page):
    """A client that sends what the page shows."""
    token = page.locator("#token").inner_text()
    base = page.locator("#base").inner_text()
    assert base == f"{mock.url}/voice/v1"
    return httpx.Client(base_url=base, headers={"Authorization": f"Bearer {token}"}, timeout=30)


def begin(client):
    created = client.post("/sessions", json={"upload_type": "chunked"}).json()
    return f"/sessions/{created['session_id']}"


def test_a_scenario_is_armed_and_the_verdict_follows(visitor, mock):
    page = visitor.open(f"{mock.url}/_mock/ui/examine")
    expect(page.locator("#armed")).to_be_hidden()
    page.get_by_role("button", name="Arm server-error").click()
    expect(page.locator("#armed-name")).to_have_text("server-error")
    expect(page.locator("#state")).to_have_text("waiting")
    with client(mock, page) as sent:
        session = begin(sent)
        assert sent.post(f"{session}/audio/a_0.wav", content=SPEECH, headers=WAV).status_code == 200
        expect(page.locator("#state")).to_have_text("recording")
        assert sent.post(f"{session}/audio/a_1.wav", content=SPEECH[:-2], headers=WAV).is_error
        sent.post(f"{session}/end", json={"audio_files_sent": 2}).raise_for_status()
    expect(page.locator("#state")).to_have_text("ended")
    expect(page.locator("#verdict")).to_have_text("failed")
    marks = page.locator("#marks > li")
    expect(marks.filter(has_text="Every word arrives")).to_contain_text("500 internal_error")
    page.get_by_role("button", name="Arm again").click()
    expect(page.locator("#state")).to_have_text("waiting")
    page.get_by_role("button", name="End it").click()
    expect(page.locator("#armed")).to_be_hidden()
    assert visitor.complaints == []


def test_the_person_says_what_the_client_told(visitor, mock):
    page = visitor.open(f"{mock.url}/_mock/ui/examine")
    page.get_by_role("button", name="Arm failed").click()
    expect(page.locator("#state")).to_have_text("waiting")
    with client(mock, page) as sent:
        session = begin(sent)
        sent.post(f"{session}/audio/a_0.wav", content=SPEECH, headers=WAV).raise_for_status()
        sent.post(f"{session}/end", json={}).raise_for_status()
    told = page.locator("#marks > li").filter(has_text="The user is told")
    expect(told).to_contain_text("not tried")
    page.get_by_label("no", exact=True).check()
    expect(told).to_contain_text("failed")
    page.get_by_label("yes", exact=True).check()
    expect(told).to_contain_text("passed")


def test_what_the_command_alone_can_do_is_not_offered(visitor, mock):
    page = visitor.open(f"{mock.url}/_mock/ui/examine")
    row = page.locator("#rows tr").filter(has_text="unreachable")
    expect(row).to_contain_text("by the command alone")
    expect(row.get_by_role("button")).to_have_count(0)
