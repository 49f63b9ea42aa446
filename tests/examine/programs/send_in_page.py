"""Sends a WAV with session-client.js in a page. It needs no microphone, so nor the time to speak.

python send_in_page.py [FOLDER]: scripts in FOLDER take the place of the page's.
"""

import base64
import io
import os
import shutil
import sys
import wave
from functools import partial
from pathlib import Path

from playwright.sync_api import sync_playwright

URL, TOKEN = os.environ["SCRIBE_MOCK_URL"], os.environ["SCRIBE_MOCK_TOKEN"]
SECONDS = 4
#: Says what is wrong; nothing if all went well.
SEND = """async ([token, minutes, chunks]) => {
  const client = await import("/_mock/ui/assets/session-client.js");
  const renewToken = async () => {
    const body = JSON.stringify({ client_id: token, client_secret: "secret" });
    const headers = { "Content-Type": "application/json" };
    const url = "/connect-auth/v1/account/login";
    return (await (await fetch(url, { method: "POST", headers, body })).json()).access_token;
  };
  const api = { base: "/voice/v1", token, renewToken };
  try {
    const { session_id } = await client.createSession(api, "chunked");
    const outbox = new client.Outbox(api, session_id);
    for (const [number, chunk] of chunks.entries()) {
      const bytes = Uint8Array.from(atob(chunk), (letter) => letter.charCodeAt(0));
      outbox.add(`audio_${number}.wav`, new Blob([bytes], { type: "audio/wav" }));
      await new Promise((resolve) => setTimeout(resolve, 200));
    }
    await outbox.settled();
    if (outbox.over) throw outbox.over;
    await outbox.reconcile();
    const lost = [...outbox.kept, ...outbox.refused].map(([name, { code }]) => `${name}: ${code}`);
    await client.endSession(api, session_id, chunks.length);
    const { status } = await client.pollForResult(api, session_id, () => {}, minutes);
    return status === "completed" ? lost : [`The session is ${status}.`, ...lost];
  } catch (error) {
    return [error.message];
  }
}"""


def chunks():
    """Whole WAV files, in base64."""
    with wave.open(os.environ["SCRIBE_MOCK_AUDIO"]) as source:
        while frames := source.readframes(SECONDS * source.getframerate()):
            with wave.open(file := io.BytesIO(), "wb") as chunk:
                chunk.setparams(source.getparams())
                chunk.writeframes(frames)
            yield base64.b64encode(file.getvalue()).decode()


def answer(path, route):
    route.fulfill(path=path)


def main():
    minutes = 0.3 if os.environ["SCRIBE_MOCK_SCENARIO"] == "long-processing" else 10
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=shutil.which("chromium") or shutil.which("chromium-browser"),
            args=["--no-sandbox", "--disable-gpu"],
        )
        page = browser.new_page()
        for folder in sys.argv[1:]:
            for script in Path(folder).glob("*.js"):
                page.route(f"**/{script.name}", partial(answer, script))
        page.goto(f"{URL}/_mock/ui/record")
        problems = page.evaluate(SEND, [TOKEN, minutes, list(chunks())])
        browser.close()
    sys.exit("\n".join(problems) or None)


main()
