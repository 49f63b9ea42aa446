"""One of several servers with the same Redis."""

from collections.abc import Awaitable, Callable, Mapping
from contextlib import AbstractAsyncContextManager

from scribe_mock.errors import ApiError
from scribe_mock.sharing.mirror import Mirror
from scribe_mock.sharing.planted import Planted, SigningKeys
from scribe_mock.sharing.sharing import Sharing
from scribe_mock.sharing.steering_state import SteeringState
from scribe_mock.store.redis.connection import Connection


class Shared(Sharing):
    """What this server has in common with others.

    Args:
        connection: Redis.
    """

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        self._state = SteeringState(connection)
        self._planted = Planted()

    async def join(
        self,
        mirrors: Mapping[str, Mirror],
        keys: SigningKeys,
        plant: Callable[[], Awaitable[None]],
    ) -> None:
        """Begin to have what the others have.

        Args:
            mirrors: The parts of this server that others have too, by name.
            keys: What this server signs with.
            plant: Makes what a fresh server has, if no other one did.
        """
        self._keys, self._plant = keys, plant
        self._state.mirror({**mirrors, "keys": keys, "planted": self._planted})
        await self._look()

    async def leave(self) -> None:
        """Leave the others alone: this server stops."""
        await self._state.leave()

    def changing(self) -> AbstractAsyncContextManager[None]:
        """Around whatever changes what servers share; see Sharing."""
        return self._state.changing()

    async def look(self) -> ApiError | None:
        """Before a request: learn what others have changed, or why that can't be learned."""
        try:
            await self._look()
        except ApiError as error:
            return error
        return None

    async def _look(self) -> None:
        [version] = await self._connection.run(("GET", self._state.version_key))
        await self._state.saw(version)
        if not self._planted.done:
            await self._make_fresh()

    async def _make_fresh(self) -> None:
        """Make what a fresh server has, unless another server does that meanwhile."""
        async with self.changing():
            if not self._planted.done:
                self._keys.plant()
                await self._plant()
                self._planted.finish()
