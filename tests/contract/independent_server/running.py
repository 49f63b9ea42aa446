"""A server on a port of its own, in a thread, for as long as a `with` block lasts."""

import asyncio
import socket
import threading

import uvicorn


class Running:
    def __init__(self, app, **more):
        self.app, self.more = app, more

    def __enter__(self):
        self.socket = socket.create_server(("127.0.0.1", 0), backlog=256)
        config = uvicorn.Config(
            self.app,
            lifespan="off",
            log_config=None,
            access_log=False,
            ws="websockets-sansio",
            **self.more,
        )
        self.server = _Server(config)
        self.thread = threading.Thread(
            target=self.server.run, kwargs={"sockets": [self.socket]}, daemon=True
        )
        self.thread.start()
        scheme = "https" if "ssl_certfile" in self.more else "http"
        self.url = f"{scheme}://127.0.0.1:{self.socket.getsockname()[1]}"
        self.base_url = self.url + self.app.base
        return self

    def stop(self):
        self.server.stop()

    def __exit__(self, *_):
        self.stop()
        self.thread.join()
        self.socket.close()


class _Server(uvicorn.Server):
    """Ends as soon as it is told to; uvicorn takes two tenths of a second for it."""

    _told: tuple[asyncio.AbstractEventLoop, asyncio.Event] | None = None

    def stop(self):
        self.should_exit = self.force_exit = True
        if self._told:
            loop, event = self._told
            loop.call_soon_threadsafe(event.set)

    async def main_loop(self):
        event = asyncio.Event()
        self._told = asyncio.get_running_loop(), event
        await self.on_tick(0)
        if not self.should_exit:
            await event.wait()
        self._told = None

    async def shutdown(self, sockets=None):
        for server in self.servers:
            server.close()
        # A connection that is open when the loop closes breaks uvloop. Some were accepted already
        # and begin at one of the next turns of the loop; each is told of its end at a later one.
        for _ in range(20):
            for connection in list(self.server_state.connections):
                connection.transport.abort()
            await asyncio.sleep(0)
