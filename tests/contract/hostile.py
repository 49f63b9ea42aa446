"""A small server that answers to do harm: without end, slowly, or with far too much of something.

Each connection is bounded in bytes and in time, so that a check without bounds of its own would
need a lot of memory and time, but not all of it.
"""

import asyncio
import base64
import gzip
import hashlib
import json
import re
import threading

#: The most bytes that one connection is answered with.
MOST = 30_000_000
CREATED = {
    "session_id": "ses_00000000000000000001",
    "status": "created",
    "created_at": "2026-11-27T20:00:00Z",
    "expires_at": "2026-11-27T21:00:00Z",
}
PIECE = b"x" * 65536


class Hostile:
    """Creates sessions, and answers everything else as `attack` does."""

    def __init__(self, attack):
        self.attack = attack
        self.connections = 0

    def __enter__(self):
        started = threading.Event()
        self._thread = threading.Thread(target=lambda: asyncio.run(self._serve(started)))
        self._thread.start()
        started.wait()
        self.base_url = f"http://127.0.0.1:{self._port}/voice/v1"
        return self

    def __exit__(self, *_):
        self._loop.call_soon_threadsafe(self._stopped.set)
        self._thread.join()

    async def _serve(self, started):
        self._loop, self._stopped, tasks = asyncio.get_running_loop(), asyncio.Event(), set()

        async def handle(reader, writer):
            tasks.add(asyncio.current_task())
            try:
                await self._answer(reader, writer)
            except (OSError, asyncio.IncompleteReadError, asyncio.CancelledError):
                pass
            finally:
                tasks.discard(asyncio.current_task())
                writer.transport.abort()

        server = await asyncio.start_server(handle, "127.0.0.1", 0, limit=1_000_000)
        self._port = server.sockets[0].getsockname()[1]
        started.set()
        await self._stopped.wait()
        server.close()
        for task in filter(None, tasks):
            task.cancel()
        await asyncio.sleep(0)

    async def _answer(self, reader, writer):
        self.connections += 1
        head = await reader.readuntil(b"\r\n\r\n")
        if b"/stream/" in head.split(b"\r\n")[0]:
            await flood(writer, self.attack(head))
            return
        length = re.search(rb"(?i)content-length: (\d+)\r", head)
        body = await reader.readexactly(int(length[1])) if length else b""
        if re.match(rb"POST /voice/v1/sessions ", head):
            kind = "ws" if b'"stream"' in body else "http"
            url = f"{kind}://127.0.0.1:{self._port}/voice/v1/stream/x/audio"
            await flood(writer, [whole(201, CREATED | {"upload_url": url})])
        else:
            await flood(writer, self.attack(head))


async def flood(writer, pieces):
    """Write pieces until the client leaves or the bound is reached."""
    sent = 0
    for piece in pieces:
        if isinstance(piece, float):
            await asyncio.sleep(piece)
            continue
        writer.write(piece)
        await writer.drain()
        sent += len(piece)
        if sent > MOST:
            return
    await asyncio.sleep(0.05)


def whole(status, body, more=""):
    """One answer with JSON, or with other bytes."""
    data = body if isinstance(body, bytes) else json.dumps(body).encode()
    head = f"HTTP/1.1 {status} X\r\nContent-Type: application/json\r\n{more}"
    return f"{head}Content-Length: {len(data)}\r\n\r\n".encode() + data


def repeated(start, piece):
    """A start, and then the same piece without end."""
    yield start
    while True:
        yield piece


def endless_body(head):
    return repeated(b"HTTP/1.1 200 OK\r\n\r\n", PIECE)


def endless_chunks(head):
    start = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"
    return repeated(start, b"10000\r\n" + PIECE + b"\r\n")


def chunk_extensions(head):
    start = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"
    return repeated(start, b"1;" + b"a=" + b"b" * 30_000 + b"\r\nx\r\n")


