"""Examines the clients that the guide speaks of, and writes their marks into examined.json.

python -m tests.examine.measure

It takes ten minutes, and needs Chromium, curl, ffmpeg, jq, and `npm ci` in tests/javascript.
"""

import datetime
import json
import os
import subprocess
import sys
import tempfile
from dataclasses import dataclass, field
from importlib.metadata import version
from pathlib import Path

from scribe_mock.web.docs import examined
from scribe_mock.web.docs.fault_examples import SNIPPETS
from tests.support import ROOT

JAVASCRIPT = ROOT / "tests" / "javascript"


@dataclass(frozen=True)
class Client:
    """A client of the guide's table: its heading, its version, its command and environment."""

    client: str
    version: str
    command: list
    environment: dict = field(default_factory=dict)


def clients():
    python = ".".join(map(str, sys.version_info[:3]))
    curl = said("curl", "--version").split()[1]
    chromium = said("chromium", "--version").split()[1]
    axios, retry = (npm(name) for name in ("axios", "axios-retry"))
    uploader = ["node", JAVASCRIPT / "axios-uploader.mjs"]
    libraries = f"axios {axios}, axios-retry {retry}"
    return [
        Client(
            "upload_recording.py",
            f"Python {python}, httpx {version('httpx')}",
            [sys.executable, SNIPPETS / "upload_recording.py"],
            {"PATIENCE": "15"},
        ),
        Client(
            "The recorder's page",
            f"Chromium {chromium}",
            [sys.executable, SNIPPETS / "drive_recorder.py"],
        ),
        Client("upload_recording.sh", f"curl {curl}", ["bash", SNIPPETS / "upload_recording.sh"]),
        Client("axios-retry, defaults", libraries, uploader, {"SET_UP": "defaults"}),
        Client("axios-retry, set up", libraries, uploader, {"SET_UP": "advised"}),
    ]


def said(*command):
    return subprocess.run(command, capture_output=True, text=True, check=True).stdout


def npm(package):
    text = (JAVASCRIPT / "node_modules" / package / "package.json").read_text("utf-8")
    return json.loads(text)["version"]


def marks(client, report):
    """What the guide shows of each scenario."""
    command = [sys.executable, "-m", "scribe_mock", "examine", "--report", f"json={report}", "--"]
    subprocess.run([*command, *client.command], env=os.environ | client.environment, check=False)
    return {
        scenario["scenario"]: {
            "verdict": scenario["verdict"],
            "unmet": [
                mark["name"]
                for mark in scenario["marks"]
                if mark["verdict"] not in ("passed", "not tried")
            ],
        }
        for scenario in json.loads(report.read_text("utf-8"))["scenarios"]
    }


def main():
    rows = []
    with tempfile.TemporaryDirectory() as folder:
        for client in clients():
            rows.append(
                {
                    "client": client.client,
                    "version": client.version,
                    "measured": datetime.date.today().isoformat(),
                    "marks": marks(client, Path(folder) / "report.json"),
                }
            )
    target = Path(examined.__file__).with_name("examined.json")
    target.write_text(json.dumps(rows, indent=1, ensure_ascii=False) + "\n", "utf-8")


if __name__ == "__main__":
    main()
