"""What is true of every answer, whatever was asked: judged on all that a run sees."""

from collections.abc import Iterator
from urllib.parse import unquote

from scribe_mock.contract import findings, judge, specification
from scribe_mock.contract.findings import Fault
from scribe_mock.contract.rule import Grade, Rule, watching
from scribe_mock.contract.watch import (
    RANKS,
    STAMPS,
    Watch,
    is_utc,
    session_of,
    shows_session,
    timestamp,
)
from scribe_mock.contract.wire import Answer

#: Fields of bodies that a rule of their own looks at.
_OWNED = ("templates", *STAMPS, "upload_url", "audio_files")

#: Filled by the runner itself, since they need repetition to be told apart.
NO_5XX = Rule(
    id=findings.SERVER_ERROR,
    sentence="Nothing that a client sends is answered with a 5xx.",
    source="The wire contract, preamble",
    grade=Grade.PROTOCOL,
    read_only=True,
)
ANSWERS = Rule(
    id=findings.NO_ANSWER,
    sentence="Every request gets a complete HTTP answer.",
    source="Errors",
    grade=Grade.PROTOCOL,
    read_only=True,
)
STAYS_UP = Rule(
    id=findings.GONE,
    sentence="Nothing that a client sends ends the server.",
    source="Errors",
    grade=Grade.PROTOCOL,
    read_only=True,
)
OPERATIONS = Rule(
    id=findings.MISSING,
    sentence="The server has every operation of the contract.",
    source="Addresses, table",
    grade=Grade.INFERRED,
    read_only=True,
)


def _is_error(answer: Answer) -> bool:
    if answer.request.exempt or answer.request.method == "HEAD":
        return False
    return answer.status >= 400 and not shows_session(answer)


@watching(
    "errors.envelope",
    "Every error body is {error: {code, message, details?}}, whatever produced it.",
    source="Errors",
    grade=Grade.PROTOCOL,
)
def envelope(answer: Answer, watch: Watch) -> Iterator[Fault]:
    """The body is the envelope."""
    if not _is_error(answer):
        return
    body = answer.json()
    error = body.get("error") if isinstance(body, dict) else None
    if not isinstance(error, dict):
        start = answer.body[:80].decode("utf-8", "replace")
        yield _broken(answer, f"{answer.status} with the body {start!r}", "shape")
        return
    for name in ("code", "message"):
        if not isinstance(error.get(name), str) or not error[name]:
            yield _broken(answer, f"error.{name} is {error.get(name)!r}, no text", name)
    if not isinstance(error.get("details", {}), dict):
        yield _broken(answer, f"error.details is {error['details']!r}, no object", "details")


def _broken(answer: Answer, got: str, key: str) -> Fault:
    expected = 'the body {"error": {"code": …, "message": …}}'
    return Fault(expected=expected, got=got, answer=answer, key=key)


@watching(
    "errors.content_type",
    "An error has Content-Type: application/json.",
    source="Errors",
    grade=Grade.PROTOCOL,
)
def error_content_type(answer: Answer, watch: Watch) -> Iterator[Fault]:
    """An envelope is labelled as JSON."""
    if _is_error(answer) and isinstance(answer.fields().get("error"), dict):
        yield from _not_json(answer)


@watching(
    "answers.content_type",
    "A success has Content-Type: application/json.",
    source="openapi.yaml, responses",
    grade=Grade.PROTOCOL,
)
def content_type(answer: Answer, watch: Watch) -> Iterator[Fault]:
    """A success is labelled as JSON."""
    known = answer.request.operation in specification.operations()
    if known and (answer.accepted or shows_session(answer)) and answer.request.method != "HEAD":
        yield from _not_json(answer)


def _not_json(answer: Answer) -> Iterator[Fault]:
    found = answer.header("content-type")
    if (found or "").partition(";")[0].strip().lower() != "application/json":
        yield Fault(
            expected="Content-Type: application/json",
            got=f"Content-Type: {found}" if found else "no Content-Type",
            answer=answer,
            key="type",
        )


