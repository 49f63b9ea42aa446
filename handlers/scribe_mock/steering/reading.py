"""Reads faults from JSON, and refuses those that could never fire."""

import fnmatch
import re
import secrets
from collections.abc import Callable, Mapping
from contextlib import suppress
from typing import Any, NamedTuple, Self

from scribe_mock.errors import SessionNotFound
from scribe_mock.sessions.scopes import Scope
from scribe_mock.sessions.session import Session, UploadType
from scribe_mock.steering.actions import Action, Answer, action_of
from scribe_mock.steering.documented import Documented
from scribe_mock.steering.fault import Fault, Match
from scribe_mock.steering.fault_schema import check_form, refuse
from scribe_mock.store.session_store import SessionStore

#: The names by which faults and the journal know what is no operation of the spec.
STREAM, DELIVERY = "streamAudio", "deliverWebhook"
UPLOAD = "uploadAudio"
#: The close codes below 3000 that may be sent (RFC 6455, 7.4, and IANA's registry).
_CLOSE_CODES = frozenset({*range(1000, 1004), *range(1007, 1015)})
#: How many characters of a token are shown.
_SHOWN = 4

#: The operations of actions that have their own.
_OPERATIONS = {
    "drop_chunk": frozenset({UPLOAD}),
    "processing": frozenset({"endSession", "uploadTranscript"}),
    "socket": frozenset({STREAM}),
    "webhook": frozenset({DELIVERY}),
}
#: The actions that a WebSocket can meet, besides its own.
_OF_STREAMS = frozenset({"answer", "delay", "throttle", "cut", "drop_answer", "hold", "socket"})


class KnownSession(NamedTuple):
    """What a fault needs to know of the session in its scope."""

    session_id: str
    upload_type: UploadType
    owner: str

    @classmethod
    def of(cls, session: Session) -> Self:
        """That of a session."""
        return cls(session.session_id, session.upload_type, session.owner)


