"""What was spoken during sessions, in Redis."""

from collections.abc import Sequence

from scribe_mock.errors import ServiceUnavailable, SessionNotFound
from scribe_mock.store.body import Body
from scribe_mock.store.redis.bodies import Bodies
from scribe_mock.store.redis.connection import Command, Connection
from scribe_mock.store.redis.intake import PART_BYTES, RedisIntake
from scribe_mock.store.redis.room import Room
from scribe_mock.store.redis.script import Script
from scribe_mock.store.redis.stored_chunk import new_name
from scribe_mock.store.reference import Reference
from scribe_mock.store.session_codec import decode_reference, decode_session, encode_reference

#: How often a write begins again because the session was changed.
_MOST_ATTEMPTS = 20

_SCRIPT = Script.of("reference")


class References:
    """Reads and writes references.

    Args:
        redis: The connections.
        bodies: Where their bytes are.
        room: How much fits.
    """

    def __init__(self, redis: Connection, bodies: Bodies, room: Room) -> None:
        self._redis, self._bodies, self._room = redis, bodies, room

    async def get(self, session_id: str) -> Reference | None:
        """A session's reference, whose body has no bytes; raises SessionNotFound."""
        prefix = self._redis.prefix
        found, is_there = await self._redis.run(
            ("HMGET", f"{prefix}reference:{session_id}", "record", "size", "sha256"),
            ("EXISTS", f"{prefix}session:{session_id}"),
        )
        if not is_there:
            raise SessionNotFound(session_id)
        record, size, digest = found
        if record is None:
            return None
        body = Body(())
        body.size, body.sha256 = int(size), digest.decode()
        body.release()
        return decode_reference(record, body)

    async def parts(self, session_id: str) -> Sequence[bytes]:
        """The bytes of a session's reference; none without one."""
        key = f"{self._redis.prefix}reference:{session_id}"
        [blob] = await self._redis.run(("HGET", key, "blob"))
        return [] if blob is None else await self._bodies.parts(blob)

    async def put(
        self, session_id: str, generation: int, intake: RedisIntake, reference: Reference
    ) -> None:
        """Store a reference; see SessionStore."""
        blob, count = new_name(), 0
        pending = bytearray()
        for part in intake.parts:
            pending += part
            if len(pending) >= PART_BYTES:
                await self._bodies.keep_part(blob, bytes(pending))
                pending.clear()
                count += 1
        if pending:
            await self._bodies.keep_part(blob, bytes(pending))
            count += 1
        body, weight = reference.body, reference.bytes
        values = (encode_reference(reference), blob, count, body.size, weight, intake.sha256)
        body.sha256 = intake.sha256
        await self._write(session_id, generation, values, intake)

    async def forget(self, session_id: str) -> None:
        """Forget a session's reference; raises SessionNotFound."""
        await self._write(session_id, None, (b"", b"", 0, 0, 0, b""), None)

    async def _write(
        self,
        session_id: str,
        generation: int | None,
        values: Sequence[bytes | int | str],
        intake: RedisIntake | None,
    ) -> None:
        prefix = self._redis.prefix
        for _ in range(_MOST_ATTEMPTS):
            [record] = await self._redis.run(("HGET", f"{prefix}session:{session_id}", "record"))
            session = None if record is None else decode_session(record, {})
            if session is None or generation not in (None, session.generation):
                raise SessionNotFound(session_id)
            expected = session.version

            def command(most: int, claimed: int, expected: int = expected) -> Command:
                return (_SCRIPT, 0, prefix, session_id, expected, most, claimed, *values)

            if await self._room.write(session_id, command, intake):
                return
        raise ServiceUnavailable("The session changes too often. Send the request again.")
