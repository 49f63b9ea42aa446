def test_a_lost_answer_does_no_harm(scribe_mock):
    scribe_mock.drop_answer("uploadAudio", sequence=1)
    session_id = record(scribe_mock.base_url, scribe_mock.token)  # your client
    first, second = (e for e in scribe_mock.requests("uploadAudio") if e.sequence == 1)
    assert (first.status, first.outcome) == (0, "dropped")
    assert (second.status, second.reply_to) == (200, first.id)
    scribe_mock.verify(1, operation="endSession")
    scribe_mock.ledger(session_id).assert_complete()
