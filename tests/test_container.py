"""The image, and what runs it: what can be tried without Docker.

No test builds the image. The proxy's configuration runs in nginx itself, before two instances.
"""

import json
import os
import re
import shutil
import subprocess
import sys
import time
from contextlib import ExitStack, contextmanager
from dataclasses import fields

import httpx
import pytest
import yaml
from websockets.exceptions import ConnectionClosed
from websockets.sync.client import connect

from scribe_mock import Settings
from tests.contract.test_nginx import NGINX, wait_for
from tests.redis_servers import free_port, redis_server
from tests.support import ROOT, TOKEN, Mock, comes_true, noise
from tests.test_cli import started

DOCKERFILE = (ROOT / "Dockerfile").read_text("utf-8")
COMPOSE = yaml.safe_load((ROOT / "compose.yaml").read_text("utf-8"))
KUBERNETES = list(yaml.safe_load_all((ROOT / "deploy/kubernetes.yaml").read_text("utf-8")))
CONTROL = yaml.safe_load((ROOT / "handlers/scribe_mock/control.yaml").read_text("utf-8"))
[DEPLOYMENT] = [each for each in KUBERNETES if each["kind"] == "Deployment"]
[CONTAINER] = DEPLOYMENT["spec"]["template"]["spec"]["containers"]


def test_what_the_image_copies_is_there_and_not_ignored():
    copied = {
        name
        for line in re.findall(r"^COPY (?!--from)(.*) \S+$", DOCKERFILE, re.MULTILINE)
        for name in line.split()
    }
    assert {"handlers", "fixtures", "openapi.yaml", "CONTRACT.md"} <= copied
    assert [name for name in copied if not (ROOT / name).exists()] == []
    ignored = (ROOT / ".dockerignore").read_text("utf-8").split()
    assert {name.removeprefix("!") for name in ignored if name.startswith("!")} == copied


def test_the_image_runs_as_nobody_in_particular_and_knows_whether_it_lives():
    assert re.search(r"^USER \d+:\d+$", DOCKERFILE, re.MULTILINE)
    check = json.loads(DOCKERFILE.partition("HEALTHCHECK")[2].partition("CMD ")[2].splitlines()[0])
    check[0] = sys.executable
    with started("--port", "0", "--quiet") as server:
        port = server.url.rpartition(":")[2]
        environment = os.environ | {"SCRIBE_MOCK_PORT": port}
        subprocess.run(check, env=environment, check=True)
    done = subprocess.run(check, env=environment, capture_output=True, check=False)
    assert done.returncode == 1


def test_every_setting_that_is_used_exists():
    used = set(re.findall(r"SCRIBE_MOCK_[A-Z_]+", f"{DOCKERFILE} {COMPOSE} {KUBERNETES}"))
    assert "SCRIBE_MOCK_STORE" in used
    assert used <= {f"SCRIBE_MOCK_{field.name.upper()}" for field in fields(Settings)}
    values = {pair["name"]: pair["value"] for pair in CONTAINER["env"] if "value" in pair}
    for environment in (values, COMPOSE["services"]["mock-1"]["environment"]):
        Settings.from_env(environment)


def test_probes_ask_what_the_control_api_has():
    probes = [CONTAINER[f"{kind}Probe"]["httpGet"]["path"] for kind in ("liveness", "readiness")]
    assert probes == ["/_mock/live", "/_mock/ready"]
    assert set(probes) <= CONTROL["paths"].keys()
    assert CONTAINER["securityContext"]["readOnlyRootFilesystem"]
    # What a container gets to stop is longer than all that the server waits for.
    grace = DEPLOYMENT["spec"]["template"]["spec"]["terminationGracePeriodSeconds"]
    assert grace > Settings(shutdown_seconds=5).shutdown_seconds + 2 * 30


