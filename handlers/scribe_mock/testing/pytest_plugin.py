"""`pytest --scribe-url URL`: every rule of the contract as a test, under its id.

A `conftest.py` marks known deviations as expected:

    def pytest_scribe_expected():
        return {"upload.order.*": "our gateway looks at the size first"}

An expected deviation that no longer happens fails its test, so that the mark gets removed.

A rule that was not checked is a skipped test. Such a run ends with exit code 3, as that of
`scribe-mock check` does, unless `--scribe-allow-skipped` is given.
"""

import os
from argparse import Namespace
from collections.abc import Generator, Iterator, Mapping
from typing import Any

import pytest

from scribe_mock.contract.arguments import ARGUMENTS, read_options, settle
from scribe_mock.contract.core.exceptions import CannotRun
from scribe_mock.contract.core.options import Options
from scribe_mock.contract.extra import require_extra

#: The fixtures for tests of one's own client come along.
pytest_plugins = ["scribe_mock.testing.pytest_fixtures"]

#: What stands before the names of the check's options.
_PREFIX = "--scribe-"
_KEY = pytest.StashKey["_Checked"]()


class Hooks:
    """What a conftest can answer."""

    @pytest.hookspec
    def pytest_scribe_expected(self) -> Mapping[str, str]:
        """Patterns of rule ids that are known to fail, each with the reason."""
        raise NotImplementedError


def pytest_addhooks(pluginmanager: pytest.PytestPluginManager) -> None:
    """Make the hook known."""
    pluginmanager.add_hookspecs(Hooks)


def pytest_addoption(parser: pytest.Parser) -> None:
    """Add the options."""
    group = parser.getgroup("scribe-mock", "contract of EkaScribe's session API")
    add = group.addoption
    add(
        "--scribe-url", metavar="URL", help="check this server: the base under which /sessions lies"
    )
    for argument in ARGUMENTS:
        if argument.for_pytest:
            argument.add_to(add, _PREFIX)


def pytest_configure(config: pytest.Config) -> None:
    """Stop at once, with one line, when the check can't be run as it was asked for."""
    if config.getoption("--scribe-url"):
        _options(config)


@pytest.hookimpl(wrapper=True)
def pytest_make_collect_report(
    collector: pytest.Collector,
) -> Generator[None, pytest.CollectReport, pytest.CollectReport]:
    """Add the contract to what the session collects."""
    report = yield
    asked = isinstance(collector, pytest.Session) and collector.config.getoption("--scribe-url")
    if asked and report.result is not None:
        node = ContractCollector.from_parent(collector, name="contract", nodeid="contract")
        report.result = [*report.result, node]
    return report


class ContractCollector(pytest.Collector):
    """All rules against one server."""

    def collect(self) -> Iterator["RuleItem"]:
        """One item a rule."""
        from scribe_mock.contract.core.engine import chosen
        from scribe_mock.contract.core.rule import matches

        options = _options(self.config)
        expected: dict[str, str] = {}
        for answer in self.config.hook.pytest_scribe_expected():
            expected |= answer
        for rule in chosen(options):
            item = RuleItem.from_parent(self, name=rule.id)
            for pattern, reason in expected.items():
                if matches(rule.id, [pattern]):
                    item.add_marker(pytest.mark.xfail(reason=reason, strict=True))
            yield item


@pytest.hookimpl(tryfirst=True)
def pytest_sessionfinish(session: pytest.Session, exitstatus: int) -> None:
    """Let a run in which rules were not checked end with the exit code of the check."""
    checked = session.stash.get(_KEY, None)
    if checked is not None and exitstatus == pytest.ExitCode.OK and checked.not_checked:
        session.exitstatus = int(checked.verdict.exit_code)


def pytest_terminal_summary(terminalreporter: Any, exitstatus: int, config: pytest.Config) -> None:
    """Say the verdict on the server in one line."""
    checked = terminalreporter._session.stash.get(_KEY, None)
    if checked is not None:
        terminalreporter.write_line(f"scribe-mock: {checked.verdict.sentence}")


class RuleItem(pytest.Item):
    """One rule as a test; the first that runs checks the server for all."""

    def runtest(self) -> None:
        """Fail with the findings of this rule."""
        from scribe_mock.contract.core.ledger import Verdict
        from scribe_mock.contract.reports.words import describe

        checked = self.session.stash.get(_KEY, None)
        if checked is None:
            checked = self.session.stash[_KEY] = _Checked(self.session)
        result = checked.result(self.name)
        if result.skipped is not None:
            pytest.skip(f"{result.skipped.value}: {result.reason}")
        text = "\n\n".join(describe(one, checked.options) for one in result.findings)
        if result.verdict is Verdict.FAILED:
            raise ContractBroken(text)
        if result.verdict is Verdict.NOTED:
            self.add_report_section("call", "note", text)

    def repr_failure(self, excinfo: pytest.ExceptionInfo[BaseException], style: Any = None) -> Any:
        """A finding as it is, without a traceback through the check."""
        if isinstance(excinfo.value, ContractBroken):
            return str(excinfo.value)
        return super().repr_failure(excinfo, style)

    def reportinfo(self) -> tuple[str, None, str]:
        """Where the test is: in the contract."""
        return "contract", None, f"rule {self.name}"


class ContractBroken(Exception):
    """The server breaks a rule; the text is the finding."""


class _Checked:
    """The report of one run over the rules of this session."""

    def __init__(self, session: pytest.Session) -> None:
        from dataclasses import replace

        from scribe_mock.contract import reports
        from scribe_mock.contract.core.engine import check

        names = [item.name for item in session.items if isinstance(item, RuleItem)]
        self.options = replace(_options(session.config), only=tuple(names))
        try:
            files = reports.wanted(_values(session.config).report)
            report = check(self.options)
            reports.write_all(files, report)
        except CannotRun as reason:
            pytest.exit(f"scribe-mock: {reason}", returncode=2)
        if report.stopped:
            pytest.exit(f"scribe-mock: {report.verdict.sentence}", returncode=report.exit_code)
        self.verdict = report.verdict
        self._results = {result.rule.id: result for result in report.results}

    @property
    def not_checked(self) -> bool:
        """Whether the exit code of the check is that of a run with rules that were not checked."""
        from scribe_mock.contract.core.verdict import ExitCode

        return self.verdict.exit_code is ExitCode.NOT_CHECKED

    def result(self, rule_id: str) -> Any:
        """How a rule ended."""
        return self._results[rule_id]


def _values(config: pytest.Config) -> Namespace:
    """The options of the check, under the names that these have there; raises CannotRun."""
    given = {
        argument.destination: config.getoption(_PREFIX + argument.name)
        for argument in ARGUMENTS
        if argument.for_pytest
    }
    values = Namespace(url=config.getoption("--scribe-url"), **given)
    settle(values, os.environ)
    return values


def _options(config: pytest.Config) -> Options:
    """The options of the run; raises UsageError when the server can't be checked with them."""
    try:
        values = _values(config)
        require_extra()
        options = read_options(values, os.environ)
    except CannotRun as reason:
        raise pytest.UsageError(f"scribe-mock: {reason}") from None
    public = not (values.yes or options.read_only) and options.base.origin.is_public()
    if public:
        raise pytest.UsageError(f"{options.base} is a public host; confirm with --scribe-yes.")
    return options