class FaultReader:
    """Turns JSON into faults.

    Args:
        documented: The operations of the spec.
        store: The sessions, of which a scope may name one.
        owner_of_token: The owner that a token belongs to.
    """

    def __init__(
        self,
        documented: Documented,
        store: SessionStore,
        owner_of_token: Callable[[str], str],
    ) -> None:
        self._documented = documented
        self._store = store
        self._owner_of_token = owner_of_token

    def knows_code(self, code: str) -> bool:
        """Whether an error code is one of the spec."""
        return code in self._documented.codes

    async def read(self, value: Any) -> Fault:
        """A fault that the control API was sent; raises InvalidBody with the path of an error."""
        named = value.get("scope") if isinstance(value, dict) else None
        session_id = named.get("session_id") if isinstance(named, dict) else None
        known: KnownSession | None = None
        if isinstance(session_id, str):
            with suppress(SessionNotFound):
                known = KnownSession.of(await self._store.get(session_id))
        return self.read_listed(value, "$", lambda _: known)

    def read_of_session(self, value: Any, place: str, session: Session) -> Fault:
        """A fault that Create session names for its session; raises InvalidBody."""
        check_form(value, place)
        if "scope" in value:
            refuse(f"{place}.scope", "the scope of this fault is its session; leave it out")
        return self._fault(value, place, KnownSession.of(session))

    def read_listed(
        self, value: Any, place: str, find: Callable[[str], KnownSession | None]
    ) -> Fault:
        """A fault that says its scope itself; raises InvalidBody.

        Args:
            value: The JSON value.
            place: Its JSON path, for messages.
            find: Finds the session that a scope names; None if there is no such session.
        """
        check_form(value, place)
        session_id = value.get("scope", {}).get("session_id")
        session = None if session_id is None else find(session_id)
        if session_id is not None and session is None:
            refuse(f"{place}.scope.session_id", f"there is no session {session_id[:80]!r}")
        return self._fault(value, place, session)

    def _fault(self, value: Mapping[str, Any], place: str, session: KnownSession | None) -> Fault:
        token = value.get("scope", {}).get("token", "")
        owner = self._owner_of_token(token) if token else None
        upload_type = None if session is None else session.upload_type
        name, fields = next(iter(value["action"].items()))
        match = self._match(value.get("match", {}), name, upload_type, place)
        action = self._action(name, fields, place)
        probability, seed = value.get("probability"), value.get("seed", secrets.randbits(32))
        given = {
            "match": value.get("match", {}),
            "after": value.get("after", 0),
            "times": value.get("times", 1),
            **({} if probability is None else {"probability": probability, "seed": seed}),
            "action": value["action"],
        }
        return Fault(
            fault_id="",
            scope=Scope(owner=owner) if session is None else Scope(session.session_id),
            owner=owner if session is None else session.owner,
            token_start=token[:_SHOWN],
            match=match,
            after=given["after"],
            times=given["times"],
            probability=probability,
            seed=seed,
            action=action,
            given=given,
        )

    def _match(
        self, value: Mapping[str, Any], name: str, upload_type: UploadType | None, place: str
    ) -> Match:
        """What the fault is for; refuses what no request could match."""
        operations = self._operations(value, name, place)
        place = f"{place}.match"
        kind = value.get("upload_type", upload_type)
        if upload_type is not None and kind != upload_type:
            refuse(f"{place}.upload_type", f"the session is {upload_type}, so it never matches")
        for key in {"sequence", "file_name"} & value.keys():
            if operations and UPLOAD not in operations:
                refuse(f"{place}.{key}", f"only {UPLOAD} has one, so it never matches")
            if kind == UploadType.STREAM or (key == "sequence" and kind == UploadType.SINGLE):
                refuse(f"{place}.{key}", f"uploads of a {kind} session have none")
        if operations == {DELIVERY} and "upload_type" in value:
            refuse(f"{place}.upload_type", "a webhook has none; use the scope of a session")
        if operations == {STREAM} and kind not in (None, UploadType.STREAM):
            refuse(place, f"a {kind} session has no stream")
        pattern = value.get("file_name")
        return Match(
            operations,
            value.get("sequence"),
            re.compile(fnmatch.translate(pattern)) if pattern is not None else None,
            value.get("upload_type"),
        )

    def _operations(self, value: Mapping[str, Any], name: str, place: str) -> frozenset[str]:
        """The operations that a fault can fire on; empty for all."""
        known, own = self._documented.operations, _OPERATIONS.get(name, frozenset())
        operation = value.get("operation")
        if value.get("direction") == "stream":
            if operation not in (None, STREAM):
                refuse(f"{place}.match.direction", f"{operation} is no stream")
            operation = STREAM
        if operation is None:
            return own or self._possible(name)
        if operation not in known and operation not in (STREAM, DELIVERY):
            names = ", ".join([*known, STREAM, DELIVERY])
            refuse(f"{place}.match.operation", f"expected one of {names}")
        if own and operation not in own:
            shown = " or ".join(sorted(own))
            refuse(f"{place}.match.operation", f"{name} fires on {shown} alone")
        possible = own or self._possible(name)
        if (possible and operation not in possible) or (
            operation == DELIVERY and name != "webhook"
        ):
            refuse(f"{place}.action.{name}", f"{operation} has no occasion for it")
        if operation == STREAM and name not in _OF_STREAMS:
            refuse(f"{place}.action.{name}", "a stream has no occasion for it")
        return frozenset({operation})

    def _possible(self, name: str) -> frozenset[str]:
        """The operations that have an occasion for an action; empty for any."""
        operations = self._documented.operations.items()
        if name == "limit":
            return frozenset(key for key, one in operations if one.has_body)
        if name == "expire_token":
            return frozenset(key for key, one in operations if one.has_token)
        return frozenset()

    def _action(self, name: str, fields: Mapping[str, Any], place: str) -> Action:
        place = f"{place}.action.{name}"
        if name == "delay":
            least, most = fields.get("min_seconds"), fields.get("max_seconds")
            random_time = least is not None and most is not None and least <= most
            if ("seconds" in fields) is random_time or len(fields) > (2 if random_time else 1):
                refuse(place, "expected seconds, or min_seconds and a max_seconds not below it")
        code = fields.get("close_code")
        if code is not None and not (code in _CLOSE_CODES or code >= 3000):
            refuse(
                f"{place}.close_code",
                "expected a code that can be sent (RFC 6455, 7.4), such "
                "as 1011; for 1006 use cut, since it is what a client sees of a reset",
            )
        action = action_of(name, fields)
        if isinstance(action, Answer):
            self._check_answer(action, place)
        return action

    def _check_answer(self, answer: Answer, place: str) -> None:
        if answer.status is None and answer.code is None:
            refuse(place, "expected a status, a code, or both")
        if answer.status is None and answer.code not in self._documented.codes:
            known = ", ".join(sorted(self._documented.codes))
            refuse(f"{place}.code", f"expected a status with it, or one of {known}")
        for name in answer.headers:
            if not re.fullmatch(r"[A-Za-z0-9!#$%&'*+.^_`|~-]{1,128}", name):
                refuse(f"{place}.headers", f"{name[:80]!r} is no name of a header field")
            if name.lower() in _CONNECTION_FIELDS:
                refuse(f"{place}.headers", f"{name} is the server's own")


#: Header fields by which the server frames its answers.
_CONNECTION_FIELDS = frozenset(
    {"connection", "content-length", "keep-alive", "transfer-encoding", "upgrade", "x-request-id"}
)
