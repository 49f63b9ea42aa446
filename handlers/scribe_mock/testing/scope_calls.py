"""Calls of the control API for one scope: everything, or one bearer token."""

from collections.abc import Mapping
from typing import Any

from scribe_mock.testing.control_client import ControlClient

#: pytest leaves this module out of tracebacks: they end at the test's own line.
__tracebackhide__ = True


class ScopeCalls:
    """Calls that concern one scope.

    Args:
        client: Sends them.
        token: The token whose scope is meant; None for everything on the server.
        access: The bearer token that the calls themselves have, for a server that lists tokens.
    """

    def __init__(self, client: ControlClient, token: str | None, access: str | None) -> None:
        self._client = client
        self._access = access
        #: What names the scope, in bodies and in queries.
        self.scope: Mapping[str, str] = {"token": token} if token is not None else {}

    def send(
        self,
        method: str,
        path: str,
        body: Any = None,
        *,
        content: bytes | None = None,
        query: Mapping[str, Any] | None = None,
        wait_seconds: float = 0,
    ) -> Any:
        """The answer's JSON; raises ControlError."""
        return self._client.call(
            method,
            path,
            body,
            content=content,
            query=query,
            token=self._access,
            wait_seconds=wait_seconds,
        )

    def ask(self, path: str, **query: Any) -> Any:
        """The JSON that a GET in this scope has; parameters that are None are left out."""
        return self.send("GET", path, query={**self.scope, **query})

    def change(self, method: str, path: str, **body: Any) -> Any:
        """The answer to a body that names this scope."""
        return self.send(method, path, {**self.scope, **body})
