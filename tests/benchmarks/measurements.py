"""The four measurements; each starts its own servers, stops them, and returns raw figures."""

from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import dataclass

from .load import CONNECTIONS, Load, Run, create_sessions, health, run_wrk, upload, upload_path
from .processes import CONTENDERS, SCRIBE_MOCK, BenchmarkError, Contender, Server

KIB, MIB = 1024, 1024 * 1024
STARTS = 7
STORED_BYTES = 500 * MIB
WARM_UP_SECONDS = 1
FEW_SESSIONS, MANY_SESSIONS = 10, 50_000
SPREAD, NAMES_PER_SESSION = 10, 6

Say = Callable[[str], None]


@dataclass(frozen=True)
class Body:
    """A size of upload, how many chunk names it cycles over, and over how many connections.

    The names bound the memory that the servers hold; a single one spares wrk a copy of each body.
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


def measure_throughput(rounds: int, seconds: int, say: Say) -> Throughput:
    """Upload bodies of each size to each server in turn, round after round."""
    runs: dict[str, dict[str, list[Run]]] = {
        body.label: {contender.name: [] for contender in CONTENDERS} for body in BODIES
    }
    with ExitStack() as stack:
        servers = [stack.enter_context(Server(contender)) for contender in CONTENDERS]
        sessions = [create_sessions(server, 1)[0] for server in servers]
        for turn in range(rounds + 1):
            for body in BODIES:
                for server, session in zip(servers, sessions, strict=True):
                    contender = server.contender
                    paths = tuple(upload_path(session, number) for number in range(body.names))
                    load = Load(body.size, paths, body.connections)
                    if turn == 0:
                        say(f"throughput: warming up {contender.label}, {body.label}")
                        upload(server, body.size, paths[:1])
                        run_wrk(server, load, WARM_UP_SECONDS)
                        continue
                    say(f"throughput: round {turn} of {rounds}, {body.label}, {contender.label}")
                    runs[body.label][contender.name].append(run_wrk(server, load, seconds))
    return Throughput(runs)


def measure_startup(say: Say) -> Startup:
    """Start each server in turn, several times; the first start only warms the disk cache."""
    seconds: dict[str, list[float]] = {contender.name: [] for contender in CONTENDERS}
    idle: dict[str, list[int]] = {contender.name: [] for contender in CONTENDERS}
    for start in range(STARTS + 1):
        for contender in CONTENDERS:
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
            raise BenchmarkError(f"{contender.label} kept {stored:,} of {acknowledged:,} bytes")
    return Footprint(idle, acknowledged, resident)


def measure_sessions(rounds: int, seconds: int, say: Say) -> Sessions:
    """Upload to ten sessions, in a server that has no more and in one that has many more."""
    few: list[Run] = []
    many: list[Run] = []
    with Server(SCRIBE_MOCK) as small, Server(SCRIBE_MOCK) as large:
        say(f"sessions: creating {MANY_SESSIONS:,}")
        loads = [_spread_load(small, FEW_SESSIONS), _spread_load(large, MANY_SESSIONS)]
        for server, load in zip((small, large), loads, strict=True):
            run_wrk(server, load, WARM_UP_SECONDS)
        for turn in range(rounds):
            say(f"sessions: round {turn + 1} of {rounds}")
            few.append(run_wrk(small, loads[0], seconds))
            many.append(run_wrk(large, loads[1], seconds))
    return Sessions(few, many)


def _spread_load(server: Server, count: int) -> Load:
    sessions = create_sessions(server, count)
    if (held := health(server)["sessions"]) < count:
        raise BenchmarkError(f"{server.contender.label} holds {held:,} of {count:,} sessions")
    chosen = sessions[:: count // SPREAD][:SPREAD]
    paths = [upload_path(session, n) for n in range(NAMES_PER_SESSION) for session in chosen]
    return Load(64 * KIB, tuple(paths), CONNECTIONS)
