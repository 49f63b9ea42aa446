"""The WebSocket that receives live audio (CONTRACT.md, "Stream audio")."""

import asyncio
import re
from contextlib import suppress
from typing import Any
from weakref import WeakValueDictionary

from starlette.types import Message, Receive, Scope, Send

from scribe_mock.api.answers import answer_to
from scribe_mock.api.frames import FrameError, Frames
from scribe_mock.api.stream_end import StreamEnd
from scribe_mock.api.stream_recording import StreamRecording
from scribe_mock.audio.examination import Examiner
from scribe_mock.errors import ApiError, NotFound, ServiceUnavailable
from scribe_mock.paths import stream_path
from scribe_mock.sessions.alarm import Alarm
from scribe_mock.sessions.clocks import Clocks
from scribe_mock.sessions.scopes import Scope as Covered
from scribe_mock.sessions.session import Session
from scribe_mock.sharing.sharing import Sharing
from scribe_mock.steering.record import Record
from scribe_mock.store.session_store import SessionStore

#: Bytes of one message.
MAX_MESSAGE_BYTES = 1024 * 1024

#: Before another call closes a socket, the messages that it has already received are processed:
#: until the event loop ran this often without a new one, and for at most this many seconds.
_IDLE_ITERATIONS, _SETTLE_SECONDS = 8, 5.0

#: What `send` raises when the client has closed the connection (ASGI specification,
#: "Disconnect - send").
_GONE = OSError

_PATH = re.compile(stream_path("([^/]+)") + r"\Z")

#: Bytes of the reason of a close (RFC 6455, 5.5.1).
_MOST_REASON = 123

#: Close codes (RFC 6455, 7.4.1).
_NORMAL, _UNSUPPORTED, _POLICY, _TRY_LATER = 1000, 1003, 1008, 1013


class Streams:
    """The open sockets of one server, at most one for each session.

    Args:
        store: Where chunks are stored.
        clocks: All clocks.
        alarm: Waits for sockets to fall silent.
        examiner: Examines the stored chunks.
        sharing: Lets other servers close their sockets.
        most: The most that are open at the same time.
    """

    def __init__(
        self,
        store: SessionStore,
        clocks: Clocks,
        alarm: Alarm,
        examiner: Examiner,
        sharing: Sharing,
        most: int,
    ) -> None:
        self._most, self._open = most, 0
        self._store = store
        self._clocks = clocks
        self._alarm = alarm
        self._examiner = examiner
        self._sharing = sharing
        self._live: dict[str, LiveStream] = {}
        # An entry lives for as long as its lock is held or waited for.
        self._locks: WeakValueDictionary[str, asyncio.Lock] = WeakValueDictionary()

    @property
    def count(self) -> int:
        """How many are open."""
        return self._open

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one socket, or refuse its handshake with the error envelope."""
        await receive()
        if self._open >= self._most:
            full = ServiceUnavailable(
                f"{self._open} streams are open, and no more may be. Try again later, or start the "
                "mock with a larger --max-streams."
            )
            await answer_to(full)(scope, receive, send)
            return
        self._open += 1
        try:
            await self._serve(scope, receive, send)
        finally:
            self._open -= 1

    async def _serve(self, scope: Scope, receive: Receive, send: Send) -> None:
        try:
            session = await self._admitted(scope["path"])
            scope["scribe_mock.session"] = session
            async with self._lock(session.session_id):
                await self._sharing.settle(session.session_id)
                await self.settle_own(session.session_id)
                # The session may have been ended, or replaced, while this waited for the lock.
                session = await self._admitted(scope["path"])
                scope["scribe_mock.session"] = session
                strict = self._examiner.strict
                recording = StreamRecording(session, self._store, self._clocks, strict=strict)
                end = StreamEnd(self._clocks, self._alarm, session)
                stream = LiveStream(recording, end, receive, send, scope.get("scribe_mock.record"))
                self._live[session.session_id] = stream
        except ApiError as error:
            await answer_to(error)(scope, receive, send)
            return
        try:
            await stream.run()
        finally:
            end.stop()
            if self._live.get(session.session_id) is stream:
                del self._live[session.session_id]
            self._examiner.enqueue(session.session_id)

    async def settle(self, session_id: str) -> None:
        """Store all audio that a session's socket has received, and close the socket."""
        async with self._lock(session_id):
            await self._sharing.settle(session_id)
            await self.settle_own(session_id)

    def forget(self, scope: Covered) -> None:
        """Close the sockets of the sessions in a scope: these sessions are gone."""
        for stream in self._live.values():
            stream.end.forget(scope)

    def _lock(self, session_id: str) -> asyncio.Lock:
        """Held while a session's socket is replaced or closed: settling awaits."""
        return self._locks.setdefault(session_id, asyncio.Lock())

    async def settle_own(self, session_id: str) -> None:
        """The same for a socket at this server, though another one may be opening."""
        stream = self._live.pop(session_id, None)
        if stream is not None:
            await stream.close_after_settling()

    async def _admitted(self, path: str) -> Session:
        match = _PATH.fullmatch(path)
        if match is None:
            raise NotFound(
                "There is no stream at this address. Use upload_url as Create session returned it."
            )
        session = await self._store.find_stream(match[1])
        session.require_open(self._clocks.of(session).now())
        return session


