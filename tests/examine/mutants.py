"""The guides' clients with one mistake each, examined in the scenario that is about it."""

import asyncio
import os
import shutil
import sys
from pathlib import Path

import pytest
import yaml

from scribe_mock import MockServer, Settings
from scribe_mock.examine.audio import write_reference
from scribe_mock.examine.driver import Setup, run_scenario
from scribe_mock.gauntlet.scenarios import SCENARIOS
from scribe_mock.testing.control_client import ControlClient
from scribe_mock.web.docs.book import snippet_text
from tests.support import PATIENCE

HERE = Path(__file__).parent
#: By the file that is changed.
EVERY_MUTANT = yaml.safe_load((HERE / "mutants.yaml").read_text("utf-8"))
PROGRAM = "upload_recording.py"
#: A page records in real time, and most of a client's work is to wait. So `make test` tries these,
#: and `make client-mutants` all.
QUICK = {
    PROGRAM: {
        "retries under a new number",
        "ignores Retry-After",
        "gives up after a 500",
        "never renews the token",
        "sends a wrong format again",
        "ends the session before the last upload",
        "says nothing of a partial result",
        "forgets the last chunk",
        "skips a part of each chunk",
    },
    "session-client.js": set(),
    "recording.js": {"skips a second when it begins another chunk"},
}
MUTANTS = {
    file: [one for one in mutants if one["name"] in QUICK[file] or "EVERY_MUTANT" in os.environ]
    for file, mutants in EVERY_MUTANT.items()
}
ORIGINAL = "the original"
#: The clients that run at the same time, by what they need of the processor.
LIGHT, HEAVY = 8, 3
#: How often a page is tried that has no mistake: while the processor is busy with other tests, the
#: fake microphone of Chromium itself loses sound.
PAGE_TRIES = 3


class Examination:
    """Runs clients, each in one scenario, against one mock."""

    def __init__(self, url, folder):
        self._url = url
        self._folder = folder
        self._audio = folder / "spoken.wav"
        write_reference(self._audio)

    def run(self, file, wanted):
        """The outcomes, by name and scenario."""
        return asyncio.run(self._run(file, wanted))

    async def _run(self, file, wanted):
        client = ControlClient(self._url)
        free = asyncio.Semaphore(LIGHT if file == PROGRAM else HEAVY)

        async def run(number, name, changes, scenario):
            tries = PAGE_TRIES if name == ORIGINAL and file != PROGRAM else 1
            async with free:
                for attempt in range(tries):
                    folder = self._folder / f"{number}-{attempt}"
                    setup = self._setup(command(file, changed(file, changes), folder), folder)
                    found = await run_scenario(scenario_of(scenario), setup, client)
                    if set(marks(found).values()) == {"passed"}:
                        break
            return (name, scenario), found

        try:
            runs = [run(number, *each) for number, each in enumerate(wanted)]
            return dict(await asyncio.gather(*runs))
        finally:
            client.close()

    def _setup(self, command, folder):
        return Setup(
            url=self._url,
            token=None,
            command=command,
            audio=self._audio,
            folder=folder,
            timeout=PATIENCE,
        )


def scenario_of(name):
    return next(scenario for scenario in SCENARIOS if scenario.name == name)


def changed(file, changes):
    """The text of a file with its changes, each of which must find its place."""
    text = snippet_text(file)
    for change in changes:
        assert text.count(change["was"]) == 1, change["was"]
        text = text.replace(change["was"], change["is"])
    return text


def command(file, text, folder):
    """How to run a client whose file has this text."""
    folder.mkdir()
    (folder / file).write_text(text)
    if file == PROGRAM:
        return [sys.executable, folder / file]
    if file == "session-client.js":
        return [sys.executable, HERE / "programs" / "send_in_page.py", folder]
    driver = snippet_text("drive_recorder.py")
    page = "    page = browser.new_page()\n"
    assert page in driver
    instead = f'    page.route("**/{file}", lambda route: route.fulfill(path="{folder / file}"))\n'
    (folder / "drive.py").write_text(driver.replace(page, page + instead))
    return [sys.executable, folder / "drive.py"]


def wanted(file):
    """What to run: each mutant in its scenario, and the original in the same ones."""
    runs = [(one["name"], one["changes"], one["scenario"]) for one in MUTANTS[file]]
    originals = sorted({scenario for _, _, scenario in runs})
    return runs + [(ORIGINAL, [], scenario) for scenario in originals]


def run_all(file, folder):
    """The outcomes of all that a file has, by name and scenario."""
    if file != PROGRAM:
        require_chromium()
    with (
        MockServer(Settings(port=0, quiet=True)) as mock,
        pytest.MonkeyPatch.context() as patched,
    ):
        patched.setenv("PATIENCE", "15")
        return Examination(mock.url, folder).run(file, wanted(file))


def require_chromium():
    if shutil.which("chromium") is None and shutil.which("chromium-browser") is None:
        reason = "Chromium is not installed; on Debian: apt-get install chromium"
        if os.environ.get("CI") == "true":
            pytest.fail(reason)
        pytest.skip(reason)


def names(*files):
    """Parameters of tests: a file, and a mutant of it."""
    return [(file, mutant["name"]) for file in files for mutant in MUTANTS[file]]


def marks(outcome):
    return {mark.demand.name: mark.verdict.value for mark in outcome.marks}


def assert_found(file, name, outcomes):
    """The scenario that is about a mistake says which demand is not met."""
    mutant = next(one for one in MUTANTS[file] if one["name"] == name)
    found = outcomes[name, mutant["scenario"]]
    assert marks(found)[mutant["demand"]] in ("failed", "warned", "noted"), found


def assert_full_marks(outcomes):
    """The original meets every demand."""
    found = {scenario: marks(one) for (who, scenario), one in outcomes.items() if who == ORIGINAL}
    assert found
    assert {mark for one in found.values() for mark in one.values()} == {"passed"}, found
