"""Loads files anew when they are saved, while the server runs (`--watch`)."""

import asyncio
import logging
from collections.abc import Awaitable, Callable, Collection, Sequence
from dataclasses import dataclass
from pathlib import Path

from scribe_mock.errors import ScribeError
from scribe_mock.scenarios.reloading import LoadProblems

logger = logging.getLogger("scribe_mock.watching")


@dataclass(frozen=True, slots=True)
class Source:
    """Files that are loaded together.

    Args:
        name: What they are called.
        folder: Where they are.
        entries: The names of the files and folders in it that count.
        load: Loads them; gets the names that have changed, and raises ScribeError.
    """

    name: str
    folder: Path
    entries: frozenset[str]
    load: Callable[[Collection[str]], Awaitable[None]]


class Watching:
    """Watches the sources of one server.

    Args:
        sources: What to watch.
        problems: What is wrong with those that could not be loaded.
        note: Called after each attempt, so that pages look again.
    """

    def __init__(
        self, sources: Sequence[Source], problems: LoadProblems, note: Callable[[], None]
    ) -> None:
        self._sources = sources
        self._problems = problems
        self._note = note
        self._tasks: list[asyncio.Task[None]] = []

    def start(self) -> None:
        """Watch from now on."""
        self._tasks = [asyncio.create_task(self._follow(source)) for source in self._sources]

    async def stop(self) -> None:
        """Watch no more."""
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    async def _follow(self, source: Source) -> None:
        try:
            await self._follow_changes(source)
        except Exception as error:
            # The system may refuse to watch more; the server goes on.
            problem = f"{source.folder} is watched no more: {error}. Restart the server."
            logger.error("%s", problem)
            self._problems.set(source.name, problem)
            self._note()

    async def _follow_changes(self, source: Source) -> None:
        # Imported here since most servers watch nothing.
        from watchfiles import Change, DefaultFilter, awatch

        # The folder, since an editor that replaces a file would end the watch of the file itself.
        folder = source.folder.resolve()
        deep = any((folder / entry).is_dir() for entry in source.entries)

        is_no_editors_own = DefaultFilter()

        def counts(change: Change, path: str) -> bool:
            return is_no_editors_own(change, path) and _entry(folder, path) in source.entries

        async for changes in awatch(folder, watch_filter=counts, recursive=deep):
            await self._load(source, {_entry(folder, path) for _, path in changes})

    async def _load(self, source: Source, changed: Collection[str]) -> None:
        try:
            await source.load(changed)
        except ScribeError as error:
            logger.error("Not loaded, and what was loaded before stays: %s", error)
            self._problems.set(source.name, str(error))
        except Exception:
            # A file may break what no check foresees; the server goes on.
            logger.exception("Not loaded, and what was loaded before stays: %s", source.folder)
            self._problems.set(source.name, f"{source.folder} can't be loaded; the log says why.")
        else:
            logger.info("Loaded anew: %s", ", ".join(sorted(changed)))
            self._problems.set(source.name, None)
        self._note()


def _entry(folder: Path, path: str) -> str:
    """The file or folder in a folder that a path is, or lies in."""
    return Path(path).relative_to(folder).parts[0] if path != str(folder) else ""
