"""The packages of the extra `check`: the base install serves, and leaves them out."""

from importlib.util import find_spec

from scribe_mock.contract.core.events import CannotRun

#: As pyproject.toml declares them.
PACKAGES = ("h11", "hypothesis", "requests", "rich", "schemathesis", "wsproto")


def require_extra() -> None:
    """Check that the extra is installed.

    Raises:
        CannotRun: a package is missing; the message says what to install.
    """
    missing = [name for name in PACKAGES if find_spec(name) is None]
    if missing:
        raise CannotRun(
            f"The check needs {', '.join(missing)}: pip install 'scribe-mock[check]' adds "
            f"{'it' if len(missing) == 1 else 'them'}."
        )
