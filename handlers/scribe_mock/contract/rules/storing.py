"""Rules about storing: by sequence number, in numeric order, each once."""

from collections.abc import Callable, Sequence
from dataclasses import replace

from scribe_mock.contract.core import judge, samples
from scribe_mock.contract.core.fault import Fault
from scribe_mock.contract.core.grade import Grade
from scribe_mock.contract.core.probe import Probe, ProbeSession
from scribe_mock.contract.core.rule import CheckFunction, Faults, Rule, rule
from scribe_mock.contract.rules import disagreements
from scribe_mock.contract.transport.message import Answer, Delivery

_SOURCE = "Upload audio, Storing"
#: Seconds that a server has to notice a broken connection.
_NOTICED = 1.0


def _rule(
    name: str,
    sentence: str,
    grade: Grade = Grade.DOCUMENTED,
    source: str = _SOURCE,
    needs: tuple[str, ...] = ("upload.success",),
) -> Callable[[CheckFunction], Rule]:
    return rule(name, sentence, source=source, grade=grade, operation="uploadAudio", needs=needs)


async def _upload_all(probe: Probe, session: ProbeSession, names: Sequence[str]) -> Faults:
    for name in names:
        answer = await probe.upload(session, name, mime=None if "." in name else "audio/wav")
        yield judge.accepted(answer, what=f"the chunk {name}")


async def _listed(probe: Probe, session: ProbeSession, expected: list[str]) -> Fault | None:
    """Compare the names that Get session lists."""
    return judge.lists(await probe.get(session), expected)


def _stores(
    name: str,
    sentence: str,
    uploads: Sequence[str],
    expected: Sequence[str],
    grade: Grade = Grade.DOCUMENTED,
    needs: tuple[str, ...] = ("upload.success",),
) -> Rule:
    """Make a rule about how a sequence of uploads is listed."""

    async def check(probe: Probe) -> Faults:
        session = await probe.create()
        refused = False
        async for fault in _upload_all(probe, session, uploads):
            refused = refused or fault is not None
            yield fault
        if not refused:
            yield await _listed(probe, session, list(expected))

    return _rule(f"store.{name}", sentence, grade, needs=needs)(check)


_NUMBER = ("store.by_number",)
#: Chunks 0 to 6, so that number 7 leaves no gap; gaps have a rule of their own.
_SEVEN = [f"audio_{number}.webm" for number in range(7)]
_STORED = [f"{number}.webm" for number in range(7)]

RULES: tuple[Rule, ...] = (
    _stores(
        "by_number",
        "A chunk is stored by its sequence number: audio_0.webm as 0.webm, visit_7.mp3 as 7.mp3.",
        [*_SEVEN, "visit_7.mp3"],
        [*_STORED, "7.mp3"],
    ),
    _stores(
        "last_underscore",
        "The number is what follows the last underscore: visit_5_1.webm is stored as 1.webm.",
        ["audio_0.webm", "visit_5_1.webm", "2026_11_27_2.webm"],
        ["0.webm", "1.webm", "2.webm"],
        needs=_NUMBER,
    ),
    _stores(
        "leading_zeros",
        "visit_007.mp3 is stored as 7.mp3.",
        [*_SEVEN, "visit_007.mp3"],
        [*_STORED, "7.mp3"],
        needs=_NUMBER,
    ),
    _stores(
        "zeros_same",
        "visit_007.mp3 and visit_7.mp3 have the same number.",
        [*_SEVEN, "visit_7.mp3", "visit_007.mp3"],
        [*_STORED, "7.mp3"],
        needs=("store.leading_zeros", "store.once"),
    ),
    _stores(
        "numeric_order",
        "Listings are in numeric order, 2 before 10.",
        [f"audio_{number}.webm" for number in range(12)],
        [f"{number}.webm" for number in range(12)],
        needs=_NUMBER,
    ),
    _stores(
        "arrival",
        "The order of arrival does not matter.",
        ["audio_2.webm", "audio_0.webm", "audio_1.webm"],
        ["0.webm", "1.webm", "2.webm"],
        Grade.INFERRED,
        needs=(*_NUMBER, "store.own_number"),
    ),
    _stores(
        "gaps",
        "Gaps do not matter.",
        ["audio_0.webm", "audio_3.webm", "audio_500.webm"],
        ["0.webm", "3.webm", "500.webm"],
        Grade.INFERRED,
        needs=(*_NUMBER, "store.own_number"),
    ),
    _stores(
        "once",
        "A chunk that is sent again is stored once: it is stored by its sequence number.",
        ["audio_0.webm", "audio_1.webm", "audio_1.webm"],
        ["0.webm", "1.webm"],
        needs=("store.by_number", "store.retry"),
    ),
    _stores(
        "base",
        "The base does not matter: another base with the same number is the same chunk.",
        ["first_0.webm", "second_0.webm"],
        ["0.webm"],
        needs=("store.once",),
    ),
    _stores(
        "replaced",
        "Sending a number again replaces the chunk, also when the extension differs.",
        ["audio_0.webm", "audio_1.webm", "audio_1.mp3"],
        ["0.webm", "1.mp3"],
        Grade.INFERRED,
        needs=("store.once",),
    ),
)


