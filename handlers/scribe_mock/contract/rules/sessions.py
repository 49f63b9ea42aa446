"""Rules about End, Get, Update and Process template."""

from collections.abc import Callable, Sequence
from typing import Any

from scribe_mock.contract.core import judge
from scribe_mock.contract.core.exceptions import Skip
from scribe_mock.contract.core.fault import Fault
from scribe_mock.contract.core.grade import Grade
from scribe_mock.contract.core.marks import MARK
from scribe_mock.contract.core.polling import poll_until
from scribe_mock.contract.core.probe import Probe, ProbeSession
from scribe_mock.contract.core.rule import CheckFunction, Faults, Rule, rule
from scribe_mock.contract.recipes.step import TOO_MUCH_JSON
from scribe_mock.contract.rules.creating import NOT_JSON

_TEMPLATES = ["eka_emr_template", "clinical_notes_template"]


def _rule(
    rule_id: str, sentence: str, grade: Grade, needs: tuple[str, ...] = ()
) -> Callable[[CheckFunction], Rule]:
    subject = rule_id.partition(".")[0]
    operation = {
        "end": "endSession",
        "get": "getSession",
        "patch": "updateSession",
        "process": "processTemplate",
    }[subject]
    source = {
        "end": "End session",
        "get": "Get session",
        "patch": "Update session",
        "process": "Process template",
    }[subject]
    return rule(rule_id, sentence, source=source, grade=grade, operation=operation, needs=needs)


async def _call(probe: Probe, operation: str, session: ProbeSession, **how: Any) -> Any:
    if operation == "endSession":
        return await probe.end(session, **how)
    return await probe.patch(session, **how)


def _bad_json(subject: str, operation: str) -> list[Rule]:
    """Make the rules about invalid bodies of an operation with a JSON body."""

    async def not_json(probe: Probe) -> Faults:
        session = await probe.create()
        for body in NOT_JSON:
            answer = await _call(probe, operation, session, body=body)
            yield judge.refused(answer, 400, "invalid_request")

    async def too_large(probe: Probe) -> Faults:
        body = b"{}".ljust(TOO_MUCH_JSON)
        answer = await _call(probe, operation, await probe.create(), body=body)
        yield judge.refused(answer, 413, "request_too_large")

    async def not_an_object(probe: Probe) -> Faults:
        session = await probe.create()
        bodies: tuple[Any, ...] = ([], "text", 1)
        for value in bodies:
            answer = await _call(probe, operation, session, value=value)
            yield judge.refused(answer, 422, "invalid_request", code_grade=Grade.INFERRED)

    return [
        _rule(
            f"{subject}.not_json", "A body that is not JSON: 400 invalid_request.", Grade.INFERRED
        )(not_json),
        _rule(
            f"{subject}.too_large",
            "JSON of more than 1 MiB: 413 request_too_large.",
            Grade.INFERRED,
        )(too_large),
        _rule(
            f"{subject}.not_an_object",
            "JSON that is not an object: 422.",
            Grade.PROTOCOL,
        )(not_an_object),
    ]


def _breaks(rule_id: str, sentence: str, bodies: Sequence[Any], grade: Grade) -> Rule:
    operation = "endSession" if rule_id.startswith("end.") else "updateSession"

    async def check(probe: Probe) -> Faults:
        session = await probe.create()
        for value in bodies:
            answer = await _call(probe, operation, session, value=value, label=str(value)[:80])
            yield judge.refused(answer, 422, "invalid_request", code_grade=Grade.INFERRED)
            if answer.accepted:
                session = await probe.create()

    return _rule(rule_id, sentence, grade)(check)


