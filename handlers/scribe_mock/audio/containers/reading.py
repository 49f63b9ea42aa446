"""Reads recordings of any supported type, and checks them before they are decoded."""

from dataclasses import replace

from scribe_mock.audio.audio_errors import (
    AudioError,
    DamagedAudio,
    HeaderlessAudio,
    HeaderOnlyAudio,
    MultipartForm,
    NoAudioStream,
    NotAudio,
    TruncatedAudio,
    WrongKind,
)
from scribe_mock.audio.containers.registry import CONTAINERS, load_container
from scribe_mock.audio.limits import Budget
from scribe_mock.audio.media_types import MEDIA_TYPES, MediaType
from scribe_mock.audio.pieces import is_header_only
from scribe_mock.audio.sniffing import FORM, FRAGMENT, describe, recognise
from scribe_mock.audio.track import Track

# Each chunk of a recording repeats its header: a long one would multiply the size of the file.
_LONGEST_HEADER = 16_384


def open_track(data: bytes, media_type: str, budget: Budget) -> Track:
    """Return the packets of a recording, checked but not decoded.

    Args:
        data: the whole file.
        media_type: a canonical MIME type, one of `MEDIA_TYPES`.
        budget: bounds its length and the work.

    Raises:
        AudioError: it is not a complete recording of that type.
    """
    declared = MEDIA_TYPES[media_type]
    found = recognise(data, declared.container)
    if found != declared.container:
        raise _error_for(found)(describe(data, found), declared.description)
    track = read_container(data, found)
    _check_track(track, declared)
    budget.check_work()
    budget.check_seconds(track.claimed_s)
    return replace(track, media_type=media_type)


def _error_for(found: str | None) -> type[AudioError]:
    """Return the error for bytes of another format than the declared one."""
    if found is None:
        return NotAudio
    if found == FORM:
        return MultipartForm
    return HeaderlessAudio if found.endswith(FRAGMENT) else WrongKind


def _check_track(track: Track, declared: MediaType) -> None:
    if not declared.allows(track.codec):
        found = f"{CONTAINERS[declared.container].description} with {track.codec}"
        raise WrongKind(found, declared.description)
    header = len(track.header) + len(track.extradata)
    if header > _LONGEST_HEADER:
        raise DamagedAudio(f"a file with a header of {header} bytes", declared.description)


def read_container(data: bytes, name: str) -> Track:
    """Return the packets of a file whose container is known.

    Args:
        data: the whole file.
        name: a name in CONTAINERS.

    Raises:
        AudioError: the file is damaged, truncated, encrypted or holds no sound.
    """
    try:
        return load_container(name).read(data)
    except (NoAudioStream, TruncatedAudio) as error:
        if is_header_only(data, name):
            what = f"{CONTAINERS[name].description} with a header and no sound"
            raise HeaderOnlyAudio(what, error.expected) from error
        raise
    except AudioError:
        raise
    except (ValueError, IndexError, ArithmeticError, LookupError) as error:
        file = CONTAINERS[name].description
        raise DamagedAudio(
            f"{file} that can't be read ({error})", f"{file} without damage"
        ) from error


def check_claim(track: Track) -> None:
    """Refuse a counted track without any sound.

    Raises:
        DamagedAudio: there is nothing to hear in it.
    """
    if not track.length():
        raise DamagedAudio("a file whose sound has no length", "a file with sound")
