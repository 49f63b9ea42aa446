"""The WebSocket that takes live audio (CONTRACT.md, "Stream audio")."""

import asyncio
import re
from collections.abc import Iterable, Sequence
from contextlib import suppress
from typing import TYPE_CHECKING, Any
from weakref import WeakValueDictionary

from starlette.types import Message, Receive, Scope, Send

from scribe_mock.api.answers import answer_to
from scribe_mock.api.frames import FrameError, Frames
from scribe_mock.audio.examination import Examiner
from scribe_mock.audio.kinds import KINDS, WAV
from scribe_mock.errors import ApiError, NotFound
from scribe_mock.paths import stream_path
from scribe_mock.sessions.clock import Clock
from scribe_mock.sessions.session import Chunk, Session
from scribe_mock.store.session_store import Parts, SessionStore

if TYPE_CHECKING:
    from scribe_mock.audio.stream import StreamChunk

#: Bytes of one message.
MAX_MESSAGE_BYTES = 1024 * 1024
#: Seconds without a message after which the server closes.
IDLE_SECONDS = 60.0

#: When another call takes over, what a socket has received is still taken in: until none came for
#: so many turns of the event loop, which a message needs at most, or for so many seconds.
_TURNS, _SETTLE_SECONDS = 8, 5.0

#: Bytes of sound that are worth a thread's turn: clients send fiftieths of a second.
_BATCH_BYTES = 16 * 1024

#: What `send` raises once the client is gone (ASGI specification, "Disconnect - send").
_GONE = OSError

_PATH = re.compile(stream_path("([^/]+)") + r"\Z")

#: Close codes (RFC 6455, 7.4.1).
_NORMAL, _UNSUPPORTED, _POLICY, _TRY_LATER = 1000, 1003, 1008, 1013


class Streams:
    """The live sockets of one server, at most one a session.

    Args:
        store: Where the chunks go.
        clock: The one clock.
        examiner: Looks at the chunks.
    """

    def __init__(self, store: SessionStore, clock: Clock, examiner: Examiner) -> None:
        self._store = store
        self._clock = clock
        self._examiner = examiner
        self._live: dict[str, Stream] = {}
        # A lock is here for as long as somebody holds it or waits for it.
        self._turns: WeakValueDictionary[str, asyncio.Lock] = WeakValueDictionary()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one socket, or refuse its handshake with the error envelope."""
        await receive()
        try:
            session = await self._admitted(scope["path"])
            async with self._turn(session.session_id):
                await self._settle(session.session_id)
                # It may have been ended, and made again, while this waited.
                session = await self._admitted(scope["path"])
                stream = Stream(Recording(session, self._store, self._clock), receive, send)
                self._live[session.session_id] = stream
        except ApiError as error:
            await answer_to(error)(scope, receive, send)
            return
        try:
            await stream.run()
        finally:
            if self._live.get(session.session_id) is stream:
                del self._live[session.session_id]
            self._examiner.note(session.session_id)

    async def settle(self, session_id: str) -> None:
        """Store all that a session's socket has received, and close it."""
        async with self._turn(session_id):
            await self._settle(session_id)

    def _turn(self, session_id: str) -> asyncio.Lock:
        """Held by who takes over a session's socket; settling takes time, and two may come."""
        return self._turns.setdefault(session_id, asyncio.Lock())

    async def _settle(self, session_id: str) -> None:
        stream = self._live.pop(session_id, None)
        if stream is not None:
            await stream.give_way()

    async def _admitted(self, path: str) -> Session:
        match = _PATH.fullmatch(path)
        if match is None:
            raise NotFound("No stream has this address. Use upload_url as it was returned.")
        session = await self._store.find_stream(match[1])
        session.require_open(self._clock.now())
        return session


