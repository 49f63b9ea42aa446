"""The registry of container formats, and reading recordings by it.

A new format needs a module with a ContainerFormat, one entry here, and its first bytes in `kinds`.
"""

from dataclasses import replace

from scribe_mock.audio import kinds
from scribe_mock.audio.audio_errors import AudioError, DamagedAudio, NotAudio, WrongKind
from scribe_mock.audio.containers import mp3, mp4, ogg, wav, webm
from scribe_mock.audio.containers.container_format import ContainerFormat
from scribe_mock.audio.limits import Budget
from scribe_mock.audio.track import Track

#: Container formats by name.
FORMATS: dict[str, ContainerFormat] = {
    one.name: one for one in (webm.FORMAT, wav.FORMAT, ogg.FORMAT, mp4.FORMAT, mp3.FORMAT)
}

# Each chunk of a recording repeats its header: a long one would multiply the size of the file.
_LONGEST_HEADER = 16_384


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
        return FORMATS[container].read(data)
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
