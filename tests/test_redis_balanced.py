"""Two servers with one Redis behind one address: for a client they are one server.

`EVERY_RULE=1` tries the whole check and all scenarios of uploads.
"""

import os
import subprocess
import sys

import pytest

from tests.redis_servers import redis_server
from tests.server_process import server_process
from tests.support import ROOT, Mock
from tests.tcp_proxy import tcp_proxy
from tests.test_side_by_side import side_by_side

CLIENT = ROOT / "handlers/scribe_mock/web/docs/snippets/upload_recording.py"
RULES = ("race.*", "state.*", "end.*", "history.*", "document.*", "single.*")
SCENARIOS = ("upload-cut", "answer-lost", "two-tabs", "killed")


@pytest.fixture(scope="module")
def address(tmp_path_factory):
    """The address; each connection goes to the other server than the one before."""
    with (
        redis_server(tmp_path_factory.mktemp("redis")) as redis,
        server_process("--store", redis.url) as first,
        server_process("--store", redis.url) as second,
        tcp_proxy(first.mock.port, second.mock.port) as proxy,
    ):
        yield f"http://127.0.0.1:{proxy.port}"


def run(*arguments, only=()):
    """The output of a command that must succeed."""
    some = [word for one in only for word in ("--only", one)]
    if os.environ.get("EVERY_RULE"):
        some = []
    command = [sys.executable, "-m", "scribe_mock", arguments[0], *some, *arguments[1:]]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def test_64_tests_at_once_do_not_notice_one_another(address):
    mock = Mock(address)
    try:
        side_by_side(mock)
    finally:
        mock.close()


def test_the_check_finds_no_fault(address):
    assert "keeps the contract: no fault" in run("check", f"{address}/voice/v1", only=RULES)


def test_a_good_client_has_full_marks(address):
    options = ("--url", address, "--allow-skipped", "--skip", "stream-broken", "--skip", "webhooks")
    assert "does what a client must do" in run(
        "examine", *options, "--", sys.executable, str(CLIENT), only=SCENARIOS
    )
