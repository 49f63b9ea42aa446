"""Runs the rules against one server, in parallel and within the limits, and reports events."""

import asyncio
import time
from collections.abc import Awaitable, Sequence

from scribe_mock.contract import rules
from scribe_mock.contract.core.cleaning import Cleaning, Left
from scribe_mock.contract.core.events import Listener, Report, RuleEnded, Started
from scribe_mock.contract.core.exceptions import LeftOut, Senseless, Skip
from scribe_mock.contract.core.ledger import ContractFinding, Result, SkipKind, Verdict
from scribe_mock.contract.core.options import Options
from scribe_mock.contract.core.probe import Probe
from scribe_mock.contract.core.rule import Rule, matches
from scribe_mock.contract.core.run import Run, bug_in_rule
from scribe_mock.contract.core.schedule import try_all
from scribe_mock.contract.core.selection import asked_for
from scribe_mock.contract.core.survey import survey
from scribe_mock.contract.recipes import coverage

#: Most rules that are tried at the same time. Some wait for processing, or for a turn to send.
_WORKERS = 48


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
        self._skipped: dict[str, Skip] = {}
        self._seconds: dict[str, float] = {}

    async def run(self) -> Report:
        """Check the server; raises CannotRun."""
        await survey(self._run)
        self._listen(Started(options=self._options, rules=self._rules))
        tried = [rule for rule in self._rules if rule.check is not None]
        following = await self._try_all(tried)
        self._require_sessions()
        cleaning = Cleaning(Probe(self._run))
        # Not before: the recipes still use their sessions.
        cells = coverage.matrix(Probe(self._run), await following)
        await cleaning.clean()
        left = cleaning.left()
        self._run.remarks += filter(
            None, [str(left), self._run.front.remark, self._run.wire.pace.remark]
        )
        report = asked_for(self._report(cells, left))
        self._listen(report)
        return report

    async def _try_all(self, rules: Sequence[Rule]) -> Awaitable[Sequence[str]]:
        """Try the rules; the recipes are followed beside the last ones, which mostly wait."""
        probe = Probe(self._run)
        begun: list[asyncio.Task[Sequence[str]]] = []

        def follow() -> None:
            if not (self._run.gone or self._run.missing.get("createSession")):
                begun.append(asyncio.create_task(coverage.follow_missing(probe)))

        try:
            await try_all(rules, self._try, min(_WORKERS, self._options.concurrency), follow)
        except BaseException:
            for task in begun:
                task.cancel()
            raise
        return begun[0] if begun else coverage.follow_missing(probe)

    def _require_sessions(self) -> None:
        """Let the verdict be that the server could not be checked if rules had no session."""
        reason = self._run.missing.get("createSession", "")
        if any(kind_of(skip) is SkipKind.NOT_CHECKED for skip in self._skipped.values()):
            self._run.stopped = self._run.stopped or reason

    async def _try(self, rule: Rule) -> None:
        began = time.monotonic()
        try:
            self._require(rule)
            await self._collect(rule)
        except Skip as skip:
            self._skipped[rule.id] = skip
        except Exception as error:  # the other rules must still be tried
            self._skipped[rule.id] = Skip(bug_in_rule(error))
        self._seconds[rule.id] = time.monotonic() - began
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
        # Random requests yield faults alone, and so nothing for those that were answered rightly.
        if counted and not any(counted) and rule.subject != "fuzz":
            front = self._run.front.product or "the HTTP parser"
            raise Senseless(f"{front} answers these requests, before the application sees them")

    def _require(self, rule: Rule) -> None:
        """Raise Skip if there is a reason not to try a rule."""
        run, options = self._run, self._options
        if options.read_only and not rule.read_only:
            raise LeftOut("it would change the server, and --read-only was given")
        if run.stopped or run.gone:
            raise Skip(run.stopped or run.gone)
        run.require(rule.operation)
        if run.time_is_up:
            raise Skip(run.time_is_up)
        for need in rule.needs:
            self._require_need(need)

    def _require_need(self, need: str) -> None:
        """Raise Skip if a needed rule failed or was skipped; of the same kind as that one."""
        reason = f"it needs {need}, which failed or was skipped"
        if need in self._skipped:
            raise type(self._skipped[need])(reason)
        if self._run.ledger.broken(need):
            raise Skip(reason) if self._run.ledger.fails(need) else Senseless(reason)

    def _verdict(self, rule: Rule) -> Verdict:
        if self._run.ledger.broken(rule.id):
            binding = rule.grade.binding or self._options.strict
            return Verdict.FAILED if binding else Verdict.NOTED
        return Verdict.SKIPPED if rule.id in self._skipped else Verdict.PASSED

    def _report(self, cells: Sequence[coverage.Cell], left: Left) -> Report:
        run = self._run
        findings = run.ledger.findings([rule.id for rule in self._rules])
        results = [self._result(rule, findings) for rule in self._rules]
        return Report(
            options=self._options,
            results=results,
            findings=findings,
            coverage=cells,
            requests=run.wire.requests,
            sent_bytes=run.wire.sent_bytes,
            seconds=time.monotonic() - run.began,
            stopped=run.stopped,
            remarks=tuple(run.remarks),
            left=left,
        )

    def _result(self, rule: Rule, findings: Sequence[ContractFinding]) -> Result:
        own = tuple(one for one in findings if rule.id in (one.rule.id, *one.also))
        verdict, skip = Verdict.PASSED, None if own else self._skip(rule)
        if own:
            noted = not self._options.strict and all(one.is_note for one in own)
            verdict = Verdict.NOTED if noted else Verdict.FAILED
        return Result(
            rule=rule,
            verdict=verdict if skip is None else Verdict.SKIPPED,
            seconds=self._seconds.get(rule.id, 0.0),
            reason="" if skip is None else str(skip),
            skipped=None if skip is None else kind_of(skip),
            findings=own,
        )

    def _skip(self, rule: Rule) -> Skip | None:
        """Why a rule was not tried; one that judges answers had none if the run was stopped."""
        if rule.id in self._skipped:
            return self._skipped[rule.id]
        reason = self._run.bugs.get(rule.id, "")
        reason = reason or ("" if rule.check else self._run.stopped)
        return Skip(reason) if reason else None


def kind_of(skip: Skip) -> SkipKind:
    """Whether a skipped rule counts as not checked."""
    if isinstance(skip, Senseless):
        return SkipKind.SENSELESS
    return SkipKind.LEFT_OUT if isinstance(skip, LeftOut) else SkipKind.NOT_CHECKED
