"""What other servers have of this one; a server that is alone shares nothing."""

from contextlib import AbstractAsyncContextManager, nullcontext

from scribe_mock.sessions.scopes import Scope

_NOTHING = nullcontext()


class Sharing:
    """A server that is alone; `shared.Shared` is one of several."""

    def changing(self) -> AbstractAsyncContextManager[None]:
        """Around whatever changes what servers share: they see one change after the other.

        Nothing inside may wait for another request.

        Raises:
            ServiceUnavailable: the others can't be told.
        """
        return _NOTHING

    async def leave(self) -> None:
        """Leave the others alone: this server stops."""

    async def forget(self, scope: Scope) -> None:
        """Let the other servers forget what they have of a scope by themselves."""


#: What a server shares that is alone.
ALONE = Sharing()
