"""What is raised when a rule, or a whole run, cannot be tried; the text says why."""

from scribe_mock.contract.plain_text import plain


class _Reason(Exception):
    """A reason in words, which may quote the server; it is made printable."""

    def __init__(self, text: str) -> None:
        super().__init__(plain(text, keep="\n"))


class Skip(_Reason):
    """One rule cannot be tried."""


class Senseless(Skip):
    """The server's own answers leave a rule nothing to try, so it does not count as unchecked."""


class LeftOut(Skip):
    """An option such as `--read-only` leaves the rule out, so it does not count as unchecked."""


class Throttled(Skip):
    """The server answers 429, whatever it is sent and however long the run waits."""


class CannotRun(_Reason):
    """Nothing can be checked; the text also says what to do."""
