"""scribe-mock: a mock and contract-testing server for EkaScribe's audio upload endpoint."""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from scribe_mock.app import create_app
    from scribe_mock.settings import Settings
    from scribe_mock.testing.mock_server import MockServer

__version__ = "0.1.0"

__all__ = ["MockServer", "Settings", "__version__", "create_app"]

_HOMES = {"MockServer": "testing.mock_server", "Settings": "settings", "create_app": "app"}


def __getattr__(name: str) -> Any:
    """Import a public name when it is first used: the command line starts without the server."""
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"{__name__}.{_HOMES[name]}"), name)
