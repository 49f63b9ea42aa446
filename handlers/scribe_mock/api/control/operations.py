"""All operations of `control.yaml`."""

from scribe_mock.api.control.examinations import ExaminationControl
from scribe_mock.api.control.faults import FaultControl
from scribe_mock.api.control.held import HeldControl
from scribe_mock.api.control.journal import JournalControl
from scribe_mock.api.control.ledger import LedgerControl
from scribe_mock.api.control.references import ReferenceControl
from scribe_mock.api.control.server import ServerControl
from scribe_mock.api.control.sessions import SessionControl
from scribe_mock.api.control.watching import WatchingControl


class Control(
    ServerControl,
    SessionControl,
    WatchingControl,
    FaultControl,
    HeldControl,
    JournalControl,
    ExaminationControl,
    LedgerControl,
    ReferenceControl,
):
    """One async method for each operationId of `control.yaml`, in snake case."""
