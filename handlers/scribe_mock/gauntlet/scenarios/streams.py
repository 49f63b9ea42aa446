"""Scenarios of WebSockets and of webhooks."""

from scribe_mock.gauntlet.evidence import DELIVERY, STREAM
from scribe_mock.gauntlet.grade import Grade
from scribe_mock.gauntlet.judges.arriving import complete_or_told
from scribe_mock.gauntlet.judges.delivering import asks_after_event, no_webhook, takes_each
from scribe_mock.gauntlet.judges.streaming import no_stream, reconnects, with_pauses
from scribe_mock.gauntlet.parts import COMPLETE
from scribe_mock.gauntlet.scenario import Demand, Scenario

#: After so many bytes of messages a WebSocket is broken: a second of sound.
_BYTES = 32_000

SCENARIOS = (
    Scenario(
        name="stream-broken",
        title="The WebSocket is closed with 1011, and the next one is reset.",
        tried=no_stream,
        by_hand="Record with a stream.",
        faults=(
            {
                "match": {"operation": STREAM},
                "action": {"socket": {"close_code": 1011, "after_bytes": _BYTES}},
            },
            {
                "match": {"operation": STREAM},
                "after": 1,
                "action": {"cut": {"at": "upload", "after_bytes": _BYTES, "how": "reset"}},
            },
        ),
        demands=(
            Demand(
                name="reconnects",
                sentence="After each break it connects again.",
                source="RFC 6455, 7.4.1; CONTRACT.md, Stream audio",
                grade=Grade.MUST,
                judge=reconnects,
            ),
            Demand(
                name="complete-or-told",
                sentence="Every word arrives, or the user is told what is lost.",
                source="CONTRACT.md, Stream audio",
                grade=Grade.MUST,
                judge=complete_or_told("lost", "missing", "broke", "1011", "interrupted"),
            ),
            Demand(
                name="pauses",
                sentence="It does not connect again without pause.",
                source="RFC 6455, 7.2.3",
                grade=Grade.SHOULD,
                judge=with_pauses,
            ),
        ),
    ),
    Scenario(
        name="webhooks",
        title="The first event comes late and twice, the second after the third.",
        tried=no_webhook,
        by_hand="Register a webhook, and record.",
        faults=(
            {
                "match": {"operation": DELIVERY},
                "action": {"webhook": {"delay_seconds": 1, "repeat": 1}},
            },
            {
                "match": {"operation": DELIVERY},
                "after": 1,
                "action": {"webhook": {"reorder": True}},
            },
        ),
        demands=(
            Demand(
                name="takes-each",
                sentence="Each delivery is answered 2xx within 30 seconds.",
                source="CONTRACT.md, Webhooks, Delivery",
                grade=Grade.MUST,
                judge=takes_each,
            ),
            Demand(
                name="get-session",
                sentence="Get session has the last word: it is asked once an event has come.",
                source='Guide "Polling"',
                grade=Grade.SHOULD,
                judge=asks_after_event,
            ),
            COMPLETE,
        ),
    ),
)
