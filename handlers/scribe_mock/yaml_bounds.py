"""Refuses YAML whose aliases make much of little, before anything is made of it.

Ten lines can stand for a billion values, since each alias repeats all that its anchor has.
"""

import re
from typing import Any

import yaml

#: The most values that a file may stand for; a large OpenAPI document has some ten thousand.
MOST_VALUES = 1_000_000

_ANCHOR = re.compile(r"(?:^|[\s\[{,:-])&[^\s\[\]{},]", re.MULTILINE)


def compose(loader: Any, text: str) -> yaml.Node | None:
    """The nodes of a YAML text; construct the document by `loader` itself.

    Args:
        loader: A loader of the text.
        text: The text.

    Raises:
        MarkedYAMLError: it is no YAML, contains itself, or stands for too many values.
    """
    root: yaml.Node | None = loader.get_single_node()
    if root is not None and _ANCHOR.search(text):
        _check(root)
    return root


def _check(root: yaml.Node) -> None:
    """Count the values below each node once, its parts before itself."""
    counted: dict[int, int] = {}
    under_way: set[int] = set()
    left = [root]
    while left:
        node = left[-1]
        parts = _parts(node)
        missing = [part for part in parts if id(part) not in counted]
        if not missing:
            left.pop()
            under_way.discard(id(node))
            counted[id(node)] = total = 1 + sum([counted[id(part)] for part in parts])
            if total > MOST_VALUES:
                _refuse(node, f"its aliases stand for more than {MOST_VALUES} values")
            continue
        if id(node) in under_way:
            _refuse(node, "it contains itself")
        under_way.add(id(node))
        left += missing


def _parts(node: yaml.Node) -> list[yaml.Node]:
    """What a node has, each alias as what it stands for."""
    if isinstance(node, yaml.SequenceNode):
        return list(node.value)
    if isinstance(node, yaml.MappingNode):
        return [part for pair in node.value for part in pair]
    return []


def _refuse(node: yaml.Node, problem: str) -> None:
    raise yaml.MarkedYAMLError(problem=problem, problem_mark=node.start_mark)
