"""The text of a document: what was stored for it, or its result in Markdown."""

from collections.abc import Iterator, Mapping
from typing import Any

from scribe_mock.sessions.documents import Document


def document_text(document: Document, now: float) -> bytes:
    """The document's content in UTF-8; empty before anything was stored or processed."""
    if document.text is not None:
        return document.text
    data = document.data_at(now)
    return "".join(f"{line}\n" for line in _lines(data, 0)).encode() if data else b""


def _lines(value: Any, depth: int) -> Iterator[str]:
    """The lines of a nested Markdown list."""
    entries = value.items() if isinstance(value, Mapping) else ((None, entry) for entry in value)
    for name, entry in entries:
        label = "" if name is None else f"**{name}**: "
        if isinstance(entry, Mapping | list | tuple):
            yield f"{'  ' * depth}- {label}".rstrip()
            yield from _lines(entry, depth + 1)
        else:
            yield f"{'  ' * depth}- {label}{'' if entry is None else entry}"
