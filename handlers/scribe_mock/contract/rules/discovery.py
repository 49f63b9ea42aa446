"""Rules about discovery: its fields, and whether they are true."""

import re
from collections.abc import Callable
from dataclasses import replace
from typing import Any

from scribe_mock.contract.core import judge, samples
from scribe_mock.contract.core.exceptions import Skip
from scribe_mock.contract.core.fault import Fault
from scribe_mock.contract.core.grade import Grade
from scribe_mock.contract.core.marks import UNKNOWN_SESSION
from scribe_mock.contract.core.probe import Probe
from scribe_mock.contract.core.rule import CheckFunction, Faults, Rule, rule
from scribe_mock.contract.rules.disagreements import OGG_OPUS, canonical
from scribe_mock.contract.transport.address import Address
from scribe_mock.contract.transport.message import Answer
from scribe_mock.contract.transport.reach import Elsewhere, Unreachable
from scribe_mock.paths import DISCOVERY_PATH


def _rule(
    name: str, sentence: str, grade: Grade = Grade.PROTOCOL, *, read_only: bool = False
) -> Callable[[CheckFunction], Rule]:
    return rule(
        f"discovery.{name}",
        sentence,
        source="Discovery",
        grade=grade,
        operation="getDiscovery",
        read_only=read_only,
    )


async def _discover(probe: Probe) -> Answer:
    return await probe.ask("getDiscovery", "GET", DISCOVERY_PATH, token=None)


def _capability(answer: Answer, name: str) -> list[str]:
    """A list in `capabilities`, empty if it is missing: the schema has a rule of its own."""
    capabilities = answer.fields().get("capabilities")
    found = capabilities.get(name) if isinstance(capabilities, dict) else None
    return [entry for entry in found if isinstance(entry, str)] if isinstance(found, list) else []


@_rule("cached", "Cache-Control has a max-age.", read_only=True)
async def cached(probe: Probe) -> Faults:
    """The header must have a max-age."""
    answer = await _discover(probe)
    found = answer.header("cache-control")
    if not re.search(r"max-age\s*=\s*\"?[0-9]+", found or "", re.IGNORECASE):
        yield Fault(
            expected="Cache-Control with a max-age",
            got=f"Cache-Control: {found}" if found else "no Cache-Control",
            answer=answer,
        )


@_rule("formats_work", "Each advertised audio format is accepted.")
async def formats_work(probe: Probe) -> Faults:
    """A recording of each listed type is uploaded."""
    answer = await _discover(probe)
    session = await probe.create()
    for number, mime in enumerate(_capability(answer, "audio_formats")):
        known = canonical(mime) in samples.SUPPORTED
        extension = samples.extension_of(canonical(mime)) if known else "webm"
        name = f"audio_{number}.{extension}"
        label = f"Content-Type: {mime}, as advertised"
        sent = await probe.upload(session, name, mime=mime, label=label)
        fault = judge.accepted(sent, what=f"{mime}, which discovery lists,")
        yield fault and replace(fault, group=f"{canonical(mime)} is refused")


@_rule(
    "formats_all",
    "The seven formats are advertised, or the six without audio/ogg;codecs=opus.",
    Grade.INFERRED,
    read_only=True,
)
async def formats_all(probe: Probe) -> Faults:
    """The list is compared with the seven types."""
    answer = await _discover(probe)
    listed = {canonical(mime) for mime in _capability(answer, "audio_formats")}
    missing = [mime for mime in samples.SUPPORTED if mime not in listed | {OGG_OPUS}]
    if listed:
        yield judge.same(answer, "formats that are not advertised", [], missing)


@_rule("methods_work", "A session of each advertised upload method can be created.")
async def methods_work(probe: Probe) -> Faults:
    """A session of each listed upload_type is created."""
    answer = await _discover(probe)
    for method in _capability(answer, "upload_methods"):
        created = await probe.try_create(probe.creation(method))
        yield judge.accepted(created, what=f"upload_type {method}, which discovery lists,")


