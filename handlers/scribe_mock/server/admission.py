"""Finds the session and checks its state before the rest of the request is read.

The order is the contract's (CONTRACT.md, "Order of checks").
"""

from collections.abc import Awaitable, Callable
from typing import Any

from connexion.middleware.abstract import RoutedAPI, RoutedMiddleware
from starlette.types import ASGIApp, Receive, Scope, Send

from scribe_mock.api.guards import Guard, guard_of
from scribe_mock.server.connexion_internals import next_operation
from scribe_mock.sessions.clocks import Clocks
from scribe_mock.sessions.session import Session
from scribe_mock.store.session_store import SessionStore

#: The operation that needs no chunks of the session: it is called most often.
_UPLOAD = "uploadAudio"

#: Finds a session by its id.
Find = Callable[[str], Awaitable[Session]]


class AdmittedOperation:
    """Finds the session of one operation's requests, and checks the operation's guard."""

    def __init__(self, next_app: ASGIApp, find: Find, clocks: Clocks, guard: Guard | None) -> None:
        self._next_app = next_app
        self._find = find
        self._clocks = clocks
        self._guard = guard

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on with its session; raises SessionNotFound and the guard's errors."""
        session = await self._find(scope["path_params"]["session_id"])
        if self._guard is not None:
            self._guard(session, self._clocks.now(session))
        scope["scribe_mock.session"] = session
        await self._next_app(scope, receive, send)


class AdmissionAPI(RoutedAPI[Any]):
    """The admission of all operations of one spec."""

    def __init__(self, *args: Any, store: SessionStore, clocks: Clocks, **options: Any) -> None:
        super().__init__(*args, **options)
        self._store = store
        self._clocks = clocks
        self.add_paths()

    def make_operation(self, operation: Any) -> ASGIApp:
        """The operation's admission, or the next middleware if its path has no `session_id`."""
        next_app = next_operation(self.next_app, operation.operation_id)
        if "{session_id}" not in operation.path:
            return next_app
        guard = guard_of(operation.function)
        find = self._store.head if operation.operation_id == _UPLOAD else self._store.get
        return AdmittedOperation(next_app, find, self._clocks, guard)


class Admission(RoutedMiddleware[AdmissionAPI]):
    """Admits requests by the state of their session."""

    api_cls = AdmissionAPI
