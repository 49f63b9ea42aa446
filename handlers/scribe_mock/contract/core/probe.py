"""How rules send requests: create sessions, upload, end and get them, and send anything odd."""

import json
import random
from typing import Any
from urllib.parse import quote

from scribe_mock.contract.core import judge, samples
from scribe_mock.contract.core.creation import PUBLISHED
from scribe_mock.contract.core.exceptions import Senseless, Skip
from scribe_mock.contract.core.fault import Fault
from scribe_mock.contract.core.ledger import NEVER_ENDS
from scribe_mock.contract.core.options import Options
from scribe_mock.contract.core.polling import poll_until
from scribe_mock.contract.core.probe_session import Memory
from scribe_mock.contract.core.probe_session import ProbeSession as ProbeSession
from scribe_mock.contract.core.probe_session import in_path as in_path
from scribe_mock.contract.core.run import Run
from scribe_mock.contract.core.samples import WEBM
from scribe_mock.contract.core.watch import LONGEST_ID
from scribe_mock.contract.transport.address import Address
from scribe_mock.contract.transport.message import Answer, Request
from scribe_mock.contract.transport.wire import Midway

#: Operation → the longest body of an answer, where it may have to be longer than others.
_LONG_ANSWERS = dict.fromkeys(
    ("getSession", "getSessionRecord", "listSessions", "listTemplates"), 1024 * 1024
)

Headers = tuple[tuple[str, str], ...]


