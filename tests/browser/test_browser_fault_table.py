"""Each action of a fault, as curl, Chromium's fetch and a Python client meet it."""

import base64
import hashlib
import subprocess

import httpx
import pytest

from tests.support import AUDIO, PATIENCE, comes_true

SPEECH = AUDIO / "speech.webm"
HEADERS = {"Authorization": "Bearer any", "Content-Type": "audio/webm;codecs=opus"}
#: curl's exit codes for a connection that broke off.
CURL_BROKEN = (18, 52, 55, 56)

#: Action → what a client meets (a status, or `broken`, `short` or `late`), and whether the upload
#: is stored. A fault that breaks a connection off fires for ever, since curl and Chromium send a
#: request again by themselves whose kept-alive connection ended without an answer.
ACTIONS = {
    "answer": ({"answer": {"code": "service_unavailable"}}, 503, False),
    "html": ({"answer": {"status": 502, "body": "<html>"}}, 502, False),
    "delay": ({"delay": {"seconds": 0.05}}, 200, True),
    "throttle": ({"throttle": {"upload_bytes_per_second": 200_000}}, 200, True),
    "cut upload, reset": ({"cut": {"at": "upload", "after_bytes": 9000}}, "broken", False),
    "cut upload, close": (
        {"cut": {"at": "upload", "after_bytes": 9000, "how": "close"}},
        "broken",
        False,
    ),
    "cut answer, reset": ({"cut": {"at": "answer", "after_bytes": 20}}, "short", False),
    "cut answer, close": (
        {"cut": {"at": "answer", "after_bytes": 20, "how": "close"}},
        "short",
        False,
    ),
    "drop answer, reset": ({"drop_answer": {}}, "broken", True),
    "drop answer, close": ({"drop_answer": {"how": "close"}}, "broken", True),
    "drop answer, hang": ({"drop_answer": {"how": "hang"}}, "late", True),
    "drop chunk": ({"drop_chunk": {}}, 200, False),
    "limit, early_drain": ({"limit": {"bytes": 1000}}, 413, False),
    "limit, early_close": ({"limit": {"bytes": 1000, "delivery": "early_close"}}, 413, False),
    "limit, early_reset": ({"limit": {"bytes": 1000, "delivery": "early_reset"}}, "broken", False),
    "limit, late": ({"limit": {"bytes": 1000, "delivery": "late"}}, 413, False),
    "limit, expect_only": ({"limit": {"bytes": 1000, "delivery": "expect_only"}}, 413, False),
    "expire token": ({"expire_token": {}}, 401, False),
}

#: What the journal says of those that are not read and answered as a whole: outcome and bytes.
ARRIVED = {
    "cut upload, reset": ("cut", 9000),
    "cut upload, close": ("cut", 9000),
    "cut answer, reset": ("cut", SPEECH.stat().st_size),
    "cut answer, close": ("cut", SPEECH.stat().st_size),
    "limit, early_close": ("answered", 0),
    "limit, early_reset": ("cut", 0),
    "drop answer, reset": ("dropped", SPEECH.stat().st_size),
    "drop answer, close": ("dropped", SPEECH.stat().st_size),
    "drop answer, hang": ("dropped", SPEECH.stat().st_size),
}

FETCH = """async ([url, headers, audio]) => {
    const body = Uint8Array.from(atob(audio), (c) => c.charCodeAt(0));
    const signal = AbortSignal.timeout(2000);
    let answer;
    try {
        answer = await fetch(url, {method: "POST", headers, body, signal});
    } catch (error) {
        return error.name === "TimeoutError" ? "late" : "broken";
    }
    try {
        await answer.text();
    } catch {
        return "short";
    }
    return answer.status;
}"""


def by_curl(url):
    command = ["curl", "-s", "-m", "2", "-o", "/dev/null", "-w", "%{http_code} %{size_download}"]
    for name, value in HEADERS.items():
        command += ["-H", f"{name}: {value}"]
    done = subprocess.run(
        [*command, "--data-binary", f"@{SPEECH}", url], capture_output=True, text=True, check=False
    )
    status, size = map(int, done.stdout.split())
    if done.returncode == 0:
        return status
    if done.returncode == 28:
        return "late"
    assert done.returncode in CURL_BROKEN, done
    if status:
        assert size == 20
        return "short"
    return "broken"


