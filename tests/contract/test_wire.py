"""The wire, beside servers that no HTTP library would write."""

import asyncio
import base64
import hashlib
from contextlib import asynccontextmanager

import pytest

from scribe_mock.contract.core.options import Options
from scribe_mock.contract.core.run import Run
from scribe_mock.contract.transport import websocket
from scribe_mock.contract.transport.address import Address, Origin
from scribe_mock.contract.transport.message import ANSWER_BYTES, Request
from scribe_mock.contract.transport.wire import Wire
from tests.support import PATIENCE, matched


@asynccontextmanager
async def serving(answer, port=0, **how):
    """The address of a server that answers each connection so."""

    handling: list[asyncio.Task[None] | None] = []

    async def handle(reader, writer):
        handling.append(asyncio.current_task())
        try:
            await answer(reader, writer)
        except (ConnectionError, asyncio.CancelledError):
            pass
        finally:
            writer.transport.abort()

    server = await asyncio.start_server(handle, "127.0.0.1", port, **how)
    try:
        yield Origin("http", *server.sockets[0].getsockname()[:2])
    finally:
        server.close()
        # Not `async with`: from Python 3.12 it waits for the connections.
        for task in filter(None, handling):
            task.cancel()


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
            address = Address(Origin("ws", origin.host, origin.port), "/")
            refused = await websocket.stream(address, [])
        return answer, refused

    answer, refused = asyncio.run(talk())
    assert (answer.status, answer.body) == (0, b"")
    assert "more than" in answer.trouble
    assert answer.ended - answer.began < 15
    assert refused.status == 404
    assert len(refused.body) < 2 * ANSWER_BYTES


async def silent(reader, writer):
    await asyncio.sleep(5)


def test_what_was_waited_for_in_vain_stays_told():
    async def talk():
        async with serving(silent) as origin:
            answers = await Wire(concurrency=2, timeout=0.2).together([get(origin)] * 2)
            await asyncio.sleep(0.05)
        return [answer.trouble for answer in answers]

    assert asyncio.run(talk()) == ["no complete answer came within 0.2 seconds"] * 2


async def reads_no_body(reader, writer):
    await asyncio.sleep(0.2)  # until what lies between is full
    writer.write(b"HTTP/1.1 413 Content Too Large\r\nContent-Length: 0\r\n\r\n")
    await asyncio.sleep(PATIENCE)


def test_an_early_answer_does_not_wait_for_the_body_to_be_read():
    async def talk():
        async with serving(reads_no_body, limit=1000) as origin:
            request = Request(origin=origin, method="POST", target="/", body=bytes(20_000_000))
            return await Wire(concurrency=1, timeout=PATIENCE).send(request)

    answer = asyncio.run(talk())
    assert answer.status == 413
    assert answer.ended - answer.began < PATIENCE / 2


async def open_stream(reader, writer):
    """Accept the handshake of a WebSocket."""
    head = await reader.readuntil(b"\r\n\r\n")
    key = matched(rb"(?i)(?<=sec-websocket-key: )\S+", head)
    digest = hashlib.sha1(key + b"258EAFA5-E914-47DA-95CA-C5AB0DC85B11").digest()
    writer.write(
        b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
        b"Sec-WebSocket-Accept: " + base64.b64encode(digest) + b"\r\n\r\n"
    )


async def opens_and_reads_nothing(reader, writer):
    await open_stream(reader, writer)
    await asyncio.sleep(PATIENCE)


def test_a_stream_that_nobody_reads_is_given_up():
    async def talk():
        async with serving(opens_and_reads_nothing, limit=1000) as origin:
            address = Address(Origin("ws", origin.host, origin.port), "/")
            async with asyncio.timeout(PATIENCE):
                return await websocket.stream(address, [bytes(1_000_000)] * 20, seconds=2)

    assert asyncio.run(talk()).trouble == "the server read nothing for 2 seconds"


async def pings_and_closes(reader, writer):
    await open_stream(reader, writer)
    await reader.readexactly(2 + 4 + len("first"))
    writer.write(b"\x89\x02hi")
    pong = await reader.readexactly(2 + 4 + 2)
    key, sent = pong[2:6], pong[6:]
    assert bytes(one ^ other for one, other in zip(sent, key, strict=False)) == b"hi"
    writer.write(b"\x88\x05" + (1003).to_bytes(2, "big") + b"odd")
    await reader.read()


async def opens_and_leaves(reader, writer):
    await open_stream(reader, writer)
    await writer.drain()
    writer.close()


async def opens_wrongly(reader, writer):
    await reader.readuntil(b"\r\n\r\n")
    writer.write(b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\n")
    writer.write(b"Connection: Upgrade\r\nSec-WebSocket-Accept: wrong\r\n\r\n")
    await asyncio.sleep(PATIENCE)


async def breaks_the_protocol(reader, writer):
    await open_stream(reader, writer)
    writer.write(b"\xff\x00")
    await reader.read()


async def refuses_in_an_old_way(reader, writer):
    await reader.readuntil(b"\r\n\r\n")
    writer.write(b"HTTP/1.0 403 Forbidden\r\nX-Why: old\r\n\r\nno")
    await writer.drain()


@pytest.mark.parametrize(
    ("answer", "seen"),
    [
        (pings_and_closes, (101, b"", "close 1003 odd")),
        (opens_and_leaves, (101, b"", "close 1006 ")),
        (opens_wrongly, (0, b"", "the handshake is wrong")),
        (breaks_the_protocol, (101, b"", "the connection broke")),
        (refuses_in_an_old_way, (403, b"no", "the handshake was answered 403")),
        (silent, (0, b"", "the handshake got no complete answer")),
    ],
)
def test_what_servers_do_with_a_stream_is_told(answer, seen):
    async def talk():
        async with serving(answer) as origin:
            address = Address(Origin("ws", origin.host, origin.port), "/a?b=c")
            return await websocket.stream(address, ["first"], seconds=1)

    found = asyncio.run(talk())
    assert (found.status, found.body) == seen[:2]
    assert str(found).startswith(seen[2])


def test_a_host_that_can_not_be_is_trouble_and_no_crash():
    address = Address(Origin("ws", f"{'a' * 70}.example", 80), "/")
    assert "can't be reached" in asyncio.run(websocket.stream(address, [])).trouble


async def no_content(reader, writer):
    await reader.readuntil(b"\r\n\r\n")
    writer.write(b"HTTP/1.1 204 No Content\r\n\r\n")
    await writer.drain()


def test_a_server_that_takes_connections_a_moment_later_is_not_gone():
    async def talk():
        async with serving(no_content) as origin:
            pass
        run = Run(Options(base=Address(origin, "")), {}, {})
        sending = asyncio.ensure_future(run.together([(get(origin), ())] * 3))
        await asyncio.sleep(0.02)
        async with serving(no_content, port=origin.port):
            return [answer.status for answer in await sending]

    assert asyncio.run(talk()) == [204] * 3
