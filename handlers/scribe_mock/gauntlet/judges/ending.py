"""Judges of End session: that it waits, and that it can be repeated."""

from scribe_mock.gauntlet.evidence import END, Evidence
from scribe_mock.gauntlet.judgement import Judgement, broken, met, not_tried

#: The journal has times in milliseconds; a quick client ends in the same one.
_TOLERANCE = 0.01


def end_waits(evidence: Evidence) -> Judgement:
    """End session comes when every upload was answered, and none will be tried again."""
    for end in evidence.of(END):
        mine = [one for one in evidence.uploads if one.session_id == end.session_id]
        late = [one for one in mine if one.ended > end.at + _TOLERANCE]
        if late:
            return broken("End session came while uploads were under way.", [*late[:4], end])
    if not evidence.of(END):
        return not_tried("It sent no End session.")
    return met("", evidence.of(END))
