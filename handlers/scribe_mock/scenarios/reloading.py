"""Loads the fixtures of a running server anew, and knows what could not be loaded."""

import asyncio
from collections.abc import Collection, Iterator
from contextlib import suppress

from scribe_mock.errors import SessionNotFound
from scribe_mock.scenarios.fixture_faults import FixtureFaults
from scribe_mock.scenarios.fixtures import Fixtures, load_fixtures
from scribe_mock.scenarios.seeding import Seeder
from scribe_mock.settings import Settings
from scribe_mock.store.session_store import SessionStore
from scribe_mock.store.templates import Templates

#: The files without which the sessions of the fixtures are as before.
_WITHOUT_SESSIONS = frozenset({"faults.yaml", "templates.yaml"})


class LoadProblems:
    """What is wrong with files that could not be loaded anew; what was loaded before is in use."""

    def __init__(self) -> None:
        self._problems: dict[str, str] = {}

    def set(self, source: str, problem: str | None) -> None:
        """Note what is wrong with the fixtures or the spec; None if they are right again."""
        self._problems.pop(source, None)
        if problem is not None:
            self._problems[source] = problem

    def __iter__(self) -> Iterator[str]:
        """One sentence for each."""
        return iter(self._problems.values())


class FixtureReload:
    """Loads the fixtures of one server anew.

    Args:
        settings: Name the folder.
        fixtures: What was loaded at the start.
        store: Has the sessions of the fixtures.
        seeder, templates, faults: Make what a fresh server has.
    """

    def __init__(
        self,
        settings: Settings,
        fixtures: Fixtures,
        store: SessionStore,
        seeder: Seeder,
        templates: Templates,
        faults: FixtureFaults,
    ) -> None:
        self._settings = settings
        self._fixtures = fixtures
        self._store = store
        self._seeder = seeder
        self._templates = templates
        self._faults = faults

    async def load(self, changed: Collection[str]) -> None:
        """Load the folder; scenarios and templates count from now on.

        The sessions of the fixtures are made again, and so are their faults, where a change can be
        about them; what clients made stays.

        Args:
            changed: The names of the files and folders in it that have changed.

        Raises:
            FixtureError, SettingsError: a file is broken; everything stays as it was.
            ServiceUnavailable: there is no memory for the sessions.
        """
        settings, fixtures = self._settings, self._fixtures
        loaded = await asyncio.to_thread(
            load_fixtures, settings.fixtures, settings.scenario, settings.max_memory
        )
        faults = self._faults.read(loaded)
        earlier = [seed.session_id for seed in fixtures.seeds]
        fixtures.replace(loaded)
        self._templates.replace(loaded.templates)
        if not _WITHOUT_SESSIONS.issuperset(changed):
            for session_id in earlier:
                with suppress(SessionNotFound):
                    await self._store.delete(session_id)
            await self._seeder.plant()
        if not {"templates.yaml"}.issuperset(changed):
            self._faults.replace(loaded, faults)
