"""CONTRACT.md says what openapi.yaml says, and has every section that is cited."""

import re

import yaml

from scribe_mock.contract.rules import all_rules
from tests.support import ROOT

TEXT = (ROOT / "CONTRACT.md").read_text("utf-8")
SPEC = yaml.safe_load((ROOT / "openapi.yaml").read_text("utf-8"))


def sections():
    """Section → its subsections."""
    found: dict[str, set[str]] = {}
    current = ""
    for marks, title in re.findall(r"^(##|###) (.+)$", TEXT, re.MULTILINE):
        if marks == "##":
            current = title
            found[current] = set()
        else:
            found[current].add(title)
    return found


SECTIONS = sections()
OPERATIONS = [
    (operation["operationId"], method.upper(), path, operation["responses"])
    for path, methods in SPEC["paths"].items()
    for method, operation in methods.items()
]


def exists(citation):
    """Whether `Section`, `Section, Subsection` or either with a row of a table is there."""
    section, _, rest = citation.partition(", ")
    part = rest.partition(", ")[0]
    return section in SECTIONS and (not part or part in SECTIONS[section])


def test_the_table_of_addresses_is_the_specs():
    rows = re.findall(r"^\| `(\w+)` \| ([A-Z]+) `([^`]+)` \| ([\d, ]+) \|", TEXT, re.MULTILINE)
    told = {
        (name, method, path): set(statuses.split(", ")) for name, method, path, statuses in rows
    }
    served = {
        (name, method, path): {status for status in responses if status.startswith("2")}
        for name, method, path, responses in OPERATIONS
    }
    assert told.keys() == served.keys()
    # 410 of Get session is the session too, so the table has it among the successes.
    assert {key: value - {"410"} for key, value in told.items()} == served


def codes(responses):
    """Status and error code of every example."""
    for status, response in responses.items():
        if "$ref" in response:
            response = SPEC["components"]["responses"][response["$ref"].rpartition("/")[2]]
        for media in response.get("content", {}).values():
            for example in media.get("examples", {}).values():
                if "$ref" in example:
                    name = example["$ref"].rpartition("/")[2]
                    example = SPEC["components"]["examples"][name]
                value = example.get("value")
                error = value.get("error") if isinstance(value, dict) else None
                if isinstance(error, dict):
                    yield status, error["code"]


def test_every_error_of_the_spec_is_told_with_its_status():
    served = {pair for *_, responses in OPERATIONS for pair in codes(responses)}
    served |= set(codes(SPEC["x-outside-operations"]))
    # A status may stand a few words before its code: «409 (protocol) `session_already_committed`».
    missing = [
        f"{status} {code}"
        for status, code in sorted(served)
        if not re.search(rf"\b{status}\b[^.|`]*`{code}`", TEXT)
    ]
    assert missing == []


def test_the_rows_of_upload_are_the_specs():
    def rows(text):
        return re.findall(r"^ *\| (\d+) \| .* \| (\d{3} `\w+`) \| (\w+) \|$", text, re.MULTILINE)

    upload = next(text for name, _, _, text in descriptions() if name == "uploadAudio")
    told = rows(TEXT[TEXT.index("### Checks") : TEXT.index("### Size")])
    assert len(told) == 11
    assert told == rows(upload)


def descriptions():
    for path, methods in SPEC["paths"].items():
        for method, operation in methods.items():
            yield operation["operationId"], method, path, operation.get("description", "")


def test_every_rule_cites_a_section():
    wrong = [
        f"{rule.id}: {rule.source}"
        for rule in all_rules()
        if not rule.source.startswith("openapi.yaml") and not exists(rule.source)
    ]
    assert wrong == []


def test_every_docstring_cites_a_section():
    wrong = []
    for path in (ROOT / "handlers").rglob("*.py"):
        for title in re.findall(r'CONTRACT\.md, "([^"]+)"', path.read_text("utf-8")):
            if not exists(title):
                wrong.append(f"{path.name}: {title}")
    assert wrong == []
