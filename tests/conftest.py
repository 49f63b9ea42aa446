"""Fixtures: a mock that is as good as new for each test, and factories around it."""

import os
from contextlib import ExitStack

import hypothesis
import pytest

from tests.redis_servers import redis_server
from tests.support import running, served

hypothesis.settings.register_profile(
    "repeatable",
    derandomize=True,
    deadline=None,
    database=None,
    max_examples=50,
    # A test's session is its own, also where it has many examples; a busy machine is no fault.
    suppress_health_check=[
        hypothesis.HealthCheck.function_scoped_fixture,
        hypothesis.HealthCheck.too_slow,
    ],
)
hypothesis.settings.load_profile("repeatable")


#: Modules whose tests share what is costly to make: a browser, an installed wheel, packages from
#: npm, a whole check, decoding processes.
TOGETHER = (
    "tests/browser/",
    "tests/contract/test_reports.py",
    "tests/examine/test_page_mutants.py",
    "tests/examine/test_program_mutants.py",
    "tests/test_docs_export.py",
    "tests/test_following_audio.py",
    "tests/test_har.py",
    "tests/test_javascript_client.py",
    "tests/test_openapi.py",
    "tests/test_wheel.py",
)
#: Modules with tests that take long. They begin first, so that no process is alone with one at the
#: end.
LONG = (
    "tests/contract/test_check.py",
    "tests/contract/test_command.py",
    "tests/contract/test_plugin.py",
    "tests/contract/test_mutants.py",
    "tests/examine/",
    "tests/audio/",
    "tests/test_cli.py",
    "tests/test_schemathesis.py",
)


#: What takes long, and is mostly shown by other tests too: `make every` has these.
RARE = (
    "tests/audio/test_fuzz.py::test_mutated_files_are_cut_or_refused[audio/m4a]",
    "tests/browser/test_browser_errors_page.py::test_the_fetch_samples_get_what_is_promised",
    "tests/contract/test_check.py::test_freedoms_raise_no_alarm[Slow]",
    "tests/contract/test_hostile.py::test_no_stream_takes_much_memory[fragments]",
    "tests/contract/test_hostile.py::test_no_stream_takes_much_memory[messages]",
    "tests/contract/test_hostile.py::test_no_stream_takes_much_memory[pongs]",
    "tests/contract/test_mutants.py::test_the_right_rule_names_the_fault_and_its_commands_show_it"
    "[NothingIsTold]",
    "tests/examine/test_examinations.py::test_what_is_broken_is_found_by_hand_too[repeats_refused",
    "tests/examine/test_page_mutants.py",
    "tests/test_following_audio.py::test_a_sentence_arrived_if_four_fifths_of_it_did[8.9",
    "tests/test_following_audio.py::test_all_that_arrived_is_all_of_it[audio/mp3]",
    "tests/test_following_audio.py::test_silence_that_is_lost_is_no_sentence",
    "tests/test_javascript_client.py::test_the_guide_says_how_axios_did",
    "tests/test_references.py::test_as_many_bytes_as_an_hour_of_wav_has",
)
#: Of the pages, all are tried in the dark, and these in both schemes.
BOTH_SCHEMES = ("[/docs-light]", "[/_mock/ui-light]", "[/_mock/ui/faults-light]")


def is_rare(nodeid):
    """Whether a test is one of those that `make every` has."""
    if "::test_a_page_is_sound[" in nodeid and nodeid.endswith("-light]"):
        return not nodeid.endswith(BOTH_SCHEMES)
    return nodeid.startswith(RARE)


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_auto_num_workers():
    """More processes than processors: many tests wait, for a server or for time to pass."""
    processors = os.cpu_count() or 1
    return 3 * processors


def pytest_collection_modifyitems(config, items):
    """Leave out the rare tests, unless they are wanted; begin with those that take long."""
    if "EVERY_TEST" not in os.environ and not any("::" in str(each) for each in config.args):
        rare = [item for item in items if is_rare(item.nodeid)]
        items[:] = [item for item in items if not is_rare(item.nodeid)]
        config.hook.pytest_deselected(items=rare)
    items.sort(key=lambda item: not item.nodeid.startswith(LONG))


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config, log):
    """Give each process whole modules where that saves time.

    The mark `xdist_group` would say the same, but it does nothing in pytest-xdist 3.8 with pytest
    9.2: it is told by a name of a test that this pytest does not let it change.
    """
    from xdist.scheduler import LoadScopeScheduling  # type: ignore[import-untyped]

    class Modules(LoadScopeScheduling):  # type: ignore[misc]
        def _split_scope(self, nodeid):
            return nodeid.partition("::")[0] if nodeid.startswith(TOGETHER) else nodeid

    return Modules(config, log)


@pytest.fixture(scope="session")
def redis_address(tmp_path_factory):
    """The address of a Redis for the tests of this process."""
    with redis_server(tmp_path_factory.mktemp("redis")) as server:
        yield server.url


@pytest.fixture(scope="session")
def _server():
    with running() as mock:
        yield mock


@pytest.fixture
def mock(_server):
    """A fresh mock whose clock stands still."""
    _server.control("POST", "/reset")
    _server.control("POST", "/clock", {"freeze": True})
    return _server


@pytest.fixture
def client(mock):
    """A client of the session API, with a token."""
    return mock.client


@pytest.fixture
def session(mock):
    """A factory of sessions: `session("single", templates=["t"], scenario="partial")`."""
    return mock.create


@pytest.fixture
def serve():
    """A factory of mocks with settings of their own."""
    with ExitStack() as stack:
        yield lambda **settings: stack.enter_context(running(**settings))


@pytest.fixture
def serving():
    """A factory: serves an ASGI app; gives a client of it and its server."""
    with ExitStack() as stack:
        yield lambda app: stack.enter_context(served(app))
