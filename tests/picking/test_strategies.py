"""Every strategy against a model in plain Python, the bins it chooses against all it could have chosen, and what it says of why."""

from __future__ import annotations

import datetime as dt
import itertools
from collections import defaultdict
from typing import Any

import sqlalchemy as sa
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from tests.warehouse import Warehouse
from wms import audit, clock, db
from wms.catalog.models import Product
from wms.db import session
from wms.invariants import INVARIANTS
from wms.locations.models import Kind, Site
from wms.orders.models import Order, OrderLine
from wms.picking import allocation
from wms.picking.dealing import Dealer, Demand, Strategy, Supply
from wms.stock.models import Reservation, Stock

_cases = itertools.count(1)

ROTATIONS = ("fifo", "fefo", "lifo")
BINS = ("face_first", "nearest", "fewest_picks", "full_packaging")
PRODUCTS = ("P0", "P1", "P2")
maybe_rotation = st.sampled_from([None, None, *ROTATIONS])
maybe_bins = st.sampled_from([None, None, *BINS])
products = st.fixed_dictionaries(
    {sku: st.tuples(st.sampled_from(ROTATIONS), maybe_bins, st.sampled_from([(), (3,), (2, 6)])) for sku in PRODUCTS}
)
customers = st.tuples(*[st.tuples(maybe_rotation, maybe_bins)] * 2)
stocks = st.lists(
    st.tuples(
        st.sampled_from(PRODUCTS),
        st.integers(1, 9),
        st.integers(0, 4),
        st.sampled_from([None, 5, 40, 41, 90]),
        st.booleans(),
        st.integers(0, 3),
    ),
    min_size=1,
    max_size=12,
)
wanted_lines = st.lists(
    st.tuples(
        st.sampled_from(PRODUCTS),
        st.integers(1, 12),
        st.sampled_from([None, None, None, None, "L1", "L2"]),
        st.sampled_from([0, 0, 0, 30, 60]),
        st.sampled_from([False, False, False, True]),
    ),
    min_size=1,
    max_size=3,
)
wanted_orders = st.lists(st.tuples(wanted_lines, st.integers(0, 9), st.booleans(), st.integers(0, 1)), min_size=1, max_size=5)
sites = st.tuples(st.sampled_from(BINS), st.sampled_from([0, 0, 1, 3]))


# -- the model ---------------------------------------------------------------------------------------------------------


def model(orders: list[dict[str, Any]], rows: list[dict[str, Any]], window: int, today: dt.date) -> dict[tuple[int, int], int]:
    """The same rules as plain loops: one order after the other, one line after the other, one age after the other, one piece at a time."""
    left = {row["id"]: row["quantity"] for row in rows}
    kept: dict[tuple[str, str], int] = defaultdict(int)
    for order in orders:
        for line in order["lines"]:
            if line["lot"]:
                kept[line["sku"], line["lot"]] += line["quantity"]
    given_out: dict[tuple[int, int], int] = {}
    for order in sorted(orders, key=lambda one: (-one["priority"], one["id"])):
        before = dict(left), dict(kept)
        mine: dict[tuple[int, int], int] = defaultdict(int)
        complete = True
        for line in order["lines"]:
            missing = line["quantity"]
            for row_id, amount in one_line(line, [row for row in rows if row["sku"] == line["sku"]], left, kept, window, today):
                left[row_id] -= amount
                missing -= amount
                mine[line["id"], row_id] += amount
                if line["lot"]:
                    kept[line["sku"], line["lot"]] -= amount
            complete = complete and not missing
        if order["complete"] and not complete:
            left, kept = before[0], defaultdict(int, before[1])
        else:
            given_out.update(mine)
    return given_out


