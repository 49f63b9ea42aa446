"""The figures of one process in Prometheus' text format: what was asked, and what that cost.

No label has anything that a client chose: operations are those of the specs, codes those of the
contract, statuses are few. What is neither counts as `other`, so the number of lines is bounded.
"""

from bisect import bisect_left
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from scribe_mock import control_errors, errors

#: The upper bounds of the classes of the histogram of durations, in seconds.
BOUNDS = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0)
#: The most combinations of operation, status and code. A fault can answer with any status.
MAX_ANSWERS = 1000

#: Family → its type and what it counts.
_FAMILIES = {
    "requests_total": ("counter", "Requests and streams by operation, status and error code."),
    "request_bytes_total": ("counter", "Bytes of request bodies and of streams."),
    "answer_bytes_total": ("counter", "Bytes of the bodies of answers."),
    "request_duration_seconds": ("histogram", "Time until an answer was sent; not of streams."),
    "faults_fired_total": ("counter", "Faults that fired, by action."),
    "decode_seconds_total": ("counter", "Time that decoding processes were busy."),
    "sessions": ("gauge", "Sessions in the store."),
    "stored_bytes": ("gauge", "Bytes of audio in the store."),
}
#: Codes that no class of errors has: of heads that uvicorn's parser refuses, and of `Prefer`.
_OTHER_CODES = {"headers_too_large", "request_timeout", "rate_limit_exceeded"}
#: Codes of WebSockets that are closed: the protocol's, and the contract's.
_CLOSE_CODES = {str(code) for code in (*range(1000, 1016), *range(4000, 4016))}

#: Family → the text before a value, such as `{action="cut"}` → the value.
Samples = dict[str, dict[str, float]]


@dataclass(slots=True)
class _Answers:
    """Requests of one operation with the same answer, and what they cost."""

    count: int = 0
    received: int = 0
    sent: int = 0
    seconds: float = 0.0
    #: How many took at most each bound, and more than all of them.
    classes: list[int] = field(default_factory=lambda: [0] * (len(BOUNDS) + 1))


class Metrics:
    """Counts what one process does.

    Args:
        fired: How often faults fired, by their action.
        busy_seconds: Tells for how long decoding processes were busy.
    """

    def __init__(self, fired: Mapping[str, int], busy_seconds: Callable[[], float]) -> None:
        self._fired = fired
        self._busy_seconds = busy_seconds
        # By operation, status and code.
        self._answers: dict[tuple[str | None, int, str | None], _Answers] = {}
        self._codes = {None, *_CLOSE_CODES, *_OTHER_CODES, *_codes_of(errors.ApiError)}

    def add(
        self,
        operation: str | None,
        status: int,
        code: str | None,
        received: int,
        sent: int,
        seconds: float | None,
    ) -> None:
        """Count one request or stream that is over.

        Args:
            operation: Its operationId; None for a page, or a path that the specs do not have.
            status: The status of the answer; 0 for none.
            code: The error code, or the close code of a stream.
            received: Bytes of its body.
            sent: Bytes of the answer's body.
            seconds: How long it took until the answer was sent; None for a stream.
        """
        # Called for each request: every look-up that is saved here counts.
        answers = self._answers.get((operation, status, code))
        if answers is None:
            answers = self._bounded(operation, status, code)
        answers.count += 1
        answers.received += received
        answers.sent += sent
        if seconds is not None:
            answers.seconds += seconds
            answers.classes[bisect_left(BOUNDS, seconds)] += 1

    def _bounded(self, operation: str | None, status: int, code: str | None) -> _Answers:
        key = operation, status, code if code in self._codes else "other"
        if key not in self._answers and len(self._answers) >= MAX_ANSWERS:
            key = operation, 0, "other"
        return self._answers.setdefault(key, _Answers())

    def samples(self) -> Samples:
        """What was counted."""
        samples: Samples = {name: {} for name in _FAMILIES}
        together: dict[str, list[_Answers]] = {}
        for (operation, status, code), answers in self._answers.items():
            name = operation or "none"
            labels = f'{{operation="{name}",status="{status}",code="{code or ""}"}}'
            samples["requests_total"][labels] = answers.count
            together.setdefault(name, []).append(answers)
        for name, found in together.items():
            labels = f'{{operation="{name}"}}'
            samples["request_bytes_total"][labels] = sum(each.received for each in found)
            samples["answer_bytes_total"][labels] = sum(each.sent for each in found)
            samples["request_duration_seconds"] |= _histogram(name, found)
        for action, count in self._fired.items():
            samples["faults_fired_total"][f'{{action="{action}"}}'] = count
        samples["decode_seconds_total"][""] = self._busy_seconds()
        return samples


def added(first: Samples, second: Samples) -> Samples:
    """The sums of two servers' samples."""
    sums: Samples = {}
    for name, values in first.items():
        others = second.get(name, {})
        keys = [*values, *(key for key in others if key not in values)]
        sums[name] = {key: values.get(key, 0) + others.get(key, 0) for key in keys}
    return sums


def text_of(samples: Samples, usage: tuple[int, int] | None) -> str:
    """Prometheus' text format.

    Args:
        samples: What was counted.
        usage: The sessions and the bytes in the store; None while it can't be reached.
    """
    stored: Samples = {}
    if usage is not None:
        stored = {"sessions": {"": usage[0]}, "stored_bytes": {"": usage[1]}}
    lines = []
    for name, (kind, explained) in _FAMILIES.items():
        lines += [f"# HELP scribe_mock_{name} {explained}", f"# TYPE scribe_mock_{name} {kind}"]
        values = stored.get(name) or samples.get(name, {})
        lines += [f"scribe_mock_{name}{key} {value:.15g}" for key, value in values.items()]
    return "\n".join(lines) + "\n"


def _histogram(name: str, found: Sequence[_Answers]) -> dict[str, float]:
    lines: dict[str, float] = {}
    count = 0
    classes = [sum(each) for each in zip(*(answers.classes for answers in found), strict=True)]
    for bound, more in zip((*map(str, BOUNDS), "+Inf"), classes, strict=True):
        count += more
        lines[f'_bucket{{operation="{name}",le="{bound}"}}'] = count
    labels = f'{{operation="{name}"}}'
    return lines | {f"_sum{labels}": sum(each.seconds for each in found), f"_count{labels}": count}


def _codes_of(error: type[errors.ApiError]) -> Iterator[str]:
    """The codes of a class of errors and of those below it, in both modules of errors."""
    assert control_errors  # it defines classes below ApiError
    if hasattr(error, "code"):
        yield error.code
    for below in error.__subclasses__():
        yield from _codes_of(below)
