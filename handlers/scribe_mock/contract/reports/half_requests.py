"""Requests that curl cannot send, as Python: a head without its body, and a body cut in half."""

import re
from collections.abc import Mapping

from scribe_mock.contract.transport.message import Delivery, Request

_PROGRAM = """\
python3 - "$URL" "$TOKEN"{arguments} <<'END'
import socket, ssl, sys, time, urllib.parse
url, token = urllib.parse.urlsplit(sys.argv[1]), sys.argv[2]
head = (
{head}
)
head = head.replace("$TOKEN", token).replace("$HOST", url.netloc){sessions}
port = url.port or (443 if url.scheme == "https" else 80)
s = socket.create_connection((url.hostname, port))
if url.scheme == "https":
    s = ssl.create_default_context().wrap_socket(s, server_hostname=url.hostname)
s.sendall(head.encode("latin-1"))  # the head alone{and_half}
s.settimeout(5)
try:
    print(s.recv(65536).decode())
except TimeoutError:
    print("no answer before the body was sent")
END"""

#: Follows the head when a body is cut.
_HALF = """
half = bytes({size})
s.sendall(b"%x\\r\\n%b\\r\\n" % (len(half), half) if {chunked} else half)
s.close()
time.sleep(1)  # the server may notice late
sys.exit()"""

#: The longest text in one line of the program.
_LONGEST = 120


def half_request(request: Request, ids: Mapping[str, str]) -> str:
    """A request of which the body, or half of it, is never sent.

    Args:
        request: The request.
        ids: The ids of sessions → what stands for them in the script.
    """
    head = request.head().decode("latin-1")
    head = head.replace(f"Host: {request.origin.authority}", "Host: $HOST")
    head = re.sub(r"Authorization: Bearer \S+", "Authorization: Bearer $TOKEN", head)
    named = []
    for session, shown in ids.items():
        if f"/{session}" in head:
            head = head.replace(f"/{session}", f"/{shown}")
            named.append(shown)
    half = _HALF.format(size=len(request.body or b"") // 2, chunked=request.chunked)
    named.sort(key=len, reverse=True)  # "$SESSION1" must not be read as "$SESSION"
    return _PROGRAM.format(
        arguments="".join(f' "{name}"' for name in named),
        sessions="".join(
            f'.replace("{name}", sys.argv[{place}])' for place, name in enumerate(named, 3)
        ),
        head="\n".join(f"    {piece!r}" for piece in _pieces(head)),
        and_half=half if request.delivery is Delivery.CUT else "",
    )


def _pieces(head: str) -> list[str]:
    """The lines of a head, and no piece too long."""
    return [
        line[start : start + _LONGEST]
        for line in head.splitlines(keepends=True)
        for start in range(0, len(line), _LONGEST)
    ]
