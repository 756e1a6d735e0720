"""Licence plates: issued, found, moved whole with everything in them and on them."""

from __future__ import annotations

import uuid
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm.attributes import set_committed_value

from wms import clock
from wms.actor import Actor
from wms.catalog.gs1 import is_sscc
from wms.db import among, fold, insert_rows, session, table_of
from wms.errors import Conflict, NotFound, Refused
from wms.i18n import T
from wms.numbers import next_free
from wms.stock.ledger import Move, Moved, Place, post
from wms.stock.models import Claim, HandlingUnit, MovementKind, Reservation, Stage, Stock, UnitKind

_U = table_of(HandlingUnit)


class PutOnAnother(Conflict):
    """It was to be moved by itself, and goes with another one now."""

    code = "put_on_another"
    sentence = T("{unit} was put on another unit meanwhile", "{unit} 刚被放到其他单元上")
    advice = T("Look where it stands, then try again", "请核对其位置后重试")


class UnitUnknown(NotFound):
    """No handling unit has this code here."""

    code = "unit_unknown"
    sentence = T("There is no handling unit {code}", "没有此货物单元：{code}")
    advice = T("Scan the SSCC label on the pallet or carton", "请扫描托盘或箱上的 SSCC 标签")


class OwnNumber(Refused):
    """Numbers of our own series are given by the system: one from elsewhere would be given a second time."""

    code = "own_sscc"
    sentence = T("{code} is a number of our own series that was never given", "{code} 属于本公司编号，但系统从未发放")
    advice = T("Leave it; the system prints a label", "请勿使用，由系统打印标签")


def check_digit(digits: str) -> str:
    """The GS1 modulo-10 check digit of a string of digits (GS1 General Specifications, 7.9.1)."""
    total = sum(int(digit) * (3 if place % 2 == 0 else 1) for place, digit in enumerate(reversed(digits)))
    return str(-total % 10)


class NoPrefix(Refused):
    """SSCCs begin with the house's own GS1 company prefix."""

    code = "no_company_prefix"
    sentence = T("No GS1 company prefix is set, so no SSCC can be given", "未设置 GS1 厂商识别代码，无法发放 SSCC")
    advice = T("The administrator sets WMS_GS1_COMPANY_PREFIX", "请管理员设置 WMS_GS1_COMPANY_PREFIX")


class NumbersUsedUp(Refused):
    """All numbers of a prefix are given: none begins anew over units that may still stand somewhere."""

    code = "sscc_used_up"
    sentence = T(
        "All SSCCs of prefix {prefix} with extension digit {extension} are given",
        "厂商识别代码 {prefix}（扩展位 {extension}）的 SSCC 已用完",
    )
    advice = T("The administrator sets another WMS_SSCC_EXTENSION", "请管理员更换 WMS_SSCC_EXTENSION")


_extension = 0


def keep(extension: int) -> None:
    """The extension digit of this house's SSCCs from now on (WMS_SSCC_EXTENSION)."""
    global _extension
    _extension = extension


def issue_sscc(company_prefix: str, extension: int | None = None) -> str:
    """A new SSCC of 18 digits under the house's GS1 company prefix, never given twice, at however many stations at once."""
    return issue_ssccs(company_prefix, 1, extension)[0]


def issue_ssccs(company_prefix: str, count: int, extension: int | None = None) -> list[str]:
    """So many new SSCCs in their order: one statement takes them from the series, however many they are. Raises NoPrefix, NumbersUsedUp."""
    if not company_prefix:
        raise NoPrefix
    digit = _extension if extension is None else extension
    room = 16 - len(company_prefix)

    def write(serial: int) -> str:
        if serial >= 10**room:
            return ""  # past the last one
        body = f"{digit}{company_prefix}{serial:0{room}d}"
        return body + check_digit(body)

    found = next_free(f"sscc:{company_prefix}" + (f":{digit}" if digit else ""), write, HandlingUnit.code_key, count=count)
    if "" in found:
        raise NumbersUsedUp(prefix=company_prefix, extension=digit)
    return found


def must_come_from_elsewhere(code: str, *, company_prefix: str) -> None:
    """For a number that no unit has: raises OwnNumber where it is of our own series, and Gs1CheckDigit where it was misread."""
    if is_sscc(code) and company_prefix and code[1:].startswith(company_prefix):
        raise OwnNumber(code=code)


