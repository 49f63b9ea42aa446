"""Runs the rules against one server, in parallel and within the limits, and reports events."""

import asyncio
import time
from collections.abc import Sequence

from scribe_mock.contract import rules
from scribe_mock.contract.core.events import Listener, Report, RuleEnded, Started
from scribe_mock.contract.core.exceptions import CannotRun, Skip
from scribe_mock.contract.core.ledger import Result, Verdict
from scribe_mock.contract.core.options import Options
from scribe_mock.contract.core.probe import Probe
from scribe_mock.contract.core.rule import Rule, matches
from scribe_mock.contract.core.run import Run, bug_in_rule
from scribe_mock.contract.core.survey import survey
from scribe_mock.contract.recipes import coverage

#: Most rules that are tried at the same time.
_WORKERS = 16


def check(options: Options, listen: Listener = lambda event: None) -> Report:
    """Check one server.

    Args:
        options: What to check, and how.
        listen: Called with every event, in order.

    Raises:
        CannotRun: there is no server, or it cannot be checked.
    """
    return asyncio.run(Check(options, listen).run())


def chosen(options: Options) -> list[Rule]:
    """The rules that `--only` and `--skip` select, and the rules that these need."""
    known = {rule.id: rule for rule in rules.all_rules()}
    wanted = [rule_id for rule_id in known if not options.only or matches(rule_id, options.only)]
    needed = set(wanted)
    for rule_id in wanted:
        needed |= _needs(known, rule_id)
    return [
        rule
        for rule_id, rule in known.items()
        if rule_id in needed and not matches(rule_id, options.skip)
    ]


def _needs(known: dict[str, Rule], rule_id: str) -> set[str]:
    found = set(known[rule_id].needs)
    return found.union(*(_needs(known, need) for need in found))


class Check:
    """One run, from the first request to the report."""

    def __init__(self, options: Options, listen: Listener) -> None:
        self._options = options
        self._listen = listen
        self._rules = chosen(options)
        self._run = Run(
            options,
            {rule.id: rule for rule in self._rules},
            {rule.id: rule.watch for rule in self._rules if rule.watch is not None},
        )
        self._workers = asyncio.Semaphore(min(_WORKERS, options.concurrency))
        self._tasks: dict[str, asyncio.Task[None]] = {}
        self._skipped: dict[str, str] = {}
        self._seconds: dict[str, float] = {}

    async def run(self) -> Report:
        """Check the server; raises CannotRun."""
        await survey(self._run)
        self._listen(Started(options=self._options, rules=self._rules))
        tried = [rule for rule in self._rules if rule.check is not None]
        for rule in tried:
            self._tasks[rule.id] = asyncio.ensure_future(self._try(rule))
        await asyncio.gather(*self._tasks.values())
        self._require_sessions()
        cells = await coverage.collect(Probe(self._run))
        report = self._report(cells)
        self._listen(report)
        return report

    def _require_sessions(self) -> None:
        """Raise CannotRun when rules had no session, and no fault says that none can be created."""
        reason = self._run.missing.get("createSession")
        told = any(not one.is_note for one in self._run.ledger.findings([]))
        if reason and self._skipped and not told:
            raise CannotRun(f"{self._options.base} can't be checked: {reason}.")

    async def _try(self, rule: Rule) -> None:
        for need in (*rule.needs, *rule.after):
            if need in self._tasks:
                await self._tasks[need]
        async with self._workers:
            began = time.monotonic()
            reason = self._reason_not_to(rule)
            try:
                if not reason:
                    await self._collect(rule)
            except Skip as skip:
                reason = str(skip)
            except Exception as error:  # the other rules must still be tried
                reason = bug_in_rule(error)
            self._seconds[rule.id] = time.monotonic() - began
            if reason:
                self._skipped[rule.id] = reason
        verdict = self._verdict(rule)
        wire = self._run.wire
        self._listen(
            RuleEnded(
                rule=rule, verdict=verdict, requests=wire.requests, sent_bytes=wire.sent_bytes
            )
        )

    async def _collect(self, rule: Rule) -> None:
        assert rule.check is not None
        counted = [
            self._run.found(rule.id, fault) async for fault in rule.check(Probe(self._run, rule.id))
        ]
        if counted and not any(counted):
            front = self._run.front.product or "the HTTP parser"
            raise Skip(f"{front} answers these requests, before the application sees them")

    def _reason_not_to(self, rule: Rule) -> str:
        """Why a rule is skipped; empty if it is tried."""
        run, options = self._run, self._options
        unmet = [need for need in rule.needs if run.ledger.broken(need)]
        unmet += [need for need in rule.needs if need in self._skipped]
        reasons = [
            run.gone,
            "it would change the server, and --read-only was given"
            if options.read_only and not rule.read_only
            else "",
            run.missing.get(rule.operation, ""),
            run.time_is_up,
            f"it needs {unmet[0]}, which failed or was skipped" if unmet else "",
        ]
        return next((reason for reason in reasons if reason), "")

    def _verdict(self, rule: Rule) -> Verdict:
        if self._run.ledger.broken(rule.id):
            binding = rule.grade.binding or self._options.strict
            return Verdict.FAILED if binding else Verdict.NOTED
        return Verdict.SKIPPED if rule.id in self._skipped else Verdict.PASSED

    def _report(self, cells: Sequence[coverage.Cell]) -> Report:
        run = self._run
        findings = run.ledger.findings([rule.id for rule in self._rules])
        results = []
        for rule in self._rules:
            own = tuple(one for one in findings if rule.id in (one.rule.id, *one.also))
            verdict = Verdict.PASSED
            if own:
                noted = not self._options.strict and all(one.is_note for one in own)
                verdict = Verdict.NOTED if noted else Verdict.FAILED
            reason = self._skipped.get(rule.id, "") or run.bugs.get(rule.id, "")
            if not own and reason:
                verdict = Verdict.SKIPPED
            reason = reason if verdict is Verdict.SKIPPED else ""
            seconds = self._seconds.get(rule.id, 0.0)
            results.append(
                Result(rule=rule, verdict=verdict, seconds=seconds, reason=reason, findings=own)
            )
        return Report(
            options=self._options,
            results=results,
            findings=findings,
            coverage=cells,
            requests=run.wire.requests,
            sent_bytes=run.wire.sent_bytes,
            seconds=time.monotonic() - run.began,
        )
