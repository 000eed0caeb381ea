import pytest

from almanac.compare import Step, closest, common_lengths, distance, patch, steps

OLD = ["a", "b", "c", "d"]
NEW = ["b", "x", "c", "e", "f"]


def test_common_lengths():
    assert common_lengths(OLD, NEW)[0][0] == 2
    assert common_lengths(OLD, [])[0] == [0]
    assert common_lengths("abcbdab", "bdcaba")[0][0] == 4


def test_steps():
    kinds = "".join(step.kind[0] for step in steps(OLD, NEW))
    assert kinds == "dkakdaa"
    assert steps([], ["z"]) == [Step("add", "z")]
    assert steps(["q"], ["z"]) == [Step("drop", "q"), Step("add", "z")]


def test_patch():
    assert patch(OLD, steps(OLD, NEW)) == NEW
    assert patch(NEW, steps(NEW, OLD)) == OLD
    assert patch(OLD + ["tail"], steps(OLD, NEW)) == NEW + ["tail"]
    with pytest.raises(ValueError, match="line 2 is not 'b'"):
        patch(["a", "z"], steps(OLD, NEW))
    with pytest.raises(ValueError):
        patch([], steps(OLD, NEW))


def test_distance():
    assert distance("kitten", "sitting") == 3
    assert distance("", "abc") == 3
    assert distance("abc", "") == 3
    assert distance("flaw", "lawn") == 2
    assert distance("same", "same") == 0


def test_closest():
    assert closest("lengtj", ["height", "length", "lender"]) == "length"
    assert closest("zzz", ["height", "length"]) is None
    assert closest("cat", ["cart", "bat"]) == "bat"
    assert closest("abcd", ["ab"]) == "ab"
    assert closest("abcd", ["ab"], limit=1) is None
