"""One run's shared state: the wire, what the server lacks, what was found, and when to stop."""

import asyncio
import random
import secrets
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable, Mapping
from contextlib import asynccontextmanager
from dataclasses import replace
from functools import partial
from typing import Any, TypeVar

from scribe_mock.contract.core.demand import Demand
from scribe_mock.contract.core.exceptions import Skip
from scribe_mock.contract.core.fault import Fault
from scribe_mock.contract.core.ledger import GONE, NO_ANSWER, SERVER_ERROR, Ledger
from scribe_mock.contract.core.options import Options
from scribe_mock.contract.core.watch import Watch
from scribe_mock.contract.transport.message import PIECE_BYTES, Answer, Delivery, Request
from scribe_mock.contract.transport.wire import HOLD, Midway, Unreachable, Wire

_Sent = TypeVar("_Sent")

#: Judges one answer, whatever request it answers.
WatchFunction = Callable[[Answer, Watch], Iterable[Fault]]

#: How often a request is sent again when the server failed, and the pause before, in seconds.
_RETRIES, _PAUSE = 3, 0.05
#: Everything begins with a session: a create that fails now and then must not stop the rest.
_CREATE_RETRIES = 10
#: So many requests in a row without any answer, and the server is taken for gone.
_DEAF = 6


def mishap(error: Exception) -> str:
    """Why a rule was not judged to its end: a bug of the check, better told than hidden."""
    return f"the rule itself failed, which is a bug in it: {type(error).__name__}: {error}"


class Run:
    """What all rules of one run share."""

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
        self.watch = Watch()
        self.wire = Wire(
            concurrency=options.concurrency,
            timeout=max(5.0, min(options.patience, 15.0)) * options.slowness,
            hold=HOLD * options.slowness,
        )
        self.random = random.Random(options.seed)
        #: In the `additional_data` of every session that the run creates.
        self.name = f"check-{secrets.token_hex(6)}"
        self.token = options.token
        #: operationId → why it can't be tried.
        self.missing: dict[str, str] = {}
        #: Id of a watching rule → why it could not judge an answer.
        self.mishaps: dict[str, str] = {}
        self.gone = ""
        #: Hypothesis can't run in two threads at once.
        self.one_fuzzer = asyncio.Lock()
        self.began = time.monotonic()
        self._deaf = 0
        self._reserved = 0
        self._released = asyncio.Condition()
        self._shared: dict[str, asyncio.Task[Any]] = {}

    @property
    def time_is_up(self) -> str:
        """Why nothing more is begun; empty before `--time-budget` is used up."""
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
        """Send a request, again when the server fails, and judge every answer.

        Raises:
            Skip: the server is gone, lacks the operation or keeps failing at it.
        """
        first: Answer | None = None
        retries = _CREATE_RETRIES if request.operation == "createSession" else _RETRIES
        for attempt in range(retries):
            answer = await self._once(request, history, midway)
            if not answer.broken or request.exempt:
                if first is not None and (first.status or request.delivery is not Delivery.HELD):
                    self._failed(first, always=False)
                return answer
            first = first or answer
            if answer.status == 0 and len(request.body or b"") > PIECE_BYTES:
                # An early answer may get lost when the server closes on a body; look again for it.
                request = replace(request, delivery=Delivery.HELD)
            if answer.trouble.startswith("no complete answer came within") or midway is not None:
                break
            await asyncio.sleep(_PAUSE * min(2**attempt, 4) * self.random.uniform(0.5, 1.5))
        assert first is not None
        self._failed(first, always=True)
        raise Skip(f"{request.operation or 'the server'} failed: {first}")

    async def together(self, requests: list[tuple[Request, tuple[Request, ...]]]) -> list[Answer]:
        """Send requests at the same time and judge every answer; failures are not repeated.

        When there are more than --concurrency allows, they go in batches.
        """
        self._check(requests[0][0])
        answers: list[Answer] = []
        async with self.wire.several, self.room(sum(request.size for request, _ in requests)):
            for start in range(0, len(requests), self.options.concurrency):
                batch = [one for one, _ in requests[start : start + self.options.concurrency]]
                answers += await self._connected(partial(self.wire.together, batch))
        for answer, (_, history) in zip(answers, requests, strict=True):
            answer.history = history
            self.judge(answer)
            if answer.broken:
                self._failed(answer, always=False)
        return answers

    @asynccontextmanager
    async def room(self, size: int) -> AsyncIterator[None]:
        """Room for a body within --max-bytes: waited for while others may leave some.

        Raises:
            Skip: there is not enough left.
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
        """Let every watching rule see an answer."""
        self.watch.note(answer)
        for rule_id, watch in self._watchers.items():
            try:
                for fault in watch(answer, self.watch):
                    self.ledger.add(self._demands[rule_id], fault)
            except Exception as error:  # the other rules must still judge the answer
                self.mishaps[rule_id] = mishap(error)

    async def shared(self, key: str, make: Callable[[], Awaitable[Any]]) -> Any:
        """Something that is made once and used by several rules."""
        if key not in self._shared:
            self._shared[key] = asyncio.ensure_future(make())
        return await asyncio.shield(self._shared[key])

    def found(self, rule_id: str, fault: Fault | None) -> None:
        """Note a fault for a rule by its id, when that rule is part of the run."""
        if fault is not None and rule_id in self._demands:
            self.ledger.add(self._demands[rule_id], fault)

    async def _once(
        self, request: Request, history: tuple[Request, ...], midway: Midway | None
    ) -> Answer:
        self._check(request)
        async with self.room(request.size):
            answer = await self._connected(partial(self.wire.send, request, midway=midway))
        answer.history = history
        self.judge(answer)
        if answer.status or not answer.broken:
            self._deaf = 0
        elif not request.exempt:
            self._deaf += 1
        if self._deaf >= _DEAF:
            raise self._lost(f"{_DEAF} requests in a row got no answer, the last: {answer.trouble}")
        return answer

    async def _connected(self, send: Callable[[], Awaitable[_Sent]]) -> _Sent:
        """Send, again where there is no connection; raises Skip when there is none at last."""
        attempt = 0
        while True:
            try:
                return await send()
            except Unreachable as error:
                attempt += 1
                if attempt == _RETRIES or self.gone:
                    raise self._lost(str(error)) from None
                await asyncio.sleep(_PAUSE * 4 ** (attempt - 1))

    def _check(self, request: Request) -> None:
        if self.gone:
            raise Skip(self.gone)
        if request.operation in self.missing:
            raise Skip(self.missing[request.operation])

    def _failed(self, answer: Answer, *, always: bool) -> None:
        """Note that the server failed, once an operation when that happens now and then."""
        operation = answer.request.operation or "a path of no operation"
        how = "each time" if always else "now and then"
        key = f"{operation}|{how}"
        fault = Fault(
            expected="an answer below 500",
            got=f"{answer}, {how}, from {operation}",
            answer=answer,
            key=key,
        )
        self.found(SERVER_ERROR if answer.status else NO_ANSWER, fault)

    def _lost(self, reason: str) -> Skip:
        if not self.gone:
            self.gone = f"the server is gone: {reason}"
            got = f"after {self.wire.requests} requests: {reason}"
            self.found(GONE, Fault(expected="the server goes on answering", got=got))
        return Skip(self.gone)
