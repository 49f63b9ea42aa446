"""Addresses that need no token: a signature says what they allow, and until when."""

import hashlib
import hmac
import secrets
from urllib.parse import urlencode

from scribe_mock.errors import Forbidden

#: How long a signed address works, in seconds.
VALID_SECONDS = 86400


class SignedAddresses:
    """Signs the addresses of one server, and checks them; another server's are not valid here.

    An address expires by the clock of the session that it belongs to.
    """

    def __init__(self) -> None:
        #: Signs the addresses; servers that share their state have the same one.
        self.key = secrets.token_bytes(32)

    def sign(self, method: str, path: str, now: float, seconds: int = VALID_SECONDS) -> str:
        """The path with a query that allows this method on it for so many seconds."""
        expires = int(now) + seconds
        query = urlencode({"expires": expires, "signature": self._signature(method, path, expires)})
        return f"{path}?{query}"

    def check_signature(self, method: str, path: str, expires: str, signature: str) -> int:
        """Until when `sign` allowed the method on the path; raises Forbidden if it did not."""
        good = expires.isascii() and expires.isdigit() and len(expires) < 13
        if not good or not hmac.compare_digest(
            self._signature(method, path, int(expires)).encode(), signature.encode()
        ):
            raise Forbidden(
                "The signature does not fit this address. Use the address exactly as it was "
                "returned, with the method that it is for."
            )
        return int(expires)

    def _signature(self, method: str, path: str, expires: int) -> str:
        text = f"{method} {path} {expires}".encode()
        return hmac.new(self.key, text, hashlib.sha256).hexdigest()


def check_time(expires: int, now: float) -> None:
    """Raise Forbidden if an address has expired."""
    if now >= expires:
        raise Forbidden("This address has expired. Ask for a new one.")
