"""Which hosts a run connects to, and whom it trusts: the server that was named, and no other."""

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from scribe_mock.contract.transport.address import Origin

if TYPE_CHECKING:
    import ssl

# ssl is imported where it is used: the pytest plugin imports this module at every start of pytest.


class Unreachable(Exception):
    """No connection could be made."""


class Distrusted(Unreachable):
    """TLS failed, so that nothing was sent."""


class Elsewhere(Unreachable):
    """An address leads to a host that was not named, so that no connection was tried."""


@dataclass(frozen=True, kw_only=True)
class Reach:
    """The hosts that a run may connect to.

    Args:
        base: The server that was named; None for any host.
        follow: More hosts, each as `HOST` or `HOST:PORT`.
        cacert: A file with the certificates to trust instead of the system's; empty for those.
        insecure: Whether any certificate will do.
    """

    base: Origin | None = None
    follow: tuple[str, ...] = ()
    cacert: str = ""
    insecure: bool = False

    def is_home(self, origin: Origin) -> bool:
        """Whether an origin is the server that was named; only this one may get the token."""
        return self.base is None or _place(origin) == _place(self.base)

    def allows(self, origin: Origin) -> bool:
        """Whether a connection may be made."""
        host, port, _ = _place(origin)
        return self.is_home(origin) or any(
            host == named and wanted in (None, port) for named, wanted in map(_named, self.follow)
        )

    def require(self, origin: Origin) -> None:
        """Raise Elsewhere if no connection may be made."""
        if not self.allows(origin):
            raise Elsewhere(
                f"{origin} is another server than {self.base}, so nothing was sent there;"
                f" --follow-host {origin.authority} allows it"
            )

    def tls(self, origin: Origin) -> "ssl.SSLContext | None":
        """How to encrypt a connection; None if it is not encrypted."""
        return self._context if origin.secure else None

    @cached_property
    def _context(self) -> "ssl.SSLContext":
        return client_context(self.cacert, insecure=self.insecure)


def client_context(cacert: str, *, insecure: bool) -> "ssl.SSLContext":
    """How to verify a server; for the arguments see `Reach`.

    Raises:
        OSError: the file can't be read, or has no certificate.
    """
    import ssl

    context = ssl.create_default_context(cafile=cacert or None)
    # Python 3.13 and later refuse certificates of private authorities that other clients accept.
    context.verify_flags &= ~ssl.VERIFY_X509_STRICT
    if insecure:
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE
    return context


def explained(origin: Origin, error: OSError) -> Unreachable:
    """Why a connection failed, in words, and what to do about TLS."""
    import ssl

    if isinstance(error, ssl.SSLCertVerificationError):
        why, advice = _CERTIFICATE.get(error.verify_code, (error.verify_message, _TRUST))
        return Distrusted(f"{origin} can't be trusted: {why}. {advice}")
    if isinstance(error, ssl.SSLError):
        why = (error.reason or str(error)).lower().replace("_", " ")
        if error.reason in ("WRONG_VERSION_NUMBER", "RECORD_LAYER_FAILURE"):
            why = f"the server does not speak TLS on port {origin.port}"
        return Distrusted(f"{origin} can't be reached with TLS: {why}. Is it an http:// address?")
    reason = getattr(error, "strerror", None) or str(error)
    return Unreachable(f"{origin} can't be reached: {reason}")


_INSECURE = "--insecure checks it all the same"
_TRUST = f"Name its issuer with --cacert FILE; {_INSECURE}"
#: OpenSSL's code of a failed verification (`X509_V_ERR_…`) → what is wrong, and what to do.
_CERTIFICATE = {
    9: ("its certificate is not valid yet", f"Are both clocks right? {_INSECURE}"),
    10: ("its certificate has expired", f"It needs a new one; {_INSECURE}"),
    18: ("its certificate is self-signed, so its issuer is unknown", _TRUST),
    19: ("its certificate was issued by an authority that is not trusted here", _TRUST),
    20: ("the issuer of its certificate is unknown", _TRUST),
    21: ("the issuer of its certificate is unknown", _TRUST),
    62: (
        "its certificate is for another host",
        f"Use a name that is in the certificate; {_INSECURE}",
    ),
    64: (
        "its certificate is not for this IP address",
        f"Use a name that is in the certificate; {_INSECURE}",
    ),
}


def _place(origin: Origin) -> tuple[str, int, bool]:
    return origin.host.lower().rstrip("."), origin.port, origin.secure


def _named(text: str) -> tuple[str, int | None]:
    parts = urlsplit(f"//{text}")
    return (parts.hostname or "").rstrip("."), parts.port


def is_host(text: str) -> bool:
    """Whether a text is `HOST` or `HOST:PORT`, as in `Reach.follow`."""
    try:
        host, _ = _named(text)
    except ValueError:
        return False
    return bool(host) and text.isascii() and text.isprintable() and not set(text) & set("/?#@ ")
