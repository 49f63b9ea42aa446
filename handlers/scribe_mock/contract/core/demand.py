"""A demand: what one rule requires, without the code that tries it."""

from dataclasses import dataclass

from scribe_mock.contract.core.grade import Grade


@dataclass(frozen=True, kw_only=True)
class Demand:
    """One sentence of the contract.

    Args:
        id: Dotted, from the general to the particular: `upload.limit.over`.
        sentence: What the contract says.
        source: The section of CONTRACT.md that says it, then the subsection and the row of a
            table, separated by commas; or a part of openapi.yaml.
        grade: How firmly it is published.
        operation: The operationId that it is about; empty for all operations.
    """

    id: str
    sentence: str
    source: str
    grade: Grade
    operation: str = ""

    @property
    def subject(self) -> str:
        """The first part of the id."""
        return self.id.partition(".")[0]

    @property
    def citation(self) -> str:
        """Where a reader finds the sentence: `CONTRACT.md, Upload audio, Checks, row 7`."""
        return (
            self.source if self.source.startswith("openapi.yaml") else f"CONTRACT.md, {self.source}"
        )
