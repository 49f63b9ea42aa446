"""The discovery document: what a server can do (CONTRACT.md, "Discovery")."""

from typing import Any

from starlette.requests import Request

from scribe_mock.api.addresses import base_url
from scribe_mock.api.answers import JsonAnswer
from scribe_mock.api.services import OperationGroup
from scribe_mock.audio.limits import MAX_CHUNK_SECONDS
from scribe_mock.audio.media_types import SUPPORTED_TYPES
from scribe_mock.paths import BASE_PATH, TEMPLATES_PATH, WEBHOOKS_PATH
from scribe_mock.sessions.session import UploadType

#: How long a client may cache the discovery document, in seconds.
MAX_AGE = 10800

#: Models, with the longest session of each in seconds.
_MODELS = {"lite": ("EkaScribe Lite", 600, "fast"), "pro": ("EkaScribe Pro", 3600, "standard")}

#: ISO 639-1 codes.
_LANGUAGES = ["en", "hi", "bn", "gu", "kn", "ml", "mr", "pa", "ta", "te"]


class DiscoveryOperations(OperationGroup):
    """The operations with the tag Discovery."""

    async def get_discovery(self, request: Request) -> JsonAnswer:
        """Answer with the discovery document."""
        headers = {"Cache-Control": f"public, max-age={MAX_AGE}"}
        return JsonAnswer(discovery(base_url(request, self._services.settings)), headers=headers)


def discovery(address: str) -> dict[str, Any]:
    """The discovery document of a server at this address, `http://host:port`."""
    base = f"{address}{BASE_PATH}"
    return {
        "protocol": "medscribealliance",
        "protocol_version": "0.1",
        "supported_versions": ["0.1"],
        "service": {
            "name": "scribe-mock",
            "documentation_url": f"{address}/docs",
            "support_email": "support@example.org",
        },
        "endpoints": {
            "base_url": base,
            "webhooks_url": f"{address}{WEBHOOKS_PATH}",
            "templates_url": f"{address}{TEMPLATES_PATH}",
        },
        "authentication": {"supported_methods": ["bearer"], "oidc": None},
        "capabilities": {
            "audio_formats": list(SUPPORTED_TYPES),
            "max_chunk_duration_seconds": MAX_CHUNK_SECONDS,
            "upload_methods": [kind.value for kind in UploadType],
            "webhook_delivery": True,
            "client_sdk_delivery": True,
        },
        "models": [_model(name) for name in _MODELS],
        "languages": {"supported": _LANGUAGES, "auto_detection": True},
    }


def _model(name: str) -> dict[str, Any]:
    display_name, seconds, speed = _MODELS[name]
    return {
        "id": name,
        "display_name": display_name,
        "languages": _LANGUAGES,
        "max_session_duration_seconds": seconds,
        "response_speed": speed,
        "features": {
            "realtime_transcription": False,
            "speaker_diarization": False,
            "custom_templates": True,
        },
    }
