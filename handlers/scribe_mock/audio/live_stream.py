"""Cuts a live stream into chunks, with a bounded buffer."""

from collections.abc import Iterator
from dataclasses import dataclass

import av
import numpy as np

from scribe_mock.audio.chunk_plan import ChunkLengths, PlannedChunk, plan_speech
from scribe_mock.audio.containers.wav import pcm16_wav
from scribe_mock.audio.decode import RATE, Resampler
from scribe_mock.audio.vad import FRAME, HOP, Profile, Profiler, Stretch, speech_of

#: How long the chunks of a stream are.
STREAM_LENGTHS = ChunkLengths(shortest=10.0, target=15.0, longest=25.0, silence=5.0)
#: The lowest and highest rate of a stream, in samples per second.
LOWEST_RATE, HIGHEST_RATE = 4_000, 192_000

_BYTES = FRAME * 2
# New audio is analysed when there are this many frames of it, about half a second.
_LOOK_EVERY = 32
# Seconds of audio after a chunk that make its end final.
_LOOK_AHEAD = 1.0
# Seconds before speech that stay in the buffer, since the chunk may begin there.
_LEAD_SECONDS = 2.0


@dataclass(frozen=True)
class StreamChunk:
    """A chunk of a live stream.

    Args:
        pcm: 16-bit little-endian mono PCM at 16 kHz.
        start_s: where it begins in the stream, in seconds.
        end_s: where it ends, in seconds.
        speech: whether it has speech.
    """

    pcm: bytes
    start_s: float
    end_s: float
    speech: bool

    @property
    def wav(self) -> bytes:
        """The chunk as a WAV file."""
        return pcm16_wav(self.pcm, RATE)