@watching(
    "errors.formats",
    "invalid_audio_format says in `details` the provided_format and the supported_formats.",
    source="Upload audio, MIME type",
    grade=Grade.PROTOCOL,
)
def formats(answer: Answer, watch: Watch) -> Iterator[Fault]:
    """An unsupported format is told what would do."""
    if answer.code != "invalid_audio_format" or answer.status != 400:
        return
    details = answer.fields()["error"].get("details")
    details = details if isinstance(details, dict) else {}
    supported = details.get("supported_formats")
    if "provided_format" not in details or not isinstance(supported, list) or not supported:
        yield Fault(
            expected="details with provided_format and a list supported_formats",
            got=f"details = {judge.shown(details)}",
            answer=answer,
            key="details",
        )


@watching(
    "errors.path",
    "A body that breaks the schema is answered with the JSON path of the fault in `details`.",
    source="Create session",
    grade=Grade.INFERRED,
)
def fault_path(answer: Answer, watch: Watch) -> Iterator[Fault]:
    """A 422 says where the fault is."""
    if answer.status != 422 or not answer.code:
        return
    details = answer.fields()["error"].get("details")
    path = details.get("path") if isinstance(details, dict) else None
    if not isinstance(path, str) or not path.startswith("$"):
        yield Fault(
            expected="details.path such as $.upload_type",
            got=f"details = {judge.shown(details)}",
            answer=answer,
            key="path",
        )


@watching(
    "errors.challenge",
    "401 comes with WWW-Authenticate: Bearer.",
    source="Authentication",
    grade=Grade.INFERRED,
)
def challenge(answer: Answer, watch: Watch) -> Iterator[Fault]:
    """A 401 says what is wanted."""
    found = answer.header("www-authenticate") or ""
    if answer.status == 401 and not found.lower().startswith("bearer"):
        yield Fault(
            expected="WWW-Authenticate: Bearer",
            got=f"WWW-Authenticate: {found}" if found else "no WWW-Authenticate",
            answer=answer,
            key="challenge",
        )


@watching(
    "errors.allow",
    "405 comes with Allow.",
    source="Authentication",
    grade=Grade.INFERRED,
)
def allow(answer: Answer, watch: Watch) -> Iterator[Fault]:
    """A 405 says which methods work."""
    if answer.status == 405 and not answer.header("allow"):
        yield Fault(expected="Allow: POST or the like", got="no Allow", answer=answer, key="a")


@watching(
    "answers.success_status",
    "Each operation succeeds with its own status code.",
    source="Addresses, table",
    grade=Grade.PROTOCOL,
)
def success_status(answer: Answer, watch: Watch) -> Iterator[Fault]:
    """A success has a documented status."""
    operation = specification.operations().get(answer.request.operation)
    if operation is None or not answer.accepted or answer.status in operation.successes:
        return
    if answer.request.method == operation.method:
        wanted = " or ".join(map(str, operation.successes))
        yield Fault(
            expected=f"{wanted} from {operation.operation_id}",
            got=str(answer.status),
            answer=answer,
            key=operation.operation_id,
        )


@watching(
    "answers.schema",
    "The body of a success has the fields and types of its schema.",
    source="openapi.yaml, schemas",
    grade=Grade.PROTOCOL,
)
def schema(answer: Answer, watch: Watch) -> Iterator[Fault]:
    """A success fits its schema."""
    operation = answer.request.operation
    for found in watch.violations(answer):
        first = found.path[0] if found.path else _named(found.message)
        lenient = operation == "createSession" and answer.fields().get("status") == "initialized"
        if first in _OWNED or (first == "status" and lenient):
            continue
        if first == "status" and shows_session(answer):
            continue  # the table of states has a rule of its own
        yield Fault(
            expected=f"a body as in the schema of {operation} {answer.status}",
            got=f"{found.field or 'the body'}: {found.message}",
            answer=answer,
            grade=found.grade,
            key=f"{operation}|{found.field}|{found.message[:60]}",
        )


def _named(message: str) -> str:
    """The field that a message such as "'templates' is a required property" is about."""
    return message.split("'")[1] if message.endswith("is a required property") else ""


def _owned(answer: Answer, watch: Watch, *names: str) -> Iterator[Fault]:
    for found in watch.violations(answer):
        first = found.path[0] if found.path else _named(found.message)
        if first in names:
            yield Fault(
                expected=f"`{first}` as in the schema of {answer.request.operation}",
                got=f"{found.field or 'the body'}: {found.message}",
                answer=answer,
                key=f"{first}|{found.message[-30:]}" if not found.path else str(first),
            )


