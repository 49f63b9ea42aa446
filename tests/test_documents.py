"""Documents: what clients save, what templates make, and their content."""

from urllib.parse import urlsplit

import pytest

from tests.support import TOKEN, fault, refusal

PATH = "/voice/api/v1/documents"
EMR = "eka_emr_template"
FIELDS = {
    "document_id",
    "session_id",
    "template_id",
    "document_name",
    "type",
    "document_type",
    "status",
    "errors",
    "warnings",
    "usage_information",
    "presigned_url",
    "created_at",
    "updated_at",
    "publish",
}


@pytest.fixture
def ask(mock):
    def ask(method, document_id, **options):
        return mock.bare.request(method, f"{PATH}/{document_id}", headers=TOKEN, **options)

    return ask


def data(response, status=200):
    """The document of an answer."""
    assert response.status_code == status
    assert response.json()["status"] == "success"
    assert set(response.json()["data"]) == FIELDS
    return response.json()["data"]


def test_a_document_is_saved_written_and_read(mock, session, ask):
    saved = data(session().save_document(document_name="A note"), 201)
    assert (saved["document_type"], saved["type"]) == ("custom", "markdown")
    assert (saved["document_name"], saved["status"]) == ("A note", "in-progress")
    assert saved["template_id"] is None
    shown = data(ask("GET", saved["document_id"]))
    assert mock.bare.get(shown["presigned_url"]).text == ""
    text = "**Plan**: rest é 🎤\n"
    stored = mock.bare.put(saved["presigned_url"], content=text.encode())
    assert (stored.status_code, stored.json()["status"]) == (200, "success")
    read = mock.bare.get(shown["presigned_url"])
    assert read.headers["content-type"] == "text/markdown; charset=utf-8"
    assert read.text == text
    assert mock.bare.head(shown["presigned_url"]).headers["content-length"] == str(
        len(read.content)
    )


def test_saving_again_changes_what_is_sent(mock, session, ask):
    chunked = session()
    first = data(chunked.save_document(type="notes", errors=[1], usage_information={"a": 1}), 201)
    mock.advance(5)
    again = data(
        chunked.save_document(document_id=first["document_id"], status="success", warnings=["w"])
    )
    assert (again["status"], again["warnings"]) == ("success", ["w"])
    assert (again["document_type"], again["errors"]) == ("notes", [1])
    assert again["usage_information"] == {"a": 1}
    assert again["created_at"] == first["created_at"] < again["updated_at"]
    assert data(ask("GET", first["document_id"]))["status"] == "success"


def test_documents_of_templates_are_those_of_the_session(mock, session, ask):
    chunked = session(templates=[EMR])
    chunked.end()
    document_id = chunked.get().json()["templates"][0][EMR]["document_id"]
    shown = data(ask("GET", document_id))
    assert (shown["status"], shown["document_type"]) == ("in-progress", "template")
    assert (shown["template_id"], shown["document_name"]) == (EMR, EMR)
    assert mock.bare.get(shown["presigned_url"]).text == ""
    mock.advance(2)
    assert data(ask("GET", document_id))["status"] == "success"
    assert "**diagnosis**" in mock.bare.get(shown["presigned_url"]).text
    edited = data(chunked.save_document(document_id=document_id, type="notes", status="failed"))
    assert (edited["document_type"], edited["status"]) == ("template", "success")
    mock.bare.put(edited["presigned_url"], content=b"edited")
    assert mock.bare.get(shown["presigned_url"]).text == "edited"
    assert chunked.get(document_id=document_id).json()["templates"][0][EMR]["status"] == "success"


def test_what_a_client_saved_is_not_in_the_session(session):
    chunked = session(templates=[EMR])
    chunked.process_to_the_end()
    saved = data(chunked.save_document(template_id=EMR), 201)["document_id"]
    assert len(chunked.get().json()["templates"]) == 1
    assert refusal(chunked.get(document_id=saved)) == (404, "document_not_found")


