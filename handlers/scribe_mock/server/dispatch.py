"""The last middleware: calls the operation's method, with its arguments by name."""

from typing import Any

from connexion.middleware.abstract import RoutedAPI, RoutedMiddleware
from starlette.requests import Request
from starlette.types import Receive, Scope, Send


class BoundOperation:
    """One operationId and its method.

    The method gets the request and, by name: the path parameters, with the session instead of its
    id; the query parameters of the spec that were sent; `body`, the validated JSON, if the spec has
    a body.
    """

    def __init__(self, operation: Any, takes_session: bool) -> None:
        self._function = operation.function
        self._takes_session = takes_session and "{session_id}" in operation.path
        self._query = [p["name"] for p in operation.parameters if p["in"] == "query"]
        self._takes_body = "application/json" in operation.request_body.get("content", {})

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Call the method, and send the answer that it returns."""
        request = Request(scope, receive)
        arguments = scope["path_params"]
        if self._takes_session:
            del arguments["session_id"]
            arguments["session"] = scope["scribe_mock.session"]
        for name in self._query:
            if name in request.query_params:
                arguments[name] = request.query_params[name]
        if self._takes_body:
            arguments["body"] = scope["scribe_mock.body"]
        response = await self._function(request, **arguments)
        await response(scope, receive, send)


class DispatchAPI(RoutedAPI[BoundOperation]):
    """The operations of one spec."""

    def __init__(self, *args: Any, takes_session: bool, **options: Any) -> None:
        super().__init__(*args, **options)
        self._takes_session = takes_session
        self.add_paths()

    def make_operation(self, operation: Any) -> BoundOperation:
        """The operation with the method that Connexion's resolver found."""
        return BoundOperation(operation, self._takes_session)


class Dispatch(RoutedMiddleware[DispatchAPI]):
    """Calls the operation of a request."""

    api_cls = DispatchAPI
