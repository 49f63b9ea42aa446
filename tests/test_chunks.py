"""What a session keeps of its chunks agrees with a look at all of them."""

import random
from dataclasses import replace

import pytest

from scribe_mock.audio import findings
from scribe_mock.audio.examination import page_findings, session_findings
from scribe_mock.sessions.chunk import Chunk
from scribe_mock.sessions.chunks import Chunks
from scribe_mock.sessions.diagnosis import Diagnosis

DIAGNOSES = [
    None,
    Diagnosis(),
    Diagnosis("webm", "opus", 48_000, 1),
    Diagnosis("webm", "opus", 48_000, 1, findings=(findings.silent(-90),)),
    Diagnosis("wav", "pcm_s16le", 16_000, 2, findings=(findings.too_long(30, 20),)),
]


def chunk(choose):
    cut = choose.random() < 0.4
    return Chunk(
        choose.randrange(12),
        choose.choice(["webm", "wav"]),
        choose.choice(["a", "b", "c", "d"]),
        "audio/wav",
        choose.randrange(100),
        float(choose.randrange(50)),
        start_s=0.0 if cut else None,
        diagnosis=choose.choice(DIAGNOSES),
        recording_findings=(findings.junk("…"),) if choose.random() < 0.1 else (),
        replaced=choose.randrange(2),
        sha256=choose.choice(["one", "two", "three", *"456789", None]),
    )


def change(chunks, choose):
    """One of the changes that a session makes."""
    there = choose.choice(chunks.ordered()) if chunks else None
    match choose.randrange(5):
        case 0 if there:
            chunks.remove(there.sequence)
        case 1 if there:
            chunks.diagnose(there, choose.choice(DIAGNOSES[1:]))
        case 2 if there:
            chunks.learn(there, choose.choice(["one", "two"]))
        case _:
            chunks.put(chunk(choose))


def check(chunks, choose):
    ordered = chunks.ordered()
    assert [one.sequence for one in ordered] == sorted(chunks)
    digests = {one.sequence: one.sha256 or f"unknown {one.sequence}" for one in ordered}
    all_found = session_findings(ordered, digests)
    first, count = choose.randrange(12), choose.randrange(12)
    page = chunks.ordered(first, count)
    assert page_findings(chunks, page) == {n: all_found[n] for n in (one.sequence for one in page)}
    found = all_found.values()
    assert set(chunks.codes) == {one.code for of_chunk in found for one in of_chunk}
    assert chunks.names == [one.name for one in ordered]
    assert chunks.names_json.decode() == str(chunks.names).replace("'", '"').replace(" ", "")
    assert chunks.size == sum(one.size for one in ordered)
    assert chunks.last_received_at == max((one.received_at for one in ordered), default=None)
    assert set(chunks.files) == {one.original_filename for one in ordered}
    for name in chunks.files:
        own = [one.sequence for one in ordered if one.original_filename == name]
        assert list(chunks.numbers_of(name)) == own
    assert chunks.undigested == {one.sequence for one in ordered if one.sha256 is None}
    assert set(chunks.unexamined) == {one.sequence for one in ordered if one.diagnosis is None}


@pytest.mark.parametrize("seed", range(30))
def test_what_is_kept_is_what_is_there(seed):
    choose, chunks = random.Random(seed), Chunks()
    for _ in range(60):
        change(chunks, choose)
        check(chunks, choose)
        copy = chunks.copy()
        before = copy.ordered(), set(copy.codes)
        change(chunks, choose)
        assert (copy.ordered(), set(copy.codes)) == before
        check(Chunks(replace(one) for one in chunks.ordered()), choose)


def test_a_digest_is_of_the_upload_whatever_became_of_it_meanwhile():
    first = Chunk(0, "webm", "a_0.webm", "audio/webm;codecs=opus", 10, 1.0)
    chunks = Chunks()
    chunks.put(first)
    chunks.diagnose(first, Diagnosis())
    chunks.learn(first, "one")
    assert (first.sha256, chunks[0].sha256, chunks.undigested) == ("one", "one", set())
    again = replace(first, sha256=None)
    chunks.put(replace(again, replaced=1, received_at=2.0))
    chunks.learn(again, "two")
    assert (again.sha256, chunks[0].sha256, chunks.undigested) == ("two", None, {0})
