"""Connexion's routing, told to answer for exactly the paths of the spec."""

import re
from typing import Any, cast

from connexion.middleware.routing import RoutingMiddleware
from starlette.exceptions import HTTPException
from starlette.routing import Mount, Route, Router
from starlette.types import Receive, Scope, Send

from scribe_mock.errors import MethodNotAllowed


class SpecRouting(RoutingMiddleware):
    """Routes by the spec; a wrong method is answered with every method that would do."""

    def __init__(self, app: Any) -> None:
        super().__init__(app)
        self.router.redirect_slashes = False
        self._routes: list[Route] = []

    def add_api(self, specification: Any, **options: Any) -> None:
        """Add the spec's operations as Connexion does, then make their paths exact."""
        known = len(self.router.routes)
        super().add_api(specification, **options)
        for mount in cast(list[Mount], self.router.routes[known:]):
            router = cast(Router, mount.app)
            router.redirect_slashes = False
            # A name may hold a newline; which names will do is the operation's to say.
            mount.path_regex = re.compile(mount.path_regex.pattern, re.DOTALL)
            for route in cast(list[Route], router.routes):
                # `$` also matches before a newline at the end, which a client can send as %0A.
                pattern = route.path_regex.pattern.removesuffix("$")
                route.path_regex = re.compile(rf"{pattern}\Z")
                self._routes.append(route)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Route; raises MethodNotAllowed."""
        try:
            await super().__call__(scope, receive, send)
        except HTTPException as error:
            if error.status_code != 405:
                raise
            raise MethodNotAllowed(scope["method"], self._methods(scope["path"])) from None

    def _methods(self, path: str) -> list[str]:
        routes = [route for route in self._routes if route.path_regex.match(path)]
        return sorted({method for route in routes for method in route.methods or ()})
