from almanac.pantry import Item, Pantry


def filled():
    pantry = Pantry()
    pantry.add("Flour", 1, wanted=3, price=120)
    pantry.add("eggs", 4, wanted=10, price=30)
    pantry.add("Salt", 2, wanted=1, price=80)
    pantry.add("rice", 0, wanted=2, price=250)
    return pantry


def test_add_and_take():
    pantry = filled()
    assert pantry.add("FLOUR", 2).amount == 3
    assert pantry.items["flour"].wanted == 3
    assert pantry.items["flour"].price == 120
    assert pantry.take("flour", 5) == 3
    assert pantry.take("flour") == 0
    assert pantry.take("gold") == 0
    assert pantry.take("eggs", 0) == 0
    assert pantry.take("eggs", -2) == 0
    assert pantry.take("Eggs") == 1
    assert pantry.items["eggs"].amount == 3


def test_undo():
    pantry = filled()
    pantry.take("eggs", 3)
    assert pantry.undo()
    assert pantry.items["eggs"].amount == 4
    pantry.add("eggs", 6)
    assert pantry.undo()
    assert pantry.items["eggs"].amount == 4
    assert not Pantry().undo()


def test_shopping_list():
    pantry = filled()
    assert pantry.shopping_list() == [("eggs", 6), ("Flour", 2), ("rice", 2)]
    assert pantry.shopping_list(budget=300) == [("eggs", 6), ("Flour", 1)]
    assert pantry.shopping_list(budget=100) == [("eggs", 3)]
    assert Item("tea", 5, 5).missing() == 0


def test_value_and_json():
    pantry = filled()
    assert pantry.value() == 120 + 4 * 30 + 160
    copy = Pantry.from_json(pantry.to_json())
    assert copy.items == pantry.items
    assert copy.to_json().startswith('[["Flour", 1, 3, 120], ["Salt"')
