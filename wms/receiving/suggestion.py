"""Where goods should go, and why: the rules of the site are asked in their order, and the first that knows a place that fits has the word.

Never a loop over all bins: where the product lies already is looked up by the product, and an empty bin is found by way of the groups
of bins that are alike (`wms.locations.layout`). What fits is said by `wms.stock.capacity` alone.
"""

from __future__ import annotations

import itertools
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

import sqlalchemy as sa

from wms import clock
from wms.db import in_transaction, is_postgresql, session, table_of
from wms.i18n import T, Text
from wms.locations import layout
from wms.locations.layout import Group
from wms.locations.models import Kind, Location
from wms.receiving.bins import (
    AMBIENT,
    BOUNDS,
    IN_GROUPS,
    LYING,
    MOST_IN_ZONE,
    MOST_OWN,
    NEAR,
    OLDER_IN_RESERVE,
    OWN,
    TAKEN,
    VACANT,
    VACANT_IN_A_CROWD,
    WAY,
)
from wms.receiving.models import Method
from wms.receiving.rules import Rule, rulebook
from wms.receiving.space import AREAS, LOOSE, Goods
from wms.stock import capacity
from wms.stock.capacity import NOTHING, Cargo, Limit, Load, limit_of
from wms.stock.models import Batch, Condition, HandlingUnit

_L = table_of(Location)
_FIRST_GROUPS, _FIRST_BINS = 8, 16
_NEAR_ENOUGH_MM = 2000
"""Nobody looks farther for a bin that is nearer by less than this."""


# -- what is answered ----------------------------------------------------------------------------------------------------------


def reason(code: str, words: Text) -> dict[str, str]:
    """A reason as it is kept with a task: its code, and the sentence in both languages."""
    return {"code": code, "en": words.say("en"), "zh_CN": words.say("zh_CN")}


@dataclass(frozen=True, slots=True)
class Turned:
    """A place that was looked at and not taken, and the limit that said so."""

    location: str
    way_mm: int
    code: str
    why: Text


@dataclass(frozen=True, slots=True)
class Answer:
    """What one rule said. `number` is its place in the list; 0 is what holds before all rules."""

    number: int
    method: Method | None
    found: bool
    said: Text
    turned: Sequence[Turned] = ()


@dataclass(frozen=True, slots=True)
class Suggestion:
    """A place and why; no place when nothing fits. `asked` is what every rule said, for whoever wants to know."""

    location_id: int | None
    reasons: list[dict[str, str]]
    asked: Sequence[Answer] = ()
    empty: bool = False
    """The place is suggested as an empty one: nothing lies there and nothing is on its way."""


NO_ROOM = T("No location fits; the worker chooses", "没有合适的库位，由作业员选择")
_NOWHERE = [reason("no_room", NO_ROOM)]
_NEAREST = T("Nearest empty location that fits, {metres} m", "最近的可用空库位，{metres} 米")
_FARTHER = T("Class {abc} lies farther back", "{abc} 类货物靠后存放")
_SHORT = T("Pick face {bin} holds {own}, below its minimum {least}", "拣货位 {bin} 现有 {own}，低于下限 {least}")
_BATCH_LIES = T("The same batch lies in {bin}", "{bin} 已有同批次")
_BATCH_COMES = T("The same batch is on its way to {bin}", "同批次正送往 {bin}")
_PRODUCT_LIES = T("The same product lies in {bin}", "{bin} 已有同商品")
_PRODUCT_COMES = T("The same product is on its way to {bin}", "同商品正送往 {bin}")
_BULK_LIES = T("{bin} is filled up with the same product", "{bin} 优先放满同一商品")
_BULK_BEGINS = T("Nearest empty deep location, {metres} m", "最近的空深位，{metres} 米")
_OF_CLASS = T("Nearest empty location of class {name}, {metres} m", "存储类别 {name} 的最近空库位，{metres} 米")
_IN_ZONE = T("Nearest with room in zone {zone}, {metres} m", "库区 {zone} 内最近有空间的库位，{metres} 米")
_CONDITION = T("The goods are: {condition}", "货物状态：{condition}")


