"""What something is set for: all, one token, or one session."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Scope:
    """One session, one owner, or all, if neither is given.

    Args:
        session_id: The one session that is meant.
        owner: The digest of the token whose sessions are meant (`sessions.owners`).
    """

    session_id: str | None = None
    owner: str | None = None

    def covers(self, session_id: str | None, owner: str | None) -> bool:
        """Whether this scope includes a session, or a request, of this owner."""
        return self.session_id in (None, session_id) and self.owner in (None, owner)
