"""Refuses requests of other sites' pages to the control API.

Without this, any web page that the developer visits could make the browser reset the mock or read
its sessions; a token would not prevent it, since login gives one to everybody. Browsers tell where
a request comes from in `Origin` and `Sec-Fetch-Site` (Fetch Metadata). Other programs send neither
and are accepted. So is a page on another port of the same host: it is the developer's own frontend.
A page opened from `file://` has the origin `null`, like a sandboxed frame of any site: refused.

A page can also make its own host name resolve to this machine (DNS rebinding); the browser then
sees no other site. Only `Host` shows it, so on the loopback interface the host name must be a
known one.

And a page can register a webhook with the address of this API: the mock's own deliveries are
refused too.
"""

from collections.abc import Mapping
from ipaddress import ip_address
from urllib.parse import urlsplit

from starlette.types import ASGIApp, Receive, Scope, Send

from scribe_mock.api.proxies import is_from_proxy
from scribe_mock.errors import CrossSiteRefused
from scribe_mock.settings import Settings
from scribe_mock.webhooks.deliveries import USER_AGENT

_SAFE_METHODS = frozenset({"GET", "HEAD", "OPTIONS"})
_LOOPBACK = "loopback"


class SameSite:
    """Refuses requests that a browser sends for a page of another site.

    Args:
        app: The guarded app.
        settings: For the public URL, and the proxies, which check host names themselves.
    """

    def __init__(self, app: ASGIApp, settings: Settings) -> None:
        self._app = app
        self._proxies = settings.forwarded_allow_ips
        self._names = {_LOOPBACK}
        if settings.public_url is not None:
            self._names.add(_host(settings.public_url) or _LOOPBACK)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on; raises CrossSiteRefused."""
        headers = {name.decode(): value.decode("latin-1") for name, value in scope["headers"]}
        _refuse_other_sites(scope["method"], headers)
        if headers.get("user-agent") == USER_AGENT:
            raise CrossSiteRefused("A webhook may not use the control API. Call it from a program.")
        # Browsers always send Host; a health check with HTTP/1.0 may not.
        if "host" in headers and _is_loopback(scope) and not is_from_proxy(scope, self._proxies):
            self._refuse_strange_names(headers["host"])
        await self._app(scope, receive, send)

    def _refuse_strange_names(self, host: str) -> None:
        name = _host(f"//{host}")
        if name not in self._names and not _is_address(name):
            raise CrossSiteRefused(
                f"The control API does not accept the host name {host[:100]}. Call it as "
                f"localhost, or start the mock with --public-url http://{host[:100]}."
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
    """The host of a URL; all names of the local machine become one."""
    try:
        name = urlsplit(address).hostname
    except ValueError:
        return None
    if name in ("localhost", "127.0.0.1", "::1") or (name or "").endswith(".localhost"):
        return _LOOPBACK
    return name


def _is_address(name: str | None) -> bool:
    """Whether a host is an IP address, which needs no resolution."""
    try:
        ip_address(name or "")
    except ValueError:
        return False
    return True


def _is_loopback(scope: Scope) -> bool:
    """Whether a request arrived on the loopback interface."""
    address, *_ = scope.get("server") or ("",)
    return _is_address(address) and ip_address(address).is_loopback
