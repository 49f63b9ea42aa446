"""Fixtures: what they may say, and what a broken one is told."""

import shutil

import pytest
import yaml

from scribe_mock.errors import FixtureError, SettingsError
from scribe_mock.scenarios.fixtures import load_fixtures
from tests.support import ROOT

SHIPPED = ROOT / "fixtures"
GIB = 1024**3

SCENARIO = """\
# A comment, so that lines are not those of the data.
title: A visit
outcome: partial
language_detected: en
transcript: |
  Doctor: Hello.
templates:
  notes:
    status: success
    data: {since: 2026-01-31}
processing_errors:
  - type: audio_file_skipped
    message: Too noisy.
    file: 1.webm
"""
SEEDS = """\
- session_id: a_session_of_mine
  state: recording
  upload_type: chunked
  audio: [speech.webm]

- session_id: another_session_of_mine
  state: created
  upload_type: stream
  scenario: visit
"""


@pytest.fixture
def folder(tmp_path):
    """A fixtures folder that is in order."""
    (tmp_path / "scenarios").mkdir()
    (tmp_path / "scenarios/visit.yaml").write_text(SCENARIO)
    (tmp_path / "sessions.yaml").write_text(SEEDS)
    shutil.copytree(SHIPPED / "audio", tmp_path / "audio")
    return tmp_path


def complaint(folder, file, before, after):
    """What is said of a file in which one text was put in place of another."""
    path = folder / file
    text = path.read_text()
    assert before in text
    path.write_text(text.replace(before, after, 1))
    with pytest.raises(FixtureError) as raised:
        load_fixtures(folder, "visit", GIB)
    assert raised.value.exit_code == 5
    return str(raised.value).replace(str(path), file)


def test_the_shipped_fixtures_are_in_order():
    fixtures = load_fixtures(None, "consultation", GIB)
    assert set(fixtures.scenarios) == {"consultation", "partial", "failed", "slow", "silence"}
    assert fixtures.default.name == "consultation"
    assert {seed.state for seed in fixtures.seeds} == {
        "created",
        "recording",
        "processing",
        "completed",
        "partial",
        "failed",
        "expired",
    }


def test_ones_own_fixtures_are_served(serve, folder):
    mock = serve(fixtures=folder, scenario="visit")
    assert mock.control("GET", "/sessions")["total"] == 2
    shown = mock.client.get("/sessions/a_session_of_mine").json()
    assert shown["audio_files"] == ["0.webm"]
    body = {"state": "partial"}
    mock.control("PUT", "/sessions/a_session_of_mine", body)
    shown = mock.client.get("/sessions/a_session_of_mine").json()
    assert shown["transcript"] == "Doctor: Hello.\n"
    assert shown["templates"][0]["notes"]["data"] == {"since": "2026-01-31"}
    assert shown["processing_errors"][0]["file"] == "1.webm"


def test_sessions_and_audio_may_be_left_out(folder):
    (folder / "sessions.yaml").unlink()
    shutil.rmtree(folder / "audio")
    assert load_fixtures(folder, "visit", GIB).seeds == []


@pytest.mark.parametrize("text", ["", "# None yet.\n", "null\n", "[]\n"])
def test_there_may_be_no_sessions(folder, text):
    (folder / "sessions.yaml").write_text(text)
    assert load_fixtures(folder, "visit", GIB).seeds == []


def test_sessions_need_room_beside_their_audio_too(folder):
    size = (folder / "audio/speech.webm").stat().st_size
    assert len(load_fixtures(folder, "visit", size + 10_240).seeds) == 2
    with pytest.raises(FixtureError, match=r"sessions\.yaml:6: \[1\]: .*fit into the"):
        load_fixtures(folder, "visit", size + 8192)


def test_a_merged_key_may_be_overridden(folder):
    path = folder / "scenarios/visit.yaml"
    merged = "data: {a: {b: {<<: &x {<<: &y {c: 1, d: 1}, c: 2}, c: 3}}, e: *x, f: *y}"
    path.write_text(SCENARIO.replace("data: {since: 2026-01-31}", merged))
    data = load_fixtures(folder, "visit", GIB).default.outcome.templates["notes"].data
    assert data
    assert data["a"] == {"b": {"c": 3, "d": 1}}


def test_a_scenario_needs_four_parts_alone(folder):
    (folder / "scenarios/short.yaml").write_text(
        yaml.safe_dump({"title": "t", "outcome": "completed", "transcript": "", "templates": {}})
    )
    scenario = load_fixtures(folder, "short", GIB).default
    assert scenario.processing_seconds is None
    assert scenario.outcome.language is None


