"""Findings from comparing the chunks of a session."""

import hashlib

from scribe_mock.audio import media_types
from scribe_mock.audio.doctor import diagnose
from scribe_mock.audio.session_doctor import ExaminedChunk, diagnose_session
from tests.audio.factory import sample, vowels, wav


def stored(sequence, data, kind=media_types.WAV):
    digest = hashlib.sha256(data).hexdigest()
    return ExaminedChunk(
        sequence, digest, diagnose(data, kind, media_types.MEDIA_TYPES[kind].extension)
    )


def codes(chunks):
    return {n: [f.code for f in found] for n, found in diagnose_session(chunks).items()}


def test_a_good_session_has_no_findings():
    chunks = [stored(n, wav(vowels(1, n))) for n in (2, 0, 1)]
    assert codes(chunks) == {0: [], 1: [], 2: []}


def test_gaps_duplicates_and_changes_of_format():
    same = wav(vowels(1))
    chunks = [
        stored(1, same),
        stored(2, same),
        stored(5, wav(vowels(1, 5), rate=8000)),
        stored(6, sample(media_types.WEBM), media_types.WEBM),
    ]
    assert codes(chunks) == {
        1: ["gap"], 2: ["duplicate"], 5: ["gap", "format_changed"], 6: ["format_changed"],
    }  # fmt: skip
    said = diagnose_session(chunks)
    assert said[1][0].message == "Chunk 0 is missing before chunk 1."
    assert said[5][0].message == "Chunks 3 to 4 are missing before chunk 5."
    assert "16000 Hz" in said[5][1].message
