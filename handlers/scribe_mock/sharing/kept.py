"""The steering state of a server that is alone, in the file that its sessions are in."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager
from functools import partial
from typing import Any

from scribe_mock.sessions.noting import not_shared
from scribe_mock.sharing.mirror import Mirror
from scribe_mock.sharing.planted import Planted, SigningKeys
from scribe_mock.sharing.sharing import Sharing
from scribe_mock.store.plain_codec import decode_plain, encode_plain
from scribe_mock.store.sqlite.database import Database, Statement

#: An entry that is written again keeps its place: faults are listed in the order they were set.
_PUT = "INSERT INTO kept VALUES (?, ?) ON CONFLICT (name) DO UPDATE SET record = excluded.record"
_DROP = "DELETE FROM kept WHERE name = ?"


class Kept(Sharing):
    """Writes each change of the steering state, and reads all at the start.

    Args:
        database: The file.
    """

    def __init__(self, database: Database) -> None:
        self._database = database
        self._mirrors: Mapping[str, Mirror] = {}
        #: In the order of the first change.
        self._changed: dict[str, None] = {}
        self._loading = False
        self._soon: asyncio.Handle | None = None

    async def begin(
        self,
        mirrors: Mapping[str, Mirror],
        keys: SigningKeys,
        plant: Callable[[], Awaitable[None]],
    ) -> None:
        """Have what the file has, and keep it up to date from now on.

        Args:
            mirrors: The parts of this server that are in the file, by name.
            keys: What this server signs with.
            plant: Makes what a fresh server has, if the file is new.
        """
        planted = Planted()
        self._mirrors = {**mirrors, "keys": keys, "planted": planted}
        for name, mirror in self._mirrors.items():
            mirror.noted = partial(self._note, name)
        self._load()
        async with self.changing():
            if not planted.done:
                keys.plant()
                await plant()
                planted.finish()

    async def leave(self) -> None:
        """Write the last changes; what happens while this server stops is in no file."""
        for mirror in self._mirrors.values():
            mirror.noted = not_shared
        self._write()

    @asynccontextmanager
    async def changing(self) -> AsyncIterator[None]:
        """Around a change: it is in the file at the end; raises ServiceUnavailable."""
        self._database.require_writable()
        yield
        self._write()
        await self._database.written()

    def _load(self) -> None:
        """Have what the file has, and nothing else unless it is new."""
        self._loading = True
        records = dict(self._database.read("SELECT name, record FROM kept ORDER BY rowid"))
        for name in self._all_names().difference(records) if records else ():
            self._put(name, None)
        for name, record in records.items():
            self._put(name, decode_plain(record))
        self._loading = False

    def _all_names(self) -> set[str]:
        return {f"{part} {key}" for part, mirror in self._mirrors.items() for key in mirror.names()}

    def _put(self, name: str, entry: Any) -> None:
        part, _, key = name.partition(" ")
        self._mirrors[part].load(key, entry)

    def _note(self, part: str, key: str) -> None:
        """An entry changes; what it is then is written when the change is over."""
        if self._loading:
            return
        self._changed[f"{part} {key}"] = None
        if self._soon is None:
            self._soon = asyncio.get_running_loop().call_soon(self._write)

    def _write(self) -> None:
        if self._soon is not None:
            self._soon.cancel()
            self._soon = None
        changed, self._changed = self._changed, {}
        self._database.write(*map(self._statement, changed))

    def _statement(self, name: str) -> Statement:
        part, _, key = name.partition(" ")
        entry: Any = self._mirrors[part].entry(key)
        if entry is None:
            return _DROP, (name,)
        return _PUT, (name, encode_plain(entry))
