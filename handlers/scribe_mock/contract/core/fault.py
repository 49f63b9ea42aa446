"""A fault: one deviation from a rule, as one request showed it."""

from dataclasses import dataclass

from scribe_mock.contract.core.grade import Grade
from scribe_mock.contract.transport.message import Answer, Request


@dataclass(frozen=True, kw_only=True)
class Fault:
    """One deviation, as one request met it.

    Args:
        expected, got: For a person.
        answer: The answer that shows it.
        key: Faults of one rule with the same key are one; by default, those that read the same.
        grade: Weaker than the rule's own, where only a part of what it says was broken.
        wanted: The refusal that was due, where another came: `400 session_ended`.
        group: Faults of several rules with the same group are one; by default, those that meet
            the same wrong refusal.
        together: The requests that have to be sent at once to see it.
    """

    expected: str
    got: str
    answer: Answer | None = None
    key: str = ""
    grade: Grade | None = None
    wanted: str = ""
    group: str = ""
    together: tuple[Request, ...] = ()

    def common(self) -> tuple[str, ...] | None:
        """What makes two faults one, whichever rules met them."""
        if self.group:
            return (self.group,)
        if not self.wanted or self.answer is None or not self.answer.refused:
            return None
        return self.wanted, str(self.answer)
