"""Where a server is: scheme, host and port, and the path under which its sessions lie."""

import ipaddress
import socket
from dataclasses import dataclass
from typing import Self
from urllib.parse import urlsplit

#: The default port of each scheme.
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
        """The value of the Host field, without the port if it is the default of the scheme."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        return host if self.port == _PORTS[self.scheme] else f"{host}:{self.port}"

    def __str__(self) -> str:
        return f"{self.scheme}://{self.authority}"

    def is_public(self) -> bool:
        """Whether the host has an address outside this machine and private networks.

        A host name that has no address is not public: nothing can be sent there.
        """
        try:
            found = socket.getaddrinfo(self.host, self.port, type=socket.SOCK_STREAM)
        except (OSError, UnicodeError):
            return False
        addresses = [ipaddress.ip_address(str(entry[4][0]).partition("%")[0]) for entry in found]
        return any(address.is_global for address in addresses)


@dataclass(frozen=True, slots=True)
class Address:
    """A URL in two parts.

    Args:
        origin: Scheme, host and port.
        path: Path and query as they go over the wire, without a slash at the end of the path.
    """

    origin: Origin
    path: str

    @classmethod
    def parse(cls, url: str) -> Self:
        """The address in a URL.

        Raises:
            ValueError: it is not an absolute http, https, ws or wss URL in ASCII.
        """
        url = url.strip()
        parts = urlsplit(url)
        sendable = url.isascii() and url.isprintable() and " " not in url
        if not sendable or parts.scheme not in _PORTS or not parts.hostname:
            raise ValueError(f"{url!r} is not an address such as http://127.0.0.1:8080/voice/v1")
        origin = Origin(parts.scheme, parts.hostname, parts.port or _PORTS[parts.scheme])
        query = f"?{parts.query}" if parts.query else ""
        return cls(origin, parts.path.rstrip("/") + query)

    def __str__(self) -> str:
        return f"{self.origin}{self.path}"
