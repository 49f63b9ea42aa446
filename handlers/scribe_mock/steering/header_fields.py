"""Header fields as the journal keeps them: packed, without secrets, and equal ones only once."""

import marshal
import re
from collections.abc import Mapping, Sequence

#: What stands for a secret.
HIDDEN = "…"

#: Names of fields, parameters and cookies of which the value may be a secret.
SECRET_NAME = re.compile(
    r"token|secret|passw|auth|key$|cookie|credential|signature|^sig$|jwt", re.IGNORECASE
)

Field = tuple[bytes, bytes]

#: Fields whose value is kept by no record, not even in memory.
_SECRETS = (
    b"authorization",
    b"proxy-authorization",
    b"cookie",
    b"set-cookie",
    b"x-api-key",
    b"api-key",
    b"x-auth-token",
    b"x-access-token",
    b"x-csrf-token",
    b"x-xsrf-token",
)
_LENGTH, _ID = (b"content-length", b""), (b"x-request-id", b"")
#: The fields that differ from one answer to the next, and from one request to the next, though the
#: record has them anyhow. Without them, those of one client are often the same bytes.
_IN_ANSWERS: Mapping[bytes, Field] = {
    b"x-request-id": _ID,
    **{name: (name, HIDDEN.encode()) for name in _SECRETS},
}
_IN_REQUESTS: Mapping[bytes, Field] = {b"content-length": _LENGTH, **_IN_ANSWERS}

#: How many packed fields are compared with new ones.
_MOST_KNOWN = 256


class HeaderFields:
    """Packs the header fields of one journal."""

    def __init__(self) -> None:
        self._known: dict[bytes, bytes] = {}
        # The last fields and what they were packed into: those of one client are often the same.
        self._request: tuple[Sequence[Field], bytes] = ((), b"")
        self._answer: tuple[Sequence[Field], bytes] = ((), b"")

    def of_request(self, fields: Sequence[Field]) -> tuple[bytes, int]:
        """A request's fields, packed, and how many bytes of memory they take."""
        last, packed = self._request
        if fields == last:
            return packed, 0
        replaced = _IN_REQUESTS.get
        packed, size = self._once(marshal.dumps([replaced(field[0], field) for field in fields]))
        self._request = fields, packed
        return packed, size

    def of_answer(self, fields: Sequence[Field]) -> tuple[bytes, int]:
        """An answer's fields, likewise."""
        last, packed = self._answer
        if fields == last:
            return packed, 0
        replaced = _IN_ANSWERS.get
        packed, size = self._once(marshal.dumps([replaced(field[0], field) for field in fields]))
        self._answer = fields, packed
        return packed, size

    def _once(self, packed: bytes) -> tuple[bytes, int]:
        known = self._known.get(packed)
        if known is not None:
            return known, 0
        if len(self._known) >= _MOST_KNOWN:
            self._known.clear()
        self._known[packed] = packed
        return packed, len(packed)


def unpacked_fields(packed: bytes) -> list[Field]:
    """Header fields as they were packed, without what was left out."""
    fields: list[Field] = marshal.loads(packed) if packed else []
    return fields


def unpacked(packed: bytes, request_id: bytes, length: bytes = b"") -> list[tuple[str, str]]:
    """Header fields as text, with the two that were left out."""
    left_out = {_LENGTH: length, _ID: request_id}
    return [_shown(*field, left_out.get(field)) for field in unpacked_fields(packed)]


def _shown(name: bytes, value: bytes, left_out: bytes | None) -> tuple[str, str]:
    text = name.decode("latin-1")
    if SECRET_NAME.search(text):
        return text, HIDDEN
    return text, (value if left_out is None else left_out).decode("latin-1")
