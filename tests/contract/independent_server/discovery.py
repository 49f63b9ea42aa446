"""The discovery document."""

from starlette.responses import JSONResponse

from tests.contract.independent_server.base import Base


class Discovery(Base):
    async def discovery(self, call):
        host = f"http://{call.first('host')}"
        return JSONResponse(self.described(host), headers={"Cache-Control": self.max_age})

    def described(self, host):
        features = ("realtime_transcription", "speaker_diarization", "custom_templates")
        models = [
            {
                "id": model,
                "display_name": model.title(),
                "languages": ["en", "hi"],
                "max_session_duration_seconds": 600,
                "response_speed": "fast",
                "features": dict.fromkeys(features, False),
            }
            for model in self.models
        ]
        return {
            "protocol": "medscribealliance",
            "protocol_version": "0.1",
            "supported_versions": ["0.1"],
            "service": {
                "name": "independent",
                "documentation_url": f"{host}/docs",
                "support_email": "a@example.org",
            },
            "endpoints": {
                "base_url": f"{host}{self.base}",
                "webhooks_url": f"{host}{self.base}/webhooks",
                "templates_url": f"{host}{self.base}/templates",
            },
            "authentication": {"supported_methods": ["api_key"]},
            "capabilities": {
                "audio_formats": self.advertised_formats(),
                "max_chunk_duration_seconds": 20,
                "upload_methods": self.advertised_methods(),
                "webhook_delivery": True,
                "client_sdk_delivery": False,
            },
            "models": models,
            "languages": {"supported": ["en", "hi"], "auto_detection": True},
        }

    def advertised_formats(self):
        return list(self.types)

    def advertised_methods(self):
        return list(self.upload_types)
