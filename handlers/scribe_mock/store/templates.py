"""The templates of one server, in this process's memory."""

import sys
from collections.abc import Mapping, Sequence
from dataclasses import astuple, replace
from typing import Any

from scribe_mock.errors import Forbidden, TemplateNotFound
from scribe_mock.sessions.scopes import Scope
from scribe_mock.sessions.templates import Template
from scribe_mock.store.session_store import SessionStore

#: The most templates that an error message lists.
_LISTED = 20


class Templates:
    """The server's own templates, and those of each caller; a caller sees no other's.

    Args:
        store: Its memory holds the callers' templates too.
        fixtures: The server's own, which no caller can change, and those of the demo caller.
        demo: The owner of the templates of the fixtures that are not the server's own.
    """

    def __init__(self, store: SessionStore, fixtures: Sequence[Template], demo: str) -> None:
        self._store, self._demo = store, demo
        self._made: dict[str, dict[str, Template]] = {}
        self._read(fixtures)

    def _read(self, fixtures: Sequence[Template]) -> None:
        self._defaults = {one.template_id: one for one in fixtures if one.default}
        self._of_demo = [one for one in fixtures if not one.default]

    def replace(self, fixtures: Sequence[Template]) -> None:
        """Have other templates of the fixtures from now on; raises ServiceUnavailable."""
        for earlier in self._of_demo:
            # One that its caller has changed is the caller's.
            if self._made.get(self._demo, {}).get(earlier.template_id) == earlier:
                self.archive(self._demo, earlier.template_id)
        self._read(fixtures)
        self.plant()

    def listed(self, owner: str) -> list[Template]:
        """The templates that a caller can use: the defaults, then the caller's own."""
        return [*self._defaults.values(), *self._made.get(owner, {}).values()]

    def find(self, owner: str, template_id: str) -> Template:
        """One of `listed`; raises TemplateNotFound."""
        own = self._made.get(owner, {})
        template = self._defaults.get(template_id) or own.get(template_id)
        if template is None:
            known = [known.template_id for known in self.listed(owner)]
            raise TemplateNotFound(
                f"There is no template {template_id[:80]!r}. Use one that List templates has, "
                f"such as {known[0]}.",
                templates=known[:_LISTED],
            )
        return template

    def unknown(self, owner: str, names: Sequence[str]) -> list[str]:
        """Those of the names that are no template of this caller."""
        own = self._made.get(owner, {})
        return [name for name in names if name not in self._defaults and name not in own]

    def put(self, owner: str, template: Template) -> None:
        """Add a caller's template, or replace the one with its id; raises ServiceUnavailable."""
        own = self._made.get(owner, {})
        earlier = own.get(template.template_id)
        self._store.claim(_weight(template))
        if earlier is not None:
            self._store.unclaim(_weight(earlier))
        self._made[owner] = {**own, template.template_id: template}

    def change(self, owner: str, template_id: str, changes: Mapping[str, Any]) -> None:
        """Change a caller's template; raises TemplateNotFound, Forbidden."""
        self.put(owner, replace(self.require_own(owner, template_id), **changes))

    def archive(self, owner: str, template_id: str) -> None:
        """Take a caller's template away; raises TemplateNotFound, Forbidden."""
        self._store.unclaim(_weight(self.require_own(owner, template_id)))
        del self._made[owner][template_id]
        if not self._made[owner]:
            del self._made[owner]

    def forget(self, scope: Scope) -> None:
        """Forget the templates of the callers in a scope."""
        for owner in [owner for owner in self._made if scope.covers(None, owner)]:
            self._store.unclaim(sum(map(_weight, self._made.pop(owner).values())))

    def plant(self) -> None:
        """Make the demo caller's templates of the fixtures; raises ServiceUnavailable."""
        for template in self._of_demo:
            self.put(self._demo, template)

    def require_own(self, owner: str, template_id: str) -> Template:
        """A template that the caller may change; raises TemplateNotFound, Forbidden."""
        template = self.find(owner, template_id)
        if template.default:
            raise Forbidden(
                f"{template_id} is one of the server's own templates, which cannot be changed. "
                "Create one of your own."
            )
        return template


def _weight(template: Template) -> int:
    """The bytes of memory of a template, rounded up."""
    return (
        512
        + sum(map(sys.getsizeof, astuple(template)))
        + sum(map(sys.getsizeof, template.section_ids))
    )
