"""What a run tells its reporters while it goes on, and the report at its end."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from scribe_mock.contract.core.ledger import ContractFinding, Result, Verdict
from scribe_mock.contract.core.options import Options
from scribe_mock.contract.core.rule import Rule
from scribe_mock.contract.recipes.coverage import Cell


@dataclass(frozen=True, kw_only=True)
class Started:
    """The server answers, and these rules are about to be tried."""

    options: Options
    rules: Sequence[Rule]


@dataclass(frozen=True, kw_only=True)
class RuleEnded:
    """One rule was tried; what it found may still be merged with what others find."""

    rule: Rule
    verdict: Verdict
    requests: int
    sent_bytes: int


@dataclass(frozen=True, kw_only=True)
class Report:
    """A whole run.

    Args:
        options: What was asked for.
        results: One for each rule, in the order of the rules.
        findings: Each fault once; binding ones first.
        coverage: What was reached.
        requests: How many were sent.
        sent_bytes: Bytes of their bodies.
        seconds: How long it all took.
    """

    options: Options
    results: Sequence[Result]
    findings: Sequence[ContractFinding]
    coverage: Sequence[Cell]
    requests: int
    sent_bytes: int
    seconds: float

    @property
    def failures(self) -> list[ContractFinding]:
        """Findings that break the contract; notes too when the run is strict."""
        return [one for one in self.findings if self.options.strict or not one.is_note]

    @property
    def notes(self) -> list[ContractFinding]:
        """Findings that break no more than an inferred rule."""
        return [one for one in self.findings if one.is_note and not self.options.strict]

    @property
    def exit_code(self) -> int:
        """0 when the server keeps the contract, else 1."""
        return 1 if self.failures else 0

    def count(self, verdict: Verdict) -> int:
        """How many rules ended so."""
        return sum(result.verdict is verdict for result in self.results)


Event = Started | RuleEnded | Report
Listener = Callable[[Event], None]
