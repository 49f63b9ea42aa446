"""One of several servers with the same Redis."""

import asyncio
from collections.abc import Awaitable, Callable, Iterable, Mapping
from contextlib import AbstractAsyncContextManager, suppress
from typing import Any, Protocol

from scribe_mock.errors import ApiError, StoreUnreachable
from scribe_mock.sessions.scopes import Scope
from scribe_mock.sharing.mirror import Mirror
from scribe_mock.sharing.peers import Handler, Peers
from scribe_mock.sharing.planted import Planted, SigningKeys
from scribe_mock.sharing.shared_changes import SharedChanges
from scribe_mock.sharing.shared_journal import SharedJournal
from scribe_mock.sharing.sharing import Sharing
from scribe_mock.sharing.steering_state import CHANGED, SteeringState
from scribe_mock.store.redis import prefetch
from scribe_mock.store.redis.connection import Command, Connection

#: How long another server may take to store what a socket has received, in seconds.
_SETTLE_SECONDS = 6.0


class _Forgets(Protocol):
    def forget(self, scope: Scope) -> None: ...


class Shared(Sharing):
    """What this server has in common with others.

    Args:
        connection: Redis.
    """

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        #: The other servers.
        self.peers = Peers(connection)
        #: The revision of all servers.
        self.changes = SharedChanges(connection, self.peers)
        self._state = SteeringState(connection, self.peers)
        self._planted = Planted()
        self._looking: asyncio.Task[None] | None = None

    async def join(
        self,
        mirrors: Mapping[str, Mirror],
        keys: SigningKeys,
        plant: Callable[[], Awaitable[None]],
        journal: SharedJournal,
        parts: Iterable[_Forgets],
        flush: Callable[[], Awaitable[None]],
        settle: Callable[[str], Awaitable[None]],
        handlers: Mapping[str, Handler],
    ) -> None:
        """Begin to have what the others have.

        Args:
            mirrors: The parts of this server that others have too, by name.
            keys: What this server signs with.
            plant: Makes what a fresh server has, if no other one did.
            journal: The entries of all servers.
            parts: Those that have something of their own to forget.
            flush: Writes what they have forgotten.
            settle: Closes the socket of a session at this server.
            handlers: What else this server does when others tell or ask.
        """
        self._keys, self._plant, self._journal = keys, plant, journal
        self._state.mirror({**mirrors, "keys": keys, "planted": self._planted})

        async def forget(scope: tuple[str | None, str | None]) -> None:
            for part in parts:
                part.forget(Scope(*scope))
            await flush()

        own: dict[str, Handler] = {
            CHANGED: self._on_change,
            "revision": self.changes.reached,
            "forget": forget,
            "settle": settle,
        }
        await self.peers.join({**own, **journal.handlers(), **handlers}, self._missed)
        await self.look_again()

    async def leave(self) -> None:
        """Leave the others alone: this server stops."""
        if self._looking is not None:
            self._looking.cancel()
        with suppress(StoreUnreachable):
            await self._journal.leave()
        await self._state.leave()
        await self.peers.leave()

    def changing(self) -> AbstractAsyncContextManager[None]:
        """Around whatever changes what servers share; see Sharing."""
        return self._state.changing()

    async def look(self, path: str) -> ApiError | None:
        """Before a request: learn what others have changed, or why that can't be learned.

        Args:
            path: That of the request: the session of an upload is read as well.
        """
        try:
            await self._look(prefetch.session_of(path))
        except ApiError as error:
            return error
        return None

    async def look_again(self) -> None:
        """Learn what others have changed; raises ServiceUnavailable."""
        prefetch.forget()  # this request may have waited since
        await self._look(None)

    async def _look(self, session_id: str | None) -> None:
        commands: list[Command] = [("GET", self._state.version_key)]
        if session_id is not None:
            commands.append(prefetch.fields_of(self._connection.prefix, session_id))
        version, *read = await self._connection.run(*commands)
        if session_id is not None:
            prefetch.note(session_id, read[0])
        await self._state.saw(version)
        if not self._planted.done:
            await self._make_fresh()

    async def settle(self, session_id: str) -> None:
        """Let the other servers close the socket of a session, once all its audio is stored."""
        await self.peers.ask("settle", session_id, _SETTLE_SECONDS)

    async def forget(self, scope: Scope) -> None:
        """Let the other servers forget what they have of a scope by themselves."""
        await self.peers.ask("forget", (scope.session_id, scope.owner))
        await self._journal.forget_everywhere(scope)

    async def forget_requests(self, scope: Scope) -> None:
        """Let the other servers forget the entries of the journal of a scope."""
        await self.peers.ask("forget_requests", (scope.session_id, scope.owner))
        await self._journal.forget_everywhere(scope)

    async def _make_fresh(self) -> None:
        """Make what a fresh server has, unless another server does that meanwhile."""
        async with self.changing():
            if not self._planted.done:
                self._keys.plant()
                await self._plant()
                self._planted.finish()

    async def _on_change(self, _: Any) -> None:
        """What goes by clocks and faults without a request learns of it, too."""
        await self.look_again()

    def _missed(self) -> None:
        if self._looking is None or self._looking.done():
            self._looking = asyncio.create_task(self._catch_up())

    async def _catch_up(self) -> None:
        """Learn what was told while this server did not listen."""
        with suppress(StoreUnreachable):
            await self.look_again()
        await self.changes.read()
