"""Everything that a Python test can ask of a running mock: faults, clock, sessions, journal."""

import datetime
import time
from collections.abc import Sequence
from typing import Any, Unpack

from scribe_mock.paths import BASE_PATH
from scribe_mock.testing.control_client import ControlClient
from scribe_mock.testing.fault_calls import FaultCalls
from scribe_mock.testing.faults import FaultList
from scribe_mock.testing.journal import Entry, EntryMatch
from scribe_mock.testing.ledger import Ledger
from scribe_mock.testing.lock_step import HeldRequest, id_of
from scribe_mock.testing.reference import DECODING_SECONDS
from scribe_mock.testing.scope_calls import ScopeCalls
from scribe_mock.testing.scope_clock import ScopeClock
from scribe_mock.testing.scope_sessions import ScopeSessions

#: pytest leaves this module out of tracebacks: they end at the test's own line.
__tracebackhide__ = True

#: How long `wait_for_held` waits between two looks.
_LOOK_SECONDS = 0.01
#: The entries that a list has at most.
_MOST_ENTRIES = 10_000


class Steering(FaultCalls):
    """The calls that `Scope` and `MockServer` share."""

    #: `http://host:port`, without a slash at the end.
    url: str
    #: The bearer token whose scope this is; None for everything on the server.
    token: str | None
    clock: ScopeClock
    sessions: ScopeSessions

    def _steer(
        self, client: ControlClient, url: str, token: str | None, access: str | None
    ) -> None:
        """Take up the calls for a server at this address."""
        self.url = url
        self.token = token
        self._client = client
        self._calls = ScopeCalls(client, token, access)
        self._faults = FaultList(self._calls)
        self.clock = ScopeClock(self._calls)
        self.sessions = ScopeSessions(self._calls)

    @property
    def base_url(self) -> str:
        """The base of the session API: `http://host:port/voice/v1`."""
        return f"{self.url}{BASE_PATH}"

    def reset(self) -> None:
        """Forget the sessions, faults and entries of this scope, and set its clock."""
        self._calls.change("POST", "/reset")
        self._faults = FaultList(self._calls)

    def held(self) -> list[HeldRequest]:
        """The requests that wait for their release, the oldest first."""
        return [HeldRequest.of(found) for found in self._calls.ask("/held")["held"]]

    def wait_for_held(
        self,
        operation: str | None = None,
        *,
        sequence: int | None = None,
        session_id: str | None = None,
        timeout: float = 10.0,
    ) -> HeldRequest:
        """The first request with all of these that is held; raises TimeoutError if none comes.

        It blocks, as every call does: where the request comes from a coroutine of the same thread,
        call it by `asyncio.to_thread`.

        Args:
            operation: The operationId.
            sequence: The number in the file name of an upload.
            session_id: The id of its session.
            timeout: The longest wait, in seconds.
        """
        until = time.monotonic() + timeout
        while True:
            held = self.held()
            for request in held:
                if request.is_one(operation, sequence, session_id):
                    return request
            if time.monotonic() >= until:
                raise TimeoutError(f"No such request was held within {timeout} s; held: {held}")
            time.sleep(_LOOK_SECONDS)

    def release(self, request: HeldRequest | str) -> None:
        """Let a held request go on; raises ControlError if it is not held."""
        self._calls.send("POST", f"/held/{id_of(request)}/release")

    def refuse(
        self,
        request: HeldRequest | str,
        *,
        status: int | None = None,
        code: str | None = None,
        message: str | None = None,
    ) -> None:
        """Answer a held request with an error; raises ControlError if it is not held."""
        error = {"status": status, "code": code, "message": message}
        given = {name: value for name, value in error.items() if value is not None}
        self._calls.send("POST", f"/held/{id_of(request)}/refuse", given)

    def release_in_order(
        self, requests: Sequence[HeldRequest | str], *, wait_seconds: float = 10.0
    ) -> None:
        """Release requests, each after the one before was answered.

        Args:
            requests: Held requests, or ids (`X-Request-Id`) of those that are still to come.
            wait_seconds: How long to wait for one that is not held yet.
        """
        body = {"order": [id_of(request) for request in requests], "wait_seconds": wait_seconds}
        longest = wait_seconds * len(requests)
        self._calls.send("POST", "/held/release", body, wait_seconds=longest)

    def requests(
        self,
        operation: str | None = None,
        *,
        status: int | None = None,
        code: str | None = None,
        session_id: str | None = None,
        since: datetime.datetime | None = None,
    ) -> list[Entry]:
        """What arrived in this scope and has all of these, the oldest first."""
        answer = self._calls.ask(
            "/requests",
            operation=operation,
            status=status,
            code=code,
            session_id=session_id,
            since=_text(since),
            limit=_MOST_ENTRIES,
        )
        return [Entry.of(found) for found in answer["requests"]]

    def verify(
        self,
        count: int | None = None,
        *,
        at_least: int | None = None,
        at_most: int | None = None,
        **match: Unpack[EntryMatch],
    ) -> int:
        """The number of requests in this scope that match; raises VerificationFailed for another.

        Args:
            count: Exactly so many; or give a bound, or both.
            at_least: The lower bound.
            at_most: The upper bound.
            match: What the requests must be; without it, all count.
        """
        bounds = {"at_least": at_least, "at_most": at_most}
        given = {name: value for name, value in bounds.items() if value is not None}
        wanted = {name: _text(value) for name, value in match.items()}
        body = {
            "match": {**self._calls.scope, **wanted},
            "count": given if count is None else count,
        }
        return int(self._calls.send("POST", "/requests/verify", body)["count"])

    def har(self) -> dict[str, Any]:
        """What arrived in this scope, as HAR 1.2."""
        archive: dict[str, Any] = self._calls.ask("/requests.har")
        return archive

    def ledger(self, session_id: str) -> Ledger:
        """What became of the audio of a session, as of now; raises ControlError."""
        path = f"/sessions/{session_id}/ledger"

        def ask(sha256: Sequence[str]) -> None:
            self._calls.send("POST", f"{path}/verify", {"sha256": list(sha256)})

        found = more = self._calls.send("GET", path, wait_seconds=DECODING_SECONDS)
        while more["chunks"] and len(found["chunks"]) < found["chunks_total"]:
            query = {"offset": len(found["chunks"])}
            more = self._calls.send("GET", path, query=query, wait_seconds=DECODING_SECONDS)
            found["chunks"] += more["chunks"]
        return Ledger.of(found, ask)


def _text(value: Any) -> Any:
    """A time as RFC 3339; all else as it is."""
    return value.isoformat() if isinstance(value, datetime.datetime) else value
