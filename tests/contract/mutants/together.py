"""Faults that only requests at the same time show."""

import asyncio

from tests.contract.independent_server import Server
from tests.contract.mutants.mutant import GAP, mutant, note


@mutant("race.two_ends")
class EndRace(Server):
    async def before_end(self, session):
        await asyncio.sleep(GAP)


@note("race.end_during_upload")
class UploadUnderWayOutlivesEnd(Server):
    def still_open(self, session):
        pass


@mutant("race.uploads_kept")
class UploadsLostAtEnd(Server):
    async def store(self, session, number, extension, data):
        await asyncio.sleep(GAP)
        if session.ended_at is None:
            await super().store(session, number, extension, data)


@mutant("together.uploads")
class LostUpdates(Server):
    async def store(self, session, number, extension, data):
        before = dict(session.chunks)
        await asyncio.sleep(GAP)
        session.chunks = before
        await super().store(session, number, extension, data)


@mutant("together.isolation")
class SessionsShareChunks(Server):
    def __init__(self):
        super().__init__()
        self.shared: dict = {}

    async def create(self, call):
        answer = await super().create(call)
        list(self.sessions.values())[-1].chunks = self.shared
        return answer


@mutant("together.sessions")
class LastSessionWins(Server):
    async def upload(self, call, session_id, name):
        self.current = session_id
        return await super().upload(call, session_id, name)

    async def store(self, session, number, extension, data):
        await asyncio.sleep(GAP)
        await super().store(self.find(self.current), number, extension, data)


@note("together.own_ids")
class OwnIdRace(Server):
    async def before_create(self):
        await asyncio.sleep(GAP)
