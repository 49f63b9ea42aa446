"""The packages that the check needs beyond those that serve: the extra `check`."""

from importlib.util import find_spec

from scribe_mock.contract.core.exceptions import CannotRun

#: Import names; their distributions are those of the extra in pyproject.toml.
PACKAGES = ("h11", "rich")


def require_extra() -> None:
    """Do nothing when the extra is installed.

    Raises:
        CannotRun: a package of it is missing.
    """
    missing = [name for name in PACKAGES if not _is_there(name)]
    if missing:
        raise CannotRun(
            f"The check needs more packages (missing: {', '.join(missing)}). "
            "Install them: pip install 'scribe-mock[check]'"
        )


def _is_there(name: str) -> bool:
    try:
        return find_spec(name) is not None
    except (ImportError, ValueError):
        return False
