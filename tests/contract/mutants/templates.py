"""Faults of the operations on templates."""

from starlette.responses import JSONResponse

from tests.contract.independent_server import Refusal, Server
from tests.contract.mutants.mutant import mutant, note


@mutant("answers.fields", only=["template.list"])
class TemplatesUnderAnotherName(Server):
    async def templates_at_once(self, call):
        if call.scope["method"] != "GET":
            return await super().templates_at_once(call)
        self.authorize(call)
        return JSONResponse({"templates": []})


@mutant("template.list")
class ListIsEmpty(Server):
    def all_templates(self):
        return self.made_templates


@mutant("template.create")
class NewTemplateIsNotListed(Server):
    def all_templates(self):
        return {name: one for name, one in super().all_templates().items() if "tpl_" not in name}


@mutant("template.usable")
class NewTemplateCannotBeUsed(Server):
    def known_templates(self):
        return self.own_templates


@mutant("template.usable")
class DocumentsGoWithTheirTemplate(Server):
    def archive(self, name):
        super().archive(name)
        for session in self.sessions.values():
            session.documents = [one for one in session.documents if one["template"] != name]


@mutant("template.update")
class UpdateReplacesAll(Server):
    def change_template(self, name, body):
        self.made_templates[name] = {"title": "", "desc": ""} | body


@mutant("template.update")
class UpdateForgets(Server):
    def change_template(self, name, body):
        pass


@mutant("template.delete")
class DeletedTemplateIsListed(Server):
    def archive(self, name):
        pass

    async def create_template(self, call):
        self.made_templates.clear()  # so that its list is as long each time
        return await super().create_template(call)


@note("template.delete_twice")
class DeletingTwiceSucceeds(Server):
    async def template(self, call, name):
        if call.scope["method"] == "DELETE" and name != "tpl_no_such_template":
            self.authorize(call)
            self.made_templates.pop(name, None)
            return JSONResponse({"msg": "Gone."})
        return await super().template(call, name)


@mutant("template.unknown")
class UnknownTemplateIsA400(Server):
    def no_template(self):
        return Refusal(400, "invalid_template")


@note("template.default")
class DefaultsCanBeChanged(Server):
    def not_yours(self):
        return Refusal(404, "template_not_found")


@mutant("template.schema")
class AnyTitleIsTaken(Server):
    def check_template(self, body):
        body["title"] = str(body.get("title", "Untitled"))


@mutant("template.token")
class TemplatesArePublic(Server):
    async def template(self, call, name):
        call.headers.append(("authorization", "Bearer x"))
        call.headers = call.headers[-1:]
        return await super().template(call, name)
