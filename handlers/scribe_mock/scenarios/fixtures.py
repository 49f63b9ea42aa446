"""Loads fixtures: the outcomes of processing, and the sessions that a fresh server has.

`scenarios/NAME.yaml` is one Scenario, `sessions.yaml` a list of Seeds whose audio lies in `audio/`,
`templates.yaml` the list of default Templates.
A broken file raises a FixtureError with file, line and what was expected.
"""

import os
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path, PurePath
from typing import Any

from scribe_mock.errors import FixtureError, SettingsError
from scribe_mock.scenarios.scenario import Scenario, read_scenario
from scribe_mock.scenarios.yaml_document import YamlDocument
from scribe_mock.sessions.session import (
    MAX_TEMPLATE_NAME,
    SESSION_ID_PATTERN,
    Session,
    UploadType,
)
from scribe_mock.sessions.states import State
from scribe_mock.sessions.templates import Template
from scribe_mock.settings import Settings
from scribe_mock.spec import shipped

_SEEDS = {
    "type": "array",
    "items": {
        "type": "object",
        "required": ["session_id", "state", "upload_type"],
        "additionalProperties": False,
        "properties": {
            "session_id": {"type": "string", "pattern": SESSION_ID_PATTERN},
            "state": {"enum": [state.value for state in State]},
            "upload_type": {"enum": [kind.value for kind in UploadType]},
            "scenario": {"type": "string"},
            "templates": {"type": "array", "items": {"type": "string", "minLength": 1}},
            "patient_details": {"type": "object"},
            "additional_data": {"type": "object"},
            "audio": {"type": "array", "items": {"type": "string", "minLength": 1}},
        },
    },
}

_TEMPLATES = {
    "type": "array",
    "minItems": 1,
    "items": {
        "type": "object",
        "required": ["id", "title"],
        "additionalProperties": False,
        "properties": {
            "id": {"type": "string", "minLength": 1, "maxLength": MAX_TEMPLATE_NAME},
            "title": {"type": "string", "minLength": 1},
            "desc": {"type": "string"},
            "section_ids": {"type": "array", "items": {"type": "string"}},
            "default": {"type": "boolean"},
            "is_favorite": {"type": "boolean"},
        },
    },
}

#: The most bytes that the store needs besides the audio: for a session, and for each chunk.
_SEED_BYTES, _CHUNK_BYTES = 4096, 1024


@dataclass(frozen=True)
class Seed:
    """A session that a fresh server has; its `audio` files become its chunks, numbered from 0."""

    session_id: str
    state: State
    upload_type: UploadType
    scenario: str | None = None
    templates: Sequence[str] = ()
    patient_details: Mapping[str, Any] | None = None
    additional_data: Mapping[str, Any] = field(default_factory=dict)
    audio: Sequence[Path] = ()


@dataclass
class Fixtures:
    """The validated contents of a fixtures folder; all parts of a server share one object."""

    scenarios: Mapping[str, Scenario]
    seeds: Sequence[Seed]
    default: Scenario
    templates: Sequence[Template] = ()

    def replace(self, other: "Fixtures") -> None:
        """Have the contents of another one from now on."""
        vars(self).update(vars(other))

    def of(self, session: Session) -> Scenario:
        """The scenario of a session."""
        return self.scenarios.get(session.scenario, self.default)


def load_fixtures(folder: Path | None, default: str, max_memory: int) -> Fixtures:
    """Read a fixtures folder, by default the one that ships.

    Args:
        folder: Has `scenarios/`, and optionally `sessions.yaml`, `audio/` and `templates.yaml`.
        default: The scenario of sessions that name none.
        max_memory: The most bytes that the sessions and their audio may use.

    Raises:
        FixtureError: a file is missing or broken.
        SettingsError: there is no scenario with the name of the default.
    """
    own, folder = folder, folder or shipped("fixtures")
    paths = sorted((folder / "scenarios").glob("*.yaml"))
    if not paths:
        raise FixtureError(f"{folder}: expected at least one scenario in scenarios/*.yaml.")
    scenarios = {path.stem: read_scenario(path, own) for path in paths}
    if default not in scenarios:
        raise _unknown_default(folder, default, ", ".join(scenarios))
    seeds = _seeds(folder / "sessions.yaml", scenarios, max_memory)
    templates = _templates(folder / "templates.yaml", scenarios.values())
    return Fixtures(scenarios, seeds, scenarios[default], templates)


def _unknown_default(folder: Path, default: str, known: str) -> FixtureError | SettingsError:
    if default != Settings.scenario:
        return SettingsError(f"--scenario takes one of {known}, not {default[:100]!r}.")
    return FixtureError(
        f"{folder}: expected scenarios/{default}.yaml, or one of {known} named with --scenario."
    )


def _templates(path: Path, scenarios: Iterable[Scenario]) -> list[Template]:
    """The templates of the file, and default ones for what scenarios have results for."""
    document = YamlDocument(path if path.exists() else shipped("fixtures") / "templates.yaml")
    listed = {entry.pop("id"): entry for entry in document.checked(_TEMPLATES)}
    named = {name: {"title": name} for scenario in scenarios for name in scenario.outcome.templates}
    return [
        Template(template_id=name, **{"default": True, **fields})
        for name, fields in (listed | {n: named[n] for n in named if n not in listed}).items()
    ]


def _seeds(path: Path, scenarios: Mapping[str, Scenario], max_memory: int) -> list[Seed]:
    document = YamlDocument(path) if path.exists() else None
    if document is None or document.empty:
        return []
    seeds: dict[str, Seed] = {}
    room = max_memory
    for index, entry in enumerate(document.checked(_SEEDS)):
        if entry["session_id"] in seeds:
            raise document.error(
                [index, "session_id"], "expected a session_id that no other session has"
            )
        if entry.get("scenario", next(iter(scenarios))) not in scenarios:
            raise document.error([index, "scenario"], f"expected one of {', '.join(scenarios)}")
        audio = [
            _audio(document, path.parent / "audio", name, [index, "audio", position])
            for position, name in enumerate(entry.get("audio", ()))
        ]
        room -= _SEED_BYTES + sum(file.stat().st_size + _CHUNK_BYTES for file in audio)
        if room < 0:
            bound = f"the {max_memory} bytes of --max-memory"
            raise document.error(
                [index], f"together with the sessions before, it does not fit into {bound}"
            )
        fields = {**entry, "state": State(entry["state"]), "audio": audio}
        fields["upload_type"] = UploadType(entry["upload_type"])
        seeds[entry["session_id"]] = Seed(**fields)
    return list(seeds.values())


def _audio(document: YamlDocument, folder: Path, name: str, place: Sequence[str | int]) -> Path:
    file = folder / name
    if PurePath(name).is_absolute() or ".." in PurePath(name).parts:
        raise document.error(place, f"expected a file in {folder}, not {name[:100]!r}")
    if not (file.is_file() and os.access(file, os.R_OK)):
        raise document.error(place, f"expected a file at {file}")
    return file
