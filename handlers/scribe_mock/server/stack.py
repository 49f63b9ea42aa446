"""The middlewares of one spec, put together by Connexion."""

from collections.abc import Sequence
from typing import Any

from connexion.resolver import Resolver
from inflection import underscore

from scribe_mock.errors import SpecError
from scribe_mock.server.admission import Admission
from scribe_mock.server.conformance import Conformance
from scribe_mock.server.connexion_internals import BuiltMiddleware
from scribe_mock.server.dispatch import Dispatch
from scribe_mock.server.routing import SpecRouting, not_found
from scribe_mock.server.security import TokenSecurity
from scribe_mock.server.steering.requests import SteeredRequests
from scribe_mock.server.validation import Validation
from scribe_mock.sessions.clocks import Clocks
from scribe_mock.sessions.tokens import Tokens
from scribe_mock.spec import SpecFile, explain, shipped
from scribe_mock.store.session_store import SessionStore


class Api(BuiltMiddleware):
    """One spec, served by the methods of one object.

    Args:
        spec: The OpenAPI file.
        operations: Has an async method, in snake case, for each operationId.
        admission: The store and the clocks by which `session_id` in a path becomes a session; None
            for a spec whose operations find their sessions themselves.
        accepted: The bearer tokens to accept; empty for any.
        tokens: Knows which of the tokens that login handed out have expired.
        validate_responses: Validate answers against the spec too; a wrong one becomes a 500.
        steering: Lets requests meet faults; None for a spec whose requests meet none.

    Raises:
        SpecError: the file is broken, or has an operation that `operations` does not have.
    """

    def __init__(
        self,
        spec: SpecFile,
        operations: object,
        *,
        admission: tuple[SessionStore, Clocks] | None,
        accepted: Sequence[str],
        tokens: Tokens,
        validate_responses: bool,
        steering: SteeredRequests | None,
    ) -> None:
        document = spec.document()
        store, clocks = admission or (None, None)
        middlewares: list[Any] = [
            SpecRouting,
            *([Conformance] if validate_responses else []),
            TokenSecurity,
            *([Admission] if admission else []),
            Validation,
            Dispatch,
        ]
        try:
            super().__init__(
                not_found,
                middlewares=middlewares,
                resolver=Resolver(lambda name: getattr(operations, underscore(name))),
                document=document,
                trusted=spec.path in (shipped("openapi.yaml"), shipped("control.yaml")),
                options={
                    "accepted_tokens": accepted,
                    "tokens": tokens,
                    "store": store,
                    "clocks": clocks,
                    "steering": steering,
                    "takes_session": admission is not None,
                },
            )
        except Exception as error:
            first_line = str(error).partition(chr(10))[0][:300]
            reason = explain(spec.path, spec.document()) or f"{spec.path}: {first_line}."
            raise SpecError(f"{reason} Expected OpenAPI 3.0 with the mock's operations.") from error
