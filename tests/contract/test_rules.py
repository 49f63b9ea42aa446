"""The rules themselves: none of the contract is missing, each is well-formed, none shares code."""

import ast
import re
from itertools import combinations
from pathlib import Path

from scribe_mock.contract.core import samples, specification
from scribe_mock.contract.core.grade import Grade
from scribe_mock.contract.core.rule import matches
from scribe_mock.contract.recipes import recipe_list
from scribe_mock.contract.rules import all_rules, upload_order, upload_rows
from scribe_mock.contract.rules.access import CALLS
from scribe_mock.contract.rules.states import FINAL

PACKAGE = Path(recipe_list.__file__).parents[2]
IDS = [rule.id for rule in all_rules()]
RULES = {rule.id: rule for rule in all_rules()}
OPERATIONS = specification.operations()
ROWS = range(1, 12)
MODULES = sorted((PACKAGE / "contract").rglob("*.py"))

#: Sentences of the contract with a number or in a table, and the rules that hold a server to them.
SENTENCES = {
    **{f"table of checks, row {row}": f"upload.row.{row}.*" for row in ROWS},
    **{f"row {row} before the body": f"upload.early.{row}" for row in range(1, 10)},
    **{f"operation {name} wants a token": f"auth.missing.{name}" for name in CALLS},
    **{
        f"supported type {mime}": f"upload.format.{mime[6:].replace(';codecs=', '_')}"
        for mime in samples.SUPPORTED
    },
    **{f"inferred from .{one}": f"upload.infer.{one}" for one in ("webm", "wav", "ogg", "mp4")},
    **{f"inferred from .{one}": f"upload.infer.{one}" for one in ("m4a", "mp3")},
    **{
        f"state {state}": f"state.{state}.get"
        for state in ("created", "recording", "processing", *FINAL, "expired")
    },
    "10,000,000 bytes": "upload.limit.taken",
    "10,485,760 bytes": "upload.limit.exact",
    "case of types": "upload.spelling.case",
    "quoted codecs": "upload.spelling.quoted",
    "white space": "upload.spelling.space",
    "stored by number": "store.by_number",
    "own number": "store.own_number",
    "leading zeros": "store.leading_zeros",
    "numeric order": "store.numeric_order",
    "gaps": "store.gaps",
    "replacing": "store.replaced",
    "%2F": "upload.name.slash",
    "255 characters": "upload.name.too_long",
    "16 to 32 characters": "create.own_id",
    "session_exists": "create.own_id_taken",
    "at most 2 templates": "create.schema.templates",
    "ending twice": "state.end_twice",
    "two End calls": "race.two_ends",
    "an upload that got 200": "race.uploads_and_end",
    "mismatch": "end.mismatch",
    "templates are a list": "session.templates_list",
    "template_not_found": "get.template_not_found",
    "session_already_committed": "state.processing.patch_model",
    "session_not_ended": "state.created.process",
    "invalid_template": "create.unknown_template",
    "document_id narrows": "get.document",
    "merged additional_data": "patch.merge",
    "the last underscore": "store.last_underscore",
    "never an echo": "end.not_an_echo",
    "a preflight": "browser.preflight",
    "a missing field": "answers.fields",
    "400 for too large": "published.too_large",
    "six formats": "published.ogg_opus",
    "an archived template": "template.delete",
    "a presigned PUT": "document.text",
    "deleting a document twice": "document.delete",
    "a transcript needs no End": "transcript.completes",
    "one more document": "process.document",
    "one MP3 of everything": "audio.everything",
    "the MP3 in order": "audio.order",
    "audio_url needs no token": "audio.plays",
    "audio_not_available": "audio.no_audio",
    "download_url": "record.presigned",
    "documents of the record": "record.documents",
    "newest first": "history.order",
    "count": "history.count",
    "cancelled": "history.cancelled",
    "No transactions found": "history.none",
    "discovery is public": "auth.discovery",
    "max-age": "discovery.cached",
    "what it says is what the server does": "discovery.formats_work",
    "stream without Authorization": "stream.connect",
    "close 1000": "stream.stop",
    "close 1003": "stream.odd_frame",
    "unknown stream": "stream.unknown",
    "ended stream": "stream.ended",
    "what webhooks deliver": "webhook.delivery.body",
    "X-MSA-Signature": "webhook.delivery.signature",
    "webhook_not_found": "webhook.unknown",
    "envelope": "errors.envelope",
    "no 5xx": "server.no_5xx",
}


