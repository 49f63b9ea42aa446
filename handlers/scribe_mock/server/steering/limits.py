"""The fault `limit`: 413 for a body above a size, in the five ways that servers have."""

from starlette.types import Message

from scribe_mock.api.answers import answer_to
from scribe_mock.errors import ApiError, ChunkTooLarge, RequestTooLarge
from scribe_mock.server.steering.call import Call, Replay, read_up_to
from scribe_mock.steering.actions import Limit

#: The most bytes that `late` reads before it answers.
_MOST_READ = 64 * 1024 * 1024


async def limit_body(call: Call, limit: Limit) -> None:
    """Refuse a body above the limit, and pass on any other."""
    announced = call.announced_bytes()
    if announced is not None and announced <= limit.bytes:
        await call.spare()
        await call.proceed()
    elif limit.delivery == "late" or (limit.delivery == "expect_only" and not _expects(call)):
        await _refuse_late(call, limit)
    elif announced is not None:
        await _refuse_early(call, limit, unread=True)
    else:
        parts, count, more = await read_up_to(call.receive, limit.bytes + 1)
        if count > limit.bytes:
            await _refuse_early(call, limit, unread=more)
        else:
            await call.spare()
            await call.proceed(receive=Replay(parts, call.receive, more))


async def _refuse_late(call: Call, limit: Limit) -> None:
    parts, count, more = await read_up_to(call.receive, limit.bytes + 1)
    if count <= limit.bytes:
        await call.spare()
        await call.proceed(receive=Replay(parts, call.receive, more))
        return
    parts.clear()
    while more and count < _MOST_READ:
        _, size, more = await read_up_to(call.receive, 1)
        count += size
    await _answer(call, limit)


async def _refuse_early(call: Call, limit: Limit, *, unread: bool) -> None:
    if limit.delivery == "early_reset":
        call.end("reset", "cut")
    if limit.delivery != "early_close" or not unread:
        await _answer(call, limit)
        return

    async def send(message: Message) -> None:
        # The answer is not ended, so that nothing waits for the rest of the request.
        if message["type"] == "http.response.body":
            message = {**message, "more_body": True}
        await call.send(message)

    await answer_to(_error(call, limit))(call.scope, call.receive, send)
    call.note(outcome="answered")
    call.connection.close_unread()


async def _answer(call: Call, limit: Limit) -> None:
    await answer_to(_error(call, limit))(call.scope, call.receive, call.send)


def _error(call: Call, limit: Limit) -> ApiError:
    error = ChunkTooLarge if call.target.operation == "uploadAudio" else RequestTooLarge
    return error(
        f"The body is larger than {limit.bytes} bytes, the most that a fault of the mock allows. "
        "Cut the recording into shorter chunks.",
        limit_bytes=limit.bytes,
    )


def _expects(call: Call) -> bool:
    return any(
        name == b"expect" and value.lower() == b"100-continue"
        for name, value in call.scope["headers"]
    )
