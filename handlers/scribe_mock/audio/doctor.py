"""Examines one stored chunk: measures it, and reports what is wrong with it."""

from dataclasses import replace

import numpy as np

from scribe_mock.audio import findings
from scribe_mock.audio.audio_errors import AudioError
from scribe_mock.audio.containers.reading import read_container
from scribe_mock.audio.containers.registry import CONTAINERS
from scribe_mock.audio.decode import ChannelReader, Decoder, Resampler
from scribe_mock.audio.first_look import first_look
from scribe_mock.audio.limits import MAX_CHUNK_SECONDS, Budget, Limits
from scribe_mock.audio.media_types import MEDIA_TYPES
from scribe_mock.audio.meter import Heard, Meter, decibels
from scribe_mock.audio.track import Track
from scribe_mock.audio.vad import Profile, Profiler, Stretch, speech_of
from scribe_mock.sessions.diagnosis import AudioFinding, Diagnosis

_DEFAULT_LIMITS = Limits()
# The longest chunk without a finding, in seconds: codecs may add a little.
_LONGEST_TOLERATED = MAX_CHUNK_SECONDS + 0.1
# The levels below which a chunk is silent and too quiet, in dBFS.
_SILENT, _QUIET = -60.0, -42.0
# The shortest chunk of which speech is expected, in seconds.
_LONG_ENOUGH = 2.0


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
    track = read_container(data, container)
    decoder, meter, profiler = Decoder(track, Budget(limits)), Meter(track.codec), Profiler()
    reader, resampler = ChannelReader(), Resampler()
    heard, profiles = Heard(track.skip, track.keep), []
    for block in decoder.blocks(0, len(track)):
        meter.add(heard.cut(reader.read(block)), decoder.rate)
        profiles.append(profiler.push(resampler.push(block)))
    profiles += [profiler.push(resampler.push(None)), profiler.flush()]
    counted = replace(track, rate=decoder.rate).counted(np.array(decoder.counts, np.int64))
    duration = counted.duration_s()
    profile = Profile.join(profiles)
    speech = _speech(profile, track.skip / decoder.rate, duration)
    spoken = sum(end - start for start, end in speech)
    loudness = meter.loudness(speech)
    return Diagnosis(
        container=container,
        codec=track.codec,
        rate=decoder.rate,
        channels=track.channels,
        duration_s=round(duration, 3),
        loudness_dbfs=round(loudness, 1),
        peak_dbfs=round(decibels(meter.peak), 1),
        speech_share=round(min(1.0, spoken / duration), 3) if duration else 0.0,
        speech_regions=tuple((round(start, 2), round(end, 2)) for start, end in speech),
        findings=tuple(_sound_findings(counted, duration, meter, loudness, bool(speech))),
    )


def _speech(profile: Profile, skip_s: float, duration: float) -> list[Stretch]:
    """Return where speech is heard, in the time of a player, which drops the start."""
    stretches = [
        (max(0.0, start - skip_s), min(end - skip_s, duration)) for start, end in speech_of(profile)
    ]
    return [(start, end) for start, end in stretches if start < end]


def _sound_findings(
    track: Track, duration: float, meter: Meter, loudness: float, speech: bool
) -> list[AudioFinding]:
    found = findings.of_flaws(track.flaws)
    if duration > _LONGEST_TOLERATED:
        found.append(findings.too_long(duration, MAX_CHUNK_SECONDS))
    if loudness < _SILENT:
        found.append(findings.silent(loudness))
    elif loudness < _QUIET:
        found.append(findings.too_quiet(loudness))
    if loudness >= _SILENT and duration >= _LONG_ENOUGH and not speech:
        found.append(findings.no_speech(duration))
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
