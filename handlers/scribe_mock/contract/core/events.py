"""The events of a run, for its reporters, and the report at its end."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cached_property

from scribe_mock.contract.against.difference import Difference
from scribe_mock.contract.core.cleaning import Left
from scribe_mock.contract.core.ledger import ContractFinding, Result, Verdict
from scribe_mock.contract.core.options import Options
from scribe_mock.contract.core.rule import Rule
from scribe_mock.contract.core.verdict import RunVerdict
from scribe_mock.contract.recipes.coverage import Cell


@dataclass(frozen=True, kw_only=True)
class Started:
    """The server answers; these rules will be tried next."""

    options: Options
    rules: Sequence[Rule]


@dataclass(frozen=True, kw_only=True)
class RuleEnded:
    """One rule was tried; its findings may still be merged with those of other rules."""

    rule: Rule
    verdict: Verdict
    requests: int
    sent_bytes: int


@dataclass(frozen=True, kw_only=True)
class Report:
    """The result of a run.

    Args:
        options: The options of the run.
        results: One for each rule, in the order of the rules.
        findings: Each fault once; those that break the contract come first.
        coverage: Every documented answer, and whether the run got it.
        requests: How many were sent.
        sent_bytes: Bytes of their bodies.
        seconds: How long the run took.
        stopped: Why the server could not be checked; empty if it could.
        left: What became of the sessions that the run created.
        remarks: What else a reader should know, in sentences.
        against: How the server's own document differs from the contract; None without a document.
    """

    options: Options
    results: Sequence[Result]
    findings: Sequence[ContractFinding]
    coverage: Sequence[Cell]
    requests: int
    sent_bytes: int
    seconds: float
    stopped: str = ""
    remarks: Sequence[str] = ()
    left: Left | None = None
    against: Sequence[Difference] | None = None

    @cached_property
    def verdict(self) -> RunVerdict:
        """The exit code, the sentence and the numbers that every report shows."""
        return RunVerdict.on(self.options, self.results, self.findings, self.stopped)

    @property
    def failures(self) -> list[ContractFinding]:
        """Findings that fail the run: those that break the contract; with `--strict` all."""
        return [one for one in self.findings if self.options.strict or not one.is_note]

    @property
    def notes(self) -> list[ContractFinding]:
        """Findings that do not fail the run: only inferred rules are broken."""
        return [one for one in self.findings if one.is_note and not self.options.strict]

    @property
    def exit_code(self) -> int:
        """The exit code of the command: one of `ExitCode`."""
        return int(self.verdict.exit_code)

    def count(self, verdict: Verdict) -> int:
        """How many rules have this verdict."""
        return sum(result.verdict is verdict for result in self.results)


Event = Started | RuleEnded | Report
Listener = Callable[[Event], None]
