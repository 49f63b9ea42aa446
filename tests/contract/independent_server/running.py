"""A server on a port of its own, in a thread, for as long as a `with` block lasts."""

import socket
import threading

import uvicorn


class Running:
    def __init__(self, app):
        self.app = app

    def __enter__(self):
        self.socket = socket.create_server(("127.0.0.1", 0), backlog=256)
        config = uvicorn.Config(
            self.app, lifespan="off", log_config=None, access_log=False, ws="websockets-sansio"
        )
        self.server = uvicorn.Server(config)
        self.thread = threading.Thread(
            target=self.server.run, kwargs={"sockets": [self.socket]}, daemon=True
        )
        self.thread.start()
        self.url = f"http://127.0.0.1:{self.socket.getsockname()[1]}"
        self.base_url = self.url + self.app.base
        return self

    def stop(self):
        self.server.should_exit = self.server.force_exit = True

    def __exit__(self, *_):
        self.stop()
        self.thread.join()
        self.socket.close()
