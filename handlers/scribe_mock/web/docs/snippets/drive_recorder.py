"""Record in a page as a user would. Prints what the page says; exits with 1 if audio is lost."""

import os
import shutil
import sys
import wave

from playwright.sync_api import sync_playwright

URL, TOKEN = os.environ["SCRIBE_MOCK_URL"], os.environ["SCRIBE_MOCK_TOKEN"]
AUDIO = os.environ["SCRIBE_MOCK_AUDIO"]
with wave.open(AUDIO) as wav:
    seconds = wav.getnframes() / wav.getframerate()

with sync_playwright() as playwright:
    browser = playwright.chromium.launch(
        executable_path=shutil.which("chromium"),
        args=[
            "--use-fake-ui-for-media-stream",  # nobody is asked for the microphone
            "--use-fake-device-for-media-stream",
            f"--use-file-for-fake-audio-capture={AUDIO}%noloop",
            "--no-sandbox",
        ],
    )
    page = browser.new_page()
    page.set_default_timeout(120_000)
    page.goto(f"{URL}/_mock/ui/record")
    page.get_by_role("textbox", name="Token").fill(TOKEN)
    page.get_by_text("A new token when this one expires").click()
    page.get_by_label("Client id").fill(TOKEN)  # so that the new token is of the same scope
    page.get_by_label("Seconds per chunk").fill("5")

    page.get_by_role("button", name="Record").click()
    over = page.locator("#start:enabled")
    page.get_by_text("Recording into").or_(over).wait_for()
    page.wait_for_timeout(1000 * seconds)
    stop = page.get_by_role("button", name="Stop and send")
    if stop.is_enabled():
        stop.click()
    over.or_(page.get_by_text("kept while this page is open")).first.wait_for()

    status = page.get_by_role("status").inner_text()
    uploads = page.locator("#uploads span").all_inner_texts()
    browser.close()

print(status, *uploads, sep="\n")
stored = all(upload.startswith("stored") for upload in uploads)
sys.exit(status != "The session is completed." or not stored)
