"""What the guide "Make it fail" says of each action of a fault: `snippets/faults.yaml`."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import yaml
from markupsafe import Markup, escape

from scribe_mock.web.docs.samples import ADDRESS

SNIPPETS = Path(__file__).parent / "snippets"


@dataclass(frozen=True)
class FaultExample:
    """One action: what a client meets, as HTML, and language → the call that sets such a fault."""

    action: str
    meets: Markup
    calls: Mapping[str, str]


def fault_examples() -> list[FaultExample]:
    """One example for each action."""
    found = yaml.safe_load((SNIPPETS / "faults.yaml").read_text("utf-8"))
    return [
        FaultExample(
            example["action"],
            Markup(re.sub("`(.+?)`", r"<code>\1</code>", str(escape(example["meets"])))),
            {
                "curl": f"curl -s {ADDRESS}/_mock/faults -d \\\n  '{example['curl']}'",
                "pytest": example["pytest"],
                "JavaScript": example["javascript"],
            },
        )
        for example in found
    ]