@watching(
    "session.templates_list",
    "`templates` is a list with one single-key object per template.",
    source="Get session",
    grade=Grade.PROTOCOL,
)
def templates_list(answer: Answer, watch: Watch) -> Iterator[Fault]:
    """Templates come as a list."""
    yield from _owned(answer, watch, "templates")


@watching(
    "session.upload_url.form",
    "`upload_url` is an absolute URL that ends in /audio.",
    source="Create session",
    grade=Grade.PROTOCOL,
)
def upload_url(answer: Answer, watch: Watch) -> Iterator[Fault]:
    """The address for audio is absolute."""
    yield from _owned(answer, watch, "upload_url")


@watching(
    "store.listing",
    "`audio_files` lists stored names such as 0.webm, each once.",
    source="Upload audio, Storing",
    grade=Grade.DOCUMENTED,
)
def listing(answer: Answer, watch: Watch) -> Iterator[Fault]:
    """Stored names have their form, and none comes twice."""
    yield from _owned(answer, watch, "audio_files")


@watching(
    "store.order",
    "Listings are in numeric order, 2 before 10.",
    source="Upload audio, Storing",
    grade=Grade.DOCUMENTED,
)
def order(answer: Answer, watch: Watch) -> Iterator[Fault]:
    """Stored names are in the order of their numbers."""
    names = judge.files(answer)
    numbers = [int(name.partition(".")[0]) for name in names if name.partition(".")[0].isdigit()]
    if numbers != sorted(numbers):
        yield Fault(
            expected="audio_files in numeric order",
            got=f"audio_files = {judge.shown(names)}",
            answer=answer,
            key="order",
        )


@watching(
    "store.count",
    "`audio_files_received` counts what was received: one for each name of a chunked session.",
    source="End session",
    grade=Grade.INFERRED,
)
def count(answer: Answer, watch: Watch) -> Iterator[Fault]:
    """The count fits the list."""
    fields = answer.fields()
    created = answer.history[0].body if answer.history else None
    chunked = created is not None and b'"upload_type": "chunked"' in created
    received, names = fields.get("audio_files_received"), fields.get("audio_files")
    if chunked and isinstance(received, int) and isinstance(names, list):
        if received == len(names) or len(set(map(str, names))) < len(names):
            return
        yield Fault(
            expected=f"audio_files_received = {len(names)}, with {judge.shown(names)}",
            got=f"audio_files_received = {received}",
            answer=answer,
            key="count",
        )


@watching(
    "session.own_id",
    "An answer about a session has the `session_id` that was asked for.",
    source="Get session",
    grade=Grade.PROTOCOL,
)
def own_id(answer: Answer, watch: Watch) -> Iterator[Fault]:
    """Sessions are not mixed up."""
    asked, found = session_of(answer), answer.fields().get("session_id")
    about = answer.accepted or shows_session(answer)
    if about and asked and isinstance(found, str) and found != asked:
        yield Fault(
            expected=f"session_id = {asked!r}",
            got=f"session_id = {found!r}",
            answer=answer,
            key=answer.request.operation,
        )


@watching(
    "time.utc",
    "Timestamps are RFC 3339 in UTC.",
    source="Create session",
    grade=Grade.PROTOCOL,
)
def utc(answer: Answer, watch: Watch) -> Iterator[Fault]:
    """Timestamps parse and say that they are UTC."""
    yield from _owned(answer, watch, *_absent(answer))
    if not (answer.accepted or shows_session(answer)):
        return
    fields = answer.fields()
    for name in STAMPS:
        moment = timestamp(fields.get(name))
        if name in fields and (moment is None or not is_utc(moment)):
            yield Fault(
                expected=f"{name} such as 2026-06-06T14:21:07Z",
                got=f"{name} = {judge.shown(fields[name])}",
                answer=answer,
                key="utc",
            )


def _absent(answer: Answer) -> tuple[str, ...]:
    fields = answer.fields()
    return tuple(name for name in STAMPS if name not in fields)


