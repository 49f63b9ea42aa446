"""How faults become findings."""

from itertools import permutations

import pytest

from scribe_mock.contract.core.fault import Fault
from scribe_mock.contract.core.grade import Grade
from scribe_mock.contract.core.ledger import Ledger
from scribe_mock.contract.core.rule import Rule
from scribe_mock.contract.transport.address import Origin
from scribe_mock.contract.transport.message import Answer, Request

RULE = Rule(id="a.b", sentence="A.", source="A", grade=Grade.PROTOCOL)
FAULTS = [
    Fault(expected="a", got="odd", key="one", grade=Grade.INFERRED),
    Fault(expected="a", got="wrong", key="one"),
    Fault(expected="a", got="odd again", key="one", grade=Grade.INFERRED),
]


@pytest.mark.parametrize("faults", list(permutations(FAULTS)))
def test_what_is_surest_of_one_fault_decides_whenever_it_is_met(faults):
    ledger = Ledger()
    for fault in faults:
        ledger.add(RULE, fault)
    (finding,) = ledger.findings([RULE.id])
    assert (finding.grade, finding.fault.got, finding.count) == (Grade.PROTOCOL, "wrong", 3)


def test_two_rules_that_see_the_same_make_one_finding_with_both_names():
    request = Request(origin=Origin("http", "h", 80), method="GET", target="/", operation="login")
    answer = Answer(request=request, status=200)
    ledger = Ledger()
    for rule_id in ("one.b", "other.c"):
        rule = Rule(id=rule_id, sentence="A.", source="A", grade=Grade.PROTOCOL)
        ledger.add(rule, Fault(expected="a token", got="none", answer=answer, key=rule_id))
    (finding,) = ledger.findings(["one.b", "other.c"])
    assert (finding.rule.id, finding.also) == ("one.b", ["other.c"])


@pytest.mark.parametrize("keys", list(permutations("abc")))
def test_the_order_of_findings_does_not_depend_on_which_came_first(keys):
    ledger = Ledger()
    for key in keys:
        ledger.add(RULE, Fault(expected=key, got="odd", key=key))
    assert [one.fault.expected for one in ledger.findings([RULE.id])] == ["a", "b", "c"]
