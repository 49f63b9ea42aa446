"""The ledger of findings: it merges the faults that belong together into one finding."""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, field, replace
from enum import StrEnum

from scribe_mock.contract.core.demand import Demand
from scribe_mock.contract.core.fault import Fault
from scribe_mock.contract.core.grade import Grade, weaker
from scribe_mock.contract.plain_text import plain

#: Ids of rules whose faults are found while sending, in the order in which they are reported.
SERVER_ERROR = "server.no_5xx"
NO_ANSWER = "server.answers"
GONE = "server.stays_up"
MISSING = "server.operations"
CORE_MISSING = "server.flow"
#: Found while rules wait for processing.
NEVER_ENDS = "process.ends"


@dataclass(kw_only=True)
class ContractFinding:
    """One fault of the server, which one or more requests showed.

    Args:
        rule: The broken rule.
        fault: The fault as it is reported.
        grade: How sure it is.
        count: How many requests showed it.
        variants: These requests in short, at most 20 for each rule.
        also: Ids of other rules that it breaks.
    """

    rule: Demand
    fault: Fault
    grade: Grade
    count: int = 1
    variants: list[str] = field(default_factory=list)
    also: list[str] = field(default_factory=list)

    @property
    def is_note(self) -> bool:
        """Whether it is only a deviation from an inferred rule."""
        return not self.grade.binding

    def absorb(self, other: "ContractFinding") -> None:
        """Merge another finding of the same fault into this one."""
        if other.rule.id != self.rule.id and other.rule.id not in self.also:
            self.also.append(other.rule.id)
        self.count += other.count
        self.variants.extend(other.variants)


class Verdict(StrEnum):
    """How a rule ended."""

    PASSED = "passed"
    FAILED = "failed"
    NOTED = "noted"
    SKIPPED = "skipped"


class SkipKind(StrEnum):
    """Why a rule was skipped, as far as the exit code is concerned."""

    #: For want of time, sessions, answers or patience: the run says less than it was asked for.
    NOT_CHECKED = "not checked"
    #: The server's own answers leave nothing to try.
    SENSELESS = "senseless"
    #: An option such as `--read-only` leaves it out.
    LEFT_OUT = "left out"


@dataclass(frozen=True, kw_only=True)
class Result:
    """How one rule ended.

    Args:
        rule: The rule.
        verdict: How it ended.
        seconds: How long it took.
        reason: Why it was skipped; empty if it was not.
        skipped: Whether that counts as not checked; None if it was not skipped.
        findings: Its own findings, and those of other rules that it found, too.
    """

    rule: Demand
    verdict: Verdict
    seconds: float = 0.0
    reason: str = ""
    skipped: SkipKind | None = None
    findings: tuple[ContractFinding, ...] = ()


#: The most faults of one rule that are told apart; further ones count with the first.
_MOST_FAULTS = 20
#: The longest body of an answer that a finding keeps, in bytes.
_LONGEST_BODY = 16 * 1024


