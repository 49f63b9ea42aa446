"""A sheet as JUnit XML."""

import re
from xml.etree import ElementTree

from scribe_mock.contract.sheets.sheet import Case, Sheet, Status

#: Characters that XML 1.0 does not allow.
_UNWRITABLE = re.compile("[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


def render(sheet: Sheet) -> str:
    """The sheet as a text."""
    suite = ElementTree.Element(
        "testsuite",
        name=sheet.tool,
        tests=str(len(sheet.cases) + sheet.unchecked),
        failures=str(sheet.count(Status.FAILED)),
        errors=str(int(sheet.unchecked)),
        skipped=str(sheet.count(Status.SKIPPED)),
        time=f"{sheet.seconds:.3f}",
    )
    properties = ElementTree.SubElement(suite, "properties")
    for name, value in sheet.properties.items():
        ElementTree.SubElement(properties, "property", name=name, value=_clean(value))
    if sheet.unchecked:
        suite.append(_unchecked(sheet))
    for case in sheet.cases:
        suite.append(_case(case, sheet))
    root = ElementTree.Element("testsuites")
    root.append(suite)
    ElementTree.indent(root)
    return ElementTree.tostring(root, "unicode", xml_declaration=True) + "\n"


def _unchecked(sheet: Sheet) -> ElementTree.Element:
    """An error, since readers of JUnit take a run of skipped tests for a good one."""
    case = ElementTree.Element("testcase", classname=sheet.classname, name="verdict")
    ElementTree.SubElement(case, "error", message=_clean(sheet.verdict), type="verdict")
    return case


def _case(case: Case, sheet: Sheet) -> ElementTree.Element:
    element = ElementTree.Element(
        "testcase",
        classname=f"{sheet.classname}.{case.group}" if case.group else sheet.classname,
        name=case.name,
        time=f"{case.seconds:.3f}",
    )
    message, details = _clean(case.message), _clean(case.details)
    if case.status is Status.SKIPPED:
        ElementTree.SubElement(element, "skipped", message=message)
    elif case.status is Status.FAILED:
        failure = ElementTree.SubElement(element, "failure", message=message, type=sheet.kind)
        failure.text = details
    elif case.status is Status.NOTED:
        ElementTree.SubElement(element, "system-out").text = f"Note: {details}"
    return element


def _clean(text: str) -> str:
    return _UNWRITABLE.sub("\ufffd", text)
