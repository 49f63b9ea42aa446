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

    async def look_again(self) -> None:
        """After a wait: learn what others have changed meanwhile; raises ServiceUnavailable."""

    async def settle(self, session_id: str) -> None:
        """Let the other servers close the socket of a session, once all its audio is stored."""

    async def leave(self) -> None:
        """Leave the others alone: this server stops."""

    async def forget_requests(self, scope: Scope) -> None:
        """Let the other servers forget the entries of the journal of a scope."""

    async def forget(self, scope: Scope) -> None:
        """Let the other servers forget what they have of a scope by themselves."""


#: What a server shares that is alone.
ALONE = Sharing()
