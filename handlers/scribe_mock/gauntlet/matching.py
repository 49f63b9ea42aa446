"""Patterns of names, as in `--only` and `--skip`."""

import fnmatch
from collections.abc import Iterable


def matches(name: str, patterns: Iterable[str]) -> bool:
    """Whether a name fits one of the patterns: `offline`, `end-*`."""
    return any(fnmatch.fnmatchcase(name, pattern) for pattern in patterns)
