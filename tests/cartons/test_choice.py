"""Which cartons an order gets: the smallest that does, as few as possible, nothing lost."""

from __future__ import annotations

from collections.abc import Sequence

from hypothesis import given, settings
from hypothesis import strategies as st

from tests.cartons.valid import check
from wms.cartons.choice import Carton, Choice, choose
from wms.cartons.goods import UPRIGHT, Goods

SMALL, MIDDLE, LARGE = Carton((200, 150, 100), 3000), Carton((300, 200, 150), 8000), Carton((400, 300, 200), 15_000)
HOUSE = (LARGE, SMALL, MIDDLE)

edge = st.integers(5, 420)
some_goods = st.lists(st.builds(Goods, st.tuples(edge, edge, edge), st.integers(0, 6), grams=st.integers(0, 4000)), max_size=6)


def whole(choice: Choice, goods: Sequence[Goods], cartons: Sequence[Carton]) -> None:
    """Nothing is lost, nothing doubled, and each carton is a plan that can be carried out."""
    for index, kind in enumerate(goods):
        assert sum(one.counts[index] for one in choice.cartons) + choice.left[index] == kind.count
        assert choice.left[index] in (0, kind.count)
    for one in choice.cartons:
        carton = cartons[one.carton]
        assert any(one.counts)
        assert carton.most_grams is None or sum(kind.grams * n for kind, n in zip(goods, one.counts, strict=True)) <= carton.most_grams
        if one.plan is not None:
            check(one.plan, carton.size, goods, most_grams=carton.most_grams, supported=True)
            assert one.plan.counts(len(goods)) == list(one.counts)


def chosen(choice: Choice, cartons: Sequence[Carton] = HOUSE) -> list[Carton]:
    return [cartons[one.carton] for one in choice.cartons]


@settings(deadline=None, max_examples=150)
@given(goods=some_goods, work=st.sampled_from([0, 3000, 60_000]))
def test_nothing_is_lost_between_cartons(goods: list[Goods], work: int) -> None:
    whole(choose(goods, HOUSE, work=work), goods, HOUSE)


@settings(deadline=None, max_examples=20)
@given(goods=st.lists(st.builds(Goods, st.tuples(edge, edge, edge), st.integers(1, 6)), min_size=41, max_size=60))
def test_nothing_is_lost_where_only_the_volume_is_reckoned(goods: list[Goods]) -> None:
    whole(choose(goods, HOUSE), goods, HOUSE)


def test_the_smallest_carton_that_takes_everything() -> None:
    assert chosen(choose([Goods((100, 75, 50), 8)], HOUSE)) == [SMALL]
    assert chosen(choose([Goods((100, 75, 50), 9)], HOUSE)) == [MIDDLE]


def test_a_long_thin_thing_needs_the_long_carton() -> None:
    assert chosen(choose([Goods((380, 10, 10), 1)], HOUSE)) == [LARGE]


def test_weight_asks_for_another_carton_too() -> None:
    assert chosen(choose([Goods((50, 50, 50), 1, grams=3001)], HOUSE)) == [MIDDLE]
    assert chosen(choose([Goods((50, 50, 50), 2, grams=14_000)], HOUSE)) == [LARGE, LARGE]


def test_what_does_not_go_into_one_goes_into_a_large_and_a_small_one() -> None:
    goods = [Goods((200, 150, 100), 9, UPRIGHT)]  # a large one takes eight
    choice = choose(goods, HOUSE)
    whole(choice, goods, HOUSE)
    assert chosen(choice) == [LARGE, SMALL]


def test_two_smaller_cartons_go_before_two_large_ones() -> None:
    goods = [Goods((50, 50, 50), 2, grams=7900)]  # together too heavy for any carton
    assert chosen(choose(goods, HOUSE)) == [MIDDLE, MIDDLE]


def test_what_no_carton_takes_is_said() -> None:
    choice = choose([Goods((500, 10, 10), 2), Goods((50, 50, 50), 1)], HOUSE)
    assert choice.left == (2, 0)
    assert chosen(choice) == [SMALL]


def test_a_great_many_of_one_are_cartons_that_repeat() -> None:
    goods = [Goods((20, 30, 40), 5000)]
    choice = choose(goods, HOUSE)
    whole(choice, goods, HOUSE)
    assert len(choice.cartons) == 5  # a thousand each
    assert len({tuple(one.plan.placements) for one in choice.cartons[:-2] if one.plan}) == 1


def test_a_million_of_one_are_reckoned_by_volume_and_at_once() -> None:
    goods = [Goods((20, 30, 40), 1_000_000)]
    choice = choose(goods, HOUSE)
    assert sum(one.counts[0] for one in choice.cartons) == 1_000_000
    assert {one.plan for one in choice.cartons} == {None}


def test_products_of_one_size_are_packed_as_one_and_told_apart_again() -> None:
    goods = [Goods((100, 75, 50), count) for count in (3, 0, 5, 1)]
    choice = choose(goods, HOUSE)
    whole(choice, goods, HOUSE)
    assert chosen(choice) == [MIDDLE]
    assert choice.cartons[0].counts == (3, 0, 5, 1)
    layers = [(one.at[2], one.goods) for one in choice.cartons[0].plan.placements]  # type: ignore[union-attr]
    assert [goods for _, goods in layers] == sorted(goods for _, goods in layers)  # what is the same lies together


def test_fifty_products_of_one_size_still_have_a_plan() -> None:
    goods = [Goods((40, 30, 20), 1) for _ in range(50)]
    choice = choose(goods, HOUSE)
    whole(choice, goods, HOUSE)
    assert all(one.plan for one in choice.cartons)


def test_very_many_sizes_are_reckoned_by_volume() -> None:
    goods = [Goods((40 + number, 30, 20), 2) for number in range(60)]
    choice = choose(goods, HOUSE)
    whole(choice, goods, HOUSE)
    assert [one.plan for one in choice.cartons] == [None]
    assert chosen(choice) == [MIDDLE]


def test_no_goods_and_no_cartons_are_answers_too() -> None:
    assert choose([], HOUSE) == Choice([], ())
    assert choose([Goods((10, 10, 10), 3)], []) == Choice([], (3,))


def test_the_same_order_gets_the_same_cartons() -> None:
    goods = [Goods((60 + 13 * number, 40 + 7 * number, 30), 4, grams=100) for number in range(8)]
    assert choose(goods, HOUSE) == choose(goods, HOUSE)
