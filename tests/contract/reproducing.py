"""Running the commands of a finding, and comparing what they show with what the check saw."""

import json
import os
import re
import shutil
import subprocess
import sys
from contextlib import suppress

import pytest

from scribe_mock.contract.reports.reproduce import reproduction

#: What differs from run to run: ids, times, tokens, and the name of the run.
VARYING = re.compile(
    r"(ses|doc|tok|tpl|tmpl|template|wh|mine)[_-][\w-]+|check[_-][\w-]+|\b[0-9a-f-]{16,}\b"
    r"|\d{4}-\d\d-\d\d[T ][\d:.]+(Z|[+-]\d\d:\d\d)?|\b\d{10,13}(\.\d+)?\b"
    r"|[\w-]{22,}"
)
ANSWER = re.compile(r"^HTTP/1\.1 (\d{3})", re.MULTILINE)


def require_shell():
    """Skip without the programs that a reproduction needs; but never in CI."""
    missing = [name for name in ("bash", "curl") if shutil.which(name) is None]
    if missing and os.environ.get("CI") == "true":
        pytest.fail(f"{missing} must be there in CI")
    elif missing:
        pytest.skip(f"no {missing}")


def pasted(script, folder, **environment):
    """What a script prints, in a shell where `scribe-mock` is this program."""
    programs = folder / "programs"
    programs.mkdir(exist_ok=True)
    program = programs / "scribe-mock"
    program.write_text(f'#!/bin/sh\nexec {sys.executable} -m scribe_mock "$@"\n')
    program.chmod(0o755)
    done = subprocess.run(
        ["bash", "-c", script],
        cwd=folder,
        env={**os.environ, **environment, "PATH": f"{programs}:{os.environ['PATH']}"},
        capture_output=True,
        text=True,
        errors="replace",
        timeout=120,
        check=False,
    )
    return done.stdout + done.stderr


def problem_of(finding, options, folder):
    """Why the commands of a finding do not show it; empty if they do.

    They show it when the last answer has the status and the body that the check saw. A finding
    about requests at the same time is shown by several successes, or by an answer as the check's.
    """
    script, fault = reproduction(finding.fault, options), finding.fault
    if not script:
        # curl speaks no WebSocket, and the address of a document's text is another each time.
        spared = fault.answer is None or finding.rule.subject in ("stream", "document")
        return "" if spared else "no commands"
    long = [line for line in script.splitlines() if len(line) > 200]
    if long:
        return f"lines of more than 200 characters: {long}"
    shown = pasted(script, folder)
    seen = fault.answer
    if seen is None or seen.status == 0:
        return "" if "no answer before" in shown else f"{script}\n{shown}"
    if fault.together and seen.request in fault.together:
        codes = re.findall(r"^20\d$|(?<=^HTTP/1.1 )20\d", shown, re.MULTILINE)
        return "" if len(codes) > 1 else f"{script}\n{shown}"
    starts = list(ANSWER.finditer(shown))
    if not starts:
        return f"no answer\n{script}\n{shown}"
    body = shown[starts[-1].start() :].partition("\n\n")[2]
    if int(starts[-1][1]) != seen.status:
        return f"wanted {seen}\n{script}\n{shown}"
    return "" if same_body(fault, body) else f"wanted {seen.body!r}\n{script}\n{shown}"


def same_body(fault, body):
    """Whether a body is the one of a fault; as far as a script shows it, and it does not vary."""
    seen, whole = fault.answer, fault.answer.body
    if seen.request.method == "HEAD" or fault.together or b"\0" in whole[:1000]:
        return True
    # Lists have what the check left there, documents get ready with time, and signatures change.
    varying = ("items", "templates", "webhooks", "data", "retrieved_count")
    later = [name for name in varying if name not in fault.got]
    return masked(body, later) == masked(whole.decode("utf-8", "replace"), later)


def masked(text, later=()):
    """A body without what differs from run to run."""
    text = text.replace("\r\n", "\n").strip()
    with suppress(ValueError):
        value = json.loads(text)
        if isinstance(value, dict):
            value = {name: found for name, found in value.items() if name not in later}
        text = json.dumps(value, sort_keys=True)
    return VARYING.sub("…", text)
