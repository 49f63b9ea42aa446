"""Rules about the MIME types of uploads: the spellings, and the inference from the name."""

from collections.abc import Callable, Iterable
from dataclasses import replace

from scribe_mock.contract.core import judge, samples
from scribe_mock.contract.core.fault import Fault
from scribe_mock.contract.core.grade import Grade
from scribe_mock.contract.core.probe import Probe, ProbeSession
from scribe_mock.contract.core.rule import CheckFunction, Faults, Rule, rule
from scribe_mock.contract.core.samples import WEBM
from scribe_mock.contract.rules import disagreements

_SOURCE = "Upload audio, MIME type"
_EXTENSIONS = ("webm", "wav", "ogg", "mp4", "m4a", "mp3")


def _rule(
    name: str, sentence: str, grade: Grade, needs: tuple[str, ...] = ("upload.success",)
) -> Callable[[CheckFunction], Rule]:
    formats = tuple(_format_rule(mime) for mime in samples.SUPPORTED)
    make = rule(
        f"upload.{name}",
        sentence,
        source=_SOURCE,
        grade=grade,
        operation="uploadAudio",
        needs=needs,
    )
    if not name.startswith("spelling."):
        return make
    return lambda check: replace(make(check), after=formats)


async def _taken(
    probe: Probe, session: ProbeSession, mime: str | None, extension: str, number: int = 0
) -> Fault | None:
    """Upload with this Content-Type and extension, which must be accepted."""
    name, shown = f"audio_{number}.{extension}", "none" if mime is None else repr(mime)
    answer = await probe.upload(
        session, name, mime=mime, label=f"{name} with Content-Type: {shown}"
    )
    if disagreements.ogg_opus_refused(answer):
        return None
    return judge.accepted(answer, what=f"{name} with Content-Type {shown}")


async def _all_taken(probe: Probe, spell: Callable[[str], str], types: Iterable[str]) -> Faults:
    session = await probe.create()
    for number, mime in enumerate(types):
        if probe.run.ledger.broken(_format_rule(mime)):
            continue  # the type itself is refused, however it is spelled
        fault = await _taken(probe, session, spell(mime), samples.extension_of(mime), number)
        yield fault


async def _none_taken(probe: Probe, types: Iterable[str], *, binding: bool = True) -> Faults:
    name = "audio_0.webm"
    session = await probe.create()
    for mime in types:
        label = f"Content-Type: {mime}"
        answer = await probe.upload(
            session, name, mime=mime, body=samples.tiny("webm"), label=label
        )
        yield (
            judge.unsupported(answer)
            if binding
            else judge.refused(answer, 400, "invalid_audio_format")
        )


def _format_rule(mime: str) -> str:
    return f"upload.format.{mime.removeprefix('audio/').replace(';codecs=', '_')}"


def _supported(entry: samples.Format) -> Rule:
    async def check(probe: Probe) -> Faults:
        session = await probe.create()
        fault = await _taken(probe, session, entry.mime, entry.extension)
        yield fault and replace(fault, group=f"{entry.mime} is refused")

    name = _format_rule(entry.mime).removeprefix("upload.")
    return _rule(name, f"{entry.mime} is supported.", Grade.DOCUMENTED, ())(check)


RULES = tuple(_supported(entry) for entry in samples.FORMATS)


@_rule("spelling.case", "The case of type and subtype does not matter.", Grade.PROTOCOL)
async def spelling_case(probe: Probe) -> Faults:
    """Types are sent in upper and mixed case."""

    def shout(mime: str) -> str:
        essence, _, parameter = mime.partition(";")
        return essence.upper() + (f";{parameter}" if parameter else "")

    def title(mime: str) -> str:
        essence, _, parameter = mime.partition(";")
        return essence.title() + (f";{parameter}" if parameter else "")

    for spell in (shout, title):
        async for fault in _all_taken(probe, spell, samples.SUPPORTED):
            yield fault


_WITH_CODECS = ("audio/webm;codecs=opus", "audio/ogg;codecs=opus")


