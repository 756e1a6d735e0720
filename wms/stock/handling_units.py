"""Licence plates: issued, found, moved whole with everything in them."""

from __future__ import annotations

import sqlalchemy as sa

from wms import clock
from wms.actor import Actor
from wms.catalog.gs1 import is_sscc
from wms.db import fold, session
from wms.errors import NotFound, Refused
from wms.i18n import T
from wms.numbers import next_free
from wms.stock.ledger import Move, Moved, Place, post
from wms.stock.models import Claim, HandlingUnit, MovementKind, Reservation, Stage, Stock, UnitKind


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


def issue_sscc(company_prefix: str, extension: int = 0) -> str:
    """A new SSCC of 18 digits under the house's GS1 company prefix, never given twice, at however many stations at once."""
    room = 16 - len(company_prefix)

    def write(serial: int) -> str:
        body = f"{extension}{company_prefix}{serial % 10**room:0{room}d}"
        return body + check_digit(body)

    return next_free(f"sscc:{company_prefix}", write, HandlingUnit.code_key)[0]


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


def contents(unit_id: int) -> list[Stock]:
    """The stock rows in a unit that hold something, in canonical order."""
    return list(
        session.execute(
            sa.select(Stock)
            .where(Stock.handling_unit_id == unit_id, Stock.on_hand != 0)
            .order_by(Stock.location_id, Stock.batch_id, Stock.condition)
            .execution_options(populate_existing=True)
        ).scalars()
    )


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
    """Moves a unit with all that is in it; claims travel along (to `stage`, or as they are), or are posted with `ends_claims`.

    Every content row with claims is moved per order line, so that the journal tells whose goods they were.
    """
    # First of all the unit's own row: whoever is putting goods into it has done so before we look, or is refused after.
    session.execute(sa.update(HandlingUnit).where(HandlingUnit.id == unit.id).values(location_id=target_id))
    moves: list[Move] = []
    for row in contents(unit.id):
        source, target = Place(row.location_id, unit.id, row.condition), Place(target_id, unit.id, row.condition)
        claims = session.execute(
            sa.select(Reservation.id, Reservation.order_line_id, Reservation.quantity, Reservation.stage)
            .where(Reservation.stock_id == row.id, Reservation.status == Claim.PENDING.value)
            .order_by(Reservation.id)
        ).all()
        free = row.on_hand - sum(claim.quantity for claim in claims)
        for claim in claims:
            moves.append(
                Move(
                    f"{key}:{len(moves)}",
                    row.batch_id,
                    claim.quantity,
                    source,
                    target,
                    kind,
                    reason=reason,
                    document=document,
                    order_line_id=claim.order_line_id,
                    task_id=task_id,
                    claims=(claim.id,),
                    claimed=claim.quantity,
                    stage=stage or Stage(claim.stage),
                    ends_claims=ends_claims,
                )
            )
        if free:
            moves.append(
                Move(
                    f"{key}:{len(moves)}",
                    row.batch_id,
                    free,
                    source,
                    target,
                    kind,
                    reason=reason,
                    document=document,
                    task_id=task_id,
                )
            )
    return post(moves, by=by) if moves else []


def restage(unit_id: int, stage: Stage) -> None:
    """The goods stay where they are; the claims on what is in the unit come one stage on, or go one back."""
    inside = sa.select(Stock.id).where(Stock.handling_unit_id == unit_id)
    session.execute(
        sa.update(Reservation)
        .where(Reservation.stock_id.in_(inside), Reservation.status == Claim.PENDING.value)
        .values(stage=stage.value)
        .execution_options(synchronize_session=False)
    )
