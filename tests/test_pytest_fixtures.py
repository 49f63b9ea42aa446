"""The fixtures of the pytest plugin, in runs of pytest as a user has them."""

import re
import socket
from urllib.parse import urlsplit

import pytest

from scribe_mock import MockServer, Settings
from scribe_mock.web.docs.book import snippet_text
from tests.support import ROOT

pytest_plugins = ["pytester"]

#: Of these plugins, each process of pytest that is started would need seconds.
OTHERS = [f"-pno:{name}" for name in ("schemathesis", "hypothesispytest", "anyio")]
#: A client of the session API, for the tests inside.
CLIENT = """
import json
import urllib.error
import urllib.request

from scribe_mock.sample_audio import sample

AUDIO = sample("webm").read_bytes()


class Client:
    def __init__(self, scope):
        self.base_url, self.token = scope.base_url, scope.token

    def post(self, path, body=b"{}", kind="application/json"):
        headers = {"Authorization": f"Bearer {self.token}", "Content-Type": kind}
        request = urllib.request.Request(self.base_url + path, body, headers)
        try:
            with urllib.request.urlopen(request) as answer:
                return answer.status, json.load(answer)
        except urllib.error.HTTPError as error:
            with error:
                return error.code, error.read()

    def create(self):
        return self.post("/sessions", b'{"upload_type": "chunked"}')[1]["session_id"]

    def record(self):
        session_id = self.create()
        for sequence in (0, 1):
            assert 200 in (self.upload(session_id, sequence) for attempt in range(3))
        self.post(f"/sessions/{session_id}/end", b'{"audio_files_sent": 2}')
        return session_id

    def upload(self, session_id, sequence):
        path = f"/sessions/{session_id}/audio/audio_{sequence}.webm"
        return self.post(path, AUDIO, "audio/webm;codecs=opus")[0]
"""


@pytest.fixture(scope="module")
def server():
    with MockServer(Settings(port=0, quiet=True)) as server:
        yield server


@pytest.fixture
def run(pytester, server):
    """A function that runs tests with pytest: its result, and what it shows.

    They use one mock that is there already, unless they shall start one.
    """
    (pytester.path / "client.py").write_text(CLIENT)

    def run(tests, *arguments, own_mock=False, parallel=False, conftest=""):
        pytester.makepyfile(test_inside=f"from client import Client\n\n{tests}")
        if conftest:
            pytester.makeconftest(conftest)
        given = [] if own_mock else [f"--scribe-mock-url={server.url}"]
        plugins = ["-pno:cacheprovider", *(OTHERS if parallel else ["-pno:xdist"])]
        start = pytester.runpytest_subprocess if parallel else pytester.runpytest_inprocess
        done = start("-W", "error", *plugins, *given, *arguments)
        return done, done.stdout.str() + done.stderr.str()

    return run


def test_each_test_has_a_token_and_a_clean_slate_of_its_own(run, server):
    tests = """
def test_one(scribe_mock):
    assert scribe_mock.faults() == scribe_mock.requests() == scribe_mock.sessions.list() == []
    Client(scribe_mock).create()
    scribe_mock.fail("uploadAudio", optional=True)
    scribe_mock.clock.advance(hours=2)
    print("token", scribe_mock.token)

def test_two(scribe_mock):
    assert scribe_mock.faults() == scribe_mock.requests() == scribe_mock.sessions.list() == []
    client = Client(scribe_mock)
    assert client.upload(client.create(), 0) == 200
    print("token", scribe_mock.token)
"""
    done, shown = run(tests, "-s")
    done.assert_outcomes(passed=2)
    tokens = re.findall("token (.+)", shown)
    assert len(set(tokens)) == 2
    for token in tokens:
        scope = server.scope(token)
        assert scope.faults() == scope.requests() == scope.sessions.list() == []


def test_the_guides_tests_pass(run):
    done, _ = run(snippet_text("side_by_side.py"))
    done.assert_outcomes(passed=2)


def test_the_readmes_test_passes(run):
    snippets = re.findall(
        r"^```python\n(.*?)^```", (ROOT / "README.md").read_text(), re.MULTILINE | re.DOTALL
    )
    (snippet,) = [each for each in snippets if "scribe_mock.fail" in each]
    record = """
from types import SimpleNamespace

def record(base_url, token):
    return Client(SimpleNamespace(base_url=base_url, token=token)).record()

"""
    done, shown = run(record + snippet)
    done.assert_outcomes(passed=1)
    assert "journal" not in shown


UNFIRED = """
def test_unfired(scribe_mock):
    client = Client(scribe_mock)
    session_id = client.create()
    scribe_mock.fail("uploadAudio", sequence=3, status=503)
    scribe_mock.fail("endSession", status=500)
    scribe_mock.fail("getSession", optional=True)
    assert client.upload(session_id, 2) == 200
"""


def test_a_fault_that_never_fired_fails_its_test_and_says_what_came(run):
    done, shown = run(UNFIRED)
    done.assert_outcomes(failed=1)
    assert "2 faults never fired:" in shown
    assert re.search(r"answer \(status 503\) on operation uploadAudio, sequence 3\n", shown)
    assert re.search(r"instead there came\n.*\n.* POST .*/audio/audio_2\.webm +200", shown)
    assert "instead of endSession there came createSession, uploadAudio" in shown
    assert "getSession" not in shown.partition("scribe-mock journal")[0].partition("never fired")[2]


