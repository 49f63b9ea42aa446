"""What proxies say of the client of a request, as far as they can be believed.

A client can write into the same header fields as a proxy. So they count only if the connection
comes from an address that was named; and in a list, to which each proxy adds at the end, only what
the proxies at such addresses have added.
"""

from collections.abc import Collection, Sequence
from functools import lru_cache
from ipaddress import IPv4Network, IPv6Network, ip_address, ip_network
from typing import TypeVar

from starlette.datastructures import Headers
from starlette.types import Scope

T = TypeVar("T")

_Networks = Collection[IPv4Network | IPv6Network]


def is_from_proxy(scope: Scope, trusted: tuple[str, ...]) -> bool:
    """Whether a request comes from one of these addresses or networks."""
    return bool(trusted) and _is_in((scope.get("client") or ("",))[0], _networks(trusted))


def forwarded(headers: Headers, trusted: tuple[str, ...]) -> tuple[str | None, str | None]:
    """Scheme and host that the client used, by the outermost proxy that is trusted.

    Args:
        headers: Those of a request that comes from a proxy.
        trusted: The addresses and networks of proxies.
    """
    networks = _networks(trusted)
    elements = [_fields(element) for element in _list(headers, "forwarded")]
    fields = _outermost(elements, [each.get("for", "") for each in elements], networks) or {}
    clients = _list(headers, "x-forwarded-for")
    scheme = fields.get("proto") or _of_list(headers, "x-forwarded-proto", clients, networks)
    host = fields.get("host") or _of_list(headers, "x-forwarded-host", clients, networks)
    return (scheme if scheme in ("http", "https") else None), host


def _of_list(
    headers: Headers, name: str, clients: Sequence[str], networks: _Networks
) -> str | None:
    return _outermost(_list(headers, name), clients, networks)


def _outermost(values: Sequence[T], clients: Sequence[str], networks: _Networks) -> T | None:
    """What the outermost trusted proxy added to a list, of which each added one; None if empty.

    Args:
        values: What they added.
        clients: Who connected to each of them, as it saw that.
        networks: Where proxies are.
    """
    if not values:
        return None
    place = len(values) - 1
    for client in reversed(clients):
        if not place or not _is_in(client, networks):
            break
        place -= 1
    return values[place]


def _list(headers: Headers, name: str) -> list[str]:
    parts = ",".join(headers.getlist(name)).lower().split(",")
    return [part.strip() for part in parts if part.strip()]


def _fields(element: str) -> dict[str, str]:
    pairs = (pair.partition("=") for pair in element.split(";"))
    return {name.strip(): value.strip().strip('"') for name, _, value in pairs}


def _is_in(address: str, networks: _Networks) -> bool:
    """Whether an address, perhaps with brackets and a port, is in one of the networks."""
    host = address.strip('"')
    host = host[1:].partition("]")[0] if host.startswith("[") else host
    host = host.partition(":")[0] if host.count(":") == 1 else host
    try:
        found = ip_address(host.partition("%")[0])
    except ValueError:
        return False
    found = getattr(found, "ipv4_mapped", None) or found
    return any(found in network for network in networks)


@lru_cache(16)
def _networks(trusted: tuple[str, ...]) -> _Networks:
    return [ip_network(each, strict=False) for each in trusted]
