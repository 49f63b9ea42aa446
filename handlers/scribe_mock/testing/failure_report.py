"""What a failing test's report says of its scope: faults that never fired, and the journal."""

from collections.abc import Sequence

from scribe_mock.testing.control_client import ControlError
from scribe_mock.testing.faults import Fault
from scribe_mock.testing.journal import Entry, journal_table
from scribe_mock.testing.scope import Scope

#: A table has so many entries at most: the latest ones.
_MOST_ROWS = 50
_MOST_INSTEAD = 5


def unfired_message(scope: Scope, unfired: Sequence[Fault]) -> str:
    """Each fault that never fired, with the requests that came instead."""
    entries = scope.requests()
    count = "1 fault" if len(unfired) == 1 else f"{len(unfired)} faults"
    blocks = [
        f"  {fault}\n    matched {fault.matched} requests; {_instead(fault, entries)}"
        for fault in unfired
    ]
    hint = "Set a fault that need not fire with optional=True."
    return "\n".join([f"{count} never fired:", *blocks, hint])


def _instead(fault: Fault, entries: Sequence[Entry]) -> str:
    """What arrived that is nearest to what a fault waits for."""
    if not entries:
        return "nothing arrived with this test's token"
    operation = fault.match.get("operation")
    near = [entry for entry in entries if operation in (None, entry.operation)]
    if not near:
        names = sorted({entry.operation or entry.path for entry in entries})
        return f"instead of {operation} there came {', '.join(names)}"
    table = journal_table(near[-_MOST_INSTEAD:]).replace("\n", "\n      ")
    return f"instead there came\n      {table}"


def journal_section(scope: Scope) -> str:
    """The latest entries of a scope as a table, and what became of its faults."""
    try:
        entries, faults = scope.requests(), scope.faults()
        lines = [f"({len(entries) - _MOST_ROWS} earlier ones)"] if len(entries) > _MOST_ROWS else []
        lines.append(journal_table(entries[-_MOST_ROWS:]) if entries else "Nothing arrived.")
        lines += [f"{each} (matched {each.matched}, fired {each.fired})" for each in faults]
        return "\n".join(lines)
    except ControlError as error:
        return f"The journal can't be read: {error}"
