"""Where deliveries may go: this machine, and the hosts that the mock was told of."""

import asyncio
import re
import socket
import threading
from collections.abc import Collection
from contextlib import suppress
from dataclasses import dataclass
from ipaddress import ip_address
from urllib.parse import urlsplit

_MAX_URL = 2048
_PORTS = {"http": 80, "https": 443}
#: What `localhost` means (RFC 6761, 6.3). No name server is asked, so none can lead away.
_LOOPBACK_ADDRESSES = ("127.0.0.1", "::1")


@dataclass(frozen=True, slots=True, kw_only=True)
class Receiver:
    """The address that deliveries of a webhook go to.

    Args:
        secure: Whether it is https.
        host, port: Where to connect.
        local: Whether it is this machine; its certificate is not verified then.
        authority: The value of the header `Host`.
        target: The path with its query.
    """

    secure: bool
    host: str
    port: int
    local: bool
    authority: str
    target: str

    @classmethod
    def of(cls, url: str, named: Collection[str]) -> "Receiver":
        """The receiver of a URL; raises ValueError, which says what is wrong with the URL.

        Args:
            url: What a client registers.
            named: The hosts besides this machine that may get deliveries, in lower case.
        """
        if not re.fullmatch(rf"[!-~]{{1,{_MAX_URL}}}", url):
            raise ValueError(f"expected a URL of at most {_MAX_URL} ASCII characters, no spaces")
        parts = urlsplit(url)
        host, port = parts.hostname or "", parts.port
        if parts.scheme not in _PORTS or not host or port == 0:
            raise ValueError("expected a whole URL such as http://localhost:9000/hook")
        if parts.username is not None or parts.password is not None:
            raise ValueError("expected a URL without a user name; use a secret instead")
        local = is_loopback(host)
        if not local and host not in named:
            raise ValueError(
                "expected a receiver on this machine, such as http://localhost:9000/hook; "
                f"start the mock with --webhook-host {host[:100]} to allow this one"
            )
        if not local and parts.scheme != "https":
            raise ValueError("expected https: only receivers on this machine may use http")
        return cls(
            secure=parts.scheme == "https",
            host=host,
            port=port or _PORTS[parts.scheme],
            local=local,
            authority=parts.netloc,
            target=(parts.path or "/") + (f"?{parts.query}" if parts.query else ""),
        )

    async def addresses(self) -> list[str]:
        """The IP addresses to try, in order; raises OSError for a name that has none.

        A receiver on this machine is only ever an address of the loopback interface.
        """
        if not self.local:
            return await _look_up(self.host, self.port)
        return list(_LOOPBACK_ADDRESSES) if _is_local_name(self.host) else [self.host]


def is_loopback(host: str) -> bool:
    """Whether a host is this machine alone, by its address or as `localhost`."""
    if _is_local_name(host):
        return True
    with suppress(ValueError):
        address = ip_address(host)
        return (getattr(address, "ipv4_mapped", None) or address).is_loopback
    return False


def _is_local_name(host: str) -> bool:
    return host == "localhost" or host.endswith(".localhost")


async def _look_up(host: str, port: int) -> list[str]:
    """The addresses of a name, from a thread that no stop of the server waits for."""
    loop = asyncio.get_running_loop()
    found: asyncio.Future[list[str]] = loop.create_future()

    def settle(addresses: list[str], error: OSError | None) -> None:
        if found.done():
            return
        if error is not None:
            found.set_exception(error)
        else:
            found.set_result(addresses)

    def look_up() -> None:
        addresses: list[str] = []
        problem = None
        try:
            answers = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
            addresses = [str(answer[4][0]) for answer in answers]
        except (OSError, UnicodeError) as error:
            problem = OSError(f"the host name {host[:100]} cannot be resolved: {error}")
        with suppress(RuntimeError):  # the server stopped meanwhile
            loop.call_soon_threadsafe(settle, addresses, problem)

    threading.Thread(target=look_up, daemon=True, name="webhook-look-up").start()
    return await found
