"""Receivers of webhooks, as a user has them: small HTTP servers of their own."""

import hashlib
import hmac
import json
import queue
import socket
import threading
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from tests.support import PATIENCE


class Receiver:
    """Keeps what arrives; answers with `statuses`, one after the other, the last one for ever."""

    def __init__(self, *statuses, host="127.0.0.1", tls=None, headers=()):
        self.statuses = list(statuses or (200,))
        self.headers = headers
        self.arrived: queue.Queue[Any] = queue.Queue()
        self.held = threading.Event()
        self.held.set()
        self.server = ThreadingHTTPServer((host, 0), self._handler())
        self.server.daemon_threads = True
        if tls is not None:
            self.server.socket = tls.wrap_socket(self.server.socket, server_side=True)
        scheme = "http" if tls is None else "https"
        self.url = f"{scheme}://localhost:{self.server.server_port}/hook"
        self._thread = threading.Thread(target=self.server.serve_forever, args=(0.01,))

    def __enter__(self):
        self._thread.start()
        return self

    def __exit__(self, *_):
        self.held.set()
        self.server.shutdown()
        self._thread.join()
        self.server.server_close()

    def next(self):
        """The next delivery: its headers, and its bytes."""
        return self.arrived.get(timeout=PATIENCE)

    def events(self, count):
        """Event and session of the next deliveries."""
        bodies = [json.loads(self.next()[1]) for _ in range(count)]
        return [(body["event"], body["session_id"]) for body in bodies]

    def _handler(receiver):  # noqa: N805
        class Handler(BaseHTTPRequestHandler):
            def do_POST(self):
                body = self.rfile.read(int(self.headers["Content-Length"]))
                receiver.arrived.put((self.headers, body, self.path))
                receiver.held.wait(PATIENCE)
                later = len(receiver.statuses) > 1
                self.send_response(receiver.statuses.pop(0) if later else receiver.statuses[0])
                for name, value in receiver.headers:
                    self.send_header(name, value)
                self.send_header("Content-Length", "0")
                self.end_headers()

            def log_message(self, *_):
                pass

        return Handler


def is_signed(headers, body, secret):
    """Whether a delivery has the published signature, of any time."""
    parts = dict(part.split("=", 1) for part in headers["X-MSA-Signature"].split(","))
    signed = f"{parts['t']}.".encode() + body
    return parts["v1"] == hmac.new(secret.encode(), signed, hashlib.sha256).hexdigest()


@contextmanager
def silent():
    """The URL of a receiver that accepts connections and never answers."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        yield f"http://127.0.0.1:{listener.getsockname()[1]}/hook"


def closed_port():
    """The URL of a port that nothing listens on."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        return f"http://localhost:{listener.getsockname()[1]}/hook"


@contextmanager
def raw(answer):
    """The URL of a receiver that answers one delivery with these bytes."""
    with socket.create_server(("127.0.0.1", 0)) as listener:

        def serve():
            connection, _ = listener.accept()
            with connection:
                connection.recv(65536)
                connection.sendall(answer)

        thread = threading.Thread(target=serve)
        thread.start()
        yield f"http://127.0.0.1:{listener.getsockname()[1]}/hook"
        thread.join()
