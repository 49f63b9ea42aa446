"""What was said in a scenario: its sentences with their times, and the recording of them."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from scribe_mock.audio.audio_errors import AudioError
from scribe_mock.audio.limits import MAX_REFERENCE_BYTES
from scribe_mock.scenarios.recordings import recordings
from scribe_mock.scenarios.yaml_document import YamlDocument
from scribe_mock.sessions.sentences import Sentence

#: The most recordings that an error message lists.
_MOST_LISTED = 20


@dataclass(frozen=True)
class Spoken:
    """What was said; `audio` is the recording of it, if there is one.

    Either each of the sentences has a time in the recording, or none has.
    """

    audio: Path | None = None
    sentences: Sequence[Sentence] = ()

    @property
    def is_timed(self) -> bool:
        """Whether it is known when each sentence was said."""
        return bool(self.sentences) and self.sentences[0].at is not None


def read_spoken(document: YamlDocument, data: Mapping[str, Any], fixtures: Path | None) -> Spoken:
    """Read what was said in a scenario.

    Args:
        document: its file.
        data: the contents, checked against the schema.
        fixtures: the user's folder of fixtures; None for the one that ships.

    Raises:
        FixtureError: there is no such recording, or the times are wrong.
    """
    audio, length = None, math.inf
    if "audio" in data:
        audio = _recording(document, data["audio"], fixtures)
        if fixtures is not None:  # the tests check the one that ships
            length = _length(document, audio)
    if isinstance(data["transcript"], str):
        return Spoken(audio)
    _check_times(document, data, length)
    return Spoken(audio, [_sentence(entry) for entry in data["transcript"]])


def _recording(document: YamlDocument, name: str, fixtures: Path | None) -> Path:
    known = recordings(fixtures)
    if name not in known:
        listed = ", ".join([*known][:_MOST_LISTED])
        more = " …" if len(known) > _MOST_LISTED else ""
        expected = f"expected a recording of the fixtures, one of {listed}{more}"
        raise document.error(["audio"], f"{expected}; not {name[:100]!r}")
    return known[name]


def _sentence(entry: Mapping[str, Any]) -> Sentence:
    at = (float(entry["at"][0]), float(entry["at"][1])) if "at" in entry else None
    return Sentence(entry["text"], entry.get("speaker"), at)


def _check_times(document: YamlDocument, data: Mapping[str, Any], length: float) -> None:
    """Raise FixtureError unless no sentence has a time, or all have one, one after another."""
    timed = ["at" in entry for entry in data["transcript"]]
    if not any(timed):
        return
    if "audio" not in data:
        expected = "expected `audio: FILE` beside the transcript, the recording of these times"
        raise document.error(["transcript", timed.index(True), "at"], expected)
    if not all(timed):
        expected = "expected `at: [START, END]`, as other sentences have it"
        raise document.error(["transcript", timed.index(False)], expected)
    earlier = 0.0
    for index, entry in enumerate(data["transcript"]):
        start, end = entry["at"]
        wrong = _wrong_time(start, end, earlier, length)
        if wrong:
            raise document.error(["transcript", index, "at"], wrong)
        earlier = end


def _wrong_time(start: float, end: float, earlier: float, length: float) -> str:
    """What is wrong with a time; empty if nothing is."""
    if end <= start:
        return f"expected an end after the start, not [{start:g}, {end:g}]"
    if start < earlier:
        return f"expected a start at {earlier:g} or later, where the sentence before it ends"
    if end > length:
        return f"expected an end at {length:.2f} or earlier, where the recording ends"
    return ""


def _length(document: YamlDocument, audio: Path) -> float:
    if audio.stat().st_size > MAX_REFERENCE_BYTES:
        expected = f"expected a recording of at most {MAX_REFERENCE_BYTES} bytes (128 MiB)"
        raise document.error(["audio"], f"{expected}, such as Ogg with Opus")
    # Imported here, since it needs the decoders' libraries and few servers have such fixtures.
    from scribe_mock.audio.recording_length import recording_seconds

    try:
        return recording_seconds(audio)
    except (AudioError, OSError) as error:
        reason = str(error).rstrip(".")
        raise document.error(["audio"], f"{audio} is no recording: {reason}") from None
