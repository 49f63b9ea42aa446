"""Lets each request of the API meet the faults that match it."""

from collections.abc import Mapping
from contextlib import suppress

from starlette.types import ASGIApp, Receive, Scope, Send

from scribe_mock.api.answers import answer_to
from scribe_mock.audio.file_names import chunk_name
from scribe_mock.errors import ApiError, InvalidRequest, ScribeError
from scribe_mock.server.security import bearer_token
from scribe_mock.server.steering.answers import answer_of_fault, preferences, preferred_answer
from scribe_mock.server.steering.breaks import cut_answer, cut_upload, drop_answer
from scribe_mock.server.steering.call import Call, note
from scribe_mock.server.steering.limits import limit_body
from scribe_mock.server.steering.lockstep import hold
from scribe_mock.server.steering.pace import delayed, throttled
from scribe_mock.sessions.clock import Clock
from scribe_mock.sessions.owners import owner_of
from scribe_mock.sessions.session import Session, UploadType
from scribe_mock.sessions.tokens import Tokens
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
from scribe_mock.steering.fault import Target
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
        clock: The one clock.
    """

    def __init__(
        self,
        faults: Faults,
        held: Held,
        documented: Documented,
        store: SessionStore,
        tokens: Tokens,
        clock: Clock,
    ) -> None:
        self._faults = faults
        self._held = held
        self._documented = documented
        self._store = store
        self._tokens = tokens
        self._clock = clock
        self._slowed = 0

    def concerns(self, scope: Scope) -> bool:
        """Whether anything may steer this request; most servers have no fault at all."""
        return bool(self._faults) or "scribe_mock.prefer" in scope

    async def serve(
        self, operation: str, app: ASGIApp, scope: Scope, receive: Receive, send: Send
    ) -> None:
        """Let a request meet its faults, or pass it on to the app; raises ClientGone."""
        target = await self._target(operation, scope)
        wanted = preferences(scope) if "scribe_mock.prefer" in scope else {}
        plan = self._faults.plan(target) if self._faults else None
        if plan is not None:
            note(scope, faults=tuple(fault.fault_id for fault in plan.faults))
        plan = plan or Plan()
        slow = bool(plan.delay or plan.throttles)
        if slow and self._slowed >= MAX_SLOWED:
            note(scope, warning=f"Not slowed: {MAX_SLOWED} other requests are slowed already.")
            slow = False
        self._slowed += slow
        try:
            if slow:
                receive, send = throttled(scope, receive, send, plan.throttles)
                send = delayed(scope, send, plan.delay) if plan.delay else send
            await self._answer(target, plan, wanted, app, scope, receive, send)
        finally:
            self._slowed -= slow

    async def _answer(
        self,
        target: Target,
        plan: Plan,
        wanted: Mapping[str, str],
        app: ASGIApp,
        scope: Scope,
        receive: Receive,
        send: Send,
    ) -> None:
        try:
            if wanted:
                answer = preferred_answer(self._documented, target.operation, wanted)
                await answer(scope, receive, send)
            elif plan.main is None:
                await app(scope, receive, send)
            else:
                await self._meet(Call(target, plan.main, app, scope, receive, send))
        except ApiError as error:
            await answer_to(error)(scope, receive, send)

    async def _meet(self, call: Call) -> None:
        """Do what the deciding fault says."""
        match call.fault.action:
            case Answer() as answer:
                ready = answer_of_fault(self._documented, call.target.operation, answer)
                await ready(call.scope, call.receive, call.send)
            case Cut(at="upload") as cut:
                await cut_upload(call, cut)
            case Cut() as cut:
                await cut_answer(call, cut)
            case DropAnswer() as drop:
                await drop_answer(call, drop)
            case Limit() as limit:
                await limit_body(call, limit)
            case Hold():
                await hold(call, self._held, self._documented, self._clock.now())
            case ExpireToken():
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
                await call.proceed()

    async def _expire(self, session_id: str | None) -> None:
        """Let a session that is open be expired from now on."""
        now = self._clock.now()
        if session_id is not None:
            with suppress(ApiError):
                await self._store.change(session_id, lambda session: session.expire(now))

    async def _target(self, operation: str, scope: Scope) -> Target:
        """What is known of a request before it is processed."""
        parameters: Mapping[str, str] = scope["path_params"]
        session = await self._session(parameters)
        owners = [owner for owner in (self._owner(scope), session and session.owner) if owner]
        target = Target(
            operation,
            session.session_id if session else parameters.get("session_id"),
            tuple(dict.fromkeys(owners)),
            file_name=parameters.get("file_name"),
            upload_type=session.upload_type if session else None,
        )
        if target.file_name is not None and target.upload_type == UploadType.CHUNKED:
            with suppress(InvalidRequest):
                target.sequence, _ = chunk_name(target.file_name)
        return target

    async def _session(self, parameters: Mapping[str, str]) -> Session | None:
        """The session that a path names, by its id or by that of one of its documents."""
        with suppress(ScribeError):
            if "session_id" in parameters:
                return await self._store.get(parameters["session_id"])
            if "document_id" in parameters:
                return await self._store.find_document(parameters["document_id"])
        return None

    def _owner(self, scope: Scope) -> str | None:
        with suppress(ApiError):
            return owner_of(bearer_token(scope["headers"]))
        return None
