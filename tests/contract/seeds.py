"""`python -m tests.contract.seeds`: the check against the mock at ten seeds."""

import sys

from scribe_mock.contract.core.engine import check
from scribe_mock.contract.core.options import Options
from scribe_mock.contract.reports.words import figures, verdict
from scribe_mock.contract.transport.address import Address
from tests.contract.checking import serving


def main():
    bad = 0
    for seed in range(1, 11):
        with serving("--processing-seconds", "0.3") as base:
            report = check(Options(base=Address.parse(base), seed=seed))
        found = {one.rule.id for one in report.findings}
        bad += bool(found)
        print(verdict(report), figures(report), *sorted(found))
    return 1 if bad else 0


if __name__ == "__main__":
    sys.exit(main())
