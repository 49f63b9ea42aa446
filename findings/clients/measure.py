"""Runs every client that is there against the recording server, and prints what was seen as JSON.

measure.py FOLDER [CLIENT...]: the folder has the installed packages, and a file audio.EXT for each
extension. With names of clients only these are measured.
"""

import asyncio
import datetime
import json
import os
import re
import shutil
import sys
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from recording_server import RecordingServer

HERE = Path(__file__).parent
EARLY = ("early_drain", "early_close", "early_reset", "late", "expect_only")
EXTENSIONS = ("webm", "wav", "ogg", "mp4", "m4a", "mp3")
# A client is given up after so many seconds, and counts as one that hangs or tries for ever.
PATIENCE = 20
# How often an upload is sent where the outcome depends on timing.
TRIES = 5


@dataclass
class Client:
    """One client: how its version is printed, and its ways to send a file.

    <file>, <url> and <first> stand for the file, the address, and one to ask before it.
    """

    name: str
    version: list[str]
    ways: dict[str, list[str]]
    #: The ways that look at the file's extension.
    by_extension: tuple[str, ...] = ()
    #: The ways that send one file to one address only, so nothing can come before.
    once: tuple[str, ...] = ()
    results: dict[str, list[dict[str, str]]] = field(default_factory=dict)


def program(
    name: str, command: list[str], ways: list[str], version: list[str], *guesses: str
) -> Client:
    """A client whose program takes a way, a file, an address, and one to ask first."""
    calls = {way: [*command, way, "<file>", "<url>", "<first>"] for way in ways}
    return Client(name, [*command, "--version", *version], calls, guesses)


def clients(folder: Path) -> Iterator[Client]:
    """Yield all clients; those that are not installed are left out later."""
    curl = ["curl", "-s", "-o", os.devnull, "-w", "%{http_code} ", "<first>", "<url>"]
    yield Client(
        "curl",
        ["curl", "--version"],
        {
            "--data-binary @file": [*curl, "--data-binary", "@<file>"],
            "-X POST -T file": [*curl, "-X", "POST", "-T", "<file>"],
            "-F file=@file": [*curl, "-F", "file=@<file>"],
            "--json @file": [*curl, "--json", "@<file>"],
        },
        once=("-X POST -T file",),
    )
    wget = ["wget", "-q", "-S", "-O", os.devnull, "--post-file=<file>", "<url>"]
    yield Client("wget", ["wget", "--version"], {"--post-file": wget})
    http = ["http", "--ignore-stdin", "-h"]
    ways = {
        "POST @file": [*http, "POST", "<url>", "@<file>"],
        "-f POST file@file": [*http, "-f", "POST", "<url>", "file@<file>"],
    }
    yield Client("HTTPie", ["http", "--version"], ways, ("POST @file",))
    python = [str(folder / "venv/bin/python"), str(HERE / "python_clients.py")]
    for name in ("requests", "httpx", "niquests"):
        ways = [f"{name} {form}" for form in ("file", "bytes", "generator")]
        yield program(name, python, ways, [name])
    yield program("aiohttp", python, ["aiohttp file", "aiohttp bytes"], ["aiohttp"], "aiohttp file")
    yield program("urllib", python, ["urllib file", "urllib bytes"], ["urllib"])
    node = ["node", str(folder / "node_clients.mjs")]
    for name, forms in {
        "fetch": ("buffer", "stream", "blob", "typedBlob", "openAsBlob"),
        "undici": ("buffer", "stream"),
        "axios": ("buffer", "stream", "blob"),
        "got": ("buffer", "stream"),
        "superagent": ("buffer",),
        "node-fetch": ("buffer", "stream", "blob"),
        "ky": ("buffer",),
        "node:http": ("buffer",),
    }.items():
        yield program(f"Node.js {name}", node, [f"{name} {form}" for form in forms], [name])
    java = ["java", str(HERE / "Clients.java")]
    yield program(
        "Java", java, ["HttpClient ofFile", "HttpURLConnection", "HttpURLConnection fixed"], []
    )
    php = ["php", str(HERE / "clients.php")]
    ways = ["curl string", "curl CURLFile", "curl INFILE", "file_get_contents"]
    yield program("PHP", php, ways, ["curl"])
    yield program("Ruby Net::HTTP", ["ruby", str(HERE / "clients.rb")], ["body", "body_stream"], [])
    yield program(
        "Perl LWP", ["perl", str(HERE / "clients.pl")], ["post Content", "HTTP::Request"], []
    )
    go = [str(folder / "go_clients")]
    yield program("Go net/http", go, ["Post, no type", "NewRequest bytes", "NewRequest file"], [])


