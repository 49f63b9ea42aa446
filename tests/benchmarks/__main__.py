"""`python -m tests.benchmarks`: measure, print the tables, say which goals are reached.

Exit codes: 0 every goal that was measured is reached, 1 some are not, 2 it could not run.
"""

import argparse
import json
import os
import platform
import signal
import sys
from dataclasses import asdict
from pathlib import Path
from typing import Any

from rich.console import Console

from tests.benchmarks.audio.builds import measure_builds
from tests.benchmarks.audio.figures import AudioFigures
from tests.benchmarks.audio.latency import measure_latency
from tests.benchmarks.audio.memory import measure_audio_memory
from tests.benchmarks.audio.quality import measure_quality
from tests.benchmarks.audio.recordings import require_espeak
from tests.benchmarks.audio.speed import measure_speed
from tests.benchmarks.checks import measure_checks
from tests.benchmarks.fair import measure_fair
from tests.benchmarks.faults import measure_faults
from tests.benchmarks.figures import Figures
from tests.benchmarks.journal import measure_journal
from tests.benchmarks.load import require_wrk
from tests.benchmarks.measurements import (
    Say,
    measure_memory,
    measure_sessions,
    measure_startup,
    measure_throughput,
)
from tests.benchmarks.processes import CONTENDERS, BenchmarkError, OtherWork, build_in
from tests.benchmarks.pytest_fixtures import measure_fixtures
from tests.benchmarks.stores import measure_stores

DISTURBING_SHARE = 0.1
NEED_WRK = ("throughput", "sessions", "stores")
NEED_ESPEAK = ("audio-speed", "audio-quality", "audio-p99", "audio-memory")
SERVING = ("throughput", "startup", "memory", "sessions", "stores", "journal", "faults", "fair")
MEASUREMENTS = (*SERVING, "check", "pytest", *NEED_ESPEAK)
#: Measured only when they are named: a build without overlapping requests takes six minutes a round
#: of the first, and the second needs another build.
ON_DEMAND = ("slow-check", "audio-builds")


def main(arguments: list[str] | None = None) -> int:
    """Run what the options ask for and return the exit code."""
    parser = _parser()
    options = parser.parse_args(arguments)
    if "audio-builds" in options.only and not options.against:
        parser.error("audio-builds compares with another build: add --against DIR")
    signal.signal(signal.SIGTERM, _stop)
    console, progress = Console(width=None if sys.stdout.isatty() else 100), Console(stderr=True)
    machine = _machine()
    console.print("{system}, {cpus} CPUs, Python {python}, load {load_average}".format(**machine))
    try:
        if set(NEED_WRK) & set(options.only):
            require_wrk()
        if {*NEED_ESPEAK, "audio-builds"} & set(options.only):
            require_espeak()
        others = OtherWork()
        figures = _measure(options, progress)
    except BenchmarkError as error:
        progress.print(f"The benchmark could not run: {error}", style="red", markup=False)
        return 2
    except KeyboardInterrupt:
        progress.print("Interrupted; the servers are stopped.")
        return 2
    machine["other_work"] = others.share()
    _print(figures, machine, console)
    if options.json:
        options.json.write_text(json.dumps(_report(figures, machine), indent=2) + "\n")
    return 0 if all(goal.reached for goal in figures.goals()) else 1


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m tests.benchmarks", description=__doc__)
    parser.add_argument("--rounds", type=_positive, default=9, metavar="N", help="ratios per goal")
    parser.add_argument(
        "--seconds", type=_positive, default=1, metavar="S", help="of each run of wrk"
    )
    parser.add_argument(
        "--only",
        type=_names,
        default=MEASUREMENTS,
        metavar="NAME[,NAME]",
        help=", ".join((*MEASUREMENTS, *ON_DEMAND)),
    )
    parser.add_argument(
        "--against", type=_checkout, metavar="DIR", help="compare with the build in this checkout"
    )
    parser.add_argument("--json", type=_file, metavar="FILE", help="write every figure there too")
    return parser


