"""All operations of `openapi.yaml`."""

from scribe_mock.api.audio import AudioOperations
from scribe_mock.api.discovery import DiscoveryOperations
from scribe_mock.api.documents import DocumentOperations
from scribe_mock.api.login import LoginOperations
from scribe_mock.api.recordings import RecordingOperations
from scribe_mock.api.records import RecordOperations
from scribe_mock.api.sessions import SessionOperations
from scribe_mock.api.templates import TemplateOperations
from scribe_mock.api.transcripts import TranscriptOperations
from scribe_mock.api.webhooks import WebhookOperations


class Operations(
    AudioOperations,
    SessionOperations,
    RecordingOperations,
    RecordOperations,
    TranscriptOperations,
    TemplateOperations,
    DocumentOperations,
    WebhookOperations,
    DiscoveryOperations,
    LoginOperations,
):
    """One async method for each operationId of `openapi.yaml`, in snake case."""
