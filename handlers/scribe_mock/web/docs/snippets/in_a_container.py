import httpx
import pytest
from testcontainers.core.container import DockerContainer
from testcontainers.core.wait_strategies import HttpWaitStrategy


@pytest.fixture(scope="session")
def mock_url():
    ready = HttpWaitStrategy(8080, "/_mock/ready").for_status_code(204)
    with DockerContainer("scribe-mock").with_exposed_ports(8080).waiting_for(ready) as container:
        yield f"http://{container.get_container_host_ip()}:{container.get_exposed_port(8080)}"


def test_a_session_is_created(mock_url):
    token = {"Authorization": "Bearer any-text"}
    body = {"upload_type": "chunked"}
    answer = httpx.post(f"{mock_url}/voice/v1/sessions", headers=token, json=body)
    assert answer.json()["upload_url"].startswith(mock_url)
