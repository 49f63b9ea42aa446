"""A scope of its own on a running mock, for one test."""

import secrets
from typing import Self

from scribe_mock.testing.control_client import ControlClient
from scribe_mock.testing.steering import Steering


class Scope(Steering):
    """One bearer token on a running mock: its sessions, faults, clock and journal.

    Tests with a scope each share a server without seeing one another. The code that a test tries
    must send this token, `Authorization: Bearer {scope.token}`, or log in with it as `client_id`.

    >>> with Scope("http://127.0.0.1:8080") as scope:
    ...     scope.fail("uploadAudio", sequence=3, status=503, times=2)

    Args:
        url: `http://host:port` of the mock.
        token: The bearer token; without one, a new one. With `--token`, one of the server's.
        client: Connections to the mock that are already there; they stay open at the end.
    """

    token: str

    def __init__(
        self, url: str, token: str | None = None, *, client: ControlClient | None = None
    ) -> None:
        url = url.rstrip("/")
        token = token or f"test-{secrets.token_hex(8)}"
        self._owns_client = client is None
        self._steer(client or ControlClient(url), url, token, access=token)

    def close(self) -> None:
        """Close the connections; the scope on the server stays as it is."""
        if self._owns_client:
            self._client.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.reset()
        self.close()
