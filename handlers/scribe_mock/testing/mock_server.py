"""A mock server in a thread, for Python tests."""

import threading
from typing import Self

from scribe_mock.app import create_app
from scribe_mock.errors import SettingsError
from scribe_mock.server.listening import Server, address_of, listen
from scribe_mock.settings import Settings
from scribe_mock.testing.control_client import ControlClient
from scribe_mock.testing.scope import Scope
from scribe_mock.testing.steering import Steering


class MockServer(Steering):
    """A mock on a port of its own, in a thread, for as long as a `with` block lasts.

    Its own calls (`fail`, `clock`, `requests`, `reset` and so on) are for everything on this
    server, whatever the token; `scope()` has the same calls for one token alone.

    >>> with MockServer(Settings(port=0, processing_seconds=0)) as mock:
    ...     mock.url
    'http://127.0.0.1:…'

    Args:
        settings: As for `scribe-mock serve`; without them, a quiet server on a free port.
        validate_responses: Validate answers against the spec too; a wrong one becomes a 500.

    Raises:
        SettingsError: the settings ask for https, or for several processes.
    """

    def __init__(
        self, settings: Settings | None = None, *, validate_responses: bool = False
    ) -> None:
        self._settings = settings or Settings(port=0, quiet=True)
        if self._settings.workers > 1 or self._settings.certfile or self._settings.self_signed:
            raise SettingsError(
                "MockServer serves http in one process: leave workers, certfile, keyfile and "
                "self_signed out, or start the command `scribe-mock serve` with them."
            )
        self._validate_responses = validate_responses
        self._at("")

    def scope(self, token: str | None = None) -> Scope:
        """The same calls for one bearer token alone; without one, a new one."""
        return Scope(self.url, token, client=self._client)

    def _at(self, url: str) -> None:
        """Send the calls to the server at this address."""
        access = self._settings.token[0] if self._settings.token else None
        self._steer(ControlClient(url), url, token=None, access=access)

    def __enter__(self) -> Self:
        app = create_app(self._settings, validate_responses=self._validate_responses)
        self._listener = listen(self._settings.host, self._settings.port)
        self._at(address_of(self._listener))
        self._server = Server(app, max_connections=self._settings.max_connections)
        self._thread = threading.Thread(
            target=self._server.run, args=([self._listener],), name="scribe-mock", daemon=True
        )
        self._thread.start()
        while not self._server.ready.wait(0.05):
            if not self._thread.is_alive():
                self._listener.close()
                raise RuntimeError("The mock server did not start; the log says why.")
        return self

    def __exit__(self, *_: object) -> None:
        self._client.close()
        self._server.should_exit = True
        self._thread.join()
        self._listener.close()
