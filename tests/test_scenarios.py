"""Fixtures: what they may say, and what a broken one is told."""

import shutil

import numpy as np
import pytest
import yaml

from scribe_mock.errors import FixtureError, SettingsError
from scribe_mock.scenarios.fixtures import load_fixtures
from tests.audio.factory import decode
from tests.support import AUDIO, ROOT

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
SPOKEN = """\
title: A visit that was recorded
outcome: completed
audio: speech.wav
transcript:
  - {speaker: Doctor, at: [0.2, 2.5], text: Dry cough and fever.}
  - speaker: Doctor
    at: [3.1, 5]
    text: The chest is clear.
  - {at: [5, 5.5], text: The end.}
templates: {}
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


@pytest.fixture
def spoken(folder):
    """The same with a scenario whose sentences have times."""
    (folder / "scenarios/spoken.yaml").write_text(SPOKEN)
    return folder


def test_sentences_become_a_line_for_each_time_that_somebody_speaks(serve, spoken):
    mock = serve(fixtures=spoken, scenario="spoken", processing_seconds=0.0)
    session = mock.create()
    session.store("audio_0.webm")
    session.end()
    expected = "Doctor: Dry cough and fever. The chest is clear.\nThe end.\n"
    assert session.get().json()["transcript"] == expected


@pytest.mark.parametrize("audio", ["audio: speech.wav\n", ""])
def test_sentences_need_no_times(spoken, audio):
    lines = "- {speaker: Doctor, text: Hello.}\n- {speaker: Patient, text: Good morning.}\n"
    head, tail = "title: t\noutcome: completed\n", "templates: {}\n"
    (spoken / "scenarios/spoken.yaml").write_text(f"{head}{audio}transcript:\n{lines}{tail}")
    outcome = load_fixtures(spoken, "spoken", GIB).default.outcome
    assert outcome.transcript == "Doctor: Hello.\nPatient: Good morning.\n"


def test_a_recording_may_go_with_a_transcript_that_is_text(folder):
    path = folder / "scenarios/visit.yaml"
    path.write_text(SCENARIO + "audio: speech.mp3\n")
    spoken = load_fixtures(folder, "visit", GIB).default.spoken
    assert spoken.audio == folder / "audio/speech.mp3"
    assert not spoken.is_timed


def test_a_recording_that_ships_need_not_be_copied(spoken):
    shutil.rmtree(spoken / "audio")
    (spoken / "sessions.yaml").unlink()
    audio = load_fixtures(spoken, "spoken", GIB).default.spoken.audio
    assert audio == SHIPPED / "audio/speech.wav"


def test_the_shipped_consultation_is_spoken_as_its_times_say():
    # As a folder of the user's own, it is checked like one.
    scenario = load_fixtures(SHIPPED, "consultation", GIB).default
    assert scenario.spoken.is_timed
    assert scenario.spoken.audio == AUDIO / "consultation.ogg"
    assert scenario.spoken.audio.stat().st_size <= 400_000
    sound = decode(scenario.spoken.audio.read_bytes())
    loud = [np.abs(sound[i : i + 160]).max() > 0.01 for i in range(0, len(sound), 160)]
    heard = np.zeros(len(loud), bool)
    for sentence in scenario.spoken.sentences:
        assert sentence.at
        begin, end = (round(seconds * 100) for seconds in sentence.at)
        heard[begin:end] = True
        # The voice begins and ends where the sentence does.
        assert any(loud[begin : begin + 10])
        assert any(loud[end - 10 : end])
    assert sum(~heard & loud) < 0.02 * sum(loud)


def test_the_consultations_transcript_has_a_line_for_each_turn():
    transcript = load_fixtures(None, "consultation", GIB).default.outcome.transcript
    lines = transcript.splitlines()
    assert len(lines) == 19
    assert lines[0] == (
        "Doctor: Good morning, Mr. Nair. Please sit down. What brings you in today?"
    )
    assert lines[-1] == (
        "Doctor: In five days, or earlier if you feel worse. Get well soon, Mr. Nair."
    )
    assert transcript.endswith("Nair.\n")


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
    ("before", "after", "line", "path", "expected"),
    [
        ("at: [3.1, 5]", "at: [2.4, 5]", 7, "transcript[1].at", "start at 2.5 or later"),
        ("at: [3.1, 5]", "at: [0, 0.1]", 7, "transcript[1].at", "start at 2.5 or later"),
        (
            "at: [3.1, 5]",
            "at: [5, 3.1]",
            7,
            "transcript[1].at",
            "after the start, not [5, 3.1]",
        ),
        ("at: [3.1, 5]", "at: [3.1, 3.1]", 7, "transcript[1].at", "end after the start"),
        ("[5, 5.5]", "[5, 5.58]", 9, "transcript[2].at", "end at 5.57 or earlier, where the rec"),
        ("at: [3.1, 5]", "at: [3.1]", 7, "transcript[1].at", "too short"),
        ("at: [3.1, 5]", "at: [-1, 5]", 7, "transcript[1].at[0]", "minimum"),
        ("at: [3.1, 5]", "at: 3.1", 7, "transcript[1].at", "array"),
        ("    at: [3.1, 5]\n", "", 6, "transcript[1]", "`at: [START, END]`, as other sentences"),
        ("audio: speech.wav\n", "", 4, "transcript[0].at", "`audio: FILE` beside the transcript"),
        ("speech.wav", "gone.wav", 3, "audio", "speech.wav, speech.webm, tiny.m4a, ti"),
        ("speech.wav", "../sessions.yaml", 3, "audio", "; not '../sessions.yaml'"),
        ("speech.wav", "/etc/passwd", 3, "audio", "; not '/etc/passwd'"),
        ("speech.wav", "README.md", 3, "audio", "; not 'README.md'"),
        ("    text: The chest is clear.\n", "", 6, "transcript[1]", "text"),
        ("speaker: Doctor\n", "speaker: 7\n", 6, "transcript[1].speaker", "string"),
        ("text: The end.", "text: The end., words: 2", 9, "transcript[2]", "words"),
    ],
)
def test_wrong_times_and_recordings_are_told_their_place_and_what_was_expected(
    spoken, before, after, line, path, expected
):
    said = complaint(spoken, "scenarios/spoken.yaml", before, after)
    assert said.startswith(f"scenarios/spoken.yaml:{line}: {path}: ")
    assert expected in said


def test_a_recording_that_is_none_is_told(spoken):
    (spoken / "audio/speech.wav").write_bytes(b"no sound at all")
    said = complaint(spoken, "scenarios/spoken.yaml", "title", "title")
    assert said.startswith("scenarios/spoken.yaml:3: audio: ")
    assert "is no recording: Expected WAV with PCM, found" in said


def test_a_recording_that_is_too_large_is_told(spoken):
    with (spoken / "audio/speech.wav").open("r+b") as file:
        file.truncate(128 * 2**20 + 1)
    said = complaint(spoken, "scenarios/spoken.yaml", "title", "title")
    assert "yaml:3: audio: expected a recording of at most 134217728 bytes (128 MiB)" in said


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
