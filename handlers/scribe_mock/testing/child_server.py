"""A mock in a process of its own, for the pytest fixtures.

What a test does to its own process (a patched clock or socket, warnings as errors, a busy
interpreter) does not reach the mock there, and it starts in less time than in a thread.
"""

import json
import pickle
import subprocess
import sys
import threading
from contextlib import suppress
from dataclasses import replace
from typing import Self

from scribe_mock.errors import StartError
from scribe_mock.settings import Settings

#: What a server that stops gets for requests that still go on.
_GRACE_SECONDS = 5.0


class ChildServer:
    """A mock on a free port, for as long as a `with` block lasts, or this process.

    Args:
        settings: As for `scribe-mock serve`, but for the port.
    """

    def __init__(self, settings: Settings) -> None:
        self._settings = replace(settings, port=0)
        #: `http://host:port`, without a slash at the end.
        self.url = ""

    def __enter__(self) -> Self:
        # -P: a file of the tests' folder can't stand in for a module. A session of its own: Ctrl-C
        # stops the tests first.
        self._process = subprocess.Popen(
            [sys.executable, "-P", "-m", __name__],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            start_new_session=True,
        )
        with suppress(BrokenPipeError):
            self._write(pickle.dumps(self._settings))
        told = json.loads(self._read() or b'{"error": "its process ended; see above."}')
        if "error" in told:
            self._end()
            raise StartError(f"The mock server did not start: {told['error']}")
        self.url = told["url"]
        return self

    def __exit__(self, *_: object) -> None:
        self._end()

    def _write(self, data: bytes) -> None:
        assert self._process.stdin is not None
        self._process.stdin.write(data)
        self._process.stdin.flush()

    def _read(self) -> bytes:
        assert self._process.stdout is not None
        return self._process.stdout.readline()

    def _end(self) -> None:
        """Close the process's input: then it stops by itself."""
        for pipe in (self._process.stdin, self._process.stdout):
            assert pipe is not None
            with suppress(BrokenPipeError):
                pipe.close()
        try:
            self._process.wait(_GRACE_SECONDS)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()


def main() -> int:
    """Serve with the settings on the standard input, until that ends."""
    from scribe_mock.quick_start import quick_start

    settings = pickle.load(sys.stdin.buffer)
    try:
        with quick_start():
            from scribe_mock.app import create_app
            from scribe_mock.server.listening import Server, address_of, listen

            server = Server(create_app(settings), max_connections=settings.max_connections)
        with listen(settings.host, settings.port) as listener:

            def attend() -> None:
                server.ready.wait()
                _tell(url=address_of(listener))
                sys.stdin.buffer.read()
                server.should_exit = True

            threading.Thread(target=attend, daemon=True).start()
            server.run([listener])
        return 0
    except StartError as error:
        _tell(error=str(error))
        return error.exit_code


def _tell(**fact: str) -> None:
    """Write one line for the process that started this one."""
    sys.stdout.write(f"{json.dumps(fact)}\n")
    sys.stdout.flush()


if __name__ == "__main__":
    sys.exit(main())
