"""The faults of `faults.yaml`, which a fresh server has."""

import re
from collections.abc import Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any

from scribe_mock.control_errors import FaultNotFound
from scribe_mock.errors import FixtureError, InvalidBody
from scribe_mock.scenarios.fixtures import Fixtures
from scribe_mock.scenarios.yaml_document import YamlDocument
from scribe_mock.sessions.scopes import Scope
from scribe_mock.spec import shipped
from scribe_mock.steering.fault import Fault
from scribe_mock.steering.faults import Faults
from scribe_mock.steering.reading import FaultReader, KnownSession

_LIST = {"type": "array", "maxItems": 1000}
_STEP = re.compile(r"\[([0-9]+)\]|\.([A-Za-z0-9_]+)")


class FixtureFaults:
    """The faults of one folder of fixtures.

    Args:
        folder: The folder; None for the one that ships.
        fixtures: Its sessions, which faults may name.
        owner: Whose these sessions are.
        reader: Reads faults.
        faults: Where they are set.

    Raises:
        FixtureError: `faults.yaml` is broken, or has a fault that could never fire.
    """

    def __init__(
        self,
        folder: Path | None,
        fixtures: Fixtures,
        owner: str,
        reader: FaultReader,
        faults: Faults,
    ) -> None:
        self._owner = owner
        self._reader = reader
        self._faults = faults
        self._path = (folder or shipped("fixtures")) / "faults.yaml"
        self._own: list[Fault] = []
        self._take(fixtures, self.read(fixtures))
        self.forget(Scope())

    def read(self, fixtures: Fixtures) -> Sequence[Any]:
        """What the file lists now, for the sessions of these fixtures; raises FixtureError."""
        document = YamlDocument(self._path) if self._path.exists() else None
        if document is None or document.empty:
            return ()
        values: Sequence[Any] = document.checked(_LIST)
        find = self._sessions(fixtures).get
        for index, value in enumerate(values):
            try:
                self._reader.read_listed(value, f"$[{index}]", find)
            except InvalidBody as error:
                steps = _STEP.findall(error.details["path"])
                place = [int(number) if number else name for number, name in steps]
                raise document.error(place, error.details["reason"]) from None
        return values

    def replace(self, fixtures: Fixtures, values: Sequence[Any]) -> None:
        """Set other faults instead of those that it set; values are from `read`."""
        for fault in self._own:
            with suppress(FaultNotFound):
                self._faults.remove(fault.fault_id)
        self._take(fixtures, values)
        self._own = [self._faults.add(fault) for fault in self._listed()]

    def check(self) -> None:
        """Raise FixtureError if a fault could not be set now: the spec may be another one."""
        try:
            self._listed()
        except InvalidBody as error:
            raise FixtureError(f"{self._path}: {error}") from None

    def forget(self, scope: Scope) -> None:
        """Set the faults of a scope as on a fresh server; for all, those of every scope."""
        self._faults.forget(scope)
        again = [fault for fault in self._listed() if fault.is_in(scope)]
        self._own = [fault for fault in self._own if not fault.is_in(scope)]
        self._own += [self._faults.add(fault) for fault in again]

    def _take(self, fixtures: Fixtures, values: Sequence[Any]) -> None:
        self._known = self._sessions(fixtures)
        self._values = values

    def _listed(self) -> list[Fault]:
        return [
            self._reader.read_listed(value, f"$[{index}]", self._known.get)
            for index, value in enumerate(self._values)
        ]

    def _sessions(self, fixtures: Fixtures) -> Mapping[str, KnownSession]:
        return {
            seed.session_id: KnownSession(seed.session_id, seed.upload_type, self._owner)
            for seed in fixtures.seeds
        }
