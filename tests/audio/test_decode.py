"""Packets are decoded in blocks, those of Opus joined to larger ones."""

from dataclasses import replace

import av
import numpy as np
import pytest

from scribe_mock.audio.containers import opus
from scribe_mock.audio.decode import Decoder
from scribe_mock.audio.limits import Budget, Limits
from scribe_mock.audio.media_types import OGG_OPUS
from scribe_mock.audio.track import Track, pack
from tests.audio.factory import speech


def opus_track(bit_rate, frame_ms=20, channels=1):
    """Return speech as packets of Opus; libopus chooses the mode by the bit rate."""
    context = av.CodecContext.create("libopus", "w")
    layout = "mono" if channels == 1 else "stereo"
    context.rate, context.layout, context.format = opus.RATE, layout, "flt"
    context.bit_rate, context.options = bit_rate, {"frame_duration": str(frame_ms)}
    context.open()
    graph = av.AudioResampler("flt", layout, opus.RATE, frame_size=context.frame_size)
    frame = av.AudioFrame.from_ndarray(speech()[None, :].copy(), "flt", "mono")
    frame.sample_rate = 16_000
    frames = [ready for source in (frame, None) for ready in graph.resample(source)]
    packets = [bytes(packet) for frame in frames for packet in context.encode(frame)]
    payload, bounds = pack(packets)
    head = opus.head_with_skip(context.extradata or b"", 0)
    return Track(OGG_OPUS, "opus", opus.RATE, channels, payload, bounds, extradata=head)


def packets_of(*tracks):
    return [packet for track in tracks for packet in track.packets(0, len(track))]


def one_by_one(track):
    """Decode each packet by itself, as a player does; return counts and samples."""
    context = av.CodecContext.create("opus", "r")
    context.extradata = track.extradata
    context.layout = "mono" if track.channels == 1 else "stereo"
    counts, sound = [], []
    for packet in packets_of(track):
        frames = context.decode(av.Packet(packet))
        counts.append(sum(frame.samples for frame in frames))
        sound += [frame.to_ndarray() for frame in frames]
    return counts, np.concatenate(sound, axis=1)


def decoded(track):
    decoder = Decoder(track, Budget(Limits()))
    blocks = [block.to_ndarray() for block in decoder.blocks(0, len(track))]
    return decoder.counts, np.concatenate(blocks, axis=1)


@pytest.mark.parametrize("frame_ms", [2.5, 10, 20, 60])
@pytest.mark.parametrize("bit_rate", [8_000, 28_000, 64_000])
def test_joined_packets_sound_as_each_does_alone(bit_rate, frame_ms):
    track = opus_track(bit_rate, frame_ms, channels=1 + (bit_rate > 30_000))
    counts, sound = one_by_one(track)
    assert decoded(track)[0] == counts
    assert np.array_equal(decoded(track)[1], sound)


def test_an_encoder_may_change_its_mode_between_packets():
    tracks = [opus_track(rate) for rate in (64_000, 8_000, 28_000, 12_000, 96_000)]
    several = [packets_of(track)[at : at + 20] for at in (0, 40, 80) for track in tracks]
    payload, bounds = pack(packet for packets in several for packet in packets)
    track = replace(tracks[0], payload=payload, bounds=bounds)
    counts, sound = one_by_one(track)
    assert decoded(track)[0] == counts
    assert np.array_equal(decoded(track)[1], sound)


def test_a_packet_that_is_not_opus_costs_no_other():
    track = opus_track(64_000)
    packets = packets_of(track)
    packets[10] = packets[10][:1] + bytes(1400)  # more than a frame may have
    packets[11] = b""
    payload, bounds = pack(packets)
    counts = decoded(replace(track, payload=payload, bounds=bounds))[0]
    assert [at for at, count in enumerate(counts) if count < 0] == [10, 11]
    assert counts[9] == counts[12] == 960
