"""The verdict on a whole run: the exit code, one sentence, and how many rules it rests on."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import IntEnum
from typing import Self

from scribe_mock.contract.core.ledger import ContractFinding, Result, SkipKind, Verdict
from scribe_mock.contract.core.options import Options


class ExitCode(IntEnum):
    """What the check tells the shell."""

    KEPT = 0
    BROKEN = 1
    COULD_NOT_RUN = 2
    NOT_CHECKED = 3


@dataclass(frozen=True, kw_only=True)
class RunVerdict:
    """What a run found out, as data for every report.

    Args:
        exit_code: The exit code of the command.
        sentence: The verdict in one sentence, with the address of the server.
        rules: How many rules the run was asked for.
        tried: How many of them were tried.
        not_checked: How many were not, for want of time, sessions, answers or patience.
        senseless: How many the server's own answers make senseless, such as rules about streams
            where no stream session can be created.
        left_out: How many an option such as `--read-only` leaves out.
        faults, notes: How many findings fail the run, and how many do not.
        reasons: Why rules were not checked → their ids.
    """

    exit_code: ExitCode
    sentence: str
    rules: int
    tried: int
    not_checked: int
    senseless: int
    left_out: int
    faults: int
    notes: int
    reasons: Mapping[str, Sequence[str]]

    @classmethod
    def on(
        cls,
        options: Options,
        results: Sequence[Result],
        findings: Sequence[ContractFinding],
        stopped: str = "",
    ) -> Self:
        """The verdict on a run.

        Args:
            options: The options of the run.
            results: How each rule ended.
            findings: All findings.
            stopped: Why the server could not be checked; empty if it could.
        """
        notes = 0 if options.strict else sum(one.is_note for one in findings)
        faults = len(findings) - notes
        counts = {kind: sum(one.skipped is kind for one in results) for kind in SkipKind}
        not_checked = counts[SkipKind.NOT_CHECKED]
        tried = sum(one.verdict is not Verdict.SKIPPED for one in results)
        code = _exit_code(options, faults, not_checked or not tried, stopped)
        counted = _counted(faults, notes) + _left(len(results), counts)
        start = f"{options.base} {_SAID[code]}"
        if code is ExitCode.KEPT and (not_checked or not tried):
            start += ", as far as it was checked"
        return cls(
            exit_code=code,
            sentence=f"{start}: {stopped.removesuffix('.') or '; '.join(counted)}.",
            rules=len(results),
            tried=tried,
            not_checked=not_checked,
            senseless=counts[SkipKind.SENSELESS],
            left_out=counts[SkipKind.LEFT_OUT],
            faults=faults,
            notes=notes,
            reasons=_reasons(results),
        )


_SAID = {
    ExitCode.KEPT: "keeps the contract",
    ExitCode.BROKEN: "breaks the contract",
    ExitCode.COULD_NOT_RUN: "could not be checked",
    ExitCode.NOT_CHECKED: "was not checked in full",
}


def _exit_code(options: Options, faults: int, lacking: int | bool, stopped: str) -> ExitCode:
    if stopped:
        return ExitCode.COULD_NOT_RUN
    if faults:
        return ExitCode.BROKEN
    return ExitCode.NOT_CHECKED if lacking and not options.allow_skipped else ExitCode.KEPT


def _counted(faults: int, notes: int) -> list[str]:
    found = counted(faults, "fault") if faults else "no fault"
    return [found + (f", {counted(notes, 'note')}" if notes else "")]


def _left(rules: int, counts: Mapping[SkipKind, int]) -> list[str]:
    said = {
        SkipKind.NOT_CHECKED: f"not checked: {counts[SkipKind.NOT_CHECKED]} of {rules} rules",
        SkipKind.LEFT_OUT: f"left out on request: {counts[SkipKind.LEFT_OUT]} of {rules} rules",
        SkipKind.SENSELESS: f"{counted(counts[SkipKind.SENSELESS], 'rule')} without sense here",
    }
    left = [text for kind, text in said.items() if counts[kind]]
    return left or [f"all {rules} rules checked" if rules > 1 else "the one rule checked"]


def counted(number: int, noun: str) -> str:
    """A number with its noun: `1 fault`, `2 faults`."""
    return f"{number} {noun}" + ("" if number == 1 else "s")


def _reasons(results: Sequence[Result]) -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    for one in results:
        if one.skipped is SkipKind.NOT_CHECKED:
            found.setdefault(one.reason, []).append(one.rule.id)
    return found
