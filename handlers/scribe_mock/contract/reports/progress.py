"""How far a run is, where no terminal shows a bar."""

import threading
import time
from typing import TextIO

#: Seconds between two lines.
EVERY = 10.0


class Ticker:
    """Prints a line every few seconds, from a thread of its own: a rule can take long.

    Args:
        stream: The output.
        every: Seconds between two lines.
    """

    def __init__(self, stream: TextIO, every: float = EVERY) -> None:
        self._stream = stream
        self._every = every
        self._total = self._tried = 0
        self._began = time.monotonic()
        self._stopped = threading.Event()
        self._thread = threading.Thread(target=self._tick, daemon=True)

    def start(self, total: int) -> None:
        """Begin; `total` is how many rules will be tried."""
        self._total = total
        self._thread.start()

    def advance(self) -> None:
        """Count one more rule."""
        self._tried += 1

    def stop(self) -> None:
        """Print no more; may be called again."""
        self._stopped.set()
        if self._thread.is_alive():
            self._thread.join()

    def _tick(self) -> None:
        while not self._stopped.wait(self._every):
            seconds = time.monotonic() - self._began
            try:
                self._stream.write(
                    f"scribe-mock: {self._tried} of {self._total} rules after {seconds:.0f} s\n"
                )
                self._stream.flush()
            except (OSError, ValueError):  # nobody reads it any more
                return
