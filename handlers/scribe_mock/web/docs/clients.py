"""What HTTP clients send by default, and what they see: the guide's tables, from one data file.

The file `clients.json` is written by findings/clients/measure.sh.
"""

import json
from collections import Counter
from functools import lru_cache
from pathlib import Path
from typing import Any

from scribe_mock.audio.media_types import audio_type
from scribe_mock.errors import InvalidAudioFormat

#: The ways of delivering an early 413, as the fault `limit` names them.
DELIVERIES = ("early_drain", "early_close", "early_reset", "late", "expect_only")

Row = dict[str, Any]


@lru_cache(maxsize=1)
def client_tables() -> dict[str, list[Row]]:
    """Return the rows by table: `types`, `early` and `repeats`.

    A row of `types` has the answer of the contract too: its `status`, the `code` of a refusal or an
    empty text, and the `hint` that goes with it.
    """
    data: dict[str, list[Row]] = json.loads(
        (Path(__file__).parent / "clients.json").read_text("utf-8")
    )
    return data | {"types": [row | answer_to(row) for row in data["types"]]}


def answer_to(row: Row) -> Row:
    """Return what the upload endpoint answers to a row's Content-Type and extensions."""
    answers = [_answer(row["sent"], extension) for extension in row["formats"]]
    ((status, code, hint), _), *others = Counter(answers).most_common()
    assert not others, row  # a row whose files are answered differently must be two
    return {"status": status, "code": code, "hint": hint}


def _answer(content_type: str | None, extension: str) -> tuple[int, str, str]:
    try:
        audio_type(content_type, f"0.{extension}")
    except InvalidAudioFormat as error:
        return 400, "invalid_audio_format", str(error.details["hint"])
    return 200, "", ""
