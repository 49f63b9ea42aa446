"""A client that `examine` examines in tests: it does all that it must, but for what is broken.

python client.py [NAME_OF_A_MUTATION ...]
"""

import io
import json
import os
import sys
import threading
import time
import urllib.error
import urllib.request
import wave
from concurrent.futures import ThreadPoolExecutor
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from typing import ClassVar

from websockets.exceptions import ConnectionClosed
from websockets.sync.client import connect

BROKEN = set(sys.argv[1:])
URL, TOKEN = os.environ["SCRIBE_MOCK_URL"], os.environ["SCRIBE_MOCK_TOKEN"]
BASE, SCENARIO = f"{URL}/voice/v1", os.environ["SCRIBE_MOCK_SCENARIO"]
AUDIO = Path(os.environ["SCRIBE_MOCK_AUDIO"])
CHUNK_SECONDS, ATTEMPTS, PATIENCE = 4, 30, 12
#: The session that a client left that was killed.
LEFT = AUDIO.with_suffix(".left")
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
        again = status in (0, 408, 429) or status >= 500
        if "repeats_refused" in BROKEN and 400 <= status < 500 and attempt < 5:
            again = True
        if not again or "gives_up" in BROKEN:
            break
        if "new_number" in BROKEN and "audio_" in url:
            head, _, tail = url.rpartition("_")
            url = f"{head}_{int(tail.partition('.')[0]) + 50}.wav"
        wait = float(fields.get("Retry-After") or 0)
        time.sleep((0 if "impatient" in BROKEN else wait) + min(0.1 * 2**attempt, 1))
    if status:
        raise Refused(status, answer)
    sys.exit("The server can't be reached.")


def login():
    body = json.dumps({"client_id": TOKEN, "client_secret": "secret"}).encode()
    _, answer, _ = once("POST", f"{URL}/connect-auth/v1/account/login", body, "application/json")
    api["token"] = json.loads(answer)["access_token"]


def samples():
    with wave.open(str(AUDIO)) as file:
        return file.getparams(), file.readframes(file.getnframes())


def chunks():
    parameters, pcm = samples()
    size = 2 * CHUNK_SECONDS * parameters.framerate
    skipped = parameters.framerate if "skips" in BROKEN else 0
    for start in range(0, len(pcm), size):
        made = io.BytesIO()
        with wave.open(made, "wb") as chunk:
            chunk.setparams(parameters)
            chunk.writeframes(pcm[start + skipped : start + size])
        whole = made.getvalue()
        yield whole[1000:] if "pieces" in BROKEN and start else whole


def upload(session, number, data, lost):
    try:
        send("POST", f"{session['upload_url']}/audio_{number}.wav", data, "audio/wav")
        if "twice" in BROKEN:
            send("POST", f"{session['upload_url']}/audio_{number + 20}.wav", data, "audio/wav")
    except Refused as error:
        if error.status in (404, 410) and "repeats_refused" not in BROKEN:
            finish([f"The recording is lost: {error}"])
        lost.append(f"Chunk {number} is lost: {error}")


def record(session, lost):
    made = list(chunks())
    if "forgets_last" in BROKEN:
        made.pop()
    if "swaps" in BROKEN:
        made[1], made[2] = made[2], made[1]
    if "ends_early" in BROKEN:
        pool = ThreadPoolExecutor(len(made))
        for number, data in enumerate(made):
            pool.submit(upload, session, number, data, lost)
        time.sleep(0.3)
        return
    for number, data in enumerate(made):
        upload(session, number, data, lost)


def stream(session, lost):
    _, pcm = samples()
    sent = 0
    while sent < len(pcm):
        try:
            with connect(session["upload_url"]) as socket:
                while sent < len(pcm):
                    socket.send(pcm[sent : sent + 8000])
                    sent += 8000
                    time.sleep(0.05)
                socket.send('{"event": "stop"}')
                socket.recv()
        except ConnectionClosed as error:
            if error.rcvd and error.rcvd.code == 1000:
                return
            lost.append("Sound is lost: the connection broke.")
            if "no_reconnect" in BROKEN:
                return
            time.sleep(0.3)


class Receiver(BaseHTTPRequestHandler):
    """Takes the events of a webhook; broken, it refuses one that comes twice."""

    seen: ClassVar[set[str]] = set()

    def do_POST(self):
        body = self.rfile.read(int(self.headers["Content-Length"]))
        event = json.loads(body)["event"]
        refused = "refuses_repeats" in BROKEN and event in self.seen
        self.seen.add(event)
        self.send_response(500 if refused else 204)
        self.end_headers()

    def log_message(self, *_):
        pass


def listen():
    server = HTTPServer(("127.0.0.1", 0), Receiver)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    events = ["session.started", "session.ended", "session.completed"]
    body = {"url": f"http://127.0.0.1:{server.server_port}/", "events": events}
    send("POST", f"{BASE}/webhooks", json.dumps(body).encode())


def end(session):
    try:
        send("POST", f"{BASE}/sessions/{session['session_id']}/end", b"{}")
    except Refused as error:
        if error.code != "session_ended":
            raise
        if "fears_session_ended" in BROKEN:
            sys.exit(f"The session can't be ended: {error}")


def result(session):
    until, pause = time.monotonic() + PATIENCE, 1.0
    while True:
        status, found = send("GET", f"{BASE}/sessions/{session['session_id']}")
        if status != 202 or "never_looks" in BROKEN:
            return found["status"]
        if time.monotonic() > until:
            finish(["There is no result yet."])
        time.sleep(0.05 if "polls_fast" in BROKEN else pause)
        pause *= 1 if "steady" in BROKEN else 1.3


def finish(lost):
    LEFT.unlink(missing_ok=True)
    if "silent" in BROKEN or not lost:
        os._exit(0)
    print("\n".join(lost), file=sys.stderr, flush=True)
    os._exit(1)


def main():
    if LEFT.exists() and "forgets_left" not in BROKEN:
        finish(["A recording broke off."])
    if SCENARIO == "webhooks" and "no_webhook" not in BROKEN:
        listen()
    streams = SCENARIO == "stream-broken" and "no_stream" not in BROKEN
    body = json.dumps({"upload_type": "stream" if streams else "chunked"}).encode()
    _, session = send("POST", f"{BASE}/sessions", body)
    LEFT.write_text(session["session_id"], "utf-8")
    lost: list[str] = []
    (stream if streams else record)(session, lost)
    end(session)
    status = result(session)
    if SCENARIO == "webhooks":
        time.sleep(2.5)  # for what comes late
        result(session)
    if status != "completed" and "never_looks" not in BROKEN:
        lost.append(f"The result is {status}.")
    finish(lost)


if __name__ == "__main__":
    main()
