"""Grades: how firmly a rule is published (CONTRACT.md, "Grades")."""

from enum import StrEnum


class Grade(StrEnum):
    """The grade of a rule, from the firmest; a deviation from an inferred rule is only a note."""

    DOCUMENTED = "documented"
    PROTOCOL = "protocol"
    INFERRED = "inferred"

    @property
    def binding(self) -> bool:
        """Whether a server that deviates breaks the contract."""
        return self is not Grade.INFERRED


def weaker(one: Grade, other: Grade | None) -> Grade:
    """The less firm of two grades."""
    return max(one, other or one, key=list(Grade).index)
