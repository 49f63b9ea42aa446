"""All operations of `openapi.yaml`."""

from scribe_mock.api.audio import AudioOperations
from scribe_mock.api.discovery import DiscoveryOperations
from scribe_mock.api.login import LoginOperations
from scribe_mock.api.sessions import SessionOperations


class Operations(AudioOperations, SessionOperations, DiscoveryOperations, LoginOperations):
    """One async method for each operationId of `openapi.yaml`, in snake case."""
