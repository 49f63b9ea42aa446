"""Faults of create session."""

import json

from tests.contract.independent_server import Refusal, Server
from tests.contract.mutants.mutant import mutant, note


@mutant("create.schema.model")
class SchemaIs400(Server):
    def broken(self, path):
        return Refusal(400, "invalid_request", path=path)


@note("create.not_json")
class NotJsonIs422(Server):
    def not_json(self):
        return Refusal(422, "invalid_request", path="$")


@mutant("server.no_5xx", only=["create.not_json"])
class CrashesOnBadJson(Server):
    def not_json(self):
        return ValueError("Expecting value")


@mutant("server.no_5xx", only=["create.schema"])
class CrashesOnAList(Server):
    async def json(self, call, required=True):
        value = json.loads(await call.body() or b"{}")
        value.get("upload_type")
        return value


@mutant("create.echo")
class AdditionalDataDropped(Server):
    def shown(self, session, state, call):
        return super().shown(session, state, call) | {"additional_data": {}}


@mutant("create.schema.templates")
class ThreeTemplatesAccepted(Server):
    def max_templates(self):
        return 3


@note("create.null")
class NullIsRefused(Server):
    def without_nulls(self, body):
        if None in body.values():
            raise self.broken("$")
        return body


@mutant("create.unknown_template")
class AnyTemplateIsTaken(Server):
    def check_templates(self, body):
        if body.get("templates") != ["no_such_template"]:
            super().check_templates(body)


@mutant("create.unknown_template")
class UnknownTemplateIs404(Server):
    def unknown_template(self):
        return Refusal(404, "template_not_found")


@mutant("create.values")
class AutoDetectRefused(Server):
    def check_fields(self, body):
        if "auto_detect" in (body.get("language_hint") or []):
            raise self.broken("$.language_hint")
        super().check_fields(body)


@mutant("create.own_id")
class OwnIdIgnored(Server):
    def new_id(self, body):
        return super().new_id({})


@note("create.own_id_taken")
class OwnIdOverwrites(Server):
    def new_id(self, body):
        self.sessions.pop(body.get("session_id"), None)
        return super().new_id(body)


@note("create.unknown_fields")
class UnknownFieldsRefused(Server):
    def check_create(self, body):
        if "no_such_field" in body:
            raise self.broken("$.no_such_field")
        super().check_create(body)