def one_line(line, rows, left, kept, window, today):  # type: ignore[no-untyped-def]
    """What one line takes: (row, quantity)."""
    rotation, bins = line["rotation"], line["bins"]
    days = window if bins != "face_first" else 0

    def parts(row):  # type: ignore[no-untyped-def]
        received = row["received"].toordinal()
        expires = row["expires"].toordinal() if row["expires"] else 10**7
        return {"fifo": (0, received), "lifo": (0, -received), "fefo": (expires, received)}[rotation]

    first = [min((parts(row)[part] for row in rows), default=0) for part in (0, 1)]
    ages = defaultdict(list)
    for row in sorted(rows, key=lambda row: (row["batch"], row["id"])):
        ages[tuple((parts(row)[part] - first[part]) // (days + 1) for part in (0, 1))].append(row)
    missing, taken = line["quantity"], []
    for age in sorted(ages):
        spare: dict[str, int] = {}
        there = []
        for row in ages[age]:
            if row["expires"] and line["days"] and row["expires"] < today + dt.timedelta(days=line["days"]):
                continue
            amount = left[row["id"]]
            if line["lot"]:
                if row["lot"] != line["lot"]:
                    continue
            else:
                of_lot = sum(left[one["id"]] for one in rows if one["lot"] == row["lot"]) - sum(
                    quantity for row_id, quantity in taken if next(one for one in rows if one["id"] == row_id)["lot"] == row["lot"]
                )
                allowed = spare.setdefault(row["lot"], max(0, of_lot - kept[line["sku"], row["lot"]]))
                amount = min(amount, allowed)
                spare[row["lot"]] -= amount
            if amount > 0:
                there.append([row, amount])
        if line["one_batch"]:
            for batch in sorted({row["batch"] for row, _ in there}):
                of_batch = [one for one in there if one[0]["batch"] == batch]
                if sum(amount for _, amount in of_batch) >= missing:
                    return choose(bins, of_batch, missing, line["packagings"])
            continue
        chosen = choose(bins, there, missing, line["packagings"])
        taken += chosen
        missing -= sum(amount for _, amount in chosen)
        if not missing:
            break
    return taken


def choose(bins, there, missing, packagings):  # type: ignore[no-untyped-def]
    """Which bins, among goods of one age: (row, quantity)."""
    got: dict[int, int] = defaultdict(int)
    left = {row["id"]: amount for row, amount in there}
    by_rule = lambda row: (not row["face"], row["batch"], row["id"])  # noqa: E731
    rows = sorted((row for row, _ in there), key=(lambda row: (row["x"], row["batch"], row["id"])) if bins == "nearest" else by_rule)

    def take(row, amount):  # type: ignore[no-untyped-def]
        nonlocal missing
        got[row["id"]] += amount
        left[row["id"]] -= amount
        missing -= amount

    if bins == "fewest_picks":
        while missing and any(left.values()):
            enough = [row for row in rows if left[row["id"]] >= missing]
            row = min(enough, key=lambda row: left[row["id"]]) if enough else max(rows, key=lambda row: left[row["id"]])
            take(row, min(missing, left[row["id"]]))
    elif bins == "full_packaging":
        for size in sorted(packagings, reverse=True):
            while rack := [
                row for row in sorted(rows, key=lambda row: (row["face"], row["batch"], row["id"])) if left[row["id"]] >= size <= missing
            ]:
                take(rack[0], size)
        smallest = min(packagings, default=1)
        whole = {row_id: amount % smallest == 0 for row_id, amount in left.items()}
        for row in sorted(rows, key=lambda row: (not row["face"], whole[row["id"]], row["batch"], row["id"])):
            while missing and left[row["id"]]:
                take(row, 1)
    else:
        for row in rows:
            take(row, min(missing, left[row["id"]]))
    return [(row_id, amount) for row_id, amount in got.items() if amount]


# -- the same in the warehouse -----------------------------------------------------------------------------------------


class Case:
    """One drawn situation, built in the database and as plain rows."""

    def __init__(self, w: Warehouse, drawn: dict[str, Any]) -> None:
        self.w, self.today, tag = w, clock.today(), next(_cases)
        self.bins, self.window = drawn["site"]
        with db.transaction():
            _empty()
            session.execute(sa.update(Site).values(bin_choice=self.bins, age_window_days=self.window))
            w.location("PACK", kind=Kind.PACKING)
            self.products = {sku: self._product(f"{sku}-{tag}", *facts) for sku, facts in drawn["products"].items()}
            self.customers = [
                w.partner(f"C{n}-{tag}", rotation=rotation, bin_choice=bins) for n, (rotation, bins) in enumerate(drawn["customers"])
            ]
            self.rows = [self._row(tag, place, *facts) for place, facts in enumerate(drawn["stock"])]
            self.orders = [self._order(f"{tag}-{n}", *facts) for n, facts in enumerate(drawn["orders"])]
            session.flush()
            session.execute(
                sa.text(
                    "INSERT INTO promises (site_id, product_id, promised) SELECT :site, product_id, SUM(promised) FROM order_lines "
                    "WHERE promised > 0 AND order_id >= :first GROUP BY product_id"
                ),
                {"site": w.site_id, "first": min(one["id"] for one in self.orders)},
            )

    def _product(self, sku: str, rotation: str, bins: str | None, packagings: tuple[int, ...]) -> Product:
        units = {f"box{size}": size for size in packagings}
        return self.w.product(sku, rotation=rotation, bin_choice=bins, packagings=units, tracking="lot")

    def _row(self, tag: int, place: int, sku: str, quantity: int, age: int, life: int | None, face: bool, x: int) -> dict[str, Any]:
        received = self.today - dt.timedelta(days=age)
        expires = self.today + dt.timedelta(days=life) if life is not None else None
        lot = f"L{age % 3}" if expires is None else f"L{age % 3}.{life}"
        location = self.w.location(f"{tag}-{place}", kind="pick_face" if face else "storage", x_mm=1000 * x)
        self.w.receive(self.products[sku].sku, quantity, at=location.code, lot=lot, received_on=received, expires_on=expires)
        row = session.execute(sa.select(Stock).where(Stock.location_id == location.id)).scalar_one()
        facts = {"received": received, "expires": expires, "lot": lot, "face": face, "x": x}
        return {"id": row.id, "sku": sku, "quantity": quantity, "batch": row.batch_id, **facts}

    def _order(self, number: str, lines: Any, priority: int, complete: bool, customer: int) -> dict[str, Any]:
        buyer = self.customers[customer]
        order = Order(
            site_id=self.w.site_id,
            number=number,
            customer_id=buyer.id,
            kind="ship_first",
            status="released",
            priority=priority,
            ship_complete=complete,
            ship_to={},
            created_at=clock.now(),
            updated_at=clock.now(),
        )
        session.add(order)
        session.flush()
        asked = []
        for place, (sku, quantity, lot, days, one_batch) in enumerate(lines):
            product = self.products[sku]
            facts = {"promised": quantity, "lot": lot, "min_remaining_days": days or None, "one_batch": one_batch}
            line = OrderLine(order_id=order.id, line=str(place + 1), product_id=product.id, ordered=quantity, **facts)
            session.add(line)
            session.flush()
            asked.append(
                {
                    "id": line.id,
                    "sku": sku,
                    "quantity": quantity,
                    "lot": lot,
                    "days": days,
                    "one_batch": one_batch,
                    "rotation": buyer.rotation or product.rotation,
                    "bins": buyer.bin_choice or product.bin_choice or self.bins,
                    "packagings": [one.quantity for one in product.packagings],
                }
            )
        return {"id": order.id, "priority": priority, "complete": complete, "lines": asked}

    def allocate(self) -> dict[tuple[int, int], int]:
        with db.transaction():
            allocation.allocate([one["id"] for one in self.orders], site_id=self.w.site_id)
        rows = sa.select(Reservation.order_line_id, Reservation.stock_id, Reservation.quantity).where(Reservation.status == "pending")
        return {(line, row): quantity for line, row, quantity in session.execute(rows).all()}


def _empty() -> None:
    """Ends what the case before left waiting."""
    session.execute(sa.text("UPDATE reservations SET status = 'voided', ended_at = created_at WHERE status = 'pending'"))
    session.execute(sa.text("UPDATE stock SET reserved = 0"))
    session.execute(sa.text("UPDATE order_lines SET promised = 0, reserved = 0"))
    session.execute(sa.text("UPDATE promises SET promised = 0"))


drawn_cases = st.fixed_dictionaries({"products": products, "customers": customers, "stock": stocks, "orders": wanted_orders, "site": sites})


def test_every_strategy_does_what_plain_loops_do(w: Warehouse, soak: bool) -> None:
    @settings(
        max_examples=600 if soak else 40,
        deadline=None,
        suppress_health_check=list(HealthCheck),
        phases=[Phase.generate, Phase.shrink] if soak else [Phase.generate],
        derandomize=not soak,
        database=None,
    )
    @given(drawn=drawn_cases)
    def compare(drawn: dict[str, Any]) -> None:
        case = Case(w, drawn)
        assert case.allocate() == model(case.orders, case.rows, case.window, case.today)
        assert audit.run(INVARIANTS) == []
        told = sa.select(Reservation.id).where(Reservation.status == "pending", Reservation.reasons.is_(None))
        assert session.execute(told).first() is None, "every claim says why"
        silent = sa.select(OrderLine.id).where(OrderLine.promised > 0, OrderLine.lacking.is_(None))
        assert session.execute(silent).first() is None, "every line that lacks says why"

    compare()


# -- what is chosen among goods of one age -----------------------------------------------------------------------------

TODAY = dt.date(2026, 11, 22)


def bin_(number: int, free: int, *, age: int = 1, life: int | None = None, **facts: Any) -> Supply:
    """One bin of product 1."""
    batch = facts.pop("batch", age)
    expires = TODAY + dt.timedelta(days=life) if life is not None else None
    lot = facts.pop("lot", f"L{batch}")
    return Supply(number, 1, free, lot.casefold(), expires, batch, TODAY - dt.timedelta(days=age), lot, **facts)


def line(quantity: int, *, rotation: str = "fifo", bins: str = "face_first", **facts: Any) -> Demand:
    """One line that wants so much of product 1."""
    asked = {"lot_key": None, "min_days": 0, "ship_complete": False, "promised_in_full": True, **facts}
    return Demand(1, 1, 1, quantity, strategy=Strategy(rotation, bins), **asked)


def took(rows: list[Supply], wanted: Demand, **facts: Any) -> dict[int, int]:
    return {one.stock_id: one.quantity for one in Dealer(rows, TODAY, **facts).serve(wanted)}


@given(frees=st.lists(st.integers(1, 12), min_size=1, max_size=6), quantity=st.integers(1, 40))
def test_no_other_choice_of_bins_has_fewer_picks(frees: list[int], quantity: int) -> None:
    rows = [bin_(number, free) for number, free in enumerate(frees)]
    chosen = took(rows, line(quantity, bins="fewest_picks"))
    assert sum(chosen.values()) == min(quantity, sum(frees))
    least = min(
        count for count in range(len(frees) + 1) for some in itertools.combinations(frees, count) if sum(some) >= min(quantity, sum(frees))
    )
    assert len(chosen) == least


@given(
    frees=st.lists(st.integers(1, 15), min_size=1, max_size=5), quantity=st.integers(1, 40), size=st.integers(2, 6), faces=st.integers(0, 2)
)
def test_no_other_choice_of_bins_takes_more_full_packagings(frees: list[int], quantity: int, size: int, faces: int) -> None:
    rows = [bin_(number, free, face=number < faces) for number, free in enumerate(frees)]
    chosen = took(rows, line(quantity, bins="full_packaging"), packagings={1: [size]})
    possible = min(quantity // size, sum(free // size for free in frees))
    if sum(frees) > quantity:
        assert sum(amount // size for amount in chosen.values()) >= possible


def test_the_nearest_bin_of_one_day_is_taken_but_never_one_of_a_younger_day() -> None:
    rows = [bin_(1, 5, age=9, metres=900), bin_(2, 5, age=9, metres=100), bin_(3, 9, age=1, metres=1)]
    assert took(rows, line(6, bins="nearest")) == {2: 5, 1: 1}


def test_within_the_window_a_younger_day_is_as_good() -> None:
    rows = [bin_(1, 5, age=9, metres=900), bin_(2, 5, age=7, metres=1), bin_(3, 5, age=6, metres=0)]
    assert took(rows, line(4, bins="nearest"), window=2) == {2: 4}
    assert took(rows, line(4), window=2) == {1: 4}, "the window is for those who choose bins"


def test_the_last_in_goes_first_only_where_that_is_the_strategy() -> None:
    rows = [bin_(1, 5, age=9), bin_(2, 5, age=1)]
    assert took(rows, line(6, rotation="lifo")) == {2: 5, 1: 1}
    assert took(rows, line(6)) == {1: 5, 2: 1}


def test_a_line_of_one_batch_passes_over_batches_that_are_too_small() -> None:
    rows = [bin_(1, 3, age=9), bin_(2, 4, age=5), bin_(3, 4, age=5), bin_(4, 9, age=1)]
    dealt = Dealer(rows, TODAY).serve(line(6, one_batch=True))
    assert {one.stock_id: one.quantity for one in dealt} == {2: 4, 3: 2}
    assert dealt[0].reasons[0]["passed"] == [{"lot": "L9", "why": "too_little", "there": 3}]
    assert took(rows, line(10, one_batch=True)) == {}


def test_what_is_missing_of_a_line_of_one_batch_comes_from_that_batch() -> None:
    rows = [bin_(1, 9, age=9), bin_(2, 3, age=5)]
    assert took(rows, line(6, one_batch=True, batch_id=5)) == {2: 3}


def test_a_lot_that_sales_reserved_is_left_for_who_named_it() -> None:
    rows = [bin_(1, 8, age=9, lot="A"), bin_(2, 8, age=1, lot="B")]
    kept = {(1, "a"): 5}
    dealt = Dealer(rows, TODAY, kept=kept).serve(line(6))
    assert {one.stock_id: one.quantity for one in dealt} == {1: 3, 2: 3}
    assert took(rows, line(5, lot_key="a", lot="A"), kept=kept) == {1: 5}


def test_each_claim_says_why_and_what_it_passed_over() -> None:
    rows = [bin_(1, 8, age=9, life=10), bin_(2, 8, age=3, life=90), bin_(3, 8, age=3, life=90)]
    batch, bins = Dealer(rows, TODAY).serve(line(2, min_days=30, bins="nearest"))[0].reasons
    assert batch == {"code": "fifo", "by": "product", "passed": [{"lot": "L9", "why": "life", "days": 10, "wanted": 30}]}
    assert bins == {"code": "nearest", "by": "site", "places": 2}
