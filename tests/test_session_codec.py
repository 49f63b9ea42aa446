"""Records of sessions come back as what was written."""

import math
from dataclasses import replace
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from scribe_mock.audio.packed_fingerprint import PackedFingerprint
from scribe_mock.sessions.chunk import Chunk
from scribe_mock.sessions.chunks import Chunks
from scribe_mock.sessions.diagnosis import AudioFinding, Diagnosis
from scribe_mock.sessions.documents import Document
from scribe_mock.sessions.outcomes import Outcome, ProcessingError, TemplateResult
from scribe_mock.sessions.session import Session, UploadType
from scribe_mock.sessions.states import State
from scribe_mock.store import session_codec
from scribe_mock.store.body import Body
from scribe_mock.store.reference import Reference
from scribe_mock.store.session_codec import (
    RecordUnreadable,
    decode_chunk,
    decode_reference,
    decode_session,
    encode_chunk,
    encode_reference,
    encode_session,
)

TEXT = st.text(max_size=8)
NAME = st.none() | TEXT
SECONDS = st.floats(allow_nan=False) | st.just(math.inf)
SOME_SECONDS = st.none() | SECONDS
COUNT = st.integers(0, 2**63)
JSON: Any = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | TEXT,
    lambda child: st.lists(child, max_size=3) | st.dictionaries(TEXT, child, max_size=3),
    max_leaves=6,
)
OBJECT = st.dictionaries(TEXT, JSON, max_size=3)
NAMES = st.lists(TEXT, max_size=3)

FINDING = st.builds(AudioFinding, TEXT, TEXT, TEXT, st.booleans())
FINDINGS = st.lists(FINDING, max_size=2).map(tuple)
DIAGNOSIS = st.builds(
    Diagnosis,
    NAME,
    NAME,
    st.none() | COUNT,
    st.none() | COUNT,
    SOME_SECONDS,
    SOME_SECONDS,
    SOME_SECONDS,
    SOME_SECONDS,
    st.lists(st.tuples(SECONDS, SECONDS), max_size=2).map(tuple),
    FINDINGS,
)
CHUNK = st.builds(
    Chunk,
    COUNT,
    TEXT,
    TEXT,
    TEXT,
    COUNT,
    SECONDS,
    SOME_SECONDS,
    SOME_SECONDS,
    SOME_SECONDS,
    st.none() | st.booleans(),
    st.none() | DIAGNOSIS,
    FINDINGS,
    SOME_SECONDS,
    COUNT,
)
RESULT = st.builds(TemplateResult, TEXT, st.none() | OBJECT)
OUTCOME = st.builds(
    Outcome,
    st.sampled_from(State),
    TEXT,
    NAME,
    NAME,
    st.dictionaries(TEXT, RESULT, max_size=2),
    RESULT,
    st.lists(st.builds(ProcessingError, TEXT, TEXT, NAME), max_size=2),
    st.booleans(),
)
DOCUMENT = st.builds(
    Document,
    document_id=TEXT,
    template_id=NAME,
    category=TEXT,
    created_at=SECONDS,
    updated_at=SECONDS,
    ready_at=SECONDS,
    result=st.none() | RESULT,
    name=NAME,
    status=TEXT,
    errors=st.lists(JSON, max_size=2),
    warnings=st.lists(JSON, max_size=2),
    usage_information=OBJECT,
    text=st.none() | st.binary(max_size=8),
    deleted=st.booleans(),
)
SESSION = st.builds(
    Session,
    session_id=TEXT,
    upload_type=st.sampled_from(UploadType),
    created_at=SECONDS,
    expires_at=SECONDS,
    scenario=TEXT,
    communication_protocol=TEXT,
    session_mode=TEXT,
    model=TEXT,
    templates=NAMES,
    language_hint=NAMES,
    transcript_language=NAME,
    additional_data=OBJECT,
    patient_details=st.none() | OBJECT,
    owner=TEXT,
    user_status=NAME,
    processing_status=NAME,
    stream_id=NAME,
    started=st.booleans(),
    streamed_s=SECONDS,
    chunks=st.lists(CHUNK, max_size=2, unique_by=lambda one: one.sequence).map(Chunks),
    ended_at=SOME_SECONDS,
    done_at=SECONDS,
    transcript=NAME,
    outcome=st.none() | OUTCOME,
    audio_files_sent=st.none() | COUNT,
    documents=st.lists(DOCUMENT, max_size=2),
)
PLAIN = Session(
    session_id="s", upload_type=UploadType.SINGLE, created_at=1, expires_at=2, scenario="c"
)
FINGERPRINT = st.builds(
    PackedFingerprint, st.binary(max_size=8), SECONDS, NAME, st.booleans(), st.binary(max_size=8)
)


@given(SESSION)
def test_a_session_comes_back(session):
    chunks = [decode_chunk(encode_chunk(one)) for one in session.chunks.values()]
    assert decode_session(encode_session(session), chunks) == session


@given(CHUNK)
def test_a_chunk_comes_back_whether_its_codes_were_asked_for_or_not(chunk):
    assert decode_chunk(encode_chunk(chunk)) == chunk
    if chunk.diagnosis is not None:
        assert chunk.diagnosis.codes is chunk.diagnosis.codes
    assert decode_chunk(encode_chunk(chunk)) == chunk


@given(FINGERPRINT, TEXT, NAME)
def test_a_reference_comes_back(fingerprint, media_type, fixture):
    reference = Reference(Body([b"sound"]), media_type, fingerprint, fixture)
    assert decode_reference(encode_reference(reference), reference.body) == reference


def test_a_record_has_every_field_of_a_session_but_the_chunks():
    _, record = msgspec.msgpack.decode(encode_session(PLAIN))
    assert record.keys() == set(Session.__dataclass_fields__) - {"chunks"}


def test_integers_of_any_size_come_back():
    numbers = {"large": [10**300, {"low": -(10**300)}, 2**64, -(2**63) - 1]}
    session = replace(PLAIN, additional_data=numbers, outcome=Outcome(State.FAILED))
    assert decode_session(encode_session(session), {}).additional_data == numbers


@pytest.mark.parametrize("data", [b"", b"\xc1", b"\x92\x01\xa1x", b"\x92\x01\x80"])
def test_what_is_no_record_is_refused(data):
    with pytest.raises(RecordUnreadable, match="can't be read"):
        decode_session(data, {})


def test_a_record_of_another_version_is_refused(monkeypatch):
    record = encode_session(PLAIN)
    monkeypatch.setattr(session_codec, "VERSION", 2)
    with pytest.raises(RecordUnreadable, match="version 1, and this program reads 2"):
        decode_session(record, {})
