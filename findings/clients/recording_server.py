"""A server that notes what HTTP clients send, and answers in the ways that the guide shows.

It speaks HTTP/1.1 on raw sockets, since servers hide what matters here: the head as it came, and
how a connection ends. The first part of the path says what happens:

    /record         read the body, answer 200
    /early_drain    answer 413 at once, then read the body
    /early_close    answer 413 at once, close with the body unread
    /early_reset    reset the connection, no answer
    /late           read the body, then answer 413
    /expect_only    answer 413 at once to Expect: 100-continue, others as /late
    /close, /reset  read the body; end the first connection without an answer, answer later ones 200

The rest of the path names the trial.
"""

import asyncio
import json
import socket
import struct
from collections import defaultdict

_REFUSAL = json.dumps(
    {"error": {"code": "chunk_too_large", "message": "More than 10 MB."}}
).encode()


def _answer(status, body):
    fields = f"Content-Type: application/json\r\nContent-Length: {len(body)}"
    return f"HTTP/1.1 {status}\r\n{fields}\r\n\r\n".encode() + body


_OK, _TOO_LARGE = _answer("200 OK", b"{}"), _answer("413 Content Too Large", _REFUSAL)


class RecordingServer:
    """Answers on a port of its own; `seen` has the heads of the POSTs of each trial, in order."""

    def __init__(self):
        self.seen = defaultdict(list)
        self.port = 0

    async def start(self):
        """Listen on the loopback address."""
        server = await asyncio.start_server(self._serve, "127.0.0.1", 0, limit=1 << 20)
        self.port = server.sockets[0].getsockname()[1]

    async def _serve(self, reader, writer):
        try:
            while await self._request(reader, writer):
                pass
        except (ConnectionError, asyncio.IncompleteReadError):
            pass
        finally:
            writer.close()

    async def _request(self, reader, writer):
        head = await reader.readuntil(b"\r\n\r\n")
        first, *lines = head.decode("latin-1").rstrip().split("\r\n")
        method, path, _ = first.split(" ", 2)
        fields = {
            name.lower(): value.strip() for name, _, value in (x.partition(":") for x in lines)
        }
        way, _, trial = path.strip("/").partition("/")
        if method == "GET":
            return await self._say(writer, _OK)
        self.seen[trial].append(fields)
        expects = "expect" in fields
        if way in ("early_drain", "early_close") or (way == "expect_only" and expects):
            return await self._early(way, reader, writer, fields)
        if way == "early_reset":
            return self._reset(writer)
        if expects:
            await self._say(writer, b"HTTP/1.1 100 Continue\r\n\r\n")
        await self._read(reader, fields)
        if way in ("close", "reset") and len(self.seen[trial]) == 1:
            return self._reset(writer) if way == "reset" else False
        await self._say(writer, _TOO_LARGE if way in ("late", "expect_only") else _OK)
        return fields.get("connection", "").lower() != "close"

    async def _early(self, way, reader, writer, fields):
        await self._say(writer, _TOO_LARGE)
        if way == "early_close":
            return False
        if way == "early_drain":
            await self._read(reader, fields)
        return fields.get("connection", "").lower() != "close"

    async def _say(self, writer, data):
        writer.write(data)
        await writer.drain()
        return True

    def _reset(self, writer):
        linger = struct.pack("ii", 1, 0)
        writer.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, linger)
        writer.transport.abort()
        return False

    async def _read(self, reader, fields):
        if "content-length" in fields:
            await reader.readexactly(int(fields["content-length"]))
            return
        while size := int((await reader.readuntil(b"\r\n")).split(b";")[0], 16):
            await reader.readexactly(size + 2)
        await reader.readuntil(b"\r\n")
