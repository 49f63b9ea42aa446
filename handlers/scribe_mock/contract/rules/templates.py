"""Rules about templates: list, create, update, delete."""

from collections.abc import Callable, Mapping
from typing import Any
from urllib.parse import quote

from scribe_mock.contract.core import judge
from scribe_mock.contract.core.exceptions import Senseless, Skip
from scribe_mock.contract.core.fault import Fault
from scribe_mock.contract.core.grade import Grade
from scribe_mock.contract.core.probe import Probe
from scribe_mock.contract.core.rule import CheckFunction, Faults, Rule, rule
from scribe_mock.contract.transport.message import Answer
from scribe_mock.paths import TEMPLATES_PATH

_NOBODYS = "tpl_no_such_template"
_NEW = {"title": "Discharge letter", "section_ids": [], "desc": "What to do at home."}


def _rule(
    name: str, sentence: str, operation: str, grade: Grade = Grade.PROTOCOL
) -> Callable[[CheckFunction], Rule]:
    return rule(f"template.{name}", sentence, source="Templates", grade=grade, operation=operation)


async def _list(probe: Probe, **how: Any) -> Answer:
    return await probe.ask("listTemplates", "GET", TEMPLATES_PATH, at=probe.root(), **how)


async def _create(probe: Probe, value: Any, **how: Any) -> Answer:
    how |= {"at": probe.root(), "value": value}
    return await probe.ask("createTemplate", "POST", TEMPLATES_PATH, **how)


async def _update(probe: Probe, template: str, value: Any, **how: Any) -> Answer:
    how |= {"at": probe.root(), "value": value}
    return await probe.ask("updateTemplate", "PATCH", _path(template), **how)


async def _delete(probe: Probe, template: str, **how: Any) -> Answer:
    how["at"] = probe.root()
    return await probe.ask("deleteTemplate", "DELETE", _path(template), **how)


def _path(template: str) -> str:
    return f"{TEMPLATES_PATH}/{quote(template, safe='')}"


async def _made(probe: Probe) -> str:
    """The id of a new template; raises Skip if the server makes none."""
    answer = await _create(probe, _NEW)
    found = answer.fields().get("template_id")
    if not answer.accepted or not isinstance(found, str):
        raise Skip(f"the server makes no template: {answer}")
    return found


def _items(answer: Answer) -> list[Mapping[str, Any]]:
    found = answer.fields().get("items")
    return [entry for entry in found if isinstance(entry, dict)] if isinstance(found, list) else []


def _item(answer: Answer, template: str) -> Mapping[str, Any] | None:
    return next((entry for entry in _items(answer) if entry.get("id") == template), None)


def _listed(answer: Answer, template: str, **fields: Any) -> Fault | None:
    """The template is listed, and its fields, as far as they are there, have these values."""
    found = _item(answer, template)
    if found is None:
        return judge.same(answer, f"the template {template} is listed", True, False)
    known = {name: found[name] for name in fields if name in found}
    return judge.same(answer, "its fields", {name: fields[name] for name in known}, known)


@_rule("list", "List templates has the server's own templates.", "listTemplates")
async def listed(probe: Probe) -> Faults:
    """The list is requested; a schema for every answer says what an entry has."""
    answer = await _list(probe)
    yield judge.status_is(answer, 200, what="List templates")
    if answer.accepted and "items" in answer.fields():
        own = [entry for entry in _items(answer) if entry.get("default", True)]
        yield judge.same(answer, "a template of the server's own", True, bool(own))


@_rule("create", "A new template is listed: 201 with template_id.", "createTemplate")
async def created(probe: Probe) -> Faults:
    """A template is made, and looked for in the list."""
    answer = await _create(probe, _NEW)
    yield judge.status_is(answer, 201, what="Create template")
    template = answer.fields().get("template_id")
    if answer.accepted and isinstance(template, str):
        wanted = {"title": _NEW["title"], "desc": _NEW["desc"], "default": False}
        yield _listed(await _list(probe), template, **wanted)
        await _delete(probe, template)


@_rule("usable", "A session can ask for a new template.", "createTemplate")
async def usable(probe: Probe) -> Faults:
    """A session with a new template is processed, and must have its document."""
    template = await _made(probe)
    tried = await probe.try_create(probe.creation(templates=[template]))
    yield judge.accepted(tried, what="a session with a new template")
    if not tried.accepted:
        return
    session = await probe.ended(templates=[template])
    answer = await probe.expect_done(session)
    yield judge.documents_of(answer, template)
    await _delete(probe, template)
    yield judge.documents_of(await probe.get(session), template)


