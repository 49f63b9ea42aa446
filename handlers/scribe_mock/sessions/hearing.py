"""What a transcript has when parts of what was said did not arrive."""

from bisect import bisect_left, bisect_right
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from scribe_mock.sessions.outcomes import Outcome, ProcessingError
from scribe_mock.sessions.sentences import Sentence, transcript_of
from scribe_mock.sessions.states import State

#: The share of a sentence's time that must have arrived for the sentence to be understood.
ENOUGH = 0.8
#: The most stretches that an outcome names one by one.
_MOST_NAMED = 100


@dataclass(frozen=True, slots=True)
class Loss:
    """A stretch of what was said that can't be understood.

    Args:
        start_s: where it begins in the recording, in seconds.
        end_s: where it ends.
        arrived: whether something else arrived in its place.
    """

    start_s: float
    end_s: float
    arrived: bool = False

    def of(self, time: tuple[float, float]) -> float:
        """How many seconds it takes from this time."""
        return max(0.0, min(self.end_s, time[1]) - max(self.start_s, time[0]))

    @property
    def error(self) -> ProcessingError:
        """What an outcome says of it."""
        seconds = f"Seconds {self.start_s:.1f} to {self.end_s:.1f} of what was said"
        if self.arrived:
            message = f"{seconds} can't be recognised in what arrived."
            return ProcessingError("audio_distorted", message)
        return ProcessingError("audio_missing", f"{seconds} did not arrive.")


def heard(outcome: Outcome, sentences: Sequence[Sentence], losses: Sequence[Loss]) -> Outcome:
    """An outcome whose transcript has the sentences that arrived.

    It is `partial` if one did not arrive, with an error for each loss that takes from such ones.
    A failed outcome stays as it is: it has no transcript.

    Args:
        outcome: what there would be if all had arrived.
        sentences: all that was said, each with its time.
        losses: what can't be understood, no second of it twice.
    """
    lost = _Lost(losses)
    understood = [lost.leaves(sentence) for sentence in sentences]
    if all(understood) or outcome.state is State.FAILED:
        return outcome
    left = [one for one, is_left in zip(sentences, understood, strict=True) if is_left]
    gone = [one for one, is_left in zip(sentences, understood, strict=True) if not is_left]
    return replace(
        outcome,
        state=State.PARTIAL,
        transcript=transcript_of(left),
        language=outcome.language if left else None,
        errors=[*outcome.errors, *_errors(lost.from_any(gone))],
    )


class _Lost:
    """Looks up losses by their time, since there may be thousands of them."""

    def __init__(self, losses: Sequence[Loss]) -> None:
        # No second is lost twice, so the ends are in the same order.
        self._losses = sorted(losses, key=lambda loss: loss.start_s)
        self._starts = [loss.start_s for loss in self._losses]
        self._ends = [loss.end_s for loss in self._losses]

    def leaves(self, sentence: Sentence) -> bool:
        """Whether enough of a sentence is left to be understood."""
        if sentence.at is None:
            return True
        start, end = sentence.at
        without = sum(self._losses[place].of(sentence.at) for place in self._within(start, end))
        return without <= (1 - ENOUGH) * (end - start) + 1e-9

    def from_any(self, sentences: Sequence[Sentence]) -> list[Loss]:
        """The losses that take from one of the sentences, in order."""
        times = [sentence.at for sentence in sentences if sentence.at is not None]
        places = {place for start, end in times for place in self._within(start, end)}
        return [self._losses[place] for place in sorted(places)]

    def _within(self, start: float, end: float) -> range:
        return range(bisect_right(self._ends, start), bisect_left(self._starts, end))


def _errors(guilty: Sequence[Loss]) -> Iterator[ProcessingError]:
    for loss in guilty[:_MOST_NAMED]:
        yield loss.error
    if len(guilty) > _MOST_NAMED:
        more = f"{len(guilty) - _MOST_NAMED} more stretches of what was said did not arrive."
        yield ProcessingError("audio_missing", more)
