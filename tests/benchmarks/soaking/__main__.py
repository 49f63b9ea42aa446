"""`make soak`: mixed load for ten minutes; the server must answer all, and be as it was before.

Exit codes: 0 all is well, 1 something is broken, 2 it could not run.
"""

import argparse
import sys
import threading
import time
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import cycle
from pathlib import Path
from statistics import mean

import httpx

from tests.benchmarks.processes import BenchmarkError, Contender, Server
from tests.benchmarks.soaking.clients import ROLES, Client

#: By how much memory may be larger in the last third than in the second.
TOLERANCE = 0.03
#: Seconds between two looks at memory; and until descriptors must be back, for those that wait.
LOOK_SECONDS, BACK_SECONDS = 0.5, 60.0
#: Between two things that a client does, in seconds.
PAUSE_SECONDS = 0.02

#: A small journal is full soon, and memory is flat from then on.
_OPTIONS = ["--quiet", "--processing-seconds", "0.1", "--journal-size", "500"]
SOAKED = Contender(
    "scribe_mock",
    "scribe-mock",
    lambda port: [sys.executable, "-m", "scribe_mock", "serve", "--port", str(port), *_OPTIONS],
    "/_mock/health",
)


@dataclass
class Soak:
    """What happened, and how large the server was.

    Args:
        seconds: How long it goes on.
    """

    seconds: float
    requests: int = 0
    repeated: int = 0
    unasked: Counter[str] = field(default_factory=Counter)
    sizes: list[int] = field(default_factory=list)
    descriptors: tuple[int, int] = (0, 0)

    def run(self) -> None:
        """Start a server, load it, and look at it meanwhile and afterwards."""
        with Server(SOAKED) as server:
            url = f"http://127.0.0.1:{server.port}"
            self._warm_up(url)
            before = server.descriptors()
            until = time.monotonic() + self.seconds
            threads = [
                threading.Thread(target=self._play, args=(url, seed, until))
                for seed in range(len(ROLES))
            ]
            for thread in threads:
                thread.start()
            while time.monotonic() < until:
                self.sizes.append(server.family_resident_bytes())
                time.sleep(LOOK_SECONDS)
            for thread in threads:
                thread.join()
            self.descriptors = before, _settled(server, before)
            # Whoever kept it busy, it still answers.
            httpx.get(f"{url}/_mock/health").raise_for_status()

    def _warm_up(self, url: str) -> None:
        """Let everything happen once that happens only once, such as the decoders' start."""
        for seed, acts in enumerate(ROLES):
            client = Client(url, seed)
            for act in acts:
                act(client)
            client.tidy()
            client.close()

    def _play(self, url: str, seed: int, until: float) -> None:
        client = Client(url, seed)
        for act in cycle(ROLES[seed]):
            if time.monotonic() >= until:
                break
            try:
                act(client)
                client.tidy()
            except Exception as error:
                self.unasked[f"{act.__name__}: {type(error).__name__}: {error}"[:300]] += 1
            time.sleep(PAUSE_SECONDS)
        client.close()
        self.requests += client.requests
        self.repeated += client.repeated

    def thirds(self) -> list[float]:
        """Resident memory of the server and its decoders in each third, in MB."""
        size = max(1, len(self.sizes) // 3)
        return [mean(self.sizes[at : at + size]) / 1e6 for at in (0, size, 2 * size)]

    def broken(self, tolerance: float) -> list[str]:
        """What is not as it should be."""
        _, second, last = self.thirds()
        before, after = self.descriptors
        found = [f"not asked for, {count} times: {what}" for what, count in self.unasked.items()]
        if last > second * (1 + tolerance):
            found.append(f"memory grew from {second:.1f} to {last:.1f} MB")
        if after > before:
            found.append(f"{after - before} file descriptors are left open")
        return found


def _settled(server: Server, wanted: int) -> int:
    """The number of file descriptors once connections that ended have been closed."""
    until = time.monotonic() + BACK_SECONDS
    while (count := server.descriptors()) > wanted and time.monotonic() < until:
        time.sleep(LOOK_SECONDS)
    return count


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the soak, print what came of it, and return the exit code."""
    parser = argparse.ArgumentParser(prog="python -m tests.benchmarks.soaking", description=__doc__)
    parser.add_argument("--seconds", type=float, default=600.0, metavar="S")
    parser.add_argument("--tolerance", type=float, default=TOLERANCE, metavar="SHARE")
    options = parser.parse_args(arguments)
    if not Path("/proc/self/fd").exists():
        print("The soak reads /proc, which this system does not have.", file=sys.stderr)
        return 2
    soak = Soak(options.seconds)
    try:
        soak.run()
    except BenchmarkError as error:
        print(error, file=sys.stderr)
        return 2
    thirds = ", ".join(f"{size:.1f}" for size in soak.thirds())
    print(f"{soak.requests} requests in {soak.seconds:.0f} s, {soak.repeated} of them repeated")
    print(f"resident memory in thirds, in MB: {thirds}")
    print("file descriptors before and after: {} {}".format(*soak.descriptors))
    broken = soak.broken(options.tolerance)
    for each in broken:
        print(f"broken: {each}")
    return 1 if broken else 0


if __name__ == "__main__":
    sys.exit(main())
