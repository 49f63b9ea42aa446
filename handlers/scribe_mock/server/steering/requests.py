"""Lets each request of the API meet the faults that match it."""

from collections.abc import Awaitable, Callable, Mapping
from contextlib import suppress

from starlette.types import ASGIApp, Receive, Scope, Send

from scribe_mock.api.answers import answer_to
from scribe_mock.api.callers import Callers
from scribe_mock.audio.file_names import sequence_of
from scribe_mock.errors import ApiError, DocumentNotFound, SessionNotFound
from scribe_mock.server.security import bearer_token
from scribe_mock.server.steering.answers import answer_of_fault, preferences, preferred_answer
from scribe_mock.server.steering.breaks import cut_answer, cut_upload, drop_answer
from scribe_mock.server.steering.call import Call
from scribe_mock.server.steering.limits import limit_body
from scribe_mock.server.steering.lockstep import hold
from scribe_mock.server.steering.pace import slow_down
from scribe_mock.sessions.clocks import Clocks
from scribe_mock.sessions.session import Session, UploadType
from scribe_mock.sessions.tokens import Tokens
from scribe_mock.sharing.sharing import Sharing
from scribe_mock.steering.actions import (
    Answer,
    Cut,
    DropAnswer,
    DropChunk,
    ExpireToken,
    Hold,
    Limit,
    Processing,
)
from scribe_mock.steering.documented import Documented
from scribe_mock.steering.fault import Fault, Target
from scribe_mock.steering.faults import Faults, Plan
from scribe_mock.steering.held import Held
from scribe_mock.store.session_store import SessionStore

#: The most requests that delays and throttles slow at the same time.
MAX_SLOWED = 1000


