"""The text for findings and runs in all reports for people."""

from scribe_mock.contract.core.events import Report
from scribe_mock.contract.core.ledger import ContractFinding, Result
from scribe_mock.contract.core.options import Options
from scribe_mock.contract.reports.reproduce import reproduction


def describe(finding: ContractFinding, options: Options) -> str:
    """A finding in several lines."""
    rule, fault = finding.rule, finding.fault
    lines = [
        f"{rule.id} ({finding.grade}): {rule.sentence}",
        f"  contract  {rule.citation}",
        f"  expected  {fault.expected}",
        f"  got       {fault.got}",
        f"  seen in   {seen_in(finding)}",
    ]
    script = reproduction(fault, options)
    if script:
        lines += ["  to reproduce it:", script]  # not indented, so that it can be pasted
    return "\n".join(lines)


def seen_in(finding: ContractFinding) -> str:
    """How many requests showed a finding, and which other rules found it."""
    requests = "1 request" if finding.count == 1 else f"{finding.count} requests"
    return f"{requests}; also by {', '.join(finding.also)}" if finding.also else requests


def verdict(report: Report) -> str:
    """The result of a run in a sentence."""
    return report.verdict.sentence


def figures(report: Report) -> str:
    """Numbers of a run: rules, requests, bytes, seconds and the seed."""
    return (
        f"{len(report.results)} rules, {report.requests} requests,"
        f" {report.sent_bytes / 1e6:.1f} MB sent, {report.seconds:.1f} s,"
        f" seed {report.options.seed}"
    )


def verdict_of(result: Result) -> str:
    """How a rule ended, in a word or two: for a rule that was skipped, whether that counts."""
    return result.skipped.value if result.skipped else result.verdict.value
