"""The four measurements; each starts and stops its own servers, and returns raw figures."""

from collections.abc import Callable, Sequence
from contextlib import ExitStack
from dataclasses import dataclass

from tests.benchmarks.load import Load, Run, create_sessions, health, run_wrk, upload, upload_path
from tests.benchmarks.processes import CONTENDERS, SCRIBE_MOCK, BenchmarkError, Contender, Server

KIB, MIB = 1024, 1024 * 1024
STARTS = 7
STORED_BYTES = 500 * MIB
WARM_UP_SECONDS = 1
FEW_SESSIONS, MANY_SESSIONS = 10, 50_000
SPREAD, NAMES_PER_SESSION = 10, 6
PAIRS_PER_ROUND = 2  # a p99 is noisy

Say = Callable[[str], None]


@dataclass(frozen=True)
class Body:
    """A size of upload, how many chunk names it cycles over, and over how many connections.

    The names bound the memory of the servers; with a single one, wrk need not copy the body.
    """

    label: str
    size: int
    names: int
    connections: int


BODIES = (
    Body("1 KiB", KIB, 64, 8),
    Body("64 KiB", 64 * KIB, 64, 8),
    Body("10 MiB", 10 * MIB, 1, 4),
)


@dataclass(frozen=True)
class Throughput:
    """The runs of every round, by body and by contender."""

    runs: dict[str, dict[str, list[Run]]]


@dataclass(frozen=True)
class Startup:
    """Seconds from spawn to first answer and resident bytes when idle, of every start."""

    seconds: dict[str, list[float]]
    idle_bytes: dict[str, list[int]]


@dataclass(frozen=True)
class Footprint:
    """Resident bytes of one server before and after it stored so many bytes."""

    idle_bytes: int
    stored_bytes: int
    resident_bytes: int


@dataclass(frozen=True)
class Memory:
    """What storing costs, by body and by contender."""

    footprints: dict[str, dict[str, Footprint]]


@dataclass(frozen=True)
class Sessions:
    """The runs of every round against a server with few sessions, and one with many."""

    few: list[Run]
    many: list[Run]


def measure_throughput(
    contenders: Sequence[Contender], rounds: int, seconds: int, say: Say
) -> Throughput:
    """Upload bodies of each size to each server in turn, round after round; all are up at once."""
    runs: dict[str, dict[str, list[Run]]] = {
        body.label: {contender.name: [] for contender in contenders} for body in BODIES
    }
    with ExitStack() as stack:
        servers = [stack.enter_context(Server(contender)) for contender in contenders]
        loads = {server: _throughput_loads(server) for server in servers}
        for server in servers:
            say(f"throughput: warming up {server.contender.label}")
            for load in loads[server]:
                run_wrk(server, load, WARM_UP_SECONDS)
        for round_ in range(rounds):
            for index, body in enumerate(BODIES):
                say(f"throughput: round {round_ + 1} of {rounds}, {body.label}")
                for server in _rotated(servers, round_):
                    run = run_wrk(server, loads[server][index], seconds)
                    runs[body.label][server.contender.name].append(run)
    return Throughput(runs)


def _throughput_loads(server: Server) -> list[Load]:
    session = create_sessions(server, 1)[0]
    paths = [upload_path(session, number) for number in range(max(b.names for b in BODIES))]
    upload(server, KIB, paths[:1])
    return [Load(body.size, tuple(paths[: body.names]), body.connections) for body in BODIES]


def _rotated(servers: list[Server], count: int) -> list[Server]:
    """Begin with another server in each round, so that none has an advantage by its place."""
    first = count % len(servers)
    return servers[first:] + servers[:first]


def measure_startup(contenders: Sequence[Contender], say: Say) -> Startup:
    """Start each server in turn, several times; the first start only warms the disk cache."""
    seconds: dict[str, list[float]] = {contender.name: [] for contender in contenders}
    idle: dict[str, list[int]] = {contender.name: [] for contender in contenders}
    for start in range(STARTS + 1):
        for contender in contenders:
            say(f"start-up: start {start} of {STARTS}, {contender.label}")
            with Server(contender) as server:
                if start:
                    seconds[contender.name].append(server.start_seconds)
                    idle[contender.name].append(server.resident_bytes())
    return Startup(seconds, idle)


def measure_memory(say: Say) -> Memory:
    """Store the same number of bytes in small chunks, then in big ones, in a fresh server each."""
    footprints: dict[str, dict[str, Footprint]] = {}
    for body in BODIES[1:]:
        footprints[body.label] = {}
        for contender in CONTENDERS:
            say(f"memory: {STORED_BYTES // MIB} MiB in chunks of {body.label}, {contender.label}")
            footprints[body.label][contender.name] = _footprint(contender, body.size)
    return Memory(footprints)


def _footprint(contender: Contender, size: int) -> Footprint:
    with Server(contender) as server:
        idle = server.resident_bytes()
        session = create_sessions(server, 1)[0]
        paths = (upload_path(session, number) for number in range(STORED_BYTES // size))
        acknowledged = upload(server, size, paths)
        resident = server.resident_bytes()
        if contender.has_sessions and (stored := health(server)["stored_bytes"]) < acknowledged:
            raise BenchmarkError(f"{contender.label} stored {stored:,} of {acknowledged:,} bytes")
    return Footprint(idle, acknowledged, resident)


def measure_sessions(rounds: int, seconds: int, say: Say) -> Sessions:
    """Upload to ten sessions, in a server that has no more and in one that has many more."""
    with Server(SCRIBE_MOCK) as few, Server(SCRIBE_MOCK) as many:
        say(f"sessions: creating {MANY_SESSIONS:,}")
        loads = {few: _spread_load(few, FEW_SESSIONS), many: _spread_load(many, MANY_SESSIONS)}
        runs: dict[Server, list[Run]] = {few: [], many: []}
        for server, load in loads.items():
            run_wrk(server, load, WARM_UP_SECONDS)
        for round_ in range(rounds * PAIRS_PER_ROUND):
            say(f"sessions: pair {round_ + 1} of {rounds * PAIRS_PER_ROUND}")
            for server in _rotated([few, many], round_):
                runs[server].append(run_wrk(server, loads[server], seconds))
    return Sessions(runs[few], runs[many])


def _spread_load(server: Server, count: int) -> Load:
    sessions = create_sessions(server, count)
    if (created := health(server)["sessions"]) < count:
        raise BenchmarkError(f"{server.contender.label} has {created:,} of {count:,} sessions")
    chosen = sessions[:: count // SPREAD][:SPREAD]
    paths = [upload_path(session, n) for n in range(NAMES_PER_SESSION) for session in chosen]
    # No more connections: with more than about 1 MiB in transit, malloc returns memory after each
    # burst, except between many sessions, and the page faults would hide what is measured.
    return Load(64 * KIB, tuple(paths), 8)