@dataclass(frozen=True, slots=True)
class Found:
    """A place that a rule found."""

    id: int
    code: str
    why: Sequence[tuple[str, Text]]
    empty: bool = False


# -- the search ----------------------------------------------------------------------------------------------------------------


@dataclass(slots=True)
class _Place:
    """A place that was looked at, with what it carries and the limit that keeps these goods away."""

    row: Any
    load: Load
    limit: Limit | None


@dataclass
class _Search:
    """One question: what was looked up for one rule is not looked up again for the next."""

    goods: Goods
    start: Location
    site_id: int
    without: tuple[int, ...]
    avoid: frozenset[int]
    explain: bool
    cargo: Cargo = field(init=False)
    turned: list[Turned] = field(default_factory=list)
    _own: list[_Place] | None = None
    _groups: list[tuple[int, Group]] | None = None
    _limits: dict[Any, Limit | None] = field(default_factory=dict)
    _traits: tuple[str, int | None] | None = None
    _crowded: bool = False

    def __post_init__(self) -> None:
        self.cargo = self.goods.cargo()

    @property
    def point(self) -> dict[str, int]:
        """Where the walk begins."""
        return {"x": self.start.x_mm, "y": self.start.y_mm}

    @property
    def kept(self) -> tuple[str, str]:
        """The storage class and the temperature that the goods, and what goes with them, ask for."""
        products = [piece.product for piece in self.cargo.pieces]
        storage_class = next((one.storage_class for one in products if one.storage_class), "")
        return storage_class, next((one.temperature for one in products if one.temperature), AMBIENT)

    # -- whether a rule is meant -----------------------------------------------------------------------------------------------

    def not_meant(self, rule: Rule) -> Text | None:
        """Why a rule is not for these goods, or None."""
        product = self.goods.product
        if rule.product_id not in (None, product.id):
            return T("For another product", "适用于其他商品")
        if rule.storage_class is not None and (rule.storage_class or "") != (product.storage_class or ""):
            return T("For storage class {name}", "适用于存储类别 {name}", name=rule.storage_class)
        if rule.temperature is not None and rule.temperature != (product.temperature or AMBIENT):
            return T("For other temperatures", "适用于其他温区")
        if rule.abc not in (None, product.abc):
            return T("For class {name}", "适用于 {name} 类", name=rule.abc)
        if (rule.condition or Condition.GOOD) != self.goods.condition:
            return T("For another condition", "适用于其他状态")
        if rule.start_zone not in (None, self.start.zone):
            return T("For goods from zone {name}", "适用于来自库区 {name} 的货物", name=rule.start_zone)
        if rule.unit_kind is not None and rule.unit_kind != self._facts()[0]:
            return T("For another kind of unit", "适用于其他单元类型")
        if rule.supplier_id is not None and rule.supplier_id != self._facts()[1]:
            return T("For another supplier", "适用于其他供应商")
        return None

    def _facts(self) -> tuple[str, int | None]:
        """The unit's kind and the supplier, asked for when a rule wants to know."""
        if self._traits is None:
            kind, supplier = self.goods.unit_kind, self.goods.supplier_id
            if kind is None and self.goods.unit_id is not None:
                kind = session.execute(sa.select(HandlingUnit.kind).where(HandlingUnit.id == self.goods.unit_id)).scalar_one()
            if supplier is None:
                supplier = session.execute(sa.select(Batch.supplier_id).where(Batch.id == self.goods.batch_id)).scalar()
            self._traits = (kind or LOOSE, supplier)
        return self._traits

    # -- where the product lies ------------------------------------------------------------------------------------------------

    def own(self) -> list[_Place]:
        """The places where the product lies, or will lie, or that are meant for it; the nearest first."""
        if self._own is None:
            product = self.goods.product
            facts = {"site": self.site_id, "product": product.id, "batch": self.goods.batch_id, "without": list(self.without) or [0]}
            mine = [place for place in session.execute(OWN, facts).scalars() if place not in self.avoid]
            facts = {
                **self.point,
                "places": mine,
                "site": self.site_id,
                "storage_class": self.kept[0],
                "temperature": self.kept[1],
                "single": 1 if self.goods.in_unit else 0,
            }
            rows = [row for row in session.execute(NEAR, facts) if not row.reported] if mine else []
            loads = capacity.loads([row.id for row in rows], self.cargo, without=self.without) if rows else {}
            self._own = [_Place(row, load, limit_of(row, self.cargo, load.whole)) for row in rows for load in [loads.get(row.id, Load())]]
        return self._own

    def _among(self, rule: Rule, places: Iterator[_Place]) -> _Place | None:
        """The first that takes the goods and stands in a zone of the rule."""
        for place in places:
            if rule.zones and place.row.zone not in rule.zones:
                continue
            if place.limit is None:
                return place
            self._turn(place.row.code, place.row.way, place.limit)
        return None

    def _turn(self, code: str, way: int, limit: Limit) -> None:
        if self.explain and len(self.turned) < 5:
            refusal = limit.of(code)
            self.turned.append(Turned(code, way, refusal.code, refusal.said))

    def pick_face(self, rule: Rule) -> Found | None:
        """The product's pick face, if it is short and nothing older waits in reserve."""
        faces = [one for one in self.own() if one.row.kind == Kind.PICK_FACE.value and one.row.assigned_product_id == self.goods.product.id]
        short = [one for one in faces if one.row.assigned_minimum is not None and one.load.whole.own < one.row.assigned_minimum]
        if not short:
            return None
        place = self._among(rule, iter(short))
        facts = {"product": self.goods.product.id, "site": self.site_id, "batch": self.goods.batch_id, "today": clock.today()}
        if place is None or session.execute(OLDER_IN_RESERVE, facts).first() is not None:
            return None
        row = place.row
        words = _SHORT.with_facts(bin=row.code, own=place.load.whole.own, least=row.assigned_minimum)
        return Found(row.id, row.code, [("pick_face_short", words)])

    def same_batch(self, rule: Rule) -> Found | None:
        """A storage bin where the batch lies, or is about to."""
        place = self._among(rule, (one for one in self._stored() if one.load.whole.same > 0))
        if place is None:
            return None
        words = _BATCH_LIES if place.load.lying.same else _BATCH_COMES
        return Found(place.row.id, place.row.code, [("same_batch", words.with_facts(bin=place.row.code))])

    def same_product(self, rule: Rule) -> Found | None:
        """A storage bin where the product lies, or is about to."""
        place = self._among(rule, (one for one in self._stored() if one.load.whole.own > 0))
        if place is None:
            return None
        words = _PRODUCT_LIES if place.load.lying.own else _PRODUCT_COMES
        return Found(place.row.id, place.row.code, [("same_product", words.with_facts(bin=place.row.code))])

    def _stored(self) -> Iterator[_Place]:
        return (one for one in self.own() if one.row.kind == Kind.STORAGE.value)

    # -- empty bins ------------------------------------------------------------------------------------------------------------

    def groups(self, rule: Rule, *, least_units: int = 0, begins: int = 0) -> Iterator[tuple[int, Group, Limit | None]]:
        """The groups of bins in the zones of a rule, the nearest first, each with its least way and the limit that it sets to these goods.
        What needs no class or temperature is not sent to where others must lie."""
        if self._groups is None:
            self._groups = layout.groups_from(self.start)
        point, wanted = (self.start.x_mm, self.start.y_mm), self.kept
        for least, group in self._groups:
            if ((group.storage_class or ""), (group.temperature or AMBIENT)) != wanted or (rule.zones and group.zone not in rule.zones):
                continue
            if (least_units and (group.max_units or 0) < least_units) or (begins and group.most_way(*point) < begins):
                continue
            like = (group.max_weight_grams, group.max_volume_cm3, group.max_units, group.max_height_mm, group.mixing)
            if like not in self._limits:
                self._limits[like] = limit_of(group, self.cargo, NOTHING)
            yield least, group, self._limits[like]

    def empty(self, rule: Rule, *, begins: int = 0, least_units: int = 0) -> Any:
        """The nearest empty bin that takes the goods, at least so far away: a row with id, code, zone and way."""
        groups = self.groups(rule, least_units=least_units, begins=begins)
        best = self._nearest(((least, group.id) for least, group, limit in groups if limit is None), begins)
        if self.explain:
            self._say_limits(rule, begins, best)
        return best

    def _nearest(self, groups: Iterator[tuple[int, int]], begins: int) -> Any:
        """The nearest empty bin of these groups, give or take two metres."""
        best, size = None, _FIRST_GROUPS
        while some := list(itertools.islice(groups, size)):
            if best is not None and max(some[0][0], begins) + _NEAR_ENOUGH_MM > best.way:
                break
            row = self._vacant([group for _, group in some], begins)
            if row is not None and (best is None or (row.way, row.id) < (best.way, best.id)):
                best = row
            size *= 4
        return best

    def _vacant(self, groups: list[int], begins: int) -> Any:
        """The nearest bin of these groups that is empty indeed; those that are not any more are struck out on the way."""
        way, last, most = begins, 0, _FIRST_BINS
        work = {"site": self.site_id, "without": list(self.without) or [0]}
        while True:
            facts = {**self.point, **work, "groups": groups, "way": way, "last": last, "most": most}
            rows = session.execute(VACANT_IN_A_CROWD if self._crowded else VACANT, facts).all()
            taken: dict[int, set[str]] = {}
            if rows:
                for place, why in session.execute(TAKEN, {**work, "places": [row.id for row in rows]}):
                    taken.setdefault(place, set()).add(why)
            layout.forget([row.hint for row in rows if row.moved or LYING in taken.get(row.id, ())])
            for row in rows:
                if not row.moved and row.id not in taken and row.id not in self.avoid:
                    return row
            if len(rows) < most:
                return None
            way, last, most = rows[-1].way, rows[-1].id, most * 4
            self._crowded = True

    def _say_limits(self, rule: Rule, begins: int, best: Any) -> None:
        """The nearest empty bins that were passed over, one for each limit."""
        by_limit: dict[str, list[tuple[int, int]]] = {}
        limits: dict[int, Limit] = {}
        for least, group, limit in self.groups(rule, begins=begins):
            if limit is not None and (best is None or least <= best.way):
                by_limit.setdefault(limit.refusal.code + str(limit.facts.get("what") or ""), []).append((least, group.id))
                limits[group.id] = limit
        for some in by_limit.values():
            row = self._nearest(iter(some), begins)
            if row is not None and (best is None or row.way < best.way):
                self._turn(row.code, row.way, limits[row.group_id])
        self.turned.sort(key=lambda one: one.way_mm)

    def by_class(self, rule: Rule) -> Found | None:
        """The nearest empty bin: A goods anywhere near, B behind the nearest third of the bins, C behind two thirds."""
        thirds = {"B": 0, "C": 1}
        abc = self.goods.product.abc
        begins = layout.reach(self.start)[thirds[abc]] if abc in thirds else 0
        row = self.empty(rule, begins=begins)
        if row is None and begins:
            row = self.empty(rule)
        if row is None:
            return None
        why = [("nearest_empty", _NEAREST.with_facts(metres=round(row.way / 1000)))]
        if begins:
            why.append(("abc", _FARTHER.with_facts(abc=abc)))
        return Found(row.id, row.code, why, empty=True)

    def any_empty(self, rule: Rule) -> Found | None:
        """The nearest empty bin."""
        row = self.empty(rule)
        return Found(row.id, row.code, [("nearest_empty", _NEAREST.with_facts(metres=round(row.way / 1000)))], True) if row else None

    def class_zone(self, rule: Rule) -> Found | None:
        """The nearest empty bin of the product's storage class, if it has one."""
        name = self.goods.product.storage_class
        row = self.empty(rule) if name else None
        if row is None:
            return None
        return Found(row.id, row.code, [("storage_class", _OF_CLASS.with_facts(name=name, metres=round(row.way / 1000)))], empty=True)

    def bulk(self, rule: Rule) -> Found | None:
        """A deep bin that holds nothing but this product, the fullest first; else the nearest empty deep bin."""
        if not self.goods.in_unit:
            return None
        deep = [
            one for one in self._stored() if (one.row.max_units or 0) >= 2 and one.load.whole.own > 0 and not one.load.whole.other_products
        ]
        deep.sort(key=lambda one: (one.load.whole.same == 0, -one.load.whole.units, one.row.way, one.row.id))
        place = self._among(rule, iter(deep))
        if place is not None:
            return Found(place.row.id, place.row.code, [("bulk", _BULK_LIES.with_facts(bin=place.row.code))])
        row = self.empty(rule, least_units=2)
        return Found(row.id, row.code, [("bulk", _BULK_BEGINS.with_facts(metres=round(row.way / 1000)))], empty=True) if row else None

    def fixed_zone(self, rule: Rule) -> Found | None:
        """The nearest bin of these zones with room, whether it is empty or not."""
        groups = [(least, group.id) for least, group, limit in self.groups(rule) if limit is None]
        first, size, looked = 0, _FIRST_GROUPS, 0
        while first < len(groups) and looked < MOST_IN_ZONE:
            facts = {**self.point, "groups": [group for _, group in groups[first : first + size]]}
            rows = [row for row in session.execute(IN_GROUPS, facts) if row.id not in self.avoid and not row.reported]
            looked += len(rows)
            loads = capacity.loads([row.id for row in rows], self.cargo, without=self.without) if rows else {}
            for row in rows:
                load = loads.get(row.id, Load())
                limit = limit_of(row, self.cargo, load.whole)
                if limit is None:
                    return self._in_zone(row)
                self._turn(row.code, row.way, limit)
            first, size = first + size, size * 2
        row = self._nearest(iter(groups), 0)
        return self._in_zone(row, empty=True) if row is not None else None

    @staticmethod
    def _in_zone(row: Any, *, empty: bool = False) -> Found:
        words = _IN_ZONE.with_facts(zone=row.zone or "", metres=round(row.way / 1000))
        return Found(row.id, row.code, [("fixed_zone", words)], empty=empty)

    # -- goods that are not for sale -------------------------------------------------------------------------------------------

    def area(self, zones: Collection[str] = ()) -> Found | None:
        """The nearest place with room where goods of this condition belong; of several kinds the first one."""
        kinds = [kind.value for kind in AREAS[self.goods.condition]]
        in_turn = sa.case(*((_L.c.kind == kind, place) for place, kind in enumerate(kinds)))
        rows = session.execute(
            sa.select(*BOUNDS, WAY)
            .where(_L.c.site_id == self.site_id, _L.c.kind.in_(kinds))
            .order_by(in_turn, WAY, _L.c.id)
            .limit(MOST_OWN),
            self.point,
        ).all()
        rows = [row for row in rows if row.id not in self.avoid and (not zones or row.zone in zones)]
        loads = capacity.loads([row.id for row in rows], self.cargo, without=self.without) if rows else {}
        for row in rows:
            limit = limit_of(row, self.cargo, loads.get(row.id, Load()).whole)
            if limit is None:
                return Found(row.id, row.code, [("condition", _CONDITION.with_facts(condition=self.goods.condition.text))])
            self._turn(row.code, row.way, limit)
        return None


