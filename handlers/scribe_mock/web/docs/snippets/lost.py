def test_no_second_is_lost(scribe_mock):
    scribe_mock.cut("uploadAudio", sequence=1, after_bytes=2000)
    session_id = record(scribe_mock.base_url, scribe_mock.token)  # your client hears spoken.wav
    scribe_mock.sessions.put_reference(session_id, "spoken.wav")
    ledger = scribe_mock.ledger(session_id)
    assert ledger.missing == ()
    assert ledger.coverage_percent > 99
    ledger.assert_complete()
