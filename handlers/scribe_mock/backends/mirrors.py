"""The parts of a server whose entries are outside its memory too."""

from collections.abc import Mapping

from scribe_mock.backends.assembly import Assembly
from scribe_mock.sessions.scopes import Scope
from scribe_mock.sharing.mirror import Mirror
from scribe_mock.sharing.planted import SigningKeys


def mirrors(parts: Assembly) -> Mapping[str, Mirror]:
    """The parts by the names that their entries begin with."""
    return {
        "clocks": parts.clocks,
        "faults": parts.faults,
        "tokens": parts.tokens,
        "templates": parts.templates,
        "webhooks": parts.webhooks.registry,
        "examinations": parts.examinations,
    }


def signing_keys(parts: Assembly) -> SigningKeys:
    """What the server signs with."""
    return SigningKeys(tokens=parts.tokens, addresses=parts.addresses)


async def plant(parts: Assembly) -> None:
    """Make what a fresh server has, where nothing of it is left."""
    parts.fixture_faults.forget(Scope())
    await parts.resets.plant()
