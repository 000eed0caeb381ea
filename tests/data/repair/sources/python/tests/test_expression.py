import pytest

from almanac.expression import ExpressionError, evaluate, tokenize


def test_tokens():
    assert tokenize("a1 + 2.5") == [("name", "a1"), ("mark", "+"), ("number", 2.5)]
    assert tokenize("  ") == []


def test_precedence():
    assert evaluate("2 + 3 * 4") == 14
    assert evaluate("2 * 3 + 4") == 10
    assert evaluate("10 - 4 - 3") == 3
    assert evaluate("24 / 4 / 2") == 3
    assert evaluate("2 ^ 3 ^ 2") == 512
    assert evaluate("7 % 4 + 1") == 4


def test_brackets_and_signs():
    assert evaluate("2 * (3 + 4)") == 14
    assert evaluate("-2 ^ 2") == -4
    assert evaluate("-3 + 5") == 2
    assert evaluate("2 * -3") == -6


def test_variables():
    assert evaluate("width * height", width=3, height=5) == 15
    with pytest.raises(ExpressionError, match="unknown name depth"):
        evaluate("depth")


def test_errors():
    for text in ("2 +", "(1", "1 2", ")", "4 / 0", "4 % 0"):
        with pytest.raises(ExpressionError):
            evaluate(text)
