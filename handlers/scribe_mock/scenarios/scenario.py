"""A scenario: how processing goes. It is read from `scenarios/NAME.yaml`."""

from dataclasses import dataclass
from pathlib import Path

from scribe_mock.scenarios.spoken import Spoken, read_spoken
from scribe_mock.scenarios.yaml_document import YamlDocument
from scribe_mock.sessions.outcomes import Outcome, ProcessingError, TemplateResult
from scribe_mock.sessions.sentences import transcript_of
from scribe_mock.sessions.states import State

_RESULT = {
    "type": "object",
    "required": ["status", "data"],
    "additionalProperties": False,
    "properties": {
        "status": {"enum": ["success", "failed"]},
        "data": {"type": ["object", "null"]},
    },
}
_SENTENCE = {
    "type": "object",
    "required": ["text"],
    "additionalProperties": False,
    "properties": {
        "speaker": {"type": "string", "minLength": 1},
        "text": {"type": "string", "minLength": 1},
        "at": {
            "type": "array",
            "minItems": 2,
            "maxItems": 2,
            "items": {"type": "number", "minimum": 0},
        },
    },
}
_SCENARIO = {
    "type": "object",
    "required": ["title", "outcome", "transcript", "templates"],
    "additionalProperties": False,
    "properties": {
        "title": {"type": "string"},
        "outcome": {"enum": ["completed", "partial", "failed"]},
        "processing_seconds": {"type": "number", "minimum": 0},
        "on_count_mismatch": {"enum": ["partial"]},
        "transcript_so_far": {"type": "string"},
        "audio_enabled": {"type": "boolean"},
        "language_detected": {"type": ["string", "null"]},
        "audio": {"type": "string", "minLength": 1},
        "transcript": {"type": ["string", "array"], "items": _SENTENCE},
        "templates": {"type": "object", "additionalProperties": _RESULT},
        "other_templates": _RESULT,
        "processing_errors": {
            "type": "array",
            "items": {
                "type": "object",
                "required": ["type", "message"],
                "additionalProperties": False,
                "properties": {
                    "type": {"type": "string"},
                    "message": {"type": "string"},
                    "file": {"type": "string"},
                },
            },
        },
    },
    "if": {"properties": {"outcome": {"const": "completed"}}},
    "then": {"properties": {"processing_errors": {"maxItems": 0}}},
    "else": {
        "required": ["processing_errors"],
        "properties": {"processing_errors": {"minItems": 1}},
    },
}


@dataclass(frozen=True)
class Scenario:
    """How processing goes; without `processing_seconds` it takes as long as the settings say.

    Without `audio_enabled` nobody can hear the session's audio.
    """

    name: str
    title: str
    outcome: Outcome
    processing_seconds: float | None = None
    audio_enabled: bool = True
    spoken: Spoken = Spoken()


def read_scenario(path: Path, fixtures: Path | None) -> Scenario:
    """Read a scenario.

    Args:
        path: its file.
        fixtures: the user's folder of fixtures; None for the one that ships.

    Raises:
        FixtureError: the file is broken.
    """
    document = YamlDocument(path)
    data = document.checked(_SCENARIO)
    spoken = read_spoken(document, data, fixtures)
    written = isinstance(data["transcript"], str)
    outcome = Outcome(
        state=State(data["outcome"]),
        transcript=data["transcript"] if written else transcript_of(spoken.sentences),
        language=data.get("language_detected"),
        templates={name: TemplateResult(**result) for name, result in data["templates"].items()},
        other_templates=TemplateResult(
            **data.get("other_templates", {"status": "success", "data": {}})
        ),
        errors=[ProcessingError(**error) for error in data.get("processing_errors", ())],
        transcript_so_far=data.get("transcript_so_far"),
        partial_on_mismatch="on_count_mismatch" in data,
    )
    return Scenario(
        path.stem,
        data["title"],
        outcome,
        data.get("processing_seconds"),
        data.get("audio_enabled", True),
        spoken,
    )
