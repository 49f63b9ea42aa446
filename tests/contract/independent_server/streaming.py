"""Streams over WebSocket."""

import base64
import json
import re

from starlette.websockets import WebSocketDisconnect

from tests.contract.independent_server.base import Base
from tests.contract.independent_server.refusal import Refusal


class Streaming(Base):
    async def websocket(self, socket):
        match = re.fullmatch(
            rf"{re.escape(self.base)}/stream/sessions/([^/]+)/audio", socket.scope["path"]
        )
        session = next(
            (s for s in self.sessions.values() if match and s.stream_id == match[1]), None
        )
        if session is None:
            await self.deny(socket, Refusal(404, "session_not_found"))
        elif self.state(session) not in (self.open_status, "recording"):
            await self.deny(socket, Refusal(400, "session_ended"))
        else:
            await socket.accept()
            await self.stream(socket, session)

    async def deny(self, socket, refusal):
        await socket.send_denial_response(self.envelope(refusal, None))

    async def stream(self, socket, session):
        received = bytearray()
        try:
            while True:
                message = await socket.receive()
                if message["type"] == "websocket.disconnect":
                    break
                if message.get("bytes") is not None:
                    received += message["bytes"]
                    continue
                part = self.frame(message["text"])
                if part is None:
                    self.store_received(session, received)
                    await socket.close(1000)
                    return
                received += part
        except (ValueError, KeyError):
            self.store_received(session, received)
            await socket.close(1003, "unknown frame")
            return
        except WebSocketDisconnect:
            pass
        self.store_received(session, received)

    def frame(self, text):
        event = json.loads(text)
        if event["event"] == "stop":
            return None
        if event["event"] == "media":
            return base64.b64decode(event["media"]["payload"], validate=True)
        if event["event"] != "start":
            raise ValueError(text)
        return b""

    def store_received(self, session, received):
        if received:
            session.chunks[len(session.chunks)] = ("wav", len(received))
