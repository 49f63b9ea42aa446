"""The reference page: what a reader finds, tries and copies there."""

import httpx
import pytest
import yaml
from playwright.sync_api import Locator, Page, expect

from scribe_mock import MockServer, Settings
from scribe_mock.spec import shipped
from tests.browser.visits import serious_findings

SPECS = {"/docs": "openapi.yaml", "/docs/control": "control.yaml"}
#: One of each kind: a file, JSON, a query, an address or an id that only the server knows, no body.
#: `test_first_requests` sends what the page fills in for every operation.
KINDS = {
    "uploadAudio",
    "createSession",
    "getSession",
    "getRecording",
    "putDocumentContent",
    "deleteWebhook",
    "login",
    "putSession",
}
OPERATIONS = [
    (page, operation["tags"][0], operation["operationId"], operation["summary"])
    for page, name in SPECS.items()
    for methods in yaml.safe_load(shipped(name).read_text("utf-8"))["paths"].values()
    for operation in methods.values()
    if operation["operationId"] in KINDS
]
SIZES = {"wide": (1280, 800), "narrow": (390, 844)}

#: Pairs of a button and a text that it covers.
COVERED = """() => {
    const kinds = ".copy, .copy-to-clipboard button, .download-contents";
    const buttons = [...document.querySelectorAll(kinds)].filter((one) => one.checkVisibility());
    const covered = [];
    for (const pre of document.querySelectorAll("pre")) {
        if (!pre.checkVisibility()) continue;
        const clip = pre.getBoundingClientRect();
        const texts = document.createRange();
        texts.selectNodeContents(pre);
        for (const text of texts.getClientRects()) {
            const left = Math.max(text.left, clip.left), right = Math.min(text.right, clip.right);
            const top = Math.max(text.top, clip.top), bottom = Math.min(text.bottom, clip.bottom);
            for (const button of buttons) {
                const box = button.getBoundingClientRect();
                if (box.left < right - 1 && box.right > left + 1
                    && box.top < bottom - 1 && box.bottom > top + 1)
                    covered.push([button.className, pre.textContent.slice(0, 60)]);
            }
        }
    }
    return [buttons.length > 0, covered];
}"""


def opened(page: Page, summary: str) -> Locator:
    """The operation with this summary, opened from the list of contents."""
    contents = page.locator(".contents details")
    if contents.get_attribute("open") is None:
        contents.locator("summary").click()
    page.locator("#contents").get_by_role("button", name=summary, exact=False).last.click()
    block = page.locator(".opblock.is-open")
    expect(block.get_by_role("button", name="Execute")).to_be_visible()
    return block


def execute(block: Locator) -> str:
    """The status of the answer, once the operation was tried as it stands."""
    if block.locator("input[type=file]").count():
        expect(block.locator(".sample-file")).to_contain_text("will be sent")
    if block.locator(".filled-in").count():
        expect(block.locator(".filled-in")).to_contain_text("Filled in")
    block.get_by_role("button", name="Execute").click()
    status = block.locator(".live-responses-table tbody .response-col_status")
    expect(status).to_be_visible()
    return str(status.inner_text()).split()[0]


@pytest.mark.parametrize(("path", "tag", "operation", "summary"), OPERATIONS)
def test_an_operation_fits_a_screen_and_its_first_execute_succeeds(
    visitor, mock, path, tag, operation, summary
):
    page = visitor.open(f"{mock.url}{path}")
    page.set_viewport_size({"width": 1280, "height": 800})
    page.evaluate("([tag, id]) => { location.hash = `/${tag}/${id}`; }", [tag, operation])
    page.reload()
    block = page.locator(f"#operations-{tag.replace(' ', '_')}-{operation}")
    expect(block.get_by_role("button", name="Execute")).to_be_visible()
    header = page.locator("header.top").bounding_box()
    assert block.bounding_box()["height"] + header["height"] <= 800
    shown = block.locator(".opblock-description").all_inner_texts()
    assert not any(text.rstrip().endswith(":") for text in shown)
    assert execute(block) in ("200", "201", "202", "204", "206")
    assert page.evaluate("document.documentElement.scrollWidth") <= 1280