def one_chunk_extension(head):
    return repeated(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n1;a=", PIECE)


def trailers(head):
    start = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n"
    return repeated(start, b"X-Trailer: yes\r\n" * 1000)


def header_fields(head):
    return repeated(b"HTTP/1.1 200 OK\r\n", b"a: b\r\n" * 10_000)


def many_fields(head):
    return [b"HTTP/1.1 200 OK\r\n" + b"a: b\r\n" * 9000 + b"Content-Length: 0\r\n\r\n"]


def one_header_field(head):
    return repeated(b"HTTP/1.1 200 OK\r\nX-Long: ", PIECE)


def interim_answers(head):
    return repeated(b"", b"HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\n" * 1000)


def announced(head):
    return repeated(b"HTTP/1.1 200 OK\r\nContent-Length: 99999999999\r\n\r\n", PIECE)


def slow_drip(head):
    yield b"HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n"
    for _ in range(300):
        yield b" "
        yield 0.1


def slow_head(head):
    for _ in range(300):
        yield b"H"
        yield 0.1


def gzip_bomb(head):
    packed = gzip.compress(b"[" + b" " * 20_000_000 + b"]")
    return [whole(200, packed, "Content-Encoding: gzip\r\n")]


def lists(head):
    return [whole(200, b"[" + b"[]," * 40_000 + b"[]]")]


def deep(head):
    return [whole(200, b"[" * 120_000)]


def objects(head):
    entries = ",".join(f'"{number}":{{}}' for number in range(9000))
    return [whole(200, f'{{"session_id":"a","audio_files":[1{",1" * 9000}],{entries}}}'.encode())]


def digits(head):
    return [whole(200, b'{"audio_files_received":' + b"9" * 120_000 + b"}")]


class Distinct:
    """Every answer is another error, with long texts."""

    def __init__(self):
        self.count = 0

    def __call__(self, head):
        self.count += 1
        text = f"{self.count}-" + "y" * 20_000
        error = {"code": text, "message": text, "details": {text: text}}
        return [whole((400, 409, 422, 503)[self.count % 4], {"error": error})]


class DistinctSessions(Distinct):
    """Every answer is another session, with long texts."""

    def __call__(self, head):
        self.count += 1
        text = f"{self.count}-" + "z" * 12_000
        body = dict.fromkeys(("session_id", "status", "created_at", "upload_url"), text)
        return [
            whole(
                (200, 202, 206)[self.count % 3], body | {text: text, "audio_files": [text, 1, None]}
            )
        ]


def accepted(head):
    """The handshake of a WebSocket, or an empty session."""
    key = re.search(rb"(?i)sec-websocket-key: (\S+)", head)
    if not key:
        return None
    digest = hashlib.sha1(key[1] + b"258EAFA5-E914-47DA-95CA-C5AB0DC85B11").digest()
    return (
        b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
        b"Sec-WebSocket-Accept: " + base64.b64encode(digest) + b"\r\n\r\n"
    )


def frames(frame):
    """An attack: after the handshake, the same frame without end."""

    def attack(head):
        start = accepted(head)
        return repeated(start, frame) if start else [whole(202, CREATED)]

    return attack


#: How a WebSocket is answered without end.
SOCKETS = {
    "messages": frames(b"\x82\x7e\xff\xff" + b"x" * 65535),
    "fragments": frames(b"\x00\x7e\xff\xff" + b"x" * 65535),
    "pings": frames(b"\x89\x00" * 1000),
    "pongs": frames(b"\x8a\x00" * 1000),
    "one huge frame": frames(b"\x82\x7f\x00\x00\x00\x10\x00\x00\x00\x00" + PIECE),
    "a page instead": lambda head: endless_body(head),
}

ANSWERS = [
    endless_body,
    endless_chunks,
    chunk_extensions,
    one_chunk_extension,
    trailers,
    header_fields,
    many_fields,
    one_header_field,
    interim_answers,
    announced,
    gzip_bomb,
    lists,
    deep,
    objects,
    digits,
    Distinct(),
    DistinctSessions(),
]
SLOW = [slow_drip, slow_head]
