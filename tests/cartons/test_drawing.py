"""The drawing of a packed carton: what stands before is drawn after, and nothing leaves the sheet."""

from __future__ import annotations

import random

from wms.cartons.drawing import MOST, Drawing, draw, letter
from wms.cartons.goods import Goods, Placement
from wms.cartons.loading import load

ROOM = (60, 40, 30)


def drawn(*placements: Placement) -> Drawing:
    found = draw(ROOM, placements)
    assert found is not None
    return found


def order_of(found: Drawing) -> list[int]:
    return list(dict.fromkeys(face.goods for face in found.faces))


def test_what_stands_before_is_drawn_after() -> None:
    left, right = Placement(0, (0, 0, 0), (30, 40, 30)), Placement(1, (30, 0, 0), (30, 40, 30))
    assert order_of(drawn(right, left)) == [0, 1]
    near, far = Placement(0, (0, 0, 0), (60, 20, 30)), Placement(1, (0, 20, 0), (60, 20, 30))
    assert order_of(drawn(near, far)) == [1, 0]
    under, over = Placement(0, (0, 0, 0), (60, 40, 10)), Placement(1, (0, 0, 10), (60, 40, 10))
    assert order_of(drawn(over, under)) == [0, 1]


def test_a_letter_stands_where_it_is_seen() -> None:
    under, over = Placement(0, (0, 0, 0), (60, 40, 10)), Placement(1, (0, 0, 10), (60, 40, 10))
    seen = {face.letter: face.side for face in drawn(under, over).faces if face.letter}
    assert seen == {"A": "front", "B": "top"}


def test_everything_lies_on_the_sheet() -> None:
    chance = random.Random(5)
    goods = [Goods((chance.randint(5, 20), chance.randint(5, 20), chance.randint(5, 20)), 4) for _ in range(8)]
    plan = load(ROOM, goods, rounds=5, supported=True)
    found = drawn(*plan.placements)
    corners = [
        tuple(map(int, one.split(","))) for part in (*found.behind, found.rim, *(f.points for f in found.faces)) for one in part.split()
    ]
    assert all(0 <= x <= found.width and 0 <= y <= found.height for x, y in corners)
    assert len(found.faces) == 3 * len(plan.placements)


def test_too_many_boxes_are_not_drawn() -> None:
    assert draw(ROOM, [Placement(0, (0, 0, 0), (1, 1, 1))] * (MOST + 1)) is None


def test_goods_are_lettered_through_the_alphabet_and_on() -> None:
    assert [letter(number) for number in (0, 25, 26, 51, 52)] == ["A", "Z", "AA", "AZ", "BA"]
