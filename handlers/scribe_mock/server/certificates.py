"""The certificate of a server with TLS: a given one, or one that it signs itself.

The `openssl` command makes the latter: it is on nearly every system, and a package that can do so
would be larger than all of this program. The certificate is kept, so that a phone or a browser in
which somebody accepted it once accepts it again; it can't sign others.
"""

import hashlib
import shutil
import socket
import ssl
import subprocess
import tempfile
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from ipaddress import ip_address
from pathlib import Path

from scribe_mock.errors import SettingsError
from scribe_mock.settings import Settings

#: Days for which a certificate is good: browsers refuse much more.
_DAYS = 397
#: Seconds before the end of that, from which on another one is made.
_RENEWAL_SECONDS = 7 * 86400
#: The most seconds for one call of `openssl`.
_PATIENCE_SECONDS = 30

#: An address of nobody (RFC 5737): connecting to it by UDP sends nothing, but picks our address.
_ELSEWHERE = "198.51.100.1"

_REQUEST = """\
[req]
distinguished_name = subject
x509_extensions = extensions
prompt = no
[subject]
CN = scribe-mock
[extensions]
subjectAltName = {names}
keyUsage = critical, digitalSignature
extendedKeyUsage = serverAuth
basicConstraints = critical, CA:FALSE
"""


@dataclass(frozen=True)
class Certificate:
    """A certificate and its key, in PEM files.

    Args:
        certfile: The certificate, and those between it and its root.
        keyfile: The key; None if it is in `certfile`.
    """

    certfile: Path
    keyfile: Path | None


def certificate_of(settings: Settings, environ: Mapping[str, str]) -> Certificate | None:
    """The certificate that the settings ask for; None for a server without TLS.

    Args:
        settings: How the server was started.
        environ: The environment variables, which say where caches are.

    Raises:
        SettingsError: it can't be read, or not be made.
    """
    if settings.certfile is None and settings.keyfile is not None:
        raise SettingsError("--keyfile is the key of a --certfile: name that too.")
    if settings.certfile is not None and settings.self_signed:
        raise SettingsError("--certfile and --self-signed exclude each other: choose one.")
    if settings.self_signed:
        return _self_signed(_names(settings.host), _cache_folder(environ))
    if settings.certfile is None:
        return None
    certificate = Certificate(settings.certfile, settings.keyfile)
    _check(certificate)
    return certificate


def lan_address() -> str | None:
    """The address by which other machines reach this one; None without a network."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe, suppress(OSError):
        probe.connect((_ELSEWHERE, 9))
        address: str = probe.getsockname()[0]
        return None if ip_address(address).is_unspecified else address
    return None


def _check(certificate: Certificate) -> None:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    try:
        # The empty password keeps OpenSSL from asking for one at the terminal.
        context.load_cert_chain(certificate.certfile, certificate.keyfile, password="")
    except (OSError, ValueError) as error:
        reason = getattr(error, "reason", None) or getattr(error, "strerror", None) or error
        key = certificate.keyfile or certificate.certfile
        raise SettingsError(
            f"The certificate {certificate.certfile} with the key {key} can't be used: {reason}. "
            "--certfile and --keyfile expect PEM files that belong together, the key without a "
            "password."
        ) from None


def _names(host: str) -> Sequence[str]:
    """What the certificate is for, each in the form of `subjectAltName`."""
    machine = socket.gethostname().lower()
    found = ["localhost", "127.0.0.1", "::1", lan_address(), machine, f"{machine}.local", host]
    names = dict.fromkeys(filter(None, map(_name, filter(None, found))))
    return sorted(names)


def _name(text: str) -> str | None:
    try:
        address = ip_address(text)
    except ValueError:
        plain = text.isascii() and all(part.isalnum() for part in text.replace("-", ".").split("."))
        return f"DNS:{text}" if plain else None
    return None if address.is_unspecified else f"IP:{address}"


def _cache_folder(environ: Mapping[str, str]) -> Path:
    base = environ.get("XDG_CACHE_HOME") or environ.get("LOCALAPPDATA")
    return (Path(base) if base else Path.home() / ".cache") / "scribe-mock"


def _self_signed(names: Sequence[str], folder: Path) -> Certificate:
    """The kept certificate for these names; raises SettingsError if none can be made."""
    program = shutil.which("openssl")
    if program is None:
        raise SettingsError(
            "--self-signed needs the openssl command, which is not on the PATH. Install it, or "
            "give a certificate by --certfile and --keyfile."
        )
    digest = hashlib.sha256(",".join(names).encode()).hexdigest()[:12]
    certificate = Certificate(folder / f"{digest}.pem", folder / f"{digest}.key")
    if not _is_good(program, certificate):
        try:
            _make(program, names, certificate)
        except (OSError, subprocess.SubprocessError) as error:
            said = (getattr(error, "stderr", None) or str(error)).strip().splitlines()
            raise SettingsError(
                f"--self-signed: no certificate could be made in {folder}: {said[-1][:200]}. Set "
                "XDG_CACHE_HOME to a folder that can be written, or use --certfile."
            ) from None
    return certificate


def _is_good(program: str, certificate: Certificate) -> bool:
    """Whether a certificate is there, belongs to its key and is not about to end."""
    with suppress(SettingsError, subprocess.SubprocessError):
        _check(certificate)
        asked = ["-checkend", str(_RENEWAL_SECONDS), "-in", str(certificate.certfile)]
        _run(program, "x509", "-noout", *asked)
        return True
    return False


def _make(program: str, names: Sequence[str], certificate: Certificate) -> None:
    folder = certificate.certfile.parent
    folder.mkdir(parents=True, exist_ok=True)
    assert certificate.keyfile is not None
    # A folder that only this user may read; and no other start sees half a certificate.
    with tempfile.TemporaryDirectory(dir=folder) as temporary:
        config, key, made = (Path(temporary) / name for name in ("config", "key", "made"))
        config.write_text(_REQUEST.format(names=", ".join(names)))
        curve = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes"]
        files = ["-config", str(config), "-keyout", str(key), "-out", str(made)]
        _run(program, "req", "-x509", "-sha256", "-days", str(_DAYS), *curve, *files)
        key.chmod(0o600)
        key.replace(certificate.keyfile)
        made.replace(certificate.certfile)


def _run(program: str, *arguments: str) -> None:
    subprocess.run(
        [program, *arguments],
        check=True,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=_PATIENCE_SECONDS,
    )
