"""Splits one recording into chunks, each a complete file."""

from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from scribe_mock.audio.chunk_plan import ChunkLengths, plan
from scribe_mock.audio.containers.cutting import cut
from scribe_mock.audio.containers.reading import check_claim, open_track
from scribe_mock.audio.decode import RATE, Decoder, Resampler
from scribe_mock.audio.findings import of_flaws
from scribe_mock.audio.flaws import Flaw, bounded
from scribe_mock.audio.left_out import left_out
from scribe_mock.audio.limits import Budget, Limits
from scribe_mock.audio.recording_chunk import RecordingChunk
from scribe_mock.audio.track import Track
from scribe_mock.audio.vad import FRAME, HOP, Profile, Profiler
from scribe_mock.sessions.diagnosis import AudioFinding

_DEFAULT_LIMITS = Limits()
_DEFAULT_LENGTHS = ChunkLengths()
# Packets decoded before a part, since decoder and speech detector are wrong at their start.
_LEAD = 100


@dataclass(frozen=True)
class Analysis:
    """The result of decoding a range of packets.

    Args:
        rate: samples per second of the decoded sound.
        counts: samples of each packet, or -1 for one that can't be decoded.
        profile: speech and loudness over the range.
    """

    rate: int
    counts: NDArray[np.int64]
    profile: Profile


def split(
    data: bytes,
    media_type: str,
    limits: Limits = _DEFAULT_LIMITS,
    lengths: ChunkLengths = _DEFAULT_LENGTHS,
) -> list[RecordingChunk]:
    """Return all chunks of one recording.

    Args:
        data: the whole file.
        media_type: its canonical MIME type, such as `audio/webm;codecs=opus`.
        limits: bounds on its length and on the work.
        lengths: how long chunks are.

    Raises:
        AudioError: it can't be used; the message says why, and there are no chunks.
    """
    budget = Budget(limits)
    track = open_track(data, media_type, budget)
    return assemble(track, [analyse(track, budget)], lengths)


def analyse(track: Track, budget: Budget, part: int = 0, parts: int = 1) -> Analysis:
    """Decode one of several equal parts of a track and look for speech in it.

    Raises:
        DamagedAudio: too many packets can't be decoded.
        TooMuchWork, TooLongAudio: a limit was reached.
    """
    first, last = len(track) * part // parts, len(track) * (part + 1) // parts
    lead = min(first, _LEAD)
    decoder = Decoder(track, budget)
    profiler = Profiler()
    resampler = Resampler()
    found = [profiler.push(resampler.push(block)) for block in decoder.blocks(first - lead, last)]
    if found:
        found.append(profiler.push(resampler.push(None)))
    found.append(profiler.flush())
    counts = np.array(decoder.counts, np.int64)
    early = int(counts[:lead].clip(0).sum()) / decoder.rate
    profile = Profile.join(found).after(round(early / HOP))
    return Analysis(decoder.rate, counts[lead:], profile)


def assemble(
    track: Track, parts: Sequence[Analysis], lengths: ChunkLengths = _DEFAULT_LENGTHS
) -> list[RecordingChunk]:
    """Return the chunks of a track whose parts have been analysed.

    Raises:
        DamagedAudio: the file holds no sound, or far less than it claims.
    """
    counts = np.concatenate([part.counts for part in parts])
    counted = replace(track, rate=parts[0].rate).counted(counts)
    check_claim(counted)
    profile = _joined(parts).after(round(counted.skip / counted.rate / HOP))
    duration = counted.duration_s()
    chunks = plan(profile, duration, lengths)
    cuts = cut(counted, [(chunk.start_s, chunk.end_s) for chunk in chunks])
    dropped = left_out(profile, [(part.start_s, part.end_s) for part in cuts], duration)
    flaws = bounded((*track.flaws, *dropped)) if dropped else track.flaws
    found = _by_chunk(flaws, [part.end_s for part in cuts])
    return [
        RecordingChunk(
            part.data, part.start_s, part.end_s, part.duration_s, chunk.speech, duration, there
        )
        for part, chunk, there in zip(cuts, chunks, found, strict=True)
    ]


def _by_chunk(flaws: Sequence[Flaw], ends: Sequence[float]) -> list[tuple[AudioFinding, ...]]:
    """Return the findings of each chunk: a flaw belongs to the first chunk that ends after it."""
    places = [min(bisect_right(ends, flaw.at_s), len(ends) - 1) for flaw in flaws]
    return [
        tuple(of_flaws(flaw for flaw, at in zip(flaws, places, strict=True) if at == index))
        for index in range(len(ends))
    ]


def _joined(parts: Sequence[Analysis]) -> Profile:
    """Return the parts' profiles one after the other, each as long as its sound."""
    fitted = []
    seconds, frames = 0.0, 0
    for part in parts:
        seconds += int(part.counts.clip(0).sum()) / part.rate
        end = round(seconds * RATE / FRAME)
        fitted.append(part.profile.fitted(end - frames))
        frames = end
    return Profile.join(fitted)
