"""A proxy in front of a server, which a test can cut off."""

import asyncio
import threading
from contextlib import contextmanager, suppress


class TcpProxy:
    """Passes bytes on, to several servers in turn. Cut off, it closes what there is.

    Args:
        ports: Where the servers listen on this machine.
    """

    def __init__(self, *ports):
        self._ports, self._next = ports, 0
        self._open: set[asyncio.StreamWriter] = set()
        self._is_cut = False
        self._loop = asyncio.new_event_loop()
        self._server = self._loop.run_until_complete(
            asyncio.start_server(self._serve, "127.0.0.1", 0)
        )
        self.port = self._server.sockets[0].getsockname()[1]

    def run(self):
        self._loop.run_forever()
        self._server.close()
        self._loop.run_until_complete(_end_all())
        self._loop.close()

    def cut(self):
        self._call(self._cut)

    def heal(self):
        self._is_cut = False

    def stop(self):
        self._call(self._cut)
        self._call(self._loop.stop)

    def _call(self, function):
        self._loop.call_soon_threadsafe(function)

    def _cut(self):
        self._is_cut = True
        for writer in self._open:
            writer.transport.abort()

    async def _serve(self, reader, writer):
        if self._is_cut:
            writer.transport.abort()
            return
        self._next += 1
        port = self._ports[self._next % len(self._ports)]
        try:
            its_reader, its_writer = await asyncio.open_connection("127.0.0.1", port)
        except OSError:
            writer.transport.abort()
            return
        pair = {writer, its_writer}
        self._open |= pair
        await asyncio.gather(_pass_on(reader, its_writer), _pass_on(its_reader, writer))
        self._open -= pair


async def _end_all():
    """End the tasks of all connections, and let these close."""
    others = asyncio.all_tasks() - {asyncio.current_task()}
    for task in others:
        task.cancel()
    await asyncio.gather(*others, return_exceptions=True)
    await asyncio.sleep(0)


async def _pass_on(reader, writer):
    with suppress(OSError):
        while data := await reader.read(65536):
            writer.write(data)
            await writer.drain()
    writer.close()


@contextmanager
def tcp_proxy(*ports):
    """A running TcpProxy."""
    proxy = TcpProxy(*ports)
    thread = threading.Thread(target=proxy.run)
    thread.start()
    try:
        yield proxy
    finally:
        proxy.stop()
        thread.join()
