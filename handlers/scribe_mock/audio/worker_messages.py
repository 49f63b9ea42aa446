"""Messages between the server and its decoding processes, over pipes."""

import pickle
from typing import Any, BinaryIO


def write_message(stream: BinaryIO, message: Any) -> None:
    """Write one message: its length in 8 bytes, and then the pickled object."""
    body = pickle.dumps(message, protocol=5)
    stream.write(len(body).to_bytes(8, "big"))
    stream.write(body)
    stream.flush()


def read_message(stream: BinaryIO) -> Any:
    """Return the next message.

    Raises:
        EOFError: the pipe was closed, perhaps in the middle of a message.
    """
    head = stream.read(8)
    size = int.from_bytes(head, "big")
    body = stream.read(size) if len(head) == 8 else b""
    if not body or len(body) < size:
        raise EOFError
    return pickle.loads(body)