@_rule(
    "spelling.parameter_case", "The case of the parameter's name does not matter.", Grade.PROTOCOL
)
async def spelling_parameter(probe: Probe) -> Faults:
    """The name of the parameter is sent in upper case."""
    for name in ("CODECS", "Codecs"):
        spell = _replacing("codecs", name)
        async for fault in _all_taken(probe, spell, _WITH_CODECS):
            yield fault


@_rule("spelling.space", "White space around the ; is optional.", Grade.PROTOCOL)
async def spelling_space(probe: Probe) -> Faults:
    """Spaces and tabs are sent around the semicolon."""
    for separator in ("; ", " ;", " ; ", ";\t"):
        async for fault in _all_taken(probe, _replacing(";", separator), _WITH_CODECS):
            yield fault


@_rule("spelling.quoted", "The value of codecs may be quoted.", Grade.PROTOCOL)
async def spelling_quoted(probe: Probe) -> Faults:
    """The value is sent in quotes."""
    async for fault in _all_taken(probe, _replacing("=opus", '="opus"'), _WITH_CODECS):
        yield fault


@_rule(
    "spelling.all",
    "Case, white space and quotes may differ in one header.",
    Grade.PROTOCOL,
    (
        "upload.spelling.case",
        "upload.spelling.parameter_case",
        "upload.spelling.space",
        "upload.spelling.quoted",
        "upload.format.webm_opus",
        "upload.format.ogg_opus",
    ),
)
async def spelling_all(probe: Probe) -> Faults:
    """One header with all of these is sent."""
    session = await probe.create()
    yield await _taken(probe, session, 'Audio/WebM; codecs="opus"', "webm")
    yield await _taken(probe, session, 'AUDIO/OGG ; CODECS="opus"', "ogg", 1)


def _replacing(old: str, new: str) -> Callable[[str], str]:
    return lambda mime: mime.replace(old, new)


@_rule("near_miss.plain_webm", "Plain audio/webm is not supported.", Grade.DOCUMENTED)
async def plain_webm(probe: Probe) -> Faults:
    """audio/webm is sent with a name that ends in .webm."""
    async for fault in _none_taken(probe, ("audio/webm", "Audio/WebM", "audio/webm;")):
        yield fault


@_rule("near_miss.types", "Other audio types are not supported.", Grade.DOCUMENTED)
async def other_types(probe: Probe) -> Faults:
    """Types are sent that are similar to supported ones."""
    types = (
        "audio/mpeg",
        "audio/x-wav",
        "audio/wave",
        "audio/x-m4a",
        "audio/aac",
        "audio/opus",
        "audio/mp",
        "audio/wavx",
        "audio/mp34",
        "xaudio/wav",
    )
    async for fault in _none_taken(probe, types):
        yield fault


@_rule("near_miss.codecs", "Another codec than opus is not supported.", Grade.DOCUMENTED)
async def other_codecs(probe: Probe) -> Faults:
    """Other codecs are sent."""
    types = ("audio/webm;codecs=vorbis", "audio/ogg;codecs=vorbis", "audio/webm;codecs=opus2")
    async for fault in _none_taken(probe, types):
        yield fault


@_rule("near_miss.others", "Any other Content-Type is not supported.", Grade.DOCUMENTED)
async def not_audio(probe: Probe) -> Faults:
    """Types that are not audio are sent with a name that ends in .webm."""
    types = (
        "video/webm",
        "video/mp4",
        "text/plain",
        "application/json",
        "application/ogg",
        "multipart/form-data; boundary=x",
        "audio/*",
        "*/*",
    )
    async for fault in _none_taken(probe, types):
        yield fault


@_rule(
    "near_miss.malformed",
    "A Content-Type that is not a media type is not supported.",
    Grade.DOCUMENTED,
)
async def malformed(probe: Probe) -> Faults:
    """Headers are sent that are not media types, some of which begin like one."""
    async for fault in _none_taken(
        probe, ("audio", "wav", "audio/", "/wav", "audio/wav,audio/ogg")
    ):
        yield fault


_NEAR = ("upload.near_miss.codecs", "upload.near_miss.types", "upload.row.7.format")


