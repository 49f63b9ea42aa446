"""The tokens that login and refresh hand out; each says itself until when it is good."""

import base64
import hashlib
import hmac
import secrets

from scribe_mock.errors import TokenExpired
from scribe_mock.sessions.clock import Clock
from scribe_mock.sessions.owners import owner_of
from scribe_mock.sessions.scopes import Scope

#: How long a token is good, in seconds: for the API, and for getting a new one.
ACCESS_SECONDS = 1800
REFRESH_SECONDS = 30 * 86400
#: The most tokens that are expired before their time.
MAX_EXPIRED = 10_000


class Tokens:
    """Makes the tokens of one server. None is stored: a signature tells its own from others.

    Args:
        clock: The one clock, by which tokens expire.
    """

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._key = secrets.token_bytes(32)
        self._expired: dict[str, None] = {}

    def make(self, kind: str, seconds: int) -> str:
        """A token such as `access_…` that is good for so many seconds."""
        until = f"{int(self._clock.now()) + seconds:x}.{secrets.token_hex(8)}"
        return f"{kind}_{until}.{self._signature(kind, until)}"

    def expire(self, token: str) -> None:
        """Let a token be expired from now on, until `renewed` is told of it."""
        self._expired[owner_of(token)] = None
        if len(self._expired) > MAX_EXPIRED:
            self._expired.pop(next(iter(self._expired)))

    def renewed(self, token: str) -> None:
        """Login or refresh returned this token, so it is good again."""
        self._expired.pop(owner_of(token), None)

    def forget(self, scope: Scope) -> None:
        """Let the tokens of a scope be good again that `expire` was called for."""
        if scope == Scope():
            self._expired.clear()
        elif scope.owner is not None:
            self._expired.pop(scope.owner, None)

    def check(self, kind: str, token: str) -> None:
        """Raise TokenExpired if `make` made this token of this kind and its time is over.

        Other tokens expire by `expire` alone.
        """
        if self._expired and owner_of(token) in self._expired:
            raise TokenExpired("This token has expired. Get a new one with refresh or login.")
        if not token.startswith(f"{kind}_"):
            return
        until, _, signature = token.removeprefix(f"{kind}_").rpartition(".")
        if not hmac.compare_digest(signature.encode(), self._signature(kind, until).encode()):
            return
        if self._clock.now() >= int(until.partition(".")[0], 16):
            raise TokenExpired("This token has expired. Get a new one with refresh or login.")

    def _signature(self, kind: str, until: str) -> str:
        digest = hmac.new(self._key, f"{kind} {until}".encode(), hashlib.sha256).digest()
        return base64.urlsafe_b64encode(digest[:18]).decode()
