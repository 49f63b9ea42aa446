"""The layers of ARCHITECTURE.md: imports run downward only."""

import ast
import re

from tests.support import ROOT

PACKAGE = ROOT / "handlers" / "scribe_mock"
#: Layer → its modules and packages, from the table in ARCHITECTURE.md.
TABLE = {
    int(layer): re.findall(r"`([a-z_]+)/?`", names)
    for layer, names in re.findall(
        r"^\| (\d+) \| ([^|]+) \|", (ROOT / "ARCHITECTURE.md").read_text("utf-8"), re.MULTILINE
    )
}
LAYER = {name: layer for layer, names in TABLE.items() for name in names}
LOWEST = max(TABLE)
#: The package itself offers what lies above, and has the version.
ABOVE = {"__init__", "__main__"}


def modules():
    """Name and file of each module, such as `server.gateway`."""
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


def top(name):
    """The module or package of the table that a module belongs to."""
    return name.partition(".")[0]


#: Each import of one module of the package by another.
IMPORTS = [(name, other) for name in MODULES if name not in ABOVE for other in MODULES[name]]


def test_the_table_has_every_module():
    assert {top(name) for name in MODULES} - ABOVE == set(LAYER)


def test_modules_import_from_their_own_layer_and_below():
    # The package itself offers what lies above, so only the highest layer may use it.
    wrong = [
        f"{name} imports {other}"
        for name, other in IMPORTS
        if LAYER[top(name)] > (1 if other == "__init__" else LAYER[top(other)])
    ]
    assert wrong == []


def test_the_contract_stands_beside_the_mock():
    inside = [(name, other) for name, other in IMPORTS if top(name) == "contract"]
    allowed = {"contract", *TABLE[LOWEST]}
    assert [pair for pair in inside if top(pair[1]) not in allowed] == []
    users = {top(name) for name, other in IMPORTS if top(other) == "contract"}
    assert users <= {"contract", "cli", "examine", "testing", "web"}


def test_the_gauntlet_is_pure():
    inside = [(name, other) for name, other in IMPORTS if top(name) == "gauntlet"]
    assert [pair for pair in inside if top(pair[1]) not in {"gauntlet", *TABLE[LOWEST]}] == []
    impure = HTTP | {"asyncio", "os", "pathlib", "socket", "subprocess", "threading", "time"}
    assert [n for n in MODULES if top(n) == "gauntlet" and FOREIGN[n] & impure] == []


def circles(imports):
    """The modules of which each imports itself, through others."""
    left = {name: set(found) for name, found in imports.items()}
    while True:
        imported = set().union(*left.values())
        free = {name for name, found in left.items() if not found & left.keys()}
        free |= left.keys() - imported
        if not free:
            return sorted(left)
        left = {name: found - free for name, found in left.items() if name not in free}


def test_no_imports_run_in_a_circle():
    # Imports inside functions and for type checkers count too: a reader follows them all.
    assert circles({name: MODULES[name] - ABOVE for name in MODULES if name not in ABOVE}) == []


def test_the_check_is_built_in_one_order():
    order = ["grade", "fault", "ledger", "run", "probe", "rule", "rules", "engine", "reports"]
    place = {name: index for index, name in enumerate(order)}

    def step(name):
        parts = name.split(".")
        return place.get(parts[2] if parts[1] == "core" else parts[1]) if len(parts) > 1 else None

    inside = [pair for pair in IMPORTS if top(pair[0]) == top(pair[1]) == "contract"]
    placed = [(name, other) for name, other in inside if None not in (step(name), step(other))]
    assert placed
    assert [pair for pair in placed if step(pair[0]) < step(pair[1])] == []


def test_the_domain_knows_nothing_of_http():
    domain = {"sessions", "store", "audio", "scenarios", *TABLE[LOWEST]}
    assert [name for name in MODULES if top(name) in domain and FOREIGN[name] & HTTP] == []


def test_frameworks_stay_in_their_packages():
    homes = {
        "flask": {"web"},
        "werkzeug": {"web"},
        "connexion": {"server"},
        "uvicorn": {"server"},
        "starlette": {"server", "api", "app"},
    }
    wrong = [
        f"{name} imports {framework}"
        for name in MODULES
        for framework, allowed in homes.items()
        if framework in FOREIGN[name] and top(name) not in allowed
    ]
    assert wrong == []


def test_there_is_one_clock():
    telling = {"time.time", "time.monotonic", "datetime.datetime"}
    mock = {name: names for name, names in NAMES.items() if top(name) != "contract"}
    assert [name for name, names in mock.items() if names & telling] == ["sessions.clock"]
    telling_now = [name for name in mock if "time.time()" in PATHS[name].read_text("utf-8")]
    assert telling_now == ["sessions.clock"]
