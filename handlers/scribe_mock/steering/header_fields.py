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

#: Fields whose value no record keeps.
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
        known: dict[bytes, bytes] = {}
        self.of_request = _Packing(_IN_REQUESTS, known)
        self.of_answer = _Packing(_IN_ANSWERS, known)


class _Packing:
    """Packs header fields.

    Args:
        replaced: By their names, the fields that are packed without their value.
        known: What was packed, to keep equal ones once.
    """

    def __init__(self, replaced: Mapping[bytes, Field], known: dict[bytes, bytes]) -> None:
        self._replaced = replaced
        self._known = known
        # The last fields, and what they were packed into: those of one client are often the same.
        self._last: tuple[Sequence[Field], bytes] = ((), b"")

    def __call__(self, fields: Sequence[Field]) -> tuple[bytes, int]:
        """The fields, packed, and how many bytes of memory they take."""
        last, packed = self._last
        if fields == last:
            return packed, 0
        replaced = self._replaced.get
        new = marshal.dumps([replaced(field[0], field) for field in fields])
        if len(self._known) >= _MOST_KNOWN:
            self._known.clear()
        packed = self._known.setdefault(new, new)
        self._last = fields, packed
        return packed, len(new) if packed is new else 0


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
