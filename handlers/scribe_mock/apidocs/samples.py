"""Requests written down as curl, `fetch` and Python: one step, or a recipe of several."""

import json
import shlex
from collections.abc import Mapping, Sequence
from typing import Any

from scribe_mock.apidocs.recipes import Recipe, Step

#: The address in samples; the pages put the reader's own in its place.
ADDRESS = "http://127.0.0.1:8080"

#: The token in samples; the mock takes any, unless it was started with a list.
TOKEN = "any"


def filled(text: str, values: Mapping[str, str]) -> str:
    """A step's path or header field with its placeholders filled."""
    for name, value in values.items():
        text = text.replace(f"{{{name}}}", value)
    return text


def curl(steps: Sequence[Step]) -> str:
    """Commands for a POSIX shell; the last one prints the answer with its status."""
    *first, last = steps
    lines = [f"{_names(step)}=$({_curl(step, '-s')} | jq -r {_pointer(step)})" for step in first]
    return "\n".join([*lines, _curl(last, "-i")])


def _names(step: Step) -> str:
    return next(iter(step.save)).upper()


def _pointer(step: Step) -> str:
    return next(iter(step.save.values())).replace("/", ".")


def _curl(step: Step, option: str) -> str:
    upper = {name: f"${{{name.upper()}}}" for name in ("session_id",)}
    url = filled(f"{ADDRESS}{step.path}", upper)
    words = []
    if step.method != ("GET" if step.body is None and step.size is None else "POST"):
        words.append(f"-X {step.method}")
    shown = f'"{url}"' if "$" in url or "?" in url else url
    words = [" ".join([f"curl {option}", *words, shown])]
    for name, value in step.headers.items():
        header = f"{name}: {filled(value, {'token': TOKEN})}"
        words.append(f"-H {shlex.quote(header)}")
    if step.size is not None:
        words.append("--data-binary @-")
        return f"head -c {step.size} /dev/zero | {_folded(words)}"
    if step.body is not None:
        words.append(f"--data-binary {shlex.quote(_text(step.body))}")
    return _folded(words)


def _folded(words: list[str]) -> str:
    line = " ".join(words)
    return line if len(line) < 92 else " \\\n  ".join(words)


def _text(body: Any) -> str:
    return body if isinstance(body, str) else json.dumps(body)


def fetch(steps: Sequence[Step]) -> str:
    """An async piece of JavaScript for a browser's console; it ends with the answer's error."""
    lines = []
    for number, step in enumerate(steps):
        last = number == len(steps) - 1
        lines.append(f"{'const answer = ' if last else 'let made = '}{_fetch(step)};")
        if not last:
            lines.append("made = await made.json();")
    lines.append("console.log(answer.status, await answer.json());")
    return "\n".join(lines)


def _fetch(step: Step) -> str:
    url = f"{ADDRESS}{step.path}".replace("{session_id}", "${made.session_id}")
    quote = "`" if "${" in url else '"'
    options = [f'  method: "{step.method}",'] if step.method != "GET" else []
    if step.headers:
        fields = {name: filled(value, {"token": TOKEN}) for name, value in step.headers.items()}
        shown = ", ".join(
            f"{json.dumps(name)}: {json.dumps(value)}" for name, value in fields.items()
        )
        options.append(f"  headers: {{ {shown} }},")
    if step.size is not None:
        options.append(f"  body: new Uint8Array({step.size}),")
    elif isinstance(step.body, str):
        options.append(f"  body: {json.dumps(step.body)},")
    elif step.body is not None:
        options.append(f"  body: JSON.stringify({json.dumps(step.body)}),")
    inside = "\n".join(options)
    return f"await fetch({quote}{url}{quote}" + (f", {{\n{inside}\n}})" if options else ")")


def pytest(recipe: Recipe) -> str:
    """A test function over httpx that holds a server to the error."""
    lines = ["import httpx", "", "", f"def test_{recipe.code}():"]
    for number, step in enumerate(recipe.steps):
        name = "answer" if number == len(recipe.steps) - 1 else "made"
        lines.append(f"    {name} = {_httpx(step)}")
    lines.append(f"    assert answer.status_code == {recipe.status}")
    lines.append(f'    assert answer.json()["error"]["code"] == "{recipe.code}"')
    return "\n".join(lines)


def _httpx(step: Step) -> str:
    url = f"{ADDRESS}{step.path}"
    text = f'"{url}"'
    if "{session_id}" in url:
        text = "f" + text.replace("{session_id}", "{made.json()['session_id']}")
    parts = [text]
    if step.headers:
        fields = {name: filled(value, {"token": TOKEN}) for name, value in step.headers.items()}
        parts.append(f"headers={json.dumps(fields)}")
    if step.size is not None:
        parts.append(f"content=bytes({step.size})")
    elif isinstance(step.body, str):
        parts.append(f"content=b{step.body!r}".replace("'", '"'))
    elif step.body is not None:
        parts.append(f"json={step.body!r}".replace("'", '"'))
    inside = "".join(f"        {part},\n" for part in parts)
    return f"httpx.{step.method.lower()}(\n{inside}    )"
