"""The ledger: what became of the audio of one session, and what is wrong with that."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from scribe_mock.sessions.clock import rfc3339
from scribe_mock.sessions.diagnosis import AudioFinding
from scribe_mock.sessions.session import Session, UploadType
from scribe_mock.steering.heard import Heard
from scribe_mock.steering.problem import Problem
from scribe_mock.steering.record import Record

#: The most problems of one answer; the same number is in `control.yaml`.
MOST_PROBLEMS = 1000
#: The error codes of an upload that came after End session.
_OVER = ("session_ended", "session_completed")


@dataclass(slots=True)
class Line:
    """One chunk, one recording, or one WebSocket.

    Args:
        sequence: Its number; None where it has none.
        file_name: The name that it was sent under; None for a WebSocket.
        stored: Whether the session has it.
        sha256: The digest of its bytes, where that is known.
    """

    sequence: int | None
    file_name: str | None
    stored: bool = False
    sha256: str | None = None
    #: The uploads that were accepted, and those that were not.
    accepted: list[Record] = field(default_factory=list)
    refused: list[Record] = field(default_factory=list)
    retries: int = 0
    replacements: int = 0

    @property
    def called(self) -> str:
        """What messages call it."""
        if self.sequence is not None:
            return f"Chunk {self.sequence}"
        return f"The recording {self.file_name}" if self.file_name else "The stream"

    @property
    def after_end(self) -> int:
        """How many uploads came after End session."""
        return sum(record.code in _OVER for record in self.refused)

    def add(self, record: Record) -> None:
        """Count one more upload that is over."""
        if not _is_accepted(record):
            self.refused.append(record)
            return
        if self.accepted:
            if _same_bytes(self.accepted[-1], record):
                self.retries += 1
            else:
                self.replacements += 1
        self.accepted.append(record)


class Ledger:
    """What became of a session's audio.

    Args:
        session: The session as of now.
        digests: The SHA-256 of its chunks, by sequence number.
        findings: What the examination found, by sequence number.
        records: The entries of the journal about the session.
        lost: Why the journal can't tell all; None if it can.
        heard: What became of what was spoken; None if nobody said what was.
    """

    def __init__(
        self,
        session: Session,
        digests: Mapping[int, str],
        findings: Mapping[int, Sequence[AudioFinding]],
        records: Iterable[Record],
        lost: str | None,
        heard: Heard | None,
    ) -> None:
        self._session = session
        self._findings = findings
        self._lost = lost
        self._heard = heard
        of_session = [r for r in records if r.generation in (None, session.generation)]
        if session.upload_type is UploadType.STREAM:
            self.lines = list(_sockets(session, of_session))
        else:
            self.lines = _uploads(session, digests, of_session)
        self.problems = list(self._problems())

    @property
    def verdict(self) -> str:
        """`open` before End session, else `complete` or `incomplete`."""
        if self._session.outcome is None:
            return "open"
        return "incomplete" if self.problems else "complete"

    def form(self, first: int, count: int) -> dict[str, Any]:
        """Its JSON form, with some of its lines; `first` are skipped."""
        return {
            "session_id": self._session.session_id,
            "verdict": self.verdict,
            "problems": [_problem_form(problem) for problem in self.problems[:MOST_PROBLEMS]],
            "problems_total": len(self.problems),
            "chunks": [
                _line_form(line, self._session) for line in self.lines[first : first + count]
            ],
            "chunks_total": len(self.lines),
            "audio": None if self._heard is None else self._heard.form(),
        }

    def _problems(self) -> Iterator[Problem]:
        numbers = [line.sequence for line in self.lines if line.sequence is not None]
        yield from _gaps(numbers)
        for line in self.lines:
            yield from _problems_of(line)
        yield from self._count_differs()
        for sequence, found in sorted(self._findings.items()):
            for finding in found:
                if finding.serious and not self._is_judged_by_reference(finding):
                    message = f"Chunk {sequence}: {finding.message}"
                    yield Problem("serious_audio", message, sequence)
        if self._heard is not None:
            yield from self._heard.problems()
        if self._lost is not None:
            yield Problem("journal_incomplete", self._lost)

    def _is_judged_by_reference(self, finding: AudioFinding) -> bool:
        """Whether what was spoken tells more: it may have been silence."""
        return finding.code == "silent" and self._heard is not None and self._heard.is_compared

    def _count_differs(self) -> Iterator[Problem]:
        sent, received = self._session.audio_files_sent, self._session.files_received()
        if sent is None or self._session.upload_type is UploadType.STREAM or sent == received:
            return
        yield Problem(
            "count_differs",
            f"End session said that {sent} audio files were sent; {received} are stored.",
        )


def _sockets(session: Session, records: Iterable[Record]) -> Iterator[Line]:
    for record in records:
        if record.operation == "streamAudio" and record.outcome is not None:
            line = Line(None, None, sha256=record.digest())
            line.add(record)
            line.stored = bool(line.accepted and record.request_bytes and session.chunks)
            yield line


def _uploads(session: Session, digests: Mapping[int, str], records: Iterable[Record]) -> list[Line]:
    lines: dict[int | str, Line] = {}
    for record in records:
        if record.operation == "uploadAudio" and (record.outcome is not None or record.stored):
            name, number = record.file_name, record.sequence
            line = lines.setdefault(name if number is None else number, Line(number, name))
            line.add(record)
            line.file_name = name
    for line in lines.values():
        line.sha256 = line.accepted[-1].digest() if line.accepted else None
    for chunk in session.ordered_chunks():
        if session.upload_type is UploadType.SINGLE:
            line = lines.setdefault(chunk.original_filename, Line(None, chunk.original_filename))
        else:
            line = lines.setdefault(chunk.sequence, Line(chunk.sequence, chunk.original_filename))
            line.sha256 = digests.get(chunk.sequence)
        line.stored = True
    # In the order of the numbers; those without one in the order in which they came.
    return sorted(lines.values(), key=lambda line: (line.sequence is None, line.sequence or 0))


def _is_accepted(record: Record) -> bool:
    return record.stored or 200 <= record.status < 300 or record.status == 101


def _same_bytes(one: Record, other: Record) -> bool:
    first, second = one.digest(), other.digest()
    if first is None or second is None:
        return one.request_bytes == other.request_bytes
    return first == second


def _gaps(numbers: Sequence[int]) -> Iterator[Problem]:
    """The numbers of which nothing arrived, up to the highest; `numbers` is in order."""
    expected = 0
    for number in numbers:
        if number > expected:
            several = f"Chunks {expected} to {number - 1} are"
            which = f"Chunk {expected} is" if number == expected + 1 else several
            yield Problem("gap", f"{which} missing: no upload had that number.", expected)
        expected = number + 1


def _problems_of(line: Line) -> Iterator[Problem]:
    if line.accepted and not line.stored and line.file_name is not None:
        status = line.accepted[-1].status
        answered = f"was answered with {status}" if status else "was accepted"
        message = f"{line.called} {answered}, but is not stored."
        yield Problem("gap", message, line.sequence)
    elif line.refused and not line.stored and not line.accepted:
        reasons = ", ".join(dict.fromkeys(map(_reason, line.refused)))
        message = f"{line.called} was never stored: {reasons}."
        yield Problem("refused_never_stored", message, line.sequence)
    if line.replacements:
        message = f"{line.called} was sent again with other bytes, which replaced the first ones."
        yield Problem("replaced", message, line.sequence)
    if line.after_end:
        message = f"{line.called} was sent after End session."
        yield Problem("after_end", message, line.sequence)


def _reason(record: Record) -> str:
    if record.status:
        return f"{record.status} {record.code}" if record.code else str(record.status)
    return "it did not arrive as a whole"


def _problem_form(problem: Problem) -> dict[str, Any]:
    return {"code": problem.code, "message": problem.message, "sequence": problem.sequence}


def _line_form(line: Line, session: Session) -> dict[str, Any]:
    arrivals = [record.at for record in line.accepted]
    if not arrivals and line.sequence is not None and line.sequence in session.chunks:
        arrivals = [session.chunks[line.sequence].received_at]
    form = {
        "sequence": line.sequence,
        "stored": line.stored,
        "sha256": line.sha256,
        "arrivals": [rfc3339(at) for at in arrivals],
        "retries": line.retries,
        "replacements": line.replacements,
        "refused": [_refusal_form(record) for record in line.refused],
        "after_end": line.after_end,
    }
    return form if line.file_name is None else {**form, "file_name": line.file_name}


def _refusal_form(record: Record) -> dict[str, Any]:
    return {
        "request_id": record.request_id.decode("latin-1"),
        "at": rfc3339(record.at),
        "status": record.status,
        "code": record.code,
    }
