"""The options of `scribe-mock check`, defined once for the command line and for pytest.

pytest has each of them with `--scribe-` in front, such as `--scribe-patience`.
"""

import argparse
import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from scribe_mock.contract.core.exceptions import CannotRun
from scribe_mock.contract.core.options import Options
from scribe_mock.contract.transport.address import Address
from scribe_mock.contract.transport.reach import client_context, is_host
from scribe_mock.settings import CHECK_PREFIX, CLIENT_ID, CLIENT_SECRET

#: The texts of an option without a value in the environment.
_SWITCHES = {"1": True, "true": True, "yes": True, "0": False, "false": False, "no": False}


@dataclass(frozen=True, kw_only=True)
class Argument:
    """One option.

    Args:
        name: Without the dashes before it.
        help: What it does, in a line.
        metavar: What stands for the value in `--help`; empty for an option without a value.
        convert: Makes the value from its text.
        default: The value without the option.
        repeats: Whether it may be given again; the value is then a list.
        lines: Whether several values in the environment are lines, and not words.
        for_rules: Whether `scribe-mock rules` has it, too.
        for_pytest: Whether pytest has it, too.
        prefix: What its environment variable begins with.
    """

    name: str
    help: str
    metavar: str = ""
    convert: Callable[[str], Any] = str
    default: Any = None
    repeats: bool = False
    lines: bool = False
    for_rules: bool = False
    for_pytest: bool = True
    prefix: str = CHECK_PREFIX

    @property
    def variable(self) -> str:
        """The environment variable with the same effect."""
        return f"{self.prefix}{self.destination.upper()}"

    def from_environment(self, text: str) -> Any:
        """The value that a text of the environment stands for; raises ValueError."""
        if self.metavar:
            if self.repeats:
                return text.splitlines() if self.lines else text.split()
            return self.convert(text)
        if text.lower() not in _SWITCHES:
            raise ValueError
        return _SWITCHES[text.lower()]

    @property
    def destination(self) -> str:
        """The attribute that holds the value."""
        return self.name.replace("-", "_")

    def add_to(self, add: Callable[..., Any], prefix: str = "--") -> None:
        """Add it to a parser.

        Args:
            add: `add_argument` of argparse, or `addoption` of pytest.
            prefix: What stands before the name.
        """
        if not self.metavar:
            add(prefix + self.name, action="store_true", help=self.help)
            return
        shown = self.help if self.default is None else f"{self.help} (default: {self.default})"
        add(
            prefix + self.name,
            metavar=self.metavar,
            type=self.convert,
            action="append" if self.repeats else "store",
            default=None,  # `settle` fills it in, after a look into the environment
            help=shown,
        )


ARGUMENTS = (
    Argument(name="token", metavar="T", default=Options.token, help="bearer token to send"),
    Argument(
        name="login", help=f"get a token with the id and secret in {CLIENT_ID} and {CLIENT_SECRET}"
    ),
    Argument(
        name="expired-session",
        metavar="ID",
        default=Options.expired_session,
        help="a session that has expired; scribe-mock has the default one",
    ),
    Argument(
        name="create-field",
        metavar="NAME=JSON",
        repeats=True,
        lines=True,
        help="a field that Create session always sends, such as templates='[\"soap\"]'; may be "
        "given again",
    ),
    Argument(name="yes", help="do not ask before a public host is checked"),
    Argument(name="read-only", help="send only requests that change nothing on the server"),
    Argument(
        name="only",
        metavar="RULE",
        repeats=True,
        for_rules=True,
        help="rules to try, such as upload.limit.*; may be given again",
    ),
    Argument(
        name="skip",
        metavar="RULE",
        repeats=True,
        for_rules=True,
        help="rules not to try; may be given again",
    ),
    Argument(name="list", for_pytest=False, help="list the rules that would be tried, and stop"),
    Argument(
        name="against",
        metavar="FILE",
        for_pytest=False,
        help="the server's own OpenAPI file; before the run, its differences from the contract are "
        "listed as notes",
    ),
    Argument(name="strict", help="let notes fail the run, too"),
    Argument(name="allow-skipped", help="exit with 0 even if rules were not checked"),
    Argument(name="keep", help="do not delete the sessions of the check on a mock"),
    Argument(
        name="report",
        metavar="KIND=FILE",
        repeats=True,
        help="also write a report: json, junit, html, sarif or ctrf; may be given again",
    ),
    Argument(
        name="verbose",
        for_pytest=False,
        help="also print each finding in full, with commands that reproduce it, and the coverage",
    ),
    Argument(
        name="github",
        for_pytest=False,
        help="also print annotations for GitHub Actions, and write the step's summary",
    ),
    Argument(
        name="seed",
        metavar="N",
        convert=int,
        default=Options.seed,
        help="seed for random test data; the same seed sends the same requests",
    ),
    Argument(
        name="patience",
        metavar="S",
        convert=float,
        default=Options.patience,
        help="seconds that processing may take; above the default, other answers may take longer, "
        "too",
    ),
    Argument(
        name="time-budget",
        metavar="S",
        convert=float,
        help="start no more rules after this many seconds",
    ),
    Argument(
        name="concurrency",
        metavar="N",
        convert=int,
        default=Options.concurrency,
        help="most requests at the same time",
    ),
    Argument(
        name="max-bytes",
        metavar="N",
        convert=int,
        default=Options.max_bytes,
        help="most bytes of request bodies in the whole run",
    ),
    Argument(
        name="rate",
        metavar="N",
        convert=float,
        help="most requests a second over all connections, WebSockets and fuzzing included",
    ),
    Argument(
        name="follow-host",
        metavar="HOST",
        repeats=True,
        help="also connect to this host, HOST or HOST:PORT, where the server's addresses lead to "
        "it, without the token; may be given again",
    ),
    Argument(
        name="cacert",
        metavar="FILE",
        help="trust the certificates in this PEM file instead of the system's",
    ),
    Argument(name="insecure", help="do not verify the server's certificate"),
)


