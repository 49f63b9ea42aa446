"""Where a server is: its origin, and the base under which its sessions lie."""

import ipaddress
import socket
from dataclasses import dataclass
from typing import Self
from urllib.parse import urlsplit

#: Ports that a URL leaves out.
_PORTS = {"http": 80, "https": 443, "ws": 80, "wss": 443}


@dataclass(frozen=True, slots=True)
class Origin:
    """Scheme, host and port."""

    scheme: str
    host: str
    port: int

    @property
    def secure(self) -> bool:
        """Whether the connection is encrypted."""
        return self.scheme in ("https", "wss")

    @property
    def authority(self) -> str:
        """The value of the Host field: without the port where it is the scheme's own."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        return host if self.port == _PORTS[self.scheme] else f"{host}:{self.port}"

    def __str__(self) -> str:
        return f"{self.scheme}://{self.authority}"

    def is_public(self) -> bool:
        """Whether the host lies outside this machine and private networks; unknown ones do."""
        try:
            found = socket.getaddrinfo(self.host, self.port, type=socket.SOCK_STREAM)
        except OSError:
            return False
        addresses = [ipaddress.ip_address(str(entry[4][0]).partition("%")[0]) for entry in found]
        return any(address.is_global for address in addresses)


@dataclass(frozen=True, slots=True)
class Address:
    """A URL in two parts.

    Args:
        origin: Scheme, host and port.
        path: From the slash on, with the query, as it goes over the wire; no slash at its end.
    """

    origin: Origin
    path: str

    @classmethod
    def parse(cls, url: str) -> Self:
        """The address in a URL.

        Raises:
            ValueError: it is no absolute http, https, ws or wss URL.
        """
        url = url.strip()
        parts = urlsplit(url)
        sendable = url.isascii() and url.isprintable() and " " not in url
        if not sendable or parts.scheme not in _PORTS or not parts.hostname:
            raise ValueError(f"{url!r} is no address such as http://127.0.0.1:8080/voice/v1")
        origin = Origin(parts.scheme, parts.hostname, parts.port or _PORTS[parts.scheme])
        query = f"?{parts.query}" if parts.query else ""
        return cls(origin, parts.path.rstrip("/") + query)

    def __str__(self) -> str:
        return f"{self.origin}{self.path}"