class Probe:
    """Sends a rule's requests and returns the answers.

    Args:
        run: The run that it belongs to.
        rule_id: The id of the rule; empty for requests that serve all rules.
    """

    def __init__(self, run: Run, rule_id: str = "") -> None:
        self.run = run
        #: Each rule has its own, so that rules in parallel get the same values with the same seed.
        self.random = random.Random(f"{run.options.seed}|{rule_id}")
        self._memory = Memory()

    @property
    def options(self) -> Options:
        """What the run was asked to do."""
        return self.run.options

    def request(
        self,
        method: str,
        path: str,
        *,
        body: bytes | None = None,
        headers: Headers = (),
        token: str | None = "",
        at: Address | None = None,
        **how: Any,
    ) -> Request:
        """A request under the base.

        Args:
            method: As it goes over the wire.
            path: As it goes over the wire, after the path of the base.
            body: None for a request without one.
            headers: In order, without those that frame the body.
            token: The bearer token; "" for the token of the run, None for no Authorization.
            at: Another base.
            how: The other fields of `Request`.
        """
        base = at or self.options.base
        if how.get("operation") in _LONG_ANSWERS:
            how.setdefault("answer_bytes", _LONG_ANSWERS[how["operation"]])
        if token is not None:
            headers = (("Authorization", f"Bearer {token or self.run.token}"), *headers)
        return Request(
            origin=base.origin,
            method=method,
            target=(base.path + path) or "/",
            headers=headers,
            body=body,
            **how,
        )

    def root(self) -> Address:
        """The root of the host; login and refresh lie there."""
        return Address(self.options.base.origin, "")

    async def send(
        self, request: Request, session: ProbeSession | None = None, midway: Midway | None = None
    ) -> Answer:
        """Send a request; raises Skip as `Run.send` does."""
        history = self._memory.before(request, session)
        return await self.run.send(request, history=history, midway=midway)

    async def ask(
        self,
        operation: str,
        method: str,
        path: str,
        *,
        session: ProbeSession | None = None,
        value: Any = ...,
        **how: Any,
    ) -> Answer:
        """Call an operation.

        A request that succeeds becomes part of the session's history, and so does one that is
        refused but would have changed the session.

        Args:
            operation: Its operationId.
            method: Its method.
            path: Its path under the base.
            session: The session that the request is about.
            value: The body, to be sent as JSON; `...` for none.
            how: The other arguments of `request`.
        """
        if value is not ...:
            how.setdefault("body", json.dumps(value).encode())
        if how.get("body") is not None:
            how["headers"] = (("Content-Type", "application/json"), *how.get("headers", ()))
        request = self.request(method, path, operation=operation, **how)
        answer = await self.send(request, session)
        if answer.accepted or method != "GET":
            self._memory.add(answer, session)
        return answer

    def creation(self, upload_type: str = "chunked", **fields: Any) -> dict[str, Any]:
        """A body for Create session as the server accepts it, with the mark of the run."""
        more = dict(self.options.create_fields) | fields
        if "additional_data" in fields and "additional_data" in self.options.create_fields:
            given = self.options.create_fields["additional_data"]
            more["additional_data"] = given | fields["additional_data"]
        return self.run.entrance.form.body(upload_type, self.run.name, more)

    def template(self, name: str) -> str:
        """A template that the server has, in place of a published one that it does not have."""
        own = self.run.entrance.templates
        if not own or name in own or name not in PUBLISHED:
            return name
        return own[PUBLISHED.index(name) % len(own)]

    async def try_create(self, body: Any) -> Answer:
        """The answer of Create session to any body."""
        return await self.ask("createSession", "POST", "/sessions", value=body)

    async def create(self, upload_type: str = "chunked", **fields: Any) -> ProbeSession:
        """A new session; raises Skip if the server creates none."""
        answer = await self.try_create(self.creation(upload_type, **fields))
        created = answer.fields()
        session_id = created.get("session_id")
        if not answer.accepted or not isinstance(session_id, str) or not session_id:
            may_refuse = answer.refused and upload_type != "chunked"
            kind = Senseless if may_refuse else Skip
            raise kind(f"the server creates no {upload_type} session: {answer}")
        if len(session_id) > LONGEST_ID:
            raise Skip(f"the session_id has {len(session_id):,} characters")
        session = ProbeSession(
            session_id=session_id,
            upload_type=upload_type,
            created=created,
            history=[answer.request],
        )
        self._memory.made(session)
        return session

    def upload_request(
        self,
        session: ProbeSession | str,
        name: str = "audio_0.webm",
        *,
        mime: str | None = WEBM,
        body: bytes | None = None,
        raw_name: str | None = None,
        headers: Headers = (),
        **how: Any,
    ) -> Request:
        """An upload.

        Args:
            session: The session, or the id of one.
            name: The name of the file; it gets percent-encoded.
            mime: Content-Type; None for none.
            body: By default a short recording of the type, or of the extension in the name.
            raw_name: The name as it goes over the wire, instead of `name`.
            headers: More header fields.
            how: The other arguments of `request`.
        """
        path = session.path if isinstance(session, ProbeSession) else f"/sessions/{session}"
        segment = quote(name, safe="") if raw_name is None else raw_name
        if mime is not None:
            headers = (("Content-Type", mime), *headers)
        sample = _sample(mime, name) if body is None else body
        return self.request(
            "POST",
            f"{path}/audio/{segment}",
            body=sample,
            headers=headers,
            operation="uploadAudio",
            **how,
        )

    async def upload(
        self, session: ProbeSession | str, name: str = "audio_0.webm", **how: Any
    ) -> Answer:
        """Send an upload; see `upload_request` for its arguments."""
        request = self.upload_request(session, name, **how)
        known = session if isinstance(session, ProbeSession) else None
        answer = await self.send(request, known)
        if known is not None:
            self._memory.add(answer, known)
        if known is not None and answer.accepted:
            known.accepted += 1
        return answer

    async def end(self, session: ProbeSession, sent: int | None = None, **how: Any) -> Answer:
        """End a session; by default `audio_files_sent` is the number of accepted uploads."""
        if not how:
            how["value"] = {"audio_files_sent": session.accepted if sent is None else sent}
        return await self.ask("endSession", "POST", f"{session.path}/end", session=session, **how)

    async def get(self, session: ProbeSession, query: str = "", **how: Any) -> Answer:
        """Send Get session."""
        return await self.ask("getSession", "GET", session.path + query, session=session, **how)

    async def patch(self, session: ProbeSession, value: Any = ..., **how: Any) -> Answer:
        """Send Update session."""
        path = session.path
        return await self.ask("updateSession", "PATCH", path, session=session, value=value, **how)

    async def process(self, session: ProbeSession, template: str, **how: Any) -> Answer:
        """Send Process template."""
        path = f"{session.path}/process/template/{quote(template, safe='')}"
        return await self.ask("processTemplate", "POST", path, session=session, **how)

    async def done(self, session: ProbeSession) -> Answer:
        """Get an ended session until processing has ended; raises Skip after `--patience`."""
        answer = await poll_until(lambda: self.get(session), _is_over, self.patience)
        if not _is_over(answer):
            raise self.never_ends(answer)
        self._memory.waited(session, answer.request)
        return answer

    @property
    def patience(self) -> float:
        """Seconds to wait for processing; none when it has already taken too long once."""
        waited = self.run.ledger.broken(NEVER_ENDS)
        return 0.0 if waited else self.options.patience

    def never_ends(self, answer: Answer) -> Skip:
        """Add the fault that processing did not end in time, and return the reason to stop."""
        seconds = f"--patience {self.options.patience:g} s"
        fault = Fault(
            expected=f"a final status within {seconds}",
            got=f"{answer.fields().get('status') or answer} after {seconds}",
            answer=answer,
            key="never",
        )
        if not self.run.ledger.broken(NEVER_ENDS):
            self.run.found(NEVER_ENDS, fault)
        return Skip(f"processing took longer than {seconds}")

    async def look(self, session: ProbeSession, seconds: float) -> Answer:
        """Get a session until it lists audio, or until so many seconds have passed."""
        return await poll_until(lambda: self.get(session), judge.files, seconds)

    async def ended(
        self, upload_type: str = "chunked", name: str = "audio_0.webm", **fields: Any
    ) -> ProbeSession:
        """A session with one recording that has just been ended; raises Skip if that fails."""
        session = await self.create(upload_type, **fields)
        if upload_type != "stream":
            answer = await self.upload(session, name)
            if not answer.accepted:
                raise Skip(f"the server accepts no audio: {answer}")
        answer = await self.end(session)
        if not answer.accepted:
            raise Skip(f"the server ends no session: {answer}")
        return session

    async def expect_done(self, session: ProbeSession) -> Answer:
        """The answer when the session is completed; raises Skip if it ends otherwise."""
        answer = await self.done(session)
        if answer.fields().get("status") != "completed":
            raise Skip(f"the session did not complete: {answer.fields().get('status')}")
        return answer

    async def together(
        self, requests: list[Request], sessions: list[ProbeSession | None]
    ) -> list[Answer]:
        """Send requests at the same time, each with the session that it is about, if any."""
        pairs = [
            (request, self._memory.before(request, session))
            for request, session in zip(requests, sessions, strict=True)
        ]
        return await self.run.together(pairs)

    def needs_two(self) -> None:
        """Raise Skip if `--concurrency` allows only one request at a time."""
        if self.options.concurrency < 2:
            raise Skip("it needs two requests at the same time, and --concurrency is 1")


def _is_over(answer: Answer) -> bool:
    return answer.fields().get("status") not in ("created", "recording", "processing")


def _sample(mime: str | None, name: str) -> bytes:
    """A short recording of the type, otherwise of the extension in the name, otherwise WebM."""
    essence = (mime or "").partition(";")[0].strip().lower().removeprefix("audio/")
    for extension in (essence, name.rpartition(".")[2].lower()):
        if extension in ("webm", "wav", "ogg", "mp4", "m4a", "mp3"):
            return samples.tiny(extension)
    return samples.tiny("webm")