class SteeredRequests:
    """The requests of one API, and what steers them.

    Args:
        faults: All faults.
        held: The requests that wait.
        documented: The answers of the spec.
        store: The sessions, of which requests name one.
        tokens: Knows which tokens have expired.
        callers: Finds out whose a request is.
        clocks: All clocks.
        sharing: What other servers have of this one.
    """

    def __init__(
        self,
        faults: Faults,
        held: Held,
        documented: Documented,
        store: SessionStore,
        tokens: Tokens,
        callers: Callers,
        clocks: Clocks,
        sharing: Sharing,
    ) -> None:
        #: All faults; most servers have none at all.
        self.faults = faults
        self._held = held
        self._documented = documented
        self._store = store
        self._tokens = tokens
        self._callers = callers
        self._clocks = clocks
        self._sharing = sharing
        self._slowed = 0

    async def serve(
        self, operation: str, app: ASGIApp, scope: Scope, receive: Receive, send: Send
    ) -> None:
        """Let a request meet its faults, or pass it on to the app; raises ClientGone."""
        if "scribe_mock.inspection" in scope:
            await app(scope, receive, send)
            return
        target = await self._target(operation, scope)
        plan = await self.plan(target)
        if plan is None and "scribe_mock.prefer" not in scope:
            await app(scope, receive, send)
        else:
            call = Call(target, app, scope, receive, send)
            await self.meet_faults(call, plan or Plan(), self._meet)

    async def plan(self, target: Target) -> Plan | None:
        """The faults that fire on a request or a stream; None if there are none."""
        if not self.faults.any or not self.faults.matches(target):
            return None
        async with self._sharing.changing():
            return self.faults.plan(target)

    async def _spare(self, fault: Fault) -> None:
        async with self._sharing.changing():
            self.faults.spare(fault)

    async def meet_faults(
        self, call: Call, plan: Plan, own: Callable[[Call], Awaitable[bool]]
    ) -> None:
        """Let a request or a stream meet its faults; raises ClientGone.

        Args:
            call: The request.
            plan: The faults that fire on it.
            own: Does what only requests, or only streams, can have; False for any other fault.
        """
        if plan.faults:
            call.note(faults=tuple(fault.fault_id for fault in plan.faults))
            # A page that shows faults and held requests sees it at once, and not at the answer.
            self._store.changes.note()
        slow = bool(plan.delay or plan.throttles)
        if slow and self._slowed >= MAX_SLOWED:
            call.note(warning=f"Not slowed: {MAX_SLOWED} other requests are slowed already.")
            slow = False
        self._slowed += slow
        try:
            if slow:
                slow_down(call, plan.delay, plan.throttles)
            await self._answer(call, plan.main, own)
        except ApiError as error:
            await answer_to(error)(call.scope, call.receive, call.send)
        finally:
            self._slowed -= slow
            if plan.faults:
                spared = plan.main if call.spared else None
                self.faults.count(fault for fault in plan.faults if fault is not spared)
                self._store.changes.note()

    async def _answer(
        self, call: Call, fault: Fault | None, own: Callable[[Call], Awaitable[bool]]
    ) -> None:
        wanted = preferences(call.scope) if "scribe_mock.prefer" in call.scope else {}
        if wanted:
            answer = preferred_answer(self._documented, call.target.operation, wanted)
            await answer(call.scope, call.receive, call.send)
        elif fault is None:
            await call.proceed()
        else:
            call.fault, call.spare_fault = fault, self._spare
            if not await own(call):
                await self._meet_any(call)

    async def _meet_any(self, call: Call) -> None:
        """Do what a fault says that requests and streams can have."""
        match call.fault.action:
            case Answer() as answer:
                ready = answer_of_fault(self._documented, call.target.operation, answer)
                await ready(call.scope, call.receive, call.send)
            case DropAnswer() as drop:
                await drop_answer(call, drop)
            case Hold():
                now = self._now(call.target)
                await hold(call, self._held, self._documented, now, self._sharing)
            case _:
                await call.proceed()

    async def _meet(self, call: Call) -> bool:
        """Do what a fault says that only requests can have; False for any other."""
        match call.fault.action:
            case Cut(at="upload") as cut:
                await cut_upload(call, cut)
            case Cut() as cut:
                await cut_answer(call, cut)
            case Limit() as limit:
                await limit_body(call, limit)
            case ExpireToken():
                async with self._sharing.changing():
                    self._tokens.expire(bearer_token(call.scope["headers"]))
                await call.proceed()
            case DropChunk():
                call.scope["scribe_mock.drop_chunk"] = True
                await call.proceed()
            case Processing() as processing:
                if processing.expire:
                    await self._expire(call.target.session_id)
                call.scope["scribe_mock.processing"] = processing
                await call.proceed()
            case _:
                return False
        return True

    async def _expire(self, session_id: str | None) -> None:
        """Let a session that is open be expired from now on."""
        if session_id is not None:
            with suppress(ApiError):
                await self._store.change(
                    session_id, lambda session: session.expire(self._clocks.of(session).now())
                )

    def _now(self, target: Target) -> float:
        """The time by the clock of the session, or of the caller."""
        owner = target.owners[-1] if target.owners else ""
        return self._clocks.find(target.session_id or "", owner).now()

    async def _target(self, operation: str, scope: Scope) -> Target:
        """What is known of a request before it is processed."""
        parameters: Mapping[str, str] = scope["path_params"]
        file_name = parameters.get("file_name")
        record = scope.get("scribe_mock.record")
        caller = record.caller if record else self._callers.of_headers(scope["headers"])
        session = await self._session(parameters)
        if session is None:
            owners = (caller,)
            return Target(operation, parameters.get("session_id"), owners, file_name=file_name)
        owner, chunked = session.owner, session.upload_type is UploadType.CHUNKED
        return Target(
            operation,
            session.session_id,
            (caller,) if owner in ("", caller) else (caller, owner),
            sequence=sequence_of(file_name) if chunked and file_name is not None else None,
            file_name=file_name,
            upload_type=session.upload_type,
        )

    async def _session(self, parameters: Mapping[str, str]) -> Session | None:
        """The session that a path names, by its id or by that of one of its documents."""
        with suppress(SessionNotFound, DocumentNotFound):
            if "session_id" in parameters:
                return await self._store.get(parameters["session_id"])
            if "document_id" in parameters:
                return await self._store.find_document(parameters["document_id"])
        return None
