"""Commands that write the body of a request into a file."""

import base64
import gzip
import json
from collections.abc import Iterator
from functools import cache
from typing import Any

from scribe_mock.contract.reports import shell
from scribe_mock.sample_audio import sample, sample_names

#: The longest body that is written into the request itself, in bytes.
INLINE = 600
#: The longest line of a body in JSON, where its strings allow it, and of any other text.
_COLUMNS, _LONGEST = 90, 150
#: The shortest run of one byte, and the shortest text repeated, that is written as such.
_RUN = 64
#: The most bytes that are written with escapes.
_ESCAPED = 32
#: Bytes at the start of a WAV file that have its length: all but these can be a sample's.
_WAV_HEAD = 12


def commands(body: bytes, file: str) -> str:
    """Commands that write these bytes to a file."""
    if name := _sample_of(body):
        return f"scribe-mock audio --sample {name} > {file}"
    if text := _lines(body):
        return f"cat > {file} <<'END'\n{text}\nEND"
    made = list(_parts(body))
    if len(made) == 1 and "\n" not in made[0]:
        return f"{made[0]} > {file}"
    return "\n".join(["{", *made, f"}} > {file}"])


def name_for(body: bytes, number: int) -> str:
    """A name for the file of a body.

    Args:
        body: The bytes.
        number: How many files there are already.
    """
    ending = "json" if _lines(body) else _sample_of(body).rpartition(".")[2] or "bin"
    return f"body{number or ''}.{ending}"


@cache
def _samples() -> dict[str, bytes]:
    """The audio that `scribe-mock audio --sample` writes, under the shortest names."""
    return {name.removeprefix("tiny."): sample(name).read_bytes() for name in sample_names()}


def _sample_of(body: bytes) -> str:
    return next((name for name, content in _samples().items() if content == body), "")


def fields(body: bytes) -> dict[str, Any]:
    """A body as a JSON object; empty if it is anything else."""
    try:
        value = json.loads(body)
    except (ValueError, RecursionError):
        return {}
    return value if isinstance(value, dict) else {}


def inline(text: str) -> str:
    """A short body as one word for the shell; empty if it is better written into a file."""
    if len(text) <= INLINE and (lines := _lines(text.encode())):
        return shell.quoted(lines)
    plain = len(text) <= _LONGEST and text.isprintable() and not text.startswith("@")
    return shell.single(text) if plain else ""


def _lines(body: bytes) -> str:
    """JSON in lines that fit; empty if it is not JSON as Python writes it, or the lines are long.

    White space between the values is all that differs.
    """
    try:
        value = json.loads(body)
        if not isinstance(value, dict | list) or json.dumps(value).encode() != body:
            return ""
    except (ValueError, RecursionError):
        return ""
    lines = [""]
    for token in json.dumps(value, indent=0).splitlines():
        glue = "" if lines[-1][-1:] in ("", "{", "[") or token[:1] in "}]" else " "
        if len(lines[-1]) + len(glue) + len(token) <= _COLUMNS:
            lines[-1] += glue + token
        else:
            lines.append(token)
    fits = len(lines) <= 40 and max(map(len, lines)) <= _LONGEST
    return "\n".join(lines) if fits else ""


def _parts(body: bytes) -> Iterator[str]:
    """Commands whose outputs are the parts of a body."""
    for name, content in _samples().items():
        if body and content.startswith(body) and len(body) > _ESCAPED:
            yield f"scribe-mock audio --sample {name} | head -c {len(body)}"
            return
        place = body.find(content[_WAV_HEAD:])
        if place >= 0:
            whole = place >= _WAV_HEAD and body[place - _WAV_HEAD : place] == content[:_WAV_HEAD]
            cut = "" if whole else f" | tail -c +{_WAV_HEAD + 1}"
            before = place - _WAV_HEAD if whole else place
            yield from _literal(body[:before])
            yield f"scribe-mock audio --sample {name}{cut}"
            yield from _parts(body[place + len(content) - _WAV_HEAD :])
            return
    yield from _literal(body)


def _literal(body: bytes) -> Iterator[str]:
    start = body.rstrip(body[-1:])
    run = len(body) - len(start)
    if run < _RUN:
        start, run = body, 0
    if start:
        yield _written(start)
    if run:
        zeros = f"head -c {run} /dev/zero"
        yield zeros if not body[-1] else f"{zeros} | tr '\\0' '\\{body[-1]:03o}'"


def _written(body: bytes) -> str:
    if len(body) <= _ESCAPED:
        return f"printf '{''.join(map(_byte, body))}'"
    period = (body + body).find(body, 1)
    if period <= len(body) // 3:
        unit = "".join(map(_byte, body[:period]))
        if len(unit) <= _LONGEST:
            return f"printf '{unit}%.0s' $(seq {len(body) // period})"
    packed = gzip.compress(body, mtime=0)
    packs = len(packed) < len(body)
    code = base64.encodebytes(packed if packs else body).decode().strip()
    return f"base64 -d <<'END'{' | gunzip' if packs else ''}\n{code}\nEND"


def _byte(value: int) -> str:
    one = chr(value)
    plain = one.isascii() and (one.isalnum() or one in ' .,:;=+-_/<>{}[]()"!?')
    return one if plain else f"\\{value:03o}"
