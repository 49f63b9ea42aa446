"""The command line: parsing, printing and exit codes.

Exit codes of `serve`: 0 stopped as told, 1 a bug, 2 a bad option, 3 the address can't be listened
on, 4 a broken spec, 5 a broken fixture. Those of `check` and `rules`: see `contract.command`.
"""

import argparse
import logging
import os
import sys
from collections.abc import Sequence
from dataclasses import MISSING, fields, replace
from typing import Any

from scribe_mock import Settings, __version__, create_app
from scribe_mock.contract import command
from scribe_mock.errors import StartError
from scribe_mock.server import Server, address_of, listen
from scribe_mock.settings import ENVIRONMENT_PREFIX, option_name, read_option


def main(arguments: Sequence[str] | None = None) -> int:
    """Run `scribe-mock`; returns the exit code."""
    options = _parser().parse_args(arguments)
    if options.command in command.COMMANDS:
        return command.run(options, os.environ, sys.stdin)
    try:
        return serve(_settings(options))
    except StartError as error:
        print(f"scribe-mock: {error}", file=sys.stderr)
        return error.exit_code
    except KeyboardInterrupt:
        return 0


def serve(settings: Settings) -> int:
    """Serve until Ctrl-C or SIGTERM; raises StartError."""
    logging.basicConfig(level=logging.WARNING, format="%(message)s", stream=sys.stderr)
    logging.getLogger("scribe_mock.requests").setLevel(
        logging.WARNING if settings.quiet else logging.INFO
    )
    listener = listen(settings.host, settings.port)
    with listener:
        server = Server(create_app(settings))
        print(_welcome(settings, address_of(listener)), flush=True)
        server.run([listener])
    return 0


def _welcome(settings: Settings, address: str) -> str:
    token = settings.token[0] if settings.token else "any"
    return f"""\
scribe-mock {__version__} is listening. Stop it with Ctrl-C.

  API       {address}/voice/v1
  Docs      {address}/docs
  Control   {address}/_mock/health

Try it:

  curl -X POST {address}/voice/v1/sessions \\
    -H 'Authorization: Bearer {token}' -d '{{"upload_type": "chunked"}}'
"""


def _settings(options: argparse.Namespace) -> Settings:
    """The environment's settings, under those of the command line."""
    given = {name: value for name, value in vars(options).items() if name != "command"}
    texts = {name: value for name, value in given.items() if value is not None}
    changes: dict[str, Any] = {
        name: value if value is True else read_option(name, value) for name, value in texts.items()
    }
    environ = {key: os.environ[key] for key in os.environ if key not in command.VARIABLES}
    return replace(Settings.from_env(environ), **changes)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="scribe-mock",
        description="A mock of EkaScribe's session API, and a check of servers that claim it.",
    )
    parser.add_argument("--version", action="version", version=f"scribe-mock {__version__}")
    commands = parser.add_subparsers(dest="command", required=True, metavar="COMMAND")
    serving = commands.add_parser(
        "serve",
        help="start the mock server",
        description="Start the mock server.",
        epilog=f"Every option is also an environment variable: {ENVIRONMENT_PREFIX}PORT=9000. "
        "Exit codes: 0 stopped, 1 a bug, 2 a bad option, 3 the address is taken, "
        "4 a broken spec, 5 a broken fixture.",
    )
    for field in fields(Settings):
        _add_option(serving, field.name, field.metadata, field.default)
    command.add_commands(commands)
    return parser


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
    """An option that may be given again: its texts joined by commas."""

    def __call__(
        self,
        parser: argparse.ArgumentParser,
        namespace: argparse.Namespace,
        values: Any,
        option_string: str | None = None,
    ) -> None:
        before = getattr(namespace, self.dest)
        setattr(namespace, self.dest, f"{before},{values}" if before else values)
