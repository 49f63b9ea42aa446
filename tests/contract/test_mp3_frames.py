"""The check sees how long an MP3 is, and where its sound is."""

import io

import av
import numpy as np
import pytest

from scribe_mock.contract.core import samples
from scribe_mock.contract.core.mp3_frames import mp3_frames


def encoded(samples_of_one_channel, rate, layout, title=""):
    """An MP3, with an ID3 tag if it has a title."""
    with io.BytesIO() as file:
        with av.open(file, "w", "mp3") as output:
            output.metadata["title"] = title
            stream = output.add_stream("libmp3lame", rate, layout=layout)
            channels = len(stream.codec_context.layout.channels)
            planes = np.tile(samples_of_one_channel, (channels, 1))
            frame = av.AudioFrame.from_ndarray(planes, "s16p", layout)
            frame.sample_rate = rate
            output.mux(stream.encode(frame))
            output.mux(stream.encode(None))
        return file.getvalue()


@pytest.mark.parametrize("layout", ["mono", "stereo"])
@pytest.mark.parametrize("rate", [8000, 16_000, 22_050, 44_100, 48_000])
def test_the_length_and_the_sound_are_seen(rate, layout):
    noise = np.random.default_rng(1).integers(-9000, 9000, 2 * rate, np.int16)
    silence = np.zeros(3 * rate, np.int16)
    data = encoded(np.concatenate([silence, noise]), rate, layout, title="Asha Rao")
    frames = list(mp3_frames(data))
    # Encoders add up to a tenth of a second, and a frame about the file.
    assert sum(frame.seconds for frame in frames) == pytest.approx(5, abs=0.35)
    half = len(frames) // 2
    bits = [sum(frame.sound_bits for frame in part) for part in (frames[:half], frames[half:])]
    assert bits[0] < bits[1] / 20


@pytest.mark.parametrize("name", ["speech.wav", "speech.webm", "speech.m4a", "speech.ogg"])
def test_other_audio_has_few_frames(name):
    data = samples.file(name).read_bytes()
    assert sum(frame.size for frame in mp3_frames(data)) < len(data) / 4


@pytest.mark.parametrize(
    "data", [b"", b"\xff", b"ID3", b"ID3\x04\0\0\x7f\x7f\x7f\x7f", b"\xff" * 99]
)
def test_what_is_cut_short_has_no_frames(data):
    assert list(mp3_frames(data)) == []
