"""What `scribe-mock audio` prints."""

from scribe_mock import cli
from tests.audio.factory import silence, wav


def test_each_file_is_reported_with_its_findings(tmp_path, capsys, monkeypatch):
    monkeypatch.setenv("COLUMNS", "60")
    silent, text = tmp_path / "silent.wav", tmp_path / "te\x1bxt.mp3"
    silent.write_bytes(wav(silence(2)))
    text.write_text("no audio")
    assert cli.main(["audio", str(silent), str(text)]) == 1
    first, second = capsys.readouterr().out.split("\n\n")[1:]
    assert first.startswith("silent.wav\n  found     wav, pcm_s16le, ")
    assert "  loudness  -79.6 dBFS\n" in first
    assert "  findings  silent (serious): " in first
    assert "  chunks    0: 0.00 to 2.00 s, no speech" in first
    # Text from a file or its name has no characters that control the terminal, and lines fit.
    assert second.startswith("te?xt.mp3\n")
    assert "  chunks    refused: " in second
    assert max(map(len, first.splitlines() + second.splitlines())) <= 60


def test_a_file_that_cannot_be_read_is_named(tmp_path, capsys):
    assert cli.main(["audio", str(tmp_path / "absent.wav")]) == 2
    assert "absent.wav" in capsys.readouterr().err
