"""Figures and goals: computed from the measurements, and shown as tables."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from statistics import median

from rich.table import Table

from tests.benchmarks.audio.figures import AudioFigures
from tests.benchmarks.checks import Checks
from tests.benchmarks.fair import Fair
from tests.benchmarks.faults import FaultCosts
from tests.benchmarks.journal import Journals
from tests.benchmarks.load import Run
from tests.benchmarks.measurements import (
    BODIES,
    MANY_SESSIONS,
    MIB,
    Memory,
    Sessions,
    Startup,
    Throughput,
)
from tests.benchmarks.processes import (
    CONNEXION,
    CONTENDERS,
    DRAIN,
    SCRIBE_MOCK,
    STARLETTE,
    Contender,
)
from tests.benchmarks.pytest_fixtures import Fixtures
from tests.benchmarks.stores import Stores
from tests.benchmarks.tables import Goal, goals_table, ratios, table

BUSY_GENERATOR, IDLE_SERVER = 0.95, 0.9


@dataclass
class Figures:
    """Everything that was measured; what was not asked for is None."""

    contenders: Sequence[Contender] = CONTENDERS
    startup: Startup | None = None
    throughput: Throughput | None = None
    memory: Memory | None = None
    sessions: Sessions | None = None
    checks: list[Checks] = field(default_factory=list)
    fixtures: Fixtures | None = None
    stores: Stores | None = None
    journal: Journals | None = None
    fair: Fair | None = None
    faults: FaultCosts | None = None
    audio: AudioFigures = field(default_factory=AudioFigures)

    def goals(self) -> list[Goal]:
        """Return the goals for which there are measurements."""
        goals: list[Goal] = []
        if self.throughput:
            goals += _throughput_goals(self.throughput)
        if self.startup:
            seconds = self.startup.seconds
            start_ratios = ratios(seconds[SCRIBE_MOCK.name], seconds[CONNEXION.name])
            goals.append(Goal("start-up / stock Connexion", 0.9, False, start_ratios))
        if self.memory:
            goals += _memory_goals(self.memory)
        if self.sessions:
            many = [run.p99_seconds for run in self.sessions.many]
            few = [run.p99_seconds for run in self.sessions.few]
            figure = f"p99 with {MANY_SESSIONS:,} sessions / with 10"
            goals.append(Goal(figure, 1.2, False, ratios(many, few)))
        goals += [goal for checks in self.checks for goal in checks.goals()]
        if self.fixtures:
            goals += self.fixtures.goals()
        if self.stores:
            goals += self.stores.goals()
        if self.journal:
            goals += self.journal.goals()
        if self.faults:
            goals += self.faults.goals()
        if self.fair:
            goals += self.fair.goals()
        return goals + self.audio.goals()

    def tables(self) -> Iterator[Table]:
        """Yield what there is to show, the goals last."""
        if self.throughput:
            yield _throughput_table(self.throughput, self.contenders)
        if self.startup:
            yield _startup_table(self.startup, self.contenders)
        if self.memory:
            yield _memory_table(self.memory)
        if self.sessions:
            yield _sessions_table(self.sessions)
        for checks in self.checks:
            yield checks.table(self.contenders)
        if self.fixtures:
            yield self.fixtures.table()
        if self.stores:
            yield self.stores.table()
        if self.journal:
            yield self.journal.table()
        if self.faults:
            yield self.faults.table()
        if self.fair:
            yield self.fair.table()
        yield from self.audio.tables()
        for before in self.contenders[len(CONTENDERS) :]:
            yield from _comparison(self, before)
        yield goals_table(self.goals())

    def remarks(self) -> Iterator[str]:
        """Yield notes about these figures: what limited them, what was left out."""
        if self.throughput:
            yield from _bottlenecks(self.throughput, self.contenders)
        yield from self.audio.remarks()


def _bottlenecks(throughput: Throughput, contenders: Sequence[Contender]) -> Iterator[str]:
    for body, by_contender in throughput.runs.items():
        for contender in contenders:
            generator, server = _cpu(by_contender[contender.name])
            if generator > BUSY_GENERATOR and server < IDLE_SERVER:
                label = contender.label
                yield f"wrk, not {label}, was the bottleneck at {body}; its figure is too low."


def _throughput_goals(throughput: Throughput) -> list[Goal]:
    def goal(body: str, other: Contender, bound: float) -> Goal:
        runs = throughput.runs[body]
        mine, theirs = (
            [run.requests_per_second for run in runs[contender.name]]
            for contender in (SCRIBE_MOCK, other)
        )
        return Goal(f"{body} requests/s / {other.label}", bound, True, ratios(mine, theirs))

    return [
        goal("1 KiB", STARLETTE, 0.85),
        goal("64 KiB", CONNEXION, 3.5),
        goal("64 KiB", STARLETTE, 1.0),
        goal("10 MiB", DRAIN, 1.1),
    ]


def _memory_goals(memory: Memory) -> list[Goal]:
    goals = []
    for body, by_contender in memory.footprints.items():
        footprint = by_contender[SCRIBE_MOCK.name]
        grown = footprint.resident_bytes - footprint.idle_bytes
        figure = f"memory / {footprint.stored_bytes // MIB} MiB stored, chunks of {body}"
        goals.append(Goal(figure, 1.1, False, [grown / footprint.stored_bytes]))
    return goals


def _cpu(runs: list[Run]) -> tuple[float, float]:
    return median(run.generator_cpu for run in runs), median(run.server_cpu for run in runs)


def _comparison(figures: Figures, before: Contender) -> Iterator[Table]:
    """The ratios to another build of scribe-mock, if there are any."""
    shown = table(f"This build / {before.label}", "", "median", "range")
    rows: list[tuple[str, list[float]]] = []
    if figures.throughput:
        for body, runs in figures.throughput.runs.items():
            mine, theirs = (
                [run.requests_per_second for run in runs[contender.name]]
                for contender in (SCRIBE_MOCK, before)
            )
            rows.append((f"{body} requests/s", ratios(mine, theirs)))
    if figures.startup:
        seconds = figures.startup.seconds
        rows.append(("start-up", ratios(seconds[SCRIBE_MOCK.name], seconds[before.name])))
    for checks in figures.checks:
        mine, theirs = (checks.seconds[one.name] for one in (SCRIBE_MOCK, before))
        where = "on a slow server" if checks.slow else "on the mock"
        rows.append((f"check {where}, wall time", ratios(mine, theirs)))
    for name, found in rows:
        shown.add_row(name, f"{median(found):.2f}", f"{min(found):.2f} to {max(found):.2f}")
    if rows:
        yield shown


def _throughput_table(throughput: Throughput, contenders: Sequence[Contender]) -> Table:
    caption = "in brackets: % of a CPU used by the server / by wrk"
    labels = [body.label for body in BODIES]
    shown = table("Uploads per second", "", *labels, caption=caption)
    for contender in contenders:
        cells = []
        for label in labels:
            runs = throughput.runs[label][contender.name]
            rate = median(run.requests_per_second for run in runs)
            generator, server = _cpu(runs)
            cells.append(f"{rate:,.0f} ({server * 100:.0f}/{generator * 100:.0f})")
        shown.add_row(contender.label, *cells)
    return shown


def _startup_table(startup: Startup, contenders: Sequence[Contender]) -> Table:
    shown = table("Start-up", "", "to first answer", "idle memory")
    for contender in contenders:
        seconds = median(startup.seconds[contender.name])
        idle = median(startup.idle_bytes[contender.name])
        shown.add_row(contender.label, f"{seconds * 1000:,.0f} ms", f"{idle / MIB:.0f} MiB")
    return shown


def _memory_table(memory: Memory) -> Table:
    columns = [f"in chunks of {body}" for body in memory.footprints]
    shown = table("Resident memory above idle, over bytes stored", "", *columns)
    for contender in CONTENDERS:
        cells = []
        for by_contender in memory.footprints.values():
            print_ = by_contender[contender.name]
            grown = print_.resident_bytes - print_.idle_bytes
            cells.append(f"{grown / MIB:,.0f} / {print_.stored_bytes / MIB:,.0f} MiB")
        shown.add_row(contender.label, *cells)
    return shown


def _sessions_table(sessions: Sessions) -> Table:
    shown = table("64 KiB uploads to scribe-mock", "sessions stored", "p99", "requests/s")
    for count, runs in (("10", sessions.few), (f"{MANY_SESSIONS:,}", sessions.many)):
        p99 = median(run.p99_seconds for run in runs)
        rate = median(run.requests_per_second for run in runs)
        shown.add_row(count, f"{p99 * 1000:.2f} ms", f"{rate:,.0f}")
    return shown
