"""The WAV that a client feeds to its microphone, or cuts into chunks."""

import wave
from pathlib import Path

from scribe_mock.gauntlet.reference import QUIET_AFTER, QUIET_BEFORE
from scribe_mock.sample_audio import sample

#: What is spoken: the beginning of a consultation, until the end of a sentence.
_SPEECH, _SECONDS = "consultation.ogg", 22.2
_RATE, _SAMPLE_BYTES = 16_000, 2


def write_reference(path: Path) -> None:
    """Write the WAV: mono, 16 bits, 16 kHz, with silence before and after the speech."""
    speech = _pcm(sample(_SPEECH))[: _size(_SECONDS)]
    with wave.open(str(path), "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(_SAMPLE_BYTES)
        file.setframerate(_RATE)
        file.writeframes(bytes(_size(QUIET_BEFORE)) + speech + bytes(_size(QUIET_AFTER)))


def _size(seconds: float) -> int:
    """The bytes of so much sound."""
    return _SAMPLE_BYTES * int(seconds * _RATE)


def _pcm(path: Path) -> bytes:
    """The samples of a shipped file."""
    import av

    resampler = av.AudioResampler(format="s16", layout="mono", rate=_RATE)
    with av.open(str(path)) as container:
        frames = [made for frame in container.decode(audio=0) for made in resampler.resample(frame)]
    frames += resampler.resample(None)
    return b"".join(frame.to_ndarray().tobytes() for frame in frames)
