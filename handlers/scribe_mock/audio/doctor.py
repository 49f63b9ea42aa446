"""Examines one stored chunk: measures it, and reports what is wrong with it."""

from dataclasses import dataclass, field, replace

import numpy as np

from scribe_mock.audio import findings
from scribe_mock.audio.audio_errors import AudioError
from scribe_mock.audio.containers.reading import read_container
from scribe_mock.audio.containers.registry import CONTAINERS
from scribe_mock.audio.decode import Decoder, Resampler, Samples, as_float
from scribe_mock.audio.first_look import first_look
from scribe_mock.audio.limits import MAX_CHUNK_SECONDS, Budget, Limits
from scribe_mock.audio.media_types import MEDIA_TYPES
from scribe_mock.audio.track import Track
from scribe_mock.audio.vad import Profile, Profiler, speech_of
from scribe_mock.sessions.diagnosis import AudioFinding, Diagnosis

_DEFAULT_LIMITS = Limits()
# The longest chunk without a finding, in seconds: codecs may add a little.
_LONGEST_TOLERATED = MAX_CHUNK_SECONDS + 0.1
# The levels below which a chunk is silent and too quiet, in dBFS.
_SILENT, _QUIET = -60.0, -42.0
# A chunk is clipped if this share of its samples is at full scale, and at least this number.
_CLIPPED_SHARE, _CLIPPED_LEAST = 0.0005, 16
_FULL_SCALE = 0.9995


@dataclass
class _Meter:
    """Measures loudness, peak and clipping, block by block."""

    power: float = 0.0
    samples: int = 0
    peak: float = 0.0
    clipped: int = 0
    profiles: list[Profile] = field(default_factory=list)

    def add(self, block: Samples) -> None:
        size = np.abs(block)
        self.power += float(np.einsum("ij,ij->", block, block, dtype=np.float64))
        self.samples += block.size
        self.peak = max(self.peak, float(size.max()))
        at_limit = size >= _FULL_SCALE
        # One sample at full scale is a peak; two in a row are a clipped wave.
        self.clipped += int((at_limit[:, 1:] & at_limit[:, :-1]).sum())

    @property
    def loudness(self) -> float:
        return decibels((self.power / max(1, self.samples)) ** 0.5)

    @property
    def is_clipped(self) -> bool:
        return self.clipped >= max(_CLIPPED_LEAST, _CLIPPED_SHARE * self.samples)


def decibels(ratio: float) -> float:
    """Return 20 log10 of a ratio of amplitudes, at least -120."""
    return 20 * float(np.log10(max(ratio, 1e-6)))


def diagnose(
    data: bytes, declared: str, extension: str, limits: Limits = _DEFAULT_LIMITS
) -> Diagnosis:
    """Return the measurements and findings of a chunk. No bytes make it raise an exception.

    Args:
        data: the stored bytes.
        declared: its MIME type, as declared.
        extension: the extension it is stored with, in lower case, without the dot.
        limits: bounds on the work.
    """
    # Whether there is sound is seen when it is read, so the data do not count as a whole here.
    first = first_look(data, declared, extension, whole=False)
    if first.container not in CONTAINERS:
        return first
    try:
        diagnosis = _measure(data, first.container, limits)
    except AudioError as error:
        found = findings.broken(error)
        return replace(first, findings=(*first.findings, found))
    wrong_codec = () if first.findings else _codec_findings(diagnosis, declared)
    return replace(diagnosis, findings=(*first.findings, *wrong_codec, *diagnosis.findings))


def _measure(data: bytes, container: str, limits: Limits) -> Diagnosis:
    budget = Budget(limits)
    track = read_container(data, container)
    decoder, meter, profiler = Decoder(track, budget), _Meter(), Profiler()
    resampler = Resampler()
    for block in decoder.blocks(0, len(track)):
        meter.add(as_float(block))
        meter.profiles.append(profiler.push(resampler.push(block)))
    meter.profiles += [profiler.push(resampler.push(None)), profiler.flush()]
    counted = replace(track, rate=decoder.rate).counted(np.array(decoder.counts, np.int64))
    profile = Profile.join(meter.profiles)
    duration = counted.duration_s()
    speech = [(start, min(end, duration)) for start, end in speech_of(profile) if start < duration]
    spoken = sum(end - start for start, end in speech)
    return Diagnosis(
        container=container,
        codec=track.codec,
        rate=decoder.rate,
        channels=track.channels,
        duration_s=round(duration, 3),
        loudness_dbfs=round(meter.loudness, 1),
        peak_dbfs=round(decibels(meter.peak), 1),
        speech_share=round(min(1.0, spoken / duration), 3) if duration else 0.0,
        speech_regions=tuple((round(start, 2), round(end, 2)) for start, end in speech),
        findings=tuple(_sound_findings(counted, duration, meter)),
    )


def _sound_findings(track: Track, duration: float, meter: _Meter) -> list[AudioFinding]:
    found = findings.of_flaws(track.flaws)
    if duration > _LONGEST_TOLERATED:
        found.append(findings.too_long(duration, MAX_CHUNK_SECONDS))
    if meter.loudness < _SILENT:
        found.append(findings.silent(meter.loudness))
    elif meter.loudness < _QUIET:
        found.append(findings.too_quiet(meter.loudness))
    if meter.is_clipped:
        found.append(findings.clipped(meter.clipped))
    return found


def _codec_findings(diagnosis: Diagnosis, declared: str) -> tuple[AudioFinding, ...]:
    media_type = MEDIA_TYPES.get(declared)
    codec = diagnosis.codec or ""
    if media_type is None or media_type.allows(codec):
        return ()
    message = f"The chunk is declared as {declared} but holds {codec}."
    return (findings.type_differs(message, media_type.description),)
