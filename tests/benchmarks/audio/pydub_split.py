"""What is compared with: a recording split at its silences by pydub, and exported as M4A.

Run as a program of its own: reads WebM from standard input, prints the seconds that it took.
"""

import io
import os
import sys
import time

from pydub import AudioSegment
from pydub.silence import split_on_silence

MIN_SILENCE_MS, KEPT_SILENCE_MS, BELOW_MEAN_DB = 500, 250, 16


def main() -> None:
    """Split and export at the priority that was asked for, and print how long it took."""
    os.nice(int(sys.argv[1]))
    data = sys.stdin.buffer.read()
    began = time.perf_counter()
    sound = AudioSegment.from_file(io.BytesIO(data), "webm")
    threshold = sound.dBFS - BELOW_MEAN_DB
    for part in split_on_silence(sound, MIN_SILENCE_MS, threshold, keep_silence=KEPT_SILENCE_MS):
        part.export(io.BytesIO(), "ipod")
    print(time.perf_counter() - began)


if __name__ == "__main__":
    main()
