"""Picking as it goes on the floor, told from the wave to the truck: a cart with everything that goes wrong on it, and a cart passed on."""

from __future__ import annotations

from collections.abc import Callable

from tests.journeys.cast import EAN, PIN, House, Screen, day
from tests.journeys.floor import on, positions, shipped, step, tasks
from wms.actor import Role


def test_twelve_orders_on_one_cart(house: House) -> None:
    house.opening("TEA", 30, "A-08", lot="T-1", received_on=day(-9))
    house.opening("TEA", 30, "A-07", lot="T-2", received_on=day(-9))
    house.opening("TEA", 30, "A-04", lot="T-3", received_on=day(-2))
    house.opening("NUT", 10, "A-05", received_on=day(-9))
    house.opening("NUT", 12, "A-06", received_on=day(-2))
    house.opening("MILK", 20, "A-02", lot="M-1", expires_on=day(60))
    numbers = [f"SO-{number:02}" for number in range(1, 13)]
    more = {"SO-01": {"NUT": 4}, "SO-02": {"NUT": 4}, "SO-03": {"MILK": 6}, "SO-04": {"MILK": 3}}
    for number in [*numbers, "SO-20"]:
        house.order(number, **({"NUT": 2} if number == "SO-20" else {"TEA": 2, **more.get(number, {})}))
        assert house.act(number, "release")["status"] == "released"
    totes = house.totes(13)

    # The wave is looked at before it is planned: what is shown is what comes.
    house.api.put("/carts/TROLLEY", {"positions": 12, "tote_weight_grams": 8000}, status=201)
    wave = {"orders": numbers, "method": "cluster", "cart": "TROLLEY"}
    shown = house.api.post("/waves/simulate", wave)
    assert (len(shown["pick_lists"]), shown["lines"], shown["pieces"], shown["shortages"]) == (1, 16, 41, [])
    planned = house.api.post("/waves", wave)
    (cart,) = planned["pick_lists"]
    assert (cart["metres"], sorted(cart["orders"])) == (shown["metres"], numbers)
    house.api.post("/waves", {"orders": ["SO-20"]})

    # Twelve positions, twelve totes; the same tote twice is refused with whose it is.
    badge, bens = house.badge(Role.PICKER, name="anna"), house.badge(Role.PICKER, name="ben")
    anna, carl = house.worker(badge=badge), house.worker(Role.PICKER, name="carl")
    anna.look("pick")
    anna.scan(cart["number"])
    own = positions(anna, totes[:12])
    assert sorted(own) == numbers

    # Whatever the walk comes to first, everything goes wrong once.
    warned = house.say("Others came up short here: look twice", "其他人在此处报过缺货，请仔细查找")
    counted = house.say("Counted", "已点")
    short: list[str] = []

    def another_lot() -> None:
        """A younger one is refused with the one that goes first; one of the same day is taken where it lies."""
        anna.scan("CMD:LOT")
        anna.refused("T-3", "lot_out_of_turn", "T-1", day(-9))
        anna.scan("T-2")
        assert anna.screen.step == "source"
        assert ("T-2" in anna.screen.text, "A-07" in anna.screen.text) == (True, True), "the walk comes to it"

    def three_of_four() -> None:
        """The fourth is offered elsewhere on the spot, and taken. Whoever else comes to that place is warned."""
        short.append(next(number for number in numbers if number in str(anna.screen.facts)))
        anna.scan("CMD:SHORT", "3", "MISSING", own[short[0]])
        assert (anna.screen.step, anna.screen.tone) == ("elsewhere", "ask")
        assert "A-06" in anna.screen.said
        anna.scan("CMD:NEXT")
        assert [task["source"] for task in tasks(house, "count", "open")] == ["A-05"]
        carl.look("pick")
        carl.scan("SO-20", "A-05")
        assert (carl.screen.tone, carl.screen.text) == ("ask", warned)
        carl.scan("CMD:SHORT", "0", "MISSING", "CMD:NEXT")
        assert carl.screen.expected == "A-06"
        on(carl, step("document"))

    def none_of_four() -> None:
        """The same place once more: this order goes without, and one count is enough."""
        short.append(next(number for number in numbers if number in str(anna.screen.facts)))
        anna.scan("CMD:SHORT", "0", "MISSING", "CMD:DONE")
        assert len(tasks(house, "count", "open")) == 1

    def a_full_tote() -> None:
        """Four go in, it is full; two go into another one at the same position, and into no other."""
        anna.scan("4", "4", own["SO-03"])
        assert (anna.screen.step, anna.screen.expected) == ("quantity", "2")
        anna.scan("2", "CMD:FULL")
        anna.refused(own["SO-03"], "tote_full")
        anna.refused(own["SO-04"], "tote_in_use", "SO-04")
        anna.scan(totes[12])

    def dropped() -> None:
        """The handheld falls with one of three counted: another one knows it, and what the broken one still sends does nothing.
        Then the shift ends with two counted: a colleague has the cart at the same step, with the two."""
        nonlocal anna
        anna.scan(EAN["MILK"])
        broken, spare, ben = anna, house.device(), house.worker(badge=bens)
        spare.sign_in(badge, PIN)
        spare.look("pick")
        assert (spare.screen.step, spare.screen.facts[counted]) == ("quantity", "1")
        spare.scan(EAN["MILK"])
        before = house.ledger()
        broken.send(EAN["MILK"])
        assert (broken.status, broken.screen.code) == (409, "screen_old")
        spare.scan("CMD:HANDOVER", bens)
        assert "Ben" in spare.screen.said
        ben.look("pick")
        assert (ben.screen.step, ben.screen.facts[counted]) == ("quantity", "2")
        assert house.ledger() == before
        ben.scan(EAN["MILK"])
        anna = ben

    happens: list[tuple[Callable[[Screen], bool], Callable[[], None]]] = [
        (step("product", lot="T-1"), another_lot),
        (step("quantity", what="NUT"), three_of_four),
        (lambda screen: len(short) == 1 and step("quantity", what="NUT")(screen) and short[0] not in str(screen.facts), none_of_four),
        (step("quantity", what="MILK", whose="SO-03"), a_full_tote),
        (step("quantity", what="MILK", whose="SO-04"), dropped),
    ]
    while anna.screen.step != "document":
        now = next((one for one in happens if one[0](anna.screen)), None)
        if now is not None:
            happens.remove(now)
            now[1]()
        else:
            anna.scan(anna.screen.expected)
    assert happens == []
    assert house.say("The cart is at PACK-1", "拣货车已到 PACK-1") in anna.screen.said
    first, second = short

    # Everybody has what was picked for them, in their own totes and nobody else's.
    assert {house.status(number) for number in [*numbers, "SO-20"]} == {"picked"}
    assert {number: house.lines(number, "picked") for number in [*numbers[:4], "SO-20"]} == {
        first: [2, 4], second: [2, 0], "SO-03": [2, 6], "SO-04": [2, 3], "SO-20": [2],
    }  # fmt: skip
    assert (house.lines(first, "short"), house.lines(second, "short")) == ([0, 0], [0, 4])
    at_the_bench = house.rows(location="PACK-1")
    assert {row["handling_unit"] for row in at_the_bench} == {*totes, None}
    assert sorted(row["on_hand"] for row in at_the_bench if row["handling_unit"] in (own["SO-03"], totes[12])) == [2, 2, 4]
    assert sum(row["on_hand"] for row in at_the_bench if row["batch"]["lot"] == "T-2") == 2
    assert {task["status"] for task in tasks(house, "pick")} == {"done"}

    # The place that was doubted is counted, by two because it differs, and the book is right again.
    for counter in (house.terminal(Role.COUNTER), house.terminal(Role.COUNTER)):
        counter.look("count")
        counter.scan("CMD:NEXT", "A-05", "CMD:DONE")
    (count,) = house.api.get("/counts")["items"]
    house.api.post(f"/counts/{count['number']}/approve", {"reason": "they were never there"})
    assert house.on_hand("NUT", location="A-05") == 0

    shipped(house, [*numbers, "SO-20"])
    for number in [*numbers, "SO-20"]:
        lines = house.see(number)["lines"]
        assert house.status(number) == "shipped"
        for line in lines:
            assert line["shipped"] == line["packed"] == line["picked"] == line["ordered"] - line["short"], (number, line)
            assert (line["reserved"], line["promised"]) == (0, 0), (number, line)
    assert {sku: house.on_hand(sku) for sku in ("TEA", "NUT", "MILK")} == {"TEA": 66, "NUT": 9, "MILK": 11}
    assert all(row["reserved"] == 0 for row in house.rows())


