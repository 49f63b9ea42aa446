"""Routing by the paths that Connexion read from the spec, in one step."""

from dataclasses import dataclass
from typing import Any

from connexion.middleware.routing import RoutingMiddleware
from starlette.types import ASGIApp, Receive, Scope, Send

from scribe_mock.errors import MethodNotAllowed, NotFound
from scribe_mock.server.connexion_internals import RoutedPath, next_operation, routed_paths
from scribe_mock.server.steering.requests import SteeredRequests


@dataclass(frozen=True, slots=True)
class _Target:
    """Where a request goes: a path with its method, and the checks of its operation."""

    path: RoutedPath
    app: ASGIApp


class SpecRouting(RoutingMiddleware):
    """Finds the operation of a request, and calls its first middleware directly.

    Connexion would search two routers of Starlette, copy the request's scope for each, and then
    look up the operation in every middleware.
    """

    def __init__(self, app: Any) -> None:
        super().__init__(app)
        self._targets: list[_Target] = []
        self._steering: SteeredRequests | None = None

    def add_api(
        self, specification: Any, *, steering: SteeredRequests | None, **options: Any
    ) -> None:
        """Add the operations of a spec, and what steers their requests."""
        super().add_api(specification, **options)
        self._steering = steering
        self._targets = [
            _Target(path, next_operation(self.app, path.operation_id))
            for path in routed_paths(self)
        ]

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request to its operation; raises NotFound, MethodNotAllowed."""
        path, method = scope["path"].removeprefix(scope.get("root_path", "")), scope["method"]
        allowed: set[str] = set()
        for target in self._targets:
            found = target.path.pattern.match(path)
            if found is None:
                continue
            if method in target.path.methods:
                parameters: dict[str, Any] = found.groupdict()
                for name, convertor in target.path.convertors.items():
                    parameters[name] = convertor.convert(parameters[name])
                scope["path_params"] = parameters
                operation = scope["scribe_mock.operation"] = target.path.operation_id
                steering = self._steering
                if steering is not None and (steering.faults.any or "scribe_mock.prefer" in scope):
                    await steering.serve(operation, target.app, scope, receive, send)
                else:
                    await target.app(scope, receive, send)
                return
            allowed |= target.path.methods
        if allowed:
            raise MethodNotAllowed(method, sorted(allowed))
        await not_found(scope, receive, send)


async def not_found(scope: Scope, receive: Receive, send: Send) -> None:
    """An ASGI app for paths that the spec does not have; raises NotFound."""
    raise NotFound(f"There is nothing at {scope['path'][:200]!r}. The documentation is at /docs.")
