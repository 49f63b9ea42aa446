"""The published forms of Create session's body, in the order in which the check tries them.

Published documents differ in what they require (CONTRACT.md, "What is published"): templates are
required in one and optional in another, and so are language_hint and communication_protocol.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from scribe_mock.contract.core.marks import MARK

#: Templates that published documents name, the vendor's before the protocol's.
PUBLISHED = ("eka_emr_template", "clinical_notes_template", "transcript_template", "soap")
#: Most templates of a server's own list that are tried.
_MOST_TEMPLATES = 4
#: Other ways to write a language: with a region, to be detected, and other languages.
_LANGUAGES = ("en-IN", "en-US", "auto_detect", "hi")


@dataclass(frozen=True, kw_only=True)
class Form:
    """One form of the body.

    Args:
        name: What is special about it, in a few words.
        fields: The optional fields that it has.
        protocol: Whether it has communication_protocol.
        marked: Whether it has additional_data, with the mark of the run.
    """

    name: str
    fields: Mapping[str, Any] = field(default_factory=dict)
    protocol: bool = True
    marked: bool = True

    def body(self, upload_type: str, run: str, more: Mapping[str, Any]) -> dict[str, Any]:
        """The body.

        Args:
            upload_type: Its upload_type.
            run: The name of the run.
            more: Other fields; they replace those of the form, and `additional_data` is merged.
        """
        body: dict[str, Any] = {"upload_type": upload_type}
        if self.protocol:
            stream = upload_type == "stream"
            body["communication_protocol"] = "websocket" if stream else "http"
        more = dict(more)
        data = more.pop("additional_data", {})
        if self.marked or data:
            body["additional_data"] = {MARK: run} | data
        return body | dict(self.fields) | more


def forms(templates: Sequence[str]) -> Iterator[Form]:
    """The forms, the usual one first.

    Args:
        templates: Those of the server's own list; the published ones if it has none.
    """
    names = list(templates[:_MOST_TEMPLATES]) or list(PUBLISHED)
    template, language = {"templates": names[:1]}, {"language_hint": ["en"]}
    both = template | language
    yield Form(name="templates and language_hint", fields=both)
    for code in _LANGUAGES:
        yield Form(name=f"language_hint {code}", fields=template | {"language_hint": [code]})
    for name in names[1:]:
        yield Form(name=f"the template {name}", fields=language | {"templates": [name]})
    yield Form(name="without communication_protocol", fields=both, protocol=False)
    yield Form(name="without language_hint", fields=template)
    yield Form(name="without templates", fields=language)
    yield Form(name="without templates and language_hint")
    yield Form(name="with model, session_mode and transcript_language", fields=both | _MORE)
    yield Form(name="without additional_data", fields=both, marked=False)
    yield Form(name="upload_type alone", protocol=False, marked=False)


_MORE = {"model": "pro", "session_mode": "dictation", "transcript_language": "en"}

#: What is sent before a server was asked.
USUAL = next(forms(PUBLISHED))


#: All rules need sessions, so a Create session that fails now and then must not stop the run.
CREATE_TRIES = 10


@dataclass(kw_only=True)
class Entrance:
    """How sessions are created on one server.

    Args:
        form: The form of the body.
        tries: How often Create session is sent until the server does not fail.
        templates: Ids of templates in the server's own list; empty if it has none.
    """

    form: Form = USUAL
    tries: int = CREATE_TRIES
    templates: tuple[str, ...] = ()
