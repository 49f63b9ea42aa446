"""What a server prints when it starts."""

import io
import sys

from scribe_mock import __version__
from scribe_mock.paths import BASE_PATH
from scribe_mock.server.certificates import Certificate, lan_address
from scribe_mock.settings import Settings

#: The page that a phone is wanted for.
_RECORDER = "/_mock/ui/record"


def welcome(
    settings: Settings, address: str, *, is_loopback: bool, certificate: Certificate | None
) -> str:
    """The lines that a server prints when it starts.

    Args:
        settings: How it was started.
        address: `http://host:port` or `https://host:port`.
        is_loopback: Whether only this machine can connect to it.
        certificate: Its certificate, if it has TLS.
    """
    token = settings.token[0] if settings.token else "any"
    warning = None if is_loopback else _network_warning(settings)
    shown = f"\nWarning: {warning}\n" if warning else ""
    phone = _for_a_phone(address, is_loopback) if certificate else ""
    trust = f" --cacert {certificate.certfile}" if certificate and settings.self_signed else ""
    return f"""\
scribe-mock {__version__} is listening. Stop it with Ctrl-C.

  API       {address}{BASE_PATH}
  Docs      {address}/docs
  Inspector {address}/_mock/ui
  Control   {address}/_mock/health
{shown}{phone}
Try it:

  curl{trust} -X POST {address}{BASE_PATH}/sessions \\
    -H 'Authorization: Bearer {token}' -d '{{"upload_type": "chunked"}}'
"""


def _network_warning(settings: Settings) -> str:
    """What other machines can do with a server that does not listen on loopback alone."""
    reached = (
        f"{settings.host} is not a loopback address, so other machines on the network\n"
        "can reach all sessions and the control API, "
    )
    if settings.token:
        return f"{reached}with a bearer token given by --token."
    return (
        f"{reached}with any bearer token; the control\nAPI needs none. "
        "Limit this with --token, or listen on 127.0.0.1."
    )


def _for_a_phone(address: str, is_loopback: bool) -> str:
    """Where a phone finds the recorder, as an address and as a QR code."""
    reached = lan_address()
    if is_loopback or reached is None:
        return "\nFor a phone on the same network, start it with --host 0.0.0.0.\n"
    import segno  # only here: few servers show a code

    port = address.rpartition(":")[2]
    url = f"https://{reached}:{port}{_RECORDER}"
    code = io.StringIO()
    segno.make(url, micro=False).terminal(code, border=2, compact=True)
    asks = "Its browser asks once whether to trust the certificate."
    return f"\n  On a phone {url}\n  {asks}\n{_printable(code.getvalue())}"


def _printable(code: str) -> str:
    """The code, unless the terminal has no such characters."""
    try:
        code.encode(sys.stdout.encoding or "ascii")
    except (UnicodeEncodeError, LookupError):
        return ""
    return f"\n{code}"