def test_a_deleted_document_is_gone(mock, session, ask):
    chunked = session(templates=[EMR])
    chunked.process_to_the_end()
    document_id = chunked.get().json()["templates"][0][EMR]["document_id"]
    saved = data(chunked.save_document(document_id=document_id))
    for _ in range(2):
        deleted = ask("DELETE", document_id)
        assert (deleted.status_code, deleted.json()["status"]) == (200, "success")
        assert deleted.json()["message"]
    assert chunked.get().json()["templates"] == []
    assert refusal(chunked.get(document_id=document_id)) == (404, "document_not_found")
    assert refusal(ask("GET", document_id)) == (404, "document_not_found")
    again = chunked.save_document(document_id=document_id)
    assert refusal(again) == (404, "document_not_found")
    put = mock.bare.put(saved["presigned_url"], content=b"x")
    assert refusal(put) == (404, "document_not_found")


def test_a_document_belongs_to_its_session(session, ask):
    first, second = session(), session()
    document_id = data(first.save_document(), 201)["document_id"]
    assert refusal(second.save_document(document_id=document_id)) == (404, "document_not_found")


def test_a_document_goes_with_its_session(mock, session, ask):
    chunked = session()
    document_id = data(chunked.save_document(), 201)["document_id"]
    mock.control("DELETE", f"/sessions/{chunked.id}")
    assert refusal(ask("GET", document_id)) == (404, "document_not_found")


def changed(url, **parts):
    """An address with another value of a part of its query."""
    query = dict(pair.split("=") for pair in urlsplit(url).query.split("&")) | parts
    return url.partition("?")[0] + "?" + "&".join(f"{k}={v}" for k, v in query.items())


def test_only_the_address_that_was_given_works(mock, session, ask):
    saved = data(session().save_document(), 201)
    other = data(session().save_document(), 201)
    address = saved["presigned_url"]
    for wrong in (
        address.partition("?")[0],
        changed(address, signature="0" * 64),
        changed(address, signature="%C3%A9"),
        changed(address, expires="9999999999"),
        changed(address, expires="soon"),
        changed(address, expires="9" * 5000),
        address.replace(saved["document_id"], other["document_id"]),
    ):
        assert refusal(mock.bare.put(wrong, content=b"x")) == (403, "forbidden")
    assert refusal(mock.bare.get(address)) == (403, "forbidden")
    assert mock.bare.put(address, content=b"x").status_code == 200


def test_an_address_works_for_a_day(mock, session):
    address = data(session().save_document(), 201)["presigned_url"]
    mock.advance(86_398)
    assert mock.bare.put(address, content=b"x").status_code == 200
    mock.advance(2)
    assert refusal(mock.bare.put(address, content=b"x")) == (403, "forbidden")


@pytest.mark.parametrize(
    ("body", "path"),
    [
        ({"type": "letter"}, "$.type"),
        ({"type": None}, "$.type"),
        ({"document_name": "x" * 256}, "$.document_name"),
        ({"errors": {}}, "$.errors"),
        ({"usage_information": []}, "$.usage_information"),
        ({"document_id": ""}, "$.document_id"),
    ],
)
def test_a_document_that_breaks_the_schema_is_422(session, body, path):
    assert fault(session().save_document(**body)) == path


def test_content_is_text_of_a_bounded_size(mock, session):
    address = data(session().save_document(), 201)["presigned_url"]
    assert refusal(mock.bare.put(address, content=b"\xff")) == (400, "invalid_request")
    most = b"x" * 2**20
    assert refusal(mock.bare.put(address, content=most + b"x")) == (413, "request_too_large")
    assert mock.bare.put(address, content=most).status_code == 200


@pytest.mark.parametrize("state", ["created", "processing", "failed", "expired"])
def test_a_document_can_be_saved_in_any_state(mock, state):
    assert data(mock.put(state).save_document(), 201)
