"""Words and commands for bash, in lines that fit a terminal."""

import re
import shlex
from collections.abc import Callable, Sequence

#: Columns of a line, where words allow it.
_COLUMNS = 100
#: The longest quoted piece of a word, in characters.
_LONGEST = 150


def single(text: str) -> str:
    """A text as one word, in single quotes where it needs them."""
    return _word(text, shlex.quote)


def quoted(text: str) -> str:
    """A text of several lines, none of them long, as one word in single quotes."""
    return "'" + text.replace("'", "'\"'\"'") + "'"


def double(text: str, variables: dict[str, str] | None = None) -> str:
    """A text as one word in double quotes.

    Servers choose addresses, and no shell may execute these.

    Args:
        text: The text.
        variables: Parts of the text → what stands for them, such as `$SESSION`.
    """
    if not variables:
        return _word(text, lambda piece: f'"{_escaped(piece)}"')
    pattern = "|".join(map(re.escape, sorted(variables, key=len, reverse=True)))
    plain, found = re.split(pattern, text), re.findall(pattern, text)
    words = [_word(piece, _escaped) for piece in plain]
    shown = words[0]
    for part, word in zip(found, words[1:], strict=True):
        name = variables[part]
        shown += (f"${{{name[1:]}}}" if re.match(r"\w", word) else name) + word
    return '"' + shown.replace("\\\n", '"\\\n"') + '"'


def _word(text: str, quoted: Callable[[str], str]) -> str:
    """One word; a long one in several pieces, since the shell joins what a backslash breaks."""
    found = quoted(text)
    if len(found) <= _LONGEST or len(text) < 2:
        return found
    half = min(len(text) // 2, 100)
    return f"{_word(text[:half], quoted)}\\\n{_word(text[half:], quoted)}"


def command(words: Sequence[str], start: str = "", end: str = "") -> str:
    """A command in as many lines as it needs.

    Args:
        words: Quoted; none is broken, and an option is one word with its value.
        start: Text before the words.
        end: Text behind them.
    """
    lines, line = [], start
    for word in words:
        longest = max(map(len, word.splitlines() or [""]))
        if line != start and len(line) + 1 + longest > _COLUMNS:
            lines.append(line)
            line = "  " + word
        else:
            line += word if line in ("", start) else f" {word}"
        # Only the last line of a broken word counts.
        if "\n" in line:
            head, _, line = line.rpartition("\n")
            lines.append(head + "\n")
    shown = ""
    for one in [*lines, line]:
        shown += one if one.endswith("\n") else f"{one} \\\n"
    return shown.removesuffix(" \\\n") + end


def _escaped(text: str) -> str:
    return re.sub(r'(["\\`$])', r"\\\1", text)
