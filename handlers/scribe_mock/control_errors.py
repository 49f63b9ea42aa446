"""The errors of the control API about faults, held requests, the journal, references, examinations.

ApiError
├── FaultNotFound             404 fault_not_found (control API only)
├── RequestNotHeld            404 request_not_held (control API only)
├── RequestNotFound           404 request_not_found (control API only)
├── ExaminationNotFound       404 examination_not_found (control API only)
├── ReferenceNotFound         404 reference_not_found (control API only)
├── VerificationFailed        409 verification_failed (control API only)
└── JournalIncomplete         409 journal_incomplete (control API only)
"""

from scribe_mock.errors import ApiError


class FaultNotFound(ApiError):
    """No fault has this id."""

    status, code = 404, "fault_not_found"


class RequestNotHeld(ApiError):
    """No request with this id waits for its release."""

    status, code = 404, "request_not_held"


class RequestNotFound(ApiError):
    """The journal has no entry with this id."""

    status, code = 404, "request_not_found"


class ExaminationNotFound(ApiError):
    """No examination has this id."""

    status, code = 404, "examination_not_found"


class ReferenceNotFound(ApiError):
    """Nobody said what was spoken during the session."""

    status, code = 404, "reference_not_found"


class VerificationFailed(ApiError):
    """What arrived is not what a test expected."""

    status, code = 409, "verification_failed"


class JournalIncomplete(ApiError):
    """The journal no longer has what would tell."""

    status, code = 409, "journal_incomplete"
