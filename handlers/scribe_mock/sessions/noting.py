"""What a part of the server tells of its changes, for other servers that have the same state."""

from collections.abc import Callable

#: Is told the key of each entry that was made, changed or removed.
Noted = Callable[[str], None]


def not_shared(key: str) -> None:
    """Do nothing: no other server has this state."""
