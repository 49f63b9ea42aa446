"""Loads OpenAPI files, and explains what is wrong with a broken one."""

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, cast

import yaml

from scribe_mock.errors import SpecError
from scribe_mock.spec_conversion import NotIn30, Place, as_30
from scribe_mock.yaml_bounds import compose

_PACKAGE = Path(__file__).parent
_REPOSITORY = _PACKAGE.parent.parent

#: The most levels of a document; YAML aliases can nest without end.
_MAX_DEPTH = 100


def shipped(name: str) -> Path:
    """The path of a file that ships with the program, such as `openapi.yaml` or `fixtures`.

    A wheel has a copy inside the package; an editable installation uses the repository's own.
    """
    copy = _PACKAGE / name
    return copy if copy.exists() else _REPOSITORY / name


class SpecFile:
    """An OpenAPI file as it was when it was read: what is saved later is not in it.

    Args:
        path: The file.

    Raises:
        SpecError: it can't be read.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        try:
            self.text = path.read_text("utf-8")
        except (OSError, ValueError) as error:
            raise _unreadable(path, error) from None

    def document(self, *, lenient: bool = False) -> dict[str, Any]:
        """A new copy of the document in it; one of OpenAPI 3.1 is converted to 3.0.

        Args:
            lenient: Whether to leave out what OpenAPI 3.0 lacks, instead of refusing it.

        Raises:
            SpecError: it is no YAML mapping, of another version, or uses what OpenAPI 3.0 lacks.
        """
        path = self.path
        try:
            loader = yaml.CSafeLoader(self.text)
            root = compose(loader, self.text)
            document = None if root is None else loader.construct_document(root)
        except yaml.MarkedYAMLError as error:
            line = error.problem_mark.line + 1 if error.problem_mark else 1
            raise SpecError(f"{path}:{line}: expected YAML, but {error.problem}.") from None
        except (ValueError, RecursionError, yaml.YAMLError) as error:
            raise _unreadable(path, error) from None
        if not isinstance(document, dict):
            raise SpecError(f"{path}: expected an OpenAPI document, but it is not a mapping.")
        return _of_version_30(document, path, self.text, lenient=lenient)


def _unreadable(path: Path, error: Exception) -> SpecError:
    reason = str(error).partition("\n")[0]
    return SpecError(f"{path}: expected a readable OpenAPI file, but {reason}.")


def load_spec(path: Path, *, lenient: bool = False) -> dict[str, Any]:
    """The document in an OpenAPI file as it is now; raises SpecError."""
    return SpecFile(path).document(lenient=lenient)


def _of_version_30(
    document: dict[str, Any], path: Path, text: str, *, lenient: bool
) -> dict[str, Any]:
    version = str(document.get("openapi", ""))
    if version.startswith("3.1."):
        try:
            return as_30(document, lenient=lenient)
        except NotIn30 as lack:
            where = "/".join(map(str, lack.place))
            raise SpecError(
                f"{path}:{_line(text, lack.place)}: expected what OpenAPI 3.0 has, too, but found "
                f"{lack} at #/{where[:200]}. Write it without, or give a file of OpenAPI 3.0."
            ) from None
    if version.startswith("3.") and not version.startswith("3.0"):
        line = _line(text, ("openapi",))
        raise SpecError(f"{path}:{line}: expected OpenAPI 3.0 or 3.1, not {version[:20]}.")
    return document


def _line(text: str, place: Place) -> int:
    """The line of a value in a YAML text; that of what it is in, where it has none."""
    node: Any = yaml.compose(text, Loader=yaml.CSafeLoader)
    mark = node.start_mark
    for step in place:
        pairs = getattr(node, "value", ())
        if isinstance(node, yaml.SequenceNode):
            pairs = [(each, each) for each in pairs[int(step) : int(step) + 1]]
        elif isinstance(node, yaml.MappingNode):
            pairs = [pair for pair in pairs if str(pair[0].value) == str(step)]
        if not pairs or isinstance(node, yaml.ScalarNode):
            break
        key, node = pairs[0]
        mark = key.start_mark
    return int(mark.line) + 1


def resolved(document: Mapping[str, Any], node: Any) -> Any:
    """What the `$ref` of a node refers to, through further references; else the node itself.

    Raises:
        SpecError: it refers to nothing in this document, or in a circle to itself.
    """
    if not _refers(node):
        return node
    # Imported here because it takes time, and `--help` does not need it.
    from referencing import Registry, Specification
    from referencing.exceptions import Unresolvable

    whole = Specification.OPAQUE.create_resource(document)
    resolver = Registry().with_resource("", whole).resolver()
    seen: set[str] = set()
    while _refers(node):
        reference = node["$ref"]
        try:
            if reference in seen:
                raise ValueError("it refers to itself")
            node = resolver.lookup(reference).contents
        # The library lets a wrong index, and a step into what has no parts, fail in its own way.
        except (Unresolvable, ValueError, TypeError):
            raise SpecError(f"$ref {reference[:100]!r} refers to nothing in this file.") from None
        seen.add(reference)
    return node


def _refers(node: Any) -> bool:
    return isinstance(node, Mapping) and isinstance(node.get("$ref"), str)


def explain(path: Path, document: dict[str, Any]) -> str | None:
    """What is wrong with an OpenAPI 3.0 document, in one line; None if no fault was found.

    This takes a second, so call it only for a document that could not be served.
    """
    fault = next(_faults(document, document, "#", 0), None) or _breach(document)
    return f"{path}: at {fault}" if fault else None


def _faults(document: dict[str, Any], value: Any, place: str, depth: int) -> Iterator[str]:
    """Keys that are not text, and broken references: the schema validator fails on them."""
    if depth > _MAX_DEPTH:
        yield f"{place[:100]}…: it is nested deeper than {_MAX_DEPTH} levels."
    elif isinstance(value, list):
        for index, child in enumerate(value):
            yield from _faults(document, child, f"{place}/{index}", depth + 1)
    elif isinstance(value, dict):
        try:
            resolved(document, value)
        except SpecError as error:
            yield f"{place}: {error}"
        for key, child in value.items():
            # A status is often written as a number; Connexion accepts that.
            if not isinstance(key, str) and not place.endswith("/responses"):
                yield f"{place}: the key {key} is not text; put it in quotes."
            yield from _faults(document, child, f"{place}/{key}", depth + 1)


def _breach(document: dict[str, Any]) -> str | None:
    """The first violation of the OpenAPI 3.0 schema, or None."""
    from openapi_spec_validator import OpenAPIV30SpecValidator

    try:
        error = next(iter(OpenAPIV30SpecValidator(cast(Any, document)).iter_errors()), None)
    except Exception:  # the validator itself failed, so it has no explanation
        return None
    if error is None:
        return None
    place = "/".join(map(str, error.absolute_path))
    return f"#/{place}: {str(error.message).partition(chr(10))[0][:300]}."
