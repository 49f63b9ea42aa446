"""A mock server in a thread, for Python tests."""

import threading
from types import TracebackType
from typing import Self

from scribe_mock.app import create_app
from scribe_mock.paths import BASE_PATH
from scribe_mock.server.listening import Server, address_of, listen
from scribe_mock.settings import Settings


class MockServer:
    """A mock on a port of its own, in a thread, for as long as a `with` block lasts.

    >>> with MockServer(Settings(port=0, processing_seconds=0)) as mock:
    ...     mock.url
    'http://127.0.0.1:…'

    Args:
        settings: As for `scribe-mock serve`; without them, a quiet server on a free port.
        validate_responses: Validate answers against the spec too; a wrong one becomes a 500.
    """

    def __init__(
        self, settings: Settings | None = None, *, validate_responses: bool = False
    ) -> None:
        self._settings = settings or Settings(port=0, quiet=True)
        self._validate_responses = validate_responses
        #: `http://host:port`, without a slash at the end.
        self.url = ""

    @property
    def base_url(self) -> str:
        """The base of the session API: `http://host:port/voice/v1`."""
        return f"{self.url}{BASE_PATH}"

    def __enter__(self) -> Self:
        app = create_app(self._settings, validate_responses=self._validate_responses)
        self._listener = listen(self._settings.host, self._settings.port)
        self.url = address_of(self._listener)
        self._server = Server(app)
        self._thread = threading.Thread(
            target=self._server.run, args=([self._listener],), name="scribe-mock", daemon=True
        )
        self._thread.start()
        while not self._server.ready.wait(0.05):
            if not self._thread.is_alive():
                self._listener.close()
                raise RuntimeError("The mock server did not start; the log says why.")
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._server.should_exit = True
        self._thread.join()
        self._listener.close()
