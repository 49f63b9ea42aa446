"""Something that is wrong with the audio of a session."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Problem:
    """A code, a sentence, and the number of the chunk, if it is about one."""

    code: str
    message: str
    sequence: int | None = None
