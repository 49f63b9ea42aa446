"""The templates that documents are made with: those of the fixtures, and those of clients."""

import secrets
from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Template:
    """One template (CONTRACT.md, "Templates"); `default` ones belong to the server."""

    template_id: str
    title: str
    desc: str = ""
    section_ids: Sequence[str] = ()
    type: str = "custom"
    default: bool = False
    is_favorite: bool = False


def new_template_id() -> str:
    """An id for a template of a client: `tpl_` and 12 hexadecimal digits."""
    return f"tpl_{secrets.token_hex(6)}"
