"""The check beside servers that want to harm it: it ends, with little memory, and says why."""

import asyncio
import subprocess
import sys
from pathlib import Path

import pytest

from scribe_mock.contract.transport.address import Address
from scribe_mock.contract.transport.message import Request
from scribe_mock.contract.transport.wire import Wire
from tests.contract.hostile import ANSWERS, SLOW, SOCKETS, Hostile

#: Megabytes that the whole process may need.
MOST_MEMORY = 150

#: The command; at its end it prints its peak of memory, in kB, as Linux counts it.
MEASURED = """\
import re, sys
from scribe_mock.cli import main
code = main()
with open("/proc/self/status") as status:
    print("peak", re.search(r"VmHWM:\\s+(\\d+)", status.read())[1], file=sys.stderr)
sys.exit(code)
"""

pytestmark = pytest.mark.skipif(
    not Path("/proc/self/status").exists(), reason="only Linux tells the peak of memory"
)


def checked(attack, only, seconds):
    """Exit code, output and peak of memory in MB of a check that takes so long at most."""
    with Hostile(attack) as hostile:
        arguments = [hostile.base_url, "--patience=1", *(f"--only={one}" for one in only)]
        done = subprocess.run(
            [sys.executable, "-c", MEASURED, "check", *arguments],
            capture_output=True,
            text=True,
            timeout=seconds,
            check=False,
        )
    said, _, peak = done.stderr.rpartition("peak ")
    return done.returncode, done.stdout + said, int(peak) / 1024


RULES = ("upload.row.2", "upload.row.7", "errors", "answers", "session.own_id", "time")


@pytest.mark.parametrize(
    "attack", ANSWERS, ids=lambda one: getattr(one, "__name__", type(one).__name__)
)
def test_no_answer_takes_much_memory(attack):
    code, said, peak = checked(attack, RULES, 300)
    assert code in (1, 2)
    assert "Traceback" not in said
    assert "bug" not in said
    assert peak < MOST_MEMORY, f"{peak:.0f} MB"


@pytest.mark.parametrize("attack", SLOW)
def test_a_slow_answer_is_given_up(attack):
    with Hostile(attack) as hostile:
        origin = Address.parse(hostile.base_url).origin
        request = Request(origin=origin, method="GET", target="/")
        answer = asyncio.run(Wire(concurrency=1, timeout=0.5).send(request))
    assert answer.trouble == "no complete answer came within 0.5 seconds"
    assert answer.ended - answer.began < 5


@pytest.mark.parametrize("name", SOCKETS)
def test_no_stream_takes_much_memory(name):
    code, said, peak = checked(
        SOCKETS[name], ("stream.connect", "stream.text", "stream.leave"), 120
    )
    assert code in (1, 2)
    assert "Traceback" not in said
    assert peak < MOST_MEMORY, f"{peak:.0f} MB"
