"""Lets each WebSocket meet the faults that match it."""

import asyncio
import re
from contextlib import suppress

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from scribe_mock.errors import ApiError, ClientGone
from scribe_mock.paths import stream_path
from scribe_mock.server.steering.breaks import end_unanswered
from scribe_mock.server.steering.call import Call, connection_of, note
from scribe_mock.server.steering.requests import SteeredRequests
from scribe_mock.steering.actions import Cut, DropAnswer, Socket
from scribe_mock.steering.fault import Target
from scribe_mock.steering.faults import Plan
from scribe_mock.steering.reading import STREAM
from scribe_mock.store.session_store import SessionStore

_PATH = re.compile(stream_path("([^/]+)") + r"\Z")


class SteeredStreams:
    """The WebSockets of one server, and what steers them.

    Args:
        app: Serves the WebSockets.
        requests: Does what faults of requests and streams have in common.
        store: The sessions.
    """

    def __init__(self, app: ASGIApp, requests: SteeredRequests, store: SessionStore) -> None:
        self._app = app
        self._requests = requests
        self._store = store

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one WebSocket, or do to it what its faults say."""
        target = await self._target(scope["path"])
        steered = self._requests.faults.any or "scribe_mock.prefer" in scope
        if target is None or not steered:
            await self._app(scope, receive, send)
            return
        with suppress(ClientGone):
            plan = await self._requests.plan(target) or Plan()
            call = Call(target, self._app, scope, receive, send)
            await self._requests.meet_faults(call, plan, _meet)

    async def _target(self, path: str) -> Target | None:
        match = _PATH.fullmatch(path)
        if match is None:
            return None
        try:
            session = await self._store.find_stream(match[1])
        except ApiError:
            return None
        owners = (session.owner,) if session.owner else ()
        return Target(STREAM, session.session_id, owners, upload_type=session.upload_type)


async def _meet(call: Call) -> bool:
    """Do what a fault says to a stream; False for one that requests have too."""
    match call.fault.action:
        case Cut(at="upload") as cut:
            await call.proceed(receive=_CutReceive(call, cut))
        case DropAnswer() as drop:
            await end_unanswered(call, drop)
        case Socket() as socket:
            stream = _SteeredSocket(call, socket)
            await call.proceed(receive=stream.receive, send=stream.send)
        case _:
            return False
    return True


def _size(message: Message) -> int:
    return len(message.get("bytes") or message.get("text") or b"")


class _CutReceive:
    """ASGI's receive, which ends the connection once so many bytes have arrived."""

    def __init__(self, call: Call, cut: Cut) -> None:
        self._call = call
        self._left = cut.after_bytes
        self._how = cut.how

    async def __call__(self) -> Message:
        message = await self._call.receive()
        if message["type"] != "websocket.receive":
            return message
        self._left -= _size(message)
        if self._left > 0:
            return message
        note(self._call.scope, outcome="cut")
        connection = self._call.connection
        (connection.reset if self._how == "reset" else connection.close)()
        return {"type": "websocket.disconnect", "code": 1006}


class _SteeredSocket:
    """A stream that is paused, left without pongs, or closed, once so many bytes have arrived.

    Args:
        call: The stream.
        action: What happens to it.
    """

    def __init__(self, call: Call, action: Socket) -> None:
        self._call = call
        self._action = action
        self._count = 0
        self._accepted = self._done = False

    async def send(self, message: Message) -> None:
        """ASGI's send."""
        self._accepted = self._accepted or message["type"] == "websocket.accept"
        await self._call.send(message)

    async def receive(self) -> Message:
        """ASGI's receive."""
        if self._accepted and not self._done and self._count >= self._action.after_bytes:
            self._done = True
            closed = await self._steer()
            if closed is not None:
                return closed
        message = await self._call.receive()
        if message["type"] == "websocket.receive":
            self._count += _size(message)
        return message

    async def _steer(self) -> Message | None:
        action = self._action
        if action.ignore_pings:
            connection_of(self._call.scope).deaf = True
        if action.pause_seconds:
            await asyncio.sleep(action.pause_seconds)
        if action.close_code is None:
            return None
        close = {"type": "websocket.close", "code": action.close_code, "reason": action.reason}
        with suppress(OSError):
            await self._call.send(close)
        return {"type": "websocket.disconnect", "code": action.close_code}
