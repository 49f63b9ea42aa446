"""Rules that judge every answer of a run."""

import re
from collections.abc import Iterator
from dataclasses import replace
from urllib.parse import unquote

from scribe_mock.contract.core import judge, ledger, specification
from scribe_mock.contract.core.fault import Fault
from scribe_mock.contract.core.grade import Grade
from scribe_mock.contract.core.leniency import OWN_ADDRESSES, may_be_null
from scribe_mock.contract.core.rule import Rule, watching
from scribe_mock.contract.core.watch import (
    STAMPS,
    Watch,
    session_of,
    shows_session,
)
from scribe_mock.contract.transport.message import Answer

#: Fields of bodies that have rules of their own.
_OWNED = ("templates", *STAMPS, "upload_url", "audio_files")

#: The run itself reports these, since they need repeated requests.
NO_5XX = Rule(
    id=ledger.SERVER_ERROR,
    sentence="No request is answered with a 5xx.",
    source="Grades",
    grade=Grade.PROTOCOL,
    read_only=True,
)
ANSWERS = Rule(
    id=ledger.NO_ANSWER,
    sentence="Every request gets a complete HTTP answer.",
    source="Errors",
    grade=Grade.PROTOCOL,
    read_only=True,
)
STAYS_UP = Rule(
    id=ledger.GONE,
    sentence="No request makes the server stop answering.",
    source="Errors",
    grade=Grade.PROTOCOL,
    read_only=True,
)
OPERATIONS = Rule(
    id=ledger.MISSING,
    sentence="The server has every operation of the contract.",
    source="Addresses",
    grade=Grade.INFERRED,
    read_only=True,
)


FLOW = Rule(
    id=ledger.CORE_MISSING,
    sentence="The server has Create, Upload, End and Get session.",
    source="Addresses",
    grade=Grade.PROTOCOL,
    read_only=True,
)
ENDS = Rule(
    id=ledger.NEVER_ENDS,
    sentence="Processing of an ended session ends, within --patience.",
    source="States",
    grade=Grade.PROTOCOL,
    operation="getSession",
)


@watching(
    "answers.success_status",
    "Each operation succeeds with its own status code.",
    source="Addresses",
    grade=Grade.PROTOCOL,
)
def success_status(answer: Answer, watch: Watch) -> Iterator[Fault]:
    """The status of each success is compared with the document."""
    operation = specification.operations().get(answer.request.operation)
    if operation is None or not answer.accepted or answer.status in operation.successes:
        return
    if operation.operation_id in OWN_ADDRESSES:
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
    """The body of each success is validated against its schema."""
    operation = answer.request.operation
    for found in watch.violations(answer):
        first = found.path[0] if found.path else ""
        lenient = operation == "createSession" and answer.fields().get("status") == "initialized"
        if found.absent or first in _OWNED or (first == "status" and lenient):
            continue
        if first == "status" and shows_session(answer):
            continue  # the table of states has a rule of its own
        if found.message.startswith("None is not") and may_be_null(operation, found.field):
            continue
        yield Fault(
            expected=f"a body as in the schema of {operation} {answer.status}",
            got=f"{found.field or 'the body'}: {found.message}",
            answer=answer,
            grade=found.grade,
            key=f"{operation}|{found.field}|{found.message[:60]}",
        )


@watching(
    "answers.fields",
    "No answer lacks a field without which a client cannot go on; any other lack is a note.",
    source="What is published, What a server may leave out",
    grade=Grade.PROTOCOL,
)
def fields(answer: Answer, watch: Watch) -> Iterator[Fault]:
    """The body of each success is searched for the fields of its schema."""
    for found in watch.violations(answer):
        if found.absent:
            yield judge.absent(answer, found.field)


def owned(answer: Answer, watch: Watch, *names: str, grade: Grade | None = None) -> Iterator[Fault]:
    """The violations of the schema in these fields, but not that one is missing."""
    for found in watch.violations(answer):
        first = found.path[0] if found.path else ""
        if first in names and not found.absent:
            yield Fault(
                expected=f"`{first}` as in the schema of {answer.request.operation}",
                got=f"{found.field or 'the body'}: {found.message}",
                answer=answer,
                key=str(first),
                grade=grade,
            )


