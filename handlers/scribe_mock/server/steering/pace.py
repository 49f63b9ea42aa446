"""Faults that let a request wait: delays, throttles and holds."""

import asyncio
from collections.abc import Coroutine, Sequence
from contextlib import suppress
from typing import Any

from starlette.types import Message, Receive, Scope, Send

from scribe_mock.errors import ClientGone
from scribe_mock.server.steering.call import CONNECTION, Call
from scribe_mock.steering.actions import Throttle

#: An answer that is throttled is written so often.
_STEP_SECONDS = 0.05


async def until_stopped(scope: Scope, waiting: Coroutine[Any, Any, Any]) -> None:
    """Wait for something, but no longer than until the server begins to stop."""
    stopping = asyncio.Event()
    scope.setdefault("state", {})["on_stop"] = stopping.set
    tasks = {asyncio.ensure_future(waiting), asyncio.ensure_future(stopping.wait())}
    try:
        await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
    finally:
        for task in tasks:
            task.cancel()


def _delayed(scope: Scope, send: Send, seconds: float) -> Send:
    """A `send` that begins so many seconds later."""
    waits = seconds

    async def send_later(message: Message) -> None:
        nonlocal waits
        if waits:
            seconds, waits = waits, 0.0
            await until_stopped(scope, asyncio.sleep(seconds))
            connection = scope.get(CONNECTION)
            if connection is not None and connection.gone:
                raise ClientGone
        await send(message)

    return send_later


def slow_down(call: Call, delay: float, throttles: Sequence[Throttle]) -> None:
    """Let a request be read and answered at the slowest of some rates, and answered later."""
    uploads = [t.upload_bytes_per_second for t in throttles if t.upload_bytes_per_second]
    answers = [t.answer_bytes_per_second for t in throttles if t.answer_bytes_per_second]
    connection = call.scope.get(CONNECTION)
    if connection is not None:
        connection.patient = True
        if uploads:
            connection.narrow()
    if uploads:
        call.receive = _SlowReceive(call.receive, min(uploads))
    if answers:
        call.send = _SlowSend(call.send, min(answers))
    if delay:
        call.send = _delayed(call.scope, call.send, delay)


class _Schedule:
    """Waits so that bytes pass at a rate, without adding up the errors of single waits."""

    def __init__(self, rate: float) -> None:
        self._rate = rate
        self._due = 0.0

    async def pass_bytes(self, count: int) -> None:
        now = asyncio.get_running_loop().time()
        self._due = (self._due or now) + count / self._rate
        if self._due > now:
            await asyncio.sleep(self._due - now)


class _SlowReceive:
    """ASGI's receive, at a rate."""

    def __init__(self, receive: Receive, rate: float) -> None:
        self._receive = receive
        self._schedule = _Schedule(rate)

    async def __call__(self) -> Message:
        message = await self._receive()
        body = message.get("body") or message.get("bytes") or message.get("text") or b""
        if body:
            await self._schedule.pass_bytes(len(body))
        return message


class _SlowSend:
    """ASGI's send, at a rate."""

    def __init__(self, send: Send, rate: float) -> None:
        self._send = send
        self._rate = rate
        self._schedule = _Schedule(rate)

    async def __call__(self, message: Message) -> None:
        body = message.get("body", b"")
        if message["type"] != "http.response.body" or not body:
            await self._send(message)
            return
        step = max(1, int(self._rate * _STEP_SECONDS))
        more = message.get("more_body", False)
        for start in range(0, len(body), step):
            part = body[start : start + step]
            await self._schedule.pass_bytes(len(part))
            last = start + step >= len(body)
            await self._send({**message, "body": part, "more_body": more or not last})


async def gone_or(scope: Scope, future: "asyncio.Future[Any]", seconds: float) -> bool:
    """Wait for a future, the client's leaving, or so many seconds; whether the future came."""
    connection = scope.get(CONNECTION)
    waits: set[asyncio.Future[Any]] = {future}
    leaving = None
    if connection is not None:
        connection.patient = True
        leaving = asyncio.ensure_future(connection.wait_until_gone())
        waits.add(leaving)
    try:
        await asyncio.wait(waits, timeout=seconds, return_when=asyncio.FIRST_COMPLETED)
    finally:
        if leaving is not None:
            leaving.cancel()
            with suppress(asyncio.CancelledError):
                await leaving
    if not future.done() and connection is not None and connection.gone:
        raise ClientGone
    return future.done()
