"""What the contract says, quoted: the sections of CONTRACT.md that the rules cite."""

import re
from dataclasses import dataclass
from functools import cache

from scribe_mock.contract.core.demand import Demand
from scribe_mock.spec import shipped

#: Where the text of the contract is read by whoever has only a report.
_PUBLISHED = "https://github.com/scribe-mock/scribe-mock/blob/main/"


@dataclass(frozen=True, kw_only=True)
class Section:
    """One section of CONTRACT.md.

    Args:
        title: With that of the section around it: `Upload audio, Checks`.
        anchor: As GitHub and the HTML report name it: `checks`.
        text: In Markdown, without the heading.
    """

    title: str
    anchor: str
    text: str

    @property
    def url(self) -> str:
        """The address of the section."""
        return f"{_PUBLISHED}CONTRACT.md#{self.anchor}"


def section_of(rule: Demand) -> Section | None:
    """The section that a rule cites; None if it cites openapi.yaml."""
    sections = _sections()
    source = rule.source
    while source and source not in sections:
        source = source.rpartition(", ")[0]
    return sections.get(source)


def url_of(rule: Demand) -> str:
    """The address of what a rule cites."""
    section = section_of(rule)
    return section.url if section else f"{_PUBLISHED}openapi.yaml"


@cache
def _sections() -> dict[str, Section]:
    """The sections of CONTRACT.md by their titles."""
    parts = re.split(r"^(##+) (.+)$", shipped("CONTRACT.md").read_text("utf-8"), flags=re.MULTILINE)
    found: dict[str, Section] = {}
    anchors: list[str] = []
    above = ""
    for level, heading, text in zip(parts[1::3], parts[2::3], parts[3::3], strict=True):
        if level == "##":
            above = heading
        title = heading if level == "##" else f"{above}, {heading}"
        slug = re.sub(r"[^\w -]", "", heading.lower()).replace(" ", "-")
        repeated = anchors.count(slug)
        anchors.append(slug)
        anchor = f"{slug}-{repeated}" if repeated else slug
        found[title] = Section(title=title, anchor=anchor, text=text.strip())
    return found
