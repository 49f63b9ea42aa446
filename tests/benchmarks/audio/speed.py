"""Ten minutes of WebM Opus against pydub's silence split, and against real time.

    python -m tests.benchmarks.audio.speed

pydub needs an ffmpeg on the path; without one it is left out.
"""

import io
import shutil
import time

from tests.benchmarks.audio.recordings import ten_minutes

from scribe_mock.audio import kinds
from scribe_mock.audio.split import split
from scribe_mock.audio.workers import AudioWorkers


def timed(call, times):
    took = []
    for _ in range(times):
        began = time.perf_counter()
        call()
        took.append(time.perf_counter() - began)
    return sorted(took)


def by_pydub(data):
    from pydub import AudioSegment
    from pydub.silence import split_on_silence

    sound = AudioSegment.from_file(io.BytesIO(data), "webm")
    for part in split_on_silence(sound, 500, sound.dBFS - 16, keep_silence=250):
        part.export(io.BytesIO(), "ipod")


def main():
    data = ten_minutes()
    one = timed(lambda: split(data, kinds.WEBM), 5)
    with AudioWorkers() as workers:
        workers.split(data, kinds.WEBM)
        both = timed(lambda: workers.split(data, kinds.WEBM), 9)
    for name, took in (("one process", one), ("all workers", both)):
        best, middle = took[0], took[len(took) // 2]
        print(f"{name}: best {best:.2f} s, median {middle:.2f} s, {600 / middle:.0f} x real time")
    if shutil.which("ffmpeg"):
        pydub = timed(lambda: by_pydub(data), 1)[0]
        print(f"pydub: {pydub:.1f} s, {pydub / both[4]:.0f} times as long")


if __name__ == "__main__":
    main()
