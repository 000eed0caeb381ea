"""Source text as the makers of slips see it, and what they share.

Each kind of slip is a function of a Source that lists the places where it can be done; nobody promises that the
result fails. Kinds are chosen by what goes wrong at keyboards, not by what any tool can undo.
"""

import random
import re
from dataclasses import dataclass, field
from functools import cached_property

from tokens import tokenize


@dataclass(frozen=True)
class Change:
    start: int
    end: int
    text: str


@dataclass
class Source:
    text: str
    language: str
    rng: random.Random = field(default_factory=random.Random)

    @cached_property
    def tokens(self):
        return tokenize(self.text, self.language)

    @cached_property
    def lines(self):
        """(start, end) of each line without its newline."""
        spans, at = [], 0
        for line in self.text.split("\n"):
            spans.append((at, at + len(line)))
            at += len(line) + 1
        return spans

    @cached_property
    def tests_begin(self):
        """Where the tests begin that Rust has in the module's own file: no slip of ours lies there."""
        found = re.search(r"^#\[cfg\(test\)\]\s*(?:mod|const|static) ", self.text, re.M)
        return found.start() if found else len(self.text)

    def word(self, i):
        return self.tokens[i].text if 0 <= i < len(self.tokens) else ""

    def line_text(self, i):
        return self.text[slice(*self.lines[i])] if 0 <= i < len(self.lines) else ""


KEYWORDS = set("""
    if else for while return def fn func function class struct let const var auto int void bool char double float
    long static mut self this import from in not and or is None True False true false null nullptr new public private
    protected case switch break continue try catch except raise throw match pub impl use elif lambda with as yield
    string String unsigned size_t std range nil undefined typeof default package type interface loop enum namespace
    include pragma once number boolean export readonly extends mod crate super Self usize i64 u32 i32 u64 f64 Vec
    Option Result Some Ok Err str map chan error int64 uint64 float64 byte explicit constexpr using len append make
    assert len range print max min""".split())
def names(source):
    """Token numbers of names that are not keywords."""
    return [i for i, t in enumerate(source.tokens) if t.kind == "word" and t.text not in KEYWORDS]


def is_member(source, i):
    return source.word(i - 1) in (".", "->", "::", "?.")


def misspelt(word, rng):
    at = rng.randrange(1, len(word))
    forms = [word[: at - 1] + word[at] + word[at - 1] + word[at + 1:], word[:at] + word[at + 1:],
             word[:at] + word[at] + word[at:], word[:at] + rng.choice("aeionrst") + word[at + 1:]]
    return next((f for f in rng.sample(forms, 4) if f != word), word + "s")


def replace(token, text):
    return Change(token.start, token.end, text)


def swap_table(source, table):
    """Each token that stands in the table, as each of its values."""
    return [replace(t, other) for t in source.tokens for other in table.get(t.text, ())]


def arguments_swapped(source):
    pattern = re.compile(r"(?<=\()([\w.]+(?:\([^()]*\))?), ([\w.]+(?:\([^()]*\))?)(?=[,)])")
    return [Change(m.start(), m.end(), f"{m.group(2)}, {m.group(1)}") for m in pattern.finditer(source.text)]
