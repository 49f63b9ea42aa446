"""What a single upload of an hour costs in memory, in the server and its decoding processes."""

import threading
from dataclasses import dataclass
from typing import Self

from tests.benchmarks.audio.client import Cut, cut
from tests.benchmarks.audio.encoding import encode, encode_repeated
from tests.benchmarks.audio.recordings import labelled
from tests.benchmarks.measurements import Say
from tests.benchmarks.processes import SCRIBE_MOCK, Server

MINUTES = 60
BIT_RATE = 20_600  # about 10 MB an hour
BRIEF_SECONDS = 90  # enough to set all decoding processes to work
SAMPLE_SECONDS = 0.02


@dataclass(frozen=True)
class Peak:
    """Resident bytes before an upload and at the highest while it was answered."""

    before_bytes: int
    peak_bytes: int
    upload: Cut

    @property
    def grown_bytes(self) -> int:
        """How much it went up."""
        return self.peak_bytes - self.before_bytes


@dataclass(frozen=True)
class AudioMemory:
    """One upload to a server that never decoded, and one where decoding processes run already."""

    upload_bytes: int
    cold: Peak
    warm: Peak


class _Watch:
    """The most memory that a server and its children have, until the context is left."""

    def __init__(self, server: Server) -> None:
        self._server = server
        self._done = threading.Event()
        self._thread = threading.Thread(target=self._run, daemon=True)
        self.before = self.peak = server.family_resident_bytes()

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._done.set()
        self._thread.join()

    def _run(self) -> None:
        while not self._done.wait(SAMPLE_SECONDS):
            self.peak = max(self.peak, self._server.family_resident_bytes())


def measure_audio_memory(say: Say) -> AudioMemory:
    """Upload an hour to a fresh server, then to one that has decoded something before."""
    say("audio-memory: making an hour of speech")
    data = encode_repeated(labelled(60, 4).samples, MINUTES, BIT_RATE)
    say("audio-memory: an hour to a fresh server")
    with Server(SCRIBE_MOCK) as server:
        cold = _peak(server, data)
    say("audio-memory: an hour to a server that decoded before")
    with Server(SCRIBE_MOCK) as server:
        cut(server, encode(labelled(BRIEF_SECONDS).samples))
        warm = _peak(server, data)
    return AudioMemory(len(data), cold, warm)


def _peak(server: Server, data: bytes) -> Peak:
    with _Watch(server) as watch:
        upload = cut(server, data, settled=False)
    return Peak(watch.before, watch.peak, upload)
