"""The scope of the inspector's pages, and what is done to several sessions, or with their audio."""

import shutil

from playwright.sync_api import expect

from scribe_mock import MockServer, Settings
from scribe_mock.spec import shipped

OTHER = {"Authorization": "Bearer the-token-of-another-test"}


def create(api, session_id, **headers):
    body = {"session_id": session_id, "upload_type": "chunked"}
    api.post("/voice/v1/sessions", json=body, headers=headers).raise_for_status()


def choose(page, token):
    page.locator("#scope summary").click()
    page.get_by_label("Scope").fill(token)
    page.get_by_role("button", name="Show it").click()


def test_a_page_shows_what_belongs_to_one_token(visitor, mock, api):
    create(api, "session-of-another", **OTHER)
    page = visitor.open(f"{mock.url}/_mock/ui")
    rows = page.locator("#rows tr")
    expect(rows).to_have_count(9)
    choose(page, "the-token-of-another-test")
    expect(rows).to_have_count(1)
    expect(page.locator("#scope-name")).to_contain_text("token ")
    page.get_by_role("button", name="+1 h").click()
    expect(rows).to_contain_text("expired")
    page.get_by_role("link", name="Requests").click()
    expect(rows).to_have_count(1)
    assert "the-token-of-another-test" not in page.content() + page.url
    assert page.evaluate("[...document.querySelectorAll('input')].every((one) => !one.value)")
    page.get_by_role("link", name="Sessions").click()
    page.on("dialog", lambda dialog: dialog.accept())
    page.get_by_role("button", name="Reset").click()
    expect(page.locator("#empty")).to_be_visible()
    page.locator("#scope summary").click()
    page.get_by_role("button", name="All tokens").click()
    expect(rows).to_have_count(8)
    expect(rows.first.locator(".badge")).not_to_have_text("expired")  # that clock was not moved


def test_a_fault_is_set_for_the_scope_and_its_token_is_not_shown(visitor, mock, api):
    page = visitor.open(f"{mock.url}/_mock/ui/faults")
    choose(page, "the-token-of-another-test")
    page.get_by_label("Action").select_option("hold")
    expect(page.locator("#preview")).to_contain_text('"token": "TOKEN"')
    page.get_by_role("button", name="Set it").click()
    expect(page.locator("#rows tr")).to_have_count(1)
    assert "the-token-of-another-test" not in page.content()
    [fault] = api.get("/_mock/faults").json()["faults"]
    assert fault["scope"]["token_start"] == "the-"
    choose(page, "some-other-token")
    expect(page.locator("#empty")).to_be_visible()


def test_sessions_are_deleted_together(visitor, mock, api):
    long_id = "x" * 64
    create(api, long_id)
    page = visitor.open(f"{mock.url}/_mock/ui")
    page.set_viewport_size({"width": 390, "height": 844})
    rows = page.locator("#rows tr")
    expect(rows).to_have_count(9)
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
    table = page.locator(".table.sessions")
    assert table.evaluate("(table) => table.scrollWidth <= table.clientWidth")
    page.get_by_label(f"Choose {long_id}").check()
    page.get_by_label("Choose demo_session_failed").check()
    page.on("dialog", lambda dialog: dialog.accept())
    page.get_by_role("button", name="Delete 2 chosen").click()
    expect(rows).to_have_count(7)
    page.get_by_label("Choose all on this page").check()
    page.get_by_role("button", name="Delete 7 chosen").click()
    expect(page.locator("#empty")).to_be_visible()
    assert api.get("/_mock/health").json()["sessions"] == 0


def test_the_lines_of_a_transcript_stay(visitor, mock):
    def with_lines(route):
        body = route.fetch().json() | {"transcript": "One line.\nAnother line."}
        route.fulfill(json=body)

    page = visitor.context.new_page()
    page.route("**/voice/v1/sessions/demo_session_completed", with_lines)
    page.goto(f"{mock.url}/_mock/ui/sessions/demo_session_completed")
    expect(page.locator("#transcript")).to_have_text("One line. Another line.")
    assert page.locator("#transcript").inner_text() == "One line.\nAnother line."


def test_a_chunk_is_saved_as_a_file_where_a_token_is_needed(browser):
    settings = Settings(port=0, quiet=True, token=("secret",))
    with MockServer(settings) as mock, browser.new_context() as context:
        page = context.new_page()
        page.goto(f"{mock.url}/_mock/ui/sessions/demo_session_recording")
        page.get_by_label("Token").fill("secret")
        page.get_by_role("button", name="Use it").click()
        with page.expect_download() as saved:
            page.get_by_role("link", name="Download 0.webm").click()
        assert saved.value.suggested_filename == "demo_session_recording_0.webm"
        audio = shipped("fixtures") / "audio" / "speech.webm"
        assert saved.value.path().read_bytes() == audio.read_bytes()


def test_a_broken_fixture_is_told_on_the_first_page(browser, tmp_path):
    folder = shutil.copytree(shipped("fixtures"), tmp_path / "fixtures")
    settings = Settings(port=0, quiet=True, fixtures=folder, watch=True)
    with MockServer(settings) as mock, browser.new_context() as context:
        page = context.new_page()
        page.goto(f"{mock.url}/_mock/ui")
        expect(page.locator("#rows tr")).to_have_count(8)
        (folder / "faults.yaml").write_text("- action: {}\n")
        expect(page.locator("#load-problems")).to_contain_text("faults.yaml:1: [0].action: ")
        (folder / "faults.yaml").unlink()
        expect(page.locator("#load-problems")).to_be_hidden()
