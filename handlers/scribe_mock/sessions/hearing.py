"""What a transcript has when parts of what was said did not arrive."""

from collections.abc import Iterator, Sequence
from dataclasses import replace

from scribe_mock.sessions.outcomes import Outcome, ProcessingError
from scribe_mock.sessions.sentences import Sentence, transcript_of
from scribe_mock.sessions.states import State

#: A start and an end in a recording, in seconds.
Stretch = tuple[float, float]

#: The share of a sentence's time that must have arrived for the sentence to be understood.
ENOUGH = 0.8
#: The most stretches that an outcome names one by one.
_MOST_NAMED = 100


def heard(outcome: Outcome, sentences: Sequence[Sentence], missing: Sequence[Stretch]) -> Outcome:
    """An outcome whose transcript has the sentences that arrived.

    It is `partial` if one did not arrive, with an error for each stretch that the lost ones need.
    A failed outcome stays as it is: it has no transcript.

    Args:
        outcome: what there would be if all had arrived.
        sentences: all that was said, each with its time.
        missing: what did not arrive, none of it twice.
    """
    lost = [one for one in sentences if not _is_understood(one, missing)]
    if not lost or outcome.state is State.FAILED:
        return outcome
    left = [one for one in sentences if one not in lost]
    return replace(
        outcome,
        state=State.PARTIAL,
        transcript=transcript_of(left),
        language=outcome.language if left else None,
        errors=[*outcome.errors, *_errors(lost, missing)],
    )


def _is_understood(sentence: Sentence, missing: Sequence[Stretch]) -> bool:
    if sentence.at is None:
        return True
    start, end = sentence.at
    without = sum(_overlap(sentence.at, stretch) for stretch in missing)
    return without <= (1 - ENOUGH) * (end - start) + 1e-9


def _overlap(one: Stretch, other: Stretch) -> float:
    return max(0.0, min(one[1], other[1]) - max(one[0], other[0]))


def _errors(lost: Sequence[Sentence], missing: Sequence[Stretch]) -> Iterator[ProcessingError]:
    times = [sentence.at for sentence in lost if sentence.at is not None]
    needed = [one for one in sorted(missing) if any(_overlap(one, time) for time in times)]
    for start, end in needed[:_MOST_NAMED]:
        message = f"Seconds {start:.1f} to {end:.1f} of what was said did not arrive."
        yield ProcessingError("audio_missing", message)
    if len(needed) > _MOST_NAMED:
        more = f"{len(needed) - _MOST_NAMED} more stretches of what was said did not arrive."
        yield ProcessingError("audio_missing", more)
