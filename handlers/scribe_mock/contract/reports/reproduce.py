"""A finding as commands for bash: curl, or Python if curl cannot send the request."""

import json
import re
from collections.abc import Iterable, Sequence
from dataclasses import replace
from itertools import groupby

from scribe_mock.contract.core.fault import Fault
from scribe_mock.contract.core.options import DEFAULT_TOKEN, Options
from scribe_mock.contract.core.probe_session import MAKES, REFUSED, STREAM, WAIT, in_path
from scribe_mock.contract.reports import bodies, shell
from scribe_mock.contract.reports.half_requests import half_request
from scribe_mock.contract.transport.message import Answer, Delivery, Request
from scribe_mock.settings import CLIENT_SECRET

#: Authorization that rules send instead of the token.
_MADE_UP = ("Bearer ", "Bearer other")
#: The most requests that ask for a session, and the most that were refused, before the one that
#: shows a fault.
_MOST_LOOKS, _MOST_REFUSED = 3, 10
#: Prints the status code alone.
_CODE = r"-o /dev/null -w '%{http_code}\n'"
#: A session in one of these states is not at its end.
_UNFINISHED = ("created", "initialized", "recording", "processing")
#: Requests that no script repeats: curl speaks no WebSocket, and each signed address is another.
_NOT_REPEATED = (STREAM, "presigned_url")
#: How long a script waits for the end of processing, in seconds.
_PATIENCE = 60


def reproduction(fault: Fault, options: Options) -> str:
    """A script for bash that shows the fault; empty if no request shows it.

    No line is longer than 200 characters, and each request that is needed is in it.
    """
    if fault.answer is None and not fault.together:
        return ""
    last = fault.together or ((fault.answer.request,) if fault.answer else ())
    history = fault.answer.history if fault.answer else ()
    if len(fault.together) > 1:
        history = tuple(one for one in history if one not in fault.together)
    shows = fault.answer.request if fault.answer else None
    if any(one.label in _NOT_REPEATED for one in (*history, *last)):
        return ""
    needed = _needed(history, to_be_seen=last[-1].operation in ("getSession", "endSession"))
    if fault.answer and shows in last and _ended_meanwhile(fault.answer, needed):
        while needed[-1].operation == "getSession":
            needed.pop()
        needed.append(replace(fault.answer.request, label=WAIT))
    script = _Script(options, needed)
    if fault.answer is not None and _is_binary(fault.answer.body):
        script.leave_out_body()
    return script.text(last, shows)


def _needed(history: Iterable[Request], *, to_be_seen: bool) -> list[Request]:
    """The requests that lead to the state of the session.

    Of those that ask for it, only the last ones are needed: a server may count them. Of several
    waits in a row one is, and none of the requests that it stands for.

    Args:
        history: All requests about the session.
        to_be_seen: Whether refused requests are needed, since the fault may be that they count.
    """
    needed: list[Request] = []
    looks: list[Request] = []
    for request in history:
        if request.method == "GET" and request.label != WAIT:
            if request.operation == "getSession":
                looks.append(request)
        elif request.label != REFUSED or to_be_seen:
            looks = []
            if not (request.label == WAIT and needed and needed[-1].label == WAIT):
                needed.append(request)
    refused = [request for request in needed if request.label == REFUSED]
    left_out = set(map(id, refused[:-_MOST_REFUSED]))
    return [one for one in needed if id(one) not in left_out] + looks[-_MOST_LOOKS:]


def _ended_meanwhile(answer: Answer, needed: Sequence[Request]) -> bool:
    """Whether processing ended between the last request that is needed and this answer."""
    status = answer.fields().get("status")
    ended = bool(needed) and needed[-1].operation in ("endSession", "getSession")
    waited = any(request.label == WAIT for request in needed)
    get = answer.request.operation == "getSession"
    return get and ended and not waited and isinstance(status, str) and status not in _UNFINISHED


def _is_binary(body: bytes) -> bool:
    """Whether a terminal should not get a body; the end of one may be cut off in a finding."""
    return b"\0" in body[:1000]


