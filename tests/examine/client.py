"""A client that `examine` examines in tests: it does all that it must, but for what is broken.

python client.py [NAME_OF_A_MUTATION ...]
"""

import io
import json
import os
import sys
import time
import urllib.error
import urllib.request
import wave

BROKEN = set(sys.argv[1:])
URL, TOKEN = os.environ["SCRIBE_MOCK_URL"], os.environ["SCRIBE_MOCK_TOKEN"]
BASE, SCENARIO = f"{URL}/voice/v1", os.environ["SCRIBE_MOCK_SCENARIO"]
CHUNK_SECONDS, ATTEMPTS, PATIENCE = 4, 30, 12
api = {"token": TOKEN}


class Refused(Exception):
    """The server's last word on a request."""

    def __init__(self, status, body):
        self.status = status
        self.code = json.loads(body)["error"]["code"]
        super().__init__(f"{status} {self.code}")


def once(method, url, body, content_type):
    """Status, body and header fields of an answer; status 0 without one."""
    headers = {"Authorization": f"Bearer {api['token']}", "Content-Type": content_type}
    request = urllib.request.Request(url, body, headers, method=method)
    try:
        with urllib.request.urlopen(request, timeout=60) as answer:
            return answer.status, answer.read(), answer.headers
    except urllib.error.HTTPError as error:
        return error.code, error.read(), error.headers
    except OSError:
        return 0, b"", {}


def send(method, url, body=None, content_type="application/json"):
    """Status and body of an answer that is no failure; sends again where that can help."""
    renewed = "keeps_token" in BROKEN
    for attempt in range(ATTEMPTS):
        status, answer, fields = once(method, url, body, content_type)
        if 200 <= status < 300 or (status == 410 and method == "GET"):
            return status, json.loads(answer)
        if status == 401 and not renewed:
            renewed = True
            login()
            continue
        retried = status in (0, 408, 429) or status >= 500
        if "retries_400" in BROKEN and 400 <= status < 500 and attempt < 5:
            retried = True
        if not retried or ("gives_up" in BROKEN):
            if status == 0:
                sys.exit("The server can't be reached.")
            raise Refused(status, answer)
        wait = float(fields.get("Retry-After") or 0)
        time.sleep((0 if "impatient" in BROKEN else wait) + min(0.1 * 2**attempt, 1))
    sys.exit("The server can't be reached.")


def login():
    body = json.dumps({"client_id": TOKEN, "client_secret": "secret"}).encode()
    _, answer, _ = once("POST", f"{URL}/connect-auth/v1/account/login", body, "application/json")
    api["token"] = json.loads(answer)["access_token"]


def chunks(path):
    with wave.open(path) as file:
        size = CHUNK_SECONDS * file.getframerate()
        for _ in range(0, file.getnframes(), size):
            made = io.BytesIO()
            with wave.open(made, "wb") as chunk:
                chunk.setparams(file.getparams())
                chunk.writeframes(file.readframes(size))
            yield made.getvalue()


def main():
    _, session = send("POST", f"{BASE}/sessions", b'{"upload_type": "chunked"}')
    lost = []
    made = list(chunks(os.environ["SCRIBE_MOCK_AUDIO"]))
    if "forgets_last" in BROKEN:
        made.pop()
    for number, data in enumerate(made):
        try:
            send("POST", f"{session['upload_url']}/audio_{number}.wav", data, "audio/wav")
        except Refused as error:
            if error.status in (404, 410):
                sys.exit(f"The recording is lost: {error}")
            lost.append(f"Chunk {number} is lost: {error}")
    try:
        send("POST", f"{BASE}/sessions/{session['session_id']}/end", b"{}")
    except Refused as error:
        if error.code != "session_ended":
            raise
    until, pause = time.monotonic() + PATIENCE, 1.0
    while True:
        status, result = send("GET", f"{BASE}/sessions/{session['session_id']}")
        if status != 202:
            break
        if time.monotonic() > until:
            sys.exit("There is no result yet.")
        time.sleep(0.05 if "polls_fast" in BROKEN else pause)
        pause *= 1.3
    if "silent" in BROKEN:
        return
    if result["status"] != "completed":
        lost.append(f"The result is {result['status']}.")
    if lost:
        sys.exit("\n".join(lost))


main()