@_rule("update", "Update template changes what is sent, and nothing else.", "updateTemplate")
async def updated(probe: Probe) -> Faults:
    """The title is changed; the description must stay."""
    template = await _made(probe)
    answer = await _update(probe, template, {"title": "Letter"})
    yield judge.status_is(answer, 200, what="Update template")
    if answer.accepted:
        yield _listed(await _list(probe), template, title="Letter", desc=_NEW["desc"])
    await _delete(probe, template)


@_rule(
    "delete", "A deleted template is not listed, and no session can ask for it.", "deleteTemplate"
)
async def deleted(probe: Probe) -> Faults:
    """A template is made and deleted."""
    template = await _made(probe)
    answer = await _delete(probe, template)
    yield judge.status_is(answer, 200, what="Delete template")
    if answer.accepted:
        found = await _list(probe)
        yield judge.same(
            found, "the deleted template is listed", False, bool(_item(found, template))
        )
        refused = await probe.try_create(probe.creation(templates=[template]))
        yield judge.refused(refused, 400, "invalid_template")


@_rule(
    "delete_twice",
    "Deleting a template again: 404 template_not_found.",
    "deleteTemplate",
    Grade.INFERRED,
)
async def deleted_twice(probe: Probe) -> Faults:
    """A template is made and deleted two times."""
    template = await _made(probe)
    if (await _delete(probe, template)).accepted:
        yield judge.refused(await _delete(probe, template), 404, "template_not_found")


@_rule("unknown", "A template that does not exist: 404 template_not_found.", "updateTemplate")
async def unknown(probe: Probe) -> Faults:
    """A made-up template is changed, and deleted."""
    answer = await _update(probe, _NOBODYS, {"title": "Letter"}, label="of a made-up template")
    yield judge.refused(answer, 404, "template_not_found")
    if "deleteTemplate" not in probe.run.missing:
        answer = await _delete(probe, _NOBODYS, label="of a made-up template")
        yield judge.refused(answer, 404, "template_not_found")


@_rule(
    "default",
    "The server's own templates cannot be changed: 403 forbidden.",
    "updateTemplate",
    Grade.INFERRED,
)
async def default(probe: Probe) -> Faults:
    """One gets the title that it has, so that nothing is lost if the server changes it."""
    own = [entry for entry in _items(await _list(probe)) if entry.get("default") is True]
    if not own or not all(isinstance(own[0].get(name), str) for name in ("id", "title")):
        raise Senseless("the list has no template with `default` true")
    answer = await _update(probe, own[0]["id"], {"title": own[0]["title"]})
    yield judge.refused(answer, 403, "forbidden")


@_rule("schema", "A new template that breaks the schema: 422.", "createTemplate")
async def schema(probe: Probe) -> Faults:
    """Fields are left out, and sent with other types."""
    bodies: tuple[Any, ...] = (
        {"section_ids": []},
        {"title": 7, "section_ids": []},
        {"title": "Letter", "section_ids": "all"},
        {"title": "Letter", "section_ids": [], "desc": ["x"]},
        ["title"],
    )
    for value in bodies:
        answer = await _create(probe, value, label=f"Create template with {value}")
        yield judge.refused(answer, 422, "invalid_request", code_grade=Grade.INFERRED)


@_rule("nothing", "Nothing to change: 400 invalid_request.", "updateTemplate", Grade.INFERRED)
async def nothing(probe: Probe) -> Faults:
    """An empty object is sent."""
    template = await _made(probe)
    yield judge.refused(await _update(probe, template, {}), 400, "invalid_request")
    await _delete(probe, template)


@_rule("token", "Without Authorization: 401 authentication_failed.", "createTemplate")
async def token(probe: Probe) -> Faults:
    """Each of the four operations is called without a token."""
    template = await _made(probe)
    for answer in (
        await _list(probe, token=None),
        await _create(probe, _NEW, token=None),
        await _update(probe, template, {"title": "Letter"}, token=None),
        await _delete(probe, template, token=None),
    ):
        yield judge.refused(answer, 401, "authentication_failed")
    await _delete(probe, template)
