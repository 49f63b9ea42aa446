"""The sentences of a transcript, and when each of them was said."""

from collections.abc import Iterable
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Sentence:
    """One sentence; `at` is its start and end in the recording, in seconds, if that is known."""

    text: str
    speaker: str | None = None
    at: tuple[float, float] | None = None


def transcript_of(sentences: Iterable[Sentence]) -> str:
    """Sentences as the text of a transcript: a line for each time that somebody speaks.

    Args:
        sentences: in the order in which they were said.
    """
    lines: list[list[str]] = []
    before: str | None = None
    for sentence in sentences:
        if not lines or sentence.speaker != before:
            lines.append([f"{sentence.speaker}:"] if sentence.speaker else [])
        lines[-1].append(sentence.text)
        before = sentence.speaker
    return "".join(f"{' '.join(line)}\n" for line in lines)