async def run(command: list[str], **known: str) -> str:
    """Run a command, and return the last word of what it printed, or why there is none."""
    filled = []
    for argument in command:
        for name, value in known.items():
            argument = argument.replace(f"<{name}>", value)
        filled += [argument] if argument else []
    process = await asyncio.create_subprocess_exec(
        *filled, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.STDOUT
    )
    try:
        said = (await asyncio.wait_for(process.communicate(), PATIENCE))[0].decode(errors="replace")
    except TimeoutError:
        process.kill()
        await process.wait()
        return f"nothing after {PATIENCE} s"
    status = re.findall(r"(?:HTTP/1\.1 |^|\s)([2-5]\d\d)(?=\s|$)", said)
    if process.returncode and not status:
        return f"exit code {process.returncode}"
    return (
        status[-1]
        if status
        else said.strip().rsplit("\n", 1)[-1] or f"exit code {process.returncode}"
    )


async def measure(client: Client, server: RecordingServer, folder: Path) -> None:
    """Send in each way: to be recorded, to be refused, and to be cut off."""
    small, big = str(folder / "audio.webm"), str(folder / "big")
    first = f"http://127.0.0.1:{server.port}/first"
    types, early, repeats = [], [], []
    for way, command in client.ways.items():
        for extension in EXTENSIONS if way in client.by_extension else EXTENSIONS[:1]:
            sent = await send(server, command, "record", str(folder / f"audio.{extension}"))
            types.append({"way": way, "extension": extension, **_described(sent["head"])})
        seen = {ends: [await send(server, command, ends, big)] for ends in EARLY}
        # Whether the answer is read before the reset is seen differs from try to try.
        while len(seen["early_close"]) < TRIES and not _hangs(seen["early_close"][-1]):
            seen["early_close"].append(await send(server, command, "early_close", big))
        early.append({"way": way, **{ends: _told(found) for ends, found in seen.items()}})
        if way not in client.once:
            cut = {e: [await send(server, command, e, small, first)] for e in ("close", "reset")}
            repeats.append({"way": way, **{ends: _told(found) for ends, found in cut.items()}})
    client.results = {"types": types, "early": early, "repeats": repeats}


async def send(
    server: RecordingServer, command: list[str], ends: str, file: str, first: str = ""
) -> dict[str, Any]:
    """Send a file once; return what the caller sees, the number of POSTs, and the first head."""
    trial = f"trial-{len(server.seen)}"
    server.seen[trial] = []
    address = f"http://127.0.0.1:{server.port}/{ends}/{trial}"
    said = await run(command, file=file, url=address, first=first)
    heads = server.seen[trial]
    return {"sees": said, "posts": len(heads), "head": heads[0] if heads else {}}


def _described(head: dict[str, str]) -> dict[str, str]:
    """Return what the guide shows of a request's head."""
    return {
        "type": re.sub(r"boundary=.*", "boundary=…", head.get("content-type", "")),
        "framing": "Content-Length" if "content-length" in head else "chunked",
        "expect": head.get("expect", ""),
    }


def _hangs(found: dict[str, Any]) -> bool:
    return found["sees"].startswith("nothing after")


def _told(found: list[dict[str, Any]]) -> str:
    """What the caller sees, how often if not always, and how often the upload was sent."""
    texts = []
    for sees, count in Counter(one["sees"] for one in found).most_common():
        posts = max(one["posts"] for one in found if one["sees"] == sees)
        text = sees + (f", sent {posts} times" if posts > 1 else "")
        texts.append(text if count == len(found) else f"{text} in {count} of {len(found)}")
    return "; ".join(texts)


async def version_of(client: Client) -> str:
    """Return the first version in what a command prints."""
    process = await asyncio.create_subprocess_exec(
        *client.version, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.DEVNULL
    )
    said = (await process.communicate())[0].decode()
    return said.strip() if len(said) < 40 else re.search(r"\d+(\.\d+)+", said)[0]


async def main() -> None:
    """Measure all clients that are there, one after the other."""
    folder = Path(sys.argv[1])
    server = RecordingServer()
    await server.start()
    rows = []
    for client in clients(folder):
        if sys.argv[2:] and client.name not in sys.argv[2:]:
            continue
        if shutil.which(client.version[0]) is None:
            print(f"{client.name} is not installed: left out", file=sys.stderr)
            continue
        version = await version_of(client)
        print(client.name, version, file=sys.stderr, flush=True)
        await measure(client, server, folder)
        rows.append(
            {
                "client": client.name,
                "version": version,
                "date": f"{datetime.date.today()}",
                **client.results,
            }
        )
    print(json.dumps(rows, indent=1, ensure_ascii=False))


asyncio.run(main())
