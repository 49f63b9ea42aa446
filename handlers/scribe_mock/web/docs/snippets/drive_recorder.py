"""Record in a page as a user would. Prints what the page says; exits with 1 if audio is lost."""

import os
import shutil
import sys
import wave

from playwright.sync_api import Error, sync_playwright

URL, TOKEN = os.environ["SCRIBE_MOCK_URL"], os.environ["SCRIBE_MOCK_TOKEN"]
AUDIO = os.environ["SCRIBE_MOCK_AUDIO"]
HEARD = f"{AUDIO}.microphone.wav"
WAIT = 3  # seconds of silence: a user speaks when the page says that it records
STREAMS = "stream" in os.environ["SCRIBE_MOCK_SCENARIO"]
MICROPHONE = [
    "--use-fake-ui-for-media-stream",  # nobody is asked for it
    "--use-fake-device-for-media-stream",
    f"--use-file-for-fake-audio-capture={HEARD}%noloop",
]
with wave.open(AUDIO) as spoken, wave.open(HEARD, "wb") as heard:
    heard.setparams(spoken.getparams())
    heard.writeframes(bytes(spoken.getsampwidth() * spoken.getframerate() * WAIT))
    heard.writeframes(spoken.readframes(spoken.getnframes()))
    seconds = WAIT + spoken.getnframes() / spoken.getframerate()


def visit(page, url):
    """Open a page, and reload it where the server can't be reached."""
    for _ in range(10):
        try:
            return page.goto(url)
        except Error:
            page.wait_for_timeout(1000)
    sys.exit("The page can't be reached.")


def record(page):
    page.get_by_label("Method").select_option("stream" if STREAMS else "chunked")
    page.get_by_label("Seconds per chunk").fill("5")
    page.get_by_role("button", name="Record").click()
    page.get_by_text("Recording into").or_(page.locator("#start:enabled")).wait_for()
    page.wait_for_timeout(1000 * seconds)
    stop = page.get_by_role("button", name="Stop and send")
    if stop.is_enabled():
        stop.click()


with sync_playwright() as playwright:
    browser = playwright.chromium.launch_persistent_context(
        f"{AUDIO}.profile",  # what the page keeps is there after a kill
        executable_path=shutil.which("chromium"),
        args=[*MICROPHONE, "--no-sandbox"],
    )
    page = browser.new_page()
    page.set_default_timeout(120_000)
    visit(page, f"{URL}/_mock/ui/record")
    page.get_by_role("textbox", name="Token").fill(TOKEN)
    page.get_by_text("A new token when this one expires").click()
    page.get_by_label("Client id").fill(TOKEN)  # so that the new token is of the same scope
    if os.environ.get("SCRIBE_MOCK_RESUME"):
        print(page.get_by_role("region", name="An earlier recording").inner_text())
        page.get_by_role("button", name="Send what is kept").click()
    else:
        record(page)
    ended = page.locator("#start:enabled")
    ended.or_(page.get_by_text("kept while this page is open")).first.wait_for()

    status = page.get_by_role("status").inner_text()
    uploads = page.locator("#uploads span").all_inner_texts()
    browser.close()

print(status, *uploads, sep="\n")
stored = all(upload.startswith("stored") for upload in uploads)
sys.exit(status != "The session is completed." or not stored)
