"""Recordings as they come from clients that lose, repeat or add bytes."""

import io
import struct
from dataclasses import dataclass
from itertools import pairwise

import av

from scribe_mock.audio.containers.ogg_pages import checksum
from scribe_mock.audio.containers.webm_elements import ElementId, element


def packets_of(data):
    """Return the packets of a file as FFmpeg reads them, with their times in seconds."""
    with av.open(io.BytesIO(data), "r") as container:
        stream = container.streams.audio[0]
        return [
            (bytes(packet), float((packet.pts or 0) * packet.time_base))
            for packet in container.demux(stream)
            if packet.size
        ]


def webm_head(data):
    """Return a WebM file's bytes before its first cluster, with a segment of unknown size."""
    start = data.index(b"\x18\x53\x80\x67")
    # The list of places at the start names the id too.
    tracks = data.rindex(b"\x16\x54\xae\x6b", start, data.rindex(b"\x1f\x43\xb6\x75"))
    width = 9 - data[tracks + 4].bit_length()
    length = int.from_bytes(data[tracks + 4 : tracks + 4 + width], "big") & (1 << 7 * width) - 1
    scale = element(ElementId.INFO, element(ElementId.TIMESTAMP_SCALE, 1_000_000))
    head = data[:start] + b"\x18\x53\x80\x67\x01" + b"\xff" * 7
    return head + scale + data[tracks : tracks + 4 + width + length]


def cluster(start_ms):
    """Return the beginning of a cluster of unknown size, as recorders write it."""
    return b"\x1f\x43\xb6\x75\x01" + b"\xff" * 7 + element(ElementId.TIMESTAMP, start_ms)


def block(packet, relative_ms):
    """Return a simple block of track 1."""
    return element(ElementId.SIMPLE_BLOCK, b"\x81" + struct.pack(">hB", relative_ms, 0x80) + packet)


@dataclass
class Slices:
    """The slices of a recorder: those after the first cannot be read alone."""

    parts: list[bytes]

    def joined(self, *order):
        """Return slices one after the other."""
        return b"".join(self.parts[index] for index in order)


def webm_slices(data, seconds=1.0, jitter=(0,), late=0, offset_ms=0, cluster_s=None):
    """Return a WebM file as a recorder delivers it with a timeslice.

    Args:
        data: a WebM file.
        seconds: how long a slice is.
        jitter: what is added to the times, in ms, in turn.
        late: by how many bytes each slice ends later than between two blocks.
        offset_ms: what is added to all times.
        cluster_s: how long a cluster is, if not as long as a slice.
    """
    out = bytearray(webm_head(data))
    cuts: list[int] = []
    began, last = 0, -1
    for index, (packet, at) in enumerate(packets_of(data)):
        time = round(at * 1000) + jitter[index % len(jitter)] + offset_ms
        if int(at / seconds) > len(cuts):
            cuts.append(len(out) + late)
        if int(at / (cluster_s or seconds)) != last:
            last, began = int(at / (cluster_s or seconds)), max(0, time)
            out += cluster(began)
        out += block(packet, time - began)
    edges = [0, *cuts, len(out)]
    return Slices([bytes(out[a:b]) for a, b in pairwise(edges)])


def ogg_pages(data):
    """Return the pages of an Ogg file."""
    starts = []
    at = data.find(b"OggS")
    while at >= 0:
        starts.append(at)
        head = data[at + 26]
        at = data.find(b"OggS", at + 27 + head + sum(data[at + 27 : at + 27 + head]))
    return [data[a:b] for a, b in zip(starts, [*starts[1:], len(data)], strict=True)]


def with_checksum(page):
    """Return an Ogg page with the right checksum."""
    page = page[:22] + bytes(4) + page[26:]
    return page[:22] + struct.pack("<I", checksum(page)) + page[26:]
