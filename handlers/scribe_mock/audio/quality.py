"""One number for how good the audio of a session is, from what was found in its chunks."""

from collections.abc import Iterable, Sequence

from scribe_mock.sessions.diagnosis import AudioFinding

#: What a chunk counts with findings of which none is serious.
_BLEMISHED = 0.5


def quality(found: Iterable[Sequence[AudioFinding]]) -> float | None:
    """The quality of a session's audio, 0 (worst) to 1 (best); None without audio.

    It is the mean over the chunks: 1 for one without findings, 0.5 for one with findings, 0 for one
    with a serious finding.

    Args:
        found: the findings about each chunk.
    """
    scores = [_score(findings) for findings in found]
    return round(sum(scores) / len(scores), 2) if scores else None


def _score(findings: Sequence[AudioFinding]) -> float:
    if any(finding.serious for finding in findings):
        return 0.0
    return _BLEMISHED if findings else 1.0
