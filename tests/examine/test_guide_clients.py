"""The clients that the guide shows, and what it says of clients that were examined."""

import os
import re
import shutil
import subprocess
import sys

import pytest

from scribe_mock.gauntlet.scenarios import SCENARIOS
from scribe_mock.web.docs.examined import examined_clients
from scribe_mock.web.docs.fault_examples import SNIPPETS

#: What test_mutants.py does not show: the whole gauntlet would take minutes.
SOME = ("plain", "answer-lost", "token-expired", "chunk-too-large", "not-found", "killed")


@pytest.mark.parametrize(
    ("name", "most"), [("upload_recording.py", 120), ("stream_recording.py", 100)]
)
def test_the_program_is_short_enough_to_be_read(name, most):
    lines = (SNIPPETS / name).read_text("utf-8").splitlines()
    assert len(lines) <= most


def test_the_shell_script_loses_nothing():
    needed = [name for name in ("curl", "jq", "ffmpeg") if shutil.which(name) is None]
    if needed:
        if os.environ.get("CI") == "true":
            pytest.fail(f"{needed} are not installed")
        pytest.skip(f"{needed} are not installed")
    has_full_marks(SOME, "bash", SNIPPETS / "upload_recording.sh")


def test_the_stream_tells_what_may_be_lost_and_the_webhook_takes_each_event():
    has_full_marks(("stream-broken", "webhooks"), sys.executable, SNIPPETS / "stream_recording.py")


def has_full_marks(scenarios, *client):
    only = [word for name in scenarios for word in ("--only", name)]
    examine = [sys.executable, "-m", "scribe_mock", "examine", "--strict", "--jobs", "6", *only]
    done = subprocess.run([*examine, "--", *client], capture_output=True, text=True, check=False)
    assert f"{len(scenarios)} passed of {len(scenarios)} scenarios" in done.stdout, done.stdout
    assert done.returncode == 0


def test_each_examined_client_has_a_mark_for_each_scenario():
    names = [scenario.name for scenario in SCENARIOS]
    demands = {scenario.name: {one.name for one in scenario.demands} for scenario in SCENARIOS}
    for client in examined_clients():
        assert list(client["marks"]) == names
        assert re.search(r"\d+\.\d+", client["version"])
        assert re.fullmatch(r"\d{4}-\d\d-\d\d", client["measured"])
        for name, mark in client["marks"].items():
            assert set(mark["unmet"]) <= demands[name]
            assert bool(mark["unmet"]) is (mark["verdict"] not in ("passed", "not tried"))


def test_the_guides_own_clients_have_full_marks_wherever_they_were_tried():
    own = [client for client in examined_clients() if "axios" not in client["version"]]
    assert len(own) == 3
    for client in own:
        assert {mark["verdict"] for mark in client["marks"].values()} <= {"passed", "not tried"}
