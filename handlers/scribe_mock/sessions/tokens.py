"""The tokens that login and refresh hand out; each says itself whose it is and until when."""

import base64
import hashlib
import hmac
import secrets

from scribe_mock.errors import TokenExpired
from scribe_mock.sessions.clocks import Clocks
from scribe_mock.sessions.noting import Noted, not_shared
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
        #: Signs the tokens; servers that share their state have the same one.
        self.key = secrets.token_bytes(32)
        #: Is told of each token that is expired, or good again (`sharing`).
        self.noted: Noted = not_shared
        # The digests of tokens, with their owners.
        self._expired: dict[str, str] = {}

    def make(self, kind: str, seconds: int, owner: str) -> str:
        """A token such as `access_…` of this owner that is good for so many seconds."""
        until = int(self._clocks.of_owner(owner).now()) + seconds
        content = f"{until:x}.{secrets.token_hex(8)}.{_base64(bytes.fromhex(owner))}"
        return f"{kind}_{content}.{self._signature(kind, content)}"

    def expire(self, token: str) -> None:
        """Let a token be expired from now on, until `renewed` is told of it."""
        self.load(owner_of(token), self.owner(token) or owner_of(token))
        self.noted(owner_of(token))
        if len(self._expired) > MAX_EXPIRED:
            self._renew(next(iter(self._expired)))

    def renewed(self, token: str) -> None:
        """Login or refresh returned this token, so it is good again."""
        self._renew(owner_of(token))

    def is_expired(self, token: str) -> bool:
        """Whether `expire` was called for a token, and `renewed` was not."""
        return owner_of(token) in self._expired

    def forget(self, scope: Scope) -> None:
        """Let the tokens of a scope be good again that `expire` was called for."""
        if scope.session_id is None:
            for digest in [t for t, o in self._expired.items() if scope.covers(None, o)]:
                self._renew(digest)

    def names(self) -> list[str]:
        """The digests of the tokens that are expired before their time."""
        return list(self._expired)

    def entry(self, key: str) -> str | None:
        """The owner of an expired token, by its digest."""
        return self._expired.get(key)

    def load(self, key: str, entry: str | None) -> None:
        """Let a token be expired, or good, as another server has it."""
        self._expired.pop(key, None)
        if entry is not None:
            self._expired[key] = entry

    def _renew(self, digest: str) -> None:
        self.load(digest, None)
        self.noted(digest)

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
        digest = hmac.new(self.key, f"{kind} {content}".encode(), hashlib.sha256).digest()
        return _base64(digest[:18])


def _base64(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).decode().rstrip("=")


def _owner(encoded: str) -> str:
    return base64.urlsafe_b64decode(f"{encoded}=").hex()
