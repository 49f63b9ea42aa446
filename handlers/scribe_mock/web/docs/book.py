"""The documentation as a book: pages rendered from the specs, for a server or for a folder."""

import re
from collections.abc import Iterator
from functools import cached_property
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup, escape

from scribe_mock import __version__
from scribe_mock.gauntlet.scenarios import SCENARIOS
from scribe_mock.spec import SpecFile
from scribe_mock.web.docs.catalogue import OperationErrors, catalogue
from scribe_mock.web.docs.clients import DELIVERIES, client_tables
from scribe_mock.web.docs.examined import examined_clients
from scribe_mock.web.docs.fault_examples import SNIPPETS, fault_examples
from scribe_mock.web.docs.reference import as_script, for_renderer
from scribe_mock.web.docs.samples import TOKEN
from scribe_mock.web.navigation import DOCUMENTATION, GUIDES, INSPECTOR, Entry
from scribe_mock.web.site import SHARED_ASSETS, TEMPLATES

_HERE = Path(__file__).parent
ASSETS = _HERE / "assets"

#: The scripts that contain the specs, since `fetch` does not work from `file://`.
API_SCRIPT, CONTROL_SCRIPT = "api.js", "control-api.js"


class Book:
    """All pages of the documentation.

    Args:
        spec: The contract's file.
        control_spec: The control API's.
        served: Whether a mock serves the pages; else they are files that link to each other.
        token: The token that the pages fill in; empty where the reader has to know one.
    """

    def __init__(
        self, spec: SpecFile, control_spec: SpecFile, *, served: bool, token: str = TOKEN
    ) -> None:
        self._files = (spec, control_spec)
        self._served = served
        self._templates = Environment(
            loader=FileSystemLoader([_HERE / "templates", TEMPLATES]),
            autoescape=True,
            undefined=StrictUndefined,
            trim_blocks=True,
            lstrip_blocks=True,
        )
        self._templates.globals |= {
            "fault_examples": fault_examples,
            "asset": lambda name: f"{'/docs/' if served else ''}assets/{name}",
            "guides": [(entry, self._address(entry)) for entry in GUIDES],
            "home": "/" if served else "index.html",
            "navigation": list(self._navigation()),
            "page": self._page_address,
            "served": served,
            "snippet": snippet,
            "token": token,
            "version": __version__,
        }

    @property
    def names(self) -> list[str]:
        """The pages: `index` is the reference."""
        return [entry.name for entry in (*DOCUMENTATION, *GUIDES)]

    def page(self, name: str) -> str:
        """One page as HTML; `name` is one of `names`."""
        if any(entry.name == name for entry in GUIDES):
            return self._guide(name)
        extra: dict[str, Any] = {"operations": self.errors} if name == "errors" else {}
        return self._templates.get_template(f"{name}.html").render(here=name, **extra)

    @cached_property
    def errors(self) -> list[OperationErrors]:
        """The operations and their errors, for the errors page."""
        return catalogue(self._files[0].document())

    @cached_property
    def scripts(self) -> dict[str, str]:
        """The specs as scripts, by file name."""
        documents = [for_renderer(file.document(), served=self._served) for file in self._files]
        return dict(zip((API_SCRIPT, CONTROL_SCRIPT), map(as_script, documents), strict=True))

    def _guide(self, name: str) -> str:
        number = next(n for n, entry in enumerate(GUIDES) if entry.name == name)
        following = GUIDES[number + 1] if number + 1 < len(GUIDES) else None
        return self._templates.get_template(f"guides/{name}.html").render(
            here="guides",
            guide=GUIDES[number],
            following=following and (following, self._address(following)),
            **_tables(name),
        )

    def _navigation(self) -> Iterator[dict[str, str]]:
        for entry in DOCUMENTATION + (INSPECTOR if self._served else ()):
            yield {"name": entry.name, "label": entry.label, "href": self._address(entry)}

    def _address(self, entry: Entry) -> str:
        return entry.path if self._served else f"{entry.name}.html"

    def _page_address(self, name: str) -> str:
        known = {entry.name: entry for entry in (*DOCUMENTATION, *GUIDES, *INSPECTOR)}
        return self._address(known[name])


def _tables(name: str) -> dict[str, Any]:
    """What only one guide shows."""
    if name == "clients":
        return {"clients": client_tables(), "deliveries": DELIVERIES}
    if name == "examine-your-client":
        return {"scenarios": SCENARIOS, "examined": examined_clients()}
    return {}


def snippet_text(name: str) -> str:
    """A snippet: a file, or `recording.js#part`, a function or class of the reference client."""
    file, _, part = name.partition("#")
    path = next(folder / file for folder in (SNIPPETS, SHARED_ASSETS) if (folder / file).exists())
    source = path.read_text("utf-8")
    if not part:
        return source.rstrip()
    pattern = rf"^(?:export )?(?:(?:async )?function|class) {part}\b.*?^}}"
    found = re.search(pattern, source, re.MULTILINE | re.DOTALL)
    assert found is not None, name
    return found[0]


def snippet(name: str) -> Markup:
    """A snippet as HTML; the page's script adds a copy button."""
    text = escape(snippet_text(name))
    label = f"Code: {name.partition('#')[2] or name}"
    return Markup(
        '<div class="snippet"><pre tabindex="0" role="region" aria-label="{}">'
        "<code>{}</code></pre></div>"
    ).format(label, text)
