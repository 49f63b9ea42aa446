"""The clients that are measured: how each is called, and how it says its version."""

import re
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

FORMATS = ("webm", "wav", "ogg", "mp4", "m4a", "mp3")
PROGRAMS = Path(__file__).parent / "programs"


@dataclass(frozen=True)
class Client:
    """One client and one way of giving it a file.

    Args:
        label: Its name in the tables.
        command: The program, which gets the variant, a file and addresses.
        variant: Which client or option the program uses.
        asks: The command that prints the version; the variant `NAME_version` if empty.
        name: Put before the version.
        early: Whether the early answers are measured too.
        formats: The extensions of the files that are sent.
    """

    label: str
    command: tuple[str, ...]
    variant: str
    asks: tuple[str, ...] = ()
    name: str = ""
    early: bool = False
    formats: tuple[str, ...] = FORMATS

    @property
    def reuses(self) -> bool:
        """Whether repeats can be measured: the program sends two requests on one connection."""
        return self.early and self.name not in ("HTTPie", "wget")

    def post(self, file: Path, *urls: str) -> str:
        """Post a file to addresses, one after the other; what its caller sees of each."""
        done = subprocess.run(
            [*self.command, self.variant, str(file), *urls],
            capture_output=True,
            text=True,
            timeout=120,
            check=False,
        )
        said = " ".join(done.stdout.split())
        return re.sub(r"127\.0\.0\.1:\d+", "HOST", said)[:160] or "nothing"

    def version(self) -> str:
        """The name and the number."""
        family = self.variant.partition("_")[0]
        asks = self.asks or (*self.command, f"{family}_version")
        done = subprocess.run(asks, capture_output=True, text=True, timeout=60, check=True)
        found = re.search(r"\d+(\.\d+)+", done.stdout + done.stderr)
        assert found is not None, done.stdout
        return f"{self.name or family} {found[0]}"


def bash(label: str, script: str, variant: str, early: bool = False) -> Client:
    """A program of the command line."""
    program = {"httpie": "http"}.get(script, script)
    command = ("bash", str(PROGRAMS / f"{script}.sh"))
    name = {"httpie": "HTTPie"}.get(script, script)
    return Client(label, command, variant, (program, "--version"), name, early)


def python(label: str, variant: str, early: bool = False) -> Client:
    """One of Python's clients with one kind of body."""
    command = (sys.executable, str(PROGRAMS / "python.py"))
    return Client(
        label,
        command,
        variant,
        name=variant.partition("_")[0].replace("urllib", "Python"),
        early=early,
    )


def node(label: str, variant: str, early: bool = False) -> Client:
    """One of Node's clients with one kind of body."""
    name = variant.partition("_")[0]
    name = {"fetch": "Node.js", "http": "Node.js", "nodefetch": "node-fetch"}.get(name, name)
    return Client(label, ("node", str(PROGRAMS / "node.mjs")), variant, name=name, early=early)


def chromium(way: str, label: str, *formats: str, early: bool = False) -> Client:
    """A way of making a body in a page."""
    command = (sys.executable, str(PROGRAMS / "browser.py"))
    variant = f"chromium_{way}"
    return Client(f"Chromium, {label}", command, variant, (), "Chromium", early, formats or FORMATS)


#: How the other languages run their program, and say their version.
_OTHERS = {
    "Go": (("./client-go",), ("go", "version")),
    "OpenJDK": (("java", "-cp", ".", "Client"), ("java", "-version")),
    "PHP": (("php", str(PROGRAMS / "client.php")), ("php", "--version")),
    "Ruby": (("ruby", str(PROGRAMS / "client.rb")), ("ruby", "--version")),
    "Perl LWP": (
        ("perl", str(PROGRAMS / "client.pl")),
        ("perl", "-MLWP", "-e", "print LWP->VERSION"),
    ),
}


def other(label: str, variant: str, name: str, early: bool = False) -> Client:
    """A client of another language's standard library."""
    command, asks = _OTHERS[name]
    return Client(label, command, variant, asks, name, early)


FAMILIES: dict[str, tuple[Client, ...]] = {
    "shell": (
        bash("curl --data-binary @file", "curl", "data", early=True),
        bash("curl -H Expect: --data-binary @file", "curl", "no_expect", early=True),
        bash("curl -X POST -T file", "curl", "upload"),
        bash("curl --json @file", "curl", "json"),
        bash("curl -F file=@file", "curl", "form"),
        bash("wget --post-file", "wget", "file"),
        bash("http POST url @file", "httpie", "at", early=True),
        bash("http POST url < file", "httpie", "stdin"),
        bash("http -f POST url file@file", "httpie", "form"),
    ),
    "python": (
        python("requests, file", "requests_file", early=True),
        python("requests, bytes", "requests_bytes"),
        python("requests, generator", "requests_generator"),
        python("httpx, file", "httpx_file", early=True),
        python("httpx, bytes", "httpx_bytes"),
        python("aiohttp, file", "aiohttp_file", early=True),
        python("aiohttp, bytes", "aiohttp_bytes", early=True),
        python("urllib, bytes", "urllib_bytes", early=True),
        python("urllib, file", "urllib_file"),
    ),
    "node": (
        node("Node fetch, new Blob", "fetch_blob"),
        node("Node fetch, openAsBlob", "fetch_open"),
        node("Node fetch, Buffer", "fetch_buffer", early=True),
        node("Node fetch, stream", "fetch_stream", early=True),
        node("undici, Buffer", "undici_buffer", early=True),
        node("axios, Buffer", "axios_buffer", early=True),
        node("axios, stream", "axios_stream"),
        node("axios, Blob", "axios_blob"),
        node("got, Buffer", "got_buffer", early=True),
        node("superagent, Buffer", "superagent_buffer", early=True),
        node("node-fetch, Buffer", "nodefetch_buffer", early=True),
        node("ky, Buffer", "ky_buffer"),
        node("node:http, Buffer", "http_buffer", early=True),
    ),
    "others": (
        other("Go NewRequest, bytes", "bytes", "Go", early=True),
        other("Go NewRequest, file", "file", "Go", early=True),
        other('Go http.Post(url, "", file)', "post", "Go"),
        other("Java HttpClient", "httpclient", "OpenJDK", early=True),
        other("Java HttpURLConnection", "urlconnection", "OpenJDK", early=True),
        other("PHP curl, string", "string", "PHP", early=True),
        other("PHP curl, CURLFile", "form", "PHP"),
        other("PHP file_get_contents", "streams", "PHP", early=True),
        other("Ruby Net::HTTP, body", "body", "Ruby", early=True),
        other("Ruby Net::HTTP, body_stream", "stream", "Ruby"),
        other("Perl LWP post", "post", "Perl LWP", early=True),
        other("Perl HTTP::Request", "request", "Perl LWP"),
    ),
    "chromium": (
        chromium("file", "fetch with a picked file", early=True),
        chromium("blob", "new Blob([file])"),
        chromium("buffer", "ArrayBuffer"),
        chromium("form", "FormData"),
        chromium("recorder", "MediaRecorder's blob", "webm"),
        chromium("webm", "MediaRecorder asked for audio/webm", "webm"),
        chromium("mp4", "MediaRecorder asked for audio/mp4", "mp4"),
    ),
}
