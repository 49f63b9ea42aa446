"""What is raised when a rule, or a whole run, cannot be tried; the text says why."""


class Skip(Exception):
    """One rule cannot be tried."""


class CannotRun(Exception):
    """Nothing can be checked; the text also says what to do."""
