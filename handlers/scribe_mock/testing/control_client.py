"""Sends requests to the control API of a running mock, over connections that stay open."""

import http.client
import json
import time
import weakref
from collections.abc import Mapping
from contextlib import suppress
from typing import Any
from urllib.parse import quote, urlencode, urlsplit

from scribe_mock.errors import ScribeError

#: pytest leaves this module out of tracebacks: they end at the test's own line.
__tracebackhide__ = True

#: The server closes a connection that was idle for 5 seconds; ours are given up well before.
_IDLE_SECONDS = 2.0
#: An answer takes milliseconds; this only ends the wait for a server that hangs.
_TIMEOUT_SECONDS = 30.0


class ControlError(ScribeError):
    """The mock refused a call, or did not answer.

    Args:
        message: What the mock said, or why there was no answer.
        status: The status of the answer; 0 without one.
        code: The error code of the answer.
        details: The error's `details`.
    """

    def __init__(
        self,
        message: str,
        *,
        status: int = 0,
        code: str | None = None,
        details: Mapping[str, Any] | None = None,
    ) -> None:
        super().__init__(message)
        self.message = message
        self.status = status
        self.code = code
        self.details = details or {}


class VerificationFailed(ControlError, AssertionError):
    """What arrived is not what the test expects; the message says the difference."""


class ControlClient:
    """The control API of one running mock; threads may share it.

    Args:
        url: `http://host:port` of the mock, without a slash at the end.
    """

    def __init__(self, url: str) -> None:
        parts = urlsplit(url)
        self._secure = parts.scheme == "https"
        self._address = parts.netloc
        self._prefix = f"{parts.path}/_mock"
        self._url = url
        self._idle: list[tuple[http.client.HTTPConnection, float]] = []
        weakref.finalize(self, _close_all, self._idle)

    def close(self) -> None:
        """Close the connections; the next call opens a new one."""
        _close_all(self._idle)

    def call(
        self,
        method: str,
        path: str,
        body: Any = None,
        *,
        content: bytes | None = None,
        query: Mapping[str, Any] | None = None,
        token: str | None = None,
        wait_seconds: float = 0,
    ) -> Any:
        """The JSON of the answer, None without one; raises ControlError.

        Args:
            method: The HTTP method.
            path: What follows `/_mock`.
            body: Sent as JSON, unless it is None.
            content: Sent as it is instead.
            query: Parameters; those that are None are left out.
            token: The bearer token to send, for a server that lists tokens.
            wait_seconds: How long the mock itself may wait before it answers.
        """
        given = {name: value for name, value in (query or {}).items() if value is not None}
        target = quote(self._prefix + path) + (f"?{urlencode(given)}" if given else "")
        headers = {"Authorization": f"Bearer {token}"} if token else {}
        if body is not None:
            headers["Content-Type"] = "application/json"
            content = json.dumps(body).encode()
        try:
            status, answer = self._exchange(method, target, content, headers, wait_seconds)
        except (OSError, http.client.HTTPException) as error:
            reason = str(error) or type(error).__name__
            raise ControlError(f"No answer from the mock at {self._url}: {reason}.") from error
        if status >= 400:
            raise _error(status, answer, f"{method} /_mock{path}")
        return json.loads(answer) if answer else None

    def _exchange(
        self,
        method: str,
        target: str,
        content: bytes | None,
        headers: Mapping[str, str],
        wait_seconds: float,
    ) -> tuple[int, bytes]:
        """Status and body of the answer."""
        connection = self._connection()
        try:
            connection.sock.settimeout(_TIMEOUT_SECONDS + wait_seconds)
            connection.request(method, target, content, headers)
            response = connection.getresponse()
            answer = response.read()
        except BaseException:
            connection.close()
            raise
        if not response.will_close:
            self._idle.append((connection, time.monotonic()))
        return response.status, answer

    def _connection(self) -> http.client.HTTPConnection:
        """One that is open and idle, or a new one."""
        if not self._url:
            raise ControlError("The server is not running: use it inside its `with` block.")
        if not self._address:
            raise ControlError(f"Expected http://host:port of a mock, not {self._url!r}.")
        with suppress(IndexError):
            while True:
                connection, since = self._idle.pop()
                if time.monotonic() - since < _IDLE_SECONDS:
                    return connection
                connection.close()
        kind = http.client.HTTPSConnection if self._secure else http.client.HTTPConnection
        connection = kind(self._address, timeout=_TIMEOUT_SECONDS)
        connection.connect()
        return connection


def _error(status: int, answer: bytes, call: str) -> ControlError:
    """The error that an answer means."""
    try:
        error = json.loads(answer)["error"]
        code, message = str(error["code"]), str(error["message"])
    except (ValueError, TypeError, KeyError):
        shown = answer[:200].decode("utf-8", "replace")
        return ControlError(f"{call} answered {status}: {shown}", status=status)
    if status == 401:
        message += (
            " The server was started with --token: give one of its tokens as the scope's own."
        )
    kind = VerificationFailed if code == "verification_failed" else ControlError
    text = f"{message} ({call}: {status} {code})"
    if kind is VerificationFailed:
        text = message
    return kind(text, status=status, code=code, details=error.get("details"))


def _close_all(idle: list[tuple[http.client.HTTPConnection, float]]) -> None:
    with suppress(IndexError):
        while True:
            idle.pop()[0].close()
