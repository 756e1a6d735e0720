"""The replenisher's screen: goods from reserve into their pick face."""

from __future__ import annotations

from collections.abc import Sequence

from wms.actor import Permission
from wms.catalog.units import in_unit
from wms.i18n import T
from wms.picking import bringing, queries
from wms.picking.scan_facts import batch_of, goods_are_right, in_units, name_of, product_notes
from wms.scan.flow import Fact, Flow, Go, Kind, Notes, Scan, must_be
from wms.scan.given import because
from wms.tasks import queue
from wms.tasks.models import TaskKind


def _bring_facts(notes: Notes) -> Sequence[Fact]:
    if "task" not in notes:
        return []
    return [
        Fact(T("Product", "商品"), name_of(notes), detail=notes["sku"]),
        Fact(T("Batch", "批次"), batch_of(notes)),
        Fact(T("Quantity", "数量"), notes["quantity"], detail=in_units(notes["quantity"], notes), strong=True),
        Fact(T("From", "来自"), notes["location"]),
        Fact(T("Into", "补到"), notes["target"]),
    ]


replenish = Flow(
    "replenish",
    title=T("Replenish", "补货"),
    needs=Permission.REPLENISH,
    facts=_bring_facts,
    waiting=lambda by: queries.open_tasks(TaskKind.REPLENISH, by=by),
)


def _bring(task_id: int, step: str) -> Go:
    job = queries.replenishment(task_id)
    return Go(
        step,
        notes={**product_notes(job), "task": task_id, "quantity": job.quantity, "target_id": job.target_id, "target": job.target},
    )


@replenish.step("task", ask=T("Scan a reserve location", "扫描存储位"), accepts=[Kind.LOCATION], leads_to=["product"])
def scan_task(scan: Scan, notes: Notes) -> Go:  # noqa: ARG001
    """The work that begins at this place."""
    return _bring(bringing.task_at(scan.location.id, by=scan.by).id, "product")


@replenish.command("task", "NEXT", label=T("Get work", "领取任务"), leads_to=["source"])
def next_task(scan: Scan, notes: Notes) -> Go:  # noqa: ARG001
    """The most urgent face."""
    task = bringing.next_task(by=scan.by)
    return because(task, _bring(task.id, "source"))


@replenish.step(
    "source",
    ask=T("Scan location", "扫描库位"),
    accepts=[Kind.LOCATION],
    expected="location",
    only_expected=True,
    known=True,
    leads_to=["product"],
)
def scan_reserve(scan: Scan, notes: Notes) -> Go:  # noqa: ARG001
    """The right place in reserve."""
    return Go("product")


@replenish.step(
    "product",
    ask=T("Scan product", "扫描商品"),
    accepts=[Kind.PRODUCT],
    expected="code",
    target="sku",
    product="product_id",
    known=True,
    leads_to=["lot", "quantity"],
)
def scan_goods(scan: Scan, notes: Notes) -> Go:
    """The right goods."""
    return goods_are_right(scan, notes)


@replenish.step("lot", ask=T("Scan lot", "扫描批号"), accepts=[Kind.LOT], expected="lot", product="product_id", leads_to=["quantity"])
def scan_goods_lot(scan: Scan, notes: Notes) -> Go:
    """The oldest lot goes first."""
    must_be(scan, notes["lot"])
    return Go("quantity")


@replenish.count("quantity", ask=T("Count the pieces", "清点数量"), product="product_id", expected="quantity", leads_to=["target"])
def count_goods(scan: Scan, notes: Notes) -> Go:  # noqa: ARG001
    """Counted; nothing has moved yet."""
    return Go("target", notes={"picked": scan.quantity})


@replenish.step(
    "target",
    ask=T("Put it in", "放到"),
    accepts=[Kind.LOCATION],
    expected="target",
    only_expected=True,
    known=True,
    leads_to=["task"],
)
def scan_face(scan: Scan, notes: Notes) -> Go:
    """Now the goods move, with the claims of the orders that wait for them."""
    bringing.bring(notes["task"], notes["picked"], by=scan.by, key=scan.key)
    unit = in_unit(notes["picked"], notes.get("base_unit"))
    facts = {"quantity": notes["picked"], "sku": notes["sku"], "face": notes["target"], "unit": unit}
    said = T("{quantity} {sku} in {face}", "{sku} {quantity} {unit}已补到 {face}", **facts)
    return Go("task", say=said, posted=True)


@replenish.command(("source", "product", "quantity"), "SHORT", label=T("Nothing there", "没有货"), leads_to=["task"])
def nothing_there(scan: Scan, notes: Notes) -> Go:
    """The place is to be counted, and the goods come from elsewhere."""
    bringing.not_there(notes["task"], by=scan.by)
    return Go("task", say=T("A count is ordered; other goods are looked for", "已安排盘点，并另寻货源"), posted=True)


@replenish.on_leave
def leave_replenish(scan: Scan, notes: Notes) -> None:
    """The work stays open."""
    if "task" in notes:
        queue.give_back(notes["task"], by=scan.by)
