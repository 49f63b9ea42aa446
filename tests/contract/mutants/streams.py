"""Faults of streams over WebSocket."""

import asyncio
from weakref import WeakSet

from tests.contract.independent_server import Refusal, Server
from tests.contract.mutants.mutant import mutant, note


@mutant("stream.connect")
class StreamWantsAuthorization(Server):
    async def websocket(self, socket):
        if "authorization" not in socket.headers:
            await self.deny(socket, Refusal(401, "authentication_failed"))
            return
        await super().websocket(socket)


@mutant("stream.binary")
class StreamIsNotStored(Server):
    def store_received(self, session, received):
        pass


def _task():
    """The task that serves this connection."""
    task = asyncio.current_task()
    assert task
    return task


@mutant("stream.leave")
class StreamIsLostWithoutStop(Server):
    def __init__(self):
        super().__init__()
        self.stopped: WeakSet[asyncio.Task] = WeakSet()

    def frame(self, text):
        found = super().frame(text)
        if found is None:
            self.stopped.add(_task())
        return found

    def store_received(self, session, received):
        if _task() in self.stopped:
            super().store_received(session, received)


@mutant("stream.stop")
class StreamStaysOpen(Server):
    def frame(self, text):
        found = super().frame(text)
        return b"" if found is None else found


@note("stream.odd_frame")
class OddFramesIgnored(Server):
    def frame(self, text):
        try:
            return super().frame(text)
        except (ValueError, KeyError):
            return b""


@note("stream.unknown")
class UnknownStreamIs403(Server):
    async def deny(self, socket, refusal):
        if refusal.status == 404:
            refusal = Refusal(403, "forbidden")
        await super().deny(socket, refusal)


@mutant("stream.not_ended")
class StreamEndsTheSession(Server):
    def store_received(self, session, received):
        super().store_received(session, received)
        self.finish(session, {})
