"""A small flow with one of everything: a document, a directed place, a label, a count, a doubt, a refusal, a bug."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa

from wms.actor import Actor, Permission
from wms.db import session
from wms.errors import Refused
from wms.i18n import T
from wms.scan.flow import Doubt, Fact, Flow, Go, HandOver, Kind, Notes, Printed, Progress, Scan
from wms.stock import ledger
from wms.stock.ledger import Place
from wms.stock.models import MovementKind, Stock

START = {"place": "A-01"}
LEFT: list[Notes] = []


class BinFull(Refused):
    code = "bin_full"
    sentence = T("{bin} is full", "{bin} 已满")
    advice = T("Scan another bin", "请扫描其他库位")


class VeryFar(Doubt):
    code = "very_far"
    sentence = T("{bin} is very far", "{bin} 很远")


class NoWork(Refused):
    code = "no_work"
    sentence = T("There is no work", "没有任务")


def facts(notes: Notes) -> list[Fact]:
    return [Fact(T("Wanted", "应取"), notes["wanted"], strong=True)] if "wanted" in notes else []


toy = Flow(
    "toy", title=T("Toy", "玩具"), needs=Permission.MOVE_STOCK, document="number", facts=facts, progress=lambda notes: Progress(1, 2)
)
hand = Flow("hand", title=T("Hand over", "移交"), needs=Permission.SIGNED_IN)


def find(text: str, by: Actor) -> Any:
    return text.upper() if text.upper().startswith("D-") else None


@toy.step("start", ask=T("Scan a document", "扫描单据"), accepts=[Kind.DOCUMENT], documents=find, leads_to=["place"])
def start(scan: Scan, notes: Notes) -> Go:
    return Go("place", notes={**START, "number": scan.document})


@toy.command("start", "NEXT", label=T("Get work", "领取任务"), leads_to=["place"])
def next_(scan: Scan, notes: Notes) -> Go:
    return Go("place", notes={**START, "number": "D-NEXT"})


@toy.step("place", ask=T("Scan location", "扫描库位"), accepts=[Kind.LOCATION], expected="place", only_expected=True, leads_to=["product"])
def place(scan: Scan, notes: Notes) -> Go:
    return Go("product", notes={"source": scan.location.id, "wanted": 5})


@toy.command(["place", "product"], "SKIP", label=T("Skip", "跳过"), leads_to=["start"])
def skip(scan: Scan, notes: Notes) -> Go:
    return Go("start", say=T("Skipped", "已跳过"), tone="calm")


@toy.step("product", ask=T("Scan the product", "扫描商品"), accepts=[Kind.PRODUCT, Kind.HANDLING_UNIT], leads_to=["lot", "quantity"])
def product(scan: Scan, notes: Notes) -> Go:
    found = {"product": scan.product.id, "sku": scan.value}
    return Go("quantity" if scan.product.tracking == "none" else "lot", notes=found)


@toy.step("lot", ask=T("Scan the lot of {sku}", "扫描 {sku} 的批号"), accepts=[Kind.LOT], product="product", leads_to=["expiry"])
def lot(scan: Scan, notes: Notes) -> Go:
    return Go("expiry", notes={"lot": scan.value})


@toy.step("expiry", ask=T("Type the expiry date", "输入有效期"), accepts=[Kind.EXPIRY], product="product", leads_to=["quantity"])
def expiry(scan: Scan, notes: Notes) -> Go:
    return Go("quantity", notes={"expires_on": scan.value})


@toy.count("quantity", ask=T("Take", "取货"), product="product", expected="wanted", leads_to=["target"])
def quantity(scan: Scan, notes: Notes) -> Go:
    return Go("target", notes={"quantity": scan.quantity})


@toy.step(
    "target",
    ask=T("Put it anywhere", "放到任意库位"),
    accepts=[Kind.LOCATION, Kind.REASON],
    reasons={"LOST": T("It is lost", "丢失")},
    leads_to=["start", "place"],
)
def target(scan: Scan, notes: Notes) -> Go:
    if scan.kind is Kind.REASON:
        return Go("start", say=T("Noted: {reason}", "已记录：{reason}", reason=scan.value), posted=True)
    if scan.value == "FAR" and not scan.again:
        raise VeryFar(bin=scan.value)
    row = session.execute(sa.select(Stock).where(Stock.location_id == notes["source"])).scalars().first()
    assert row is not None
    ledger.move(
        scan.by,
        key=scan.key,
        batch_id=row.batch_id,
        quantity=notes["quantity"],
        source=Place(notes["source"]),
        target=Place(scan.location.id),
        kind=MovementKind.MOVE,
    )
    if scan.value == "FULL":
        raise BinFull(bin=scan.value)
    if scan.value == "BUG":
        raise ZeroDivisionError
    slip = Printed.tag("location", scan.value, T("Location label", "库位标签"))
    return Go("place", notes={"wanted": None}, say=T("Put into {bin}", "已放入 {bin}", bin=scan.value), printed=[slip], posted=True)


@toy.on_leave
def leave(scan: Scan, notes: Notes) -> None:
    if notes.get("number") == "D-GONE":
        raise NoWork
    LEFT.append(notes)


@hand.step("start", ask=T("Get work", "领取任务"), accepts=[Kind.DOCUMENT], documents=find)
def hand_start(scan: Scan, notes: Notes) -> HandOver:
    return HandOver("toy")


@hand.command("start", "NEXT", label=T("Get work", "领取任务"))
def hand_next(scan: Scan, notes: Notes) -> HandOver:
    return HandOver("toy")
