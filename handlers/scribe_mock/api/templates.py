"""The operations on templates (CONTRACT.md, "Templates")."""

from collections.abc import Mapping
from typing import Any

from starlette.requests import Request

from scribe_mock.api.answers import JsonAnswer
from scribe_mock.api.services import OperationGroup
from scribe_mock.errors import InvalidRequest
from scribe_mock.sessions.templates import Template, new_template_id


class TemplateOperations(OperationGroup):
    """The operations with the tag Templates."""

    async def list_templates(self, request: Request) -> JsonAnswer:
        """Answer with the server's templates, then the caller's own."""
        listed = self._services.templates.listed(self._services.callers.of(request))
        return JsonAnswer({"items": [_shown(template) for template in listed]})

    async def create_template(self, request: Request, body: Mapping[str, Any]) -> JsonAnswer:
        """Create a template of the caller's own."""
        template = Template(
            template_id=new_template_id(),
            title=body["title"],
            desc=body.get("desc", ""),
            section_ids=tuple(body["section_ids"]),
            type=body.get("type", "custom"),
        )
        async with self._services.sharing.changing():
            self._services.templates.put(self._services.callers.of(request), template)
        answer = {"msg": "The template was created.", "template_id": template.template_id}
        return JsonAnswer(answer, 201)

    async def update_template(
        self, request: Request, template_id: str, body: Mapping[str, Any]
    ) -> JsonAnswer:
        """Change the title or the description of the caller's own template."""
        self._services.templates.require_own(self._services.callers.of(request), template_id)
        changes = {name: body[name] for name in ("title", "desc") if name in body}
        if not changes:
            raise InvalidRequest("There is nothing to change. Send title, desc or both.")
        owner = self._services.callers.of(request)
        async with self._services.sharing.changing():
            self._services.templates.change(owner, template_id, changes)
        return JsonAnswer({"msg": "The template was updated."})

    async def delete_template(self, request: Request, template_id: str) -> JsonAnswer:
        """Archive the caller's own template; documents that were made with it stay."""
        async with self._services.sharing.changing():
            self._services.templates.archive(self._services.callers.of(request), template_id)
        return JsonAnswer({"msg": "The template was archived."})


def _shown(template: Template) -> dict[str, Any]:
    return {
        "id": template.template_id,
        "title": template.title,
        "desc": template.desc,
        "section_ids": list(template.section_ids),
        "default": template.default,
        "is_favorite": template.is_favorite,
    }
