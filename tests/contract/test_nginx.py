"""The check through nginx: what nginx answers by itself counts for nothing, the rest as ever."""

import os
import shutil
import socket
import subprocess
import time
from contextlib import contextmanager

import pytest

from scribe_mock import cli
from scribe_mock.contract.core.engine import check
from scribe_mock.contract.core.ledger import SkipKind, Verdict
from scribe_mock.contract.core.options import Options
from scribe_mock.contract.transport.address import Address
from tests.contract.checking import named
from tests.contract.independent_server import Running, Server
from tests.support import PATIENCE

NGINX = shutil.which("nginx", path=f"{os.environ.get('PATH', '')}:/usr/sbin:/usr/local/sbin")

CONFIGURATION = """\
daemon off; worker_processes 1; pid pid; error_log stderr crit; {user}
events {{ worker_connections 512; }}
http {{
  access_log off;
  client_body_temp_path b; proxy_temp_path p;
  fastcgi_temp_path f; uwsgi_temp_path u; scgi_temp_path s;
  {outside}
  server {{
    listen 127.0.0.1:{port};
    client_max_body_size 20m;
    location / {{
      proxy_pass http://127.0.0.1:{behind};
      proxy_set_header Host $http_host;
      {inside}
    }}
  }}
}}
"""
UPGRADES = (
    "proxy_http_version 1.1; proxy_set_header Upgrade $http_upgrade;"
    ' proxy_set_header Connection "upgrade";'
)


@pytest.fixture
def nginx(tmp_path):
    """A function that starts nginx in front of a port; returns its base."""
    if NGINX is None:
        if os.environ.get("CI"):
            pytest.fail("nginx is not installed")
        pytest.skip("nginx is not installed")

    @contextmanager
    def start(behind, inside=UPGRADES, outside=""):
        with socket.create_server(("127.0.0.1", 0)) as free:
            port = free.getsockname()[1]
        file = tmp_path / "nginx.conf"
        user = "user root;" if os.getuid() == 0 else ""
        values = {"port": port, "behind": behind, "inside": inside, "outside": outside}
        file.write_text(CONFIGURATION.format(user=user, **values))
        with subprocess.Popen([NGINX, "-p", tmp_path, "-c", file]) as process:
            try:
                wait_for(port)
                yield f"http://127.0.0.1:{port}/voice/v1"
            finally:
                process.terminate()

    return start


def wait_for(port):
    deadline = time.monotonic() + PATIENCE
    while True:
        try:
            socket.create_connection(("127.0.0.1", port)).close()
            return
        except OSError:
            assert time.monotonic() < deadline, "nginx does not start"
            time.sleep(0.02)


def port_of(running):
    return running.socket.getsockname()[1]


def through(nginx, server, only, **how):
    """The report on a server behind nginx."""
    with Running(server) as running, nginx(port_of(running), **how) as base:
        return check(Options(base=Address.parse(base), only=only))


#: Rules whose requests nginx answers by itself, in part, and those that look at each answer.
LOOKING = ("errors", "answers", "server.no_5xx", "server.answers", "server.stays_up")
ODD = ("paths", "odd", "session.hostile_id", "upload.name", "auth", *LOOKING)


def test_what_nginx_answers_is_no_fault(nginx):
    report = through(nginx, Server(), (*ODD, "upload.limit", "stream", "race", "upload.row"))
    assert named(report) == set()


def test_bodies_that_nginx_reads_first_are_no_fault_and_not_called_passed(nginx):
    report = through(nginx, Server(), ("upload.early", "upload.row.7"))
    assert named(report) == set()
    verdicts = {r.rule.id: (r.verdict, r.skipped) for r in report.results if "early" in r.rule.id}
    assert set(verdicts.values()) == {(Verdict.SKIPPED, SkipKind.SENSELESS)}
    assert report.exit_code == 0


def test_a_path_that_nginx_rewrites_is_a_note_at_most(nginx):
    """It decodes %2F and joins slashes before it passes the path on."""
    report = through(nginx, Server(), ODD, inside=f"rewrite ^(.*)$ $1 break; {UPGRADES}")
    assert {one.rule.id for one in report.findings if not one.is_note} == set()


def test_small_bounds_of_nginx_are_no_faults(nginx):
    outside = "large_client_header_buffers 2 1k; client_header_buffer_size 512;"
    report = through(nginx, Server(), ODD, outside=outside)
    assert named(report) == set()


def test_a_bound_below_what_the_contract_lets_through_is_a_fault(nginx):
    only = ("upload.limit.taken",)
    report = through(nginx, Server(), only, inside="client_max_body_size 1m;")
    assert [one.rule.id for one in report.findings if not one.is_note] == ["upload.limit.taken"]
    assert "413" in report.findings[0].fault.got


def test_an_upgrade_that_nginx_does_not_pass_on_is_a_note(nginx):
    report = through(nginx, Server(), ("stream",), inside="")
    assert [one.rule.id for one in report.findings] == ["stream.connect"]
    assert report.findings[0].is_note
    assert "nginx is in front of it and may not pass the upgrade on" in report.findings[0].fault.got


def test_errors_that_nginx_replaces_are_faults(nginx):
    inside = f"{UPGRADES} proxy_intercept_errors on; error_page 404 /e; error_page 400 /e;"
    report = through(nginx, Server(), ("upload.row.2", "errors"), inside=inside)
    assert "errors.envelope" in named(report)


def test_a_limit_of_nginx_is_waited_for(nginx):
    server = Server()
    report = through(
        nginx,
        server,
        ("upload.row.7", "create.schema"),
        outside="limit_req_zone $binary_remote_addr zone=z:1m rate=40r/s; limit_req_status 429;",
        inside=f"{UPGRADES} limit_req zone=z burst=5 nodelay;",
    )
    assert report.requests > server.calls + 2, "nginx refused nothing"
    assert named(report) == set()
    assert not any("429" in result.reason for result in report.results)


def test_nothing_behind_nginx_is_one_finding_and_exit_2(nginx, capsys):
    with socket.create_server(("127.0.0.1", 0)) as free:
        behind = free.getsockname()[1]
    with nginx(behind) as base:
        code = cli.main(["check", base])
        report = check(Options(base=Address.parse(base)))
    assert (code, [one.rule.id for one in report.findings]) == (2, ["server.no_5xx"])
    assert "502" in capsys.readouterr().out
