"""The JavaScript client, under the test runners that its users have, and its types."""

import fcntl
import json
import os
import re
import shutil
import subprocess
import sys
import threading
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer

import httpx
import pytest

from scribe_mock import MockServer, Settings
from scribe_mock.sample_audio import sample
from scribe_mock.web.docs.book import snippet_text
from scribe_mock.web.docs.examined import examined_clients
from tests.support import ROOT

HERE = ROOT / "tests" / "javascript"
CLIENT = ROOT / "handlers" / "scribe_mock" / "client"
NAMES = sorted(path.name for path in CLIENT.iterdir())
#: The README's snippets: one for Node.js, one for Playwright.
IN_NODE, IN_PLAYWRIGHT = re.findall(
    r"^```js\n(.*?)^```", (ROOT / "README.md").read_text("utf-8"), re.MULTILINE | re.DOTALL
)


#: The packages that axios-uploader.mjs is made of.
AXIOS = ("axios", "axios-retry")

#: A reader's client, for snippets that call it.
RECORD = """
import { readFileSync } from "node:fs";
import { App } from "./app.mjs";
const audio = readFileSync("audio.webm");
const record = (baseUrl, token) => new App({ baseUrl, token }).record(audio);
"""


def cannot_run(reason):
    if os.environ.get("CI") == "true":
        pytest.fail(reason)
    pytest.skip(reason)


def run(command, **options):
    return subprocess.run(
        command, capture_output=True, text=True, timeout=300, check=False, **options
    )


@pytest.fixture(scope="module")
def server():
    with MockServer(Settings(port=0, quiet=True)) as server:
        yield server


@pytest.fixture(scope="module")
def packages():
    """The folder `node_modules`, as package-lock.json has it."""
    if shutil.which("npm") is None:
        cannot_run("npm is not installed; Node.js 20.19 or newer brings it")
    installed, locked = HERE / "node_modules/.package-lock.json", HERE / "package-lock.json"
    with locked.open() as lock:
        # Two installations in one folder at the same time break each other.
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not installed.exists() or installed.stat().st_mtime < locked.stat().st_mtime:
            done = run(["npm", "ci", "--ignore-scripts"], cwd=HERE)
            if done.returncode:
                cannot_run(f"npm ci failed: {done.stderr}")
    return HERE / "node_modules"


@pytest.fixture(scope="module")
def project(tmp_path_factory, packages):
    """A project of somebody who has written the client into it."""
    folder = tmp_path_factory.mktemp("project")
    for source in HERE.iterdir():
        if source.is_file():
            shutil.copy(source, folder)
    shutil.copy(sample("webm"), folder / "audio.webm")
    (folder / "node_modules").symlink_to(packages)
    command = [sys.executable, "-m", "scribe_mock", "client", "--output", folder / "client"]
    done = run(command)
    assert done.returncode == 0, done.stderr
    assert done.stdout.split() == [str(folder / "client" / name) for name in NAMES]
    return folder


class Quiet(SimpleHTTPRequestHandler):
    def log_message(self, *_):
        pass


