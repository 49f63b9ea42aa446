def test_the_last_upload_is_not_overtaken(scribe_mock):
    scribe_mock.hold("uploadAudio", sequence=1)
    recording = start_recording(scribe_mock.base_url, scribe_mock.token)  # your client, in a thread
    last = scribe_mock.wait_for_held("uploadAudio", sequence=1)
    scribe_mock.verify(0, operation="endSession")
    scribe_mock.release(last)
    scribe_mock.ledger(recording.result()).assert_complete()
