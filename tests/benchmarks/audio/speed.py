"""How long a single upload of ten minutes takes, and how long pydub takes for the same."""

import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass

from tests.benchmarks.audio.client import Cut, cut
from tests.benchmarks.audio.recordings import ten_minutes
from tests.benchmarks.measurements import Say
from tests.benchmarks.processes import ROOT, SCRIBE_MOCK, BenchmarkError, Server

SECONDS = 600
PYDUB_ROUNDS = 3
LOW_PRIORITY = "19"  # that of the server's decoding processes: others then disturb both alike


@dataclass(frozen=True)
class Speed:
    """The first upload to a server, then those of every round; pydub's rounds are fewer."""

    cold: Cut
    all_cores: list[Cut]
    one_core: list[Cut]
    pydub_seconds: list[float]


def measure_speed(rounds: int, say: Say) -> Speed:
    """Upload to a server on all cores, then to one on one core, and run pydub in between."""
    say("audio-speed: making ten minutes of speech")
    data = ten_minutes()
    all_cores, one_core, pydub_seconds = [], [], []
    with ExitStack() as stack:
        free = stack.enter_context(Server(SCRIBE_MOCK))
        with _one_core():
            bound = stack.enter_context(Server(SCRIBE_MOCK))
        say("audio-speed: first uploads")
        cold = cut(free, data)
        cut(bound, data)
        for turn in range(rounds):
            say(f"audio-speed: round {turn + 1} of {rounds}, scribe-mock")
            all_cores.append(cut(free, data))
            one_core.append(cut(bound, data))
            if turn < PYDUB_ROUNDS and has_ffmpeg():
                say(f"audio-speed: round {turn + 1} of {rounds}, pydub")
                pydub_seconds.append(_pydub_seconds(data))
    return Speed(cold, all_cores, one_core, pydub_seconds)


def has_ffmpeg() -> bool:
    """Whether pydub can work here."""
    return shutil.which("ffmpeg") is not None


@contextmanager
def _one_core() -> Iterator[None]:
    """Bind to one core what is started meanwhile."""
    cores = os.sched_getaffinity(0)
    os.sched_setaffinity(0, {max(cores)})
    try:
        yield
    finally:
        os.sched_setaffinity(0, cores)


def _pydub_seconds(data: bytes) -> float:
    command = [sys.executable, "-m", f"{__package__}.pydub_split", LOW_PRIORITY]
    run = subprocess.run(command, cwd=ROOT, input=data, capture_output=True, check=False)
    if run.returncode:
        raise BenchmarkError(f"pydub failed: {run.stderr.decode(errors='replace')[-500:]}")
    return float(run.stdout)
