"""Rules about Update session and Process template."""

from typing import Any

from scribe_mock.contract.core import judge
from scribe_mock.contract.core.exceptions import Senseless, Skip
from scribe_mock.contract.core.fault import Fault
from scribe_mock.contract.core.grade import Grade
from scribe_mock.contract.core.marks import MARK
from scribe_mock.contract.core.polling import poll_until
from scribe_mock.contract.core.probe import Probe
from scribe_mock.contract.core.rule import Faults
from scribe_mock.contract.rules.creating import NO_TEMPLATE
from scribe_mock.contract.rules.session_requests import (
    bad_json,
    breaks,
    session_rule,
)
from scribe_mock.contract.rules.template_names import templates

RULES = (
    *bad_json("patch"),
    breaks(
        "patch.schema",
        "A value that breaks the schema: 422.",
        [
            {"model": "ultra"},
            {"session_mode": 1},
            {"patient_details": "text"},
            {"additional_data": [1]},
            {"language_hint": "en"},
        ],
        Grade.PROTOCOL,
    ),
    breaks(
        "patch.unknown_field",
        "A field that cannot be changed: 422.",
        [{"upload_type": "single"}, {"no_such_field": 1}, {"session_id": "x" * 20}],
        Grade.PROTOCOL,
    ),
)


@session_rule("patch.echo", "Get session shows what Update session changed.", Grade.PROTOCOL)
async def patch_echo(probe: Probe) -> Faults:
    """One field is changed; the other must stay."""
    session = await probe.create(patient_details={"name": "Before", "age": 1})
    answer = await probe.patch(session, {"patient_details": {"name": "After"}})
    yield judge.accepted(answer, what="new patient_details")
    if not answer.accepted:
        return
    yield judge.field(answer, "status", "success")
    shown = await probe.get(session)
    yield judge.field(shown, "patient_details", {"name": "After"})
    yield judge.echoed(shown, {MARK: probe.run.name})


@session_rule("patch.merge", "additional_data is merged into what is there.", Grade.PROTOCOL)
async def patch_merge(probe: Probe) -> Faults:
    """One key is changed and one is added; the third must stay."""
    session = await probe.create(additional_data={"kept": 1, "changed": 1})
    answer = await probe.patch(session, {"additional_data": {"changed": 2, "added": 3}})
    yield judge.accepted(answer, what="new additional_data")
    if answer.accepted:
        wanted = {MARK: probe.run.name, "kept": 1, "changed": 2, "added": 3}
        yield judge.echoed(await probe.get(session), wanted)


@session_rule(
    "patch.fields", "Each published field can be changed before End session.", Grade.PROTOCOL
)
async def patch_fields(probe: Probe) -> Faults:
    """Each field is changed by a request of its own."""
    session = await probe.create()
    for value in (
        {"patient_details": {"age": 42}},
        {"templates": templates(probe)},
        {"language_hint": ["en"]},
        {"additional_data": {MARK: probe.run.name}},
        {"session_mode": "consultation"},
        {"model": "pro"},
        {"user_status": "init"},
        {"processing_status": "cancelled"},
    ):
        yield judge.accepted(await probe.patch(session, value), what=f"Update session with {value}")


@session_rule(
    "patch.unknown_template",
    "A template that does not exist: 400 invalid_template.",
    Grade.INFERRED,
)
async def patch_unknown_template(probe: Probe) -> Faults:
    """A made-up template is asked for."""
    answer = await probe.patch(await probe.create(), {"templates": [NO_TEMPLATE]})
    yield judge.refused(answer, 400, "invalid_template")


@session_rule("patch.nothing", "Nothing to change: 400 invalid_request.", Grade.INFERRED)
async def patch_nothing(probe: Probe) -> Faults:
    """An empty object is sent."""
    answer = await probe.patch(await probe.create(), {})
    yield judge.refused(answer, 400, "invalid_request")


@session_rule("patch.model_used", "model_used is the model that was set last.", Grade.PROTOCOL)
async def patch_model(probe: Probe) -> Faults:
    """The model is changed from pro to lite, and model_used must be lite."""
    session = await probe.create(model="pro")
    await probe.upload(session)
    changed = await probe.patch(session, {"model": "lite"})
    await probe.end(session)
    if changed.accepted:
        yield judge.field(await probe.expect_done(session), "model_used", "lite")


@session_rule(
    "patch.mode_committed",
    "session_mode after End session: 409 session_already_committed.",
    Grade.PROTOCOL,
)
async def mode_committed(probe: Probe) -> Faults:
    """session_mode is changed after End."""
    answer = await probe.patch(await probe.ended(), {"session_mode": "consultation"})
    yield judge.committed(answer)


@session_rule(
    "patch.templates_late", "templates after End session changes no results.", Grade.INFERRED
)
async def templates_late(probe: Probe) -> Faults:
    """The templates are changed after End; the documents must stay the same."""
    names = templates(probe)
    session = await probe.ended(templates=names[:1])
    before = judge.documents(await probe.expect_done(session))
    answer = await probe.patch(session, {"templates": names[-1:]})
    yield judge.accepted(answer, what="templates after End session")
    if answer.accepted:
        after = judge.documents(await probe.get(session))
        names = [name for name, _ in after]
        yield judge.same(answer, "documents", [name for name, _ in before], names)


@session_rule(
    "process.unknown", "A template that does not exist: 404 template_not_found.", Grade.INFERRED
)
async def process_unknown(probe: Probe) -> Faults:
    """A made-up template is processed after End session."""
    answer = await probe.process(await probe.ended(), NO_TEMPLATE)
    yield judge.refused(answer, 404, "template_not_found")


@session_rule(
    "process.document",
    "Process template adds a document that Get session lists at once and later fills.",
    Grade.PROTOCOL,
)
async def document(probe: Probe) -> Faults:
    """The document must be listed at once without data, and later with its result."""
    names = templates(probe)
    session = await probe.ended(templates=names[:1])
    started = await probe.process(session, names[-1])
    if not started.accepted:  # another rule says whether it may be refused during processing
        await probe.expect_done(session)
        started = await probe.process(session, names[-1])
    if not started.accepted:
        raise Skip(f"the server processes no template: {started}")
    wanted = started.fields().get("document_id")
    if wanted is None:
        raise Senseless("the answer of Process template has no document_id, which may be null")
    yield judge.field(started, "template_id", names[-1])
    yield judge.field(started, "status", "in-progress")
    patience = probe.options.patience
    answer = await poll_until(
        lambda: probe.get(session), lambda seen: _is_ready(_document(seen, wanted)), patience
    )
    entry = _document(answer, wanted)
    if entry is None:
        yield Fault(
            expected=f"the document {wanted} is listed",
            got=f"templates = {judge.shown(answer.fields().get('templates'))}",
            answer=answer,
        )
        return
    if not _is_ready(entry):
        raise Skip(f"processing took longer than --patience {patience:g} s")
    if entry.get("status") == "in-progress":
        yield judge.same(answer, "data while in progress", None, entry.get("data"))
    elif entry.get("status") == "success" and not isinstance(entry.get("data"), dict):
        yield judge.same(answer, "data of a successful document", "an object", entry.get("data"))


def _is_ready(entry: Any) -> bool:
    """Whether waiting can end: no entry, not in progress any more, or data too early."""
    return entry is None or entry.get("status") != "in-progress" or entry.get("data") is not None


def _document(answer: Any, wanted: Any) -> Any:
    found = [entry for _, entry in judge.documents(answer)]
    return next((entry for entry in found if entry.get("document_id") == wanted), None)