def new_unit(
    kind: UnitKind,
    *,
    location_id: int,
    site_id: int,
    company_prefix: str,
    code: str | None = None,
    order_id: int | None = None,
) -> HandlingUnit:
    """Opens an empty unit at a location, with a new SSCC unless it brings its own code."""
    unit = HandlingUnit(
        site_id=site_id,
        code=code or issue_sscc(company_prefix),
        kind=kind.value,
        location_id=location_id,
        order_id=order_id,
        created_at=clock.now(),
    )
    session.add(unit)
    session.flush()  # its id is needed for the goods that go into it
    return unit


def new_units(kind: UnitKind, count: int, *, location_id: int, site_id: int, company_prefix: str) -> list[str]:
    """So many empty units at once, such as pre-printed labels at a dock; their SSCCs in their order. Raises NoPrefix, NumbersUsedUp."""
    codes, moment = issue_ssccs(company_prefix, count), clock.now()
    rows = [
        {"site_id": site_id, "code": code, "code_key": fold(code), "kind": kind.value, "location_id": location_id, "created_at": moment}
        for code in codes
    ]
    insert_rows(_U, rows)
    return codes


def fresh_key() -> str:
    """A key for an act that brings none of its own: the request around it acts once."""
    return uuid.uuid4().hex


def plain(code: str) -> str:
    """The code as it is kept: trimmed, an SSCC without its AI 00."""
    code = code.strip()
    return code[2:] if len(code) == 20 and code.startswith("00") else code


def find(code: str, *, by: Actor) -> HandlingUnit:
    """The unit with this code at the person's site (an SSCC with or without its AI 00); raises UnitUnknown."""
    key = fold(plain(code))
    unit = session.execute(
        sa.select(HandlingUnit).where(HandlingUnit.code_key == key, HandlingUnit.site_id == by.site_id)
    ).scalar_one_or_none()
    if unit is None:
        raise UnitUnknown(code=code)
    return unit


def tree(unit_id: Any, *around: Any) -> sa.CompoundSelect[tuple[int]]:
    """The ids of a unit and of all that stands on it: three levels at most. It may be a column of a table of the statement `around` it."""
    here, below = _U.alias("here"), _U.alias("below")
    selects = (
        sa.select(here.c.id).where(here.c.id == unit_id),
        sa.select(here.c.id).where(here.c.parent_id == unit_id),
        sa.select(here.c.id).join(below, below.c.id == here.c.parent_id).where(below.c.parent_id == unit_id),
    )
    return sa.union_all(*(one.correlate(*around) if around else one for one in selects))


def contents(unit_id: int) -> list[Stock]:
    """The stock rows in a unit and in all that stands on it, of those that hold something, in canonical order."""
    return _goods_in(Stock.handling_unit_id.in_(tree(unit_id)))


def _goods_in(units: sa.ColumnElement[bool]) -> list[Stock]:
    return list(
        session.execute(
            sa.select(Stock)
            .where(units, Stock.on_hand != 0)
            .order_by(Stock.location_id, Stock.batch_id, Stock.handling_unit_id, Stock.condition)
            .execution_options(populate_existing=True)
        ).scalars()
    )


def standing_on(unit_id: int) -> list[HandlingUnit]:
    """What stands on a unit, at every level, the lower ones first."""
    return list(
        session.execute(
            sa.select(HandlingUnit)
            .where(HandlingUnit.id.in_(tree(unit_id)), HandlingUnit.id != unit_id)
            .order_by(HandlingUnit.parent_id != unit_id, HandlingUnit.id)
            .execution_options(populate_existing=True)
        ).scalars()
    )


def root_of(unit: HandlingUnit) -> HandlingUnit:
    """The lowest unit of the stack that this one stands in: itself, when it stands on the floor."""
    return unit if unit.root_id is None else session.get_one(HandlingUnit, unit.root_id, populate_existing=True)


def lock_trees(*unit_ids: int) -> list[HandlingUnit]:
    """These units, read afresh, each locked with the whole stack it stands in: the lowest first, so that two who build wait for each other.

    Raises Conflict where a stack was rebuilt while we waited.
    """
    stacks = _stacks(unit_ids)
    for _ in range(_REBUILT):
        lowest_first = sa.select(_U.c.id).where(_U.c.id.in_(stacks)).order_by(_U.c.root_id.is_not(None), _U.c.id)
        locked = set(session.execute(lowest_first.with_for_update(key_share=True)).scalars())
        found = session.execute(
            sa.select(HandlingUnit).where(HandlingUnit.id.in_(stacks)).execution_options(populate_existing=True)
        ).scalars()
        units = {unit.id: unit for unit in found}
        if units.keys() == locked:
            return [units[unit_id] for unit_id in unit_ids]
    raise Conflict


_REBUILT = 3


