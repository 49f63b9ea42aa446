"""The spec for the renderer: with code samples, servers that the page can reach, and short texts.

What the page shows only on request is under `x-sections` (the parts of the introduction) and
`x-more` (an operation's description after its first paragraph). `x-sample` is a file for a body,
and `x-first` the request whose answer has what only the server knows: an id, or a signed address.
"""

import copy
import json
from collections.abc import Iterator, Mapping
from typing import Any

from scribe_mock.spec import resolved
from scribe_mock.web.docs.samples import ADDRESS, TOKEN

#: The first server of an exported page: the spec's first one would be the file system there.
_MOCK_SERVER = {"url": ADDRESS, "description": "scribe-mock on this machine, as it starts."}


def for_renderer(spec: Mapping[str, Any], *, served: bool) -> dict[str, Any]:
    """A copy of a spec with `x-samples` on every operation, and its long texts in parts.

    Args:
        spec: An OpenAPI document.
        served: Whether a mock serves the page; then that mock is the only server to try.
    """
    document: dict[str, Any] = copy.deepcopy(dict(spec))
    # In OpenAPI, a document without servers has the server `/`.
    first, *others = document.get("servers") or [{"url": "/"}]
    document["servers"] = [first] if served else [_MOCK_SERVER, *others]
    for path, methods in document["paths"].items():
        for method, operation in methods.items():
            operation["x-samples"] = samples(document, method.upper(), path, operation)
            first_paragraph, _, more = operation.get("description", "").partition("\n\n")
            operation |= {"description": first_paragraph, "x-more": more}
            if served:
                _offer_files(document, operation)
                _offer_address(document, operation)
    introduction, *sections = _sections(document["info"].get("description", ""))
    document["info"] |= {"description": introduction["text"], "x-sections": sections}
    return document


def _sections(text: str) -> Iterator[dict[str, str]]:
    """A Markdown text by its first-level headings; the first part has none."""
    title, fenced = "", False
    lines: list[str] = []
    for line in text.splitlines():
        fenced ^= line.startswith("```")
        if line.startswith("# ") and not fenced:
            yield {"title": title, "text": "\n".join(lines)}
            title, lines = line[2:].strip(), []
        else:
            lines.append(line)
    yield {"title": title, "text": "\n".join(lines)}


def _offer_files(spec: Mapping[str, Any], operation: Mapping[str, Any]) -> None:
    """Put the address of each body's example file where the page finds it."""
    body = resolved(spec, operation.get("requestBody", {}))
    for content in body.get("content", {}).values():
        for part in content.get("examples", {}).values():
            file = resolved(spec, part).get("externalValue")
            if isinstance(file, str) and "x-sample" not in content:
                content["x-sample"] = f"/{file.removeprefix('/')}"


def _offer_address(spec: Mapping[str, Any], operation: dict[str, Any]) -> None:
    """Put the request that hands out an operation's address or id where the page finds it."""
    source = operation.get("x-filled-from")
    if source is None:
        return
    for path, methods in spec["paths"].items():
        for method, one in methods.items():
            if one["operationId"] == source["operationId"]:
                request = _Request(spec, method.upper(), path, one).as_data()
                operation["x-first"] = request | {"pointer": source["pointer"]}


def as_script(document: Mapping[str, Any]) -> str:
    """A document as a script, which works from `file://` too, where `fetch` does not."""
    text = json.dumps(document, ensure_ascii=False, default=str)
    return f"window.apiDocument = {text.replace('<', chr(92) + 'u003c')};\n"


def samples(
    spec: Mapping[str, Any], method: str, path: str, operation: Mapping[str, Any]
) -> list[dict[str, str]]:
    """The operation's request as curl, `fetch` and Python, with the spec's own examples."""
    request = _Request(spec, method, path, operation)
    return [
        {"label": "curl", "source": request.curl()},
        {"label": "fetch", "source": request.fetch()},
        {"label": "Python", "source": request.python()},
    ]


class _Request:
    """One operation's request, with the example of each of its required parts."""

    def __init__(
        self, spec: Mapping[str, Any], method: str, path: str, operation: Mapping[str, Any]
    ) -> None:
        self._method = method
        self._url = ADDRESS + path
        for part in operation.get("parameters", ()):
            parameter = resolved(spec, part)
            if parameter["in"] == "path":
                shown = str(parameter.get("example", parameter["name"]))
                self._url = self._url.replace(f"{{{parameter['name']}}}", shown)
        self._headers: dict[str, str] = {}
        if operation.get("security", spec.get("security")):
            self._headers["Authorization"] = f"Bearer {TOKEN}"
        content = operation.get("requestBody", {}).get("content", {})
        self._json = _json_example(spec, content.get("application/json"))
        self._binary = bool(content) and self._json is None
        self._file = self._url.rsplit("/", 1)[1]
        if self._binary:
            self._headers["Content-Type"] = next(iter(content))
        elif self._json is not None:
            self._headers["Content-Type"] = "application/json"

    def as_data(self) -> dict[str, Any]:
        """For a script: method, path and JSON body."""
        return {
            "method": self._method,
            "path": self._url.removeprefix(ADDRESS),
            "json": self._json,
        }

    def curl(self) -> str:
        """For a shell."""
        words = [f"curl {self._url}"]
        if self._method not in ("GET", "POST") or not (self._binary or self._json is not None):
            words = [f"curl -X {self._method} {self._url}" if self._method != "GET" else words[0]]
        words += [f"-H '{name}: {value}'" for name, value in self._headers.items()]
        if self._binary:
            words.append(f"--data-binary @{self._file}")
        elif self._json is not None:
            shown = json.dumps(self._json).replace("'", "'\\''")
            words.append(f"--data '{shown}'")
        return " \\\n  ".join(words)

    def fetch(self) -> str:
        """For a browser."""
        lines = [f'  method: "{self._method}",'] if self._method != "GET" else []
        if self._headers:
            fields = [f'    "{name}": "{value}",' for name, value in self._headers.items()]
            lines += ["  headers: {", *fields, "  },"]
        if self._binary:
            lines.append("  body: blob, // the bytes of one chunk")
        elif self._json is not None:
            lines.append(f"  body: JSON.stringify({json.dumps(self._json)}),")
        options = ", {\n" + "\n".join(lines) + "\n}" if lines else ""
        call = f'const answer = await fetch("{self._url}"{options});'
        return f"{call}\nconst result = await answer.json();"

    def python(self) -> str:
        """For httpx."""
        parts = [f'"{self._url}"']
        if self._headers:
            parts.append(f"headers={json.dumps(self._headers)}")
        if self._binary:
            parts.append(f'content=Path("{self._file}").read_bytes()')
        elif self._json is not None:
            parts.append(f"json={self._json!r}")
        inside = "".join(f"    {part},\n" for part in parts)
        imports = ["from pathlib import Path", ""] if self._binary else []
        call = f"answer = httpx.{self._method.lower()}(\n{inside})"
        return "\n".join([*imports, "import httpx", "", call, "result = answer.json()"])


def _json_example(spec: Mapping[str, Any], content: Mapping[str, Any] | None) -> Any:
    if content is None:
        return None
    if "example" in content:
        return content["example"]
    return resolved(spec, next(iter(content["examples"].values())))["value"]
