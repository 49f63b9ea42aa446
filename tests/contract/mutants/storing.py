"""Faults in which chunks are stored, under which names and in which order."""

import asyncio
import re

from tests.contract.independent_server import Refusal, Server
from tests.contract.mutants.mutant import mutant, note


@mutant("store.last_underscore")
class NumberAfterTheFirstUnderscore(Server):
    def name(self, session, name):
        number, extension = super().name(session, name)
        first = re.match("[^_]+_([0-9]{1,9})[_.]", name)
        return (int(first[1]) if number is not None and first else number), extension


@mutant("store.leading_zeros")
class LeadingZerosKept(Server):
    def sequence(self, digits):
        return digits if digits.startswith("0") and len(digits) > 1 else int(digits)

    def listing(self, session):
        names = [f"{number}.{ext}" for number, (ext, _) in session.chunks.items()]
        return {"audio_files_received": len(names), "audio_files": sorted(names, key=_number)}


def _number(name):
    return int(name.partition(".")[0])


@mutant("store.order", "store.numeric_order")
class Lexicographic(Server):
    def listing(self, session):
        found = super().listing(session)
        return found | {"audio_files": sorted(found["audio_files"])}


@mutant("store.by_number", "store.listing")
class StoredUnderTheirNames(Server):
    async def upload(self, call, session_id, name):
        answer = await super().upload(call, session_id, name)
        self.find(session_id).body.setdefault("names", []).append(name)
        return answer

    def listing(self, session):
        return super().listing(session) | {"audio_files": session.body.get("names", [])}


@mutant("store.lower_case")
class ExtensionKeepsItsCase(Server):
    def name(self, session, name):
        number, extension = super().name(session, name)
        return number, extension and name.rpartition(".")[2]


@mutant("store.extension_of_name")
class ExtensionOfTheType(Server):
    def mime(self, call, name):
        self.given = super().mime(call, name)
        return self.given

    def put(self, session, number, extension, data):
        if session.type == "chunked":
            extension = self.extension_of(self.given)
        super().put(session, number, extension, data)


@note("store.gaps")
class GapsRefused(Server):
    async def store(self, session, number, extension, data):
        if number is not None and number > max(session.chunks, default=-1) + 1:
            raise Refusal(400, "invalid_request")
        await super().store(session, number, extension, data)


@note("store.arrival")
class OrderOfArrivalRefused(Server):
    async def store(self, session, number, extension, data):
        if number is not None and number < max(session.chunks, default=-1):
            raise Refusal(400, "invalid_request")
        await super().store(session, number, extension, data)


class _Listed(Server):
    """Keeps a list of what was uploaded."""

    def put(self, session, number, extension, data):
        session.body.setdefault("listed", []).append(f"{number}.{extension}")
        super().put(session, number, extension, data)

    def store_received(self, session, received):
        self.put(session, len(session.chunks), "wav", received)


@mutant("store.listing", only=["store.once"])
class ReplacingDuplicates(_Listed):
    def listing(self, session):
        names = sorted(session.body.get("listed", []), key=_number)
        return {"audio_files_received": len(names), "audio_files": names}


@note("store.replaced")
class ReplacementLost(Server):
    def put(self, session, number, extension, data):
        if number not in session.chunks:
            super().put(session, number, extension, data)


@note("store.retry")
class RetryRefused(Server):
    async def store(self, session, number, extension, data):
        if number in session.chunks:
            raise Refusal(409, "chunk_exists")
        await super().store(session, number, extension, data)


@mutant("store.by_number", only=["store.by_number"])
class NumbersFromOne(Server):
    def sequence(self, digits):
        return int(digits) + 1


@mutant("store.own_number")
class NumberedByArrival(Server):
    async def store(self, session, number, extension, data):
        await super().store(session, len(session.chunks), extension, data)


@mutant("store.refused")
class RefusedIsStored(Server):
    def mime(self, call, name):
        try:
            return super().mime(call, name)
        except Refusal:
            session = self.sessions[call.scope["path"].split("/")[-3]]
            session.chunks[9] = ("webm", 0)
            raise


@note("store.cut")
class CutUploadsStored(Server):
    async def audio(self, call, session):
        data = bytearray()
        try:
            async for part in call.parts():
                data += part
                if len(data) > self.limit:
                    raise self.too_large()
        except ConnectionError:
            await asyncio.sleep(0.3)  # a server that is busy just then
        return data


@mutant("single.format.wav")
class SinglesAreStoredLater(Server):
    async def store(self, session, number, extension, data):
        if session.type == "single":
            return
        await super().store(session, number, extension, data)


@note("single.again")
class SameNameIsAnotherRecording(Server):
    def number_of(self, session, name):
        return len(session.chunks)


@note("store.listing", only=["single.format.wav"])
class SingleListsItsOwnName(Server):
    def listing(self, session):
        found = super().listing(session)
        if session.type == "single":
            found["audio_files"] = list(session.recordings)
        return found


@note("store.count", only=["store.by_number"])
class CountsUploadsNotChunks(Server):
    def received(self, session):
        return len(session.uploads) + 1
