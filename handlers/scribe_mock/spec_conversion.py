"""Converts an OpenAPI 3.1 document to 3.0, where it uses nothing that 3.0 lacks.

Connexion reads 3.0 alone. The differences are those that the OpenAPI Initiative lists in "Migrating
from OpenAPI 3.0 to 3.1", and those between JSON Schema 2020-12 and the schemas of 3.0.3.
"""

from collections.abc import Mapping
from typing import Any

#: The most levels of a document; YAML aliases can nest without end.
_MAX_DEPTH = 100

#: Schemas with these keywords allow or forbid what no schema of OpenAPI 3.0 can.
_NOT_IN_30 = {
    *("if", "then", "else", "dependentSchemas", "dependentRequired", "dependencies"),
    *("unevaluatedProperties", "unevaluatedItems", "prefixItems", "additionalItems"),
    *("contains", "minContains", "maxContains", "propertyNames", "patternProperties"),
    *("$id", "$anchor", "$dynamicRef", "$dynamicAnchor", "$vocabulary", "definitions"),
}
#: The keywords of a schema in OpenAPI 3.0.3, "Schema Object"; all others say nothing in 3.1.
_KEPT = {
    *("title", "multipleOf", "maximum", "exclusiveMaximum", "minimum", "exclusiveMinimum"),
    *("maxLength", "minLength", "pattern", "maxItems", "minItems", "uniqueItems"),
    *("maxProperties", "minProperties", "required", "enum", "type", "allOf", "oneOf", "anyOf"),
    *("not", "items", "properties", "additionalProperties", "description", "format", "default"),
    *("discriminator", "readOnly", "writeOnly", "xml", "externalDocs", "example", "deprecated"),
    *("$ref", "nullable"),
}
#: What 3.1 says when `$schema` or `jsonSchemaDialect` is left out, and what it is based on.
_DIALECTS = {
    "https://spec.openapis.org/oas/3.1/dialect/base",
    "https://json-schema.org/draft/2020-12/schema",
}
#: Objects whose keys are names, and objects that are data: nothing in them is a keyword.
_NAMED = {"responses", "headers", "content", "callbacks", "encoding", "links", "requestBodies"}
_DATA = {"example", "examples", "default", "enum", "const", "value", "externalValue"}

_NULL: Mapping[str, Any] = {"nullable": True, "enum": [None]}

Place = tuple[str | int, ...]


class NotIn30(Exception):
    """Something in a document that OpenAPI 3.0 has no form for.

    Args:
        place: Keys and indices from the top of the document.
        message: What it is.
    """

    def __init__(self, place: Place, message: str) -> None:
        super().__init__(message)
        self.place = place


def as_30(document: dict[str, Any], *, lenient: bool = False) -> dict[str, Any]:
    """The same document as OpenAPI 3.0.3; it is changed in place.

    Args:
        document: A document of OpenAPI 3.1.
        lenient: Whether to leave out what 3.0 lacks, instead of refusing it.

    Raises:
        NotIn30: it uses what 3.0 lacks, or is nested too deeply.
    """
    dialect = document.pop("jsonSchemaDialect", None)
    if dialect is not None and dialect not in _DIALECTS and not lenient:
        raise NotIn30(("jsonSchemaDialect",), f"the schemas follow the dialect {dialect!r:.100}")
    document["openapi"] = "3.0.3"
    document.setdefault("paths", {})
    # Nothing of them is served, and 3.0 does not know them.
    webhooks = document.pop("webhooks", None)
    _convert_info(document.get("info"))
    _place_path_items(document)
    _Conversion(lenient=lenient).walk(document, ())
    if webhooks is not None:
        document["x-webhooks"] = webhooks
    return document


def _convert_info(info: Any) -> None:
    if not isinstance(info, dict):
        return
    info.pop("summary", None)
    license_ = info.get("license")
    if isinstance(license_, dict) and "identifier" in license_:
        identifier = license_.pop("identifier")
        license_.setdefault("url", f"https://spdx.org/licenses/{identifier}.html")


def _place_path_items(document: dict[str, Any]) -> None:
    """Put the path items of the components where they are referred to."""
    components = document.get("components")
    items = components.pop("pathItems", None) if isinstance(components, dict) else None
    if not isinstance(items, dict) or not isinstance(document["paths"], dict):
        return
    for path, item in document["paths"].items():
        reference = item.get("$ref") if isinstance(item, dict) else None
        name = str(reference).removeprefix("#/components/pathItems/")
        if name in items:
            document["paths"][path] = items[name]


