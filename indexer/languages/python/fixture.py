"""A module, as a fixture."""
import os.path as osp, sys
from ..shapes import Circle as Round, area
from typing import *

MAX_SIZE = 3
current: int = 4


# Doubles it.
@cached(size=MAX_SIZE)
def double(value: float, *rest, scale=2, **options) -> "Number":
    doubled = value * scale

    def inner(step):
        return step + doubled

    for item in rest:
        print(item, options)
    return inner(doubled) + current


class Square(Shape, mixins.Named):
    sides = 4
    name: str

    def __init__(self, side):
        self.side = side
        super().__init__()

    @property
    def area(self) -> int:
        return area(self.side)

    class Meta:
        ordering = ["name"]

    async def load(self): ...


if sys.platform == "linux":
    SEPARATOR = osp.sep


class SquareTest(TestCase):
    def testArea(self):
        assert Square(2).area == 4


@mark.slow
def test_double(square):
    assert double(2) == 4


LEFT, RIGHT = "l", "r"
