"""Text that a server sent, made safe for terminals, reports and XML."""

#: The most characters of a text that is printed.
MOST = 2000


def plain(text: str, *, most: int = MOST, keep: str = "") -> str:
    r"""A text with visible escapes, such as `\x1b`, in place of what is not printable.

    That is everything that Unicode calls a control, format, surrogate, private or unassigned
    character, and every separator but the space: so no ANSI sequence moves the cursor, no
    override turns the direction of the text, no line break feigns a line of the report, and XML
    can hold the text.

    Args:
        text: The text.
        most: Where it is cut, in characters.
        keep: Characters that stay although they are not printable.
    """
    if len(text) > most:
        text = f"{text[:most]}… ({len(text):,} characters)"
    if text.isprintable():
        return text
    return "".join(one if one.isprintable() or one in keep else ascii(one)[1:-1] for one in text)
