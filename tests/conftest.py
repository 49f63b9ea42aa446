"""Fixtures: a mock that is as good as new for each test, and factories around it."""

from contextlib import ExitStack

import hypothesis
import pytest

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