RULES = (
    *_bad_json("end", "endSession"),
    *_bad_json("patch", "updateSession"),
    _breaks(
        "end.schema",
        "audio_files_sent that is not a whole number of 0 or more: 422.",
        [{"audio_files_sent": value} for value in (-1, "3", 1.5, None, [1])],
        Grade.PROTOCOL,
    ),
    _breaks(
        "patch.schema",
        "A value that breaks the schema: 422.",
        [
            {"model": "ultra"},
            {"session_mode": 1},
            {"templates": ["a", "b", "c"]},
            {"patient_details": "text"},
            {"additional_data": [1]},
            {"language_hint": "en"},
        ],
        Grade.PROTOCOL,
    ),
    _breaks(
        "patch.unknown_field",
        "A field that cannot be changed: 422.",
        [{"upload_type": "single"}, {"no_such_field": 1}, {"session_id": "x" * 20}],
        Grade.INFERRED,
    ),
)


@_rule("end.answer", "202 with session_id, status processing and a message.", Grade.PROTOCOL)
async def end_answer(probe: Probe) -> Faults:
    """The values are checked; the schema is judged by a rule for every answer."""
    session = await probe.create()
    await probe.upload(session)
    answer = await probe.end(session)
    yield judge.status_is(answer, 202, what="End session")
    if answer.accepted:
        yield judge.field(answer, "status", "processing")
        yield judge.field(answer, "session_id", session.session_id)


@_rule("end.no_body", "audio_files_sent, and the whole body, may be left out.", Grade.INFERRED)
async def end_no_body(probe: Probe) -> Faults:
    """An empty object and an empty body are sent."""
    ways: tuple[dict[str, Any], ...] = ({"value": {}}, {"body": None})
    for how in ways:
        answer = await probe.end(await probe.create(), **how)
        yield judge.accepted(answer, what="End session without audio_files_sent")


@_rule("end.without_audio", "A session without audio can be ended, and completes.", Grade.INFERRED)
async def end_without_audio(probe: Probe) -> Faults:
    """The session is ended without audio, and its transcript must be empty."""
    session = await probe.create()
    answer = await probe.end(session)
    yield judge.accepted(answer, what="End session without any audio")
    if answer.accepted:
        done = await probe.done(session)
        yield judge.field(done, "status", "completed")
        if done.fields().get("status") == "completed":
            yield judge.field(done, "transcript", "")


@_rule("end.mismatch", "A wrong audio_files_sent makes the outcome partial.", Grade.INFERRED)
async def end_mismatch(probe: Probe) -> Faults:
    """Two chunks are uploaded, and End says five."""
    session = await probe.create()
    await probe.upload(session, "audio_0.webm")
    await probe.upload(session, "audio_1.webm")
    answer = await probe.end(session, sent=5)
    yield judge.accepted(answer, what="End session with a wrong audio_files_sent")
    if answer.accepted:
        yield judge.field(await probe.done(session), "status", "partial")


@_rule(
    "end.counts_numbers",
    "A chunk that was sent twice counts once.",
    Grade.INFERRED,
    ("end.mismatch", "store.once"),
)
async def end_counts(probe: Probe) -> Faults:
    """One chunk is uploaded twice, and End says one."""
    session = await probe.create()
    for name in ("audio_0.webm", "audio_1.webm", "audio_1.webm"):
        await probe.upload(session, name)
    answer = await probe.end(session, sent=2)
    if answer.accepted:
        yield judge.field(await probe.done(session), "status", "completed")


async def _completed(probe: Probe) -> ProbeSession:
    session: ProbeSession = await probe.run.shared(
        "with templates", lambda: _complete(Probe(probe.run))
    )
    return session


async def _complete(probe: Probe) -> ProbeSession:
    session = await probe.ended(templates=_TEMPLATES, model="pro")
    await probe.expect_done(session)
    return session


@_rule("get.results", "A completed session has a document for each template.", Grade.PROTOCOL)
async def results(probe: Probe) -> Faults:
    """A session with two templates is processed, and its documents and model are checked."""
    answer = await probe.get(await _completed(probe))
    found = [name for name, _ in judge.documents(answer)]
    missing = [name for name in _TEMPLATES if name not in found]
    yield judge.same(answer, "templates without a document", [], missing)
    yield judge.field(answer, "model_used", "pro")