def test_a_fault_that_fired_or_need_not_passes(run):
    tests = """
def test_fired(scribe_mock):
    client = Client(scribe_mock)
    scribe_mock.fail("uploadAudio", sequence=3)
    scribe_mock.cut("uploadAudio", optional=True, sequence=4)
    session_id = client.create()
    assert [client.upload(session_id, 3), client.upload(session_id, 3)] == [503, 200]
"""
    done, shown = run(tests)
    done.assert_outcomes(passed=1)
    assert "journal" not in shown


def test_the_report_of_a_failing_test_has_its_journal(run):
    tests = """
def test_failing(scribe_mock):
    client = Client(scribe_mock)
    scribe_mock.fail("uploadAudio", sequence=3)
    scribe_mock.fail("endSession")
    client.upload(client.create(), 3)
    assert "what the test wants" == "something else"
"""
    done, shown = run(tests)
    done.assert_outcomes(failed=1)
    journal = shown.partition("scribe-mock journal")[2]
    lines = journal.splitlines()
    assert re.match("time +method +path +status +code +bytes +faults +outcome", lines[1])
    created, uploaded = lines[2:4]
    assert re.search(r"^\d\d:\d\d:\d\d\.\d{3}  POST .*/sessions +201", created)
    assert re.search(r"audio_3\.webm +503 +service_unavailable +\d+ +fault_\w+ +answered", uploaded)
    assert re.search(r"on operation endSession \(matched 0, fired 0\)", journal)
    # What failed is the test: its faults had no chance.
    assert "never fired" not in shown


def test_the_journal_is_there_too_when_another_fixture_fails(run):
    tests = """
import pytest

@pytest.fixture
def logged_in(scribe_mock):
    Client(scribe_mock).create()
    raise RuntimeError("no way in")

def test_never_runs(logged_in):
    pass
"""
    done, shown = run(tests)
    done.assert_outcomes(errors=1)
    assert re.search(r"scribe-mock journal -+\ntime .*\n.* createSession|/sessions +201", shown)


def test_skipped_and_expected_failures_are_left_alone(run):
    tests = """
import pytest

def test_skipped(scribe_mock):
    scribe_mock.fail("uploadAudio")
    pytest.skip("not today")

@pytest.mark.xfail(strict=True)
def test_expected(scribe_mock):
    scribe_mock.fail("uploadAudio")
"""
    done, _ = run(tests)
    done.assert_outcomes(skipped=1, xfailed=1)


def test_a_mock_is_started_for_the_run_and_ends_with_it(run):
    tests = """
import urllib.request

def test_one(scribe_mock_url, scribe_mock):
    print("url", scribe_mock_url)
    assert scribe_mock.url == scribe_mock_url
    session = scribe_mock.sessions.create("recording")
    assert Client(scribe_mock).upload(session.id, 0) == 200

def test_two(scribe_mock_url):
    print("url", scribe_mock_url)
"""
    conftest = """
import pytest
from scribe_mock import Settings

@pytest.fixture(scope="session")
def scribe_mock_settings():
    return Settings(scenario="partial")
"""
    check = """
def test_settings(scribe_mock):
    assert scribe_mock.sessions.create().scenario == "partial"
"""
    done, shown = run(tests + check, "-s", own_mock=True, conftest=conftest)
    done.assert_outcomes(passed=3)
    (url,) = set(re.findall("url (http.+)", shown))
    address = urlsplit(url)
    with pytest.raises(ConnectionRefusedError):
        socket.create_connection((address.hostname, address.port))


def test_a_mock_that_cannot_start_says_why(run):
    conftest = """
import pytest
from pathlib import Path
from scribe_mock import Settings

@pytest.fixture(scope="session")
def scribe_mock_settings():
    return Settings(fixtures=Path("nowhere"))
"""
    tests = "def test_it(scribe_mock):\n    pass\n"
    done, shown = run(tests, own_mock=True, conftest=conftest)
    done.assert_outcomes(errors=1)
    assert re.search(r"The mock server did not start: .*nowhere", shown)


def test_an_address_where_there_is_no_mock_is_an_error_before_the_test(run):
    tests = "def test_it(scribe_mock):\n    raise AssertionError\n"
    done, shown = run(tests, "--scribe-mock-url=http://127.0.0.1:9")
    done.assert_outcomes(errors=1)
    assert "No answer from the mock at http://127.0.0.1:9" in shown


MANY = """
import pytest

@pytest.mark.parametrize("number", range(6))
def test_many(scribe_mock, number, record_property):
    client = Client(scribe_mock)
    scribe_mock.fail("uploadAudio", sequence=number)
    session_id = client.create()
    assert [client.upload(session_id, n) for n in range(6)].count(503) == 1
    scribe_mock.verify(7)
    record_property("url", scribe_mock.url)
"""


@pytest.mark.parametrize("own_mock", [True, False], ids=["a mock each", "one for all"])
def test_processes_of_xdist_do_not_disturb_one_another(run, server, own_mock, tmp_path):
    report = tmp_path / "junit.xml"
    options = ("-n", "2", "--dist", "each" if own_mock else "load", f"--junitxml={report}")
    done, shown = run(MANY + UNFIRED, *options, own_mock=own_mock, parallel=True)
    times = 2 if own_mock else 1
    done.assert_outcomes(passed=6 * times, failed=times)
    urls = set(re.findall('value="(http[^"]+)"', report.read_text()))
    assert len(urls) == 2 if own_mock else urls == {server.url}
    # The report of a failure has come through to the process that shows it.
    assert "2 faults never fired:" in shown
    assert re.search(r"scribe-mock journal -+\ntime ", shown)
