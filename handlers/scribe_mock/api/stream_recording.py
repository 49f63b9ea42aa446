"""Turns the PCM of one socket into stored chunks."""

import asyncio
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING

from scribe_mock.api.frames import FrameError
from scribe_mock.audio import findings
from scribe_mock.audio.media_types import MEDIA_TYPES, WAV
from scribe_mock.audio.not_pcm import NotPcm, StreamHead
from scribe_mock.sessions.chunk import Chunk
from scribe_mock.sessions.clocks import Clocks
from scribe_mock.sessions.diagnosis import AudioFinding
from scribe_mock.sessions.session import Session
from scribe_mock.store.session_store import Parts, SessionStore

if TYPE_CHECKING:
    from scribe_mock.audio.live_stream import StreamChunk

#: Bytes of PCM that are processed together, half a second at 16 kHz: clients send much smaller
#: frames, and each call of a thread costs time.
_BATCH_BYTES = 16 * 1024


class StreamRecording:
    """Stores the PCM of one socket; slow work runs in threads.

    Args:
        session: The session as it was at the handshake.
        store: Where chunks are stored.
        clocks: All clocks.
        strict: Whether what is not PCM is refused.
    """

    def __init__(
        self, session: Session, store: SessionStore, clocks: Clocks, *, strict: bool
    ) -> None:
        self._session = session
        self._store = store
        self._clocks = clocks
        self._strict = strict
        self._order = asyncio.Lock()
        self._pending, self._rate = bytearray(), 0
        self._cutter: StreamCutter | None = None
        self._head = StreamHead()
        self._not_pcm: NotPcm | None = None
        #: Why what came is refused, if it is.
        self.refusal: str | None = None

    async def add(self, pcm: bytes, rate: int) -> None:
        """Add 16-bit PCM of `rate` samples a second.

        Raises:
            FrameError: it is not PCM, and that is refused.
            ApiError: it cannot be stored.
        """
        async with self._order:
            self._note(self._head.look(pcm, rate))
            self._raise_refusal()
            self._pending += pcm
            self._rate = rate
            if len(self._pending) >= _BATCH_BYTES:
                await self._process()
                self._raise_refusal()

    async def flush(self) -> None:
        """Store the PCM that is not in a chunk yet; raises what storing raises."""
        async with self._order:
            if self._pending:
                await self._process()
            if self._cutter is not None:
                # What is no PCM has no speech either, and its finding needs a chunk.
                keep_rest = self._not_pcm is not None
                await self._store_chunks(await asyncio.to_thread(self._cutter.flush, keep_rest))
                await self._store_time(self._cutter.seconds)

    async def _process(self) -> None:
        if self._cutter is None:
            self._cutter = await asyncio.to_thread(StreamCutter, self._rate, self._strict)
        pcm = bytes(self._pending)
        self._pending.clear()
        await self._store_chunks(await asyncio.to_thread(self._cutter.add, pcm))

    def _note(self, found: NotPcm | None) -> None:
        if found is None or (self._not_pcm is not None and self._not_pcm.lasting):
            return
        self._not_pcm = found
        if self._strict:
            self.refusal = found.reason

    def _raise_refusal(self) -> None:
        if self.refusal is not None:
            raise FrameError(self.refusal)

    async def _store_chunks(self, cut: Sequence["StreamChunk"]) -> None:
        assert self._cutter is not None
        self._note(self._cutter.not_pcm)
        if not cut:
            return
        with await self._store.intake(0) as intake:
            await self._store.add_upload(
                self._session, intake, lambda session: list(self._pieces(session, cut))
            )

    async def _store_time(self, seconds: float) -> None:
        """Let the session's next socket go on where this one ends."""
        until, generation = self._session.streamed_s + seconds, self._session.generation

        def change(session: Session) -> None:
            if session.generation == generation:
                session.stream_until(until)

        await self._store.change(self._session.session_id, change)

    def _pieces(
        self, session: Session, cut: Iterable["StreamChunk"]
    ) -> Iterable[tuple[Chunk, Parts]]:
        before = self._session.streamed_s
        first, now = session.next_sequence(), self._clocks.of(session).now()
        for sequence, part in enumerate(cut, first):
            data = part.wav
            name = f"{sequence}.{MEDIA_TYPES[WAV].extension}"
            yield (
                Chunk(
                    sequence,
                    MEDIA_TYPES[WAV].extension,
                    name,
                    WAV,
                    len(data),
                    now,
                    round(before + part.start_s, 3),
                    round(before + part.end_s, 3),
                    round(part.end_s - part.start_s, 3),
                    part.speech,
                    recording_findings=self._findings(),
                ),
                [data],
            )

    def _findings(self) -> tuple[AudioFinding, ...]:
        """Return what the next chunk says of the stream."""
        found = self._not_pcm
        if found is None:
            return ()
        if not found.lasting:
            self._not_pcm = None
        return (findings.not_pcm(found),)


class StreamCutter:
    """Resamples one stream, cuts it into chunks, and judges whether it is PCM.

    Making one imports numpy and the speech detector, which takes time: do it in a thread.

    Args:
        rate: Samples per second of what comes in.
        strict: Whether what is not PCM is left out.
    """

    def __init__(self, rate: int, strict: bool) -> None:
        from scribe_mock.audio.live_stream import Pcm16Resampler, StreamChunker
        from scribe_mock.audio.sample_advice import SampleAdvice

        self._resampler = Pcm16Resampler(rate)
        self._chunker = StreamChunker()
        self._advice = SampleAdvice()
        self._strict = strict
        self._rate, self._bytes = rate, 0
        #: What the stream is instead, once that is known.
        self.not_pcm: NotPcm | None = None

    @property
    def seconds(self) -> float:
        """How much sound was added, in seconds."""
        return self._bytes / 2 / self._rate

    def add(self, pcm: bytes) -> Sequence["StreamChunk"]:
        """The chunks that these bytes complete."""
        if self.not_pcm is None:
            self.not_pcm = self._advice.push(pcm)
        if self.not_pcm is not None and self._strict:
            return ()  # it is refused
        self._bytes += len(pcm)
        return self._chunker.feed(self._resampler.push(pcm))

    def flush(self, keep_rest: bool) -> Sequence["StreamChunk"]:
        """The chunks of the rest, also without speech if that is to be kept or is no PCM."""
        if self.not_pcm is None:
            self.not_pcm = self._advice.flush()
        last = self._chunker.feed(self._resampler.flush())
        keep_rest = keep_rest or self.not_pcm is not None
        return [*last, *self._chunker.flush(keep_rest=keep_rest)]