@_rule(
    "store.own_number",
    "A chunk is stored under its own number in any order of arrival.",
    needs=("store.by_number",),
)
async def own_number(probe: Probe) -> Faults:
    """Chunks are uploaded out of order; each that is accepted must have its own number."""
    session = await probe.create()
    answer = await probe.upload(session, "audio_3.webm")
    if answer.accepted:
        yield await _listed(probe, session, ["3.webm"])


@_rule("store.retry", "Sending a sequence number again is accepted.", Grade.INFERRED)
async def retry(probe: Probe) -> Faults:
    """A chunk is uploaded twice."""
    session = await probe.create()
    await probe.upload(session)
    answer = await probe.upload(session)
    yield judge.accepted(answer, what="the same chunk again")


@_rule(
    "store.extension_of_name",
    "The stored extension is the name's, with any MIME type.",
    needs=_NUMBER,
)
async def extension_of_name(probe: Probe) -> Faults:
    """A WAV file with a name that ends in .mp3 must be stored as .mp3."""
    session = await probe.create()
    answer = await probe.upload(session, "audio_0.mp3", mime="audio/wav")
    yield judge.accepted(answer, what="audio_0.mp3 with Content-Type audio/wav")
    yield await _listed(probe, session, ["0.mp3"])


@_rule("store.lower_case", "The extension is stored in lower case.", needs=_NUMBER)
async def lower_case(probe: Probe) -> Faults:
    """Names that end in .WAV and .Webm are uploaded."""
    session = await probe.create()
    for name, mime in (("audio_0.WAV", "audio/wav"), ("audio_1.Webm", samples.WEBM)):
        answer = await probe.upload(session, name, mime=mime)
        yield judge.accepted(answer, what=f"{name} with Content-Type {mime}")
    fault = await _listed(probe, session, ["0.wav", "1.webm"])
    yield fault and (fault if fault.group else replace(fault, group=judge.CASE_KEPT))


@_rule("store.refused", "A refused upload is not stored.", needs=("upload.row.7.format",))
async def refused(probe: Probe) -> Faults:
    """Refused uploads must not be listed."""
    session = await probe.create()
    answers = [
        await probe.upload(session, mime="audio/flac"),
        await probe.upload(session, token=None),
    ]
    if not any(answer.accepted for answer in answers):
        session.history += [answer.request for answer in answers]  # they led to what is listed
        yield await _listed(probe, session, [])


@_rule("store.cut", "An upload that breaks off is not stored.", Grade.INFERRED)
async def cut(probe: Probe) -> Faults:
    """Half a body is sent; it must not be listed, and the whole one must be accepted later."""
    for chunked in (False, True):
        session = await probe.create()
        body = samples.speech("webm")
        await probe.upload(session, body=body, chunked=chunked, delivery=Delivery.CUT)
        answer = await probe.look(session, _NOTICED)
        names = judge.files(answer)
        yield judge.lists(answer, [])
        if not names:
            answer = await probe.upload(session, body=body)
            yield judge.accepted(answer, what="the same chunk after a cut")


@_rule(
    "store.end_lists",
    "End session lists the stored names in order, and Get session lists the same.",
    Grade.PROTOCOL,
    "End session",
    needs=_NUMBER,
)
async def end_lists(probe: Probe) -> Faults:
    """The lists of End session and Get session are compared."""
    session = await probe.create()
    for name in ("audio_0.webm", "audio_1.webm", "audio_2.mp3"):
        await probe.upload(session, name, mime=None)
    expected = ["0.webm", "1.webm", "2.mp3"]
    ended = await probe.end(session)
    yield judge.accepted(ended, what="End session")
    if ended.accepted:
        yield judge.field(ended, "audio_files", expected)
        yield judge.field(ended, "audio_files_received", 3)
        yield await _listed(probe, session, expected)


