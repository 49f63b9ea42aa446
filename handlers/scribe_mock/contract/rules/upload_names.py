"""Rules about file names: their form, their percent-encoding, and hostile ones."""

from collections.abc import Callable

from scribe_mock.contract.core import judge, samples
from scribe_mock.contract.core.fault import Fault
from scribe_mock.contract.core.grade import Grade
from scribe_mock.contract.core.probe import Probe, in_path
from scribe_mock.contract.core.rule import CheckFunction, Faults, Rule, rule

_SOURCE = "Upload audio, File name"


def _rule(
    name: str, sentence: str, grade: Grade, needs: tuple[str, ...] = ("upload.success",)
) -> Callable[[CheckFunction], Rule]:
    return rule(
        f"upload.name.{name}",
        sentence,
        source=_SOURCE,
        grade=grade,
        operation="uploadAudio",
        needs=needs,
    )


@_rule("form", "A chunk is named <base>_<sequence>.<ext>, with any base.", Grade.DOCUMENTED)
async def form(probe: Probe) -> Faults:
    """Names with several underscores and dots are uploaded."""
    session = await probe.create()
    names = ("a_0.webm", "my.visit-2_part_1.webm", "1_2_2.webm", "Audio-Chunk_3.mp3", "_._4.wav")
    for name in names:
        answer = await probe.upload(session, name, mime=None)
        yield judge.accepted(answer, what=f"the name {name}")


@_rule("sequence_digits", "A sequence has 1 to 9 digits.", Grade.INFERRED, ("store.gaps",))
async def digits(probe: Probe) -> Faults:
    """Numbers of 9 and of 10 digits are uploaded."""
    session = await probe.create()
    answer = await probe.upload(session, "audio_999999999.webm")
    yield judge.accepted(answer, what="the sequence 999999999")
    answer = await probe.upload(session, "audio_1000000000.webm")
    yield judge.refused(answer, 400, "invalid_request")


_NOT_CHUNKS = (
    "audio.webm",
    "audio_.webm",
    "_0.webm",
    "audio_x.webm",
    "audio_-1.webm",
    "audio_+1.webm",
    "audio_1.5.webm",
    "audio_0x1.webm",
    "audio_1_.webm",
    "audio-1.webm",
    "audio_1",
    "audio_1.",
    "audio_1.we-bm",
    "au dio_1.webm",
    "audio_ 1.webm",
    "audio_1.webm ",
)


@_rule(
    "not_a_chunk",
    "In a chunked session, a name of another form: 400 invalid_request.",
    Grade.INFERRED,
    ("upload.row.8.name",),
)
async def not_a_chunk(probe: Probe) -> Faults:
    """Names without a base, a number or an extension are uploaded."""
    session = await probe.create()
    for name in _NOT_CHUNKS:
        answer = await probe.upload(session, name, body=samples.tiny("webm"))
        yield judge.refused(answer, 400, "invalid_request")


@_rule(
    "ascii",
    "Base, sequence and extension are ASCII.",
    Grade.INFERRED,
    ("upload.row.8.name",),
)
async def ascii_only(probe: Probe) -> Faults:
    """Names with digits and letters of other scripts are uploaded."""
    session = await probe.create()
    for name in (
        "audio_\u0663.webm",
        "audio_\u00b2.webm",
        "\u00e4udio_1.webm",
        "audio_1.w\u00e9bm",
    ):
        answer = await probe.upload(session, name, body=samples.tiny("webm"))
        yield judge.refused(answer, 400, "invalid_request")


@_rule("longest", "A name of 255 characters is accepted.", Grade.INFERRED)
async def longest(probe: Probe) -> Faults:
    """A name of 255 characters is uploaded."""
    answer = await probe.upload(await probe.create(), f"{'a' * 248}_0.webm")
    yield judge.accepted(answer, what="a name of 255 characters")


@_rule("too_long", "A name of 256 characters is 400 invalid_request.", Grade.INFERRED)
async def too_long(probe: Probe) -> Faults:
    """A name of 256 characters is uploaded to a chunked and to a single session."""
    answer = await probe.upload(await probe.create(), f"{'a' * 249}_1.webm")
    yield judge.refused(answer, 400, "invalid_request")
    answer = await probe.upload(await probe.create("single"), f"{'a' * 251}.webm")
    yield judge.refused(answer, 400, "invalid_request")


