"""Sends one delivery over HTTP/1.1, on a connection of its own.

The standard library is enough for one request and the status of its answer, and costs no start-up
time. Redirects are not followed.
"""

import asyncio
import re
import ssl
from collections.abc import Mapping
from contextlib import suppress
from functools import cache

from scribe_mock.webhooks.receiver import Receiver

#: The most bytes of an answer's head, of its body, and the most interim answers before it.
_HEAD_BYTES = 64 * 1024
_BODY_BYTES = 1024 * 1024
_MAX_INTERIM = 10
#: Seconds that the end of an answer is waited for after its head, so that receivers can write it.
_REST_SECONDS = 1.0

_STATUS_LINE = re.compile(rb"HTTP/1\.[01] ([1-9][0-9]{2})[ \r]")


class DeliveryError(Exception):
    """The receiver gave no answer; the text says why."""


async def post(receiver: Receiver, headers: Mapping[str, str], body: bytes, seconds: float) -> int:
    """The status with which the receiver answers; raises DeliveryError.

    Args:
        receiver: Where to send it.
        headers: Header fields, besides those that every request has.
        body: The bytes to send.
        seconds: The most time from now to the answer, in real seconds.
    """
    try:
        async with asyncio.timeout(seconds):
            return await _exchange(receiver, _request(receiver, headers, body))
    except TimeoutError:
        raise DeliveryError(f"no answer within {seconds:.0f} seconds") from None
    except ConnectionRefusedError:
        raise DeliveryError(f"nothing listens on {receiver.authority}") from None
    except ssl.SSLError as error:
        raise DeliveryError(f"TLS failed: {error.reason or error}") from None
    except (asyncio.IncompleteReadError, ConnectionError):
        raise DeliveryError("the connection was closed before an answer") from None
    except asyncio.LimitOverrunError:
        raise DeliveryError(f"the answer's head has more than {_HEAD_BYTES} bytes") from None
    except OSError as error:
        raise DeliveryError(error.strerror or str(error)) from None
    except ValueError as error:  # TLS does not take every name
        raise DeliveryError(f"{receiver.authority} can't be connected to: {error}") from None


def _request(receiver: Receiver, headers: Mapping[str, str], body: bytes) -> bytes:
    fields = {
        "Host": receiver.authority,
        **headers,
        "Content-Length": str(len(body)),
        "Connection": "close",
    }
    lines = [f"POST {receiver.target} HTTP/1.1", *(f"{k}: {v}" for k, v in fields.items())]
    return "\r\n".join(lines).encode("ascii") + b"\r\n\r\n" + body


async def _exchange(receiver: Receiver, request: bytes) -> int:
    reader, writer = await _connect(receiver)
    try:
        writer.write(request)
        status = await _status(reader)
        await _read_the_rest(reader)
        return status
    finally:
        writer.transport.abort()


async def _read_the_rest(reader: asyncio.StreamReader) -> None:
    with suppress(TimeoutError, OSError, asyncio.IncompleteReadError):
        async with asyncio.timeout(_REST_SECONDS):
            await reader.readexactly(_BODY_BYTES)


async def _connect(receiver: Receiver) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
    tls = _tls(receiver.local) if receiver.secure else None
    problem: OSError = OSError("the host name has no address")
    for address in await receiver.addresses():
        try:
            # An address, never a name: what was checked is what is connected to.
            return await asyncio.open_connection(
                address,
                receiver.port,
                limit=_HEAD_BYTES,
                ssl=tls,
                server_hostname=receiver.host if tls else None,
            )
        except OSError as error:
            problem = error
    raise problem


@cache
def _tls(local: bool) -> ssl.SSLContext:
    """TLS; for this machine any certificate will do, since nobody stands in between."""
    context = ssl.create_default_context()
    if local:
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE
    return context


async def _status(reader: asyncio.StreamReader) -> int:
    for _ in range(_MAX_INTERIM):
        head = await reader.readuntil(b"\r\n\r\n")
        found = _STATUS_LINE.match(head)
        if found is None:
            raise DeliveryError(f"the answer is not HTTP/1.1: it begins with {head[:40]!r}")
        if int(found[1]) >= 200:
            return int(found[1])
    raise DeliveryError(f"{_MAX_INTERIM} interim answers, and no final one")
