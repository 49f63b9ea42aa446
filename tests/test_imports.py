"""The rooms of ARCHITECTURE.md: imports run downward only."""

import ast
import re

import pytest

from support import ROOT

PACKAGE = ROOT / "handlers" / "scribe_mock"
#: Line → rooms, from the table in ARCHITECTURE.md.
TABLE = {
    int(line): re.findall(r"`([a-z_]+)/?`", rooms)
    for line, rooms in re.findall(
        r"^\| (\d+) \| ([^|]+) \|", (ROOT / "ARCHITECTURE.md").read_text("utf-8"), re.MULTILINE
    )
}
LINE = {room: line for line, rooms in TABLE.items() for room in rooms}
#: The package itself offers what lies above, and has the version.
ABOVE = {"__init__", "__main__"}


def modules():
    """Name and file of each module, such as `pipeline.gateway`."""
    for path in sorted(PACKAGE.rglob("*.py")):
        name = ".".join(path.relative_to(PACKAGE).with_suffix("").parts)
        yield name.removesuffix(".__init__"), path


def imported(path):
    """Names that a module imports, whole: `scribe_mock.store.SessionStore`."""
    for node in ast.walk(ast.parse(path.read_text("utf-8"))):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path} imports relatively"
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


def imported_at_once(path):
    """Names that a module imports when it is imported itself, and not only for its types."""
    tree = ast.parse(path.read_text("utf-8"))
    for node in tree.body:
        if isinstance(node, ast.Import | ast.ImportFrom):
            yield from (f"{getattr(node, 'module', '')}.{alias.name}" for alias in node.names)


PATHS = dict(modules())
NAMES = {name: set(imported(path)) for name, path in PATHS.items()}
#: Module → the distributions and standard modules that it imports.
FOREIGN = {name: {found.partition(".")[0] for found in names} for name, names in NAMES.items()}


def ours(names):
    """Modules of the package among these names."""
    for name in names:
        parts = name.split(".")
        if parts[0] == "scribe_mock" and parts != ["scribe_mock", "__version__"]:
            found = [".".join(parts[1:end]) for end in range(len(parts), 1, -1)]
            yield next((module for module in found if module in PATHS), "__init__")


#: Module → modules of the package that it imports.
MODULES = {name: set(ours(names)) - {name} for name, names in NAMES.items()}

HTTP = {"connexion", "starlette", "flask", "uvicorn", "werkzeug", "a2wsgi", "http", "httptools"}


def test_every_room_has_its_line():
    assert {name.split(".")[0] for name in MODULES} - ABOVE == set(LINE)


@pytest.mark.parametrize("name", [name for name in MODULES if name not in ABOVE])
def test_a_module_imports_from_its_own_line_and_below(name):
    line = LINE[name.split(".")[0]]
    for other in MODULES[name]:
        if other == "__init__":
            assert line == 1, f"{name} imports what the whole package offers"
        else:
            assert LINE[other.split(".")[0]] >= line, f"{name} imports {other}"


def test_the_contract_stands_beside_the_mock():
    for name, found in MODULES.items():
        room = name.split(".")[0]
        if room == "contract":
            assert {LINE[other.split(".")[0]] for other in found} <= {LINE["contract"], 7}, name
        elif any(other.split(".")[0] == "contract" for other in found):
            assert room in {"cli", "pytest_plugin", "apidocs"}


def test_no_imports_run_in_a_circle():
    at_once = {name: set(ours(imported_at_once(path))) - {name} for name, path in PATHS.items()}
    left = {name: found - ABOVE for name, found in at_once.items() if name not in ABOVE}
    while left:
        free = [name for name, found in left.items() if not found & left.keys()]
        assert free, f"a circle among {sorted(left)}"
        for name in free:
            del left[name]


@pytest.mark.parametrize("name", MODULES)
def test_the_lower_lines_know_nothing_of_http(name):
    room = name.split(".")[0]
    if room in {"sessions", "store", "audio", "scenarios", "clock", "settings", "errors", "spec"}:
        assert not FOREIGN[name] & HTTP


@pytest.mark.parametrize("name", MODULES)
def test_frameworks_stay_in_their_rooms(name):
    assert "flask" not in FOREIGN[name] or name.split(".")[0] in {"apidocs", "inspector", "pages"}
    assert "connexion" not in FOREIGN[name] or name.startswith("pipeline")
    assert "uvicorn" not in FOREIGN[name] or name in {"server", "protocol"}


def test_there_is_one_clock():
    telling = {"time.time", "time.monotonic", "datetime.datetime"}
    mock = {name: names for name, names in NAMES.items() if not name.startswith("contract.")}
    assert [name for name, names in mock.items() if names & telling] == ["clock"]
    for name in mock:
        assert name == "clock" or "time.time()" not in PATHS[name].read_text("utf-8")
