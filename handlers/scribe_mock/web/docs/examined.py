"""Clients that `scribe-mock examine` has examined: the guide's table, from one data file.

The file `examined.json` is written by tests/examine/measure.py.
"""

import json
from functools import lru_cache
from pathlib import Path
from typing import Any


@lru_cache(maxsize=1)
def examined_clients() -> list[dict[str, Any]]:
    """Return the clients, each with `client`, `version`, `measured`, and `marks` by scenario.

    Of a scenario the marks have the `verdict`, and in `unmet` the demands that were not met.
    """
    clients: list[dict[str, Any]] = json.loads(
        (Path(__file__).parent / "examined.json").read_text("utf-8")
    )
    return clients
