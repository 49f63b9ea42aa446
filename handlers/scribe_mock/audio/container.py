"""Opening recordings of every supported kind, and cutting them by copying packets."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

import numpy as np

from scribe_mock.audio import kinds
from scribe_mock.audio.errors import AudioError, DamagedAudio, NotAudio, WrongKind
from scribe_mock.audio.limits import Budget
from scribe_mock.audio.mp3 import cut_mp3, read_mp3
from scribe_mock.audio.mp4 import cut_mp4, read_mp4
from scribe_mock.audio.ogg import cut_ogg_opus, cut_ogg_vorbis, read_ogg
from scribe_mock.audio.track import Track
from scribe_mock.audio.wav import cut_wav, read_wav
from scribe_mock.audio.webm import cut_webm, read_webm

_READERS: dict[str, Callable[[bytes], Track]] = {
    "webm": read_webm,
    "wav": read_wav,
    "ogg": read_ogg,
    "mp4": read_mp4,
    "mp3": read_mp3,
}

# Each piece of a recording has its header again: a long one would become many times the file.
_LONGEST_HEADER = 16_384


@dataclass(frozen=True)
class Cut:
    """A complete file made of one stretch of a recording, and where that stretch truly lies."""

    data: bytes
    start_s: float
    end_s: float

    @property
    def duration_s(self) -> float:
        """Length in seconds."""
        return self.end_s - self.start_s


def open_track(data: bytes, kind: str, budget: Budget) -> Track:
    """Return the packets of a recording, checked but not decoded.

    Args:
        data: the whole file.
        kind: a canonical MIME type, one of `KINDS`.
        budget: bounds its length and the work.

    Raises:
        AudioError: it is not a complete recording of that kind.
    """
    declared = kinds.KINDS[kind]
    container = kinds.sniff(data)
    if container is None:
        raise NotAudio(kinds.describe(data), declared.name)
    if container != declared.container:
        raise WrongKind(kinds.CONTAINER_NAMES[container], declared.name)
    track = read_container(data, container)
    family = "pcm" if track.codec.startswith("pcm") else track.codec
    if family not in declared.codecs:
        raise WrongKind(f"{kinds.CONTAINER_NAMES[container]} with {track.codec}", declared.name)
    header = len(track.header) + len(track.extradata)
    if header > _LONGEST_HEADER:
        raise DamagedAudio(f"a file with a header of {header} bytes", declared.name)
    budget.check_work()
    budget.check_seconds(track.claimed_s)
    return replace(track, kind=kind)


def read_container(data: bytes, container: str) -> Track:
    """Return the packets of a file whose container is known.

    Raises:
        AudioError: the file is damaged, truncated, encrypted or holds no sound.
    """
    try:
        return _READERS[container](data)
    except AudioError:
        raise
    except (ValueError, IndexError, ArithmeticError, LookupError) as error:
        name = kinds.CONTAINER_NAMES[container]
        raise DamagedAudio(f"{name} that can't be read ({error})", f"{name} in order") from error


def check_claim(track: Track) -> None:
    """Refuse a counted track whose file announces far more than it holds.

    Raises:
        DamagedAudio: it announces a minute more than twice what there is.
    """
    there = track.duration_s()
    if track.claimed_s > 2 * there + 60:
        found = f"a file that claims {track.claimed_s:.0f} s and holds {there:.1f} s"
        raise DamagedAudio(found, "a file that lasts as long as it says")
    if not track.length():
        raise DamagedAudio("a file whose sound has no length", "a file with sound")


def cut(track: Track, stretches: Sequence[tuple[float, float]]) -> list[Cut]:
    """Return a complete file for each stretch, in the container and codec of the recording.

    Args:
        track: a counted track.
        stretches: (start, end) in seconds, in order and without overlap.
    """
    positions = [(_snap(track, start), _snap(track, end)) for start, end in stretches]
    return [_cut_one(track, start, end) for start, end in positions if end > start]


def _snap(track: Track, seconds: float) -> int:
    """Return the position nearest to a time at which the track can be cut.

    Players do not trim single samples at the end of MP4, nor at the start of Vorbis: those are cut
    where packets end.
    """
    position = min(max(0, round(seconds * track.rate)), track.length())
    is_mp4 = kinds.KINDS[track.kind].container == "mp4"
    exact = not is_mp4 and track.codec != "vorbis"
    if exact or position in (0, track.length()):
        return track.skip + position
    edges = track.edges
    nearest = int(edges[np.abs(edges - track.skip - position).argmin()])
    return min(max(nearest, track.skip), track.skip + track.length())


def _cut_one(track: Track, start: int, end: int) -> Cut:
    container = kinds.KINDS[track.kind].container
    if container == "webm":
        data = cut_webm(track, start, end)
    elif container == "wav":
        data = cut_wav(track, start, end)
    elif container == "mp3":
        data = cut_mp3(track, start, end)
    elif container == "mp4":
        data = cut_mp4(track, start, end, b"M4A " if track.kind == kinds.M4A else b"isom")
    else:
        data = (cut_ogg_opus if track.codec == "opus" else cut_ogg_vorbis)(track, start, end)
    return Cut(data, (start - track.skip) / track.rate, (end - track.skip) / track.rate)
