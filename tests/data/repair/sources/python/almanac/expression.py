"""Sums as people type them: 2 * (3 + x) ^ 2."""

import re
from collections.abc import Mapping

TOKEN = re.compile(r"\s*(?:(\d+\.?\d*)|([A-Za-z_]\w*)|(.))")
PRECEDENCE = {"+": 1, "-": 1, "*": 2, "/": 2, "%": 2, "^": 4}


class ExpressionError(ValueError):
    """A sum that cannot be read or worked out."""


def tokenize(text):
    """(kind, value) of each token: number, name or mark."""
    tokens = []
    for number, name, mark in TOKEN.findall(text):
        if number:
            tokens.append(("number", float(number)))
        elif name:
            tokens.append(("name", name))
        elif mark.strip():
            tokens.append(("mark", mark))
    return tokens


class Parser:
    """Works a sum out while it reads it."""

    def __init__(self, text, variables: Mapping):
        self.tokens = tokenize(text)
        self.variables = variables
        self.at = 0

    def peek(self):
        if self.at < len(self.tokens):
            return self.tokens[self.at]
        return ("end", "")

    def take(self):
        token = self.peek()
        self.at += 1
        return token

    def operand(self):
        kind, value = self.take()
        if kind == "number":
            return value
        if kind == "name":
            if value not in self.variables:
                raise ExpressionError(f"unknown name {value}")
            return self.variables[value]
        if value == "-":
            return -self.binary(3)
        if value == "(":
            inner = self.binary(1)
            if self.take()[1] != ")":
                raise ExpressionError("expected )")
            return inner
        raise ExpressionError(f"unexpected {value or 'end'}")

    def binary(self, lowest):
        left = self.operand()
        while True:
            kind, mark = self.peek()
            strength = PRECEDENCE.get(mark, 0) if kind == "mark" else 0
            if strength < lowest:
                return left
            self.take()
            right = self.binary(strength if mark == "^" else strength + 1)
            left = apply(mark, left, right)


def apply(mark, left, right):
    if mark == "+":
        return left + right
    if mark == "-":
        return left - right
    if mark == "*":
        return left * right
    if mark == "^":
        return left ** right
    if right == 0:
        raise ExpressionError("division by zero")
    return left / right if mark == "/" else left % right


def evaluate(text, **variables):
    parser = Parser(text, variables)
    value = parser.binary(1)
    if parser.at != len(parser.tokens):
        raise ExpressionError(f"unexpected {parser.peek()[1]}")
    return value
