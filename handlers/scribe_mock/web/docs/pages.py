"""The documentation on a server, as a Flask app: the book's pages, the specs, the start page."""

from collections.abc import Callable
from pathlib import Path

from flask import Response, abort, render_template, request

from scribe_mock.spec import SpecFile, shipped
from scribe_mock.web.docs.book import ASSETS, Book
from scribe_mock.web.docs.samples import TOKEN
from scribe_mock.web.navigation import DOCUMENTATION, GUIDES, INSPECTOR
from scribe_mock.web.site import SHARED_ASSETS, Site

_SPEC_TYPE = "application/yaml"
#: The JavaScript client, by the ends of its files' names. Types have no media type of their own.
_CLIENT_TYPES = {".mjs": "text/javascript", ".mts": "text/plain", ".ts": "text/plain"}


def create_pages(spec: SpecFile, control_spec: SpecFile, *, token: str | None = None) -> Site:
    """The start page, the pages under `/docs`, both specs, their audio, the JavaScript client.

    Args:
        spec: The contract that is served.
        control_spec: The control API's.
        token: One of the accepted tokens, for the samples; None if any token is accepted.
    """
    # A token of the server's list is a secret, and these pages are for everyone.
    book = Book(spec, control_spec, served=True, token=TOKEN if token is None else "")
    pages = Site(__name__, Path(__file__).parent)

    @pages.get("/")
    def start() -> str:
        navigation = [
            {"name": entry.name, "label": entry.label, "href": entry.path}
            for entry in DOCUMENTATION + INSPECTOR
        ]
        return render_template(
            "start.html",
            address=request.host_url.rstrip("/"),
            any_token=token is None,
            asset=lambda name: f"/docs/assets/{name}",
            home="/",
            here="start",
            navigation=navigation,
        )

    for entry in (*DOCUMENTATION, *GUIDES):
        pages.add_url_rule(entry.path, f"page {entry.name}", _page(book, entry.name))

    @pages.get("/docs/assets/<any('api.js','control-api.js'):name>")
    def spec_script(name: str) -> Response:
        answer = Response(book.scripts[name], mimetype="text/javascript")
        answer.add_etag()
        answer.make_conditional(request)
        return answer

    pages.add_assets("/docs/assets", ASSETS, SHARED_ASSETS)
    # The contract names these files as examples of bodies.
    pages.add_assets("/fixtures/audio", shipped("fixtures") / "audio")
    _add_files(pages, spec, control_spec)
    return pages


def _add_files(pages: Site, spec: SpecFile, control_spec: SpecFile) -> None:
    """Serve both specs and the JavaScript client as they are."""

    @pages.get("/openapi.yaml")
    def contract_file() -> Response:
        return Response(spec.text, mimetype=_SPEC_TYPE)

    @pages.get("/_mock/control.yaml")
    def control_file() -> Response:
        return Response(control_spec.text, mimetype=_SPEC_TYPE)

    @pages.get("/_mock/client/<name>")
    def client_file(name: str) -> Response:
        files = {path.name: path for path in shipped("client").iterdir()}
        if name not in files:
            abort(404)
        return Response(files[name].read_bytes(), mimetype=_CLIENT_TYPES[files[name].suffix])


def _page(book: Book, name: str) -> Callable[[], str]:
    return lambda: book.page(name)
