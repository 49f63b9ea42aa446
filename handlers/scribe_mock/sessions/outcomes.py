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
    """The outcome of processing; a session has it from the moment it is ended.

    `transcript_so_far` is what is known while processing, if anything is. With
    `partial_on_mismatch`, another number of files than the client sent makes it partial.
    """

    state: State
    transcript: str = ""
    transcript_so_far: str | None = None
    language: str | None = None
    templates: Mapping[str, TemplateResult] = field(default_factory=dict)
    other_templates: TemplateResult = TemplateResult("success", {})
    errors: Sequence[ProcessingError] = ()
    partial_on_mismatch: bool = False

    def forced(self, state: State) -> "Outcome":
        """This outcome with another final state; errors are dropped or added to fit it."""
        if state is self.state:
            return self
        if state is State.COMPLETED:
            return replace(self, state=state, errors=())
        forced = ProcessingError("forced", f"The outcome was set to {state} by hand.")
        return replace(self, state=state, errors=self.errors or [forced])

    def compared_with(self, sent: int, received: int) -> "Outcome":
        """This outcome; partial if the numbers of files differ and `partial_on_mismatch` is set."""
        if sent == received or not self.partial_on_mismatch or self.state is State.FAILED:
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
