"""One SQLite file: its tables, and a thread that writes to it."""

import asyncio
import logging
import sqlite3
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from itertools import groupby
from operator import itemgetter
from pathlib import Path
from typing import Any

from scribe_mock.errors import ServiceUnavailable, StoreError

logger = logging.getLogger("scribe_mock")

#: The form of the tables. A file with another one is refused.
_VERSION = 1
#: "SCRM": tells the mock's files from other programs'.
_APPLICATION_ID = 0x5343524D
_TABLES = """
CREATE TABLE sessions (session_id TEXT PRIMARY KEY, record BLOB NOT NULL);
CREATE TABLE chunks (
    session_id TEXT, sequence INTEGER, record BLOB NOT NULL, body BLOB NOT NULL,
    PRIMARY KEY (session_id, sequence)
);
CREATE TABLE spoken (session_id TEXT PRIMARY KEY, record BLOB NOT NULL, body BLOB NOT NULL);
CREATE TABLE kept (name TEXT PRIMARY KEY, record BLOB NOT NULL);
"""
#: The most seconds that a request waits for the disk, and between two attempts after a failure.
_PATIENCE, _PAUSE = 2.0, 1.0
_LATE = f"that takes more than {_PATIENCE:.0f} seconds"

#: Stands at the end of a statement that can have several rows.
ROWS = "{rows}"
_MOST_ROWS = 32

#: A statement with its parameters; a list of parts is written as their bytes joined.
Statement = tuple[str, tuple[Any, ...]]


