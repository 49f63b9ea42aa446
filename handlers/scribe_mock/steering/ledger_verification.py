"""Compares the audio of a session with the digests that a test expects."""

from collections import Counter
from collections.abc import Sequence
from typing import Any

from scribe_mock.control_errors import VerificationFailed

#: How many differences of each kind are named.
_MOST = 100


def verify_digests(found: Sequence[str | None], wanted: Sequence[str]) -> None:
    """Raise VerificationFailed unless both are the same digests in the same order.

    Args:
        found: The digests of what is stored, in order; None where one is not known.
        wanted: The expected ones.
    """
    if list(found) == list(wanted):
        return
    left = Counter(found)
    missing, unexpected = [], []
    kept_wanted: list[str] = []
    kept_found: list[tuple[int, str]] = []
    for place, digest in enumerate(wanted):
        if left[digest]:
            left[digest] -= 1
            kept_wanted.append(digest)
        else:
            missing.append({"place": place, "sha256": digest})
    left = Counter(kept_wanted)
    for place, other in enumerate(found):
        if other is not None and left[other]:
            left[other] -= 1
            kept_found.append((place, other))
        else:
            unexpected.append({"place": place, "sha256": other})
    pairs = zip(kept_wanted, kept_found, strict=True)
    moved = [{"place": place, "sha256": got} for want, (place, got) in pairs if want != got]
    raise VerificationFailed(
        f"The session has other audio: {_in_words(missing, unexpected, moved)}.",
        missing=missing[:_MOST],
        unexpected=unexpected[:_MOST],
        moved=moved[:_MOST],
    )


def _in_words(missing: Sequence[Any], unexpected: Sequence[Any], moved: Sequence[Any]) -> str:
    told = []
    if missing:
        told.append(f"{_numbers(missing)} of the expected ones {_is(missing)} missing")
    if unexpected:
        told.append(f"{_numbers(unexpected)} of the stored ones {_is(unexpected)} not expected")
    if moved:
        told.append(f"{_numbers(moved)} of the stored ones {_is(moved)} at another place")
    return "; ".join(told)


def _numbers(places: Sequence[Any]) -> str:
    shown = ", ".join(str(each["place"]) for each in places[:10])
    more = f" and {len(places) - 10} more" if len(places) > 10 else ""
    return f"number {shown}{more}" if len(places) == 1 else f"numbers {shown}{more}"


def _is(places: Sequence[Any]) -> str:
    return "is" if len(places) == 1 else "are"
