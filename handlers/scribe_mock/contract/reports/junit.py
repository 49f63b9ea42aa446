"""The report as JUnit XML: one test case a rule."""

import re
from xml.etree import ElementTree

from scribe_mock.contract.core.events import Report
from scribe_mock.contract.core.ledger import Result, Verdict
from scribe_mock.contract.core.verdict import ExitCode
from scribe_mock.contract.reports.words import describe, verdict_of

#: Characters that XML 1.0 does not allow.
_UNWRITABLE = re.compile("[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


def render(report: Report) -> str:
    """The report as a text."""
    unchecked = report.verdict.exit_code in (ExitCode.COULD_NOT_RUN, ExitCode.NOT_CHECKED)
    suite = ElementTree.Element(
        "testsuite",
        name="scribe-mock check",
        tests=str(len(report.results) + unchecked),
        failures=str(report.count(Verdict.FAILED)),
        errors=str(int(unchecked)),
        skipped=str(report.count(Verdict.SKIPPED)),
        time=f"{report.seconds:.3f}",
    )
    properties = ElementTree.SubElement(suite, "properties")
    for name, value in _facts(report).items():
        ElementTree.SubElement(properties, "property", name=name, value=_clean(value))
    if unchecked:
        suite.append(_unchecked(report))
    for result in report.results:
        suite.append(_case(result, report))
    root = ElementTree.Element("testsuites")
    root.append(suite)
    ElementTree.indent(root)
    return ElementTree.tostring(root, "unicode", xml_declaration=True) + "\n"


def _unchecked(report: Report) -> ElementTree.Element:
    """An error, since readers of JUnit take a run of skipped tests for a good one."""
    case = ElementTree.Element("testcase", classname="scribe_mock.check", name="verdict")
    ElementTree.SubElement(case, "error", message=_clean(report.verdict.sentence), type="verdict")
    return case


def _facts(report: Report) -> dict[str, str]:
    verdict = report.verdict
    facts = {"verdict": verdict.sentence, "exit_code": str(int(verdict.exit_code))}
    return facts | {"not_checked": str(verdict.not_checked)}


def _case(result: Result, report: Report) -> ElementTree.Element:
    case = ElementTree.Element(
        "testcase",
        classname=f"scribe_mock.check.{result.rule.subject}",
        name=result.rule.id,
        time=f"{result.seconds:.3f}",
    )
    if result.verdict is Verdict.SKIPPED:
        text = f"{verdict_of(result)}: {result.reason}"
        ElementTree.SubElement(case, "skipped", message=_clean(text))
    text = _clean("\n\n".join(describe(one, report.options) for one in result.findings))
    if result.verdict is Verdict.FAILED:
        got = _clean(result.findings[0].fault.got if result.findings else "")
        ElementTree.SubElement(case, "failure", message=got, type="contract").text = text
    elif result.verdict is Verdict.NOTED:
        ElementTree.SubElement(case, "system-out").text = f"Note: {text}"
    return case


def _clean(text: str) -> str:
    return _UNWRITABLE.sub("\ufffd", text)
