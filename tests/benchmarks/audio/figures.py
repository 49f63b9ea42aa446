"""What the measurements of audio add up to, and how that is shown."""

from collections.abc import Iterator
from dataclasses import dataclass
from statistics import median

from rich.table import Table

from tests.benchmarks.audio.builds import Builds, Work
from tests.benchmarks.audio.client import Cut
from tests.benchmarks.audio.latency import Latency
from tests.benchmarks.audio.memory import AudioMemory
from tests.benchmarks.audio.quality import CLEAN_DB, REAL, Coverage, Quality
from tests.benchmarks.audio.speed import SECONDS, Speed
from tests.benchmarks.tables import Goal, ratios, table

MB = 1_000_000


@dataclass
class AudioFigures:
    """Everything that was measured of audio; what was not asked for is None."""

    speed: Speed | None = None
    quality: Quality | None = None
    latency: Latency | None = None
    memory: AudioMemory | None = None
    builds: Builds | None = None

    def goals(self) -> list[Goal]:
        """Return the goals that the measurements at hand decide."""
        goals: list[Goal] = []
        if self.speed:
            goals += _speed_goals(self.speed)
        if self.quality:
            goals += _quality_goals(self.quality)
        if self.latency:
            busy, idle = self.latency.cutting, self.latency.idle
            rounds = ratios((run.p99_seconds for run in busy), (run.p99_seconds for run in idle))
            goals.append(Goal("p99 of 64 KiB while cutting 10 min / idle", 2, False, rounds))
        if self.memory:
            grown = self.memory.cold.grown_bytes / MB
            figure = f"MB more for {self.memory.upload_bytes / MB:.1f} MB of an hour"
            goals.append(Goal(figure, 300, False, [grown], digits=0))
        if self.builds:
            goals += _builds_goals(self.builds)
        return goals

    def tables(self) -> Iterator[Table]:
        """Yield what there is to show."""
        if self.speed:
            yield _speed_table(self.speed)
        if self.quality:
            yield _coverage_table(self.quality)
            yield _likeness_table(self.quality)
        if self.latency:
            yield _latency_table(self.latency)
        if self.memory:
            yield _memory_table(self.memory)
        if self.builds:
            yield _builds_table(self.builds)

    def remarks(self) -> Iterator[str]:
        """Yield what was left out, and why."""
        if self.speed and not self.speed.pydub_seconds:
            yield "pydub needs ffmpeg, which is not installed; the comparison with it is left out."
        if self.quality and all(each.speaker != REAL for each in self.quality.coverages):
            yield "../shared/audio/jfk.wav is not there; the recording of a real voice is left out."


def _speed_goals(speed: Speed) -> list[Goal]:
    mine = [cut.seconds for cut in speed.all_cores]
    goals = []
    if speed.pydub_seconds:
        rounds = ratios(speed.pydub_seconds, mine[: len(speed.pydub_seconds)])
        goals.append(Goal("10 min single upload, pydub / scribe-mock", 8, True, rounds, 1))
    times = [SECONDS / seconds for seconds in mine]
    return [*goals, Goal("10 min single upload, times real time", 600, True, times, digits=0)]


def _builds_goals(builds: Builds) -> list[Goal]:
    """Return wall and processor time against the build before; the latter is less disturbed."""
    now, before = builds.now, builds.before
    goals = []
    for kind in ("seconds", "cpu_seconds"):
        what = "wall" if kind == "seconds" else "processor"
        single = ratios(_values(before.single, kind), _values(now.single, kind))
        examined = ratios(_values(now.examination, kind), _values(before.examination, kind))
        goals.append(Goal(f"10 min single upload, {what} time, before / now", 1.25, True, single))
        goals.append(Goal(f"examining chunks, {what} time, now / before", 1.1, False, examined))
    return goals


def _values(cuts: list[Cut], kind: str) -> list[float]:
    return [float(getattr(cut, kind)) for cut in cuts]


def _quality_goals(quality: Quality) -> list[Goal]:
    clean = quality.clean
    covered = 100 * min(each.covered for each in clean)
    inside = 100 * sum(each.edges_inside for each in clean) / sum(each.edges for each in clean)
    return [
        Goal(f"% of speech covered, {CLEAN_DB} dB, worst case", 99, True, [covered]),
        Goal(f"% of boundaries inside speech, {CLEAN_DB} dB", 2, False, [inside]),
        Goal(
            "loudness correlation of the worst chunk",
            0.97,
            True,
            [min(quality.likeness.values())],
            4,
        ),
    ]


