"""The gauntlet: a good client passes, and what is wrong with a broken one is found."""

import json
import os
import re
import sys
from pathlib import Path

import pytest

from scribe_mock.cli import main

CLIENT = [sys.executable, str(Path(__file__).with_name("client.py"))]
#: What is broken → the scenarios that are about it, the demand that is not met, its verdict.
MUTATIONS = {
    "pieces": [
        ("plain", "complete", "failed"),
    ],
    "forgets_last": [
        ("plain", "complete", "failed"),
    ],
    "skips": [
        ("plain", "complete", "failed"),
    ],
    "swaps": [
        ("plain", "complete", "failed"),
    ],
    "twice": [
        ("plain", "complete", "failed"),
    ],
    "never_looks": [
        ("plain", "result", "warned"),
        ("failed", "result", "failed"),
    ],
    "gives_up": [
        ("upload-cut", "complete", "failed"),
        ("unavailable", "complete", "failed"),
        ("server-error", "complete", "failed"),
        ("offline", "complete", "failed"),
        ("unreachable", "comes-again", "warned"),
        ("end-answer-lost", "result", "failed"),
    ],
    "new_number": [
        ("upload-cut", "same-number", "failed"),
        ("answer-lost", "same-number", "failed"),
    ],
    "impatient": [
        ("unavailable", "waits", "warned"),
        ("rate-limited", "waits", "warned"),
    ],
    "keeps_token": [
        ("token-expired", "renews", "failed"),
        ("token-expired", "complete", "failed"),
    ],
    "repeats_refused": [
        ("chunk-too-large", "bounded", "failed"),
        ("invalid-audio-format", "no-repeat", "failed"),
        ("not-found", "no-repeat", "failed"),
        ("not-found", "stops", "warned"),
        ("expired", "no-repeat", "failed"),
    ],
    "silent": [
        ("chunk-too-large", "split-or-told", "failed"),
        ("invalid-audio-format", "told", "failed"),
        ("not-found", "told-or-again", "failed"),
        ("partial", "told", "failed"),
        ("failed", "told", "failed"),
        ("expired", "told-or-again", "failed"),
        ("stream-broken", "complete-or-told", "failed"),
    ],
    "ends_early": [
        ("end-overtakes", "end-waits", "failed"),
    ],
    "fears_session_ended": [
        ("end-answer-lost", "result", "failed"),
    ],
    "polls_fast": [
        ("long-processing", "pace", "failed"),
    ],
    "steady": [
        ("long-processing", "backs-off", "warned"),
    ],
    "forgets_left": [
        ("killed", "resumes", "noted"),
    ],
    "no_reconnect": [
        ("stream-broken", "reconnects", "failed"),
    ],
    "refuses_repeats": [
        ("webhooks", "takes-each", "failed"),
    ],
}
#: What `make test` tries: mutants of the guide's program make the other mistakes there.
#: `make client-mutants` tries all.
OFTEN = {
    "swaps",
    "twice",
    "never_looks",
    "fears_session_ended",
    "polls_fast",
    "forgets_left",
    "no_reconnect",
    "refuses_repeats",
}
TRIED = MUTATIONS.keys() if "EVERY_MUTANT" in os.environ else OFTEN & MUTATIONS.keys()


def examine(folder, *broken, only, options=()):
    """Exit code, and the JSON report by the scenario's name."""
    report = folder / "report.json"
    chosen = [word for name in only for word in ("--only", name)]
    asked = [*chosen, "--report", f"json={report}", *options]
    code = main(["examine", *asked, "--", *CLIENT, *broken])
    return code, {
        one["scenario"]: one for one in json.loads(report.read_text("utf-8"))["scenarios"]
    }


def marks(scenario):
    return {mark["name"]: mark for mark in scenario["marks"]}


def test_a_client_that_loses_nothing_passes_every_scenario(tmp_path):
    code, found = examine(tmp_path, only=["*"])
    assert {name: one["verdict"] for name, one in found.items()} == dict.fromkeys(found, "passed")
    assert len(found) == 23
    assert code == 0


@pytest.mark.parametrize("broken", sorted(TRIED))
def test_what_is_broken_is_found(broken, tmp_path):
    expected = MUTATIONS[broken]
    code, found = examine(tmp_path, broken, only=[scenario for scenario, _, _ in expected])
    for scenario, demand, verdict in expected:
        mark = marks(found[scenario])[demand]
        assert mark["verdict"] == verdict, found[scenario]
        assert mark["said"]
    assert code == ("failed" in {one["verdict"] for one in found.values()})


def test_what_is_missing_is_said_in_seconds(tmp_path):
    _, found = examine(tmp_path, "forgets_last", only=["plain"])
    said = marks(found["plain"])["complete"]["said"]
    seconds = re.findall(r"Seconds ([0-9.]+) to ([0-9.]+) .* are missing", said)
    assert [float(time) for time in seconds[0]] == pytest.approx([20, 23.7], abs=0.3)
    assert "the exit code was 0" in said


def test_what_shows_it_is_named(tmp_path):
    _, found = examine(tmp_path, "impatient", only=["rate-limited"])
    refused, again = marks(found["rate-limited"])["waits"]["seen"]
    assert "audio_1.wav → 429 rate_limit_exceeded (req_" in refused
    assert "audio_1.wav → 200 (req_" in again


def test_a_client_without_streams_and_webhooks_is_not_tried_there(tmp_path, capsys):
    only = ["stream-broken", "webhooks"]
    code, found = examine(tmp_path, "no_stream", "no_webhook", only=only)
    assert code == 3
    assert [one["verdict"] for one in found.values()] == ["not tried"] * 2
    assert "The client registered no webhook." in capsys.readouterr().out
    more = ["--allow-skipped"]
    code, _ = examine(tmp_path, "no_stream", "no_webhook", only=only, options=more)
    assert code == 0


def test_strict_lets_a_should_fail_the_run(tmp_path):
    code, found = examine(tmp_path, "impatient", only=["rate-limited"], options=["--strict"])
    assert found["rate-limited"]["verdict"] == "warned"
    assert code == 1