def by_python(client, url):
    try:
        with client.stream(
            "POST", url, headers=HEADERS, content=SPEECH.read_bytes(), timeout=2
        ) as answer:
            try:
                answer.read()
            except httpx.TransportError:
                return "short"
            return answer.status_code
    except httpx.TimeoutException:
        return "late"
    except httpx.TransportError:
        return "broken"


@pytest.fixture(scope="module")
def page(browser, server):
    page = browser.new_page()
    page.goto(f"{server.url}/docs/guides")
    yield page
    page.close()


@pytest.fixture(scope="module")
def python():
    with httpx.Client(verify=False, timeout=PATIENCE) as client:
        yield client


@pytest.fixture
def clients(page, python):
    audio = base64.b64encode(SPEECH.read_bytes()).decode()
    return {
        "curl": by_curl,
        "Chromium": lambda url: page.evaluate(FETCH, [url, HEADERS, audio]),
        "Python": lambda url: by_python(python, url),
    }


@pytest.mark.parametrize("name", ACTIONS)
def test_what_clients_meet(mock, clients, python, name):
    action, meets, stored = ACTIONS[name]
    seen = {}
    for client, upload in clients.items():
        python.post(f"{mock.url}/_mock/reset").raise_for_status()
        made = python.post(
            f"{mock.base_url}/sessions", json={"upload_type": "chunked"}, headers=HEADERS
        ).json()
        session_id = made["session_id"]
        body = {"action": action, "match": {"operation": "uploadAudio"}, "times": None}
        python.post(f"{mock.url}/_mock/faults", json=body).raise_for_status()
        result = upload(f"{mock.base_url}/sessions/{session_id}/audio/audio_0.webm")
        kept = python.get(f"{mock.url}/_mock/sessions/{session_id}").json()["audio_files"]
        seen[client] = result, bool(kept), *last_upload(python, mock)
    status = meets if isinstance(meets, int) else 200 if meets == "short" else 0
    outcome, size = ARRIVED.get(name, ("answered", SPEECH.stat().st_size))
    assert seen == dict.fromkeys(clients, (meets, stored, status, outcome, size))


def last_upload(python, mock):
    """Status, outcome and bytes of the last upload in the journal, once it is over."""

    def over():
        entries = python.get(f"{mock.url}/_mock/requests?operation=uploadAudio").json()["requests"]
        return entries[-1]["outcome"] and entries[-1]

    entry = comes_true(over)
    return entry["status"], entry["outcome"], entry["request_bytes"]


def test_chromium_repeats_an_upload_by_itself(mock, page, python):
    """On a kept-alive connection: one fetch, two uploads, and the page sees a single 200."""
    made = python.post(
        f"{mock.base_url}/sessions", json={"upload_type": "chunked"}, headers=HEADERS
    ).json()
    address = f"{mock.base_url}/sessions/{made['session_id']}/audio/audio_0.webm"
    audio = base64.b64encode(SPEECH.read_bytes()).decode()
    assert page.evaluate(FETCH, [f"{address[:-6]}1.webm", HEADERS, audio]) == 200
    body = {"action": {"drop_answer": {}}, "match": {"operation": "uploadAudio"}}
    python.post(f"{mock.url}/_mock/faults", json=body).raise_for_status()
    assert page.evaluate(FETCH, [address, HEADERS, audio]) == 200
    entries = python.get(f"{mock.url}/_mock/requests?operation=uploadAudio").json()["requests"]
    before, dropped, repeated = entries
    assert [one["outcome"] for one in entries] == ["answered", "dropped", "answered"]
    assert before["reply_to"] is dropped["reply_to"] is None
    assert repeated["reply_to"] == dropped["id"]
    assert (
        repeated["sha256"] == dropped["sha256"] == hashlib.sha256(SPEECH.read_bytes()).hexdigest()
    )
