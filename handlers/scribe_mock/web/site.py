"""A set of pages as a Flask app: strict headers, the common frame, errors in the envelope.

Pages contain no data of the server. Flask runs in threads, while only the event loop may use the
store; so the scripts of a page ask the control API. Its guards (`--token`, the check for cross-site
requests) thus protect the pages too.
"""

import secrets
from pathlib import Path

from flask import Flask, Response, g, send_from_directory
from jinja2 import ChoiceLoader, FileSystemLoader
from werkzeug.exceptions import HTTPException
from werkzeug.exceptions import NotFound as PageNotFound

from scribe_mock import __version__
from scribe_mock.errors import MethodNotAllowed, NotFound

_HERE = Path(__file__).parent

#: Templates and assets that all sites use.
TEMPLATES = _HERE / "templates"
SHARED_ASSETS = _HERE / "assets"

_POLICY = {
    "default-src": "'none'",
    "script-src": "'self'",
    "style-src": "'self'",
    "img-src": "'self' data:",
    "font-src": "'self'",
    "media-src": "'self' blob:",
    "connect-src": "'self'",
    "form-action": "'none'",
    "base-uri": "'none'",
    "frame-ancestors": "'none'",
}


class Site(Flask):
    """Pages with a strict Content-Security-Policy.

    Args:
        package: The name of the package that the pages belong to.
        folder: The folder of that package; its `templates` are used before the shared ones.
    """

    def __init__(self, package: str, folder: Path) -> None:
        super().__init__(package, static_folder=None, root_path=str(folder))
        self.url_map.strict_slashes = False
        self.jinja_loader = ChoiceLoader(
            [FileSystemLoader(folder / "templates"), FileSystemLoader(TEMPLATES)]
        )
        self.jinja_env.trim_blocks = self.jinja_env.lstrip_blocks = True
        self.jinja_env.globals["version"] = __version__
        self.after_request(_guard)
        self.register_error_handler(HTTPException, _envelope)

    def add_assets(self, url: str, *folders: Path) -> None:
        """Serve files under `url`, each from the first folder that has it."""

        def asset(name: str) -> Response:
            try:
                folder = next((f for f in folders if (f / name).is_file()), folders[-1])
                return send_from_directory(folder, name)
            except (ValueError, OSError):
                # The file system refuses a name with a NUL byte, and one that is too long.
                raise PageNotFound from None

        self.add_url_rule(f"{url}/<path:name>", f"assets {url}", asset)


def style_nonce() -> str:
    """A nonce with which the policy of this answer allows one style element."""
    if "style_nonce" not in g:
        g.style_nonce = secrets.token_urlsafe(16)
    return str(g.style_nonce)


def allow_requests_to(sources: str) -> None:
    """Allow the page of this answer to send requests to `sources`, in the policy's syntax."""
    g.connect_sources = sources


def _guard(response: Response) -> Response:
    policy = dict(_POLICY)
    if "style_nonce" in g:
        policy["style-src"] += f" 'nonce-{g.style_nonce}'"
    if "connect_sources" in g:
        policy["connect-src"] = g.connect_sources
    response.headers["Content-Security-Policy"] = "; ".join(map(" ".join, policy.items()))
    response.headers["X-Content-Type-Options"] = "nosniff"
    response.headers["Referrer-Policy"] = "no-referrer"
    return response


def _envelope(error: HTTPException) -> tuple[dict[str, object], int, dict[str, str]]:
    if error.code == NotFound.status:
        problem = NotFound("There is no such page. The documentation is at /docs.")
        return problem.envelope(), problem.status, {}
    if error.code == MethodNotAllowed.status:
        allowed = sorted(getattr(error, "valid_methods", None) or ["GET", "HEAD"])
        refusal = MethodNotAllowed("This method", allowed)
        return refusal.envelope(), refusal.status, dict(refusal.headers)
    code = error.name.lower().replace(" ", "_")
    problem_body = {"code": code, "message": error.description or ""}
    return {"error": problem_body}, error.code or 500, {}
