"""Slips that only tests notice: well-formed, and wrong."""

import re

from source import Change, arguments_swapped, is_member, names, replace, swap_table


def comparison(source):
    return swap_table(source, {"<": ["<="], "<=": ["<"], ">": [">="], ">=": [">"]})


def comparison_turned(source):
    return swap_table(source, {"<": [">"], ">": ["<"], "<=": [">="], ">=": ["<="], "==": ["!="], "!=": ["=="],
                               "===": ["!=="], "!==": ["==="]})


def arithmetic(source):
    return swap_table(source, {"+": ["-"], "-": ["+"], "*": ["+", "/"], "/": ["*"], "%": ["/"], "<<": [">>"], ">>": ["<<"],
                               "&": ["|"], "|": ["&"], "//": ["%"], "**": ["*"]})


def assignment(source):
    return swap_table(source, {"+=": ["-=", "="], "-=": ["+=", "="], "*=": ["="], "|=": ["="], "/=": ["*="]})


def logical(source):
    return swap_table(source, {"&&": ["||"], "||": ["&&"], "and": ["or"], "or": ["and"]})


def lost_negation(source):
    return [Change(t.start, source.tokens[i + 1].start, "") for i, t in enumerate(source.tokens[:-1])
            if t.text in ("!", "not") and source.word(i + 1) != "in"] + \
           [Change(m.start(), m.end(), " in ") for m in re.finditer(" not in ", source.text)]


def added_negation(source):
    mark = "not " if source.language == "python" else "!"
    behind = r"\b(?:if|while) " if source.language in ("python", "go", "rust") else r"\b(?:if|while) \("
    return [Change(m.end(), m.end(), mark) for m in re.finditer(behind + r"(?=\w+[\w.]*(?:\([^()]*\))?[:)]| *\w+ \{)",
                                                                source.text)]


def number_by_one(source):
    return [replace(t, str(int(t.text) + source.rng.choice((-1, 1)))) for t in source.tokens
            if t.kind == "number" and t.text.isdigit()]


def number_otherwise(source):
    return [replace(t, str(int(t.text) * 2 + 3)) for t in source.tokens if t.kind == "number" and t.text.isdigit()]


def min_max(source):
    return swap_table(source, {"min": ["max"], "max": ["min"]})


def boolean(source):
    return swap_table(source, {"true": ["false"], "false": ["true"], "True": ["False"], "False": ["True"]})


def string_changed(source):
    return [replace(t, t.text[:at] + source.rng.choice("xq_") + t.text[at + 1:]) for t in source.tokens
            if t.kind == "string" and 3 <= len(t.text) < 40 and "\\" not in t.text
            for at in [source.rng.randrange(1, len(t.text) - 1)]]


def wrong_name(source):
    """Another name that stands near, used in the same way."""
    changes = []
    own = names(source)
    for at, i in enumerate(own):
        near = {source.word(j) for j in own[max(0, at - 12): at + 12]
                if is_member(source, j) == is_member(source, i) and (source.word(j + 1) == "(") == (source.word(i + 1) == "(")}
        near.discard(source.word(i))
        if near:
            changes.append(replace(source.tokens[i], source.rng.choice(sorted(near))))
    return changes


def wrong_index(source):
    return [Change(t.start, t.start, source.rng.choice((" + 1", " - 1"))) for i, t in enumerate(source.tokens)
            if t.text == "]" and re.fullmatch(r"\w+", source.word(i - 1)) and source.word(i - 2) in "[+-"]


def break_continue(source):
    return swap_table(source, {"break": ["continue"], "continue": ["break"]})


def lost_else(source):
    return [Change(m.start(), m.end(), "") for m in re.finditer(r"\} else (?=if)|\belse (?=if)", source.text)] + \
           [Change(m.start(), m.end(), "if") for m in re.finditer(r"\belif\b", source.text)]


def lost_term(source):
    """`a + b` is `a`; so is `a && b`."""
    return [Change(source.tokens[i - 1].end, source.tokens[i + 1].end, "") for i, t in enumerate(source.tokens[:-1])
            if t.text in ("+", "-", "*", "/", "%", "&&", "||", "and", "or") and i > 0
            and source.tokens[i - 1].kind in ("word", "number") and source.word(i + 2) in (")", ";", "]", ":", ",", "{", "=")]


def lost_condition(source):
    pattern = re.compile(r"(?<=[\w)]) (?:&&|\|\||and|or) (?:[\w.\[\]]+ ?)(?:(?:[<>=!]=?=?) ?[\w.\[\]'\"]+)?(?=[):\n]| \{)")
    return [Change(m.start(), m.end(), "") for m in pattern.finditer(source.text)]


def lost_call(source):
    """`f(x)` is `x`."""
    pattern = re.compile(r"(?<![\w.>:])(?!if|while|for|return|switch|match)[a-z]\w*\(([\w.]+)\)")
    return [Change(m.start(), m.end(), m.group(1)) for m in pattern.finditer(source.text)]


TEST = {
    "comparison": comparison, "comparison turned": comparison_turned, "arithmetic": arithmetic, "assignment": assignment,
    "logical": logical, "lost negation": lost_negation, "added negation": added_negation, "number by one": number_by_one,
    "number otherwise": number_otherwise, "min and max": min_max, "boolean": boolean, "string changed": string_changed,
    "swapped arguments": arguments_swapped, "wrong name": wrong_name, "wrong index": wrong_index,
    "break and continue": break_continue, "lost else": lost_else, "lost term": lost_term, "lost condition": lost_condition,
    "lost call": lost_call,
}
