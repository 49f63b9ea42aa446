"""The progress of a run and its report on the terminal, with Rich."""

from collections.abc import Callable
from itertools import groupby
from typing import TextIO

from rich.console import Console
from rich.progress import BarColumn, Progress, TaskID, TextColumn, TimeElapsedColumn
from rich.table import Table
from rich.text import Text

from scribe_mock.contract.core.events import Event, Report, RuleEnded, Started
from scribe_mock.contract.core.ledger import ContractFinding, Result, Verdict
from scribe_mock.contract.recipes.coverage import Cell
from scribe_mock.contract.reports.harm import by_harm
from scribe_mock.contract.reports.progress import Ticker
from scribe_mock.contract.reports.reproduce import reproduction
from scribe_mock.contract.reports.screen import COLUMNS, screen
from scribe_mock.contract.reports.words import seen_in


class _UntilUnread(Console):
    """A console that stays silent, and does not fail, when its reader has stopped."""

    def __init__(self, stream: TextIO, silence: Callable[[], None]) -> None:
        super().__init__(file=stream, width=None if stream.isatty() else COLUMNS, highlight=False)
        self._silence = silence

    def on_broken_pipe(self) -> None:
        """Print no more. Rich would end the process with exit code 1."""
        self.quiet = True
        self._silence()


def console_of(stream: TextIO, silence: Callable[[], None]) -> Console:
    """A console for a terminal or a file.

    Args:
        stream: The output.
        silence: Called when the output is a pipe whose reader has stopped.
    """
    return _UntilUnread(stream, silence)


class Terminal:
    """Shows the events of a run.

    Args:
        console: The output.
        ticker: Says how far the run is when the output is not a terminal.
        verbose: Whether each finding is shown in full, with all that was reached and skipped.
    """

    def __init__(self, console: Console, ticker: Ticker, *, verbose: bool) -> None:
        self._console = console
        self._ticker = ticker
        self._verbose = verbose
        self._progress = Progress(
            TextColumn("{task.description}"),
            BarColumn(),
            TextColumn("{task.completed}/{task.total} rules, {task.fields[requests]} requests"),
            TimeElapsedColumn(),
            console=console,
            transient=True,
            disable=not console.is_terminal,
        )
        self._task: TaskID | None = None

    def handle(self, event: Event) -> None:
        """Show one event."""
        if isinstance(event, Started):
            total = sum(rule.check is not None for rule in event.rules)
            self._progress.start()
            if not self._console.is_terminal:
                self._ticker.start(total)
            address = str(event.options.base)
            self._task = self._progress.add_task(address, total=total, requests=0)
        elif isinstance(event, RuleEnded):
            self._ticker.advance()
            if self._task is not None:
                self._progress.update(self._task, advance=1, requests=event.requests)
        else:
            self.close()
            self._show(event)

    def close(self) -> None:
        """Restore the terminal; also needed when the run failed."""
        self._ticker.stop()
        self._progress.stop()

    def _show(self, report: Report) -> None:
        for line in screen(report, verbose=self._verbose):
            self._console.print(line, soft_wrap=True)
        if self._verbose:
            self._console.print()
            for finding in by_harm(report.findings):
                self._show_finding(finding, report)
            self._show_skipped(report)
            self._show_coverage(report)

    def _show_finding(self, finding: ContractFinding, report: Report) -> None:
        note = finding in report.notes
        table = Table.grid(padding=(0, 2))
        table.add_column(style="dim", no_wrap=True)
        table.add_column(overflow="fold")
        table.add_row("contract", Text(f"{finding.rule.sentence} ({finding.rule.citation})"))
        table.add_row("expected", Text(finding.fault.expected))
        table.add_row("got", Text(finding.fault.got))
        table.add_row("seen in", Text(seen_in(finding)))
        kind, style = ("NOTE", "yellow") if note else ("FAULT", "bold red")
        self._console.print(
            Text.assemble((kind, style), " ", (finding.rule.id, "bold"), f"  {finding.grade}")
        )
        self._console.print(table)
        script = reproduction(finding.fault, report.options)
        if script:
            self._console.print(Text("to reproduce it", "dim"))
            self._console.print(Text(script), soft_wrap=True)
        self._console.print()

    def _show_skipped(self, report: Report) -> None:
        skipped = [one for one in report.results if one.verdict is Verdict.SKIPPED]
        if not skipped:
            return
        table = Table(title="Skipped", title_justify="left", box=None, padding=(0, 2, 0, 0))
        table.add_column("rules", overflow="fold")
        table.add_column("why", overflow="fold")

        def why(result: Result) -> str:
            return result.reason

        for reason, group in groupby(sorted(skipped, key=why), key=why):
            table.add_row(Text(", ".join(one.rule.id for one in group)), Text(reason))
        self._console.print(table)
        self._console.print()

    def _show_coverage(self, report: Report) -> None:
        table = Table(title="Coverage", title_justify="left", box=None, padding=(0, 2, 0, 0))
        table.add_column("operation", no_wrap=True)
        table.add_column("reached", overflow="fold")
        table.add_column("not reached", overflow="fold", style="dim")

        def operation(cell: Cell) -> str:
            return cell.recipe.operation

        for name, group in groupby(report.coverage, key=operation):
            cells = list(group)
            table.add_row(name or "(none)", _cells(cells, True), _cells(cells, False))
        self._console.print(table)
        self._console.print()


def _cells(cells: list[Cell], reached: bool) -> Text:
    names = [
        f"{cell.recipe.status} {cell.recipe.code}".strip()
        for cell in cells
        if cell.reached is reached
    ]
    return Text(", ".join(names))
