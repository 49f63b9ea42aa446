"""Judges of what the user is told."""

from scribe_mock.gauntlet.evidence import Evidence
from scribe_mock.gauntlet.judgement import Judge, Judgement, broken, met, not_tried

_ASK = "Say whether the client told of it."


def tells(*words: str) -> Judge:
    """The client tells its user: by an exit code other than 0, or one of these words."""

    def judge(evidence: Evidence) -> Judgement:
        told = evidence.tells(words)
        if told is None:
            return not_tried(_ASK)
        if told:
            return met()
        return broken(f"It ended with exit code 0, and its output has none of {', '.join(words)}.")

    return judge


def says_all_is_well(evidence: Evidence) -> Judgement:
    """A client that lost nothing ends with exit code 0, and a person sees no failure."""
    if not evidence.runs:
        if evidence.told is None:
            return not_tried(_ASK)
        return broken("It told of a failure.") if evidence.told else met()
    codes = [run.exit_code for run in evidence.runs]
    if all(code == 0 for code in codes):
        return met()
    if evidence.out_of_time:
        return broken("It did not end in time.")
    return broken(f"It ended with exit code {', '.join(map(str, codes))}.")
