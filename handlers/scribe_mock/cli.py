"""The command line: parsing, printing and exit codes.

Exit codes of `serve`: 0 stopped, 1 a bug or a failed start, 2 a wrong option, 3 the address cannot
be listened on, 4 a broken spec, 5 a broken fixture. For `audio` see `audio_command`, for `check`
and `rules` see `contract.command`.
"""

import argparse
import logging
import os
import signal
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import MISSING, fields, replace
from pathlib import Path
from typing import Any

from scribe_mock import __version__, audio_command
from scribe_mock.errors import SettingsError, SpecError, StartError
from scribe_mock.quick_start import quick_start
from scribe_mock.settings import ENVIRONMENT_PREFIX, Settings, option_name, read_option
from scribe_mock.spec import shipped


def main(arguments: Sequence[str] | None = None) -> int:
    """Run `scribe-mock`; returns the exit code."""
    arguments = sys.argv[1:] if arguments is None else arguments
    options = _parser(serves=arguments[:1] == ["serve"]).parse_args(arguments)
    if options.command in ("check", "rules"):
        from scribe_mock.contract import command

        return command.run(options, os.environ, sys.stdin)
    if options.command == "examine":
        from scribe_mock.examine import command as examine_command

        return examine_command.run(options, os.environ)
    try:
        if options.command == "audio":
            return audio_command.run(options)
        if options.command == "docs":
            return docs(options.spec, options.output)
        if options.command == "client":
            return client(options.output)
        return serve(_settings(options))
    except StartError as error:
        print(f"scribe-mock: {error}", file=sys.stderr)
        return error.exit_code
    except KeyboardInterrupt:
        return 0


def serve(settings: Settings) -> int:
    """Serve until Ctrl-C or SIGTERM; raises StartError."""
    log = logging.StreamHandler(sys.stderr)
    logging.basicConfig(level=logging.WARNING, format="%(message)s", handlers=[log])
    for name in ("requests", "watching"):
        logging.getLogger(f"scribe_mock.{name}").setLevel(
            logging.WARNING if settings.quiet else logging.INFO
        )
    # Connexion's own message about a broken spec is less clear than the SpecError.
    logging.getLogger("connexion").setLevel(logging.CRITICAL)
    # uvicorn logs this for each refused WebSocket, although the refusal was sent.
    logging.getLogger("uvicorn.error").addFilter(
        lambda record: "without completing handshake" not in record.getMessage()
    )
    with _stoppable():
        with quick_start():
            # Imported here so that `--help` and messages about wrong options are quick.
            from scribe_mock.server.certificates import certificate_of
            from scribe_mock.workers import check_workers

            check_workers(settings)
            certificate = certificate_of(settings, os.environ)
            from scribe_mock.server.request_log import JsonLines, TextLines
            from scribe_mock.serving import Serving

            log.setFormatter(JsonLines() if settings.log_format == "json" else TextLines())
            serving = Serving(settings, certificate)
        return serving.run()


@contextmanager
def _stoppable() -> Iterator[None]:
    """End the process with 0 on Ctrl-C or SIGTERM, until the server handles them itself.

    KeyboardInterrupt in the middle of an import would print a traceback.
    """
    handlers = {number: signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM)}
    for number in handlers:
        signal.signal(number, lambda *_: os._exit(0))
    try:
        yield
    finally:
        for number, before in handlers.items():
            signal.signal(number, before)


def docs(spec: Path | None, output: Path) -> int:
    """Write the documentation into a folder; raises SpecError, SettingsError."""
    from scribe_mock.spec import explain, load_spec
    from scribe_mock.web.docs.export import export

    # The shipped file is valid: the tests check it.
    if spec is not None and (fault := explain(spec, load_spec(spec))):
        raise SpecError(fault)
    try:
        first, *_ = export(spec or shipped("openapi.yaml"), shipped("control.yaml"), output)
    except OSError as error:
        raise SettingsError(f"--output {output} can't be written: {error.strerror}.") from None
    print(f"Open {first} in a browser.")
    return 0


