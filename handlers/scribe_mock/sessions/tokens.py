"""The tokens that login and refresh hand out; each says itself until when it is good."""

import base64
import hashlib
import hmac
import secrets

from scribe_mock.errors import TokenExpired
from scribe_mock.sessions.clock import Clock

#: How long a token is good, in seconds: for the API, and for getting a new one.
ACCESS_SECONDS = 1800
REFRESH_SECONDS = 30 * 86400


class Tokens:
    """Makes the tokens of one server. None is stored: a signature tells its own from others.

    Args:
        clock: The one clock, by which tokens expire.
    """

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._key = secrets.token_bytes(32)

    def make(self, kind: str, seconds: int) -> str:
        """A token such as `access_…` that is good for so many seconds."""
        until = f"{int(self._clock.now()) + seconds:x}.{secrets.token_hex(8)}"
        return f"{kind}_{until}.{self._signature(kind, until)}"

    def check(self, kind: str, token: str) -> None:
        """Raise TokenExpired if `make` made this token of this kind and its time is over.

        Other tokens do not expire.
        """
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