@watching(
    "session.templates_list",
    "`templates` is a list with one single-key object per template.",
    source="Get session",
    grade=Grade.PROTOCOL,
)
def templates_list(answer: Answer, watch: Watch) -> Iterator[Fault]:
    """The form of `templates` is checked in every session; an expired one may have an object."""
    if answer.status == 410 and isinstance(answer.fields().get("templates"), dict):
        return
    yield from owned(answer, watch, "templates")


@watching(
    "session.upload_url.form",
    "`upload_url` is an absolute URL that ends in /audio.",
    source="Create session",
    grade=Grade.PROTOCOL,
)
def upload_url(answer: Answer, watch: Watch) -> Iterator[Fault]:
    """`upload_url` is checked in every session."""
    yield from owned(answer, watch, "upload_url")


@watching(
    "store.listing",
    "`audio_files` lists stored names such as 0.webm, each once.",
    source="Upload audio, Storing",
    grade=Grade.DOCUMENTED,
)
def listing(answer: Answer, watch: Watch) -> Iterator[Fault]:
    """The names in each list are checked; they are documented for chunked sessions alone."""
    names = answer.fields().get("audio_files", [])
    texts = isinstance(names, list) and all(isinstance(name, str) for name in names)
    lenient = texts and not _is_chunked(answer)
    for fault in owned(answer, watch, "audio_files", grade=Grade.INFERRED if lenient else None):
        odd = [name for name in names if not _NAME.fullmatch(str(name))] if texts else []
        case = bool(odd) and all(_NAME.fullmatch(name.lower()) for name in odd)
        yield replace(fault, group=judge.CASE_KEPT) if case else fault


#: A stored name.
_NAME = re.compile(r"[0-9]+\.[a-z0-9]+")


def _is_chunked(answer: Answer) -> bool:
    """Whether the answer is about a session that was created for chunks."""
    created = next((one.body for one in answer.history if one.operation == "createSession"), None)
    return created is not None and b'"upload_type": "chunked"' in created


@watching(
    "store.order",
    "Listings are in numeric order, 2 before 10.",
    source="Upload audio, Storing",
    grade=Grade.DOCUMENTED,
)
def order(answer: Answer, watch: Watch) -> Iterator[Fault]:
    """The order of `audio_files` is checked in every list."""
    names = judge.files(answer)
    numbers = [number for number in map(judge.number, names) if number is not None]
    if numbers != sorted(numbers):
        yield Fault(
            expected="audio_files in numeric order",
            got=f"audio_files = {judge.shown(names)}",
            answer=answer,
            key="order",
        )


@watching(
    "store.count",
    "`audio_files_received` of a chunked session is the number of its stored names.",
    source="End session",
    grade=Grade.INFERRED,
)
def count(answer: Answer, watch: Watch) -> Iterator[Fault]:
    """The count is compared with the list in every answer that has both."""
    found = answer.fields()
    received, names = found.get("audio_files_received"), found.get("audio_files")
    if _is_chunked(answer) and isinstance(received, int) and isinstance(names, list):
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
    "An answer about a session has the `session_id` from the path.",
    source="Get session",
    grade=Grade.PROTOCOL,
)
def own_id(answer: Answer, watch: Watch) -> Iterator[Fault]:
    """The id in each answer is compared with the one in the path."""
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
    "upload.answer",
    "A successful upload is answered with session_id, success true and original_filename.",
    source="Upload audio, Success",
    grade=Grade.PROTOCOL,
)
def upload_answer(answer: Answer, watch: Watch) -> Iterator[Fault]:
    """The three fields are checked in the answer to each upload."""
    if answer.request.operation != "uploadAudio" or not answer.accepted:
        return
    name = unquote(answer.request.target.partition("?")[0].rpartition("/")[2])
    found = answer.fields()
    if "original_filename" in found:
        fault = judge.same(answer, "`original_filename`", name, found["original_filename"])
        if fault is not None:
            yield fault
