"""The WAV that a client feeds to its microphone, or cuts into chunks."""

import wave
from pathlib import Path

from scribe_mock.gauntlet.reference import QUIET_SECONDS
from scribe_mock.sample_audio import sample

#: What is spoken, one file after the other.
_SPEECH = ("speech.wav", "speech-2.webm", "speech-3.webm")
_RATE = 16_000


def write_reference(path: Path) -> None:
    """Write the WAV: mono, 16 bits, 16 kHz, with silence before and after the speech."""
    quiet = bytes(2 * int(QUIET_SECONDS * _RATE))
    with wave.open(str(path), "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(_RATE)
        file.writeframes(quiet + b"".join(_pcm(sample(name)) for name in _SPEECH) + quiet)


def _pcm(path: Path) -> bytes:
    """The samples of a shipped file."""
    import av

    resampler = av.AudioResampler(format="s16", layout="mono", rate=_RATE)
    with av.open(str(path)) as container:
        frames = [made for frame in container.decode(audio=0) for made in resampler.resample(frame)]
    frames += resampler.resample(None)
    return b"".join(frame.to_ndarray().tobytes() for frame in frames)
