"""The inspector's page of faults: what is set, what became of it, and the form that sets one."""

import json
import shlex
import subprocess
import threading

import httpx
from playwright.sync_api import expect

from tests.browser.visits import serious_findings
from tests.support import PATIENCE

UPLOAD = "/voice/v1/sessions/demo_session_recording/audio/audio_{}.webm"
WEBM = {"Content-Type": "audio/webm;codecs=opus"}
REFUSED = {"match": {"operation": "uploadAudio"}, "action": {"answer": {"code": "forbidden"}}}


def faults(api):
    return api.get("/_mock/faults").json()["faults"]


def test_faults_appear_fire_and_are_removed(visitor, mock, api):
    page = visitor.open(f"{mock.url}/_mock/ui/faults")
    expect(page.locator("#empty")).to_be_visible()
    api.post("/_mock/faults", json=REFUSED | {"times": 2}).raise_for_status()
    row = page.locator("#rows tr")
    expect(row).to_contain_text("code forbidden")
    expect(row).to_contain_text("operation uploadAudio2 times")
    assert api.post(UPLOAD.format(2), content=b"x", headers=WEBM).status_code == 403
    expect(row.locator("td").nth(3)).to_have_text("1")
    expect(row.locator("td").nth(4)).to_have_text("1")
    expect(page.locator("#shown")).to_have_text("1 set, 1 fired")
    row.get_by_role("button", name="Remove").click()
    expect(page.locator("#empty")).to_be_visible()
    api.post("/_mock/faults", json=REFUSED).raise_for_status()
    api.post("/_mock/faults", json={"action": {"hold": {}}}).raise_for_status()
    expect(row).to_have_count(2)
    page.on("dialog", lambda dialog: dialog.accept())
    page.get_by_role("button", name="Remove all").click()
    expect(page.locator("#empty")).to_be_visible()
    assert faults(api) == []


def test_the_form_writes_the_fault_and_sets_it(visitor, mock, api):
    page = visitor.open(f"{mock.url}/_mock/ui/faults")
    page.get_by_label("Action").select_option("cut")
    page.get_by_label("at", exact=True).select_option("answer")
    page.get_by_role("spinbutton", name="after_bytes").fill("1000")
    page.get_by_label("operation", exact=True).fill("getSession")
    page.get_by_label("for ever").check()
    wanted = {
        "match": {"operation": "getSession"},
        "times": None,
        "action": {"cut": {"at": "answer", "after_bytes": 1000}},
    }
    assert json.loads(page.locator("#preview").inner_text()) == wanted
    visitor.context.grant_permissions(["clipboard-read", "clipboard-write"])
    page.get_by_role("button", name="Copy curl").click()
    copied = page.get_by_role("button", name="Copied")
    expect(copied).to_be_visible()
    command = shlex.split(page.evaluate("navigator.clipboard.readText()").replace("\\\n", ""))
    subprocess.run([*command, "-sSk"], check=True, capture_output=True, timeout=PATIENCE)
    assert [fault["action"] for fault in faults(api)] == [wanted["action"]]
    page.get_by_role("button", name="Set it").click()
    expect(page.locator("#rows tr")).to_have_count(2)
    expect(page.locator("#done")).to_contain_text("is set.")
    assert [fault["times"] for fault in faults(api)] == [None, None]


def test_what_the_api_refuses_is_said_beside_the_field(visitor, mock, api):
    page = visitor.open(f"{mock.url}/_mock/ui/faults")
    page.get_by_role("button", name="Set it").click()
    expect(page.locator("#fault-error")).to_contain_text("$.action.answer")
    page.get_by_label("code", exact=True).fill("no_such_code")
    page.get_by_role("button", name="Set it").click()
    code = page.get_by_label("code", exact=True)
    expect(code).to_have_attribute("aria-invalid", "true")
    expect(code.locator("..").get_by_role("alert")).to_contain_text("expected a status with it")
    code.fill("forbidden")
    page.get_by_label("Only session").fill("no-such-session-here")
    page.get_by_role("button", name="Set it").click()
    session = page.get_by_label("Only session")
    expect(session).to_have_attribute("aria-invalid", "true")
    expect(code).not_to_have_attribute("aria-invalid", "true")
    session.fill("demo_session_recording")
    page.get_by_label("body", exact=True).fill("no JSON at all")
    page.get_by_role("button", name="Set it").click()
    expect(page.locator("#rows tr")).to_have_count(1)
    assert faults(api)[0]["action"]["answer"]["body"] == "no JSON at all"
    assert faults(api)[0]["scope"] == {"session_id": "demo_session_recording"}


def test_every_action_has_its_fields(visitor, mock, api):
    page = visitor.open(f"{mock.url}/_mock/ui/faults")
    schema = api.get("/_mock/control.yaml").text
    choice = page.get_by_label("Action")
    for action in choice.locator("option").all_inner_texts():
        choice.select_option(action)
        shown = page.locator("fieldset[data-action]:visible")
        expect(shown).to_have_count(1)
        expect(shown.locator("legend")).to_have_text(action)
        assert f"\n        {action}:\n" in schema
        assert action in json.loads(page.locator("#preview").inner_text())["action"]
    assert choice.locator("option").count() == 12


def test_held_requests_are_released_and_refused(visitor, mock, api):
    api.post("/_mock/faults", json={"times": 2, "action": {"hold": {}}}).raise_for_status()
    page = visitor.open(f"{mock.url}/_mock/ui/faults")
    expect(page.locator("#none-held")).to_be_visible()
    statuses = {}

    def upload(number):
        answer = httpx.post(
            mock.url + UPLOAD.format(number),
            content=b"x",
            headers={"Authorization": "Bearer any", **WEBM},
            timeout=PATIENCE,
            verify=False,
        )
        statuses[number] = answer.status_code

    uploads = [threading.Thread(target=upload, args=(number,)) for number in (5, 6)]
    for thread in uploads:
        thread.start()
    held = page.locator("#held li")
    expect(held).to_have_count(2)
    assert serious_findings(page) == []
    page.set_viewport_size({"width": 390, "height": 844})
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
    page.get_by_role("button", name="Release uploadAudio 5").click()
    expect(held).to_have_count(1)
    page.get_by_label("Status to refuse uploadAudio 6 with").fill("507")
    page.get_by_role("button", name="Refuse uploadAudio 6").click()
    expect(page.locator("#none-held")).to_be_visible()
    for thread in uploads:
        thread.join()
    assert statuses == {5: 200, 6: 507}
