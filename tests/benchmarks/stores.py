"""What it costs to keep sessions outside the process: uploads with each store, side by side."""

import shutil
import tempfile
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

from rich.table import Table

from tests.benchmarks.load import Load, Run, create_sessions, run_wrk, upload_path
from tests.benchmarks.processes import SCRIBE_MOCK, BenchmarkError, Server
from tests.benchmarks.tables import Goal, ratios, table
from tests.redis_servers import RedisServer

SIZE, CONNECTIONS = 64 * 1024, 8
FEW_SESSIONS, MANY_SESSIONS = 10, 100_000
NAMES_PER_SESSION = 6
WARM_UP_SECONDS = 1

Say = Callable[[str], None]


@dataclass(frozen=True)
class Stores:
    """The runs of every round.

    Args:
        runs: Uploads of 64 KiB, by what they went to.
        few: Uploads to a Redis with ten sessions.
        many: The same with 100,000.
    """

    runs: dict[str, list[Run]]
    few: list[Run]
    many: list[Run]

    def goals(self) -> list[Goal]:
        """How each compares with memory, two workers with one server, many sessions with few."""
        rates = {name: [run.requests_per_second for run in of] for name, of in self.runs.items()}
        p99 = [[run.p99_seconds for run in runs] for runs in (self.many, self.few)]
        memory, redis = rates["memory"], rates["redis"]
        figure = f"Redis: p99 with {MANY_SESSIONS:,} sessions / with {FEW_SESSIONS}"
        return [
            Goal("64 KiB uploads: Redis / memory", 0.5, True, ratios(redis, memory)),
            Goal("64 KiB uploads: sqlite / memory", 0.4, True, ratios(rates["sqlite"], memory)),
            Goal(
                "64 KiB uploads: two workers / one, Redis", 1.6, True, ratios(rates["two"], redis)
            ),
            Goal(figure, 1.2, False, ratios(*p99)),
        ]

    def table(self) -> Table:
        """The medians of each."""
        shown = table("Uploads of 64 KiB by store", "", "a second", "p99", "CPU of the server")
        labels = {"two": "redis, two workers"}
        for name, runs in self.runs.items():
            middle = sorted(runs, key=lambda run: run.requests_per_second)[len(runs) // 2]
            shown.add_row(
                labels.get(name, name),
                f"{middle.requests_per_second:,.0f}",
                f"{middle.p99_seconds * 1000:.1f} ms",
                f"{middle.server_cpu:.2f}",
            )
        return shown


def measure_stores(rounds: int, seconds: int, say: Say) -> Stores:
    """Upload with each store in turn, then to a Redis with few sessions and to one with many."""
    if shutil.which("redis-server") is None:
        raise BenchmarkError("redis-server is not installed: apt-get install redis-server")
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        redis, many = (stack.enter_context(_redis(folder / name)) for name in ("few", "many"))
        options = {
            "memory": (),
            "redis": ("--store", redis),
            "sqlite": ("--store", f"sqlite:///{folder}/mock.db"),
            "two": ("--store", f"{redis}?prefix=two:", "--workers", "2"),
        }
        servers = {name: stack.enter_context(_server(*own)) for name, own in options.items()}
        runs = _side_by_side(servers, FEW_SESSIONS, rounds, seconds, say)
        pair = {
            "few": stack.enter_context(_server("--store", f"{redis}?prefix=few:")),
            "many": stack.enter_context(_server("--store", many)),
        }
        say(f"stores: creating {MANY_SESSIONS:,} sessions")
        create_sessions(pair["many"], MANY_SESSIONS)
        found = _side_by_side(pair, FEW_SESSIONS, 2 * rounds, seconds, say)
    return Stores(runs, found["few"], found["many"])


def _side_by_side(
    servers: dict[str, Server], sessions: int, rounds: int, seconds: int, say: Say
) -> dict[str, list[Run]]:
    loads = {name: _load(server, sessions) for name, server in servers.items()}
    for name, server in servers.items():
        run_wrk(server, loads[name], WARM_UP_SECONDS)
    runs: dict[str, list[Run]] = {name: [] for name in servers}
    for round_ in range(rounds):
        for name in [*servers][:: 1 if round_ % 2 else -1]:
            say(f"stores: round {round_ + 1} of {rounds}, {name}")
            runs[name].append(run_wrk(servers[name], loads[name], seconds))
    return runs


def _load(server: Server, sessions: int) -> Load:
    made = create_sessions(server, sessions)
    paths = [upload_path(session, n) for n in range(NAMES_PER_SESSION) for session in made]
    return Load(SIZE, tuple(paths), CONNECTIONS)


@contextmanager
def _server(*options: str) -> Iterator[Server]:
    def command(port: int) -> list[str]:
        return [*SCRIBE_MOCK.command(port), *options]

    with Server(replace(SCRIBE_MOCK, command=command)) as server:
        yield server


@contextmanager
def _redis(folder: Path) -> Iterator[str]:
    folder.mkdir()
    server = RedisServer(folder)
    server.start()
    try:
        yield server.url
    finally:
        server.kill()
