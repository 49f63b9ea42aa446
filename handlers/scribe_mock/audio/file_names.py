"""The file names of uploads (CONTRACT.md, "Upload audio")."""

import re

from scribe_mock.errors import InvalidRequest

#: The most characters of a file name.
MAX_NAME_LENGTH = 255

_CHUNK_NAME = re.compile(r"[A-Za-z0-9_.\-]+_([0-9]{1,9})\.([A-Za-z0-9]+)")


def extension_of(file_name: str) -> str:
    """Return the text after the last dot, in lower case; empty without a dot."""
    return file_name.rpartition(".")[2].lower() if "." in file_name else ""


def chunk_name(file_name: str) -> tuple[int, str]:
    """Return sequence number and extension, in lower case, of `<base>_<sequence>.<ext>`.

    Raises:
        InvalidRequest: the name has another form.
    """
    match = _CHUNK_NAME.fullmatch(file_name)
    if match is None:
        raise InvalidRequest(
            f"The file name {file_name[:80]!r} is not <base>_<sequence>.<ext>. Send the chunks of "
            "a chunked session under names such as audio_0.webm, audio_1.webm; the base has "
            "letters, digits, '_', '-' and '.', the sequence 1 to 9 digits."
        )
    return int(match[1]), match[2].lower()


def sequence_of(file_name: str) -> int | None:
    """Return the sequence number of `<base>_<sequence>.<ext>`; None for another form."""
    match = _CHUNK_NAME.fullmatch(file_name)
    return int(match[1]) if match else None


def check_name_length(file_name: str) -> None:
    """Raise InvalidRequest for a name over the limit."""
    if len(file_name) > MAX_NAME_LENGTH:
        raise InvalidRequest(
            f"The file name has {len(file_name)} characters; at most {MAX_NAME_LENGTH} are allowed."
        )