def client(output: Path) -> int:
    """Write the JavaScript client into a folder; raises SettingsError."""
    try:
        output.mkdir(parents=True, exist_ok=True)
        for source in sorted(shipped("client").iterdir()):
            (output / source.name).write_bytes(source.read_bytes())
            print(output / source.name)
    except OSError as error:
        raise SettingsError(f"--output {output} can't be written: {error.strerror}.") from None
    return 0


def _settings(options: argparse.Namespace) -> Settings:
    """The settings from the environment, overridden by those of the command line."""
    given = {name: value for name, value in vars(options).items() if name != "command"}
    texts = {name: value for name, value in given.items() if value is not None}
    changes: dict[str, Any] = {
        name: value if value is True else read_option(name, value) for name, value in texts.items()
    }
    return replace(Settings.from_env(os.environ), **changes)


def _parser(*, serves: bool) -> argparse.ArgumentParser:
    """The parser of all commands; with `serves` without the check's, for a quicker start."""
    parser = argparse.ArgumentParser(
        prog="scribe-mock",
        description="A mock of EkaScribe's session API, and a check of servers that claim it.",
        epilog="The exit codes of each command are in its own --help.",
    )
    parser.add_argument("--version", action="version", version=f"scribe-mock {__version__}")
    commands = parser.add_subparsers(dest="command", required=True, metavar="COMMAND")
    serving = commands.add_parser(
        "serve",
        help="start the mock server",
        description="Start the mock server.",
        epilog=f"Every option is also an environment variable: {ENVIRONMENT_PREFIX}PORT=9000. "
        "Exit codes: 0 stopped, 1 a bug or a failed start, 2 a wrong option, 3 the address "
        "cannot be listened on, 4 a broken spec, 5 a broken fixture.",
    )
    for field in fields(Settings):
        _add_option(serving, field.name, field.metadata, field.default)
    audio_command.add_command(commands)
    _add_docs(commands)
    _add_client(commands)
    if not serves:
        from scribe_mock.contract import command
        from scribe_mock.examine import command as examine_command

        command.add_commands(commands)
        examine_command.add_command(commands)
    return parser


def _add_docs(commands: Any) -> None:
    command = commands.add_parser(
        "docs",
        help="write the documentation as files",
        description="Write the documentation as files that need no server and no network.",
    )
    command.add_argument(
        "--output",
        metavar="DIR",
        type=Path,
        required=True,
        help="folder to write; created if it does not exist",
    )
    command.add_argument(
        "--spec",
        metavar="FILE",
        type=Path,
        help="OpenAPI file; default: the shipped openapi.yaml",
    )


def _add_client(commands: Any) -> None:
    command = commands.add_parser(
        "client",
        help="write the JavaScript client",
        description="Write the JavaScript client for tests: a module for Node.js and browsers, a "
        "fixture for Playwright, and the types of both. It prints the files.",
        epilog="Exit codes: 0 written, 2 a wrong option, or a file cannot be written.",
    )
    command.add_argument(
        "--output",
        metavar="DIR",
        type=Path,
        required=True,
        help="folder to write to; created if it does not exist",
    )


def _add_option(command: argparse.ArgumentParser, name: str, metadata: Any, default: Any) -> None:
    if isinstance(default, bool):
        command.add_argument(
            option_name(name), action="store_const", const=True, help=metadata["explain"]
        )
        return
    shown = f" (default: {default})" if default not in (None, (), MISSING) else ""
    command.add_argument(
        option_name(name),
        metavar=metadata["metavar"],
        action=_Joined if default == () else "store",
        help=metadata["explain"] + shown,
    )


class _Joined(argparse.Action):
    """An option that may be repeated; its values are joined by commas."""

    def __call__(
        self,
        parser: argparse.ArgumentParser,
        namespace: argparse.Namespace,
        values: Any,
        option_string: str | None = None,
    ) -> None:
        before = getattr(namespace, self.dest)
        setattr(namespace, self.dest, f"{before},{values}" if before else values)
