"""The errors about recordings. Their codes are codes of findings too.

AudioError
├── NotAudio           the bytes are something else
│   └── MultipartForm  they are a form with a file in it
├── HeaderlessAudio    a piece of a recording, without the header that decoding needs
├── HeaderOnlyAudio    the header of a recording, without sound
├── WrongKind          audio, but another container or codec than declared
├── TruncatedAudio     the file ends before what it announces
├── DamagedAudio       the file contradicts itself or does not decode
├── NoAudioStream      the container has no audio stream
├── EncryptedAudio     the audio is encrypted
├── TooLongAudio       it lasts, or says that it lasts, longer than allowed
├── TooMuchWork        it needs more processor time than allowed
└── WorkerLost         the decoding process ended before it had an answer
"""

from typing import ClassVar


class AudioError(Exception):
    """Audio that cannot be used. The message says what was expected and what was found.

    Args:
        found: what the bytes are, as a phrase after "found" or "The chunk is".
        expected: what they should be, as a phrase after "Expected" or "Send".
    """

    code: ClassVar[str] = "invalid_audio"

    def __init__(self, found: str, expected: str) -> None:
        super().__init__(f"Expected {expected}, found {found}.")
        self.found = found
        self.expected = expected


class NotAudio(AudioError):
    """The bytes are not audio."""

    code = "not_audio"


class MultipartForm(NotAudio):
    """The bytes are a multipart form, with the audio as one of its parts."""

    code = "multipart_form"


class HeaderlessAudio(AudioError):
    """The bytes are a piece of a recording without the header that decoding needs."""

    code = "headerless"


class HeaderOnlyAudio(AudioError):
    """The file has a header and no sound."""

    code = "header_only"


class WrongKind(AudioError):
    """The bytes are audio of another container or codec than declared."""

    code = "wrong_kind"


class TruncatedAudio(AudioError):
    """The file ends before what it announces."""

    code = "truncated"


class DamagedAudio(AudioError):
    """The file contradicts itself or does not decode."""

    code = "damaged"


class NoAudioStream(AudioError):
    """The container has no audio stream."""

    code = "no_audio_stream"


class EncryptedAudio(AudioError):
    """The audio is encrypted."""

    code = "encrypted"


class TooLongAudio(AudioError):
    """The recording lasts, or says that it lasts, longer than allowed."""

    code = "too_long"


class TooMuchWork(AudioError):
    """The recording needs more processor time than allowed."""

    code = "too_much_work"


class Overdue(TooMuchWork):
    """The recording was not decoded in the time that it may take, since the machine is busy."""


class WorkerLost(AudioError):
    """The decoding process ended before it had an answer."""

    code = "worker_lost"


ERRORS: dict[str, type[AudioError]] = {
    cls.code: cls
    for cls in (
        AudioError,
        NotAudio,
        MultipartForm,
        HeaderlessAudio,
        HeaderOnlyAudio,
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
