"""Reading and writing files of one container format."""

from collections.abc import Callable
from dataclasses import dataclass

from scribe_mock.audio.track import Track


def always(_: Track) -> bool:
    """Return True: for a format that can be cut at any sample."""
    return True


@dataclass(frozen=True)
class Container:
    """The functions for one container format.

    Args:
        read: takes a whole file, and returns its packets; raises AudioError.
        write: takes a track and two positions in samples, and returns a complete file with the
            sound between them.
        cuts_anywhere: whether players stop at the exact sample; otherwise a track is cut between
            packets.
    """

    read: Callable[[bytes], Track]
    write: Callable[[Track, int, int], bytes]
    cuts_anywhere: Callable[[Track], bool] = always