@_rule("decoded", "The name is percent-decoded.", Grade.PROTOCOL, ("store.by_number",))
async def decoded(probe: Probe) -> Faults:
    """Plain letters are sent percent-encoded."""
    session = await probe.create()
    for raw, number in (("audio%5F0.webm", 0), ("%61udio_1%2Ewebm", 1), ("audio_%32%2ewebm", 2)):
        answer = await probe.upload(session, raw_name=raw, label=raw)
        yield judge.accepted(answer, what=f"the name {raw}")
        if answer.accepted:
            stored = [f"{done}.webm" for done in range(number + 1)]
            yield judge.lists(await probe.get(session), stored)


@_rule(
    "slash",
    "%2F in a name is 400 or 404, never another path.",
    Grade.INFERRED,
)
async def slash(probe: Probe) -> Faults:
    """Names with an encoded slash are uploaded."""
    session = await probe.create()
    other = await probe.create()
    session.history += other.history
    other.history = session.history  # what is sent to one may be stored in the other
    for raw in (
        "..%2F..%2Fevil_0.webm",
        "a%2Fb_0.webm",
        "%2Fetc%2Fpasswd_0.webm",
        f"..%2F..%2F{in_path(other.session_id)}%2Faudio%2Faudio_0.webm",
        "..%2fend",
    ):
        answer = await probe.upload(session, raw_name=raw, label=raw)
        yield judge.status_is(answer, 400, 404, what="a name with an encoded slash")
    for one in (session, other):
        yield judge.lists(await probe.get(one), [])


@_rule(
    "hostile",
    "A name with path characters is refused, or stored by its number.",
    Grade.DOCUMENTED,
)
async def hostile(probe: Probe) -> Faults:
    """Names with path characters are uploaded; those accepted must have their own number."""
    session = await probe.create()
    for raw in _HOSTILE:
        await probe.upload(session, raw_name=raw, label=raw, exempt="\x00" in raw)
    answer = await probe.get(session)
    odd = [name for name in judge.files(answer) if name not in ("0.webm", "1.webm")]
    yield judge.same(answer, "unexpected audio_files", [], odd)


_HOSTILE = (
    "..%5C..%5Cevil_0.webm",
    "%2e%2e",
    "%2e%2e_0.webm",
    "audio_0.webm%00.txt",
    "audio%00_0.webm",
    "audio_0.webm%0A",
    "audio_0.webm%0D%0AX-Evil:%201",
    "%C0%AE%C0%AE_0.webm",
    "%FF%FE_0.webm",
    "%F0%9F%8E%A4_0.webm",
    "%E2%80%AE_0.webm",
    "'%20OR%20'1'='1_0.webm",
    "%3Cscript%3E_0.webm",
    "$(id)_1.webm",
    "%7B%7B7*7%7D%7D_0.webm",
    "con_0.webm",
    "a" * 4000 + "_0.webm",
    "audio_99999999999999999999999.webm",
    "audio_0.webm;x=1",
    "%25_0.webm",
)


@_rule("broken_encoding", "A name with invalid percent-encoding is refused.", Grade.INFERRED)
async def broken(probe: Probe) -> Faults:
    """Names with invalid encodings are uploaded; the HTTP parser may refuse them."""
    session = await probe.create()
    for raw in ("audio_0%zz.webm", "audio%_0.webm", "audio_0.webm%"):
        answer = await probe.upload(session, raw_name=raw, label=raw, exempt=True)
        if answer.status and not answer.refused:
            yield Fault(
                expected=f"{raw} is refused (4xx)", got=str(answer), answer=answer, key="taken"
            )


@_rule("single_any", "A single recording may have any name.", Grade.INFERRED)
async def single_any(probe: Probe) -> Faults:
    """Names with spaces and letters of other scripts are uploaded to a single session."""
    session = await probe.create("single")
    for name in (
        "visit.webm",
        "visit 1 (final).webm",
        "Gespr\u00e4ch \u0928\u092e.webm",
        "recording",
    ):
        answer = await probe.upload(session, name, body=samples.speech("webm"))
        yield judge.accepted(answer, what=f"a single recording named {name!r}")


@_rule("query", "A query string is not part of the name.", Grade.INFERRED)
async def query(probe: Probe) -> Faults:
    """A query string is added to the path."""
    session = await probe.create()
    answer = await probe.upload(session, raw_name="audio_0.webm?retry=1")
    yield judge.accepted(answer, what="an upload with a query")
