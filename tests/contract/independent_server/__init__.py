"""A small server of the contract, written from its text and sharing no code with the mock.

Everything that a server may do wrong is a method or an attribute of `Server`, so that a faulty
server is a subclass that overrides one of them.
"""

from tests.contract.independent_server.audio_types import TYPES
from tests.contract.independent_server.call import Call
from tests.contract.independent_server.refusal import Refusal
from tests.contract.independent_server.running import Running
from tests.contract.independent_server.server import Server
from tests.contract.independent_server.session import Session

__all__ = ["TYPES", "Call", "Refusal", "Running", "Server", "Session"]
