"""What processing finds: a transcript, a result for each template, and what went wrong."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from scribe_mock.sessions.states import State


@dataclass(frozen=True, slots=True)
class TemplateResult:
    """What a template yields: `success` with data, or `failed` with None."""

    status: str
    data: Mapping[str, Any] | None


@dataclass(frozen=True, slots=True)
class ProcessingError:
    """One thing that went wrong in processing; `file` is a stored name where one applies."""

    type: str
    message: str
    file: str | None = None


@dataclass(frozen=True, slots=True)
class Outcome:
    """What processing will find, known from the moment the session is ended."""

    state: State
    transcript: str = ""
    language: str | None = None
    templates: Mapping[str, TemplateResult] = field(default_factory=dict)
    other_templates: TemplateResult = TemplateResult("success", {})
    errors: Sequence[ProcessingError] = ()

    def forced(self, state: State) -> "Outcome":
        """The same finding with another end; what does not fit the new end goes."""
        if state is self.state:
            return self
        if state is State.COMPLETED:
            return replace(self, state=state, errors=())
        forced = ProcessingError("forced", f"The outcome was set to {state} by hand.")
        return replace(self, state=state, errors=self.errors or [forced])

    def held_against(self, sent: int, received: int) -> "Outcome":
        """The same finding, partial when other than the received files were sent."""
        if sent == received or self.state is State.FAILED:
            return self
        error = ProcessingError(
            "audio_files_mismatch",
            f"The client sent {sent} audio files, the server received {received}.",
        )
        return replace(self, state=State.PARTIAL, errors=[*self.errors, error])

    def result(self, template_id: str) -> TemplateResult:
        """The result for one template; a failed session has only failed ones."""
        if self.state is State.FAILED:
            return TemplateResult("failed", None)
        return self.templates.get(template_id, self.other_templates)


@dataclass(frozen=True, slots=True)
class Document:
    """A template's result in a session; in progress until `ready_at`."""

    template_id: str
    document_id: str
    ready_at: float
    result: TemplateResult