def _positive(text: str) -> int:
    if not text.isdecimal() or int(text) == 0:
        raise argparse.ArgumentTypeError(f"{text!r} is not a whole number above 0")
    return int(text)


def _checkout(text: str) -> Path:
    folder = Path(text).resolve()
    if not (folder / "handlers" / "scribe_mock").is_dir():
        raise argparse.ArgumentTypeError(f"{text} is not a checkout of scribe-mock")
    return folder


def _file(text: str) -> Path:
    if not Path(text).parent.is_dir():
        raise argparse.ArgumentTypeError(f"there is no directory {Path(text).parent}")
    return Path(text)


def _names(text: str) -> tuple[str, ...]:
    names = tuple(name.strip() for name in text.split(","))
    for name in names:
        known = (*MEASUREMENTS, *ON_DEMAND)
        if name not in known:
            raise argparse.ArgumentTypeError(f"{name!r} is not one of {', '.join(known)}")
    return names


def _stop(*_: object) -> None:
    raise KeyboardInterrupt


def _machine() -> dict[str, Any]:
    return {
        "system": platform.platform(terse=True),
        "cpus": os.cpu_count(),
        "python": platform.python_version(),
        "load_average": round(os.getloadavg()[0], 2),
    }


def _measure(options: argparse.Namespace, progress: Console) -> Figures:
    before = [build_in(options.against)] if options.against else []
    contenders = (*CONTENDERS, *before)
    figures = Figures(contenders)
    with progress.status("starting") as status:
        if "throughput" in options.only:
            figures.throughput = measure_throughput(
                contenders, options.rounds, options.seconds, status.update
            )
        if "startup" in options.only:
            figures.startup = measure_startup(contenders, status.update)
        if "memory" in options.only:
            figures.memory = measure_memory(status.update)
        if "sessions" in options.only:
            figures.sessions = measure_sessions(options.rounds, options.seconds, status.update)
        for name in ("check", "slow-check"):
            if name in options.only:
                slow = name == "slow-check"
                found = measure_checks(contenders, options.rounds, status.update, slow=slow)
                figures.checks.append(found)
        if "pytest" in options.only:
            figures.fixtures = measure_fixtures(options.rounds, status.update)
        if "stores" in options.only:
            figures.stores = measure_stores(options.rounds, options.seconds, status.update)
        if "journal" in options.only:
            figures.journal = measure_journal(status.update)
        if "faults" in options.only:
            figures.faults = measure_faults(options.rounds, options.seconds, status.update)
        if "fair" in options.only:
            figures.fair = measure_fair(options.rounds, status.update)
        _measure_audio(options, figures.audio, status.update)
    return figures


def _measure_audio(options: argparse.Namespace, audio: AudioFigures, say: Say) -> None:
    if "audio-speed" in options.only:
        audio.speed = measure_speed(options.rounds, say)
    if "audio-quality" in options.only:
        audio.quality = measure_quality(say)
    if "audio-p99" in options.only:
        audio.latency = measure_latency(options.rounds, say)
    if "audio-memory" in options.only:
        audio.memory = measure_audio_memory(say)
    if "audio-builds" in options.only:
        audio.builds = measure_builds(build_in(options.against), options.rounds, say)


def _print(figures: Figures, machine: dict[str, Any], console: Console) -> None:
    for table in figures.tables():
        console.print(table, "")
    for remark in figures.remarks():
        console.print(f"Note: {remark}", style="yellow")
    if machine["other_work"] > DISTURBING_SHARE:
        busy = f"{machine['other_work'] * 100:.0f} % of a CPU"
        console.print(f"Note: other programs used {busy} meanwhile; trust a quieter run more.")


def _report(figures: Figures, machine: dict[str, Any]) -> dict[str, Any]:
    goals = [
        asdict(goal) | {"value": goal.value, "reached": goal.reached} for goal in figures.goals()
    ]
    measured = {name: value for name, value in asdict(figures).items() if name != "contenders"}
    return {"machine": machine, **measured, "goals": goals}


if __name__ == "__main__":
    sys.exit(main())
