"""References within an OpenAPI document."""

import pytest

from scribe_mock.errors import SpecError
from scribe_mock.spec import resolved

DOCUMENT = {
    "a/b~c": {"found": 1},
    "list": [{"$ref": "#/a~1b~0c"}],
    "nothing": None,
    "self": {"$ref": "#/self"},
    "to": {"$ref": "#/fro"},
    "fro": {"$ref": "#/to"},
}


@pytest.mark.parametrize(
    ("node", "found"),
    [
        ({"$ref": "#/a~1b~0c"}, {"found": 1}),
        ({"$ref": "#/a~1b%7E0c/found"}, 1),
        ({"$ref": "#/list/0"}, {"found": 1}),
        ({"$ref": "#/nothing"}, None),
        ({"$ref": 5}, {"$ref": 5}),
        ({"plain": 2}, {"plain": 2}),
        ("text", "text"),
    ],
)
def test_a_reference_is_followed_to_its_end(node, found):
    assert resolved(DOCUMENT, node) == found


@pytest.mark.parametrize(
    "reference",
    [
        *("#/absent", "#/list/1", "#/list/x", "#/a~1b~0c/found/more", "#/self", "#/to", "#name"),
        *("other.yaml", "other.yaml#/self", "http://127.0.0.1:9/spec", "#/%zz"),
    ],
)
def test_a_reference_to_nothing_is_told(reference):
    with pytest.raises(SpecError, match="refers to nothing in this file"):
        resolved(DOCUMENT, {"$ref": reference})