@_rule("methods_all", "Each upload_type that can be created is advertised.")
async def methods_all(probe: Probe) -> Faults:
    """Sessions of each upload_type are created, and those that work must be listed."""
    answer = await _discover(probe)
    listed = _capability(answer, "upload_methods")
    for method in ("chunked", "single", "stream"):
        created = await probe.try_create(probe.creation(method))
        if listed and created.accepted and method not in listed:
            yield Fault(
                expected=f"upload_methods has {method}, which works",
                got=f"upload_methods = {listed}",
                answer=answer,
            )


def _entries(answer: Answer, name: str) -> list[dict[str, Any]]:
    found = answer.fields().get(name)
    entries = found if isinstance(found, list) else []
    return [entry for entry in entries if isinstance(entry, dict)]


@_rule("models_work", "Each advertised model is accepted by Create session.")
async def models_work(probe: Probe) -> Faults:
    """A session with each listed model is created."""
    answer = await _discover(probe)
    for entry in _entries(answer, "models"):
        created = await probe.try_create(probe.creation(model=entry.get("id")))
        yield judge.accepted(created, what=f"model {entry.get('id')!r}, which discovery lists,")


@_rule("models_all", "lite and pro are advertised.", read_only=True)
async def models_all(probe: Probe) -> Faults:
    """The ids of the models are compared with these two."""
    answer = await _discover(probe)
    listed = [entry.get("id") for entry in _entries(answer, "models")]
    missing = [model for model in ("lite", "pro") if model not in listed]
    if listed:
        yield judge.same(answer, "models that are not advertised", [], missing)


@_rule("languages_work", "Each advertised language is accepted as language_hint.")
async def languages_work(probe: Probe) -> Faults:
    """A session with each listed language is created."""
    answer = await _discover(probe)
    languages = answer.fields().get("languages")
    listed = languages.get("supported") if isinstance(languages, dict) else None
    if isinstance(listed, list) and listed:
        created = await probe.try_create(probe.creation(language_hint=listed))
        yield judge.accepted(created, what=f"language_hint {listed}, which discovery lists,")


@_rule("chunk_seconds", "max_chunk_duration_seconds is 20.", Grade.INFERRED, read_only=True)
async def chunk_seconds(probe: Probe) -> Faults:
    """The value is compared with the recommendation of the published page."""
    answer = await _discover(probe)
    capabilities = answer.fields().get("capabilities")
    if isinstance(capabilities, dict) and "max_chunk_duration_seconds" in capabilities:
        found = capabilities["max_chunk_duration_seconds"]
        yield judge.same(answer, "max_chunk_duration_seconds = 20", True, found == 20)


@_rule("base_url", "endpoints.base_url is the base of the session API.", read_only=True)
async def base_url(probe: Probe) -> Faults:
    """An unknown session is requested there without a token, and must be answered 401."""
    answer = await _discover(probe)
    endpoints = answer.fields().get("endpoints")
    given = endpoints.get("base_url") if isinstance(endpoints, dict) else None
    if not isinstance(given, str):
        return
    try:
        base = Address.parse(given)
        request = probe.request(
            "GET", f"/sessions/{UNKNOWN_SESSION}", token=None, at=base, operation="getSession"
        )
        own = base.origin == probe.options.base.origin
        found = await probe.send(request) if own else await probe.run.wire.send(request)
        right = found.status in (401, 403) or found.code == "session_not_found"
        got = f"{judge.describe(found)} at {given}"
    except Elsewhere as error:
        raise Skip(str(error)) from None
    except (ValueError, Unreachable) as error:
        right, got = False, f"{given}: {error}"
    if not right:
        yield Fault(
            expected="a session API at base_url: 401 without a token", got=got, answer=answer
        )


@_rule("stable", "Discovery has the same content each time.", Grade.INFERRED, read_only=True)
async def stable(probe: Probe) -> Faults:
    """Discovery is requested twice, and compared."""
    first, second = await _discover(probe), await _discover(probe)
    yield judge.same(second, "the same answer", True, first.json() == second.json())
