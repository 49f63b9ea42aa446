"""The names of Connexion that it does not promise to keep, used in this module alone.

A test checks that each exists in the installed version:

- `connexion.middleware.main.API`: one spec and the options of its middlewares
- `ConnexionMiddleware.apis`, `.options`, `.middleware_stack`, `._build_middleware_stack`
- `connexion.middleware.abstract.RoutedMiddleware.apis`, and `RoutedAPI.operations` in it
- `connexion.middleware.routing.RoutingMiddleware.router`, and `RoutingOperation.operation_id`
- `connexion.spec.OpenAPISpecification._validate_spec`
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, cast

from connexion import ConnexionMiddleware
from connexion.middleware.abstract import RoutedMiddleware
from connexion.middleware.main import API
from connexion.middleware.routing import RoutingMiddleware
from connexion.resolver import Resolver
from connexion.spec import OpenAPISpecification, Specification
from starlette.convertors import StringConvertor
from starlette.routing import Mount, Route, Router
from starlette.types import ASGIApp


class TrustedSpecification(OpenAPISpecification):
    """A spec that is not validated at start, which takes a tenth of a second.

    Only for specs that ship with the program: the tests check that they are valid.
    """

    @classmethod
    def _validate_spec(cls, spec: Any) -> None:
        """Do nothing."""


class BuiltMiddleware(ConnexionMiddleware):
    """Connexion's middlewares around an app, built at once instead of at the first request.

    Args:
        app: Handles requests that no path of the spec matches.
        middlewares: From the outermost to the innermost.
        resolver: Finds the function of an operationId.
        document: The OpenAPI document.
        trusted: Whether the document is known to be valid.
        options: Further arguments of the middlewares' APIs.
    """

    def __init__(
        self,
        app: ASGIApp,
        *,
        middlewares: Sequence[Any],
        resolver: Resolver,
        document: dict[str, Any],
        trusted: bool,
        options: Mapping[str, Any],
    ) -> None:
        super().__init__(app, middlewares=list(middlewares), resolver=resolver)
        read = TrustedSpecification if trusted else Specification.from_dict
        self.apis.append(API(read(document), base_path=None, **options, **vars(self.options)))
        self.app, self.middleware_stack = self._build_middleware_stack()


def next_operation(next_app: ASGIApp, operation_id: str) -> ASGIApp:
    """What the next middleware does for an operation; Connexion would look it up per request.

    Connexion builds the innermost middleware first, so the next one is complete already.
    """
    if isinstance(next_app, RoutedMiddleware):
        for apis in next_app.apis.values():
            for api in apis:
                if operation_id in api.operations:
                    return cast(ASGIApp, api.operations[operation_id])
    return next_app


@dataclass(frozen=True, slots=True)
class RoutedPath:
    """One path and method of a spec.

    Args:
        pattern: Matches the whole path, with a group for each parameter.
        convertors: Starlette's convertor of each path parameter that is not just a string.
        methods: The accepted methods; HEAD where there is GET.
        operation_id: The operation.
    """

    pattern: re.Pattern[str]
    convertors: Mapping[str, Any]
    methods: frozenset[str]
    operation_id: str


def routed_paths(middleware: RoutingMiddleware) -> list[RoutedPath]:
    """The routes that Connexion made of the spec, in its order."""
    mounts = cast(list[Mount], middleware.router.routes)
    routes = [route for mount in mounts for route in cast(Router, mount.app).routes]
    return [_routed_path(route) for route in cast(list[Route], routes)]


def _routed_path(route: Route) -> RoutedPath:
    # `$` also matches before a newline at the end, which a client can send as %0A.
    pattern = route.path_regex.pattern.removesuffix("$")
    operation: Any = route.endpoint
    return RoutedPath(
        re.compile(rf"{pattern}\Z"),
        {name: c for name, c in route.param_convertors.items() if type(c) is not StringConvertor},
        frozenset(route.methods or ()),
        operation.operation_id,
    )
