"""From station to station: an operation's checks follow each other without a look-up between."""

from typing import Any

from connexion.middleware.abstract import RoutedMiddleware
from starlette.types import ASGIApp


def next_station(next_app: ASGIApp, operation: Any) -> ASGIApp:
    """What the next station does for this operation; Connexion would ask it for each request.

    Connexion builds the innermost station first, so the next one is complete already.
    """
    if isinstance(next_app, RoutedMiddleware):
        for apis in next_app.apis.values():
            for api in apis:
                if operation.operation_id in api.operations:
                    return api.operations[operation.operation_id]  # type: ignore[no-any-return]
    return next_app
