"""The table of bounds in the README says what the settings and the code have."""

from dataclasses import fields

from scribe_mock.api import bodies, stream
from scribe_mock.api.control import session_forms
from scribe_mock.audio import limits
from scribe_mock.server import exchange, http_heads
from scribe_mock.server.steering.requests import MAX_SLOWED
from scribe_mock.server.uvicorn_internals import http
from scribe_mock.settings import Settings, option_name
from scribe_mock.steering import faults, held
from scribe_mock.webhooks.registry import MAX_OF_ONE
from scribe_mock.yaml_bounds import MOST_VALUES
from tests.support import MIB, ROOT, matched

#: What no option changes, by the names in the table.
FIXED = {
    "an upload": f"{limits.MAX_UPLOAD_BYTES // MIB} MiB",
    "a reference": f"{limits.MAX_REFERENCE_BYTES // MIB} MiB",
    "a JSON body": f"{bodies.MAX_JSON_BYTES // MIB} MiB, {bodies.MAX_JSON_DEPTH} levels",
    "a message of a WebSocket": f"{stream.MAX_MESSAGE_BYTES // MIB} MiB",
    "a request's head": f"{http_heads.MAX_HEAD_BYTES // 1024} KiB, {http.HEAD_SECONDS:g} s",
    "silence within a body": f"{http.IDLE_SECONDS:g} s",
    "a whole request": f"{http.REQUEST_SECONDS:g} s",
    "an answer that nobody reads": f"{http.UNREAD_SECONDS:g} s",
    "the rest of a request that was answered early": (
        f"{exchange.DRAIN_BYTES // MIB} MiB, {exchange.DRAIN_SECONDS:g} s"
    ),
    "faults": f"{faults.MAX_FAULTS}; {faults.MAX_OF_SESSION} in Create session",
    "requests that a fault holds": f"{held.MAX_HELD}",
    "requests that a fault slows": f"{MAX_SLOWED}",
    "webhooks of a token": f"{MAX_OF_ONE}",
    "chunks in one answer of the control API": f"{session_forms.MOST_CHUNKS}",
    "values of a YAML file, with aliases": f"{MOST_VALUES}",
}


def rows():
    """Name, bound and option of each row of the table."""
    section = (ROOT / "README.md").read_text().partition("\n### Bounds\n")[2].partition("\n#")[0]
    lines = [line for line in section.splitlines() if line.startswith("| ") and "---" not in line]
    return [[cell.strip() for cell in line.strip("|").split("|")][:3] for line in lines[1:]]


def test_what_no_option_changes_is_as_the_code_has_it():
    assert {name: bound for name, bound, by in rows() if not by.startswith("`")} == FIXED


def test_each_bound_that_is_a_setting_is_in_the_table_with_its_default():
    bounds = {f.name for f in fields(Settings) if f.name.startswith("max_")} | {
        "journal_size",
        "session_ttl",
    }
    table = {by.strip("`"): bound for _, bound, by in rows() if by.startswith("`")}
    assert table.keys() == {option_name(name) for name in bounds}
    for name in bounds:
        default = getattr(Settings(), name)
        shown = table[option_name(name)]
        if name == "max_memory":
            assert shown == f"{default // 1024**3} GiB"
        else:
            assert matched("[0-9]+", shown) == f"{default:g}"