def test_a_file_of_the_readers_is_sent_instead_of_the_sample(visitor, mock):
    page = visitor.open(f"{mock.url}/docs")
    upload = opened(page, "Upload audio")
    upload.get_by_placeholder("file_name").fill("audio_2.webm")
    expect(upload.locator(".sample-file")).to_contain_text("The sample speech.webm (17 KB)")
    upload.locator("input[type=file]").set_input_files(
        {"name": "mine.webm", "mimeType": "audio/webm", "buffer": b"sound"}
    )
    expect(upload.locator(".sample-file")).to_have_text("mine.webm will be sent.")
    assert execute(upload) == "200"
    expect(upload.locator(".curl-command")).to_contain_text("--data-binary '@mine.webm'")
    assert mock_chunk(mock, "2.webm") == b"sound"


def mock_chunk(mock: MockServer, name: str) -> bytes:
    address = f"{mock.url}/_mock/sessions/demo_session_recording/chunks/{name}"
    return httpx.get(address).content


def test_another_format_has_another_sample(visitor, mock):
    page = visitor.open(f"{mock.url}/docs")
    upload = opened(page, "Upload audio")
    upload.locator("select.content-type").first.select_option("audio/mp3")
    expect(upload.locator(".sample-file")).to_contain_text("speech.mp3")
    assert execute(upload) == "200"


def test_with_a_list_of_tokens_the_reader_gives_one(visitor):
    with MockServer(Settings(port=0, quiet=True, token=("hush-hush",))) as listed:
        page = visitor.open(f"{listed.url}/docs")
        assert page.locator("#token").input_value() == ""
        page.locator("#token").fill("hush-hush")
        assert execute(opened(page, "Get a session")) == "200"
        page.locator("#token").fill("wrong")
        page.locator(".opblock.is-open").get_by_role("button", name="Clear").click()
        assert execute(page.locator(".opblock.is-open")) == "401"


def test_the_search_finds_operations_and_headings_by_any_word(visitor, mock):
    page = visitor.open(f"{mock.url}/docs")
    listed = page.locator("#contents li:visible")
    everything = listed.count()
    search = page.get_by_label("Search the reference")
    search.fill("chunk_too_large")
    expect(page.locator("#search-result")).to_have_text(f"1 of {everything}")
    assert listed.all_inner_texts() == ["POST\nUpload audio"]
    search.fill("quagga zeppelin")
    expect(page.locator("#search-result")).to_have_text(f"0 of {everything}")
    search.fill("STATES of a session")
    assert "The states of a session" in listed.all_inner_texts()
    search.fill("refresh-token")
    search.press("Enter")
    expect(page.locator(".opblock.is-open")).to_contain_text("/connect-auth/v1/account/refresh")


def test_every_operation_is_in_the_contents(visitor, mock):
    for path in SPECS:
        page = visitor.open(f"{mock.url}{path}")
        labels = page.locator("#contents li").all_inner_texts()
        for one, _, _, summary in OPERATIONS:
            assert one != path or any(label.endswith(summary) for label in labels), summary
        page.close()


def test_no_licence_stands_alone(visitor, mock):
    for path in SPECS:
        page = visitor.open(f"{mock.url}{path}")
        expect(page.locator(".opblock").first).to_be_visible()
        expect(page.get_by_text("MIT", exact=True)).to_have_count(0)


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("path", ["/docs", "/docs/recording", "/docs/flow", "/docs/errors"])
def test_no_button_covers_a_text(visitor, mock, path, size):
    page = visitor.open(f"{mock.url}{path}")
    width, height = SIZES[size]
    page.set_viewport_size({"width": width, "height": height})
    if path == "/docs":
        page.reload()
        block = opened(page, "Update a session")
        execute(block)
        block.get_by_role("button", name="Documented answers").click()
        expect(block.locator(".responses-table").last).to_be_visible()
        assert serious_findings(page) == []
    elif path == "/docs/errors":
        page.evaluate("document.querySelectorAll('details').forEach((one) => { one.open = true; })")
    there, covered = page.evaluate(COVERED)
    assert there
    assert covered == []
    assert page.evaluate("document.documentElement.scrollWidth") <= width