def _stacks(unit_ids: Sequence[int]) -> sa.CompoundSelect[tuple[int]]:
    """The ids of all units of the stacks in which these stand."""
    named, above = _U.alias("named"), _U.alias("above")
    lowest = sa.func.coalesce(named.c.root_id, named.c.id)
    these = named.c.id.in_(unit_ids)
    return sa.union_all(sa.select(lowest).where(these), sa.select(above.c.id).join(named, above.c.root_id == lowest).where(these))


def take_off(unit_id: int) -> None:
    """The unit does not stand on another one any more, but beside it, with all that stands on it."""
    alone = session.execute(
        sa.update(_U).where(_U.c.id == unit_id, _U.c.parent_id.is_not(None)).values(parent_id=None, root_id=None).returning(_U.c.id)
    ).one_or_none()
    if alone is not None:
        session.execute(sa.update(_U).where(_U.c.parent_id == unit_id).values(root_id=unit_id))
        _known_now(unit_id, parent_id=None, root_id=None)


def stand_at(unit_id: int, location_id: int) -> None:
    """Where a unit stands from now on, on the floor or in a rack, with all that stands on it; taken off what it stood on elsewhere.

    Only the units: goods in them are moved by the ledger, in the same transaction.
    """
    session.flush()  # what was said of the unit before is written before
    if not _moved_from_the_floor(unit_id, location_id):
        take_off(unit_id)
        session.execute(sa.update(_U).where(_U.c.id == unit_id).values(location_id=location_id))
        _known_now(unit_id, location_id=location_id)


def stand_all_at(places: Mapping[int, int]) -> dict[int, int]:
    """`stand_at` for many units that stand on the floor, by their ids: locked in their sequence by one statement, then written. Answers
    each unit of their stacks with the lowest under it. Raises PutOnAnother where one of them stands on another by now."""
    session.flush()  # what was said of the units before is written before
    on_the_floor = (among(_U.c.id, sorted(places)), _U.c.parent_id.is_(None))
    held = session.execute(sa.select(_U.c.id).where(*on_the_floor).order_by(_U.c.id).with_for_update(key_share=True)).scalars().all()
    if len(held) != len(places):
        one_of_them = session.get_one(HandlingUnit, min(places.keys() - set(held)))
        raise PutOnAnother(unit=one_of_them.code)
    for target_id in sorted(set(places.values())):
        mine = [unit_id for unit_id, place in places.items() if place == target_id]
        session.execute(
            sa.update(_U).where(among(_U.c.id, mine)).values(location_id=target_id).execution_options(synchronize_session=False)
        )
    stacks = session.execute(sa.select(_U.c.id, _U.c.root_id).where(sa.or_(among(_U.c.id, held), among(_U.c.root_id, held))))
    root = {row.id: row.root_id or row.id for row in stacks}
    for one in session:
        if isinstance(one, HandlingUnit) and one.id in root:
            session.expire(one, ["location_id"])
    return root


def stand_alone_at(unit_id: int, location_id: int) -> None:
    """`stand_at` behind the lock of its stack. A unit on the floor is locked by being moved, and what stands on it by going along."""
    session.flush()  # what was said of the unit before is written before
    if not _moved_from_the_floor(unit_id, location_id):
        lock_trees(unit_id)
        stand_at(unit_id, location_id)


def left_behind(unit_id: int, location_id: int) -> sa.ColumnElement[bool]:
    """Whether anything that is in a unit, or on it, lies elsewhere: it was put there while the rest was moved."""
    s = table_of(Stock).c
    return sa.exists().where(s.handling_unit_id.in_(tree(unit_id)), s.on_hand != 0, s.location_id != location_id)


def _moved_from_the_floor(unit_id: int, location_id: int) -> bool:
    on_the_floor = sa.update(_U).where(_U.c.id == unit_id, _U.c.parent_id.is_(None))
    if session.execute(on_the_floor.values(location_id=location_id).returning(_U.c.id)).one_or_none() is None:
        return False
    _known_now(unit_id, location_id=location_id)
    return True


def _known_now(unit_id: int, **facts: int | None) -> None:
    """What was written of a unit is known of the row in hand; the others that stand on something are read again when they are asked."""
    for one in session:
        if isinstance(one, HandlingUnit) and one.id == unit_id:
            for name, value in facts.items():
                set_committed_value(one, name, value)
        elif isinstance(one, HandlingUnit) and one.__dict__.get("parent_id") is not None:
            session.expire(one, ["location_id", "parent_id", "root_id"])


