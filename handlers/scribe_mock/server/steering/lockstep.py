"""The fault `hold`: a request waits until a test releases it."""

from scribe_mock.server.steering.answers import answer_of_fault
from scribe_mock.server.steering.call import Call
from scribe_mock.server.steering.pace import gone_or
from scribe_mock.sharing.sharing import Sharing
from scribe_mock.steering.actions import Answer
from scribe_mock.steering.documented import Documented
from scribe_mock.steering.held import HOLD_SECONDS, MAX_HELD, Held, Refusal


async def hold(
    call: Call, held: Held, documented: Documented, now: float, sharing: Sharing
) -> None:
    """Let the request wait, then go on or be refused; it goes on by itself after 60 seconds."""
    waiting = held.hold(call.request_id, call.target, now, call.announced_bytes() or 0)
    if waiting is None:
        call.note(warning=f"Not held: {MAX_HELD} requests are held, or one with this id is.")
        await call.proceed()
        return
    stop = Refusal(503, message="The server stops. Send the request again.")
    call.scope.setdefault("state", {})["on_stop"] = lambda: waiting.decide(stop)
    call.note(outcome="held")
    try:
        decided = await gone_or(call.scope, waiting.decided, HOLD_SECONDS)
        held.went_on(waiting)
        await sharing.look_again()
        call.note(outcome=None)
        refusal = waiting.decided.result() if decided else None
        if not decided:
            call.note(warning=f"The hold ended by itself after {HOLD_SECONDS:g} seconds.")
        if refusal is None:
            await call.proceed()
        else:
            answer = Answer(refusal.status, refusal.code, refusal.message)
            ready = answer_of_fault(documented, call.target.operation, answer)
            await ready(call.scope, call.receive, call.send)
    finally:
        held.forget_request(waiting)