class _EndedByServer(Exception):
    """The server closes a socket; the text says why."""


class LiveStream:
    """One socket, from its handshake to its close; its audio is told to the journal."""

    def __init__(
        self,
        recording: StreamRecording,
        end: StreamEnd,
        receive: Receive,
        send: Send,
        record: Record | None,
    ) -> None:
        self._recording = recording
        self._record = record
        self.end = end
        self._receive = receive
        self._send = send
        self._frames = Frames()
        self._open = True
        self._replaced: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._ended = asyncio.Event()

    async def run(self) -> None:
        """Process frames until `stop`, a close, a wrong frame, a time-out, or another call."""
        with suppress(_GONE):
            await self._send({"type": "websocket.accept"})
            await self._process_frames()
        self._ended.set()

    async def close_after_settling(self) -> None:
        """Process the messages that have arrived, then close."""
        self._replaced.set_result(None)
        with suppress(TimeoutError):
            await asyncio.wait_for(self._ended.wait(), _SETTLE_SECONDS)
        await self._finish(_NORMAL, "another request closed this stream")

    async def _process_frames(self) -> None:
        try:
            while self._open and not self._frames.stopped:
                message = await self._next()
                if message is None:
                    break
                if message["type"] == "websocket.disconnect":
                    self._open = False
                if not self._open:
                    break
                pcm = self._frames.read(message)
                if pcm and self._record is not None:
                    self._record.heard(pcm)
                if pcm and self._frames.rate is not None:
                    await self._recording.add(pcm, self._frames.rate)
        except FrameError as error:
            await self._finish(_UNSUPPORTED, str(error))
        except _EndedByServer as ended:
            await self._finish(_POLICY, str(ended))
        except ApiError as error:
            await self._close(_TRY_LATER if error.status == 503 else _POLICY, error.code)
        else:
            replaced = self._replaced.done()
            await self._finish(_NORMAL, "another request closed this stream" if replaced else "")

    async def _next(self) -> Message | None:
        """The next message; None when the socket is to be closed and no more have arrived."""
        receiving: asyncio.Future[Message] = asyncio.ensure_future(self._receive())
        events: set[asyncio.Future[Any]] = {receiving, self._replaced, self.end.reached}
        try:
            await asyncio.wait(events, return_when=asyncio.FIRST_COMPLETED)
            iterations = _IDLE_ITERATIONS if self._replaced.done() else 0
            while iterations and not receiving.done():
                await asyncio.sleep(0)
                iterations -= 1
            if receiving.done():
                self.end.heard()
                return receiving.result()
            if self._replaced.done():
                return None
            raise _EndedByServer(self.end.reached.result())
        finally:
            receiving.cancel()

    async def _finish(self, code: int, reason: str) -> None:
        """Store the rest, then close."""
        try:
            await self._recording.flush()
        except ApiError as error:
            code, reason = _POLICY, error.code
        if self._recording.refusal is not None:
            code, reason = _UNSUPPORTED, self._recording.refusal
        await self._close(code, reason)

    async def _close(self, code: int, reason: str) -> None:
        if self._open:
            self._open = False
            # No character of a reason is cut in two.
            reason = reason.encode()[:_MOST_REASON].decode(errors="ignore")
            with suppress(_GONE):
                await self._send({"type": "websocket.close", "code": code, "reason": reason})