class _Conversion:
    """Walks through one document and changes each schema once."""

    def __init__(self, *, lenient: bool) -> None:
        self._lenient = lenient
        # What YAML aliases share is one object; by its id, since it changes.
        self._done: set[int] = set()

    def walk(self, node: Any, place: Place) -> None:
        """Convert everything below a node that is no schema."""
        if len(place) > _MAX_DEPTH:
            raise NotIn30(place, f"the document is nested deeper than {_MAX_DEPTH} levels")
        if not isinstance(node, dict | list) or id(node) in self._done:
            return
        self._done.add(id(node))
        entries = node.items() if isinstance(node, dict) else enumerate(node)
        for key, child in list(entries):
            self._enter(node, key, child, (*place, key))

    def _enter(self, node: Any, key: Any, child: Any, place: Place) -> None:
        named = len(place) > 1 and place[-2] in _NAMED
        if place == ("components", "schemas") and isinstance(child, dict):
            for name in child:
                child[name] = self.schema(child[name], (*place, name))
        elif key == "schema" and not named:
            node[key] = self.schema(child, place)
        elif place[:2] == ("components", "securitySchemes") and key == "type":
            if child == "mutualTLS" and not self._lenient:
                raise NotIn30(place, "security by mutualTLS")
        elif named or not (key in _DATA or str(key).startswith("x-")):
            self.walk(child, place)

    def schema(self, schema: Any, place: Place) -> Any:
        """A schema in the words of 3.0."""
        if len(place) > _MAX_DEPTH:
            raise NotIn30(place, f"the document is nested deeper than {_MAX_DEPTH} levels")
        if schema is True:
            return {}
        if schema is False:
            return {"not": {}}
        if not isinstance(schema, dict) or id(schema) in self._done:
            return schema
        self._done.add(id(schema))
        if not self._lenient:
            _refuse(schema, place)
        self._convert_parts(schema, place)
        _convert_definitions(schema)
        _convert_values(schema)
        _convert_bounds(schema)
        _convert_content(schema)
        _convert_type(schema)
        _convert_reference(schema)
        return schema

    def _convert_parts(self, schema: dict[str, Any], place: Place) -> None:
        for key in ("items", "not", "additionalProperties"):
            allows = key == "additionalProperties" and isinstance(schema.get(key), bool)
            if key in schema and not allows:
                schema[key] = self.schema(schema[key], (*place, key))
        for key in ("allOf", "anyOf", "oneOf", "properties", "$defs"):
            parts = schema.get(key)
            if isinstance(parts, dict | list):
                entries = parts.items() if isinstance(parts, dict) else enumerate(parts)
                for name, part in list(entries):
                    parts[name] = self.schema(part, (*place, key, name))


def _refuse(schema: dict[str, Any], place: Place) -> None:
    """Raise NotIn30 for a keyword that 3.0 has no form for."""
    for key in schema:
        if key in _NOT_IN_30:
            raise NotIn30((*place, key), f"the keyword {key}")
    dialect = schema.get("$schema")
    if dialect is not None and dialect not in _DIALECTS:
        raise NotIn30((*place, "$schema"), f"a schema of the dialect {dialect!r:.100}")


def _convert_definitions(schema: dict[str, Any]) -> None:
    if "$defs" in schema:
        schema["x-defs"] = schema.pop("$defs")
    if isinstance(schema.get("$ref"), str):
        schema["$ref"] = schema["$ref"].replace("/$defs/", "/x-defs/")


def _convert_values(schema: dict[str, Any]) -> None:
    schema.pop("nullable", None)  # it says nothing in 3.1
    if "const" in schema:
        schema["enum"] = [schema.pop("const")]
    if isinstance(schema.get("examples"), list) and schema["examples"]:
        schema.setdefault("example", schema["examples"][0])


def _convert_bounds(schema: dict[str, Any]) -> None:
    """An exclusive bound is a number in 3.1, and in 3.0 a mark of the other bound."""
    for name, exclusive, tighter in (
        ("minimum", "exclusiveMinimum", max),
        ("maximum", "exclusiveMaximum", min),
    ):
        bound = schema.pop(exclusive, None)
        if isinstance(bound, bool) or not isinstance(bound, int | float):
            continue
        known = schema.get(name, bound)
        if not isinstance(known, int | float) or tighter(bound, known) == bound:
            schema |= {name: bound, exclusive: True}


def _convert_content(schema: dict[str, Any]) -> None:
    """Bytes in a string: raw ones have a media type alone, encoded ones their encoding."""
    encoding, kind = schema.get("contentEncoding"), schema.get("contentMediaType")
    if encoding == "base64":
        schema.setdefault("format", "byte")
    elif encoding is None and kind == "application/octet-stream":
        schema.setdefault("format", "binary")


def _convert_type(schema: dict[str, Any]) -> None:
    kinds = schema.get("type", [])
    listed = kinds if isinstance(kinds, list) else [kinds]
    others = [kind for kind in listed if kind != "null"]
    null = "null" in listed
    if len(others) == 1:
        schema["type"] = others[0]
        if null:
            schema["nullable"] = True
    elif others:
        branches: list[Any] = [{"type": kind} for kind in others]
        _add_alternatives(schema, [*branches, dict(_NULL)] if null else branches)
    elif null:
        schema.pop("type")
        schema |= _NULL
    if schema.get("type") == "array":
        schema.setdefault("items", {})
    for key in set(schema) - _KEPT:
        if not str(key).startswith("x-"):
            del schema[key]


def _add_alternatives(schema: dict[str, Any], branches: list[Any]) -> None:
    """Of several types one must fit; each other keyword looks only at values of its own type."""
    schema.pop("type")
    for branch in branches:
        if branch.get("type") == "array":
            branch["items"] = schema.get("items", {})
    schema.setdefault("allOf", []).append({"anyOf": branches})


def _convert_reference(schema: dict[str, Any]) -> None:
    """In 3.0 what stands beside a `$ref` says nothing."""
    if "$ref" in schema and len(schema) > 1:
        schema["allOf"] = [*schema.get("allOf", ()), {"$ref": schema.pop("$ref")}]