def test_ids_are_unique_and_dotted():
    assert len(set(IDS)) == len(IDS) > 300
    assert all(re.fullmatch(r"[a-z][a-z0-9_]*(\.[A-Za-z0-9_]+)+", rule_id) for rule_id in IDS)


def demands(rule):
    """What a rule must be → whether it is so."""
    return {
        "has a sentence": rule.sentence.endswith((".", ")")) or rule.id.startswith("state."),
        "names its source": bool(rule.source),
        "has a grade": isinstance(rule.grade, Grade),
        "names an operation of the spec, or none": rule.operation in (*OPERATIONS, ""),
        "needs rules that exist": all(need in RULES for need in rule.needs),
    }


def test_rules_say_what_they_are():
    wrong = [
        f"{rule.id}: {demand}"
        for rule in RULES.values()
        for demand, fulfilled in demands(rule).items()
        if not fulfilled
    ]
    assert wrong == []


def test_every_numbered_or_tabled_sentence_has_a_rule():
    wrong = [
        f"{sentence}: {pattern}"
        for sentence, pattern in SENTENCES.items()
        if not any(matches(rule_id, [pattern]) for rule_id in IDS)
    ]
    assert wrong == []


def test_every_pair_of_rows_is_tried_or_says_why_not():
    pairs = list(combinations(ROWS, 2))
    tried = [pair for pair in pairs if f"upload.order.{pair[0]}_before_{pair[1]}" in IDS]
    assert [pair for pair in pairs if (pair in tried) is (pair in upload_order.IMPOSSIBLE)] == []


def test_documented_rows_are_graded_as_in_the_contract():
    documented = {row for row in ROWS if RULES[upload_rows.RULE_OF_ROW[row]].grade == "documented"}
    protocol = {row for row in ROWS if RULES[upload_rows.RULE_OF_ROW[row]].grade == "protocol"}
    assert (documented, protocol) == ({2, 4, 5, 7, 9}, {1, 3})


def _documented():
    for name, operation in OPERATIONS.items():
        for status, response in operation.responses.items():
            for code in specification.codes(response) or {""}:
                yield name, int(status), code
    for status, response in specification.outside().items():
        for code in specification.codes(response):
            yield "", int(status), code


def test_every_operation_status_and_code_has_a_recipe():
    known = {(one.operation, one.status, one.code) for one in recipe_list.RECIPES}
    sessions = {
        one
        for one in known
        if (one[0] == "getSession" and one[1] < 300) or one[1:] == (410, "expired")
    }
    wanted = {one for one in _documented() if one[2] or one[0] != "getSession"}
    assert known - sessions == wanted - {("getSession", 410, "")}
    assert {one[2] for one in sessions} == {
        "created",
        "recording",
        "processing",
        "completed",
        "partial",
        "failed",
        "expired",
    }
    assert all(bool(one.steps) is not bool(one.why_not) for one in recipe_list.RECIPES)


def long_parts(path):
    """The functions of more than 45 lines in a module, and the module if it has more than 420."""
    text = path.read_text("utf-8")
    if len(text.splitlines()) > 420:
        yield path.name
    for node in ast.walk(ast.parse(text)):
        match node:
            case ast.FunctionDef() | ast.AsyncFunctionDef():
                if (node.end_lineno or node.lineno) - node.lineno + 1 > 45:
                    yield f"{path.name}: {node.name}"


def test_modules_and_functions_are_short():
    assert [part for path in MODULES for part in long_parts(path)] == []
