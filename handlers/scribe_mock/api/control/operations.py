"""All operations of `control.yaml`."""

from scribe_mock.api.control.journal import JournalControl
from scribe_mock.api.control.server import ServerControl
from scribe_mock.api.control.sessions import SessionControl
from scribe_mock.api.control.watching import WatchingControl


class Control(ServerControl, SessionControl, WatchingControl, JournalControl):
    """One async method for each operationId of `control.yaml`, in snake case."""
