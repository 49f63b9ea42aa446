"""Send a WAV in chunks and print its transcript. Says what is lost, and exits with 1 then."""

import io
import os
import random
import sys
import time
import wave
from pathlib import Path

import httpx

CHUNK_SECONDS = 5
ATTEMPTS = 10  # for each request, within about 40 seconds
SLOWEST_LINE = 10_000  # bytes a second: the larger a body, the longer its time-out
PATIENCE = float(os.environ.get("PATIENCE", "600"))  # seconds for the processing
ENDED = ["session_ended", "session_completed"]


class Failed(Exception):
    def __init__(self, status, answer):
        error = answer.get("error") or answer
        super().__init__(f"{status} {error.get('code', '')} {error.get('message', '')}")
        self.status, self.code = status, error.get("code")


class Api:
    def __init__(self, server, token):
        self.client, self.token = httpx.Client(base_url=server), token
        self.account = {"client_id": token, "client_secret": "yours"}

    def send(self, method, path, done=(), **body):
        """Send a request until it succeeds. Codes in `done` say that an earlier attempt arrived."""
        renewed = path.endswith("/login")
        for attempt in range(ATTEMPTS):
            status, answer, wait = self.send_once(method, path, **body)
            if (200 <= status < 300 and answer) or answer.get("error", {}).get("code") in done:
                return {"http_status": status} | answer
            if status == 401 and not renewed:  # once: if the new token is refused too, stop
                renewed = True
                login = self.send("POST", "/connect-auth/v1/account/login", json=self.account)
                self.token = login["access_token"]
            elif 300 <= status < 500 and status not in (408, 429):
                break
            else:  # partly by chance, so that many clients do not come back at the same moment
                time.sleep(wait + min(2**attempt / 2, 8) * random.uniform(0.5, 1))
        raise Failed(status, answer)

    def send_once(self, method, path, content=b"", **body):
        """Status (0: no answer), JSON (none in a proxy's HTML), and seconds of Retry-After."""
        headers, limit = {"Authorization": f"Bearer {self.token}"}, 15 + len(content) / SLOWEST_LINE
        if content:
            body, headers["Content-Type"] = {"content": content}, "audio/wav"
        try:
            answer = self.client.request(method, path, headers=headers, timeout=limit, **body)
            found = answer.json() if "/json" in answer.headers.get("Content-Type", "") else {}
        except (httpx.TransportError, ValueError) as error:
            return 0, {"message": f"no answer: {error}"}, 0
        wait = answer.headers.get("Retry-After", "")
        return answer.status_code, found, min(int(wait), 60) if wait.isdigit() else 0


def chunks(recording):
    """Whole WAV files, the same at each start: what is sent again must be the same."""
    with wave.open(str(recording)) as source:
        while frames := source.readframes(CHUNK_SECONDS * source.getframerate()):
            with wave.open(file := io.BytesIO(), "wb") as chunk:
                chunk.setparams(source.getparams())
                chunk.writeframes(frames)
            yield file.getvalue()


def result_of(api, session):
    """Ask once a second, then less often, until there is a result."""
    until, wait = time.monotonic() + PATIENCE, 1.0
    while time.monotonic() < until:
        if (found := api.send("GET", session))["http_status"] != 202:
            return found
        time.sleep(wait)
        wait = min(wait * 1.2, 10)
    raise Failed(202, {"message": f"There is no result after {PATIENCE:.0f} s."})


def transcribe(api, session_id, recording):
    """Print the transcript. Yields a sentence for each thing that is missing in it."""
    path, sent = f"/voice/v1/sessions/{session_id}", list(chunks(recording))
    new = {"session_id": session_id, "upload_type": "chunked"}
    api.send("POST", "/voice/v1/sessions", ["session_exists"], json=new)
    session = api.send("GET", path)
    if session["status"] in ("created", "recording"):
        for number, chunk in enumerate(sent):
            try:
                if f"{number}.wav" not in session["audio_files"]:  # after a crash some are there
                    api.send("POST", f"{path}/audio/audio_{number}.wav", content=chunk)
            except Failed as failed:
                if failed.code not in ("invalid_audio_format", "chunk_too_large"):
                    raise
                yield f"Chunk {number}, of {CHUNK_SECONDS} s, is lost: {failed}"
        api.send("POST", f"{path}/end", ENDED, json={"audio_files_sent": len(sent)})
    result = result_of(api, path)
    print(result["transcript"])
    if (result["status"], received := result["audio_files_received"]) != ("completed", len(sent)):
        yield f"The session is {result['status']}, with {received} of {len(sent)} chunks."
    yield from (error["message"] for error in result.get("processing_errors") or ())


problem, recording = None, Path(os.environ["SCRIBE_MOCK_AUDIO"])
kept = recording.with_suffix(".session")  # after a crash, the next start goes on with it
if not kept.exists():
    kept.write_text(f"ses_{os.urandom(10).hex()}")
api = Api(os.environ["SCRIBE_MOCK_URL"], os.environ["SCRIBE_MOCK_TOKEN"])
try:
    for problem in transcribe(api, kept.read_text(), recording):
        print(problem, file=sys.stderr)
except Failed as failed:
    if failed.status in (404, 410):
        kept.unlink()  # the session is gone: the next start makes a new one
    sys.exit(f"{failed}\nThe recording is kept. Start again to send what is missing.")
kept.unlink()
sys.exit(problem and 1)
