"""What `scribe-mock audio --reference` says of files that are chunks of one recording."""

import json

import pytest

from scribe_mock import cli
from scribe_mock.audio import media_types
from tests.audio.dictation import dictation, seconds
from tests.audio.factory import encode, wav
from tests.audio.recordings import webm_slices


@pytest.fixture
def folder(tmp_path, monkeypatch):
    """A folder with the dictation, whole and in three chunks, as the working directory."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("COLUMNS", "200")
    (tmp_path / "spoken.wav").write_bytes(wav(dictation()))
    for number, (start, end) in enumerate(((0, 6), (6, 12), (12, None))):
        (tmp_path / f"{number}.wav").write_bytes(wav(seconds(start, end)))
    return tmp_path


def compared(capsys, *files, code):
    """The last block of what is printed."""
    assert cli.main(["audio", "--reference", "spoken.wav", *files]) == code
    return capsys.readouterr().out.rpartition("\n\n")[2]


def test_nothing_is_lost(folder, capsys):
    text = compared(capsys, "0.wav", "1.wav", "2.wav", code=0)
    assert text == "Compared with spoken.wav, 16.22 s:\n  arrived   100.0% of its sound\n"


def test_what_is_lost_is_told_by_the_names_of_files(folder, capsys):
    first, *others = compared(capsys, "0.wav", "2.wav", code=1).splitlines()
    assert first == "Compared with spoken.wav, 16.22 s:"
    assert others[1].startswith("  missing   Seconds 6.0 to 12.0 of what was spoken are missing: ")
    assert others[1].endswith("they would have come in 0.wav, or after it.")


def test_the_order_of_the_files_is_that_of_the_recording(folder, capsys):
    text = compared(capsys, "1.wav", "0.wav", "2.wav", code=1)
    assert "  reordered Seconds " in text
    assert "arrived in another order: they are in 0.wav." in text


def test_json_has_one_more_object(folder, capsys):
    arguments = ["audio", "--json", "--reference", "spoken.wav", "0.wav", "0.wav", "2.wav"]
    assert cli.main(arguments) == 1
    *files, found = map(json.loads, capsys.readouterr().out.splitlines())
    assert [one["file"] for one in files] == ["0.wav", "0.wav", "2.wav"]
    assert (found["reference"], found["duration_s"]) == ("spoken.wav", 16.22)
    assert found["coverage_percent"] < 70
    [missing] = found["missing"]
    assert (missing["start_s"], missing["end_s"]) == pytest.approx((6, 12), abs=0.15)
    [again] = found["repeated"]
    assert (again["start_s"], again["chunk"]) == (pytest.approx(0, abs=0.15), 1)
    assert found["reordered"] == found["distorted"] == []
    assert {match["chunk"] for match in found["matches"]} == {0, 1, 2}


def test_slices_of_one_file_are_decoded_behind_their_header(folder, capsys):
    slices = webm_slices(encode(dictation(), media_types.WEBM), seconds=5).parts
    names = [f"{number}.webm" for number in range(len(slices))]
    for name, part in zip(names, slices, strict=True):
        (folder / name).write_bytes(part)
    # Each slice but the first has the serious finding that it has no header.
    assert "arrived   100.0%" in compared(capsys, *names, code=1)


def test_files_without_sound_and_files_that_are_not_there_count_as_nothing(folder, capsys):
    (folder / "text.wav").write_text("no audio")
    text = compared(capsys, "0.wav", "text.wav", "2.wav", code=1)
    assert "Seconds 6.0 to 12.0" in text
    text = compared(capsys, "0.wav", "none.wav", "2.wav", code=2)
    assert "Seconds 6.0 to 12.0" in text


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["--reference", "none.wav", "0.wav"], "Can't read none.wav: No such file"),
        (["--reference", "text.wav", "0.wav"], "--reference text.wav can't be decoded. Expected"),
        (["--reference", "spoken.wav"], "Name either the files"),
        (["--reference", "spoken.wav", "--sample", "webm"], "--reference goes with files"),
    ],
)
def test_a_reference_that_is_of_no_use(folder, capsys, arguments, said):
    (folder / "text.wav").write_text("no audio")
    assert cli.main(["audio", *arguments]) == 2
    out, error = capsys.readouterr()
    assert out == ""
    assert said in error
