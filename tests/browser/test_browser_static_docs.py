"""The documentation as files, opened from the disk."""

import pytest
from playwright.sync_api import expect

from scribe_mock.spec import shipped
from scribe_mock.web.docs.export import export
from tests.browser.visits import Visitor


@pytest.fixture(scope="module")
def pages(tmp_path_factory):
    output = tmp_path_factory.mktemp("docs")
    return export(shipped("openapi.yaml"), shipped("control.yaml"), output)


def test_every_page_works_from_the_disk(browser, pages):
    with browser.new_context() as context:
        visitor = Visitor(context)
        for path in pages:
            page = visitor.open(path.as_uri())
            expect(page.locator("#content")).not_to_be_empty()
            page.close()
        assert visitor.complaints == []


def test_the_reference_is_whole_without_a_server(browser, pages):
    with browser.new_context() as context:
        visitor = Visitor(context)
        page = visitor.open(pages[0].as_uri())
        expect(page.locator("#operations-Audio-uploadAudio .badge")).to_have_text("documented")
        expect(page.locator("#servers option").first).to_contain_text("http://127.0.0.1:8080")
        page.get_by_role("link", name="Errors").click()
        expect(page.get_by_text("These pages are files.")).to_be_visible()
        assert page.get_by_role("button", name="Run").count() == 0
        assert visitor.complaints == []