def settle(
    values: argparse.Namespace,
    environ: Mapping[str, str],
    arguments: Sequence[Argument] = ARGUMENTS,
    command: str = "check",
) -> None:
    """Fill in each option that was not given, from the environment or with its default.

    Args:
        values: One attribute for each of the arguments; those that lack are filled in, too.
        environ: The environment.
        arguments: The options of the command.
        command: Its name.

    Raises:
        CannotRun: a variable is unknown, or its value makes no sense.
    """
    known = {argument.variable: argument for argument in arguments}
    prefix = arguments[0].prefix
    for name in environ:
        if name.startswith(prefix) and name not in known:
            raise CannotRun(
                f"There is no option for the variable {name}; see scribe-mock {command} -h."
            )
    for name, argument in known.items():
        value = getattr(values, argument.destination, None)
        if value is None or value is False or value == []:
            value = [] if argument.repeats else argument.default if argument.metavar else False
            if environ.get(name):
                value = _from(environ, argument)
        setattr(values, argument.destination, value)


def _from(environ: Mapping[str, str], argument: Argument) -> Any:
    text = environ[argument.variable]
    try:
        return argument.from_environment(text)
    except ValueError:
        kind = argument.metavar or "1 or 0"
        raise CannotRun(f"{argument.variable} must be {kind}, not {text[:100]!r}.") from None


def read_options(values: argparse.Namespace, environ: Mapping[str, str]) -> Options:
    """The options of a run.

    Args:
        values: One attribute for each of ARGUMENTS, and `url`.
        environ: Where the id and the secret for `--login` are.

    Raises:
        CannotRun: a value makes no sense.
    """
    if values.concurrency < 1 or values.max_bytes < 0 or not values.patience >= 0:
        raise CannotRun("--concurrency is at least 1; --max-bytes and --patience are at least 0.")
    if not (values.token.isascii() and values.token.isprintable()):
        raise CannotRun("--token has a character that no header field can have.")
    if values.rate is not None and not values.rate > 0:
        raise CannotRun("--rate is above 0, such as 10, or 0.5 for one request in two seconds.")
    if wrong := [host for host in values.follow_host if not is_host(host)]:
        raise CannotRun(f"--follow-host {wrong[0]}: expected HOST or HOST:PORT.")
    _try_certificates(values.cacert)
    return Options(
        base=_base(values.url),
        token=values.token,
        login=_login(environ) if values.login else None,
        patience=values.patience,
        seed=values.seed,
        only=tuple(values.only),
        skip=tuple(values.skip),
        time_budget=values.time_budget,
        strict=values.strict,
        concurrency=values.concurrency,
        max_bytes=values.max_bytes,
        rate=values.rate,
        follow_host=tuple(values.follow_host),
        cacert=values.cacert or "",
        insecure=values.insecure,
        read_only=values.read_only,
        expired_session=values.expired_session,
        allow_skipped=values.allow_skipped,
        keep=values.keep,
        create_fields=_create_fields(values.create_field),
    )


def _create_fields(texts: Iterable[str]) -> dict[str, Any]:
    """Fields for Create session by name; raises CannotRun."""
    found: dict[str, Any] = {}
    for text in texts:
        name, equals, value = text.partition("=")
        try:
            found[name] = json.loads(value)
        except ValueError:
            equals = ""
        if not (name and equals):
            raise CannotRun(
                f"--create-field {text}: expected NAME=JSON, such as templates='[\"soap\"]';"
                " a text has quotes, too: model='\"pro\"'."
            )
    if not isinstance(found.get("additional_data", {}), dict):
        raise CannotRun("--create-field additional_data is a JSON object.")
    return found


def _base(url: str | None) -> Address:
    if not url:
        raise CannotRun("Name the server: scribe-mock check http://127.0.0.1:8080/voice/v1")
    try:
        base = Address.parse(url)
    except ValueError as error:
        raise CannotRun(f"{error}.") from None
    if base.origin.scheme not in ("http", "https"):
        raise CannotRun(f"{url} is not an http or https address.")
    return base


def _try_certificates(path: str | None) -> None:
    try:
        client_context(path or "", insecure=False)
    except OSError as error:
        reason = error.strerror or "it has no certificate in PEM"
        raise CannotRun(f"--cacert {path} can't be used: {reason}.") from None


def _login(environ: Mapping[str, str]) -> tuple[str, str]:
    client_id, secret = environ.get(CLIENT_ID, ""), environ.get(CLIENT_SECRET, "")
    if not client_id or not secret:
        raise CannotRun(f"--login needs {CLIENT_ID} and {CLIENT_SECRET} in the environment.")
    return client_id, secret