@pytest.fixture(scope="module")
def app(project, server):
    """The address of a page that records, on a port of its own, as a dev server has it."""
    page = project / "index.html"
    page.write_text(page.read_text().replace("MOCK_URL", server.url))
    with ThreadingHTTPServer(("127.0.0.1", 0), partial(Quiet, directory=project)) as files:
        threading.Thread(target=files.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{files.server_port}"
        files.shutdown()


@pytest.fixture
def node(project, server):
    """A function that runs a program in the project, with the address of a mock."""

    def node(*command, **environment):
        path = f"node_modules/.bin{os.pathsep}{os.environ['PATH']}"
        variables = {"PATH": path, "MOCK_URL": server.url, **environment}
        done = run(command, cwd=project, env=os.environ | variables)
        # Seen once: a program that npm had just written was still open for writing somewhere.
        again = "ETXTBSY" in done.stderr
        return run(command, cwd=project, env=os.environ | variables) if again else done

    return node


def test_every_call_works_under_the_runner_of_node(node):
    done = node("node", "--test", "--test-reporter=tap", "node.test.mjs")
    assert done.returncode == 0, done.stdout + done.stderr
    assert "# fail 0" in done.stdout
    assert "# tests 22" in done.stdout


def test_it_works_under_vitest(node):
    done = node("vitest", "run", "--dir", ".", "vitest.test.mjs", CI="true", NO_COLOR="1")
    assert done.returncode == 0, done.stdout + done.stderr
    assert "2 passed" in done.stdout


def test_the_types_are_those_of_the_module(node):
    done = node("tsc", "--project", ".")
    assert (done.returncode, done.stdout + done.stderr) == (0, "")


def test_the_readmes_snippet_runs_under_node(node, project, server):
    snippet = IN_NODE.replace("./scribe-mock.mjs", "./client/scribe-mock.mjs")
    assert "http://127.0.0.1:8080" in snippet
    (project / "readme.mjs").write_text(
        RECORD + snippet.replace("http://127.0.0.1:8080", server.url)
    )
    done = node("node", "readme.mjs")
    assert (done.returncode, done.stderr) == (0, "")


def test_the_guides_snippets_run_under_node(node, project, server):
    (project / "arrived.mjs").write_text(RECORD + here("arrived.mjs", server))
    done = node("node", "arrived.mjs")
    assert (done.returncode, done.stderr) == (0, "")
    (project / "side-by-side.test.mjs").write_text(here("side-by-side.test.mjs", server))
    done = node("node", "--test", "--test-reporter=tap", "side-by-side.test.mjs")
    assert "# pass 2" in done.stdout


def here(snippet, server):
    """A snippet of the guides, for this mock and this project."""
    text = snippet_text(snippet).replace('"./scribe-mock', '"./client/scribe-mock')
    return text.replace("http://127.0.0.1:8080", server.url)


#: What one attempt shows: the rest of the gauntlet would take minutes.
EXAMINED = ("upload-cut", "rate-limited", "token-expired", "chunk-too-large", "end-answer-lost")


@pytest.mark.parametrize(
    ("client", "set_up"), [("axios-retry, defaults", ""), ("axios-retry, set up", "advised")]
)
def test_the_guide_says_how_axios_did(client, set_up, packages, project):
    shown = next(one for one in examined_clients() if one["client"] == client)
    locked = json.loads((HERE / "package-lock.json").read_text("utf-8"))["packages"]
    versions = [f"{name} {locked[f'node_modules/{name}']['version']}" for name in AXIOS]
    assert shown["version"] == ", ".join(versions)
    report = project / "examined.json"
    only = [word for name in EXAMINED for word in ("--only", name)]
    examine = [sys.executable, "-m", "scribe_mock", "examine", *only, "--report", f"json={report}"]
    run(
        [*examine, "--", "node", project / "axios-uploader.mjs"],
        env=os.environ | {"SET_UP": set_up},
    )
    found = json.loads(report.read_text("utf-8"))["scenarios"]
    verdicts = {one["scenario"]: one["verdict"] for one in found}
    assert verdicts == {name: shown["marks"][name]["verdict"] for name in EXAMINED}


@pytest.fixture(scope="module")
def played(project, server, app):
    """Title → result of each test that Playwright ran; one of them is the README's."""
    chromium = shutil.which("chromium") or shutil.which("chromium-browser")
    if chromium is None:
        cannot_run("Chromium is not installed; on Debian: apt-get install chromium")
    assert "http://localhost:5173" in IN_PLAYWRIGHT
    (project / "readme.spec.mjs").write_text(
        IN_PLAYWRIGHT.replace("./scribe-mock", "./client/scribe-mock")
        .replace("http://localhost:5173", app)
        .replace('test("', 'test("passes: README: ')
    )
    guide = here("side-by-side.spec.mjs", server).replace("test(`", "test(`passes: guide: ")
    (project / "guide.spec.mjs").write_text(guide)
    variables = {"MOCK_URL": server.url, "APP_URL": app, "CHROMIUM": chromium}
    done = run(["node_modules/.bin/playwright", "test"], cwd=project, env=os.environ | variables)
    report = project / "playwright.json"
    assert report.exists(), done.stdout + done.stderr
    return {
        spec["title"]: result
        for suite in json.loads(report.read_text("utf-8"))["suites"]
        for spec in suite["specs"]
        for test in spec["tests"]
        for result in test["results"]
    }


def test_playwright_gives_each_test_a_scope(played):
    statuses = {title: result["status"] for title, result in played.items()}
    ends = {"passes": "passed", "fails": "failed", "skips": "skipped"}
    assert statuses == {title: ends[title.partition(":")[0]] for title in played}
    assert len(played) == 8


def test_playwright_fails_a_test_whose_fault_never_fired(played):
    result = played["fails: a fault never fires"]
    (error,) = result["errors"]
    assert "1 fault never fired:" in error["message"]
    assert "on operation uploadAudio, sequence 3" in error["message"]
    assert "instead of uploadAudio there came getSession" in error["message"]


def test_playwright_attaches_the_journal_to_a_failing_test(played):
    for title, result in played.items():
        names = [each["name"] for each in result["attachments"]]
        assert ("scribe-mock journal" in names) is title.startswith("fails")
    assert "never fired" not in str(played["fails: something else is wrong"]["errors"])


@pytest.mark.parametrize("name", NAMES)
def test_the_server_has_the_same_files_for_pages_of_any_port(server, name):
    origin = {"Origin": "http://localhost:5173"}
    answer = httpx.get(f"{server.url}/_mock/client/{name}", headers=origin)
    assert answer.content == (CLIENT / name).read_bytes()
    kind = "text/javascript" if name.endswith(".mjs") else "text/plain"
    assert answer.headers["content-type"] == f"{kind}; charset=utf-8"
    assert answer.headers["access-control-allow-origin"] == origin["Origin"]


def test_there_is_no_other_file(server):
    for name in ("scribe-mock", "../cli.py", "%2e%2e/cli.py", "x%00"):
        assert httpx.get(f"{server.url}/_mock/client/{name}").status_code == 404


def test_a_folder_that_cannot_be_written_is_said(tmp_path):
    (tmp_path / "file").write_text("")
    command = [sys.executable, "-m", "scribe_mock", "client", "--output", tmp_path / "file"]
    done = run(command)
    assert (done.returncode, done.stdout) == (2, "")
    assert "can't be written" in done.stderr
