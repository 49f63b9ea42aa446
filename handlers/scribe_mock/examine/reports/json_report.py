"""The result as JSON: all that the other reports have."""

import json
from typing import Any

from scribe_mock.examine.result import Result
from scribe_mock.gauntlet.forms import outcome_form


def render(result: Result) -> str:
    """The result as a text."""
    return json.dumps(as_data(result), indent=2, ensure_ascii=False) + "\n"


def as_data(result: Result) -> dict[str, Any]:
    """The result as plain data."""
    return {
        "command": list(result.command),
        "exit_code": int(result.exit_code),
        "verdict": result.sentence,
        "strict": result.strict,
        "seconds": round(result.seconds, 2),
        "scenarios": [
            {
                **outcome_form(outcome),
                "seconds": round(outcome.seconds, 2),
                "output": outcome.output,
            }
            for outcome in result.outcomes
        ],
    }
