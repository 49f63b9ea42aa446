"""The control API is for programs, and for pages on the mock's own host.

Nothing else would keep any web page that the developer visits from making their browser reset the
mock or read its sessions: a token would not, since login gives one to whoever asks. Browsers say
where a request comes from, in `Origin` and `Sec-Fetch-Site` (Fetch Metadata); programs send
neither, and go on working. A frontend on another port of the same host may use the control API. A
page opened from `file://` has the origin `null`, like a sandboxed frame of any site, so it may not.
"""

from collections.abc import Mapping
from urllib.parse import urlsplit

from starlette.types import ASGIApp, Receive, Scope, Send

from scribe_mock.errors import CrossSiteRefused

_SAFE_METHODS = frozenset({"GET", "HEAD", "OPTIONS"})
_LOOPBACK = "loopback"


class SameSite:
    """Refuses requests that a browser sends for a page of another site.

    Args:
        app: What is guarded.
    """

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on; raises CrossSiteRefused."""
        headers = {name.decode(): value.decode("latin-1") for name, value in scope["headers"]}
        _refuse_other_sites(scope["method"], headers)
        await self._app(scope, receive, send)


def _refuse_other_sites(method: str, headers: Mapping[str, str]) -> None:
    site, origin = headers.get("sec-fetch-site"), headers.get("origin")
    if site in ("same-origin", "none"):
        return
    if origin is not None:
        if _host(origin) is None or _host(origin) != _host(f"//{headers.get('host', '')}"):
            raise CrossSiteRefused(origin)
    elif site is not None and method not in _SAFE_METHODS:
        raise CrossSiteRefused(site)


def _host(address: str) -> str | None:
    """The host of an address; one name for all of the local machine's."""
    try:
        name = urlsplit(address).hostname
    except ValueError:
        return None
    if name in ("localhost", "127.0.0.1", "::1") or (name or "").endswith(".localhost"):
        return _LOOPBACK
    return name
