"""What the server says of itself (protocol.md, "Discovery")."""

from typing import Any

from scribe_mock.audio.formats import MAX_CHUNK_SECONDS, SUPPORTED_TYPES
from scribe_mock.sessions import UploadType

#: Seconds that a client may keep the discovery document.
MAX_AGE = 10800

#: Models, with the longest session of each in seconds.
_MODELS = {"lite": ("EkaScribe Lite", 600, "fast"), "pro": ("EkaScribe Pro", 3600, "standard")}

#: ISO 639-1 codes.
_LANGUAGES = ["en", "hi", "bn", "gu", "kn", "ml", "mr", "pa", "ta", "te"]


def discovery(base_url: str) -> dict[str, Any]:
    """The discovery document of a server at this address."""
    base = f"{base_url}/voice/v1"
    return {
        "protocol": "medscribealliance",
        "protocol_version": "0.1",
        "supported_versions": ["0.1"],
        "service": {
            "name": "scribe-mock",
            "documentation_url": f"{base_url}/docs",
            "support_email": "support@example.org",
        },
        "endpoints": {
            "base_url": base,
            "webhooks_url": f"{base}/webhooks",
            "templates_url": f"{base}/templates",
        },
        "authentication": {
            "supported_methods": ["api_key", "oidc"],
            "oidc": {
                "issuer": base_url,
                "authorization_endpoint": f"{base_url}/connect-auth/v1/account/login",
                "token_endpoint": f"{base_url}/connect-auth/v1/account/login",
                "scopes_supported": ["openid"],
            },
        },
        "capabilities": {
            "audio_formats": list(SUPPORTED_TYPES),
            "max_chunk_duration_seconds": MAX_CHUNK_SECONDS,
            "upload_methods": [kind.value for kind in UploadType],
            "webhook_delivery": False,
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
