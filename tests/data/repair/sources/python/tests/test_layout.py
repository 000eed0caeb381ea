import pytest

from almanac.layout import columns, justify, paragraph, shorten, wrap


def test_wrap():
    assert wrap("the quick brown fox", 9) == ["the quick", "brown fox"]
    assert wrap("the quick brown fox", 8) == ["the", "quick", "brown", "fox"]
    assert wrap("a verylongword b", 4) == ["a", "very", "long", "word", "b"]
    assert wrap("abcdefgh", 4) == ["abcd", "efgh"]
    assert wrap("  ", 4) == []
    with pytest.raises(ValueError):
        wrap("a", 0)
    assert wrap("ab", 1) == ["a", "b"]


def test_justify():
    assert justify("a b c", 8) == "a   b  c"
    assert justify("alone", 9) == "alone"
    assert justify("to be", 5) == "to be"
    assert justify("a b", 6) == "a    b"


def test_paragraph():
    assert paragraph("it was a dark and stormy night", 12, indent=2) == (
        "  it  was  a\n  dark   and\n  stormy\n  night"
    )
    assert paragraph("one two", 20) == "one two"


def test_columns():
    assert columns("left side text", "right", 14) == ["left    right", "side", "text"]
    assert columns("a", "bb cc", 8, gap=2) == ["a    bb", "     cc"]


def test_shorten():
    assert shorten("short", 5) == "short"
    assert shorten("a longer text", 10) == "a..."
    assert shorten("a longer text", 12) == "a longer..."
    assert shorten("abcdefgh", 5, mark="~") == "abcd~"