_METHODS = {
    Method.PICK_FACE: _Search.pick_face,
    Method.SAME_BATCH: _Search.same_batch,
    Method.SAME_PRODUCT: _Search.same_product,
    Method.BULK: _Search.bulk,
    Method.ABC: _Search.by_class,
    Method.CLASS_ZONE: _Search.class_zone,
    Method.EMPTY: _Search.any_empty,
    Method.FIXED_ZONE: _Search.fixed_zone,
}
_NOTHING_FOUND = T("No place answers this rule", "没有符合此规则的库位")
_OFF = T("Switched off", "已停用")


def suggest(
    goods: Goods,
    start: Location,
    *,
    site_id: int,
    without_task: int | None = None,
    avoid: Collection[int] = (),
    rules: Sequence[Rule] | None = None,
    explain: bool = False,
) -> Suggestion:
    """Where these goods should go from `start`, by the rules of the site (or by these); nothing is kept free by asking.

    Damaged goods go to the defect area, uninspected ones to inspection, unless a rule for that condition knows better. `avoid` are places
    that are not to be suggested; with `explain` it is told what each rule said, and which places were passed over for which limit.
    """
    search = _Search(goods, start, site_id, () if without_task is None else (without_task,), frozenset(avoid), explain)
    asked: list[Answer] = []
    good = goods.condition is Condition.GOOD
    for number, rule in enumerate(rulebook(site_id).rules if rules is None else rules, start=1):
        not_meant = search.not_meant(rule) if rule.active else _OFF
        if not_meant is not None:
            asked.append(Answer(number, rule.method, False, not_meant))
            continue
        search.turned = []
        found = _METHODS[rule.method](search, rule) if good else search.area(rule.zones)
        said = found.why[0][1] if found else _NOTHING_FOUND
        asked.append(Answer(number, rule.method, found is not None, said, search.turned))
        if found is not None:
            return _suggested(found, asked)
    if not good:
        search.turned = []
        found = search.area()
        asked.append(Answer(0, None, found is not None, found.why[0][1] if found else _NOTHING_FOUND, search.turned))
        if found is not None:
            return _suggested(found, asked)
    return Suggestion(None, _NOWHERE, asked)


