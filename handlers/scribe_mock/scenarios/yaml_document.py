"""A YAML file of the fixtures, which knows the line of each of its values."""

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import yaml
from jsonschema import Draft202012Validator
from jsonschema.exceptions import best_match

from scribe_mock.errors import FixtureError
from scribe_mock.schema_errors import in_json
from scribe_mock.yaml_bounds import compose


class _Loader(yaml.CSafeLoader):
    """YAML with the types of JSON only: a date stays a text."""


_Loader.yaml_implicit_resolvers = {
    first: [(tag, pattern) for tag, pattern in resolvers if tag != "tag:yaml.org,2002:timestamp"]
    for first, resolvers in yaml.CSafeLoader.yaml_implicit_resolvers.items()
}


def _refuse_duplicate_keys(root: yaml.Node | None) -> None:
    """Raise MarkedYAMLError for a duplicate key: the parser would silently use the last one."""
    left, known = [root], set()
    while left:
        node = left.pop()
        if not isinstance(node, yaml.CollectionNode) or id(node) in known:
            continue
        known.add(id(node))
        if isinstance(node, yaml.SequenceNode):
            left += node.value
            continue
        keys = set()
        for key, value in node.value:
            if str(key.value) in keys:
                problem = f"the key {key.value} occurs twice"
                raise yaml.MarkedYAMLError(problem=problem, problem_mark=key.start_mark)
            keys.add(str(key.value))
            left.append(value)


class YamlDocument:
    """One YAML file that knows the line of every value."""

    def __init__(self, path: Path) -> None:
        self._path = path
        try:
            text = path.read_text("utf-8")
            loader = _Loader(text)
            self._root = compose(loader, text)
            _refuse_duplicate_keys(self._root)
            self._data = loader.construct_document(self._root) if self._root else None
            json.dumps(self._data, allow_nan=False)
        except yaml.MarkedYAMLError as error:
            line = error.problem_mark.line + 1 if error.problem_mark else 1
            raise FixtureError(f"{path}:{line}: expected YAML, but {error.problem}.") from None
        except (OSError, ValueError, TypeError, RecursionError, yaml.YAMLError) as error:
            reason = str(error).partition("\n")[0]
            raise FixtureError(f"{path}: expected a readable YAML file, but {reason}.") from None

    @property
    def empty(self) -> bool:
        """Whether the file has no content besides comments."""
        return self._data is None

    def checked(self, schema: Mapping[str, Any]) -> Any:
        """The data, validated against a JSON schema; raises FixtureError."""
        found = best_match(Draft202012Validator(schema).iter_errors(self._data))
        if found is not None:
            raise self.error(list(found.absolute_path), in_json(found))
        return self._data

    def error(self, place: Sequence[str | int], message: str) -> FixtureError:
        """An error about the value at this place, with its line."""
        node, where = self._root, ""
        for step in place:
            where += f"[{step}]" if isinstance(step, int) else f".{step}"
            node = self._child(node, step)
        line = node.start_mark.line + 1 if node is not None else 1
        return FixtureError(f"{self._path}:{line}: {where.lstrip('.') or 'the file'}: {message}.")

    @staticmethod
    def _child(node: Any, step: str | int) -> Any:
        if isinstance(node, yaml.SequenceNode):
            return node.value[int(step)]
        return next((value for key, value in node.value if key.value == str(step)), node)