@pytest.mark.parametrize(
    ("before", "after", "line", "expected"),
    [
        ("title: A visit\n", "", 2, "title"),
        ("title: A visit", "title: 7", 2, "string"),
        ("title: A visit", "title: A visit\ntitel: x", 2, "titel"),
        ("outcome: partial", "outcome: processing", 3, "partial"),
        ("outcome: partial", "outcome: completed", 12, "processing_errors"),
        ("language_detected: en", "language_detected: [en]", 4, "string"),
        ("    status: success", "    status: done", 9, "success"),
        ("    data: {since: 2026-01-31}\n", "", 9, "data"),
        ("    data: {since: 2026-01-31}", "    data: [1]", 10, "object"),
        ("    message: Too noisy.\n", "", 12, "message"),
        ("outcome: partial", "outcome: partial\ntitle: Another", 4, "title occurs twice"),
        ("    message: Too noisy.", "    message: Too noisy.\n    type: x", 14, "twice"),
        ("title: A visit", "title: A visit\nprocessing_seconds: -1", 3, "minimum"),
        ("title: A visit", "title: A visit\nprocessing_seconds: soon", 3, "number"),
    ],
)
def test_a_broken_scenario_is_told_its_file_line_and_what_was_expected(
    folder, before, after, line, expected
):
    said = complaint(folder, "scenarios/visit.yaml", before, after)
    assert said.startswith(f"scenarios/visit.yaml:{line}: ")
    assert expected in said


@pytest.mark.parametrize(
    ("before", "after", "line", "expected"),
    [
        ("- session_id: a_session_of_mine", "- session_id: short", 1, "does not match"),
        ("- session_id: a_session_of_mine", "- session_id: a/session/of/mine", 1, "match"),
        ("another_session_of_mine", "a_session_of_mine", 6, "no other session has"),
        ("  state: recording", "  state: resting", 2, "recording"),
        ("  state: recording\n", "", 1, "state"),
        ("  upload_type: stream", "  upload_type: pigeon", 8, "stream"),
        ("  scenario: visit", "  scenario: unheard_of", 9, "visit"),
        ("audio: [speech.webm]", "audio: [speech.webm, gone.webm]", 4, "gone.webm"),
        ("audio: [speech.webm]", "audio: speech.webm", 4, '"speech.webm" is not of type "array"'),
        ("audio: [speech.webm]", "audio: [../sessions.yaml]", 4, "audio, not '../sessions"),
        ("audio: [speech.webm]", "audio: [/etc/passwd]", 4, "audio, not '/etc/passwd'"),
        ("  state: created", "  state: created\n  unknown: 1", 6, "unknown"),
    ],
)
def test_a_broken_seed_is_told_its_file_line_and_what_was_expected(
    folder, before, after, line, expected
):
    said = complaint(folder, "sessions.yaml", before, after)
    assert said.startswith(f"sessions.yaml:{line}: ")
    assert expected in said


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ("title: [unclosed\n", 2),
        ("title: x\n\toutcome: y\n", 2),
        ("title: x\n  outcome: y\n", 2),
        ("title: 'x\n", 2),
        ("a: &a\nb: *c\n", 2),
        ("- a\nb: c\n", 2),
        ("%&!\n", 1),
    ],
)
def test_what_is_no_yaml_is_told_the_line(folder, text, line):
    said = complaint(folder, "scenarios/visit.yaml", SCENARIO, text)
    assert said.startswith(f"scenarios/visit.yaml:{line}: expected YAML")


@pytest.mark.parametrize(
    "text",
    ["", "# nothing\n", "text\n", "[]\n", "title: .nan\n", "title: \x00\n", "a: !!set {b}\n"],
)
def test_what_is_no_scenario_is_told_its_file(folder, text):
    said = complaint(folder, "scenarios/visit.yaml", SCENARIO, text)
    assert said.startswith("scenarios/visit.yaml:")


def test_a_file_that_is_no_text_is_told(folder):
    (folder / "scenarios/visit.yaml").write_bytes(b"\xff\xfe\xfd")
    with pytest.raises(FixtureError, match=r"visit\.yaml.*expected"):
        load_fixtures(folder, "visit", GIB)


def test_keys_that_refer_to_themselves_are_told(folder):
    said = complaint(folder, "scenarios/visit.yaml", "data: {since", "data: &a {b: *a, since")
    assert said.startswith("scenarios/visit.yaml:")


def test_a_folder_without_scenarios_is_told(tmp_path):
    for folder in (tmp_path, tmp_path / "gone"):
        with pytest.raises(FixtureError, match=r"at least one scenario in scenarios/\*\.yaml"):
            load_fixtures(folder, "visit", GIB)


def test_a_default_that_is_not_there_is_told_what_is(folder):
    with pytest.raises(SettingsError, match="--scenario takes one of visit, not 'unheard_of'"):
        load_fixtures(folder, "unheard_of", GIB)
    with pytest.raises(FixtureError, match=r"scenarios/consultation\.yaml, or one of visit"):
        load_fixtures(folder, "consultation", GIB)
