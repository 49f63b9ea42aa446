"""Faults that break a connection off: cuts and dropped answers."""

import asyncio
from contextlib import suppress

from starlette.types import Message

from scribe_mock.server.steering.call import Call, Replay, read_up_to
from scribe_mock.server.steering.pace import until_stopped
from scribe_mock.steering.actions import Cut, DropAnswer

#: The most real seconds that a client gets to receive what was written before the cut.
FLUSH_SECONDS = 30.0
#: The most real seconds that an answer hangs.
HANG_SECONDS = 300.0


async def cut_upload(call: Call, cut: Cut) -> None:
    """End the connection once the body has so many bytes; a shorter body is not cut."""
    announced = call.announced_bytes()
    if announced is not None and announced < cut.after_bytes:
        await call.spare()
        await call.proceed()
        return
    # A body of unknown length is kept, since it may be too short.
    parts, count, more = await read_up_to(call.receive, cut.after_bytes)
    if count < cut.after_bytes:
        await call.spare()
        await call.proceed(receive=Replay(parts, call.receive, more))
        return
    call.note(request_bytes=cut.after_bytes, whole=False)
    call.end(cut.how, "cut")


async def cut_answer(call: Call, cut: Cut) -> None:
    """End the connection once so many bytes of the answer's body were sent.

    An upload is not stored. A shorter answer is not cut.
    """
    call.scope["scribe_mock.drop_chunk"] = True
    left = cut.after_bytes

    async def send(message: Message) -> None:
        nonlocal left
        if message["type"] != "http.response.body":
            await call.send(message)
            return
        body = message.get("body", b"")
        if len(body) < left or (not body and message.get("more_body")):
            left -= len(body)
            if not message.get("more_body"):
                await call.spare()
            await call.send(message)
            return
        await call.send({**message, "body": body[:left], "more_body": True})
        await call.connection.flushed(FLUSH_SECONDS)
        call.end(cut.how, "cut")

    await call.proceed(send=send)


async def drop_answer(call: Call, drop: DropAnswer) -> None:
    """Carry the request out, and end the connection instead of answering."""
    done = False

    async def send(message: Message) -> None:
        nonlocal done
        done = message["type"] == "http.response.body" and not message.get("more_body")

    await call.proceed(send=send)
    if done:
        call.note(code=None)
        await end_unanswered(call, drop)


async def end_unanswered(call: Call, drop: DropAnswer) -> None:
    """End the connection unanswered, at once or when the client has left; raises ClientGone."""
    if drop.how == "hang":
        with suppress(TimeoutError):
            async with asyncio.timeout(HANG_SECONDS):
                await until_stopped(call.scope, call.connection.wait_until_gone())
    call.end("close" if drop.how == "close" else "reset", "dropped")
