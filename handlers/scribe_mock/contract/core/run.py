"""The state that all rules of one run share: connections, findings, limits, when to stop."""

import asyncio
import random
import secrets
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable, Mapping
from contextlib import asynccontextmanager
from dataclasses import replace
from functools import partial
from typing import Any, TypeVar

from scribe_mock.contract.core.creation import Entrance
from scribe_mock.contract.core.demand import Demand
from scribe_mock.contract.core.exceptions import Senseless, Skip, Throttled
from scribe_mock.contract.core.fault import Fault
from scribe_mock.contract.core.ledger import GONE, NO_ANSWER, SERVER_ERROR, Ledger
from scribe_mock.contract.core.options import Options
from scribe_mock.contract.core.watch import Watch
from scribe_mock.contract.plain_text import plain
from scribe_mock.contract.transport.front import Front
from scribe_mock.contract.transport.message import PIECE_BYTES, Answer, Delivery, Request
from scribe_mock.contract.transport.pace import Pace
from scribe_mock.contract.transport.reach import Elsewhere, Reach, Unreachable
from scribe_mock.contract.transport.wire import HOLD, Midway, Wire

#: Without these operations there is no flow; a server may leave out any other.
CORE = ("createSession", "uploadAudio", "endSession", "getSession")

_Sent = TypeVar("_Sent")

#: Judges one answer, whatever request it answers.
WatchFunction = Callable[[Answer, Watch], Iterable[Fault]]

#: How often a request is sent again when the server failed, and the pause before, in seconds.
_RETRIES, _PAUSE = 3, 0.05
#: How often a request is sent again after 429, and the longest wait for it, in seconds.
_REPEATS, _LONGEST_WAIT = 5, 60.0
#: After this many requests in a row without an answer, or with a 5xx, the server counts as gone.
_MOST_UNANSWERED, _MOST_FAILED = 6, 50


def bug_in_rule(error: Exception) -> str:
    """The reason in reports when the code of a rule failed, which is a bug of the check."""
    found = f"{type(error).__name__}: {error}"
    return plain(f"the rule itself failed, which is a bug in it: {found}")


def _reach(options: Options) -> Reach:
    return Reach(
        base=options.base.origin,
        follow=options.follow_host,
        cacert=options.cacert,
        insecure=options.insecure,
    )


