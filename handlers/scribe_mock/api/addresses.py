"""The server's own address, as the client of a request sees it."""

import re

from starlette.datastructures import Headers
from starlette.requests import Request

from scribe_mock.settings import Settings

_HOST = re.compile(r"[A-Za-z0-9._~\-]+(?::[0-9]{1,5})?|\[[0-9A-Fa-f:.]+\](?::[0-9]{1,5})?")


def base_url(request: Request, settings: Settings) -> str:
    """`http://host:port`, without a slash at the end.

    `Forwarded` (RFC 7239) and `X-Forwarded-*` are used only when the settings trust them. A Host
    header that names no valid host is replaced by the address that the server listens on.
    """
    if settings.public_url is not None:
        return settings.public_url
    scheme, host = request.scope["scheme"], request.headers.get("host", "")
    if settings.trust_forwarded:
        forwarded_scheme, forwarded_host = _forwarded(request.headers)
        scheme, host = forwarded_scheme or scheme, forwarded_host or host
    if not _HOST.fullmatch(host):
        address, port = request.scope.get("server") or (settings.host, settings.port)
        host = f"[{address}]:{port}" if ":" in address else f"{address}:{port}"
    return f"{scheme}://{host}"


def _forwarded(headers: Headers) -> tuple[str | None, str | None]:
    """Scheme and host of the proxy that is nearest to the client."""
    nearest = headers.get("forwarded", "").lower().partition(",")[0]
    pairs = (pair.partition("=") for pair in nearest.split(";"))
    fields = {name.strip(): value.strip().strip('"') for name, _, value in pairs}
    scheme = fields.get("proto") or _first(headers.get("x-forwarded-proto"))
    host = fields.get("host") or _first(headers.get("x-forwarded-host"))
    return (scheme if scheme in ("http", "https") else None), host


def _first(value: str | None) -> str | None:
    return value.partition(",")[0].strip().lower() if value else None
