"""The stations of one spec, put together by Connexion."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from connexion import ConnexionMiddleware
from connexion.middleware.main import API
from connexion.resolver import Resolver
from connexion.spec import OpenAPISpecification, Specification
from inflection import underscore

from scribe_mock.api.answers import ErrorMiddleware
from scribe_mock.errors import SpecError
from scribe_mock.server.admission import Admission
from scribe_mock.server.conformance import Conformance
from scribe_mock.server.dispatch import Dispatch, nowhere
from scribe_mock.server.routing import SpecRouting
from scribe_mock.server.security import TokenSecurity
from scribe_mock.server.validation import Validation
from scribe_mock.sessions.clock import Clock
from scribe_mock.spec import explain, load_spec, shipped
from scribe_mock.store.session_store import SessionStore


class ShippedSpecification(OpenAPISpecification):
    """A spec that ships: the tests hold it valid, so a start saves the tenth of a second."""

    @classmethod
    def _validate_spec(cls, spec: Any) -> None:
        """Nothing to do."""


class Api(ConnexionMiddleware):
    """One spec served by the methods of one object.

    Args:
        spec: The OpenAPI file.
        operations: Has an async method, in snake case, for each operationId.
        admission: The store and the clock that sessions are admitted by; None for a spec whose
            operations find their sessions themselves.
        tokens: The bearer tokens to accept; empty for any.
        validate_responses: Hold answers to the spec too; a wrong one becomes a 500.

    Raises:
        SpecError: the file is broken, or names an operation that is not there.
    """

    def __init__(
        self,
        spec: Path,
        operations: object,
        *,
        admission: tuple[SessionStore, Clock] | None,
        tokens: Sequence[str],
        validate_responses: bool,
    ) -> None:
        conformance = [Conformance] if validate_responses else []
        store, clock = admission or (None, None)
        super().__init__(
            nowhere,
            middlewares=[
                SpecRouting,
                *conformance,
                ErrorMiddleware,
                TokenSecurity,
                *([Admission] if admission else []),
                Validation,
                Dispatch,
            ],
            resolver=Resolver(lambda name: getattr(operations, underscore(name))),
        )
        document = load_spec(spec)
        ships = spec in (shipped("openapi.yaml"), shipped("control.yaml"))
        read = ShippedSpecification if ships else Specification.from_dict
        try:
            self.apis.append(
                API(
                    read(document),
                    base_path=None,
                    accepted_tokens=tokens,
                    store=store,
                    clock=clock,
                    takes_session=admission is not None,
                    **vars(self.options),
                )
            )
            self.app, self.middleware_stack = self._build_middleware_stack()
        except Exception as error:
            said = str(error).partition(chr(10))[0][:300]
            reason = explain(spec, load_spec(spec)) or f"{spec}: {said}."
            raise SpecError(f"{reason} Expected OpenAPI 3.0 with the mock's operations.") from error
