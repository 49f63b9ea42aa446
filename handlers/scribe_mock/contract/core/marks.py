"""Marks in what the check sends, by which a server's owner can tell it from other requests."""

#: The key in a session's `additional_data`; its value is the name of the run.
MARK = "scribe_mock_check"

#: A session id that no server has given to a session.
UNKNOWN_SESSION = "ses_00000000000000000000"
