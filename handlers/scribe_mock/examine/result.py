"""The result of a run: the outcomes, the exit code, and the verdict in a sentence."""

import shlex
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

from scribe_mock.contract.core.verdict import ExitCode, counted
from scribe_mock.gauntlet.grade import Grade, Verdict
from scribe_mock.gauntlet.grading import Outcome


@dataclass(frozen=True, kw_only=True)
class Result:
    """What a run found out, as data for every report.

    Args:
        command: The client.
        outcomes: One for each scenario, in their order.
        seconds: How long it took.
        strict: Whether demands of the grade should fail the run, too.
        allow_skipped: Whether a run with scenarios that were not tried may end with 0.
    """

    command: Sequence[str]
    outcomes: Sequence[Outcome]
    seconds: float
    strict: bool = False
    allow_skipped: bool = False

    def count(self, verdict: Verdict) -> int:
        """How many scenarios have this verdict."""
        return sum(outcome.verdict is verdict for outcome in self.outcomes)

    @property
    def failing(self) -> list[Outcome]:
        """The scenarios that fail the run."""
        bad = {Verdict.FAILED, *([Verdict.WARNED] if self.strict else [])}
        return [outcome for outcome in self.outcomes if outcome.verdict in bad]

    @property
    def untried(self) -> list[Outcome]:
        """The scenarios that were not tried, but for those that are optional as a whole."""
        return [
            outcome
            for outcome in self.outcomes
            if outcome.verdict is Verdict.NOT_TRIED
            and any(one.grade is not Grade.OPTIONAL for one in outcome.scenario.demands)
        ]

    @cached_property
    def exit_code(self) -> ExitCode:
        """The exit code of the command."""
        if self.failing:
            return ExitCode.BROKEN
        return ExitCode.NOT_CHECKED if self.untried and not self.allow_skipped else ExitCode.KEPT

    @property
    def called(self) -> str:
        """The client, as a shell has it."""
        return shlex.join(self.command)

    @property
    def sentence(self) -> str:
        """The verdict in a sentence."""
        said = {
            ExitCode.KEPT: "does what a client must do",
            ExitCode.BROKEN: "does not do what a client must do",
            ExitCode.NOT_CHECKED: "was not tried in full",
        }[self.exit_code]
        counts = [f"{self.count(verdict)} {verdict}" for verdict in Verdict if self.count(verdict)]
        all_of_them = counted(len(self.outcomes), "scenario")
        return f"{self.called} {said}: {', '.join(counts)} of {all_of_them}."
