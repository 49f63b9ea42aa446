"""Templates: the server's own, and those that clients make."""

import secrets

from starlette.responses import JSONResponse

from tests.contract.independent_server.bodies import Bodies
from tests.contract.independent_server.refusal import Refusal


class Templates(Bodies):
    async def templates_at_once(self, call):
        self.authorize(call)
        if call.scope["method"] == "POST":
            return await self.create_template(call)
        return JSONResponse({"items": [self.item(*one) for one in self.all_templates().items()]})

    def all_templates(self):
        own = {name: {"title": name, "desc": "", "default": True} for name in self.own_templates}
        return own | self.made_templates

    def item(self, name, template):
        found = {"id": name, "title": template["title"], "desc": template["desc"]}
        return found | {
            "section_ids": template.get("section_ids", []),
            "default": template.get("default", False),
            "is_favorite": False,
        }

    async def create_template(self, call):
        body = await self.json(call)
        self.check_template(body)
        sections = body.get("section_ids")
        if "title" not in body or not isinstance(sections, list):
            raise self.broken("$")
        if not all(isinstance(one, str) for one in sections):
            raise self.broken("$.section_ids")
        name = f"tpl_{secrets.token_hex(6)}"
        self.made_templates[name] = {"desc": ""} | body
        return JSONResponse({"msg": "Made.", "template_id": name}, 201)

    def check_template(self, body):
        for name in ("title", "desc", "type"):
            if name in body and not isinstance(body[name], str):
                raise self.broken(f"$.{name}")
        if len(body.get("title", "x")) not in range(1, 201) or len(body.get("desc", "")) > 20_000:
            raise self.broken("$")

    async def template(self, call, name):
        self.authorize(call)
        if name in self.own_templates:
            raise self.not_yours()
        if name not in self.made_templates:
            raise self.no_template()
        if call.scope["method"] == "DELETE":
            self.archive(name)
            return JSONResponse({"msg": "Gone."})
        body = await self.json(call)
        self.check_template(body)
        if not body.keys() & {"title", "desc"}:
            raise Refusal(400, "invalid_request")
        self.change_template(name, body)
        return JSONResponse({"msg": "Changed."})

    def archive(self, name):
        del self.made_templates[name]

    def change_template(self, name, body):
        self.made_templates[name] |= {key: body[key] for key in ("title", "desc") if key in body}

    def not_yours(self):
        return Refusal(403, "forbidden")

    def no_template(self):
        return Refusal(404, "template_not_found")
