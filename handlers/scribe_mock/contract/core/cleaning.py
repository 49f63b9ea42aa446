"""What a run leaves behind: it deletes its sessions on a mock, and ends them anywhere else."""

import asyncio
from collections.abc import Awaitable, Callable, Iterable
from contextlib import suppress
from dataclasses import dataclass

from scribe_mock.contract.core.exceptions import Skip
from scribe_mock.contract.core.marks import MARK
from scribe_mock.contract.core.probe import Probe, in_path
from scribe_mock.contract.core.rule import Rule
from scribe_mock.contract.core.verdict import counted
from scribe_mock.contract.core.watch import RANKS
from scribe_mock.contract.transport.message import Answer
from scribe_mock.contract.transport.reach import Elsewhere, Unreachable

#: Seconds that cleaning may take; slow servers get more.
_SECONDS = 20.0
#: Fewer than all connections, so that what is tried meanwhile need not wait behind all sessions.
_AT_ONCE = 32
#: The control API of a mock, at the root of the host.
_HEALTH, _SESSIONS = "/_mock/health", "/_mock/sessions"


@dataclass(frozen=True, kw_only=True)
class Left:
    """What became of the sessions that a run created.

    Args:
        created: How many there were.
        deleted: How many were deleted, which is possible on a mock alone.
        open: How many of the others are not ended.
        name: The name of the run, by which the sessions are marked.
    """

    created: int
    deleted: int
    open: int
    name: str

    @property
    def left(self) -> int:
        """How many sessions are still on the server."""
        return self.created - self.deleted

    def __str__(self) -> str:
        if not self.created:
            return "The check created no session."
        if not self.left:
            return f"The check deleted the {counted(self.created, 'session')} that it created."
        ended = f"{self.open} of them not ended" if self.open else "all ended"
        return (
            f"The check left {counted(self.left, 'session')} on the server, {ended}; their"
            f" additional_data has {MARK}: {self.name}."
        )


class Cleaning:
    """Deletes the sessions of the run on a mock, and ends those that are open on another server.

    With `--keep` they are ended and not deleted.

    Args:
        probe: What sends the requests.
    """

    def __init__(self, probe: Probe) -> None:
        self._probe = probe
        self._deleted: set[str] = set()
        self._ended: set[str] = set()

    async def clean(self) -> None:
        """Delete or end those that were created up to now, in a bounded time."""
        probe, run = self._probe, self._probe.run
        created = set(run.watch.created)
        self._ended |= {name for name in created if _is_over(probe, name)}
        if created and not run.gone:
            with suppress(TimeoutError):
                async with asyncio.timeout(_SECONDS * run.options.slowness):
                    if not run.options.keep and await _is_mock(probe):
                        todo = created - self._deleted
                        await _each(todo, lambda name: _delete(probe, name), self._deleted)
                    else:
                        todo = created - self._ended
                        await _each(todo, lambda name: _end(probe, name), self._ended)

    def left(self) -> Left:
        """What is left on the server now."""
        run = self._probe.run
        created = set(run.watch.created)
        left = created - self._deleted
        return Left(
            created=len(created),
            deleted=len(created & self._deleted),
            open=len(left - self._ended),
            name=run.name,
        )


def _is_over(probe: Probe, session_id: str) -> bool:
    known = probe.run.watch.progress.get(session_id)
    return known is not None and known[0] >= RANKS["processing"]


async def _each(
    names: Iterable[str], call: Callable[[str], Awaitable[bool]], done: set[str]
) -> None:
    """Call for each session, some at the same time, and collect those for which it succeeded."""
    places = asyncio.Semaphore(_AT_ONCE)

    async def one(name: str) -> None:
        with suppress(Unreachable, Elsewhere, Skip):
            async with places:
                if await call(name):
                    done.add(name)

    await asyncio.gather(*(one(name) for name in names))


async def _is_mock(probe: Probe) -> bool:
    request = probe.request("GET", _HEALTH, at=probe.root())
    with suppress(Unreachable, Elsewhere):
        fields = (await probe.run.wire.send(request)).fields()
        return fields.get("status") == "ok" and "stored_bytes" in fields and "version" in fields
    return False


async def _delete(probe: Probe, session_id: str) -> bool:
    path = f"{_SESSIONS}/{in_path(session_id)}"
    answer = await _send(probe, "DELETE", path, at_root=True)
    return answer.status in (204, 404)


async def _end(probe: Probe, session_id: str) -> bool:
    path = f"/sessions/{in_path(session_id)}/end"
    answer = await _send(probe, "POST", path, at_root=False)
    return answer.accepted or answer.code in ("session_ended", "session_completed")


async def _send(probe: Probe, method: str, path: str, *, at_root: bool) -> Answer:
    """The answer; no rule judges it."""
    request = probe.request(method, path, at=probe.root() if at_root else None)
    return await probe.run.wire.send(request)


#: Rules that create more sessions than others.
_MANY = {
    "fuzz.schema.createSession": 30,
    "fuzz.links": 10,
    "create.unique": 10,
    "create.values": 10,
    "together.sessions": 16,
    "race.create": 16,
}
#: What finding out which operations there are takes, and what the rules share.
_SHARED = 10


def estimate(rules: Iterable[Rule]) -> int:
    """About how many sessions trying these rules creates, rounded up to tens."""
    most = [
        _MANY.get(rule.id, 1) for rule in rules if rule.check is not None and not rule.read_only
    ]
    return -(-(sum(most) + _SHARED) // 10) * 10 if most else 0
