"""The faults of `faults.yaml`, which a fresh server has."""

import re
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from scribe_mock.errors import InvalidBody
from scribe_mock.scenarios.fixtures import Fixtures
from scribe_mock.scenarios.yaml_document import YamlDocument
from scribe_mock.sessions.scopes import Scope
from scribe_mock.sessions.session import UploadType
from scribe_mock.spec import shipped
from scribe_mock.steering.faults import Faults
from scribe_mock.steering.reading import FaultReader

_LIST = {"type": "array", "maxItems": 1000}
_STEP = re.compile(r"\[([0-9]+)\]|\.([A-Za-z0-9_]+)")


class FixtureFaults:
    """The faults of one folder of fixtures.

    Args:
        folder: The folder; None for the one that ships.
        fixtures: Its sessions, which faults may name.
        reader: Reads faults.
        faults: Where they are set.

    Raises:
        FixtureError: `faults.yaml` is broken, or has a fault that could never fire.
    """

    def __init__(
        self, folder: Path | None, fixtures: Fixtures, reader: FaultReader, faults: Faults
    ) -> None:
        self._types = {seed.session_id: seed.upload_type for seed in fixtures.seeds}
        self._reader = reader
        self._faults = faults
        self._values: Sequence[Any] = ()
        path = (folder or shipped("fixtures")) / "faults.yaml"
        if path.exists():
            self._load(YamlDocument(path))
        self.forget(Scope())

    def forget(self, scope: Scope) -> None:
        """Set the faults of a scope as on a fresh server; for all, those of every scope."""
        self._faults.forget(scope)
        for index, value in enumerate(self._values):
            fault = self._reader.read_listed(value, f"$[{index}]", self._upload_type)
            if scope in (Scope(), fault.scope):
                self._faults.add(fault)

    def _load(self, document: YamlDocument) -> None:
        if document.empty:
            return
        self._values = document.checked(_LIST)
        for index, value in enumerate(self._values):
            try:
                self._reader.read_listed(value, f"$[{index}]", self._upload_type)
            except InvalidBody as error:
                steps = _STEP.findall(error.details["path"])
                place = [int(number) if number else name for number, name in steps]
                raise document.error(place, error.details["reason"]) from None

    def _upload_type(self, session_id: str) -> UploadType | None:
        return self._types.get(session_id)
