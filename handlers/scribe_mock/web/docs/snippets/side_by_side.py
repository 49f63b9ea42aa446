import httpx


def test_a_session_expires(scribe_mock):
    session = scribe_mock.sessions.create("recording")
    scribe_mock.clock.advance(hours=2)  # for this test alone
    assert answer(scribe_mock, session) == 410


def test_another_one_does_not(scribe_mock):
    session = scribe_mock.sessions.create("recording")
    assert answer(scribe_mock, session) == 202


def answer(scribe_mock, session):
    token = {"Authorization": f"Bearer {scribe_mock.token}"}
    return httpx.get(f"{scribe_mock.base_url}/sessions/{session.id}", headers=token).status_code