class Run:
    """What all rules of one run share.

    Args:
        options: The options of the run.
        demands: The rules by id.
        watchers: The functions that judge every answer, by the id of their rule.
    """

    def __init__(
        self,
        options: Options,
        demands: Mapping[str, Demand],
        watchers: Mapping[str, WatchFunction],
    ) -> None:
        self.options = options
        self._demands = demands
        self._watchers = watchers
        self.ledger = Ledger()
        self.reach = _reach(options)
        self.watch = Watch(self.reach)
        self.front = Front()
        self.wire = Wire(
            reach=self.reach,
            pace=Pace(options.rate),
            concurrency=options.concurrency,
            timeout=max(5.0, min(options.patience, 15.0)) * options.slowness,
            hold=HOLD * options.slowness,
        )
        self.random = random.Random(options.seed)
        #: The value of the mark in every session that the run creates.
        self.name = f"check-{secrets.token_hex(6)}"
        self.token = options.token
        #: How sessions are created on this server.
        self.entrance = Entrance()
        #: What a reader of the report should know besides the findings, in sentences.
        self.remarks: list[str] = []
        #: operationId → why it can't be tried.
        self.missing: dict[str, str] = {}
        #: Why the server can't be checked at all; empty if it can.
        self.stopped = ""
        #: Id of a rule that judges answers → the bug that kept it from judging one.
        self.bugs: dict[str, str] = {}
        #: Why the server counts as gone; empty as long as it answers.
        self.gone = ""
        self.began = time.monotonic()
        self._unanswered = self._failures = 0
        self._worked = False
        self._reserved = 0
        self._released = asyncio.Condition()
        self._shared: dict[str, asyncio.Task[Any]] = {}

    @property
    def time_is_up(self) -> str:
        """Why no more rules start; empty before `--time-budget` is used up."""
        budget = self.options.time_budget
        over = budget is not None and time.monotonic() - self.began > budget
        return f"--time-budget {budget:g} s is used up" if over else ""

    async def send(
        self,
        request: Request,
        *,
        history: tuple[Request, ...] = (),
        midway: Midway | None = None,
    ) -> Answer:
        """Send a request and judge the answer; send it again when the server fails.

        Args:
            request: What to send.
            history: The requests that led to the state of the session.
            midway: Called when half of the body is sent.

        Raises:
            Skip: the server is gone, has no such operation, or fails each time.
        """
        first: Answer | None = None
        retries = self.entrance.tries if request.operation == "createSession" else _RETRIES
        for attempt in range(retries):
            answer = await self._patiently(request, history, midway)
            if not answer.broken or request.exempt or self.front.excuses(answer):
                if first is not None and (first.status or request.delivery is not Delivery.HELD):
                    self._failed(first, always=False)
                return answer
            first = first or answer
            if answer.status == 0 and len(request.body or b"") > PIECE_BYTES:
                # An early answer can get lost when the server closes during the body: wait for one.
                request = replace(request, delivery=Delivery.HELD)
            if answer.trouble.startswith("no complete answer came within") or midway is not None:
                break
            await asyncio.sleep(_PAUSE * min(2**attempt, 4) * self.random.uniform(0.5, 1.5))
        assert first is not None
        self._failed(first, always=True)
        raise Skip(f"{request.operation or 'the server'} failed: {first}")

    async def together(self, requests: list[tuple[Request, tuple[Request, ...]]]) -> list[Answer]:
        """Send requests at the same time and judge every answer; none is sent again.

        More requests than `--concurrency` are sent in batches.

        Args:
            requests: Each with the requests that led to the state of its session.

        Raises:
            Skip: the server is gone or has no such operation.
        """
        self._check(requests[0][0])
        rate = self.options.rate
        if rate is not None and len(requests) > max(rate, 1):
            raise Skip(f"it needs {len(requests)} requests at once, and --rate is {rate:g}")
        answers: list[Answer] = []
        most = min(len(requests), self.options.concurrency)
        async with (
            self.wire.several.take(most),
            self.reserved(sum(request.size for request, _ in requests)),
        ):
            for start in range(0, len(requests), self.options.concurrency):
                batch = [one for one, _ in requests[start : start + self.options.concurrency]]
                answers += await self._connected(partial(self.wire.together, batch))
        for answer, (_, history) in zip(answers, requests, strict=True):
            answer.history = history
            self.judge(answer)
            if answer.broken:
                self._failed(answer, always=False)
        if any(answer.status == 429 for answer in answers):
            self.wait_for_429(next(one for one in answers if one.status == 429))
            raise Skip(f"{len(requests)} requests at once were answered 429")
        return answers

    @asynccontextmanager
    async def reserved(self, size: int) -> AsyncIterator[None]:
        """Reserve bytes of `--max-bytes` while a body is sent.

        A body that fits only if others send less than they reserved waits for these.

        Raises:
            Skip: too few bytes are left.
        """
        bound = self.options.max_bytes
        async with self._released:
            await self._released.wait_for(
                lambda: (
                    not (size and self._reserved)
                    or self.wire.sent_bytes + self._reserved + size <= bound
                )
            )
            if self.wire.sent_bytes + size > bound:
                raise Skip(f"--max-bytes {bound} would be exceeded")
            self._reserved += size
        try:
            yield
        finally:
            self._reserved -= size
            async with self._released:
                self._released.notify_all()

    def judge(self, answer: Answer) -> None:
        """Let every rule that judges answers judge this one."""
        if self.reach.is_home(answer.request.origin):  # another host has promised nothing
            with answer.parsed_once():
                self._judge(answer)

    def _judge(self, answer: Answer) -> None:
        self.front.note(answer)
        if self.front.excuses(answer) or (answer.status == 413 and self.front.wrote(answer)):
            self.front.excused += 1
            return
        if self.front.may_have_changed(answer.request):
            return  # what the answer says about a session may be about another one
        self.watch.note(answer)
        for rule_id, watch in self._watchers.items():
            try:
                for fault in watch(answer, self.watch):
                    self.ledger.add(self._demands[rule_id], fault)
            except Exception as error:  # the other rules must still judge the answer
                self.bugs[rule_id] = bug_in_rule(error)

    async def shared(self, key: str, make: Callable[[], Awaitable[Any]]) -> Any:
        """The result of `make`, which is called once for each key; rules share the result."""
        if key not in self._shared:
            self._shared[key] = asyncio.ensure_future(make())
        return await asyncio.shield(self._shared[key])

    def found(self, rule_id: str, fault: Fault | None) -> bool:
        """Add a fault of the rule with this id, if the rule is part of the run.

        Returns:
            False if the answer was not from the application, so that the fault does not count.
        """
        if fault is None or rule_id not in self._demands:
            return True
        if fault.answer is not None and self.front.excuses(fault.answer):
            return False
        self.ledger.add(self._demands[rule_id], fault)
        return True

    def only(self, rule_id: str, fault: Fault) -> None:
        """Add a fault that explains all others, in their place."""
        self.ledger.clear()
        self.found(rule_id, fault)

    async def _patiently(
        self, request: Request, history: tuple[Request, ...], midway: Midway | None
    ) -> Answer:
        """Send a request, again after the wait that a 429 asks for; raises Skip in the end."""
        for _ in range(_REPEATS):
            answer = await self._once(request, history, midway)
            if answer.status != 429:
                return answer
            self.wait_for_429(answer)
            if midway is not None:
                break
        raise Throttled(
            "the server answers 429, also after the wait that it asks for; --rate N may help"
        )

    def wait_for_429(self, answer: Answer) -> None:
        """Let nothing be sent for as long as a 429 asks; raises Skip if that is too long."""
        reason = self.wire.pace.obey(answer, max(_LONGEST_WAIT, self.options.patience))
        if reason:
            raise Throttled(reason)

    async def _once(
        self, request: Request, history: tuple[Request, ...], midway: Midway | None
    ) -> Answer:
        self._check(request)
        async with self.reserved(request.size):
            answer = await self._connected(partial(self.wire.send, request, midway=midway))
        answer.history = history
        self.judge(answer)
        if answer.status or not answer.broken:
            self._unanswered = 0
        elif not request.exempt:
            self._unanswered += 1
        if self._unanswered >= _MOST_UNANSWERED:
            count = f"{_MOST_UNANSWERED} requests in a row"
            raise self._lost(f"{count} got no answer, the last: {answer.trouble}")
        self._failures = self._failures + 1 if answer.status >= 500 else 0
        self._worked = self._worked or 0 < answer.status < 500  # if never, the survey says so
        if self._worked and self._failures >= _MOST_FAILED:
            self._failed(answer, always=True)
            self.gone = self.gone or f"{_MOST_FAILED} requests in a row failed, the last: {answer}"
            raise Skip(self.gone)
        return answer

    async def _connected(self, send: Callable[[], Awaitable[_Sent]]) -> _Sent:
        """Send; try again if there is no connection, and raise Skip if there is none at the end."""
        attempt = 0
        while True:
            try:
                return await send()
            except Elsewhere as error:
                raise Skip(str(error)) from None
            except Unreachable as error:
                attempt += 1
                if attempt == _RETRIES or self.gone:
                    raise self._lost(str(error)) from None
                await asyncio.sleep(_PAUSE * 4 ** (attempt - 1))

    def require(self, operation: str) -> None:
        """Raise Skip if an operation can't be tried."""
        if operation in self.missing:
            kind = Skip if operation in CORE else Senseless
            raise kind(self.missing[operation])

    def _check(self, request: Request) -> None:
        if self.gone or self.wire.pace.hopeless:
            raise Skip(self.gone or self.wire.pace.hopeless)
        self.require(request.operation)

    def _failed(self, answer: Answer, *, always: bool) -> None:
        """Add the fault that the server failed; one for each operation, and for always or not."""
        operation = answer.request.operation or "a path of no operation"
        how = "each time" if always else "now and then"
        key = f"{operation}|{how}"
        fault = Fault(
            expected="an answer below 500",
            got=f"{answer}, {how}, from {operation}",
            answer=answer,
            key=key,
            # A gateway says so whatever it is asked for: that is one fault.
            group=f"{answer}, {how}" if answer.status in (502, 503, 504) else "",
        )
        self.found(SERVER_ERROR if answer.status else NO_ANSWER, fault)

    def _lost(self, reason: str) -> Skip:
        if not self.gone:
            self.gone = f"the server is gone: {reason}"
            got = f"after {self.wire.requests} requests: {reason}"
            self.found(GONE, Fault(expected="the server goes on answering", got=got))
        return Skip(self.gone)
