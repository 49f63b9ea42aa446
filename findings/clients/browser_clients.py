"""Uploads by a browser, driven by Playwright: browser_clients.py NAME [EXECUTABLE] BASE FOLDER BIG.

NAME is chromium or firefox. It prints a line of JSON for each trial: the way, what is in the path
of its request, and what the page sees.
"""

import json
import sys
from pathlib import Path

from playwright.sync_api import sync_playwright

SEND = """async ([way, url, first, type]) => {
  const file = document.getElementById("file").files[0];
  const body = type === null ? file : new Blob([file], { type });
  try {
    if (first) await (await fetch(first)).text();
    if (way === "XHR") return await new Promise((resolve) => {
      const request = new XMLHttpRequest();
      request.open("POST", url);
      request.onloadend = () => resolve(request.status || "error event");
      request.send(body);
    });
    const answer = await fetch(url, { method: "POST", body });
    await answer.text();
    return answer.status;
  } catch (error) {
    return error.name;
  }
}"""


def trials(page, folder, big):
    """Send each file as it is picked and as a blob; then the large one in each way."""
    for path in sorted(Path(folder).iterdir()):
        page.set_input_files("#file", path)
        yield "picked file", path.suffix, "record", None, None
        if path.suffix == ".webm":
            yield "new Blob([file])", path.suffix, "record", None, ""
            yield "new Blob([file], {type})", path.suffix, "record", None, "audio/webm;codecs=opus"
    for way in ("close", "reset"):
        yield "fetch", "", way, "first", ""
    page.set_input_files("#file", big)
    for way in ("early_drain", "early_close", "early_reset", "late", "expect_only"):
        yield "fetch", "", way, None, ""
        yield "XHR", "", way, None, ""


def main():
    """Run all trials of one browser."""
    name, executable, base, folder, big = sys.argv[1:]
    with sync_playwright() as playwright:
        options = {"executable_path": executable} if executable != "-" else {}
        options["args"] = ["--no-sandbox"] if name == "chromium" else []
        browser = getattr(playwright, name).launch(**options)
        print(json.dumps({"version": browser.version}))
        page = browser.new_page()
        page.goto(f"{base}/page")
        page.set_content('<input type="file" id="file">')
        for number, (way, suffix, ends, first, kind) in enumerate(trials(page, folder, big)):
            trial = f"{ends}/{name}-{number}"
            call = ["XHR" if way == "XHR" else "fetch", f"/{trial}", first and "/first", kind]
            result = page.evaluate(SEND, call)
            row = {"way": way, "suffix": suffix, "ends": ends, "trial": trial, "sees": str(result)}
            print(json.dumps(row), flush=True)
        browser.close()


main()
