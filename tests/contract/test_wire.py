"""The wire, beside servers that no HTTP library would write."""

import asyncio
from contextlib import asynccontextmanager

from scribe_mock.contract.address import Address, Origin
from scribe_mock.contract.message import ANSWER_BYTES, Request
from scribe_mock.contract.websocket import stream
from scribe_mock.contract.wire import Wire


@asynccontextmanager
async def serving(answer, **how):
    """The address of a server that answers each connection so."""

    async def handle(reader, writer):
        try:
            await answer(reader, writer)
        except ConnectionError:
            pass
        finally:
            writer.transport.abort()

    server = await asyncio.start_server(handle, "127.0.0.1", 0, **how)
    async with server:
        yield Origin("http", *server.sockets[0].getsockname()[:2])


def get(origin):
    return Request(origin=origin, method="GET", target="/")


async def endless(reader, writer):
    await reader.readuntil(b"\r\n\r\n")
    writer.write(b"HTTP/1.1 404 Not Found\r\nContent-Type: text/plain\r\n\r\n")
    while True:
        writer.write(b"x" * 100_000)
        await writer.drain()


def test_an_answer_without_end_is_not_kept():
    async def talk():
        async with serving(endless) as origin:
            answer = await Wire(concurrency=1, timeout=20).send(get(origin))
            refused = await stream(Address(Origin("ws", origin.host, origin.port), "/"), [])
        return answer, refused

    answer, refused = asyncio.run(talk())
    assert (answer.status, answer.body) == (0, b"")
    assert "more than" in answer.trouble
    assert answer.ended - answer.began < 15
    assert refused.status == 404
    assert len(refused.body) < 2 * ANSWER_BYTES
