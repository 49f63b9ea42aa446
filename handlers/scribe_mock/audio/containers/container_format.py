"""What the program knows of one container format."""

from collections.abc import Callable
from dataclasses import dataclass

from scribe_mock.audio.track import Track


def always(_: Track) -> bool:
    """The answer for a format that can be cut at any sample."""
    return True


@dataclass(frozen=True)
class ContainerFormat:
    """One container format.

    Args:
        name: As `kinds.sniff` names it.
        read: The packets of a whole file; raises AudioError.
        write: A complete file of the samples from one position of a track to another.
        cuts_anywhere: Whether players stop at the exact sample; otherwise a track is cut between
            packets.
    """

    name: str
    read: Callable[[bytes], Track]
    write: Callable[[Track, int, int], bytes]
    cuts_anywhere: Callable[[Track], bool] = always
