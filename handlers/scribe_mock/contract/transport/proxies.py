"""The environment's HTTP proxies, which the check does not use."""

import ipaddress
from collections.abc import Mapping
from contextlib import suppress

from scribe_mock.contract.transport.address import Origin


def ignored_proxy(environ: Mapping[str, str], origin: Origin) -> str:
    """The variable that names a proxy for a server; empty if there is none.

    The check does not go through it: a proxy corrects odd requests and answers some itself, so its
    faults would be taken for the server's.

    Args:
        environ: The environment.
        origin: The server.
    """
    if _is_exempt(environ.get("no_proxy") or environ.get("NO_PROXY") or "", origin.host):
        return ""
    scheme = "https" if origin.secure else "http"
    names = [f"{scheme}_proxy", f"{scheme}_proxy".upper(), "all_proxy", "ALL_PROXY"]
    return next((name for name in names if environ.get(name)), "")


def _is_exempt(no_proxy: str, host: str) -> bool:
    """Whether a value of NO_PROXY names a host, as curl and Python's urllib read it."""
    for entry in no_proxy.lower().replace(",", " ").split():
        name = entry.partition(":")[0].lstrip("*.")
        if entry == "*" or host == entry or (name and f".{host}".endswith(f".{name}")):
            return True
        with suppress(ValueError):
            if ipaddress.ip_address(host) in ipaddress.ip_network(entry, strict=False):
                return True
    return False
