"""The control API is for programs, and for pages on the mock's own host.

Nothing else would keep any web page that the developer visits from making their browser reset the
mock or read its sessions: a token would not, since login gives one to whoever asks. Browsers say
where a request comes from, in `Origin` and `Sec-Fetch-Site` (Fetch Metadata); programs send
neither, and go on working. A frontend on another port of the same host may use the control API. A
page opened from `file://` has the origin `null`, like a sandboxed frame of any site, so it may not.

A page whose name was given this machine's address (DNS rebinding) is no other site to the browser.
Only the name in `Host` tells, so on the loopback interface it has to be a known one.
"""

from collections.abc import Mapping
from ipaddress import ip_address
from urllib.parse import urlsplit

from starlette.types import ASGIApp, Receive, Scope, Send

from scribe_mock.errors import CrossSiteRefused
from scribe_mock.settings import Settings

_SAFE_METHODS = frozenset({"GET", "HEAD", "OPTIONS"})
_LOOPBACK = "loopback"


class SameSite:
    """Refuses requests that a browser sends for a page of another site.

    Args:
        app: What is guarded.
        settings: Name the public URL, and whether a proxy is trusted to know names.
    """

    def __init__(self, app: ASGIApp, settings: Settings) -> None:
        self._app = app
        self._any_name = settings.trust_forwarded
        self._names = {_LOOPBACK}
        if settings.public_url is not None:
            self._names.add(_host(settings.public_url) or _LOOPBACK)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on; raises CrossSiteRefused."""
        headers = {name.decode(): value.decode("latin-1") for name, value in scope["headers"]}
        _refuse_other_sites(scope["method"], headers)
        # Browsers always send a Host; a health check in HTTP/1.0 may not.
        if "host" in headers and not self._any_name and _is_loopback(scope):
            self._refuse_strange_names(headers["host"])
        await self._app(scope, receive, send)

    def _refuse_strange_names(self, host: str) -> None:
        name = _host(f"//{host}")
        if name not in self._names and not _is_address(name):
            raise CrossSiteRefused(
                f"The control API has no host named {host[:100]}. Call it as localhost, or start "
                f"the mock with --public-url http://{host[:100]}."
            )


def _refuse_other_sites(method: str, headers: Mapping[str, str]) -> None:
    site, origin = headers.get("sec-fetch-site"), headers.get("origin")
    if site in ("same-origin", "none"):
        return
    if origin is not None:
        if _host(origin) is None or _host(origin) != _host(f"//{headers.get('host', '')}"):
            raise _other_site(origin)
    elif site is not None and method not in _SAFE_METHODS:
        raise _other_site(site)


def _other_site(origin: str) -> CrossSiteRefused:
    return CrossSiteRefused(
        f"A page of another site ({origin[:100]}) may not use the control API. "
        "Call it from a program, or from a page on the mock's own host."
    )


def _host(address: str) -> str | None:
    """The host of an address; one name for all of the local machine's."""
    try:
        name = urlsplit(address).hostname
    except ValueError:
        return None
    if name in ("localhost", "127.0.0.1", "::1") or (name or "").endswith(".localhost"):
        return _LOOPBACK
    return name


def _is_address(name: str | None) -> bool:
    """Whether it is an IP address, which nobody can make a name lead to."""
    try:
        ip_address(name or "")
    except ValueError:
        return False
    return True


def _is_loopback(scope: Scope) -> bool:
    """Whether a request came in over the loopback interface."""
    address, *_ = scope.get("server") or ("",)
    return _is_address(address) and ip_address(address).is_loopback
