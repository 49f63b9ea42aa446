"""Resident memory of server and workers together while a 10 MB WebM of an hour is cut.

python -m tests.benchmarks.audio.memory
"""

import os
import threading
import time
from dataclasses import replace
from pathlib import Path

import numpy as np
from tests.benchmarks.audio.recordings import encode, labelled

from scribe_mock.audio import kinds
from scribe_mock.audio.container import open_track
from scribe_mock.audio.limits import Budget, Limits
from scribe_mock.audio.track import pack
from scribe_mock.audio.webm import cut_webm
from scribe_mock.audio.workers import AudioWorkers


def an_hour():
    """Return an hour of WebM: one minute encoded, its packets repeated sixty times."""
    data = encode(labelled(60, 4)[0], bit_rate=20_600)
    track = open_track(data, kinds.WEBM, Budget(Limits()))
    payload, bounds = pack(track.packets(0, 3000) * 60)
    counts = np.full(3000 * 60, 960)
    long = replace(track, payload=payload, bounds=bounds, counts=counts, keep=None)
    return cut_webm(long, track.skip, 3000 * 60 * 960)


def resident(pid):
    """Return the private and shared pages of a process and its children, in MB."""
    total = 0
    for entry in [p for p in Path("/proc").iterdir() if p.name.isdigit()]:
        try:
            stat = (entry / "stat").read_text().rsplit(")", 1)[1].split()
            if int(entry.name) == pid or int(stat[1]) == pid:
                total += int((entry / "statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE")
        except (FileNotFoundError, ProcessLookupError, IndexError):
            continue
    return total / 1e6


def main():
    data = an_hour()
    peak, done = 0.0, threading.Event()

    def watch():
        nonlocal peak
        while not done.wait(0.02):
            peak = max(peak, resident(os.getpid()))

    for started_before in (False, True):
        with AudioWorkers() as workers:
            if started_before:
                workers.start()
                time.sleep(2)
            before, peak = resident(os.getpid()), 0.0
            done.clear()
            thread = threading.Thread(target=watch)
            thread.start()
            began = time.perf_counter()
            pieces = workers.split(data, kinds.WEBM)
            took = time.perf_counter() - began
            done.set()
            thread.join()
        state = "workers running" if started_before else "workers not yet started"
        print(
            f"{len(data) / 1e6:.1f} MB, {pieces[-1].end_s / 60:.1f} min: {len(pieces)} chunks in "
            f"{took:.1f} s; memory {before:.0f} MB, at most {peak:.0f} MB: "
            f"up by {peak - before:.0f} MB ({state})"
        )


if __name__ == "__main__":
    main()
