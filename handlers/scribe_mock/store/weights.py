"""How many bytes of memory sessions take; clients decide how much they put into one."""

import sys
from collections.abc import Mapping
from typing import Any

from scribe_mock.sessions.documents import Document
from scribe_mock.sessions.session import Session

#: Bytes of memory of a session, a document and a chunk besides their data, measured with
#: tracemalloc and rounded up.
_SESSION_BYTES = 2048
_DOCUMENT_BYTES = 640
CHUNK_BYTES = 960
#: With more values than these a session is large.
_MANY_VALUES = 2000


def weight(session: Session) -> int:
    """How many bytes of memory a session takes besides its audio."""
    data = (session.additional_data, session.patient_details)
    lists = (session.templates, session.language_hint)
    texts = (session.user_status, session.processing_status, session.transcript)
    documents = [part for document in session.documents for part in _document_parts(document)]
    pieces = CHUNK_BYTES * len(session.chunks) + _DOCUMENT_BYTES * len(session.documents)
    return _SESSION_BYTES + footprint([*data, *lists, *texts, *documents]) + pieces


def is_large(session: Session) -> bool:
    """Whether a new session has so many values that counting them takes milliseconds."""
    left: list[Any] = [session.additional_data, session.patient_details, session.templates]
    for _ in range(_MANY_VALUES):
        if not left:
            return False
        value = left.pop()
        if isinstance(value, Mapping):
            left += value.values()
        elif isinstance(value, list | tuple):
            left += value
    return True


def _document_parts(document: Document) -> tuple[Any, ...]:
    sent = (document.errors, document.warnings, document.usage_information)
    return (document.template_id, document.name, document.status, document.text, *sent)


def footprint(value: Any) -> int:
    """The bytes of a JSON value in memory; clients decide how large it is."""
    size = sys.getsizeof(value)
    if isinstance(value, Mapping):
        return size + sum(footprint(key) + footprint(child) for key, child in value.items())
    if isinstance(value, list | tuple):
        return size + sum(map(footprint, value))
    return size
