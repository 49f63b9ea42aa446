"""How long the MP3 of a session may be."""

import asyncio
import math

from scribe_mock.api.session_audio import SessionAudio
from scribe_mock.audio.examination import Examiner
from scribe_mock.audio.limits import Limits
from scribe_mock.sessions.chunk import Chunk
from scribe_mock.sessions.clocks import Clocks
from scribe_mock.sessions.session import Session, UploadType
from scribe_mock.store.memory import MemoryStore
from tests.support import AUDIO

CHUNKS = 3


async def recorded(store):
    """A session with a few equal chunks of speech."""
    session = Session(
        session_id="a",
        upload_type=UploadType.CHUNKED,
        created_at=0.0,
        expires_at=math.inf,
        scenario="",
    )
    await store.create(session)
    data = (AUDIO / "tiny.wav").read_bytes()
    for number in range(CHUNKS):
        chunk = Chunk(number, "wav", "a", "audio/wav", len(data), 0.0)
        with await store.intake(len(data)) as intake:
            await store.add_upload(session, intake, lambda _, one=chunk: [(one, [data])])
    return await store.get("a")


async def made(*bounds):
    """How many bytes the MP3 has without a bound, and with each of these shares of them."""
    store = MemoryStore(Clocks(), 1 << 30)
    examiner = Examiner(store, Limits(), strict=False)
    try:
        session = await recorded(store)
        whole = len(await SessionAudio(store, examiner).mp3(session))
        sizes = [int(bound * whole) for bound in bounds]
        return whole, [len(await SessionAudio(store, examiner, n).mp3(session)) for n in sizes]
    finally:
        await examiner.close()


def test_it_ends_before_the_chunk_that_makes_it_too_long():
    whole, (all_, two, one, none) = asyncio.run(made(1, 0.99, 0.5, 0.1))
    assert whole > 0
    assert (all_, two, one, none) == (whole, 2 * whole // 3, whole // 3, 0)
