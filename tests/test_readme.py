"""The README's snippets, run as a reader would run them."""

import re
import subprocess
import sys
from itertools import islice
from pathlib import Path

from scribe_mock import MockServer, Settings
from tests.support import matched

ROOT = Path(__file__).parent.parent
README = (ROOT / "README.md").read_text("utf-8")
SHOWN_ADDRESS = "http://127.0.0.1:8080"


def snippets(language):
    return re.findall(rf"^```{language}\n(.*?)^```", README, re.MULTILINE | re.DOTALL)


def shown(text):
    """A pattern for output in which … stands for anything."""
    return re.compile(re.escape(text).replace("…", ".*").replace(r"\…", ".*"), re.DOTALL)


def transcript():
    """Commands of all console snippets but the first, each with the output that is shown."""
    for snippet in snippets("console")[1:]:
        for part in re.split(r"^\$ ", snippet, flags=re.MULTILINE)[1:]:
            command, _, output = part.partition("\n")
            yield command, output.strip()


def test_the_first_screen_is_what_serve_prints():
    command, _, expected = snippets("console")[0].partition("\n")
    assert command == "$ make serve"
    serve = [sys.executable, "-m", "scribe_mock", "serve", "--port", "0"]
    with subprocess.Popen(serve, stdout=subprocess.PIPE, text=True) as process:
        lines = list(islice(process.stdout or (), len(expected.splitlines())))
        process.terminate()
    port = matched(r"127\.0\.0\.1:[0-9]+", "".join(lines))
    assert "".join(lines).replace(port, "127.0.0.1:8080") == expected


def test_every_console_snippet_prints_what_is_shown():
    steps = list(transcript())
    # Processing must still go on when the command after End session asks.
    with MockServer(Settings(port=0, quiet=True, processing_seconds=600)) as mock:
        script = "\n".join(f"{command}\nprintf '\\n%s\\n' '<<<next>>>'" for command, _ in steps)
        result = subprocess.run(
            ["bash", "-eu"],
            input=script.replace(SHOWN_ADDRESS, mock.url),
            capture_output=True,
            text=True,
            cwd=ROOT,
            check=True,
        )
    outputs = result.stdout.split("\n<<<next>>>\n")
    for (command, expected), output in zip(steps, outputs, strict=False):
        assert shown(expected).fullmatch(output.strip()), (command, output)


def test_the_python_snippet_runs(capsys):
    snippet = snippets("python")[-1]
    exec(compile(snippet, "README.md", "exec"), {})
    assert re.fullmatch(r"http://127\.0\.0\.1:[0-9]+/voice/v1\n", capsys.readouterr().out)


def test_every_option_is_in_the_readme():
    options = subprocess.run(
        [sys.executable, "-m", "scribe_mock", "serve", "--help"],
        capture_output=True,
        text=True,
        check=True,
    ).stdout
    for option in set(re.findall(r"--[a-z][a-z-]+", options)) - {"--help"}:
        assert f"`{option}" in README, f"{option} is not in README.md"
