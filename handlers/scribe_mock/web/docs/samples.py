"""Recipes written down as curl, `fetch` and Python."""

import json
import shlex

from scribe_mock.contract.recipes.step import NAMED, Recipe
from scribe_mock.scenarios.seeding import DEMO_TOKEN
from scribe_mock.web.docs.programs import Call, calls

#: The address in samples; the pages put the reader's own in its place.
ADDRESS = "http://127.0.0.1:8080"

#: The placeholders of recipes.
_NAMES = sorted({name for named in NAMED.values() for name, _ in named})

#: The token in samples; the mock accepts any, unless it was started with `--token`.
TOKEN = DEMO_TOKEN


def _headers(call: Call) -> dict[str, str]:
    return {name: value.replace("{token}", TOKEN) for name, value in call.headers.items()}


def _url(call: Call, form: str) -> str:
    """A call's address; `form` is a variable of the language, such as `${name}`."""
    whole = call.path if call.path.startswith("{address}") else f"{ADDRESS}{call.path}"
    return _with_variables(whole, form)


def _with_variables(text: str, form: str) -> str:
    """A text with variables in the place of `{session}` and the other placeholders."""
    for name in _NAMES:
        text = text.replace(f"{{{name}}}", form.replace("name", name))
    return text


def _has_variable(call: Call) -> bool:
    return any(f"{{{name}}}" in (call.text or "") for name in _NAMES)


def curl(recipe: Recipe) -> str:
    """Commands for a POSIX shell; the last one prints the answer with its status."""
    *before, last = calls(recipe)
    return "\n".join([*map(_curl_before, before), _curl(last, "-i")])


def _curl_before(call: Call) -> str:
    if call.names:
        return f"{call.names}=$({_curl(call, '-s')} | jq -r .{'.'.join(call.keys)})"
    if call.repeats:
        status = _curl(call, "-s -o /dev/null -w '%{http_code}'", fold=False)
        return f'while [ "$({status})" = 202 ]; do\n  sleep 1\ndone'
    return _curl(call, "-s -o /dev/null")


def _curl(call: Call, options: str, *, fold: bool = True) -> str:
    has_body = call.text is not None or call.size
    words = [f"curl {options}"]
    if call.method != ("POST" if has_body else "GET"):
        words.append(f"-X {call.method}")
    url = _url(call, "$name")
    words.append(f'"{url}"' if "$" in url or "?" in url else url)
    words = [" ".join(words)]
    words += [f"-H {shlex.quote(f'{name}: {value}')}" for name, value in _headers(call).items()]
    source = ""
    if call.size:
        zeros = f"head -c {call.size} /dev/zero"
        text = f"printf '%-{call.size}s' {shlex.quote(call.text or '')}"
        source = f"{zeros if call.text is None else text} | "
        words.append("--data-binary @-")
    elif call.text is not None:
        words.append(f"--data-binary {_quoted(call)}")
    line = source + " ".join(words)
    return line if not fold or len(line) < 92 else source + " \\\n  ".join(words)


def _quoted(call: Call) -> str:
    """The body as one word of a shell."""
    assert call.text is not None
    if not _has_variable(call):
        return shlex.quote(call.text)
    return '"' + _with_variables(call.text.replace('"', '\\"'), "$name") + '"'


def fetch(recipe: Recipe) -> str:
    """JavaScript for a browser's console; it ends with the answer's error."""
    *before, last = calls(recipe)
    lines = [_fetch_before(call) for call in before]
    lines.append(f"const answer = await {_fetch(last)};")
    lines.append("console.log(answer.status, await answer.json());")
    return "\n".join(lines)


def _fetch_before(call: Call) -> str:
    if call.names:
        path = ".".join(call.keys)
        return (
            f"const {call.names}Made = await {_fetch(call)};\n"
            f"const {call.names} = (await {call.names}Made.json()).{path};"
        )
    if call.repeats:
        pause = "  await new Promise((resolve) => setTimeout(resolve, 1000));"
        return f"while ((await {_fetch(call)}).status === 202) {{\n{pause}\n}}"
    return f"await {_fetch(call)};"


def _fetch(call: Call) -> str:
    url = _url(call, "${name}")
    quote = "`" if "${" in url else '"'
    options = [f'  method: "{call.method}",'] if call.method != "GET" else []
    if call.headers:
        fields = [f"{json.dumps(name)}: {json.dumps(to)}" for name, to in _headers(call).items()]
        options.append(f"  headers: {{ {', '.join(fields)} }},")
    if call.size and call.text is None:
        options.append(f"  body: new Uint8Array({call.size}),")
    elif call.is_json:
        # A placeholder is the whole of a string, so the variable takes the quotes' place too.
        value = _with_variables((call.text or "").replace('"{', "{").replace('}"', "}"), "name")
        shown = value if _has_variable(call) else call.text
        options.append(f"  body: JSON.stringify({shown}),")
    elif call.text is not None:
        padded = f".padEnd({call.size})" if call.size else ""
        options.append(f"  body: {json.dumps(call.text)}{padded},")
    inside = "\n".join(options)
    return f"fetch({quote}{url}{quote}" + (f", {{\n{inside}\n}})" if options else ")")


def pytest(recipe: Recipe) -> str:
    """A test function with httpx that expects the error."""
    *before, last = calls(recipe)
    imports = ["import time", ""] if any(call.repeats for call in before) else []
    return "\n".join(
        [
            *imports,
            "import httpx",
            "",
            "",
            f"def test_{recipe.code}():",
            *map(_httpx_before, before),
            f"    answer = {_httpx(last)}",
            f"    assert answer.status_code == {recipe.status}",
            f'    assert answer.json()["error"]["code"] == "{recipe.code}"',
        ]
    )


def _httpx_before(call: Call) -> str:
    if call.names:
        path = "".join(f'["{key}"]' for key in call.keys)
        return f"    {call.names} = {_httpx(call)}.json(){path}"
    if call.repeats:
        return f"    while {_httpx(call)}.status_code == 202:\n        time.sleep(1)"
    return f"    {_httpx(call)}"


def _httpx(call: Call) -> str:
    url = _url(call, "{name}")
    parts = [f'f"{url}"' if "{" in url else f'"{url}"']
    if call.headers:
        parts.append(f"headers={json.dumps(_headers(call))}")
    if call.size and call.text is None:
        parts.append(f"content=bytes({call.size})")
    elif call.is_json and call.text is not None:
        shown = f"json={json.loads(call.text)!r}".replace("'", '"')
        parts.append(_with_variables(shown.replace('"{', "{").replace('}"', "}"), "name"))
    elif call.text is not None:
        padded = f".ljust({call.size})" if call.size else ""
        parts.append(f"content={json.dumps(call.text)}{padded}")
    inside = "".join(f"        {part},\n" for part in parts)
    return f"httpx.{call.method.lower()}(\n{inside}    )"