class Ledger:
    """Merges faults into findings."""

    def __init__(self) -> None:
        self._found: dict[tuple[str, str], ContractFinding] = {}

    def add(self, rule: Demand, fault: Fault) -> None:
        """Add a fault that a rule found."""
        key = rule.id, fault.key or f"{fault.expected}|{fault.got}"
        variant = _variant(fault)
        grade = weaker(rule.grade, fault.grade)
        known = self._found.get(key)
        if known is None and sum(owner == rule.id for owner, _ in self._found) >= _MOST_FAULTS:
            known = next(one for (owner, _), one in self._found.items() if owner == rule.id)
        elif known is None:
            fault = _without_long_body(fault)
            known = self._found[key] = ContractFinding(rule=rule, fault=fault, grade=grade, count=0)
        elif weaker(known.grade, grade) is not grade:
            known.fault, known.grade = _without_long_body(fault), grade
        known.count += 1
        if variant and variant not in known.variants and len(known.variants) < 20:
            known.variants.append(variant)

    def clear(self) -> None:
        """Forget all findings, because one that follows explains them all."""
        self._found.clear()

    def broken(self, rule_id: str) -> bool:
        """Whether a rule has found a fault."""
        return any(owner == rule_id for owner, _ in self._found)

    def fails(self, rule_id: str) -> bool:
        """Whether a rule has found a fault that is more than a note."""
        return any(
            owner == rule_id and not found.is_note for (owner, _), found in self._found.items()
        )

    def findings(self, order: Sequence[str]) -> list[ContractFinding]:
        """All findings, each fault once.

        Args:
            order: Ids of rules. If several rules found the same fault, the first one reports it.
        """
        place = {rule_id: index for index, rule_id in enumerate(order)}
        # Rules run at the same time: what decides is never which of two faults came first.
        keyed = sorted(
            self._found.items(),
            key=lambda item: (item[1].is_note, place.get(item[1].rule.id, 0), item[0]),
        )
        found = [finding for _, finding in keyed]
        wide = _wide_families(found)
        merged: list[ContractFinding] = []
        owners: dict[tuple[str, ...] | None, ContractFinding] = {}
        for finding in found:
            alike = [finding.fault.common(), _in_family(finding, wide), _same_text(finding)]
            owner = next((owners[key] for key in alike if key in owners), None)
            if owner is None:
                owner = replace(finding, also=[], variants=sorted(finding.variants))
                merged.append(owner)
            else:
                owner.absorb(finding)
            owners |= {key: owners.get(key, owner) for key in alike if key is not None}
        return _without_repeats(merged)


def _without_long_body(fault: Fault) -> Fault:
    """The fault with no more of the answer than reports show; many findings are kept."""
    if fault.answer is None or len(fault.answer.body) <= _LONGEST_BODY:
        return fault
    return replace(fault, answer=replace(fault.answer, body=fault.answer.body[:_LONGEST_BODY]))


def _family(rule: Demand) -> str:
    return rule.id.rpartition(".")[0]


def _same_text(finding: ContractFinding) -> tuple[str, ...] | None:
    """Findings of any rules about one operation are merged if they say the same."""
    fault = finding.fault
    if fault.answer is None or not fault.answer.request.operation:
        return None
    return "text", fault.answer.request.operation, fault.expected, fault.got


def _wide_families(findings: Iterable[ContractFinding]) -> set[str]:
    """Families whose rules are about several operations, such as `auth.malformed.*`."""
    operations: dict[str, set[str]] = {}
    for finding in findings:
        if "." in _family(finding.rule):
            operations.setdefault(_family(finding.rule), set()).add(finding.rule.operation)
    return {family for family, names in operations.items() if len(names) > 1}


def _in_family(finding: ContractFinding, wide: Collection[str]) -> tuple[str, ...]:
    """Findings of rules in one family for which this is equal are merged.

    They are those where several operations lack the same wanted refusal, where the answer is the
    same wrong refusal, and those with the same text.
    """
    fault, family = finding.fault, _family(finding.rule)
    if fault.wanted and family in wide:
        return family, fault.wanted
    if "." in family and fault.answer is not None and fault.answer.refused:
        return family, fault.wanted, str(fault.answer)
    return family, fault.expected, fault.got, fault.key


def _without_repeats(findings: Iterable[ContractFinding]) -> list[ContractFinding]:
    """Leave out findings of generated requests if another rule reports the same answer."""
    named = {_shown_by(finding) for finding in findings if finding.rule.subject != "fuzz"}
    return [
        finding
        for finding in findings
        if finding.rule.subject != "fuzz" or _shown_by(finding) not in named
    ]


def _shown_by(finding: ContractFinding) -> tuple[str, str]:
    answer = finding.fault.answer
    return (answer.request.operation, str(answer)) if answer is not None else ("", finding.rule.id)


def _variant(fault: Fault) -> str:
    if fault.answer is None:
        return ""
    request = fault.answer.request
    return plain(f"{request.method} {request.label or request.target} → {fault.answer}", most=300)
