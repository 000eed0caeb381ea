"""Slips that nobody chose: any token of the code, each as likely as any other, and something done to it.

What comes of it is not known beforehand: the commands say whether it compiles, fails its tests, or does not matter.
"""

import string

from source import Change, replace


def gone(source, i):
    return replace(source.tokens[i], "")


def doubled(source, i):
    token = source.tokens[i]
    space = " " if token.kind in ("word", "number") else ""
    return Change(token.end, token.end, space + token.text)


def replaced(source, i):
    """By another of its kind in the file; what stands there more often comes more often."""
    token = source.tokens[i]
    others = [t.text for t in source.tokens if t.kind == token.kind and t.text != token.text]
    return replace(token, source.rng.choice(others)) if others else None


def swapped(source, i):
    """With its neighbour; what lies between them stays."""
    if i + 1 >= len(source.tokens):
        return None
    one, other = source.tokens[i], source.tokens[i + 1]
    return Change(one.start, other.end, other.text + source.text[one.end:other.start] + one.text)


def character(source, i):
    """Of a name or a number, changed or gone."""
    token = source.tokens[i]
    if token.kind not in ("word", "number"):
        return None
    at = source.rng.randrange(len(token.text))
    letters = string.digits if token.text[at].isdigit() else string.ascii_lowercase
    to = "" if len(token.text) > 1 and source.rng.random() < 0.5 else source.rng.choice(letters)
    return Change(token.start + at, token.start + at + 1, to)


TOKENS = {"any: gone": gone, "any: doubled": doubled, "any: replaced": replaced, "any: swapped": swapped,
          "any: character": character}