class StreamChunker:
    """Cuts a stream of 16-bit little-endian mono PCM at 16 kHz into chunks.

    The buffer holds at most the longest chunk, the longest pause and three seconds. A stream
    without speech becomes one chunk: its end, no longer than the longest chunk.

    Args:
        lengths: how long chunks are.
    """

    def __init__(self, lengths: ChunkLengths = STREAM_LENGTHS) -> None:
        self._lengths = lengths
        self._profiler = Profiler()
        self._profile = Profile.join([])
        self._pcm = bytearray()
        self._seen = 0  # bytes of the buffer that the profiler has
        self._origin = 0  # frames that were removed from the buffer
        self._new_frames = 0
        self._emitted = False

    @property
    def buffered_s(self) -> float:
        """Seconds of sound in the buffer."""
        return len(self._pcm) / 2 / RATE

    def feed(self, pcm: bytes) -> list[StreamChunk]:
        """Add audio of any length, and return the chunks that it completes."""
        chunks: list[StreamChunk] = []
        step = _LOOK_EVERY * _BYTES
        for begin in range(0, len(pcm), step):
            self._pcm += pcm[begin : begin + step]
            self._analyse()
            if self._new_frames >= _LOOK_EVERY:
                self._new_frames = 0
                chunks += self._finished()
        return chunks

    def flush(self, *, keep_rest: bool = False) -> list[StreamChunk]:
        """Return the last chunks; the buffer is empty afterwards.

        Args:
            keep_rest: whether what is left becomes a chunk though it has no speech.
        """
        self._append(self._profiler.flush())
        duration = len(self._pcm) // 2 / RATE
        speech = self._speech(duration)
        chunks: list[StreamChunk] = []
        if speech:
            planned = plan_speech(speech, self._profile, duration, self._lengths)
            chunks = [chunk for part in planned if (chunk := self._cut(part))]
        elif self._pcm and (keep_rest or not self._emitted):
            self._keep(self._lengths.longest)
            chunk = self._cut(PlannedChunk(0.0, len(self._pcm) // 2 / RATE, False))
            chunks = [chunk] if chunk else []
        self._drop(len(self._profile))
        return chunks

    def _analyse(self) -> None:
        end = len(self._pcm) // 2 * 2
        fresh = np.frombuffer(bytes(self._pcm[self._seen : end]), "<i2")
        self._seen = end
        self._append(self._profiler.push(fresh.astype(np.float32) / np.float32(32768)))

    def _append(self, profile: Profile) -> None:
        self._new_frames += len(profile)
        self._profile = Profile.join([self._profile, profile])

    def _speech(self, duration: float) -> list[Stretch]:
        return [(a, min(b, duration)) for a, b in speech_of(self._profile) if a < duration]

    def _finished(self) -> list[StreamChunk]:
        duration = len(self._profile) * HOP
        speech = self._speech(duration)
        if not speech:
            # The whole buffer becomes a chunk if the stream ends without speech.
            self._keep(_LEAD_SECONDS if self._emitted else self._lengths.longest)
            return []
        ready = list(self._final(speech, duration))
        chunks = [chunk for part in ready if (chunk := self._cut(part))]
        if chunks:
            self._drop(int(ready[-1].end_s / HOP))
        else:
            self._drop(max(0, int((speech[0][0] - _LEAD_SECONDS) / HOP)))
        return chunks

    def _final(self, speech: list[Stretch], duration: float) -> Iterator[PlannedChunk]:
        """Yield the chunks that later audio cannot change."""
        lengths = self._lengths
        silent = duration - speech[-1][1] > lengths.silence + lengths.margin
        full = duration - speech[0][0] > lengths.longest + _LOOK_AHEAD
        if not silent and not full:
            return
        planned = plan_speech(speech, self._profile, duration, lengths)
        yield from planned if silent else planned[: 1 if len(planned) > 1 else 0]

    def _cut(self, part: PlannedChunk) -> StreamChunk | None:
        """Return the sound of a planned chunk, rounded to whole frames; None if there is none."""
        begin, end = int(part.start_s / HOP), int(part.end_s / HOP)
        if part.end_s >= len(self._pcm) // 2 / RATE:
            end = len(self._profile)
        pcm = bytes(self._pcm[begin * _BYTES : min(end * _BYTES, len(self._pcm) // 2 * 2)])
        first = (self._origin + begin) * FRAME
        if not pcm:
            return None
        self._emitted = True
        return StreamChunk(pcm, first / RATE, (first + len(pcm) // 2) / RATE, part.speech)

    def _keep(self, seconds: float) -> None:
        """Drop all but the last seconds."""
        self._drop(max(0, len(self._profile) - int(seconds / HOP)))

    def _drop(self, frames: int) -> None:
        self._profile = self._profile.after(frames)
        self._seen = max(0, self._seen - frames * _BYTES)
        del self._pcm[: frames * _BYTES]
        self._origin += frames


class Pcm16Resampler:
    """Turns 16-bit mono PCM of any rate into 16 kHz.

    Args:
        rate: samples per second of what comes in.

    Raises:
        ValueError: the rate is not between LOWEST_RATE and HIGHEST_RATE.
    """

    def __init__(self, rate: int) -> None:
        if not LOWEST_RATE <= rate <= HIGHEST_RATE:
            raise ValueError(f"a rate of {rate} Hz is not between {LOWEST_RATE} and {HIGHEST_RATE}")
        self._rate = rate
        self._resampler = Resampler()
        self._odd = b""

    def push(self, pcm: bytes) -> bytes:
        """Return the resampled bytes that are ready."""
        pcm = self._odd + pcm
        whole = len(pcm) // 2 * 2
        self._odd = pcm[whole:]
        if not whole:
            return b""
        if self._rate == RATE:
            return pcm[:whole]
        samples = np.frombuffer(pcm[:whole], "<i2").astype(np.int16)[None, :]
        frame = av.AudioFrame.from_ndarray(samples, "s16", "mono")
        frame.sample_rate = self._rate
        return self._as_pcm(frame)

    def flush(self) -> bytes:
        """Return the last resampled bytes."""
        return b"" if self._rate == RATE else self._as_pcm(None)

    def _as_pcm(self, frame: av.AudioFrame | None) -> bytes:
        samples = self._resampler.push(frame)
        return np.clip(np.round(samples * 32768), -32768, 32767).astype("<i2").tobytes()