def test_totes_pass_from_zone_to_zone(house: House) -> None:
    for number in range(5, 9):
        house.place(f"A-{number:02}", "storage", zone="Y", x=20_000, y=1000 * number)
    house.opening("TEA", 9, "A-01", lot="T-1")
    house.opening("NUT", 20, "A-06")
    orders = {"SO-1": {"TEA": 2, "NUT": 3}, "SO-2": {"TEA": 1}, "SO-3": {"NUT": 4}, "SO-4": {"TEA": 3, "NUT": 1}}
    for number, lines in orders.items():
        house.order(number, **lines)
        house.act(number, "release")
    *totes, spare = house.totes(5)
    planned = house.api.post("/waves", {"orders": list(orders), "method": "zone"})["pick_lists"]
    lists = {one["zone"]: one["number"] for one in planned}
    (first,) = (one for one in planned if one["follows"] is None)
    (second,) = (one for one in planned if one["follows"] == first["number"])
    assert (sorted(lists), len(planned)) == (["Y", "Z"], 2)
    assert {task["document"]: task["status"] for task in tasks(house, "pick")} == {first["number"]: "open", second["number"]: "waiting"}

    # The second zone cannot begin: it is told what it waits for, and no work is handed out.
    anna, ben = house.worker(Role.PICKER, name="anna"), house.worker(Role.PICKER, name="ben")
    before = house.ledger()
    ben.look("pick")
    ben.refused(second["number"], "not_handed_over", first["number"])
    anna.look("pick")
    anna.scan("CMD:NEXT")
    ben.refused("CMD:NEXT", "no_work")
    assert house.ledger() == before

    # Anna's zone: a tote for each order that has goods here.
    mine = sorted(set(first["orders"]))
    own = positions(anna, totes[: len(mine)])
    assert sorted(own) == mine
    on(anna, step("target"))
    ben.refused(second["number"], "not_handed_over")
    on(anna, step("bring"))
    over = str(anna.screen.expected)
    anna.scan(over)
    where = {row["handling_unit"]: row["location"] for row in house.rows() if row["handling_unit"]}
    assert where == dict.fromkeys(own.values(), over)
    assert house.status("SO-1") == "picking"

    # Ben's zone: the totes that were handed over come along, those without a line here too; who was not served yet gets one.
    ben.scan("CMD:NEXT")
    assert (ben.screen.step, ben.screen.expected) == ("tote", own[min(own, key=lambda number: own[number])])
    ben.refused(spare, "not_handed_on")
    while ben.screen.expected:
        ben.scan(ben.screen.expected)
    late = [number for number in orders if number not in own]
    own |= positions(ben, totes[len(mine) :])
    assert sorted(own) == sorted(orders)
    assert late in (["SO-3"], ["SO-2"])
    on(ben, step("bring"))
    ben.scan("PACK-1")
    assert {row["location"] for row in house.rows() if row["handling_unit"]} == {"PACK-1"}
    inside = {(row["handling_unit"], row["sku"]): row["on_hand"] for row in house.rows(location="PACK-1")}
    assert inside == {(own[number], sku): quantity for number, lines in orders.items() for sku, quantity in lines.items()}
    assert {number: house.lines(number, "picked") for number in orders} == {number: list(one.values()) for number, one in orders.items()}

    # Another relay, and a zone in which nothing is left: the next one begins all the same.
    for number in ("SO-5", "SO-6"):
        house.order(number, TEA=1, NUT=2)
        house.act(number, "release")
    planned = house.api.post("/waves", {"orders": ["SO-5", "SO-6"], "method": "zone"})["pick_lists"]
    (first,) = (one for one in planned if one["follows"] is None)
    (second,) = (one for one in planned if one["follows"] == first["number"])
    anna.scan(first["number"], "CMD:NEXT")
    while anna.screen.step != "document":
        anna.scan(*{"source": ("CMD:SHORT", "0", "UNREACHABLE"), "elsewhere": ("CMD:DONE",)}.get(anna.screen.step, (anna.screen.expected,)))
    ben.scan("CMD:NEXT")
    on(ben, lambda screen: screen.expected is None)
    positions(ben, house.totes(2))
    on(ben, step("document"))
    gone = "TEA" if first["zone"] == "Z" else "NUT"
    kept = {"TEA": "NUT", "NUT": "TEA"}[gone]
    for number in ("SO-5", "SO-6"):
        lines = {line["sku"]: line for line in house.see(number)["lines"]}
        assert house.status(number) == "picked"
        assert (lines[gone]["short"], lines[gone]["picked"]) == (lines[gone]["ordered"], 0)
        assert (lines[kept]["short"], lines[kept]["picked"]) == (0, lines[kept]["ordered"])
    shipped(house, [*orders, "SO-5", "SO-6"])
    assert {house.status(number) for number in [*orders, "SO-5", "SO-6"]} == {"shipped"}
    assert {sku: house.on_hand(sku) for sku in ("TEA", "NUT")} == ({"TEA": 3, "NUT": 8} if gone == "TEA" else {"TEA": 1, "NUT": 12})
    assert all(row["reserved"] == 0 for row in house.rows())
