"""The pytest fixtures: one mock for all tests of a process, one scope on it for each test.

`scribe_mock` is a `scribe_mock.testing.Scope` with a new token for each test. A fault that never
fired fails its test, unless it is optional; the report of a failing test has its journal.

All imports of this package stand inside functions: pytest loads this module at every start.
"""

from collections.abc import Generator, Iterator
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from scribe_mock.settings import Settings
    from scribe_mock.testing.control_client import ControlClient
    from scribe_mock.testing.scope import Scope

_SCOPE = pytest.StashKey["Scope"]()


def pytest_addoption(parser: pytest.Parser) -> None:
    """Add the option."""
    parser.getgroup("scribe-mock").addoption(
        "--scribe-mock-url",
        metavar="URL",
        help="let the fixtures use this running mock, http://host:port, instead of starting one",
    )


@pytest.fixture(scope="session")
def scribe_mock_settings() -> "Settings":
    """The settings of the mock that the fixtures start; a conftest may have others."""
    from scribe_mock.settings import Settings

    return Settings()


@pytest.fixture(scope="session")
def scribe_mock_url(request: pytest.FixtureRequest) -> Iterator[str]:
    """`http://host:port` of one mock for all tests of this process, or of --scribe-mock-url."""
    if given := request.config.getoption("--scribe-mock-url"):
        yield given.rstrip("/")
        return
    from scribe_mock.testing.child_server import ChildServer

    with ChildServer(request.getfixturevalue("scribe_mock_settings")) as server:
        yield server.url


@pytest.fixture(scope="session")
def _scribe_mock_client(scribe_mock_url: str) -> Iterator["ControlClient"]:
    from scribe_mock.testing.control_client import ControlClient

    client = ControlClient(scribe_mock_url)
    client.call("GET", "/health")  # a wrong address is the fixture's failure, not the tests'
    yield client
    client.close()


@pytest.fixture
def scribe_mock(
    request: pytest.FixtureRequest, scribe_mock_url: str, _scribe_mock_client: "ControlClient"
) -> Iterator["Scope"]:
    """A scope of this test alone on the mock, with a token of its own."""
    from scribe_mock.testing.scope import Scope

    scope = Scope(scribe_mock_url, client=_scribe_mock_client)
    request.node.stash[_SCOPE] = scope
    yield scope
    del request.node.stash[_SCOPE]
    scope.reset()


@pytest.hookimpl(wrapper=True)
def pytest_runtest_call(item: pytest.Item) -> Generator[None, None, None]:
    """Fail a test that passed, but has a fault that never fired."""
    yield
    scope = item.stash.get(_SCOPE, None)
    if scope is not None and (unfired := scope.unfired()):
        from scribe_mock.testing.failure_report import unfired_message

        pytest.fail(unfired_message(scope, unfired), pytrace=False)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(
    item: pytest.Item, call: pytest.CallInfo[None]
) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Add the journal of its scope to the report of a test that failed."""
    report = yield
    scope = item.stash.get(_SCOPE, None)
    if scope is not None and report.failed:
        from scribe_mock.testing.failure_report import journal_section

        report.sections.append(("scribe-mock journal", journal_section(scope)))
    return report
