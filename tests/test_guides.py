"""The guides' snippets, run as a reader would; those in JavaScript run in tests/browser."""

import itertools
import re
import shutil
import subprocess

import pytest

from scribe_mock import MockServer, Settings
from scribe_mock.spec import SpecFile, shipped
from scribe_mock.web.docs.book import SNIPPETS, Book, snippet_text
from scribe_mock.web.docs.samples import ADDRESS
from scribe_mock.web.navigation import GUIDES

#: Where each snippet is run; the recorder's page runs those of recording.js.
RUN_HERE = {"flow.sh", "limits.py", "polling.py"}
RUN_BY_THE_RECORDER = {
    "recording.js#recordChunks",
    "recording.js#recordWhole",
    "recording.js#uploadWithRetry",
    "recording.js#pollForResult",
}
RUN_BY_THE_STREAM_TEST = {"recording.js#streamAudio", "pcm-worklet.js"}


@pytest.fixture(scope="module")
def mock():
    with MockServer(Settings(port=0, quiet=True, processing_seconds=0.1)) as server:
        yield server


def test_every_snippet_of_every_guide_is_run_somewhere():
    templates = SNIPPETS.parent / "templates" / "guides"
    shown = {
        name
        for entry in GUIDES
        for name in re.findall(
            r'snippet\("(.+?)"\)', (templates / f"{entry.name}.html").read_text()
        )
    }
    assert shown == RUN_HERE | RUN_BY_THE_RECORDER | RUN_BY_THE_STREAM_TEST


def test_the_flow_ends_with_a_transcript(mock, tmp_path):
    shutil.copyfile(shipped("fixtures") / "audio" / "speech.webm", tmp_path / "audio_0.webm")
    done = subprocess.run(
        ["bash", "-eu"],
        input=snippet_text("flow.sh").replace(ADDRESS, mock.url),
        capture_output=True,
        text=True,
        cwd=tmp_path,
        check=True,
    )
    ended, _, result = done.stdout.rpartition("}")
    status, *transcript = result.strip().splitlines()
    assert '"audio_files":["0.webm"]' in ended
    assert status == "completed"
    assert transcript


def test_the_limits_are_those_of_the_discovery_document(mock, capsys):
    run("limits.py", mock)
    assert capsys.readouterr().out == "20 ['chunked', 'single', 'stream']\n"


def test_polling_waits_for_the_result(mock):
    result_of = run("polling.py", mock)["result_of"]
    assert result_of("demo_session_partial", "any")["status"] == "partial"
    assert result_of("demo_session_expired", "any")["status"] == "expired"


def test_the_guides_link_to_each_other():
    book = Book(SpecFile(shipped("openapi.yaml")), SpecFile(shipped("control.yaml")), served=False)
    for entry, following in itertools.pairwise(GUIDES):
        assert f'href="{following.name}.html"' in book.page(entry.name)


def run(name, mock):
    names: dict = {}
    exec(compile(snippet_text(name).replace(ADDRESS, mock.url), name, "exec"), names)
    return names
