"""Judges of what arrived: whether no word is lost, and whether tabs keep apart."""

from collections import Counter
from collections.abc import Iterator, Mapping
from typing import Any

from scribe_mock.gauntlet.evidence import CREATE, STREAM, UPLOAD, Evidence
from scribe_mock.gauntlet.judgement import Judge, Judgement, broken, met
from scribe_mock.gauntlet.reference import QUIET_AFTER, QUIET_BEFORE

#: What is wrong with the audio as it was spoken.
_HEARD = ("missing", "repeated", "reordered", "distorted")


def nothing_recorded(evidence: Evidence) -> str:
    """Why there is nothing to judge; empty if a session has audio."""
    if not evidence.exchanges:
        return "Nothing arrived with the scenario's token: does the client send it?"
    if not evidence.of(CREATE, UPLOAD, STREAM):
        return "No session was created."
    return ""


def recorded(evidence: Evidence) -> list[str]:
    """The ids of the sessions that audio came for."""
    came = {one.session_id for one in evidence.of(UPLOAD, STREAM)}
    return [one["session_id"] for one in evidence.sessions if one["session_id"] in came]


def complete(evidence: Evidence) -> Judgement:
    """All that was spoken arrived in one session, and that was ended."""
    ids = recorded(evidence)
    wrong = {name: list(problems(evidence.ledgers[name])) for name in ids}
    if any(not found for found in wrong.values()):
        return met()
    if not ids:
        return broken(f"No audio arrived{_unsaid(evidence)}.", evidence.exchanges)
    best = min(wrong.values(), key=len)
    text = " ".join(best)
    if quiet := _unsaid(evidence):
        text += f" Yet it ended{quiet}."
    return broken(text, _refused(evidence))


def all_complete(evidence: Evidence) -> Judgement:
    """All that was spoken arrived in each session that audio came for."""
    found = {name: list(problems(evidence.ledgers[name])) for name in recorded(evidence)}
    wrong = [f"{name}: {' '.join(said)}" for name, said in found.items() if said]
    if wrong or not found:
        return broken(" ".join(wrong) or "No audio arrived.")
    return met()


def complete_or_told(*words: str) -> Judge:
    """All that was spoken arrived, or the user is told that it did not."""

    def judge(evidence: Evidence) -> Judgement:
        whole = complete(evidence)
        if whole.met or evidence.tells(words):
            return met()
        if evidence.tells(words) is None:
            return Judgement(met=None, said="Say whether the client told of it.")
        return whole

    return judge


def problems(ledger: Mapping[str, Any]) -> Iterator[str]:
    """What is wrong with a session's audio, in sentences; nothing if all arrived."""
    if ledger["verdict"] == "open":
        yield "The session was never ended."
    heard = ledger.get("audio") or {}
    for problem in ledger["problems"]:
        if problem["code"] not in _HEARD:
            yield problem["message"]
    for code in _HEARD:
        for passage in heard.get(code, ()):
            if code != "missing" or not _is_quiet(passage, heard["reference"]["duration_s"]):
                yield _passage(code, passage)
    stored = Counter(one["sha256"] for one in ledger["chunks"] if one["stored"] and one["sha256"])
    if any(count > 1 for count in stored.values()):
        yield "The same bytes are stored under more than one number."


def _is_quiet(passage: Mapping[str, Any], duration: float) -> bool:
    """Whether a passage lies before or after all that is spoken: a microphone may begin late."""
    start, end = float(passage["start_s"]), float(passage["end_s"])
    return end <= QUIET_BEFORE or start >= duration - QUIET_AFTER


def _passage(code: str, passage: Mapping[str, Any]) -> str:
    where = f"Seconds {passage['start_s']:.1f} to {passage['end_s']:.1f} of what was spoken"
    is_what = {"missing": "are missing", "repeated": "are there twice"}
    return f"{where} {is_what.get(code, f'are {code}')}."


def _unsaid(evidence: Evidence) -> str:
    """What is added when a client says that all went well, and it did not."""
    codes = [run.exit_code for run in evidence.runs]
    return ", and the exit code was 0" if codes and set(codes) == {0} else ""


def _refused(evidence: Evidence) -> list[Any]:
    return [one for one in evidence.of(UPLOAD, STREAM, CREATE) if not one.accepted]
