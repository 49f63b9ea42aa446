"""Faults in how large an upload may be."""

from tests.contract.independent_server import Refusal, Server
from tests.contract.mutants.mutant import Accepted, mutant, note


@mutant("upload.row.9.size")
class LimitOffByOne(Server):
    limit = 10 * 1024 * 1024 + 1


@mutant("upload.row.9.size")
class LimitOfSixteenMebibytes(Server):
    limit = 16 * 1024 * 1024


@note("upload.limit.exact")
class LimitOfTenMillion(Server):
    limit = 10_000_000


@note("upload.limit.exact")
class LimitExcludesItself(Server):
    limit = 10 * 1024 * 1024 - 1


@mutant("upload.limit.taken")
class LimitExcludesTenMillion(Server):
    limit = 9_999_999


@mutant("upload.limit.taken", "upload.limit.chunked")
class LimitOfOneMebibyte(Server):
    limit = 1024 * 1024


@mutant("upload.limit.over_chunked")
class LimitByContentLengthOnly(Server):
    async def audio(self, call, session):
        length = call.first("content-length")
        if length and int(length) > self.limit:
            raise self.too_large()
        data = await call.body()
        if not data:
            raise self.empty()
        return data


@mutant("upload.limit.over_single")
class NoLimitForSingle(Server):
    async def audio(self, call, session):
        if session.type == "single":
            return await call.body()
        return await super().audio(call, session)


@note("published.too_large", only=["upload.row.9", "upload.limit.over_single"])
class TooLargeIs400(Server):
    def too_large(self):
        return Refusal(400, "chunk_too_large")


@mutant("upload.row.9.size")
class TooLargeHasAnotherCode(Server):
    def too_large(self):
        return Refusal(413, "payload_too_large")


@mutant("upload.limit.no_length")
class LengthRequired(Server):
    async def audio(self, call, session):
        if call.first("content-length") is None:
            raise Refusal(411, "length_required")
        return await super().audio(call, session)


@note("upload.row.10.empty")
class EmptyBodyAccepted(Server):
    def empty(self):
        return Accepted()

    async def audio(self, call, session):
        try:
            return await super().audio(call, session)
        except Accepted:
            return b""


@note("upload.early.7", only=["upload.early"])
class BodyReadFirst(Server):
    async def upload(self, call, session_id, name):
        data = await call.body()
        call.read_again(data)
        return await super().upload(call, session_id, name)


@mutant("upload.limit.over_chunked")
class TooLargeIsStoredFirst(Server):
    async def audio(self, call, session):
        data = await call.body()
        if len(data) > self.limit:
            self.put(session, 0, "wav", data)
            raise self.too_large()
        return data or self.empty_is_refused()

    def empty_is_refused(self):
        raise self.empty()