def move_unit(
    unit: HandlingUnit,
    target_id: int,
    *,
    key: str,
    kind: MovementKind,
    by: Actor,
    stage: Stage | None = None,
    ends_claims: bool = False,
    reason: str | None = None,
    document: str | None = None,
    task_id: int | None = None,
) -> list[Moved]:
    """Moves a unit with all that is in it and stands on it; one that stood on another is taken off that. Claims travel along (to
    `stage`, or as they are), or are posted with `ends_claims`.

    Every content row with claims is moved per order line, so that the journal tells whose goods they were.
    """
    # First of all the unit's own row: whoever is putting goods into it has done so before we look, or is refused after.
    stand_at(unit.id, target_id)
    moves: list[Move] = []
    rows = contents(unit.id)
    parts = parts_of_all(rows)
    for row in rows:
        source, target = (Place(place, row.handling_unit_id, row.condition) for place in (row.location_id, target_id))
        for part in parts[row.id]:
            moves.append(
                Move(
                    f"{key}:{len(moves)}",
                    row.batch_id,
                    part.quantity,
                    source,
                    target,
                    kind,
                    reason=reason,
                    document=document,
                    task_id=task_id,
                    **({**part.claim, "stage": stage or part.claim["stage"], "ends_claims": ends_claims} if part.claim else {}),
                )
            )
    return post(moves, by=by) if moves else []


@dataclass(frozen=True, slots=True)
class Going:
    """A unit that is moved with many others."""

    unit_id: int
    target_id: int
    key: str
    document: str | None = None


def move_all(going: Sequence[Going], *, kind: MovementKind, by: Actor, ends_claims: bool = False) -> list[Moved]:
    """`move_unit` for many units that stand on the floor, each with all that stands on it: as one, however many they are.

    Raises PutOnAnother where one of them stands on another by now, UnitGone where goods of it are elsewhere.
    """
    by_unit = {one.unit_id: one for one in going}
    root = stand_all_at({one.unit_id: one.target_id for one in going})
    rows = _goods_in(among(Stock.handling_unit_id, sorted(root)))
    parts = parts_of_all(rows)
    count: Counter[int] = Counter()
    moves: list[Move] = []
    for row in rows:
        assert row.handling_unit_id is not None
        one_going = by_unit[root[row.handling_unit_id]]
        target = Place(one_going.target_id, row.handling_unit_id, row.condition)
        for part in parts[row.id]:
            moves.append(
                Move(
                    f"{one_going.key}:{count[one_going.unit_id]}",
                    row.batch_id,
                    part.quantity,
                    Place(row.location_id, row.handling_unit_id, row.condition),
                    target,
                    kind,
                    document=one_going.document,
                    **({**part.claim, "ends_claims": ends_claims} if part.claim else {}),
                )
            )
            count[one_going.unit_id] += 1
    return post(moves, by=by) if moves else []


@dataclass(frozen=True, slots=True)
class Part:
    """So many pieces of a stock row: claimed by one order line, or free."""

    quantity: int
    claim: dict[str, Any]
    """What a movement says of the claim that travels along; empty for free pieces."""


def parts_of(row: Stock) -> list[Part]:
    """A stock row as it is moved whole: per claim, then what is free."""
    return parts_of_all([row])[row.id]


def parts_of_all(rows: Sequence[Stock]) -> dict[int, list[Part]]:
    """`parts_of` for many rows, by their ids; one statement, and none where nothing is claimed."""
    claimed = [row.id for row in rows if row.reserved]
    claims = (
        session.execute(
            sa.select(Reservation.stock_id, Reservation.id, Reservation.order_line_id, Reservation.quantity, Reservation.stage)
            .where(among(Reservation.stock_id, claimed), Reservation.status == Claim.PENDING.value)
            .order_by(Reservation.id)
        ).all()
        if claimed
        else []
    )
    parts: dict[int, list[Part]] = {row.id: [] for row in rows}
    for one in claims:
        claim = {"order_line_id": one.order_line_id, "claims": (one.id,), "claimed": one.quantity, "stage": Stage(one.stage)}
        parts[one.stock_id].append(Part(one.quantity, claim))
    for row in rows:
        free = row.on_hand - sum(part.quantity for part in parts[row.id])
        if free:
            parts[row.id].append(Part(free, {}))
    return parts


def restage(unit_id: int, stage: Stage) -> None:
    """The goods stay where they are; the claims on what is in the unit and on it come one stage on, or go one back."""
    inside = sa.select(Stock.id).where(Stock.handling_unit_id.in_(tree(unit_id)))
    session.execute(
        sa.update(Reservation)
        .where(Reservation.stock_id.in_(inside), Reservation.status == Claim.PENDING.value)
        .values(stage=stage.value)
        .execution_options(synchronize_session=False)
    )
