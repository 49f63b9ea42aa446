import time

import httpx

API = "http://127.0.0.1:8080/voice/v1"


def result_of(session_id: str, token: str) -> dict:
    """The session in its final form: completed, partial, failed or expired."""
    headers = {"Authorization": f"Bearer {token}"}
    while True:
        answer = httpx.get(f"{API}/sessions/{session_id}", headers=headers)
        if answer.status_code != 202:
            return answer.json()
        time.sleep(1)
