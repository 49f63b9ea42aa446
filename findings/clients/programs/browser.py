"""browser.py VARIANT FILE URL...: posts a file from a page in Chromium, as `chromium_WAY`."""

import shutil
import sys
from urllib.parse import urlsplit

from playwright.sync_api import sync_playwright

FLAGS = [
    "--no-sandbox",
    "--use-fake-device-for-media-stream",
    "--use-fake-ui-for-media-stream",
    "--autoplay-policy=no-user-gesture-required",
]
SEND = """async ([way, url]) => {
  const file = document.querySelector("input").files[0];
  const form = new FormData();
  form.append("file", file);
  const recorded = async (options) => {
    const stream = await navigator.mediaDevices.getUserMedia({ audio: true });
    const recorder = new MediaRecorder(stream, options);
    const data = new Promise((resolve) => { recorder.ondataavailable = (event) => resolve(event.data); });
    recorder.start();
    setTimeout(() => recorder.stop(), 500);
    return data;
  };
  const bodies = {
    file: () => file, blob: () => new Blob([file]), form: () => form, buffer: () => file.arrayBuffer(),
    recorder: () => recorded(), webm: () => recorded({ mimeType: "audio/webm" }),
    mp4: () => recorded({ mimeType: "audio/mp4" }),
  };
  try {
    const answer = await fetch(url, { method: "POST", body: await bodies[way](), signal: AbortSignal.timeout(25000) });
    await answer.text();
    return String(answer.status);
  } catch (error) {
    return error.name;
  }
}"""
_, _, way = sys.argv[1].partition("_")
with sync_playwright() as playwright:
    path = shutil.which("chromium") or shutil.which("chromium-browser")
    browser = playwright.chromium.launch(executable_path=path, args=FLAGS)
    if way == "version":
        print(browser.version)
        raise SystemExit
    page = browser.new_page()
    address = urlsplit(sys.argv[3])
    page.goto(f"{address.scheme}://{address.netloc}/")
    page.set_content('<input type="file">')
    page.set_input_files("input", sys.argv[2])
    print(*(page.evaluate(SEND, [way, url]) for url in sys.argv[3:]))
