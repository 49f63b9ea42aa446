"""scribe-mock: a mock and contract-testing server for EkaScribe's audio upload endpoint."""

__version__ = "0.1.0"

from scribe_mock.app import create_app
from scribe_mock.server import MockServer
from scribe_mock.settings import Settings

__all__ = ["MockServer", "Settings", "__version__", "create_app"]
