"""A fault: one deviation from a rule, as one request showed it."""

from dataclasses import dataclass

from scribe_mock.contract.core.grade import Grade
from scribe_mock.contract.plain_text import plain
from scribe_mock.contract.transport.message import Answer, Request

#: Characters of a key; a server's texts may be part of it.
_LONGEST_KEY = 500


@dataclass(frozen=True, kw_only=True)
class Fault:
    """One deviation, as one request showed it.

    Args:
        expected, got: Text for reports, whatever a server sent; it is made printable.
        answer: The answer that shows the fault.
        key: Faults of one rule with the same key are merged; by default, those with the same text.
        grade: A weaker grade than the rule's, if only an inferred part of the rule is broken.
        wanted: The refusal that the contract wants, if another answer came: `400 session_ended`.
        group: Faults of several rules with the same group are merged; by default, those with the
            same wrong refusal instead of the same wanted one.
        together: The requests that have to be sent at the same time to see the fault.
    """

    expected: str
    got: str
    answer: Answer | None = None
    key: str = ""
    grade: Grade | None = None
    wanted: str = ""
    group: str = ""
    together: tuple[Request, ...] = ()

    def __post_init__(self) -> None:
        object.__setattr__(self, "expected", plain(self.expected))
        object.__setattr__(self, "got", plain(self.got))
        object.__setattr__(self, "key", self.key[:_LONGEST_KEY])

    def common(self) -> tuple[str, ...] | None:
        """Faults of any rules for which this is equal are merged; None: never merged."""
        if self.group:
            return (self.group,)
        if not self.wanted or self.answer is None or not self.answer.refused:
            return None
        return self.wanted, str(self.answer)
