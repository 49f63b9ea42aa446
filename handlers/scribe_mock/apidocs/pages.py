"""The documentation's pages, as a Flask app: both specs, and a page that renders them."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from flask import Flask, Response, render_template, request, send_from_directory
from swagger_ui_bundle import swagger_ui_path
from werkzeug.exceptions import HTTPException
from werkzeug.exceptions import MethodNotAllowed as WrongMethod

from scribe_mock.errors import ApiError, MethodNotAllowed, NotFound

_SPEC_TYPE = "application/yaml"


def create_pages(spec: Path, control_spec: Path) -> Flask:
    """The pages under `/docs`, and the files `/openapi.yaml` and `/_mock/control.yaml`.

    Args:
        spec: The contract that is served.
        control_spec: The control API's.
    """
    pages = Flask(__name__, static_folder=None)

    @pages.get("/docs")
    def docs() -> str:
        return render_template("docs.html")

    @pages.get("/docs/assets/<name>")
    def asset(name: str) -> Response:
        return send_from_directory(swagger_ui_path, name, max_age=86400)

    @pages.get("/openapi.yaml")
    def contract() -> Response:
        return Response(spec.read_bytes(), mimetype=_SPEC_TYPE)

    @pages.get("/_mock/control.yaml")
    def control() -> Response:
        return Response(control_spec.read_bytes(), mimetype=_SPEC_TYPE)

    @pages.errorhandler(HTTPException)
    def envelope(error: HTTPException) -> tuple[dict[str, Any], int, Mapping[str, str]]:
        answer: ApiError = NotFound("There is no such page. The documentation is at /docs.")
        if isinstance(error, WrongMethod):
            answer = MethodNotAllowed(request.method, sorted(error.valid_methods or ()))
        return answer.envelope(), answer.status, answer.headers

    return pages
