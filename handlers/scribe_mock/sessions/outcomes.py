"""The outcome of processing: a transcript, a result for each template, and errors."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from scribe_mock.sessions.states import State


@dataclass(frozen=True, slots=True)
class TemplateResult:
    """The result for one template: `success` with data, or `failed` with None."""

    status: str
    data: Mapping[str, Any] | None


@dataclass(frozen=True, slots=True)
class ProcessingError:
    """One error in processing; `file` is the stored name of the chunk, if it concerns one."""

    type: str
    message: str
    file: str | None = None


@dataclass(frozen=True, slots=True)
class Outcome:
    """The outcome of processing; a session has it from the moment it is ended."""

    state: State
    transcript: str = ""
    language: str | None = None
    templates: Mapping[str, TemplateResult] = field(default_factory=dict)
    other_templates: TemplateResult = TemplateResult("success", {})
    errors: Sequence[ProcessingError] = ()

    def forced(self, state: State) -> "Outcome":
        """This outcome with another final state; errors are dropped or added to fit it."""
        if state is self.state:
            return self
        if state is State.COMPLETED:
            return replace(self, state=state, errors=())
        forced = ProcessingError("forced", f"The outcome was set to {state} by hand.")
        return replace(self, state=state, errors=self.errors or [forced])

    def compared_with(self, sent: int, received: int) -> "Outcome":
        """This outcome, but partial if the numbers of files sent and received differ."""
        if sent == received or self.state is State.FAILED:
            return self
        error = ProcessingError(
            "audio_files_mismatch",
            f"The client sent {sent} audio files, the server received {received}.",
        )
        return replace(self, state=State.PARTIAL, errors=[*self.errors, error])

    def result(self, template_id: str) -> TemplateResult:
        """The result for one template; all are `failed` in a failed session."""
        if self.state is State.FAILED:
            return TemplateResult("failed", None)
        return self.templates.get(template_id, self.other_templates)


@dataclass(frozen=True, slots=True)
class Document:
    """A template's result in a session; in progress until `ready_at`, in seconds since 1970."""

    template_id: str
    document_id: str
    ready_at: float
    result: TemplateResult