@_rule("get.narrowed", "?template_id= limits templates to one.", Grade.PROTOCOL, ("get.results",))
async def narrowed(probe: Probe) -> Faults:
    """The documents with and without the query are compared."""
    answer = await probe.get(await _completed(probe), f"?template_id={_TEMPLATES[1]}")
    names = [name for name, _ in judge.documents(answer)]
    yield judge.same(answer, "templates", [_TEMPLATES[1]], names)


@_rule(
    "get.template_not_found",
    "A template_id that the session does not have: 404 template_not_found, in every state.",
    Grade.INFERRED,
)
async def no_template(probe: Probe) -> Faults:
    """An unknown template is requested before and after processing."""
    for session in (await probe.create(templates=_TEMPLATES), await _completed(probe)):
        answer = await probe.get(session, "?template_id=no_such_template")
        yield judge.refused(answer, 404, "template_not_found")


@_rule("patch.echo", "Get session shows what Update session changed.", Grade.PROTOCOL)
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
    yield judge.field(shown, "additional_data", {MARK: probe.run.name})
    await probe.patch(session, {"additional_data": {MARK: "changed"}})
    yield judge.field(await probe.get(session), "additional_data", {MARK: "changed"})


@_rule("patch.fields", "Each of the six fields can be changed before End session.", Grade.PROTOCOL)
async def patch_fields(probe: Probe) -> Faults:
    """Each field is changed by a request of its own."""
    session = await probe.create()
    for value in (
        {"patient_details": {"age": 42}},
        {"templates": _TEMPLATES},
        {"language_hint": ["en"]},
        {"additional_data": {MARK: probe.run.name}},
        {"session_mode": "consultation"},
        {"model": "pro"},
    ):
        yield judge.accepted(await probe.patch(session, value), what=f"Update session with {value}")


@_rule("patch.nothing", "Nothing to change: 400 invalid_request.", Grade.INFERRED)
async def patch_nothing(probe: Probe) -> Faults:
    """An empty object is sent."""
    answer = await probe.patch(await probe.create(), {})
    yield judge.refused(answer, 400, "invalid_request")


@_rule("patch.model_used", "model_used is the model that was set last.", Grade.PROTOCOL)
async def patch_model(probe: Probe) -> Faults:
    """The model is changed from lite to pro, and model_used must be pro."""
    session = await probe.create(model="lite")
    await probe.upload(session)
    changed = await probe.patch(session, {"model": "pro"})
    await probe.end(session)
    if changed.accepted:
        yield judge.field(await probe.expect_done(session), "model_used", "pro")


@_rule(
    "patch.mode_committed",
    "session_mode after End session: 409 session_already_committed.",
    Grade.PROTOCOL,
)
async def mode_committed(probe: Probe) -> Faults:
    """session_mode is changed after End."""
    answer = await probe.patch(await probe.ended(), {"session_mode": "consultation"})
    code = "session_already_committed"
    yield judge.refused(answer, 409, code, code_grade=Grade.INFERRED)


@_rule("patch.templates_late", "templates after End session changes no results.", Grade.INFERRED)
async def templates_late(probe: Probe) -> Faults:
    """The templates are changed after End; the documents must stay the same."""
    session = await probe.ended(templates=_TEMPLATES[:1])
    before = judge.documents(await probe.expect_done(session))
    answer = await probe.patch(session, {"templates": _TEMPLATES[1:]})
    yield judge.accepted(answer, what="templates after End session")
    if answer.accepted:
        after = judge.documents(await probe.get(session))
        names = [name for name, _ in after]
        yield judge.same(answer, "documents", [name for name, _ in before], names)


@_rule(
    "process.document",
    "Process template adds a document that Get session lists at once and later fills.",
    Grade.PROTOCOL,
    ("state.completed.process",),
)
async def document(probe: Probe) -> Faults:
    """The document must be listed at once without data, and later with its result."""
    session = await probe.ended(templates=_TEMPLATES[:1])
    await probe.expect_done(session)
    started = await probe.process(session, _TEMPLATES[1])
    wanted = started.fields().get("document_id")
    yield judge.field(started, "template_id", _TEMPLATES[1])
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