@contextmanager
def proxied(folder, *ports):
    """nginx with the configuration of the compose file, in front of these ports; its address."""
    if NGINX is None:
        if os.environ.get("CI"):
            pytest.fail("nginx is not installed")
        pytest.skip("nginx is not installed")
    port = free_port()
    text = (ROOT / "deploy/nginx.conf").read_text("utf-8")
    for number, own in enumerate(ports, 1):
        text = text.replace(f"mock-{number}:8080", f"127.0.0.1:{own}")
    text = text.replace("listen 8080", f"listen 127.0.0.1:{port}").replace("/tmp/", f"{folder}/")
    file = folder / "nginx.conf"
    user = "user root;" if os.getuid() == 0 else ""
    file.write_text(user + text.replace("/dev/stderr", "stderr"))
    with subprocess.Popen([NGINX, "-p", folder, "-c", file, "-g", "daemon off;"]) as process:
        try:
            wait_for(port)
            yield f"http://127.0.0.1:{port}"
        finally:
            process.terminate()


@pytest.fixture(scope="module")
def front(tmp_path_factory):
    """A client of two instances behind the proxy, and both as they were started."""
    with ExitStack() as stack:
        redis = stack.enter_context(redis_server(tmp_path_factory.mktemp("redis")))
        options = ["--port", "0", "--quiet", "--store", redis.url, "--shutdown-seconds", "2"]
        options += ["--forwarded-allow-ips", "127.0.0.1"]
        both = [stack.enter_context(started(*options)) for _ in range(2)]
        ports = [server.url.rpartition(":")[2] for server in both]
        address = stack.enter_context(proxied(tmp_path_factory.mktemp("nginx"), *ports))
        mock = Mock(address)
        yield mock, both
        mock.close()


def test_uploads_pass_the_proxy_as_they_arrive(front):
    mock, both = front
    session = mock.create()
    direct = [Mock(server.url) for server in both]

    def arrived():
        """Bytes of the upload that an instance has already."""
        pages = [each.control("GET", f"/requests?session_id={session.id}") for each in direct]
        entries = [entry for page in pages for entry in page["requests"]]
        return sum(e["request_bytes"] for e in entries if e["operation"] == "uploadAudio")

    with mock.wire() as wire:
        body = noise(300_000)
        fields = TOKEN | {"Content-Length": len(body), "Content-Type": "audio/webm;codecs=opus"}
        wire.request("POST", f"/voice/v1{session.path}/audio/audio_0.webm", fields, body[:200_000])
        assert comes_true(lambda: arrived() >= 200_000)
        wire.send(body[200_000:])
        assert wire.response().status_code == 200
    assert session.chunk("0.webm").content == body
    assert session.upload("audio_1.webm", b"x" * 11_000_000).status_code == 413
    for each in direct:
        each.close()


def test_addresses_are_the_proxys_and_a_client_cannot_forge_them(front):
    mock, _ = front
    forged = {"Forwarded": "host=evil.test", "X-Forwarded-Host": "evil.test"}
    body = {"upload_type": "chunked"}
    made = mock.client.post("/sessions", json=body, headers=forged).json()
    assert made["upload_url"].startswith(f"{mock.url}/voice/v1/sessions/")


def test_websockets_pass_the_proxy(front):
    mock, _ = front
    body = {"upload_type": "stream", "communication_protocol": "websocket"}
    address = mock.client.post("/sessions", json=body).json()["upload_url"]
    assert address.startswith(mock.url.replace("http", "ws"))

    with connect(address) as socket:
        socket.send("no JSON")
        with pytest.raises(ConnectionClosed, match="must be JSON"):
            socket.recv()


def test_instances_are_restarted_one_after_the_other_without_a_failed_request(front):
    mock, both = front
    address = f"{mock.url}/voice/v1/sessions"
    statuses = []
    both[0].process.terminate()
    until = time.monotonic() + 60
    while both[0].process.poll() is None and time.monotonic() < until:
        answer = httpx.post(address, headers=TOKEN, json={"upload_type": "chunked"})
        statuses.append(answer.status_code)
    for _ in range(20):
        statuses.append(mock.client.post("/sessions", json={"upload_type": "chunked"}).status_code)
    assert both[0].process.returncode == 0
    assert set(statuses) == {201}


def test_the_guides_snippets_for_containers_are_whole():
    snippets = ROOT / "handlers/scribe_mock/web/docs/snippets"
    compile((snippets / "in_a_container.py").read_text("utf-8"), "in_a_container.py", "exec")
    node = shutil.which("node")
    if node is None:
        pytest.skip("node is not installed")
    subprocess.run([node, "--check", snippets / "in-a-container.test.mjs"], check=True)
