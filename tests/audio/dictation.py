"""The dictation of the fixtures as sound: 17 seconds that a voice says."""

import io
from functools import cache

import av
import numpy as np

from tests.audio.factory import RATE
from tests.support import AUDIO


def samples_of(data):
    """The sound of a recording, 16 kHz mono, as FFmpeg decodes it."""
    with av.open(io.BytesIO(data), "r") as container:
        resampler = av.AudioResampler("flt", "mono", RATE)
        frames = [*container.decode(audio=0), None]
        parts = [part.to_ndarray()[0] for one in frames for part in resampler.resample(one)]
    return np.concatenate(parts)


@cache
def dictation():
    """The three recordings of the demo sessions, one after the other."""
    names = ("speech.wav", "speech-2.webm", "speech-3.webm")
    return np.concatenate([samples_of((AUDIO / name).read_bytes()) for name in names])


def seconds(start, end=None):
    """A part of the dictation."""
    return dictation()[int(start * RATE) : None if end is None else int(end * RATE)]
