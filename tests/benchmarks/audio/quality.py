"""How well chunks hold labelled speech, and whether they sound like the original."""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from tests.benchmarks.audio.client import Stored, chunks
from tests.benchmarks.audio.encoding import RATE, as_wav, decode, encode
from tests.benchmarks.audio.recordings import VOICES, Labelled, Stretch, labelled, real
from tests.benchmarks.measurements import Say
from tests.benchmarks.processes import SCRIBE_MOCK, Server

CLEAN_DB, NOISY_DB = 25, (15, 5)
NOISES = ("white", "pink", "brown")
REAL, ALL_VOICES = "a president, 1961", "all voices"
# An edge this near to the ends of a recording, or of speech, is not counted as inside, in seconds.
AT_ENDS, AT_SPEECH = 0.01, 0.02
ENVELOPE_SAMPLES = 320  # 20 ms


@dataclass(frozen=True)
class Format:
    """A kind of file that is cut."""

    extension: str
    content_type: str
    container: str
    codec: str
    bit_rate: int
    rate: int


FORMATS = (
    Format("webm", "audio/webm;codecs=opus", "webm", "libopus", 32_000, 48_000),
    Format("ogg", "audio/ogg;codecs=opus", "ogg", "libopus", 32_000, 48_000),
    Format("ogg", "audio/ogg", "ogg", "vorbis", 32_000, 44_100),
    Format("mp4", "audio/mp4", "mp4", "aac", 32_000, 44_100),
    Format("m4a", "audio/m4a", "ipod", "aac", 32_000, 48_000),
    Format("mp3", "audio/mp3", "mp3", "libmp3lame", 64_000, 44_100),
    Format("wav", "audio/wav", "wav", "pcm_s16le", 32_000, 44_100),
)


@dataclass(frozen=True)
class Coverage:
    """What the chunks of one recording hold of its speech, and where they begin and end."""

    speaker: str
    snr_db: int
    covered: float
    edges: int
    edges_inside: int
    chunk_seconds: list[float]


@dataclass(frozen=True)
class Quality:
    """The coverage of each recording, and the likeness of each format's least like chunk."""

    coverages: list[Coverage]
    likeness: dict[str, float]

    @property
    def clean(self) -> list[Coverage]:
        """The recordings that the goals speak of."""
        return [coverage for coverage in self.coverages if coverage.snr_db == CLEAN_DB]


def measure_quality(say: Say) -> Quality:
    """Let the server cut each recording, and hold its chunks against what is known of it."""
    coverages, likeness = [], {}
    with Server(SCRIBE_MOCK) as server:
        for speaker, snr_db, recording in _recordings():
            say(f"audio-quality: {speaker}, {snr_db} dB")
            cut = chunks(server, as_wav(recording.samples), "wav", "audio/wav")
            coverages.append(_coverage(speaker, snr_db, recording, cut))
        spoken = labelled(110, 5).samples
        for form in FORMATS:
            say(f"audio-quality: {form.content_type}")
            data = encode(spoken, form.container, form.codec, form.bit_rate, form.rate)
            cut, original = chunks(server, data, form.extension, form.content_type), decode(data)
            likeness[form.content_type] = min(_correlation(chunk, original) for chunk in cut)
    return Quality(coverages, likeness)


def _recordings() -> Iterator[tuple[str, int, Labelled]]:
    for voice in VOICES:
        for noise in NOISES:
            yield voice[0], CLEAN_DB, labelled(200, 7, CLEAN_DB, noise, (voice,))
    for noise in NOISES:
        recording = real(CLEAN_DB, noise)
        if recording is not None:
            yield REAL, CLEAN_DB, recording
    for snr_db in NOISY_DB:
        yield ALL_VOICES, snr_db, labelled(300, 9, snr_db)


def _coverage(speaker: str, snr_db: int, recording: Labelled, cut: list[Stored]) -> Coverage:
    edges = {round(edge, 3) for chunk in cut for edge in (chunk.start_s, chunk.end_s)}
    edges = {edge for edge in edges if AT_ENDS < edge < recording.seconds - AT_ENDS}
    speech = recording.speech
    inside = sum(any(a + AT_SPEECH < edge < b - AT_SPEECH for a, b in speech) for edge in edges)
    lengths = [chunk.end_s - chunk.start_s for chunk in cut]
    return Coverage(speaker, snr_db, _covered(speech, cut), len(edges), inside, lengths)


def _covered(speech: list[Stretch], cut: list[Stored]) -> float:
    held = sum(
        max(0.0, min(end, chunk.end_s) - max(start, chunk.start_s))
        for start, end in speech
        for chunk in cut
    )
    return held / sum(end - start for start, end in speech)


def _correlation(chunk: Stored, original: NDArray[np.float32]) -> float:
    there = _envelope(decode(chunk.data))
    here = _envelope(original[round(chunk.start_s * RATE) : round(chunk.end_s * RATE)])
    count = min(len(there), len(here))
    return float(np.corrcoef(there[:count], here[:count])[0, 1])


def _envelope(samples: NDArray[np.float32]) -> NDArray[np.float32]:
    whole = len(samples) // ENVELOPE_SAMPLES * ENVELOPE_SAMPLES
    loudness: NDArray[np.float32] = np.sqrt(
        (samples[:whole].reshape(-1, ENVELOPE_SAMPLES) ** 2).mean(axis=1)
    )
    return loudness