class Database:
    """A file that one server alone reads and writes.

    Statements are written in the order in which they were given. All that are given while the
    thread is busy become one transaction, since each transaction waits for the disk.

    Args:
        path: The file; made if there is none. Its folder must exist.

    Raises:
        StoreError: it can't be opened, is in use, or is no file of this version of the mock.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self._statements: list[Statement] = []
        self._waiting: list[asyncio.Future[None]] = []
        self._task: asyncio.Task[None] | None = None
        self._thread = ThreadPoolExecutor(1, "scribe-mock-sqlite")
        #: Why the latest attempt to write failed; None if it did not.
        self.failure: str | None = None
        try:
            self._connection = sqlite3.connect(
                path, timeout=0, isolation_level=None, check_same_thread=False
            )
            self._open()
        except sqlite3.Error as error:
            raise StoreError(_not_opened(path, error)) from None

    def _open(self) -> None:
        execute = self._connection.execute
        # Chunks have tens of kilobytes: with pages of 4 kB they took half as long again.
        execute("PRAGMA page_size = 32768")
        # The lock is kept until the end: one writer.
        execute("PRAGMA locking_mode = EXCLUSIVE")
        execute("PRAGMA journal_mode = WAL")
        execute("PRAGMA synchronous = FULL")
        execute("BEGIN IMMEDIATE")
        found = execute("PRAGMA application_id").fetchone()[0]
        version = execute("PRAGMA user_version").fetchone()[0]
        if not execute("SELECT count(*) FROM sqlite_master").fetchone()[0]:
            for statement in _TABLES.split(";"):
                execute(statement)
            execute(f"PRAGMA application_id = {_APPLICATION_ID}")
            execute(f"PRAGMA user_version = {_VERSION}")
        elif (found, version) != (_APPLICATION_ID, _VERSION):
            raise StoreError(
                f"--store: {self.path} was not made by this version of scribe-mock. Name another "
                "file, or delete this one."
            )
        execute("COMMIT")

    def read(self, query: str) -> Iterator[tuple[Any, ...]]:
        """The rows of a query, at the start of a server alone."""
        return iter(self._connection.execute(query))

    def write(self, *statements: Statement) -> None:
        """Give statements to the thread. Call it in the event loop."""
        self._statements += statements
        if self._task is None:
            self._task = asyncio.get_running_loop().create_task(self._work())

    def require_writable(self) -> None:
        """Raise ServiceUnavailable if the latest attempt to write failed."""
        if self.failure is not None:
            raise ServiceUnavailable(self._broken())

    async def written(self) -> None:
        """Wait until all that was given is on the disk; raises ServiceUnavailable."""
        if self._task is None:
            return
        done = asyncio.get_running_loop().create_future()
        self._waiting.append(done)
        await done

    async def close(self) -> None:
        """Write what is left, and close the file."""
        if self._task is not None:
            with suppress(TimeoutError):
                await asyncio.wait_for(self._task, _PATIENCE)
        await asyncio.to_thread(self._thread.shutdown)
        self._connection.close()

    async def _work(self) -> None:
        """Write until nothing is left; what could not be written is tried again."""
        loop = asyncio.get_running_loop()
        while self._statements:
            await asyncio.sleep(0)
            statements, self._statements = self._statements, []
            waiting, self._waiting = self._waiting, []
            writing = loop.run_in_executor(self._thread, self._transact, statements)
            late = loop.call_later(_PATIENCE, self._fail, waiting, _LATE)
            try:
                await writing
            except sqlite3.Error as error:
                self._statements = statements + self._statements
                self._fail(waiting, str(error))
                await asyncio.sleep(_PAUSE)
            else:
                self.failure = None
                _end(waiting, None)
            finally:
                late.cancel()
        self._task = None
        _end(self._waiting, None)
        self._waiting = []

    def _transact(self, statements: Sequence[Statement]) -> None:
        execute = self._connection.execute
        calls = list(_calls(statements))
        if len(calls) == 1:
            execute(*calls[0])
            return
        execute("BEGIN")
        try:
            for call in calls:
                execute(*call)
            execute("COMMIT")
        except sqlite3.Error:
            with suppress(sqlite3.Error):
                execute("ROLLBACK")
            raise

    def _fail(self, waiting: Sequence[asyncio.Future[None]], reason: str) -> None:
        if self.failure is None:
            logger.error("The file %s can't be written: %s.", self.path, reason)
        self.failure = reason
        # While it is slow, others came; none waits longer than the disk.
        _end([*waiting, *self._waiting], ServiceUnavailable(self._broken()))
        self._waiting = []

    def _broken(self) -> str:
        return (
            f"The mock can't write to {self.path.name}: {self.failure}. Look whether the disk is "
            "full, then send the request again."
        )


def _calls(statements: Sequence[Statement]) -> Iterator[tuple[str, list[Any]]]:
    """The calls of SQLite that write statements: as few as can be.

    After each call the thread needs Python's lock again, for which it waits up to 5 milliseconds
    while the event loop is busy.
    """
    for statement, same in groupby(statements, itemgetter(0)):
        if not statement.endswith(ROWS):
            yield from ((statement, [_joined(value) for value in row]) for _, row in same)
            continue
        rows = [row for _, row in same]
        for start in range(0, len(rows), _MOST_ROWS):
            some = rows[start : start + _MOST_ROWS]
            values = ", ".join(f"({', '.join('?' * len(row))})" for row in some)
            yield (
                statement[: -len(ROWS)] + values,
                [_joined(value) for row in some for value in row],
            )


def _joined(value: Any) -> Any:
    """Parts as one value; everything else as it is."""
    if not isinstance(value, list | tuple):
        return value
    return value[0] if len(value) == 1 else b"".join(value)


def _end(waiting: Sequence[asyncio.Future[None]], error: Exception | None) -> None:
    for each in waiting:
        if each.done():
            continue
        if error is None:
            each.set_result(None)
        else:
            each.set_exception(error)


def _not_opened(path: Path, error: sqlite3.Error) -> str:
    if "locked" in str(error):
        return f"--store: {path} is in use by another mock. Stop it, or name another file."
    return f"--store: {path} can't be opened: {error}. Name a file in a folder that can be written."