def _suggested(found: Found, asked: Sequence[Answer]) -> Suggestion:
    return Suggestion(found.id, [reason(code, words) for code, words in found.why], asked, found.empty)


# -- keeping the place free ----------------------------------------------------------------------------------------------------

_MOST_TRIES = 40


def find_place(goods: Goods, start: Location, *, site_id: int, without_task: int | None = None, avoid: Collection[int] = ()) -> Suggestion:
    """`suggest`, and nobody else is given the same room: the place is locked until the task that takes it is written and committed.

    A place that somebody else is deciding about is passed over at once; only where there is no other is their decision waited for.
    """
    passed, busy = set(avoid), []
    while True:
        where = suggest(goods, start, site_id=site_id, without_task=without_task, avoid=passed)
        if where.location_id is None:
            break
        held = hold(where, goods, without_task=without_task, wait=False)
        if held:
            return where
        if held is None:
            busy.append(where.location_id)
        passed.add(where.location_id)
        if len(passed) - len(avoid) > _MOST_TRIES:
            break
    for place in busy:
        passed.discard(place)
        where = suggest(goods, start, site_id=site_id, without_task=without_task, avoid=passed)
        if where.location_id is not None and hold(where, goods, without_task=without_task, wait=True):
            return where
        passed.add(place)
    return Suggestion(None, _NOWHERE)


def hold(where: Suggestion, goods: Goods, *, without_task: int | None, wait: bool) -> bool | None:
    """Locks a suggested place and looks again, now that nobody else can take it: whether it still takes the goods; None when it is in
    other hands and was not waited for. On SQLite one writes at a time, and what was seen still holds."""
    if not is_postgresql() or not in_transaction():
        return True
    lock = sa.select(*BOUNDS).where(_L.c.id == where.location_id).with_for_update(key_share=True, skip_locked=not wait)
    row = session.execute(lock).one_or_none()
    if row is None:
        return None
    cargo = goods.cargo()
    without = () if without_task is None else (without_task,)
    load = capacity.loads([row.id], cargo, without=without).get(row.id)
    if where.empty and load is not None:
        return False
    return limit_of(row, cargo, load.whole if load else NOTHING) is None
