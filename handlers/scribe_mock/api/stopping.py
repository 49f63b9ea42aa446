"""How a request learns that its server is about to stop."""

from starlette.types import Scope

#: The key that a stopping server puts into the `state` of the ASGI scope of each request.
STOPPING = "stopping"


def is_stopping(scope: Scope) -> bool:
    """Whether the server of this request is about to stop."""
    return STOPPING in scope.get("state", ())