def _single(name: str, sentence: str, grade: Grade) -> Callable[[CheckFunction], Rule]:
    return _rule(f"single.{name}", sentence, grade, "Upload audio, Single", ())


def _single_format(entry: samples.Format) -> Rule:
    async def check(probe: Probe) -> Faults:
        session = await probe.create("single")
        body = samples.file(entry.speech).read_bytes()
        answer = await probe.upload(session, entry.speech, mime=entry.mime, body=body)
        if not disagreements.ogg_opus_refused(answer):
            fault = judge.accepted(answer, what=f"one recording of {entry.mime}")
            yield fault and replace(fault, group=f"{entry.mime} is refused")
        if answer.accepted:
            yield _any_stored(await probe.get(session))

    slug = entry.mime.removeprefix("audio/").replace(";codecs=", "_")
    sentence = f"A single recording of {entry.mime} is stored before its 200 is sent."
    return _single(f"format.{slug}", sentence, Grade.DOCUMENTED)(check)


def _any_stored(answer: Answer) -> Fault | None:
    if "audio_files" not in answer.fields():
        return judge.absent(answer, "audio_files")
    if judge.files(answer):
        return None
    return Fault(
        expected="at least one chunk is listed after the 200",
        got="audio_files = []",
        answer=answer,
        key="none",
    )


RULES += tuple(map(_single_format, samples.FORMATS))


@_single("names", "The chunks of a recording are 0.<ext>, 1.<ext>, … by its type.", Grade.INFERRED)
async def single_names(probe: Probe) -> Faults:
    """A recording is uploaded under an unusual name, and its chunks are checked."""
    session = await probe.create("single")
    answer = await probe.upload(session, "visit.bin", mime="audio/wav", body=samples.speech("wav"))
    yield judge.accepted(answer, what="a recording named visit.bin")
    if answer.accepted:
        listing = await probe.get(session)
        count = max(1, len(judge.files(listing)))
        yield judge.lists(listing, [f"{number}.wav" for number in range(count)])


@_single("continues", "Another upload continues the numbering.", Grade.INFERRED)
async def continues(probe: Probe) -> Faults:
    """Two recordings are uploaded; the numbers of the second must follow."""
    session = await probe.create("single")
    body = samples.speech("wav")
    await probe.upload(session, "one.wav", mime="audio/wav", body=body)
    before = judge.files(await probe.get(session))
    answer = await probe.upload(session, "two.wav", mime="audio/wav", body=body)
    yield judge.accepted(answer, what="a second recording")
    if answer.accepted:
        listing = await probe.get(session)
        count = max(len(judge.files(listing)), len(before) + 1)
        yield judge.lists(listing, [f"{number}.wav" for number in range(count)])


@_single("again", "The same file name again replaces the chunks of that recording.", Grade.INFERRED)
async def again(probe: Probe) -> Faults:
    """One recording is uploaded twice under one name, and must be listed once."""
    session = await probe.create("single")
    body = samples.speech("wav")
    await probe.upload(session, "one.wav", mime="audio/wav", body=body)
    before = judge.files(await probe.get(session))
    answer = await probe.upload(session, "one.wav", mime="audio/wav", body=body)
    yield judge.accepted(answer, what="the same recording again")
    if answer.accepted:
        yield judge.lists(await probe.get(session), before)


@_single("silence", "A recording without speech is stored whole.", Grade.INFERRED)
async def silence(probe: Probe) -> Faults:
    """Two seconds of silence are uploaded, and one chunk must be listed."""
    session = await probe.create("single")
    body = samples.file("silence.wav").read_bytes()
    answer = await probe.upload(session, "silence.wav", mime="audio/wav", body=body)
    yield judge.accepted(answer, what="a recording of silence")
    if answer.accepted:
        yield await _listed(probe, session, ["0.wav"])


@_single(
    "counts",
    "audio_files_received of a single session counts the uploads, a repeated name once.",
    Grade.INFERRED,
)
async def counts(probe: Probe) -> Faults:
    """Two recordings are uploaded, one of them twice, and End says two."""
    session = await probe.create("single")
    body = samples.speech("wav")
    for name in ("one.wav", "two.wav", "two.wav"):
        await probe.upload(session, name, mime="audio/wav", body=body)
    if session.accepted == 3:
        yield judge.field(await probe.end(session), "audio_files_received", 2)
