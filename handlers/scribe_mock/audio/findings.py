"""The findings about one chunk: a code, what was found, and advice."""

from collections.abc import Callable, Iterable, Mapping

from scribe_mock.audio.audio_errors import (
    AudioError,
    HeaderlessAudio,
    HeaderOnlyAudio,
    TruncatedAudio,
)
from scribe_mock.audio.flaws import Flaw
from scribe_mock.audio.not_pcm import NotPcm
from scribe_mock.sessions.diagnosis import TOO_LONG, AudioFinding


def type_differs(message: str, expected: str) -> AudioFinding:
    """Return the finding for a chunk that is not what it was declared as."""
    advice = (
        f"Send {expected}, or declare what is sent: read the type from MediaRecorder.mimeType "
        "instead of hard-coding it."
    )
    return AudioFinding("declared_type_differs", message, advice, serious=True)


#: What to do about pieces of one recording.
_RESTART = (
    "Stop and start the recorder for each chunk instead of using its timeslice, or join the pieces "
    "of one recorder in their order before they are sent."
)


def form() -> AudioFinding:
    """Return the finding for a form that has the audio as one of its parts."""
    return AudioFinding(
        "multipart_form",
        "The audio is inside a multipart form.",
        "Send the file itself as the body, as in fetch(url, {body: blob}), and no FormData.",
        serious=True,
    )


def headerless(what: str) -> AudioFinding:
    """Return the finding for a piece of a recording that lacks its header, given what it is."""
    return AudioFinding(
        "headerless",
        f"The audio is {what}, so it cannot be decoded alone.",
        "Only the first piece of a recorder's file has the header, and pieces may be cut inside an "
        f"element. {_RESTART}",
        serious=True,
    )


def header_only(what: str) -> AudioFinding:
    """Return the finding for the header of a recording, given what it is."""
    return AudioFinding(
        "header_only",
        f"The audio is {what}.",
        f"The sound comes with the recorder's next pieces, as always in Chromium's MP4. {_RESTART}",
        serious=True,
    )


def truncated(message: str) -> AudioFinding:
    """Return the finding for a file that ends too early."""
    return AudioFinding(
        "truncated",
        message,
        "Send the chunk after the recorder's last dataavailable event, and check that the whole "
        "file is sent.",
        serious=True,
    )


def gap_inside(message: str) -> AudioFinding:
    """Return the finding for a file in which a part is missing."""
    return AudioFinding(
        "gap_inside",
        message,
        "Join all parts of one recording in the order of the dataavailable events, without leaving "
        "one out; and check that the microphone delivered sound all the time.",
        serious=True,
    )


def repeated_inside(message: str) -> AudioFinding:
    """Return the finding for a file in which a part is there twice."""
    return AudioFinding(
        "repeated_inside",
        message,
        "Add each part that the recorder delivers once, after a failed upload too.",
    )


def reordered_inside(message: str) -> AudioFinding:
    """Return the finding for a file whose parts are not in order."""
    return AudioFinding(
        "reordered_inside",
        message,
        "Join the parts of one recording in the order in which the recorder delivers them.",
        serious=True,
    )


def junk(message: str) -> AudioFinding:
    """Return the finding for a file with bytes that are no audio."""
    return AudioFinding(
        "junk",
        message,
        "Send the recorder's bytes as they are, with nothing before, between or after them.",
    )


def of_flaws(flaws: Iterable[Flaw]) -> list[AudioFinding]:
    """Return the findings for what is wrong with a recording although it can be used."""
    return [_OF_FLAW[flaw.code](f"{flaw.what}.") for flaw in flaws]


def broken(error: AudioError) -> AudioFinding:
    """Return the finding for a chunk that cannot be read."""
    if isinstance(error, TruncatedAudio):
        return truncated(f"The audio is {error.found}.")
    if isinstance(error, HeaderlessAudio):
        return headerless(error.found)
    if isinstance(error, HeaderOnlyAudio):
        return header_only(error.found)
    return AudioFinding(
        error.code,
        f"The audio is {error.found}.",
        f"Send {error.expected}.",
        serious=True,
    )


def sent_again(name: str, times: int) -> AudioFinding:
    """Return the finding for a single recording that replaced an earlier one of the same name."""
    return AudioFinding(
        "sent_again",
        f"The recording {name} arrived {times} times; what came last is stored.",
        "Browsers and curl repeat an upload by themselves when its answer is lost: the session's "
        "ledger says whether the bytes were the same. Give another recording another name.",
    )


def too_long(duration_s: float, longest_s: float) -> AudioFinding:
    """Return the finding for a chunk longer than what discovery advertises."""
    return AudioFinding(
        TOO_LONG,
        f"The chunk lasts {duration_s:.1f} s; at most {longest_s:.0f} s are recommended.",
        "Start a new chunk after about 10 s, at the latest after 20 s.",
    )


def not_pcm(found: NotPcm) -> AudioFinding:
    """Return the finding for a stream that is not 16-bit PCM."""
    return AudioFinding(
        "not_pcm",
        f"The stream should be bare 16-bit PCM but is {found.what}.",
        f"{found.remedy[0].upper()}{found.remedy[1:]}.",
        serious=True,
    )


def silent(loudness_dbfs: float) -> AudioFinding:
    """Return the finding for a chunk in which nothing can be heard."""
    return AudioFinding(
        "silent",
        f"There is no sound in the chunk ({loudness_dbfs:.0f} dBFS).",
        "Check that the right microphone is selected and not muted, and that the recorder's "
        "audioBitsPerSecond is above 2,000: with less Chromium records silence.",
        serious=True,
    )


def too_quiet(loudness_dbfs: float) -> AudioFinding:
    """Return the finding for a chunk that is hard to understand."""
    return AudioFinding(
        "too_quiet",
        f"The chunk is very quiet ({loudness_dbfs:.0f} dBFS).",
        "Raise the microphone's gain, turn on autoGainControl, or move closer.",
    )


def no_speech(duration_s: float) -> AudioFinding:
    """Return the finding for a chunk with sound and without speech.

    It is not serious, since a pause in a conversation is as good a chunk as any.
    """
    return AudioFinding(
        "no_speech",
        f"No speech was found in the {duration_s:.1f} s of the chunk, though it is not silent.",
        "Check that the right source is recorded: this may be noise, a tone or music. A pause in "
        "a conversation needs no change.",
    )


def clipped(places: int) -> AudioFinding:
    """Return the finding for a chunk that was recorded too loud."""
    return AudioFinding(
        "clipped",
        f"The sound is cut off at its loudest in {places} samples.",
        "Lower the microphone's gain.",
    )


def sound_left_out(message: str) -> AudioFinding:
    """Return the finding for sound of a recording that was not taken for speech."""
    return AudioFinding(
        "sound_left_out",
        message,
        "If somebody speaks there: raise the microphone's gain, move closer, or send chunks "
        "instead of one recording.",
    )


#: How to make the finding for a flaw, by its code.
_OF_FLAW: Mapping[str, Callable[[str], AudioFinding]] = {
    "truncated": truncated,
    "gap_inside": gap_inside,
    "repeated_inside": repeated_inside,
    "reordered_inside": reordered_inside,
    "junk": junk,
    "sound_left_out": sound_left_out,
}
