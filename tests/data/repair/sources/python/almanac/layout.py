"""Plain text in lines of a width."""

import textwrap
from itertools import zip_longest


def wrap(text, width):
    """Lines of whole words; a word that is too long is cut."""
    if width < 1:
        raise ValueError("width must be positive")
    lines = []
    line = ""
    for word in text.split():
        while len(word) > width:
            if line:
                lines.append(line)
                line = ""
            lines.append(word[:width])
            word = word[width:]
        if not line:
            line = word
        elif len(line) + 1 + len(word) <= width:
            line += " " + word
        else:
            lines.append(line)
            line = word
    if line:
        lines.append(line)
    return lines


def justify(line, width):
    """Blanks between words so that the line is `width` long; the first gaps get more."""
    words = line.split()
    if len(words) < 2:
        return line
    blanks = width - sum(len(word) for word in words)
    each, more = divmod(blanks, len(words) - 1)
    out = words[0]
    for index, word in enumerate(words[1:]):
        out += " " * (each + (1 if index < more else 0)) + word
    return out


def paragraph(text, width, indent=0):
    lines = wrap(text, width - indent)
    body = [justify(line, width - indent) for line in lines[:-1]] + lines[-1:]
    return textwrap.indent("\n".join(body), " " * indent)


def columns(left, right, width, gap=2):
    """Two texts beside each other."""
    half = (width - gap) // 2
    rows = []
    for a, b in zip_longest(wrap(left, half), wrap(right, half), fillvalue=""):
        rows.append((a.ljust(half) + " " * gap + b).rstrip())
    return rows


def shorten(text, width, mark="..."):
    """The text, or as much of its beginning as leaves room for the mark."""
    if len(text) <= width:
        return text
    kept = text[: max(0, width - len(mark))]
    if " " in kept:
        kept = kept[: kept.rindex(" ")]
    return kept.rstrip() + mark
