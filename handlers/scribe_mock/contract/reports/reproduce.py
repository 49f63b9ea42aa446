"""A finding as commands for a shell: curl, or Python if curl cannot send the request."""

import base64
import json
import re
import shlex
from collections.abc import Iterable

from scribe_mock.contract.core import samples
from scribe_mock.contract.core.fault import Fault
from scribe_mock.contract.core.options import DEFAULT_TOKEN, Options
from scribe_mock.contract.core.probe import WAIT
from scribe_mock.contract.transport.message import Delivery, Request
from scribe_mock.settings import CLIENT_SECRET

#: The longest text body that is written into the command, in bytes.
_SHORT = 600
#: Authorization that rules send instead of the token.
_MADE_UP = ("Bearer ", "Bearer other")
_RECORDINGS = (*(entry.speech for entry in samples.FORMATS), "silence.wav")

_WITHHELD = """\
python3 - "$URL" "$TOKEN" {arguments} <<'END'
import socket, ssl, sys, time, urllib.parse
url, token = urllib.parse.urlsplit(sys.argv[1]), sys.argv[2]
head = {head}.replace("$TOKEN", token).replace("$SESSION", sys.argv[3]).replace("$HOST", url.netloc)
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


def reproduction(fault: Fault, options: Options) -> str:
    """A shell script that shows the fault; empty if no request shows it."""
    if fault.answer is None and not fault.together:
        return ""
    last = fault.together or ((fault.answer.request,) if fault.answer else ())
    history = fault.answer.history if fault.answer else ()
    if len(fault.together) > 1:
        history = tuple(one for one in history if one not in fault.together)
    shows = fault.answer.request if fault.answer else None
    return _Script(options, _needed(history)).text(last, shows)


def _needed(history: Iterable[Request]) -> list[Request]:
    """The requests that lead to the state of the session; of several waits in a row, one."""
    needed: list[Request] = []
    for request in history:
        if needed and request.label == WAIT and needed[-1].label == WAIT:
            continue
        needed.append(request)
    return needed


class _Script:
    """Writes one script."""

    def __init__(self, options: Options, history: list[Request]) -> None:
        self._options = options
        self._history = history
        created = bool(history) and history[0].operation == "createSession"
        self._session = self._session_id() if created else ""
        self._files: dict[bytes, str] = {}
        self._lines: list[str] = []

    def _session_id(self) -> str:
        for request in self._history[1:]:
            found = re.search(r"/sessions/([^/?]+)", request.target)
            if found:
                return found[1]
        return ""

    def text(self, last: tuple[Request, ...], shows: Request | None) -> str:
        if not self._session and self._history:
            found = re.search(r"/sessions/([^/?]+)", last[0].target)
            self._session = found[1] if found else ""
        token = self._options.token
        own = token != DEFAULT_TOKEN or self._options.login
        shown = token if not own else '"${TOKEN:?set it to your token}"'
        head = [f"URL={shlex.quote(str(self._options.base))}", f"TOKEN={shown}"]
        for request in self._history:
            self._step(request)
        if len(last) > 1:
            self._in_parallel(last, shows)
        elif last[0].delivery in (Delivery.WITHHELD, Delivery.CUT):
            self._lines.append(self._python(last[0]))
        else:
            self._lines.append(self._curl(last[0], show=True))
        return "\n".join([*head, *self._lines])

    def _in_parallel(self, last: tuple[Request, ...], shows: Request | None) -> None:
        """Add requests in parallel; the one that shows the fault prints its answer."""
        only = last.count(shows) == 1 if shows else False
        self._lines += [
            f"{self._curl(request, show=only and request == shows)} &" for request in last
        ]
        self._lines.append("wait")
        if shows and shows not in last:
            self._lines.append(self._curl(shows, show=True))

    def _step(self, request: Request) -> None:
        if request.operation == "createSession":
            find = r"""sed -n 's/.*"session_id" *: *"\([^"]*\)".*/\1/p'"""
            command = self._curl(request).replace(" -o /dev/null -w '%{http_code}\\n'", "")
            self._lines.append(f"SESSION=$({command} | {find})")
        elif request.label == WAIT:
            command = self._curl(request)
            self._lines.append(f'while [ "$({command})" = 202 ]; do sleep 1; done')
        elif request.delivery is Delivery.CUT:
            self._lines.append(self._python(request))
        elif request.method != "GET":
            self._lines.append(self._curl(request))

    def _url(self, request: Request) -> str:
        base = self._options.base
        start, target = _escaped(str(request.origin)), request.target
        if request.origin == base.origin and target.startswith(base.path):
            start, target = "$URL", target.removeprefix(base.path)
        target = _escaped(target)
        if self._session:
            own = _escaped(f"/sessions/{self._session}")
            target = target.replace(own, "/sessions/$SESSION")
        return f'"{start}{target}"'

    def _curl(self, request: Request, *, show: bool = False) -> str:
        words = ["curl -s" + (" -i" if show else r" -o /dev/null -w '%{http_code}\n'")]
        if re.search(r"\.\.|%2e|[\[\]{}]", request.target, re.IGNORECASE):
            words.append("--path-as-is -g")
        words += [f"-X {request.method}", self._url(request)]
        words += [self._header(*field) for field in request.headers]
        if request.delivery is Delivery.EXPECTING:
            words.append("-H 'Expect: 100-continue'")
        if request.body is not None:
            if request.header("Content-Type") is None:
                words.append("-H 'Content-Type:'")
            if request.chunked:
                words.append("-H 'Transfer-Encoding: chunked'")
            words.append(f"--data-binary {self._body(request.body)}")
        return " ".join(words)

    def _header(self, name: str, value: str) -> str:
        if name == "Authorization" and value.startswith("Bearer ") and value not in _MADE_UP:
            return '-H "Authorization: Bearer $TOKEN"'
        return "-H " + shlex.quote(f"{name}: {value}" if value.strip() else f"{name};")

    def _body(self, body: bytes) -> str:
        """The body as an argument of --data-binary; in a file unless it is a short text."""
        text = body.decode("utf-8", "replace")
        secret = json.dumps(self._options.login[1])[1:-1] if self._options.login else ""
        if secret and secret in text:
            return f'"${{{CLIENT_SECRET}:?}}"'.join(map(shlex.quote, text.split(secret)))
        plain = text.encode() == body and len(body) <= _SHORT and "\0" not in text
        if plain and not text.startswith("@") and text.isprintable():
            return shlex.quote(text)
        for name in _RECORDINGS:
            if samples.file(name).stat().st_size == len(body):
                return f"@{shlex.quote(str(samples.file(name)))}"
        if body not in self._files:
            self._files[body] = f"body{len(self._files) or ''}.bin"
            self._lines.append(f"{_made(body)} > {self._files[body]}")
        return f"@{self._files[body]}"

    def _python(self, request: Request) -> str:
        head = request.head().decode("latin-1")
        head = head.replace(f"Host: {request.origin.authority}", "Host: $HOST")
        head = re.sub(r"Authorization: Bearer \S+", "Authorization: Bearer $TOKEN", head)
        if self._session:
            head = head.replace(f"/sessions/{self._session}", "/sessions/$SESSION")
        argument = '"$SESSION"' if self._session else "''"
        half = _HALF.format(size=len(request.body or b"") // 2, chunked=request.chunked)
        half = half if request.delivery is Delivery.CUT else ""
        return _WITHHELD.format(arguments=argument, head=repr(head), and_half=half)


def _escaped(text: str) -> str:
    """A text for double quotes. Servers choose addresses, and no shell may execute these."""
    return re.sub(r'(["\\`$])', r"\\\1", text)


def _made(body: bytes) -> str:
    """A command that writes these bytes; a byte repeated at their end is written by head."""
    filler = body[-1:] if body else b""
    start = body.rstrip(filler) if filler in (b"\0", b" ", b"}") else body
    code = base64.b64encode(start).decode()
    command = f"printf %s {code} | base64 -d"
    rest = len(body) - len(start)
    if not rest:
        return command
    zeros = f"head -c {rest} /dev/zero"
    if filler != b"\0":
        zeros += rf" | tr '\0' '{filler.decode()}'"
    return f"{{ {command}; {zeros}; }}"
