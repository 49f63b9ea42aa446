"""What can be wrong with a recording.

AudioError
├── NotAudio           the bytes are something else
├── WrongKind          audio, but another container or codec than declared
├── TruncatedAudio     the file ends before what it announces
├── DamagedAudio       the file contradicts itself or does not decode
├── NoAudioStream      the container holds no sound
├── EncryptedAudio     the sound is there but locked
├── TooLongAudio       it lasts, or claims to last, longer than allowed
├── TooMuchWork        it took more processor time than allowed
└── WorkerLost         the process that worked on it died or had to be ended
"""

from typing import ClassVar


class AudioError(Exception):
    """Audio that can't be used; the message is for people.

    Args:
        found: what is in the bytes, as a phrase.
        expected: what should have been there, as a phrase.
    """

    code: ClassVar[str] = "invalid_audio"

    def __init__(self, found: str, expected: str) -> None:
        super().__init__(f"Expected {expected}, found {found}.")
        self.found = found
        self.expected = expected


class NotAudio(AudioError):
    """The bytes are not audio."""

    code = "not_audio"


class WrongKind(AudioError):
    """The bytes are audio of another kind than declared."""

    code = "wrong_kind"


class TruncatedAudio(AudioError):
    """The file ends before what it announces."""

    code = "truncated"


class DamagedAudio(AudioError):
    """The file contradicts itself or does not decode."""

    code = "damaged"


class NoAudioStream(AudioError):
    """The container holds no sound."""

    code = "no_audio_stream"


class EncryptedAudio(AudioError):
    """The sound is encrypted."""

    code = "encrypted"


class TooLongAudio(AudioError):
    """The recording lasts, or claims to last, longer than allowed."""

    code = "too_long"


class TooMuchWork(AudioError):
    """The recording took more processor time than allowed."""

    code = "too_much_work"


class WorkerLost(AudioError):
    """The process that worked on the recording died or had to be ended."""

    code = "worker_lost"


ERRORS: dict[str, type[AudioError]] = {
    cls.code: cls
    for cls in (
        AudioError,
        NotAudio,
        WrongKind,
        TruncatedAudio,
        DamagedAudio,
        NoAudioStream,
        EncryptedAudio,
        TooLongAudio,
        TooMuchWork,
        WorkerLost,
    )
}
