"""The journal: how much memory its entries take."""

import http.client
import random
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace

from rich.table import Table

from tests.benchmarks.load import HEADERS, create_sessions, upload_path
from tests.benchmarks.processes import SCRIBE_MOCK, BenchmarkError, Server
from tests.benchmarks.tables import Goal, table

ENTRIES = 10_000
MB = 1_000_000
#: How many names the uploads have: what is stored is much less than what arrives.
_NAMES = 10

#: What Chromium sends with an upload by a page of another origin.
_BROWSER = {
    "sec-ch-ua-platform": '"Linux"',
    "User-Agent": "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) "
    "Chrome/140.0.0.0 Safari/537.36",
    "sec-ch-ua": '"Chromium";v="140", "Not=A?Brand";v="24"',
    "sec-ch-ua-mobile": "?0",
    "Accept": "*/*",
    "Origin": "http://localhost:5173",
    "Sec-Fetch-Site": "same-site",
    "Sec-Fetch-Mode": "cors",
    "Sec-Fetch-Dest": "empty",
    "Referer": "http://localhost:5173/",
    "Accept-Encoding": "gzip, deflate, br, zstd",
    "Accept-Language": "en-US,en;q=0.9",
}


@dataclass(frozen=True)
class Journals:
    """By how many bytes the server grew, with the journal less without it.

    Args:
        alike: For requests with the same header fields.
        traced: For requests of which each has a `traceparent` of its own.
    """

    alike: int
    traced: int

    def goals(self) -> list[Goal]:
        """The goal for what a browser sends."""
        figure = f"{ENTRIES:,} entries of the journal, MB"
        return [Goal(figure, 15.0, False, [self.alike / MB])]

    def table(self) -> Table:
        """Both in one row."""
        shown = table("Resident memory of the journal", "", "a browser's uploads", "traced ones")
        shown.add_row(
            f"{ENTRIES:,} entries", f"{self.alike / MB:.1f} MB", f"{self.traced / MB:.1f} MB"
        )
        return shown


def measure_journal(say: Callable[[str], None]) -> Journals:
    """Upload to a server with the journal and to one without, with two kinds of header fields."""
    grown = {}
    for traced in (False, True):
        for size in (ENTRIES, 0):
            say(f"journal: {ENTRIES:,} uploads, --journal-size {size}")
            with _server(size) as server:
                grown[traced, size] = _growth(server, traced)
    return Journals(*(grown[traced, ENTRIES] - grown[traced, 0] for traced in (False, True)))


@contextmanager
def _server(size: int) -> Iterator[Server]:
    def command(port: int) -> list[str]:
        return [*SCRIBE_MOCK.command(port), "--journal-size", str(size)]

    with Server(replace(SCRIBE_MOCK, command=command)) as server:
        yield server


def _growth(server: Server, traced: bool) -> int:
    session, numbers = create_sessions(server, 1)[0], random.Random(0)
    connection = http.client.HTTPConnection("127.0.0.1", server.port)
    fields = HEADERS | _BROWSER
    before = 0
    for number in range(_NAMES + ENTRIES):
        if number == _NAMES:
            before = server.resident_bytes()
        if traced:
            fields = {**fields, "traceparent": f"00-{numbers.randbytes(24).hex()}-01"}
        path, body = upload_path(session, number % _NAMES), numbers.randbytes(1024)
        connection.request("POST", path, body, fields)
        answer = connection.getresponse()
        if answer.status != 200:
            raise BenchmarkError(f"an upload was answered with {answer.status}: {answer.read()!r}")
        answer.read()
    return server.resident_bytes() - before