@watching(
    "time.order",
    "A session is created before it expires and before it is completed; neither time moves.",
    source="Create session",
    grade=Grade.PROTOCOL,
)
def time_order(answer: Answer, watch: Watch) -> Iterator[Fault]:
    """Timestamps are in order and stay."""
    if not (answer.accepted or shows_session(answer)):
        return
    fields = answer.fields()
    times = {name: timestamp(fields.get(name)) for name in STAMPS}
    created = times["created_at"]
    for name in ("expires_at", "completed_at", "expired_at"):
        later = times[name]
        if created is not None and later is not None and is_utc(created) and is_utc(later):
            early = later <= created if name == "expires_at" else later < created
            if early:
                yield Fault(
                    expected=f"created_at before {name}",
                    got=f"created_at = {fields['created_at']}, {name} = {fields[name]}",
                    answer=answer,
                    key=name,
                )
    yield from _moved(answer, watch)


def _moved(answer: Answer, watch: Watch) -> Iterator[Fault]:
    fields = answer.fields()
    session_id = fields.get("session_id")
    if not isinstance(session_id, str):
        return
    fixed = watch.fixed.setdefault(session_id, {})
    for name in ("created_at", "completed_at"):
        now = timestamp(fields.get(name))
        before = fixed.setdefault(name, now) if now is not None else None
        if before is not None and now is not None and abs((now - before).total_seconds()) >= 1:
            yield Fault(
                expected=f"{name} stays {before.isoformat()}",
                got=f"{name} = {fields[name]}",
                answer=answer,
                key=f"{name} moved",
            )


#: HTTP status → what the body may say.
_TABLE = {
    202: ("created", "initialized", "recording", "processing"),
    200: ("completed", "failed"),
    206: ("partial",),
    410: ("expired",),
}


@watching(
    "state.table",
    "The status code and the `status` of Get session belong together as in the table.",
    source="Get session, table",
    grade=Grade.PROTOCOL,
)
def state_table(answer: Answer, watch: Watch) -> Iterator[Fault]:
    """Status code and status agree."""
    if not shows_session(answer) or answer.request.method != "GET":
        return
    found = answer.fields().get("status")
    wanted = _TABLE.get(answer.status, ())
    if found not in wanted:
        yield Fault(
            expected=f"{answer.status} with status {' or '.join(wanted) or '(not in the table)'}",
            got=f"{answer.status} with status {found!r}",
            answer=answer,
            key=f"{answer.status}|{found}",
        )


#: What a session has become once one of these succeeded.
_MOVES = {"uploadAudio": "recording", "endSession": "processing"}


@watching(
    "state.forward",
    "A session only moves forward: created, recording, processing, then one of the final states.",
    source="States",
    grade=Grade.PROTOCOL,
)
def forward(answer: Answer, watch: Watch) -> Iterator[Fault]:
    """What was true before the question was asked is not taken back by the answer."""
    operation, status = answer.request.operation, answer.fields().get("status")
    if answer.accepted and operation in _MOVES:
        status = _MOVES[operation]
    elif not shows_session(answer) or not isinstance(status, str) or status not in RANKS:
        return
    session_id, rank = session_of(answer), RANKS[status]
    known = watch.progress.get(session_id)
    if known is not None and known[2] <= answer.began:
        final = known[0] == RANKS["completed"] == rank and known[1] != status
        open_still = status == "initialized" and known[0] <= RANKS["recording"]
        if (rank < known[0] and operation == "getSession" and not open_still) or final:
            yield Fault(
                expected=f"{known[1]} or later",
                got=f"{status}, after {known[1]}",
                answer=answer,
                key=f"{known[1]}→{status}",
            )
            return
    if known is None or rank > known[0]:
        watch.progress[session_id] = rank, status, answer.ended


@watching(
    "upload.answer",
    "A successful upload says session_id, success true and the decoded name as original_filename.",
    source="Upload audio, Success",
    grade=Grade.PROTOCOL,
)
def upload_answer(answer: Answer, watch: Watch) -> Iterator[Fault]:
    """The name comes back percent-decoded."""
    if answer.request.operation != "uploadAudio" or not answer.accepted:
        return
    name = unquote(answer.request.target.partition("?")[0].rpartition("/")[2])
    fields = answer.fields()
    if "original_filename" in fields:
        fault = judge.same(answer, "`original_filename`", name, fields["original_filename"])
        if fault is not None:
            yield fault
