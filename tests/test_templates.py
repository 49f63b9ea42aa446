"""Templates: the server's own, and those of each caller."""

import re

import pytest

from tests.support import TOKEN, fault, refusal

PATH = "/voice/api/v1/template"
DEFAULTS = ["eka_emr_template", "clinical_notes_template", "transcript_template"]
OTHER = {"Authorization": "Bearer another-token"}


@pytest.fixture
def ask(mock):
    """A call at the root of the host, as one caller or another."""

    def ask(method, path=PATH, headers=TOKEN, **options):
        return mock.bare.request(method, path, headers=headers, **options)

    return ask


@pytest.fixture
def make(ask):
    """A new template's id."""

    def make(**fields):
        response = ask("POST", json={"title": "Letter", "section_ids": []} | fields)
        assert response.status_code == 201
        return response.json()["template_id"]

    return make


def listed(response):
    assert response.status_code == 200
    return {item["id"]: item for item in response.json()["items"]}


def test_the_servers_own_templates_come_first(ask, make):
    own = make()
    items = listed(ask("GET"))
    assert list(items) == [*DEFAULTS, own]
    assert [item["default"] for item in items.values()] == [True, True, True, False]
    fields = {"id", "title", "desc", "section_ids", "default", "is_favorite"}
    assert all(set(item) == fields and item["title"] for item in items.values())


def test_a_new_template_has_what_was_sent(ask, make):
    own = make(title="Letter é", desc="One page.", section_ids=["a", "b"], type="custom", more=1)
    assert re.fullmatch(r"tpl_[0-9a-f]{12}", own)
    shown = listed(ask("GET"))[own]
    assert (shown["title"], shown["desc"], shown["section_ids"]) == (
        "Letter é",
        "One page.",
        ["a", "b"],
    )


def test_a_caller_sees_no_templates_of_another(ask, make):
    own = make()
    assert list(listed(ask("GET", headers=OTHER))) == DEFAULTS
    refused = ask("PATCH", f"{PATH}/{own}", headers=OTHER, json={"title": "x"})
    assert refusal(refused) == (404, "template_not_found")
    assert refusal(ask("DELETE", f"{PATH}/{own}", headers=OTHER)) == (404, "template_not_found")


def test_an_update_changes_what_is_sent(ask, make):
    own = make(desc="One page.")
    updated = ask("PATCH", f"{PATH}/{own}", json={"title": "Note"})
    assert updated.status_code == 200
    assert updated.json()["msg"]
    shown = listed(ask("GET"))[own]
    assert (shown["title"], shown["desc"]) == ("Note", "One page.")


@pytest.mark.parametrize("body", [{}, {"section_ids": ["a"]}])
def test_an_update_without_a_change_is_400(ask, make, body):
    own = make()
    assert refusal(ask("PATCH", f"{PATH}/{own}", json=body)) == (400, "invalid_request")


def test_a_template_can_be_used_until_it_is_archived(ask, make, session):
    own = make()
    chunked = session(templates=[own])
    done = chunked.process_to_the_end()
    archived = ask("DELETE", f"{PATH}/{own}")
    assert archived.status_code == 200
    assert archived.json()["msg"]
    assert list(listed(ask("GET"))) == DEFAULTS
    assert [list(entry) for entry in chunked.get().json()["templates"]] == [[own]]
    assert chunked.get().json()["templates"] == done.json()["templates"]
    assert refusal(chunked.process(own)) == (404, "template_not_found")
    assert refusal(ask("DELETE", f"{PATH}/{own}")) == (404, "template_not_found")
    body = {"upload_type": "chunked", "templates": [own]}
    assert refusal(ask("POST", "/voice/v1/sessions", json=body)) == (400, "invalid_template")


@pytest.mark.parametrize("template_id", DEFAULTS)
def test_the_servers_own_templates_cannot_be_changed(ask, template_id):
    path = f"{PATH}/{template_id}"
    assert refusal(ask("PATCH", path, json={"title": "x"})) == (403, "forbidden")
    assert refusal(ask("PATCH", path, json={})) == (403, "forbidden")
    assert refusal(ask("DELETE", path)) == (403, "forbidden")


@pytest.mark.parametrize(
    ("body", "path"),
    [
        ({"section_ids": []}, "$.title"),
        ({"title": "a"}, "$.section_ids"),
        ({"title": "", "section_ids": []}, "$.title"),
        ({"title": "x" * 201, "section_ids": []}, "$.title"),
        ({"title": None, "section_ids": []}, "$.title"),
        ({"title": "a", "section_ids": "b"}, "$.section_ids"),
        ({"title": "a", "section_ids": [1]}, "$.section_ids[0]"),
        ({"title": "a", "section_ids": [], "desc": "x" * 20_001}, "$.desc"),
    ],
)
def test_a_template_has_a_title_and_sections(ask, body, path):
    assert fault(ask("POST", json=body)) == path


def test_a_reset_forgets_templates(mock, ask, make):
    make()
    mock.control("POST", "/reset")
    assert list(listed(ask("GET"))) == DEFAULTS


def test_templates_count_as_memory(serve):
    small = serve(max_memory=1_000_000)
    body = {"title": "x", "section_ids": [], "desc": "x" * 10_000}
    answers = [small.bare.post(PATH, headers=TOKEN, json=body) for _ in range(150)]
    made = [answer for answer in answers if answer.status_code == 201]
    assert 50 <= len(made) < 100
    assert refusal(answers[-1]) == (503, "service_unavailable")
    assert small.bare.delete(f"{PATH}/{made[0].json()['template_id']}", headers=TOKEN).is_success
    assert small.bare.post(PATH, headers=TOKEN, json=body).status_code == 201
