"""The templates of one server, in this process's memory."""

import sys
from collections.abc import Mapping, Sequence
from dataclasses import asdict, astuple, replace
from typing import Any

from scribe_mock.errors import Forbidden, TemplateNotFound
from scribe_mock.sessions.noting import Noted, not_shared
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
        #: Is told of each template that is made, changed or gone (`sharing`).
        self.noted: Noted = not_shared
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
        self.noted(_key(owner, template.template_id))

    def change(self, owner: str, template_id: str, changes: Mapping[str, Any]) -> None:
        """Change a caller's template; raises TemplateNotFound, Forbidden."""
        self.put(owner, replace(self.require_own(owner, template_id), **changes))

    def archive(self, owner: str, template_id: str) -> None:
        """Take a caller's template away; raises TemplateNotFound, Forbidden."""
        self.require_own(owner, template_id)
        self._remove(owner, template_id)

    def _remove(self, owner: str, template_id: str) -> None:
        self.load(_key(owner, template_id), None)
        self.noted(_key(owner, template_id))

    def forget(self, scope: Scope) -> None:
        """Forget the templates of the callers in a scope."""
        for owner in [owner for owner in self._made if scope.covers(None, owner)]:
            for template_id in list(self._made[owner]):
                self._remove(owner, template_id)

    def names(self) -> list[str]:
        """The keys of all templates of callers."""
        return [_key(owner, name) for owner, own in self._made.items() for name in own]

    def entry(self, key: str) -> Mapping[str, Any] | None:
        """The fields of a caller's template; None if there is none."""
        owner, _, template_id = key.partition(" ")
        template = self._made.get(owner, {}).get(template_id)
        return None if template is None else asdict(template)

    def load(self, key: str, entry: Mapping[str, Any] | None) -> None:
        """Have a caller's template as another server has it; None removes it."""
        owner, _, template_id = key.partition(" ")
        own = dict(self._made.get(owner, {}))
        earlier = own.pop(template_id, None)
        if earlier is not None:
            self._store.unclaim(_weight(earlier))
        if entry is not None:
            template = Template(**{**entry, "section_ids": tuple(entry["section_ids"])})
            # Another server found room for it, so this one must not refuse it.
            self._store.unclaim(-_weight(template))
            own[template_id] = template
        self._made[owner] = own
        if not own:
            del self._made[owner]

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


def _key(owner: str, template_id: str) -> str:
    return f"{owner} {template_id}"


def _weight(template: Template) -> int:
    """The bytes of memory of a template, rounded up."""
    return (
        512
        + sum(map(sys.getsizeof, astuple(template)))
        + sum(map(sys.getsizeof, template.section_ids))
    )