class Recording:
    """The sound of one socket on its way to chunks; work that takes long leaves the event loop."""

    def __init__(self, session: Session, store: SessionStore, clock: Clock) -> None:
        self._session = session
        self._store = store
        self._clock = clock
        self._order = asyncio.Lock()
        self._unheard, self._rate = bytearray(), 0
        self._sound: Sound | None = None

    async def add(self, pcm: bytes, rate: int) -> None:
        """Take more sound; raises what storing raises."""
        async with self._order:
            self._unheard += pcm
            self._rate = rate
            if len(self._unheard) >= _BATCH_BYTES:
                await self._hear()

    async def flush(self) -> None:
        """Store what is left; raises what storing raises."""
        async with self._order:
            if self._unheard:
                await self._hear()
            if self._sound is not None:
                await self._keep(await asyncio.to_thread(self._sound.flush))

    async def _hear(self) -> None:
        if self._sound is None:
            self._sound = await asyncio.to_thread(Sound, self._rate)
        pcm = bytes(self._unheard)
        self._unheard.clear()
        await self._keep(await asyncio.to_thread(self._sound.add, pcm))

    async def _keep(self, found: Sequence["StreamChunk"]) -> None:
        if not found:
            return
        with self._store.intake(0) as intake:
            await self._store.add_upload(
                self._session, intake, lambda session: list(self._pieces(session, found))
            )

    def _pieces(
        self, session: Session, found: Iterable["StreamChunk"]
    ) -> Iterable[tuple[Chunk, Parts]]:
        first, now = session.next_sequence(), self._clock.now()
        for sequence, part in enumerate(found, first):
            data = part.wav
            name = f"{sequence}.{KINDS[WAV].extension}"
            length = round(part.end_s - part.start_s, 3)
            place = (round(part.start_s, 3), round(part.end_s, 3), length, part.speech)
            chunk = Chunk(sequence, KINDS[WAV].extension, name, WAV, len(data), now, *place)
            yield chunk, [data]


class Sound:
    """Resampling and cutting of one stream; slow to make, since it imports the decoders."""

    def __init__(self, rate: int) -> None:
        from scribe_mock.audio.stream import Pcm16Resampler, StreamChunker

        self._resampler = Pcm16Resampler(rate)
        self._chunker = StreamChunker()

    def add(self, pcm: bytes) -> Sequence["StreamChunk"]:
        """The chunks that are finished by these bytes."""
        return self._chunker.feed(self._resampler.push(pcm))

    def flush(self) -> Sequence["StreamChunk"]:
        """The chunks of what is left."""
        last = self._chunker.feed(self._resampler.flush())
        return [*last, *self._chunker.flush()]


class Stream:
    """One socket, from its handshake to its close."""

    def __init__(self, recording: Recording, receive: Receive, send: Send) -> None:
        self._recording = recording
        self._receive = receive
        self._send = send
        self._frames = Frames()
        self._open = True
        self._taken_over: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._ended = asyncio.Event()

    async def run(self) -> None:
        """Take frames until `stop`, a close, a fault, silence on the line, or another call."""
        with suppress(_GONE):
            await self._send({"type": "websocket.accept"})
            await self._take_in()
        self._ended.set()

    async def give_way(self) -> None:
        """Take in what has arrived, then close: another call takes over."""
        self._taken_over.set_result(None)
        with suppress(TimeoutError):
            await asyncio.wait_for(self._ended.wait(), _SETTLE_SECONDS)
        await self._finish(_NORMAL, "another call took over")

    async def _take_in(self) -> None:
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
                if pcm and self._frames.rate is not None:
                    await self._recording.add(pcm, self._frames.rate)
        except FrameError as error:
            await self._finish(_UNSUPPORTED, str(error))
        except TimeoutError:
            await self._finish(_POLICY, f"nothing came for {IDLE_SECONDS:g} seconds")
        except ApiError as error:
            await self._close(_TRY_LATER if error.status == 503 else _POLICY, error.code)
        else:
            taken_over = self._taken_over.done()
            await self._finish(_NORMAL, "another call took over" if taken_over else "")

    async def _next(self) -> Message | None:
        """The next message; None when another call took over and no more lies ready."""
        receiving: asyncio.Future[Message] = asyncio.ensure_future(self._receive())
        events: set[asyncio.Future[Any]] = {receiving, self._taken_over}
        try:
            await asyncio.wait(events, timeout=IDLE_SECONDS, return_when=asyncio.FIRST_COMPLETED)
            turns = _TURNS if self._taken_over.done() else 0
            while turns and not receiving.done():
                await asyncio.sleep(0)
                turns -= 1
            if receiving.done():
                return receiving.result()
            if self._taken_over.done():
                return None
            raise TimeoutError
        finally:
            receiving.cancel()

    async def _finish(self, code: int, reason: str) -> None:
        """Store what is left, then close."""
        try:
            await self._recording.flush()
        except ApiError as error:
            code, reason = _POLICY, error.code
        await self._close(code, reason)

    async def _close(self, code: int, reason: str) -> None:
        if self._open:
            self._open = False
            with suppress(_GONE):
                await self._send({"type": "websocket.close", "code": code, "reason": reason[:120]})
