"""Two builds with the same recordings in turn: a single upload, and the examination of chunks."""

from contextlib import ExitStack
from dataclasses import dataclass, field

import numpy as np

from tests.benchmarks.audio import client
from tests.benchmarks.audio.client import WEBM, Cut
from tests.benchmarks.audio.encoding import encode
from tests.benchmarks.audio.recordings import labelled, ten_minutes
from tests.benchmarks.measurements import Say
from tests.benchmarks.processes import SCRIBE_MOCK, Contender, Server

CHUNKS, CHUNK_SECONDS = 12, 10


@dataclass
class Work:
    """What one build took in each round."""

    single: list[Cut] = field(default_factory=list)
    examination: list[Cut] = field(default_factory=list)


@dataclass(frozen=True)
class Builds:
    """This build and the one before, measured in the same rounds."""

    now: Work
    before: Work


def measure_builds(before: Contender, rounds: int, say: Say) -> Builds:
    """Let both builds cut ten minutes, and look at some chunks, alternately first and second."""
    say("audio-builds: making speech")
    recording, pieces = ten_minutes(), _pieces()
    works = [(SCRIBE_MOCK, Work()), (before, Work())]
    with ExitStack() as stack:
        pairs = [(stack.enter_context(Server(build)), work) for build, work in works]
        for server, _ in pairs:
            _measure(server, Work(), recording, pieces)
        for turn in range(rounds):
            say(f"audio-builds: round {turn + 1} of {rounds}")
            for server, work in pairs[:: 1 if turn % 2 else -1]:
                _measure(server, work, recording, pieces)
    return Builds(works[0][1], works[1][1])


def _pieces() -> list[bytes]:
    samples = labelled(CHUNKS * CHUNK_SECONDS, seed=2).samples
    return [encode(piece) for piece in np.split(samples, CHUNKS)]


def _measure(server: Server, work: Work, recording: bytes, pieces: list[bytes]) -> None:
    work.single.append(client.cut(server, recording))
    work.examination.append(_examine(server, pieces))


def _examine(server: Server, pieces: list[bytes]) -> Cut:
    """Upload chunks, and ask for their diagnoses: until then, all but few are not looked at."""
    with client.connected(server) as connection:
        session = client.create(connection, "chunked")
        for number, piece in enumerate(pieces):
            client.send(connection, session, f"audio_{number}.webm", WEBM, piece)
        taken = client.timed(server, lambda: client.settle(connection, session))
        client.delete(connection, session)
    return taken
