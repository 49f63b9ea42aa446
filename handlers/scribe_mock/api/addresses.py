"""The server's own address, as the client of a request sees it."""

import re

from starlette.requests import Request

from scribe_mock.api.proxies import forwarded, is_from_proxy
from scribe_mock.settings import Settings

_HOST = re.compile(r"[A-Za-z0-9._~\-]+(?::[0-9]{1,5})?|\[[0-9A-Fa-f:.]+\](?::[0-9]{1,5})?")


def base_url(request: Request, settings: Settings) -> str:
    """`http://host:port`, without a slash at the end.

    `Forwarded` (RFC 7239) and `X-Forwarded-*` are used only if they come from a proxy that the
    settings name. A Host header that names no valid host is replaced by the address that the
    server listens on.
    """
    if settings.public_url is not None:
        return settings.public_url
    scheme, host = request.scope["scheme"], request.headers.get("host", "")
    trusted = settings.forwarded_allow_ips
    if is_from_proxy(request.scope, trusted):
        forwarded_scheme, forwarded_host = forwarded(request.headers, trusted)
        scheme, host = forwarded_scheme or scheme, forwarded_host or host
    if not _HOST.fullmatch(host):
        address, port = request.scope.get("server") or (settings.host, settings.port)
        host = f"[{address}]:{port}" if ":" in address else f"{address}:{port}"
    return f"{scheme}://{host}"
