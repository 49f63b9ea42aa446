"""Stream a WAV, hear of its result by webhook, print the transcript. Exits with 1 on a loss."""

import json
import os
import sys
import time
import wave
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Semaphore, Thread

import httpx
from websockets.exceptions import ConnectionClosed, InvalidHandshake, InvalidStatus
from websockets.sync.client import connect

RATE, FRAME, SPEED = 16_000, 1600, 5  # samples; frames go five times as fast as speech
PAUSES = (0.5, 1, 2, 4, 8, 15, 15, 15)  # after so many failures in a row
REOPENED = (1001, 1006, 1011, 1012, 1013)  # where another connection can help; 1006: it was cut
OUTCOMES = ["session.completed", "session.partial", "session.failed", "session.expired"]
API, news = os.environ["SCRIBE_MOCK_URL"] + "/voice/v1", Semaphore(0)
HEADERS = {"Authorization": f"Bearer {os.environ['SCRIBE_MOCK_TOKEN']}"}


class Receiver(BaseHTTPRequestHandler):
    def do_POST(self):
        event = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        self.send_response(200)  # at once, and to one that came before: else it comes again
        self.end_headers()
        if event["event"] in OUTCOMES:  # late or doubled, it is only a reason to look
            news.release()

    def log_message(self, *_): ...


def call(method, path, done="", **body):
    """Send until it succeeds; the error code `done` says that an earlier attempt arrived."""
    for pause in PAUSES:
        try:
            answer = httpx.request(method, API + path, headers=HEADERS, timeout=15, **body)
            found = {"http_status": answer.status_code} | (answer.json() if answer.content else {})
            if answer.is_success or found.get("error", {}).get("code") == done:
                return found
            if answer.status_code < 500 and answer.status_code not in (408, 429):
                break
        except (httpx.TransportError, ValueError) as error:  # no answer, or not the server's
            found = error
        time.sleep(pause)
    sys.exit(f"{method} {path} failed: {found}")


def stream(url, recording):
    """Send all sound, then `stop`. Yields a sentence for each break, since sound can be lost."""
    if recording.getparams()[:3] != (1, 2, RATE):
        sys.exit(f"A stream has one channel of 16 bits, {RATE} times a second.")
    frame, code, sent, failures = recording.readframes(FRAME), 1006, 0, 0
    while frame and code in REOPENED and failures < len(PAUSES):
        time.sleep(PAUSES[failures - 1] if failures else 0)
        opened, begun, code = time.monotonic(), sent, None
        try:
            with connect(url, open_timeout=15) as socket:
                while frame:
                    socket.send(frame)  # if this fails, the next connection begins with it
                    sent, frame = sent + FRAME / RATE, recording.readframes(FRAME)
                    time.sleep(FRAME / RATE / SPEED)
                socket.send('{"event": "stop"}')
                socket.recv(timeout=15)  # nothing comes but the close
        except (ConnectionClosed, InvalidHandshake, OSError) as error:
            code = getattr(getattr(error, "rcvd", None), "code", 1006)
            if isinstance(error, InvalidStatus) and error.response.status_code < 500:
                code = None  # refused: the session is over
            if frame or code != 1000:
                yield f"Seconds {begun:.1f} to {sent:.1f} may be lost in part. {error}"
        failures = 1 if time.monotonic() - opened > 10 else failures + 1
    if frame:
        yield f"All sound from second {sent:.1f} on is lost."


def transcribe(recording):
    session_id = f"ses_{os.urandom(10).hex()}"
    path, new = f"/sessions/{session_id}", {"session_id": session_id, "upload_type": "stream"}
    call("POST", "/sessions", "session_exists", json=new)
    yield from stream(call("GET", path)["upload_url"], recording)
    call("POST", path + "/end", "session_ended", json={})
    for look in range(70):  # for about ten minutes
        news.acquire(timeout=min(1.2**look, 10))  # an event can get lost: look without it too
        if (found := call("GET", path))["http_status"] != 202:  # its word counts, not an event's
            break
    print(found.get("transcript"))
    if found["status"] != "completed":
        yield f"The session is {found['status']}."


problem, receiver = None, ThreadingHTTPServer(("127.0.0.1", 0), Receiver)
Thread(target=receiver.serve_forever, daemon=True).start()
events, url = ["session.started", "session.ended"], f"http://127.0.0.1:{receiver.server_port}/"
webhook = call("POST", "/webhooks", json={"url": url, "events": events + OUTCOMES})
with wave.open(os.environ["SCRIBE_MOCK_AUDIO"]) as recording:
    for problem in transcribe(recording):
        print(problem, file=sys.stderr)
call("DELETE", f"/webhooks/{webhook['webhook_id']}", "webhook_not_found")
sys.exit(problem and 1)
