"""The documents of a session: results of templates, and what clients saved."""

import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from scribe_mock.sessions.outcomes import TemplateResult

#: The category of a document that was made from a template.
TEMPLATE_CATEGORY = "template"


@dataclass(frozen=True, slots=True, kw_only=True)
class Document:
    """One document (CONTRACT.md, "Documents").

    Args:
        document_id: Its id; no other document of the server has it.
        template_id: The template that it was made from, or None.
        category: `template` for the result of one; else what the client said, such as `custom`.
        created_at: Seconds since 1970.
        updated_at: Seconds since 1970.
        ready_at: When the result is there, in seconds since 1970.
        result: The result of the template; None for a document that a client saved.
        name: What a person calls it, or None.
        status: What the client said; not used where there is a result.
        errors, warnings, usage_information: As the client sent them.
        text: The content, in Markdown; None until somebody stored it.
        deleted: It was deleted, and is shown no more.
    """

    document_id: str
    template_id: str | None
    category: str
    created_at: float
    updated_at: float
    ready_at: float = 0.0
    result: TemplateResult | None = None
    name: str | None = None
    status: str = "in-progress"
    errors: Sequence[Any] = ()
    warnings: Sequence[Any] = ()
    usage_information: Mapping[str, Any] = field(default_factory=dict)
    text: bytes | None = None
    deleted: bool = False

    def status_at(self, now: float) -> str:
        """`in-progress` until the result of a template is there, then the result's own."""
        if self.result is None:
            return self.status
        return self.result.status if now >= self.ready_at else "in-progress"

    def data_at(self, now: float) -> Mapping[str, Any] | None:
        """The data of a template's result; None until it is there."""
        return self.result.data if self.result is not None and now >= self.ready_at else None


def new_document_id() -> str:
    """An id for a document: `doc_` and 20 hexadecimal digits."""
    return f"doc_{secrets.token_hex(10)}"


def template_document(
    template_id: str, now: float, ready_at: float, result: TemplateResult
) -> Document:
    """The document of one template, whose result is there from `ready_at` on."""
    return Document(
        document_id=new_document_id(),
        template_id=template_id,
        category=TEMPLATE_CATEGORY,
        created_at=now,
        updated_at=now,
        ready_at=ready_at,
        result=result,
    )