@_rule("near_miss.parameters", "Other parameters are refused.", Grade.INFERRED, _NEAR)
async def other_parameters(probe: Probe) -> Faults:
    """Supported types are sent with another parameter."""
    types = ("audio/wav; charset=x", "audio/mp3;codecs=mp3", "audio/webm;codecs=opus;rate=16000")
    async for fault in _none_taken(probe, types, binding=False):
        yield fault


@_rule("near_miss.codecs_case", "codecs=OPUS is refused.", Grade.INFERRED, _NEAR)
async def codecs_case(probe: Probe) -> Faults:
    """The value is sent in upper case."""
    async for fault in _none_taken(
        probe, ("audio/webm;codecs=OPUS", "audio/ogg;codecs=Opus"), binding=False
    ):
        yield fault


async def _inferred(probe: Probe, mime: str | None, extensions: Iterable[str]) -> Faults:
    session = await probe.create()
    for number, extension in enumerate(extensions):
        yield await _taken(probe, session, mime, extension, number)


def _by_extension(extension: str) -> Rule:
    async def check(probe: Probe) -> Faults:
        async for fault in _inferred(probe, None, [extension]):
            yield fault

    sentence = f"Without Content-Type, the extension .{extension} decides the type."
    return _rule(f"infer.{extension}", sentence, Grade.DOCUMENTED)(check)


RULES += tuple(map(_by_extension, _EXTENSIONS))


@_rule(
    "infer.upper",
    "Without Content-Type, an extension in upper case decides the type too.",
    Grade.INFERRED,
)
async def upper(probe: Probe) -> Faults:
    """Names are sent that end in .WAV and the like."""
    mixed = [extension.upper() for extension in _EXTENSIONS]
    async for fault in _inferred(probe, None, [*mixed, "Wav"]):
        yield fault


@_rule(
    "infer.octet_stream",
    "With application/octet-stream, the extension decides the type.",
    Grade.INFERRED,
)
async def octet_stream(probe: Probe) -> Faults:
    """The extension must decide the type."""
    async for fault in _inferred(probe, "application/octet-stream", _EXTENSIONS):
        yield fault


@_rule(
    "infer.form",
    "With application/x-www-form-urlencoded, the extension decides the type.",
    Grade.INFERRED,
)
async def form(probe: Probe) -> Faults:
    """The type that curl --data-binary sends by default is used."""
    async for fault in _inferred(probe, "application/x-www-form-urlencoded", _EXTENSIONS):
        yield fault


@_rule("infer.empty", "An empty Content-Type counts as absent.", Grade.INFERRED)
async def empty_header(probe: Probe) -> Faults:
    """The extension must decide the type."""
    async for fault in _inferred(probe, "", ["webm", "wav"]):
        yield fault


@_rule(
    "infer.unsupported",
    "Without Content-Type, the extension of another audio format is 400 invalid_audio_format.",
    Grade.DOCUMENTED,
)
async def unsupported_extension(probe: Probe) -> Faults:
    """Names are sent that end in .flac and the like."""
    session = await probe.create()
    for extension in ("flac", "aac"):
        answer = await probe.upload(session, f"audio_0.{extension}", mime=None)
        yield judge.unsupported(answer)


@_rule(
    "infer.unknown",
    "Without Content-Type, any other extension, or none, is 400 invalid_audio_format.",
    Grade.INFERRED,
    ("upload.infer.unsupported",),
)
async def unknown_extension(probe: Probe) -> Faults:
    """Names with an unknown extension are sent, with a generic type too."""
    session = await probe.create()
    for name, mime in (
        ("audio_0.txt", None),
        ("audio_0.webmx", None),
        ("audio_0", None),
        ("webm", None),
        ("audio_0.txt", "application/octet-stream"),
    ):
        answer = await probe.upload(session, name, mime=mime)
        yield judge.refused(answer, 400, "invalid_audio_format")


@_rule(
    "infer.header_first",
    "With a Content-Type that is not generic, the extension does not matter.",
    Grade.DOCUMENTED,
)
async def header_first(probe: Probe) -> Faults:
    """A supported type is sent with an unknown extension, and the reverse."""
    session = await probe.create()
    answer = await probe.upload(session, "audio_0.bin", mime=WEBM)
    yield judge.accepted(answer, what=f"audio_0.bin with Content-Type {WEBM}")
