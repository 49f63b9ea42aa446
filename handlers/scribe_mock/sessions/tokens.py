"""The tokens that login and refresh hand out; each says itself whose it is and until when."""

import base64
import hashlib
import hmac
import secrets

from scribe_mock.errors import TokenExpired
from scribe_mock.sessions.clocks import Clocks
from scribe_mock.sessions.owners import owner_of
from scribe_mock.sessions.scopes import Scope

#: How long a token is good, in seconds: for the API, and for getting a new one.
ACCESS_SECONDS = 1800
REFRESH_SECONDS = 30 * 86400
#: The most tokens that are expired before their time.
MAX_EXPIRED = 10_000

#: What a token begins with.
_KINDS = ("access", "refresh")


class Tokens:
    """Makes the tokens of one server. None is stored: a signature tells its own from others.

    Args:
        clocks: All clocks; a token expires by the one of its owner.
    """

    def __init__(self, clocks: Clocks) -> None:
        self._clocks = clocks
        self._key = secrets.token_bytes(32)
        # The digests of tokens, with their owners.
        self._expired: dict[str, str] = {}

    def make(self, kind: str, seconds: int, owner: str) -> str:
        """A token such as `access_…` of this owner that is good for so many seconds."""
        until = int(self._clocks.of_owner(owner).now()) + seconds
        content = f"{until:x}.{secrets.token_hex(8)}.{_base64(bytes.fromhex(owner))}"
        return f"{kind}_{content}.{self._signature(kind, content)}"

    def expire(self, token: str) -> None:
        """Let a token be expired from now on, until `renewed` is told of it."""
        self._expired[owner_of(token)] = self.owner(token) or owner_of(token)
        if len(self._expired) > MAX_EXPIRED:
            self._expired.pop(next(iter(self._expired)))

    def renewed(self, token: str) -> None:
        """Login or refresh returned this token, so it is good again."""
        self._expired.pop(owner_of(token), None)

    def forget(self, scope: Scope) -> None:
        """Let the tokens of a scope be good again that `expire` was called for."""
        if scope.session_id is None:
            kept = {t: o for t, o in self._expired.items() if not scope.covers(None, o)}
            self._expired = kept

    def check(self, kind: str, token: str) -> None:
        """Raise TokenExpired if `make` made this token of this kind and its time is over.

        Other tokens expire by `expire` alone.
        """
        if self._expired and owner_of(token) in self._expired:
            raise TokenExpired("This token has expired. Get a new one with refresh or login.")
        content = self._content(kind, token) if token.startswith(kind) else None
        if content is None:
            return
        until, _, owner = content.split(".")
        if self._clocks.of_owner(_owner(owner)).now() >= int(until, 16):
            raise TokenExpired("This token has expired. Get a new one with refresh or login.")

    def owner(self, token: str) -> str | None:
        """Whose token this is, expired or not; None if `make` did not make it."""
        for kind in _KINDS:
            content = self._content(kind, token)
            if content is not None:
                return _owner(content.split(".")[2])
        return None

    def _content(self, kind: str, token: str) -> str | None:
        """What the token says, if it is one of this kind that `make` made."""
        if not token.startswith(f"{kind}_"):
            return None
        content, _, signature = token.removeprefix(f"{kind}_").rpartition(".")
        if not hmac.compare_digest(signature.encode(), self._signature(kind, content).encode()):
            return None
        return content

    def _signature(self, kind: str, content: str) -> str:
        digest = hmac.new(self._key, f"{kind} {content}".encode(), hashlib.sha256).digest()
        return _base64(digest[:18])


def _base64(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).decode().rstrip("=")


def _owner(encoded: str) -> str:
    return base64.urlsafe_b64decode(f"{encoded}=").hex()
