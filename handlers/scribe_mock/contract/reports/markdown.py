"""The Markdown of CONTRACT.md as HTML: paragraphs, lists, tables, code, and no more."""

import re
from html import escape


def as_html(text: str) -> str:
    """A section as HTML; whatever is not known is shown as it is written."""
    blocks = re.split(r"\n{2,}", text.strip())
    return "\n".join(map(_block, _whole(blocks)))


def _whole(blocks: list[str]) -> list[str]:
    """The blocks, with blocks of code that have an empty line put together again."""
    found: list[str] = []
    for block in blocks:
        if found and found[-1].startswith("```") and found[-1].count("```") % 2:
            found[-1] += f"\n\n{block}"
        else:
            found.append(block)
    return found


def _block(block: str) -> str:
    lines = block.splitlines()
    if block.startswith("```"):
        return f"<pre>{escape(chr(10).join(lines[1:-1]))}</pre>"
    if block.startswith("|"):
        return _table(lines)
    if block.startswith("- "):
        items = re.split(r"^- ", block, flags=re.MULTILINE)[1:]
        return f"<ul>{''.join(f'<li>{inline(item)}</li>' for item in items)}</ul>"
    return f"<p>{inline(block)}</p>"


def _table(lines: list[str]) -> str:
    rows = [[cell.strip() for cell in line.strip("|").split("|")] for line in lines]
    head = "".join(f"<th>{inline(cell)}</th>" for cell in rows[0])
    body = "".join(
        f"<tr>{''.join(f'<td>{inline(cell)}</td>' for cell in row)}</tr>" for row in rows[2:]
    )
    return f'<div class="wide"><table><tr>{head}</tr>{body}</table></div>'


def inline(text: str) -> str:
    """A sentence or a cell as HTML."""
    shown = []
    for number, part in enumerate(re.split(r"`([^`]+)`", text.strip())):
        if number % 2:
            shown.append(f"<code>{escape(part)}</code>")
            continue
        plain = re.sub(r"\[([^\]]+)\]\([^)]+\)", r"\1", part)  # the files are not beside a report
        shown.append(re.sub(r"\*\*(.+?)\*\*", r"<b>\1</b>", escape(plain)))
    return "".join(shown)
