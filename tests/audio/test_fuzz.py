"""Damaged files are refused or cut; nothing else happens.

The number of files is 10,500; SCRIBE_MOCK_FUZZ makes it larger. The seed is fixed, unless
SCRIBE_MOCK_FUZZ_SEED says otherwise.
"""

import os
import random
import struct
from itertools import pairwise

import pytest

from scribe_mock.audio.audio_errors import AudioError
from scribe_mock.audio.containers.ogg_pages import checksum
from scribe_mock.audio.doctor import diagnose
from scribe_mock.audio.limits import Limits
from scribe_mock.audio.media_types import MEDIA_TYPES
from scribe_mock.audio.split import split
from tests.audio.factory import sample

FILES = int(os.environ.get("SCRIBE_MOCK_FUZZ", "10500"))
SEED = int(os.environ.get("SCRIBE_MOCK_FUZZ_SEED", "3"))
SECONDS = 0.4  # of the original
LIMITS = Limits(max_seconds=600, max_work_seconds=2)
LARGEST_JOINED = 30_000
INTERESTING = (b"\x00", b"\xff", b"\x7f", b"\x80", b"\xff\xff\xff\xff", b"\x00\x00\x00\x00",
               b"\x7f\xff\xff\xff", b"\x01\x00\x00\x00")  # fmt: skip


def flip(data, dice):
    for _ in range(dice.choice((1, 2, 8, 64))):
        data[dice.randrange(len(data))] ^= 1 << dice.randrange(8)


def overwrite(data, dice):
    value = dice.choice(INTERESTING)
    # Often near the start: the headers are there, and they are small.
    at = dice.randrange(min(len(data), dice.choice((64, 512, len(data)))))
    data[at : at + len(value)] = value


def cut_short(data, dice):
    del data[dice.randrange(len(data)) :]


def remove(data, dice):
    at = dice.randrange(len(data))
    del data[at : at + dice.choice((1, 2, 4, 100, 1000))]


def repeat(data, dice):
    at = dice.randrange(len(data))
    part = data[at : at + dice.choice((1, 4, 100, 1000))]
    data[at:at] = part * dice.choice((1, 2, 10))


def shuffle(data, dice):
    at, to = dice.randrange(len(data)), dice.randrange(len(data))
    size = dice.choice((4, 32, 500))
    data[to : to + size] = data[at : at + size]


def lose_start(data, dice):
    """Leave a piece of the file, as recorders send it after the first one."""
    del data[: dice.randrange(len(data))]


def move_slice(data, dice):
    """Take out a large part, and put it where another one was, once, twice or not at all."""
    at = dice.randrange(len(data))
    part = data[at : at + max(1, len(data) // dice.choice((3, 10, 30)))]
    del data[at : at + len(part)]
    to = dice.randrange(len(data) + 1)
    data[to:to] = part * dice.choice((0, 1, 2))


def insert_junk(data, dice):
    """Put foreign bytes before, after or between what was there."""
    size = dice.choice((1, 16, 400, 3000))
    junk = dice.randbytes(size) if dice.random() < 0.5 else dice.choice(INTERESTING) * size
    at = dice.choice((0, len(data), dice.randrange(len(data))))
    data[at:at] = junk[:size]


def join(data, dice):
    """Let another recording of the kind follow, whole or without its start."""
    if len(data) < LARGEST_JOINED:
        data += data[dice.choice((0, dice.randrange(len(data)))) :]


MUTATIONS = (
    *(flip, flip, overwrite, overwrite, cut_short, remove, repeat, shuffle),
    *(lose_start, move_slice, insert_junk, join),
)


def mutated(original, dice):
    data = bytearray(original)
    for _ in range(dice.choice((1, 1, 2, 4))):
        if data:
            dice.choice(MUTATIONS)(data, dice)
    return with_checksums(bytes(data)) if dice.random() < 0.7 else bytes(data)


def with_checksums(data):
    """Return Ogg pages with right checksums, so that they are read further."""
    pages = data.split(b"OggS")
    for index, page in enumerate(pages[1:], 1):
        if len(page) >= 23:
            crc = checksum(b"OggS" + page[:18] + bytes(4) + page[22:])
            pages[index] = page[:18] + struct.pack("<I", crc) + page[22:]
    return b"OggS".join(pages)


def is_cut(data, kind):
    """Return whether the file was cut. An AudioError is the only other outcome that passes."""
    try:
        pieces = split(data, kind, LIMITS)
    except AudioError:
        return False
    assert pieces
    assert all(piece.duration_s <= 20.001 for piece in pieces)
    assert all(a.end_s <= b.start_s + 1e-6 for a, b in pairwise(pieces))
    return True


@pytest.mark.parametrize("kind", MEDIA_TYPES)
def test_mutated_files_are_cut_or_refused(kind):
    dice = random.Random(f"{SEED} {kind}")
    original = sample(kind, SECONDS)
    outcomes = []
    for index in range(FILES // len(MEDIA_TYPES)):
        data = mutated(original, dice)
        outcomes.append(is_cut(data, kind))
        if index % 4 == 0:
            diagnose(data, kind, MEDIA_TYPES[kind].extension, LIMITS)
    # Both outcomes occur, or else the files are damaged too much or too little.
    assert any(outcomes)
    assert not all(outcomes)


@pytest.mark.parametrize("kind", MEDIA_TYPES)
def test_every_truncation_is_cut_or_refused(kind):
    original = sample(kind, 0.6)
    for size in range(0, len(original), max(1, len(original) // 60)):
        is_cut(original[:size], kind)
