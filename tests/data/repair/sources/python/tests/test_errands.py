import unittest

from almanac.errands import CycleError, Errands


def dinner():
    errands = Errands()
    errands.add("shop", 30)
    errands.add("chop", 15, after=["shop"])
    errands.add("boil", 20, after=["shop"])
    errands.add("cook", 25, after=["chop", "boil"])
    errands.add("lay table", 5)
    errands.add("eat", 40, after=["cook", "lay table"])
    return errands


class ErrandsTest(unittest.TestCase):
    def test_order(self):
        self.assertEqual(
            dinner().order(), ["lay table", "shop", "boil", "chop", "cook", "eat"]
        )

    def test_finish_times(self):
        times = dinner().finish_times()
        self.assertEqual(times["boil"], 50)
        self.assertEqual(times["cook"], 75)
        self.assertEqual(times["eat"], 115)
        self.assertEqual(times["lay table"], 5)

    def test_critical(self):
        self.assertEqual(dinner().critical(), ["shop", "boil", "cook", "eat"])
        self.assertEqual(Errands().critical(), [])

    def test_cycle(self):
        errands = dinner()
        errands.add("shop", 30, after=["eat"])
        with self.assertRaises(CycleError) as caught:
            errands.order()
        self.assertEqual(caught.exception.names, ["boil", "shop", "eat", "cook", "boil"])
        self.assertEqual(str(caught.exception), "boil -> shop -> eat -> cook -> boil")

    def test_unknown_and_negative(self):
        errands = Errands()
        errands.add("b", 3, after=["a"])
        self.assertEqual(errands.order(), ["a", "b"])
        self.assertEqual(errands.finish_times(), {"a": 0, "b": 3})
        errands.add("none", 0)
        with self.assertRaises(ValueError):
            errands.add("c", -1)


if __name__ == "__main__":
    unittest.main()