class _Script:
    """Writes one script."""

    def __init__(self, options: Options, history: list[Request]) -> None:
        self._options = options
        self._history = history
        #: The id of each thing that the script creates → what stands for it.
        self._ids: dict[str, str] = {}
        for request in history:
            if request.creates and in_path(request.creates) not in self._ids:
                kind = MAKES[request.operation].removesuffix("_id").upper()
                number = sum(name.startswith(f"${kind}") for name in self._ids.values())
                self._ids[in_path(request.creates)] = f"${kind}{number or ''}"
        #: Ids that a client chose for a session. They are taken now, so that others are needed.
        self._chosen: dict[str, str] = {}
        self._files: dict[bytes, str] = {}
        self._lines: list[str] = []
        #: How the answer that shows the fault is printed: with its body only if that is text.
        self._printed = "-i"

    def leave_out_body(self) -> None:
        """Print the head of the answer alone; the body goes into a file."""
        self._printed = "-D - -o answer.bin"

    def text(self, last: tuple[Request, ...], shows: Request | None) -> str:
        token = self._options.token
        own = token != DEFAULT_TOKEN or self._options.login
        shown = token if not own else '"${TOKEN:?set it to your token}"'
        head = [f"URL={shell.single(str(self._options.base))}", f"TOKEN={shown}"]
        for request in (*self._history, *last):
            self._note_chosen(request)
        head += [f"{name[1:]}=mine-$(date +%s)-$RANDOM" for name in self._chosen.values()]
        for request in self._history:
            self._step(request)
        if len(last) > 1:
            self._in_parallel(last, shows)
        elif last[0].delivery in (Delivery.WITHHELD, Delivery.CUT):
            self._lines.append(half_request(last[0], self._ids))
        else:
            self._lines.append(self._curl(last[0], show=True))
        return "\n".join([*head, *self._lines])

    def _note_chosen(self, request: Request) -> None:
        """Let a variable stand for the id in the body of Create session."""
        if request.operation != "createSession" or len(request.body or b"") > bodies.INLINE:
            return
        wanted = bodies.fields(request.body or b"").get("session_id")
        if isinstance(wanted, str) and _PLAIN_ID.fullmatch(wanted):
            self._chosen.setdefault(wanted, f"$ID{len(self._chosen) or ''}")

    def _in_parallel(self, last: tuple[Request, ...], shows: Request | None) -> None:
        """Add requests in parallel; the one that shows the fault prints its answer."""
        only = last.count(shows) == 1 if shows else False
        for request, numbers in _series(sorted(last, key=_by_session)):
            show = only and request == shows
            if not numbers:
                self._lines.append(self._curl(request, show=show, end=" &"))
                continue
            command = self._curl(request, show=show, end=" &", counted=True)
            each = shell.command(["for n in", *numbers], end="; do")
            self._lines += [each, command, "done"]
        self._lines.append("wait")
        if shows and shows not in last:
            self._lines.append(self._curl(shows, show=True))

    def _step(self, request: Request) -> None:
        if request.creates:
            name = self._ids[in_path(request.creates)].removeprefix("$")
            field = MAKES[request.operation]
            find = rf"""sed -n 's/.*"{field}" *: *"\([^"]*\)".*/\1/p'"""
            command = self._curl(request, options="", start=f"{name}=$(")
            self._lines.append(f"{command} |\n  {find})")
        elif request.label == WAIT:
            command = self._curl(request, start='  [ "$(', end=')" = 202 ] || break')
            self._lines.append(f"for second in $(seq {_PATIENCE}); do\n{command}\n  sleep 1\ndone")
        elif request.delivery is Delivery.CUT:
            self._lines.append(half_request(request, self._ids))
        else:
            self._lines.append(self._curl(request))

    def _url(self, request: Request, *, counted: bool) -> str:
        base = self._options.base
        # A handshake is an HTTP request; only some versions of curl know ws and wss.
        start, target = re.sub("^ws", "http", str(request.origin)), request.target
        if start == str(base.origin) and target.startswith(base.path):
            start, target = "\0URL", target.removeprefix(base.path)
        variables = {"\0URL": "$URL", "\0n": "$n", **self._chosen, **self._ids}
        if counted:
            target = _NUMBER.sub("\0n", target, count=1)
        return shell.double(start + target, variables)

    def _curl(
        self,
        request: Request,
        *,
        show: bool = False,
        options: str = _CODE,
        start: str = "",
        end: str = "",
        counted: bool = False,
    ) -> str:
        words = ["curl -s" + (f" {self._printed}" if show else f" {options}" if options else "")]
        if re.search(r"\.\.|%2e|[\[\]{}]", request.target, re.IGNORECASE):
            words.append("--path-as-is -g")
        words += [f"-X {request.method}", self._url(request, counted=counted)]
        words += [self._header(*field) for field in request.headers]
        if request.delivery is Delivery.EXPECTING:
            words.append("-H 'Expect: 100-continue'")
        if request.body is not None:
            if request.header("Content-Type") is None:
                words.append("-H 'Content-Type:'")
            if request.chunked:
                words.append("-H 'Transfer-Encoding: chunked'")
            words.append(f"--data-binary {self._body(request.body)}")
        return shell.command(words, start, end)

    def _header(self, name: str, value: str) -> str:
        if name == "Authorization" and value.startswith("Bearer ") and value not in _MADE_UP:
            return '-H "Authorization: Bearer $TOKEN"'
        return "-H " + shell.single(f"{name}: {value}" if value.strip() else f"{name};")

    def _body(self, body: bytes) -> str:
        """The body as an argument of --data-binary; in a file unless it is a short text."""
        text = body.decode("utf-8", "replace")
        secret = json.dumps(self._options.login[1])[1:-1] if self._options.login else ""
        if secret and secret in text:
            return f'"${{{CLIENT_SECRET}:?}}"'.join(map(shell.single, text.split(secret)))
        if text.encode() == body and (words := bodies.inline(text)):
            for made, name in (self._ids | self._chosen).items():
                words = words.replace(f'"{made}"', f"\"'{name}'\"")
            return words
        if body not in self._files:
            self._files[body] = bodies.name_for(body, len(self._files))
            self._lines.append(bodies.commands(body, self._files[body]))
        return f"@{self._files[body]}"


#: An id that means nothing to a shell.
_PLAIN_ID = re.compile(r"[\w-]{8,}", re.ASCII)
#: The number in the name of a chunk.
_NUMBER = re.compile(r"(?<=audio_)\d+(?=\.\w+$)")


def _by_session(request: Request) -> str:
    """The path of the session: requests to one session stand together in a script."""
    found = re.search(r"/sessions/[^/?]+", request.target)
    return found[0] if found else ""


def _series(requests: Iterable[Request]) -> Iterable[tuple[Request, list[str]]]:
    """Requests in a row that differ in the number of a chunk alone, or not at all.

    Returns:
        Each first one, with the numbers of all; without numbers if it is the only one.
    """

    def alike(request: Request) -> Request:
        return replace(request, target=_NUMBER.sub("", request.target))

    for _, group in groupby(requests, key=alike):
        found = list(group)
        numbers = [_NUMBER.search(request.target) for request in found]
        same = len({request.target for request in found}) == 1
        names = [one[0] if one and not same else str(n) for n, one in enumerate(numbers)]
        yield found[0], names if len(found) > 1 else []
