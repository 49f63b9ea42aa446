def test_nothing_is_lost(scribe_mock):
    scribe_mock.fail("uploadAudio", sequence=0, status=503, retry_after=1)
    scribe_mock.cut("uploadAudio", sequence=1, after_bytes=1000)
    scribe_mock.drop_answer("uploadAudio", sequence=1)
    scribe_mock.drop_answer("endSession")
    session_id = record(scribe_mock.base_url, scribe_mock.token)  # your client
    scribe_mock.ledger(session_id).assert_complete()
