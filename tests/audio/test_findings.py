"""The README explains every code of a finding."""

import ast
import re
from pathlib import Path

import scribe_mock.audio
from scribe_mock.audio import findings, session_doctor
from scribe_mock.audio.audio_errors import ERRORS

ROOT = Path(__file__).parents[2]


def code_of(argument):
    """The code that a finding is made with: a text, or the name of one."""
    known = vars(findings) | vars(session_doctor)
    return argument.value if isinstance(argument, ast.Constant) else known[argument.id]


def codes_in_the_program():
    """The codes of all findings that the program makes, by its source."""
    found = set(ERRORS)
    for path in Path(scribe_mock.audio.__file__).parents[1].rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.Call) and getattr(node.func, "id", "") == "AudioFinding":
                found |= {code_of(argument) for argument in node.args[:1]}
    return found


def codes_in_the_readme():
    text = (ROOT / "README.md").read_text()
    table = text.split("| finding | meaning |", 1)[1].split("\n\n", 1)[0]
    first_column = [row.split("|")[1] for row in table.splitlines() if row.count("|") > 1]
    return {code for cell in first_column for code in re.findall(r"`(\w+)`", cell)}


def test_the_readme_explains_every_finding():
    assert codes_in_the_program() == codes_in_the_readme()