def _speed_table(speed: Speed) -> Table:
    caption = "an upload over HTTP, request to answer"
    if speed.pydub_seconds:
        caption += "; pydub exports M4A, at the same low priority"
    columns = ("seconds", "times real time", "processor seconds")
    shown = table("10 minutes of WebM Opus", "", *columns, caption=caption)
    for label, cuts in (
        ("scribe-mock, all cores", speed.all_cores),
        ("scribe-mock, bound to one core", speed.one_core),
        ("scribe-mock, first upload of all", [speed.cold]),
    ):
        shown.add_row(label, *_speed_cells(cuts))
    if speed.pydub_seconds:
        seconds = median(speed.pydub_seconds)
        shown.add_row("pydub", f"{seconds:.2f}", f"{SECONDS / seconds:,.0f}", "")
    return shown


def _speed_cells(cuts: list[Cut]) -> list[str]:
    seconds = median(cut.seconds for cut in cuts)
    used = median(cut.cpu_seconds for cut in cuts)
    return [f"{seconds:.2f}", f"{SECONDS / seconds:,.0f}", f"{used:.2f}"]


def _coverage_table(quality: Quality) -> Table:
    caption = "the least covered recording of each row; boundaries and chunks of all its recordings"
    columns = ("covered", "boundaries inside", "chunks", "shortest, median, longest")
    shown = table(
        "Labelled speech in chunks", "voice, speech over noise", *columns, caption=caption
    )
    rows = dict.fromkeys((each.speaker, each.snr_db) for each in quality.coverages)
    for speaker, snr_db in rows:
        row = [
            each for each in quality.coverages if (each.speaker, each.snr_db) == (speaker, snr_db)
        ]
        shown.add_row(f"{speaker}, {snr_db} dB", *_coverage_cells(row))
    return shown


def _coverage_cells(row: list[Coverage]) -> list[str]:
    covered = min(each.covered for each in row)
    inside, edges = sum(each.edges_inside for each in row), sum(each.edges for each in row)
    lengths = [seconds for each in row for seconds in each.chunk_seconds]
    span = f"{min(lengths):.1f}, {median(lengths):.1f}, {max(lengths):.1f} s"
    return [f"{covered:.2%}", f"{inside} of {edges}", f"{len(lengths)}", span]


def _likeness_table(quality: Quality) -> Table:
    title = "Loudness envelope of a chunk against the original"
    shown = table(title, "format", "correlation, least chunk")
    for content_type, correlation in quality.likeness.items():
        shown.add_row(content_type, f"{correlation:.4f}")
    return shown


def _latency_table(latency: Latency) -> Table:
    caption = f"{latency.cuts} recordings of 10 minutes were cut meanwhile"
    title = "64 KiB uploads, one after the other"
    shown = table(title, "", "median", "p99", caption=caption)
    for label, runs in (("idle", latency.idle), ("while cutting", latency.cutting)):
        p50 = median(run.p50_seconds for run in runs)
        p99 = median(run.p99_seconds for run in runs)
        shown.add_row(label, f"{p50 * 1000:.2f} ms", f"{p99 * 1000:.2f} ms")
    return shown


def _memory_table(memory: AudioMemory) -> Table:
    title = f"A WebM of an hour and {memory.upload_bytes / MB:.1f} MB in one upload"
    caption = (
        "resident memory of the server and its decoding processes; the goal is the first row's"
    )
    columns = ("before", "at the peak", "more", "seconds")
    shown = table(title, "", *columns, caption=caption)
    for label, peak in (("nothing decoded before", memory.cold), ("decoded before", memory.warm)):
        sizes = (peak.before_bytes, peak.peak_bytes, peak.grown_bytes)
        cells = [f"{size / MB:,.0f} MB" for size in sizes]
        shown.add_row(label, *cells, f"{peak.upload.seconds:.1f}")
    return shown


def _builds_table(builds: Builds) -> Table:
    columns = ("single, s", "single, processor s", "examining, s", "examining, processor s")
    shown = table("Both builds in turn", "", *columns, caption="medians")
    for label, work in (("this one", builds.now), ("the one before", builds.before)):
        shown.add_row(label, *_work_cells(work))
    return shown


def _work_cells(work: Work) -> list[str]:
    cells = []
    for cuts in (work.single, work.examination):
        cells.append(f"{median(cut.seconds for cut in cuts):.2f}")
        cells.append(f"{median(cut.cpu_seconds for cut in cuts):.2f}")
    return cells
