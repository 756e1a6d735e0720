"""Goods are inspected before anybody may promise them: opened with their receipt, decided by a result, whole or in parts."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

import sqlalchemy as sa

from wms import clock, events
from wms.actor import Actor, Permission
from wms.catalog.models import Product
from wms.db import session
from wms.errors import Conflict, Forbidden, Invalid, NotFound, Refused
from wms.i18n import T
from wms.locations.models import Kind, Location
from wms.numbers import document_number, own_number
from wms.orders import differences
from wms.orders.models import Difference, DifferenceKind, InboundKind, InboundLine, InboundOrder
from wms.orders.timeline import teach, teach_reasons
from wms.receiving import deliveries, disposition
from wms.receiving.disposition import Decided, Which
from wms.receiving.inspection_rules import Decision
from wms.receiving.inspection_rules import wanted as wanted_by_rules
from wms.receiving.models import Inspection, InspectionDefect, InspectionStatus
from wms.receiving.sampling import Sample
from wms.stock.models import Batch, Condition, HandlingUnit, Stock
from wms.tasks import queue
from wms.tasks.models import TaskKind

S = InspectionStatus
PRIORITY = 5

DEFECTS = {
    "broken": T("Broken", "破损"),
    "dirty": T("Dirty", "污染"),
    "mould": T("Mould or damp", "发霉受潮"),
    "size": T("Wrong size or weight", "尺寸重量不符"),
    "looks": T("Colour or surface", "外观不良"),
    "function": T("Does not work", "功能不良"),
    "label": T("Label or packaging", "标签或包装不良"),
    "other": T("Something else", "其他"),
}
"""How a piece may be defective."""

teach_reasons(DEFECTS)
teach("inbound.inspection_opened", T("{quantity} × {sku} wait for inspection {number}", "{sku} {quantity} 待检（{number}）"), "ask")
_INSPECTED = T(
    "{number}: {accepted} of {sku} accepted, {conceded} with concession, {rejected} rejected",
    "{number}：{sku} 合格 {accepted}，让步接收 {conceded}，不合格 {rejected}",
)
teach("inbound.inspected", _INSPECTED, "calm")
teach("inbound.inspection_withdrawn", T("{number} withdrawn: its receipt was undone", "{number} 已撤回：收货已撤销"), "calm")

WITHOUT_CERTIFICATE = Decision(True, T("It waits for its quality certificate", "等待合格证号"))
SET_ASIDE = Decision(True, T("Set aside for inspection at receiving", "收货时转待检"))
CAME_BACK = Decision(True, T("It came back, and is in doubt", "退回存疑，待检"))


class InspectionUnknown(NotFound):
    """No such inspection at this site."""

    code = "inspection_unknown"
    sentence = T("There is no inspection {number}", "没有此检验单：{number}")
    advice = T("Check the number, or take the next one", "请核对单号，或领取下一个")


class InspectionOver(Conflict):
    """It has its result, or was withdrawn."""

    code = "inspection_over"
    sentence = T("Inspection {number} is over: {status}", "检验单 {number} 已结束：{status}")
    advice = T("Look at it again", "请刷新查看")


class ResultWrong(Invalid):
    """The numbers of a result do not fit."""

    code = "inspection_result_wrong"
    sentence = T("{quantity} decided, and {open} wait for a result", "已填 {quantity}，待检 {open}")
    advice = T("Decide about 1 up to all of them", "请填写 1 至全部数量")


class DefectWrong(Invalid):
    """A defect that is none."""

    code = "defect_wrong"
    sentence = T("{reason}: {quantity} is no finding", "缺陷记录无效：{reason} {quantity}")
    advice = T("Reasons: {known}", "可选原因：{known}")


class DefectiveAccepted(Refused):
    """Pieces that were found defective are not good."""

    code = "defective_accepted"
    sentence = T(
        "{defective} of them were found defective; at most {most} are accepted as good",
        "已发现不合格 {defective} 件，合格最多 {most} 件",
    )
    advice = T("Reject the defective ones, or a supervisor accepts them with concession", "请将不合格品判退，或由主管让步接收")


class SampleFailed(Refused):
    """More defective ones than the sample allows."""

    code = "sample_failed"
    sentence = T("{defective} defective in the sample; it fails from {fails_from}", "抽样不合格 {defective} 件，{fails_from} 件即判不合格")
    advice = T(
        "Reject the rest, sort it piece by piece, or a supervisor accepts it with concession",
        "请整批判退、逐件挑选，或由主管让步接收",
    )


class CertificateWanted(Refused):
    """Production is accepted with its quality certificate."""

    code = "certificate_wanted"
    sentence = T("{number}: the quality certificate number is missing", "{number}：缺少合格证号")
    advice = T("Enter the certificate number first", "请先录入合格证号")


class ConcessionForbidden(Forbidden):
    """Who inspects does not allow themselves a concession."""

    code = "concession_forbidden"
    sentence = T("A concession is allowed by a supervisor", "让步接收须由主管批准")
    advice = T("Ask your supervisor to enter it", "请主管录入")


class ConcessionReason(Invalid):
    """A concession has a reason."""

    code = "concession_reason_missing"
    sentence = T("Why is it accepted all the same?", "请说明让步接收的原因")


class GoodsAreThere(Refused):
    """An inspection ends without a result only when its goods are gone."""

    code = "inspected_goods_there"
    sentence = T("{held} of the goods of {number} are still there", "{number} 的货物仍有 {held} 在库待检")
    advice = T("Enter their result", "请录入检验结果")


# -- opening -----------------------------------------------------------------------------------------------------------------


def wanted(
    order: InboundOrder,
    product: Product,
    *,
    by: Actor,
    certificate: str | None = None,
    partner_id: int | None = None,
    arrival_id: int | None = None,
) -> Decision:
    """Whether goods that come in with this (locked) order are inspected, and why. Production without its certificate always is."""
    decision = wanted_by_rules(order, product, by=by, partner_id=partner_id, arrival_id=arrival_id)
    if not decision.inspects and order.kind == InboundKind.PRODUCTION and not certificate:
        return WITHOUT_CERTIFICATE
    return decision


def open_for(
    came: Iterable[tuple[InboundLine, int, int]],
    *,
    order: InboundOrder,
    product: Product,
    batch_id: int,
    unit: HandlingUnit,
    location_id: int,
    by: Actor,
    decision: Decision | None = None,
) -> list[Inspection]:
    """Opens the inspection of goods that have just come in as uninspected: one for each (line, quantity, movement)."""
    decision = decision if decision is not None and decision.inspects else SET_ASIDE
    return [
        open_inspection(
            product,
            batch_id,
            quantity,
            by=by,
            decision=decision,
            order=order,
            line=line,
            unit_id=unit.id,
            location_id=location_id,
            movement_id=movement_id,
        )
        for line, quantity, movement_id in came
    ]


def open_inspection(
    product: Product,
    batch_id: int,
    quantity: int,
    *,
    by: Actor,
    location_id: int,
    decision: Decision = SET_ASIDE,
    order: InboundOrder | None = None,
    line: InboundLine | None = None,
    unit_id: int | None = None,
    movement_id: int | None = None,
    document: str | None = None,
) -> Inspection:
    """An inspection of goods that stand somewhere as uninspected (they were booked so before), with its task."""
    needs_certificate = order is not None and order.kind == InboundKind.PRODUCTION
    known = line.certificate if line is not None else None
    drawn = Sample(0, 1) if decision is WITHOUT_CERTIFICATE else decision.sample(quantity)
    inspection = Inspection(
        site_id=by.site_id,
        number=document_number("Q", Inspection.number, Inspection.site_id == by.site_id),
        status=S.OPEN.value,
        inbound_order_id=order.id if order else None,
        inbound_line_id=line.id if line else None,
        partner_id=order.partner_id if order else None,
        product_id=product.id,
        batch_id=batch_id,
        handling_unit_id=unit_id,
        movement_id=movement_id,
        document=document or (order.number if order else None),
        rule_id=decision.rule.id if decision.rule else None,
        why=decision.reasons,
        quantity=quantity,
        sample_size=drawn.size,
        fails_from=drawn.fails_from,
        needs_certificate=needs_certificate,
        certificate=known,
        opened_at=clock.now(),
    )
    session.add(inspection)
    session.flush()  # its task names it
    inspection.task_id = queue.put(
        TaskKind.INSPECT,
        site_id=by.site_id,
        priority=PRIORITY,
        document=inspection.number,
        inbound_line_id=line.id if line else None,
        product_id=product.id,
        batch_id=batch_id,
        handling_unit_id=unit_id,
        quantity=quantity,
        source_id=location_id,
        reasons=decision.reasons,
    )
    session.flush()
    _tell(inspection, "inbound.inspection_opened", by=by, sku=product.sku, quantity=quantity)
    return inspection


def withdraw(movement_ids: list[int], *, by: Actor) -> None:
    """The receipts of these movements were undone: nothing is left to inspect."""
    for one in session.execute(
        sa.select(Inspection).where(Inspection.movement_id.in_(movement_ids), Inspection.status == S.OPEN.value)
    ).scalars():
        _end(one, S.WITHDRAWN, by=by)
        _tell(one, "inbound.inspection_withdrawn", by=by)


# -- finding -----------------------------------------------------------------------------------------------------------------


def find(number: str, *, by: Actor) -> Inspection:
    """The inspection of this number at the person's site; raises InspectionUnknown."""
    found = session.execute(
        sa.select(Inspection)
        .where(Inspection.site_id == by.site_id, Inspection.number == own_number(number))
        .execution_options(populate_existing=True)
    ).scalar_one_or_none()
    if found is None:
        raise InspectionUnknown(number=number)
    return found


def lock(number: str, *, by: Actor) -> Inspection:
    """An open one, locked after its inbound order. Raises InspectionUnknown, InspectionOver."""
    known = find(number, by=by)
    if known.inbound_order_id is not None:
        deliveries.lock(known.inbound_order_id)
    locked = session.execute(
        sa.select(Inspection)
        .where(Inspection.id == known.id)
        .with_for_update(key_share=True, of=Inspection)
        .execution_options(populate_existing=True)
    ).scalar_one()
    if locked.status != S.OPEN:
        raise InspectionOver(number=locked.number, status=S(locked.status).text)
    return locked


def goods_of(inspection: Inspection) -> Which:
    """The goods that wait for this inspection's result."""
    return Which(
        inspection.batch_id,
        inspection.open_quantity,
        unit_id=inspection.handling_unit_id,
        conditions=(Condition.INSPECTION,),
        inbound_line_id=inspection.inbound_line_id,
        inspection_id=inspection.id,
    )


def defective(inspection: Inspection) -> int:
    """How many pieces were found defective so far."""
    return sum(one.quantity for one in inspection.defects)


def has_failed(inspection: Inspection) -> bool:
    """Whether the sample has more defective ones than it may."""
    return inspection.sample_size > 0 and defective(inspection) >= inspection.fails_from


# -- the result --------------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Verdict:
    """What somebody decides about the goods of an inspection, or about a part of them."""

    accepted: int = 0
    conceded: int = 0
    rejected: int = 0
    defects: Mapping[str, int] = field(default_factory=dict)
    sorted_out: bool = False  # every piece was looked at, not the sample alone
    certificate: str | None = None
    concession: str | None = None
    note: str | None = None


@dataclass(frozen=True, slots=True)
class Result:
    """What came of it: the inspection as it stands, what was done with the goods, and the difference on the work list."""

    inspection: Inspection
    decisions: list[Decided]
    difference: Difference | None = None

    @property
    def units(self) -> list[HandlingUnit]:
        """The new plates, which want a label."""
        return [unit for decided in self.decisions for unit in decided.units]


def note_defects(number: str, defects: Mapping[str, int], *, by: Actor) -> Inspection:
    """Writes down what was found defective, before anything is decided. Raises DefectWrong, InspectionUnknown, InspectionOver."""
    inspection = lock(number, by=by)
    _note(inspection, defects, by=by)
    return inspection


def enter_certificate(number: str, certificate: str, *, by: Actor) -> Inspection:
    """The quality certificate of the goods; it goes onto their batch. Raises CertificateWanted, InspectionUnknown, InspectionOver."""
    inspection = lock(number, by=by)
    _certify(inspection, certificate)
    return inspection


def result(number: str, verdict: Verdict, *, by: Actor, key: str, company_prefix: str) -> Result:
    """Decides about the goods of an inspection, whole or in part: what is rejected leaves for the defect area and becomes a difference,
    what is accepted may be promised from now on.

    Raises InspectionUnknown, InspectionOver, ResultWrong, DefectWrong, DefectiveAccepted, SampleFailed, CertificateWanted,
    ConcessionForbidden, ConcessionReason, and NotHeld when the goods are not where they should be.
    """
    inspection = lock(number, by=by)
    if verdict.defects:
        _note(inspection, verdict.defects, by=by)
    if verdict.certificate:
        _certify(inspection, verdict.certificate)
    _must_fit(inspection, verdict)
    _must_be_allowed(inspection, verdict, by)
    goods = goods_of(inspection)
    parts = Parts(goods, by, key, company_prefix, inspection.number, inspection.document)
    decisions, difference = [], None
    if verdict.rejected:  # these leave the plate first, so that the rest stays on it
        gone = parts.reject(verdict.rejected)
        difference = _difference(inspection, verdict, gone, by=by)
        decisions.append(gone)
    if verdict.accepted + verdict.conceded:
        decisions.append(parts.release(verdict.accepted + verdict.conceded))
    inspection.accepted += verdict.accepted
    inspection.conceded += verdict.conceded
    inspection.rejected += verdict.rejected
    if verdict.conceded:
        inspection.concession, inspection.allowed_by_id = (verdict.concession or "").strip(), by.id
    inspection.note = (verdict.note or "").strip() or inspection.note
    if inspection.open_quantity == 0:
        _end(inspection, _status(inspection), by=by)
    session.flush()
    sku = session.get_one(Product, inspection.product_id).sku
    told = {"accepted": verdict.accepted, "conceded": verdict.conceded, "rejected": verdict.rejected}
    _tell(inspection, "inbound.inspected", by=by, sku=sku, **told, concession=inspection.concession, certificate=inspection.certificate)
    return Result(inspection, decisions, difference)


@dataclass(frozen=True, slots=True)
class Parts:
    """The goods of an inspection, to be decided part by part."""

    goods: Which
    by: Actor
    key: str
    company_prefix: str
    reason: str
    document: str | None

    def _which(self, quantity: int) -> Which:
        goods = self.goods
        return Which(goods.batch_id, quantity, goods.unit_id, None, goods.conditions, goods.inbound_line_id, goods.inspection_id)

    def reject(self, quantity: int) -> Decided:
        """So many are not acceptable."""
        which, key = self._which(quantity), f"{self.key}:rejected"
        return disposition.reject(
            which, by=self.by, key=key, reason=self.reason, document=self.document, company_prefix=self.company_prefix
        )

    def release(self, quantity: int) -> Decided:
        """So many are good."""
        which, key = self._which(quantity), f"{self.key}:accepted"
        return disposition.release(
            which, by=self.by, key=key, reason=self.reason, document=self.document, company_prefix=self.company_prefix
        )


def drop(number: str, *, by: Actor, reason: str | None = None) -> Inspection:
    """Ends an inspection whose goods are gone (lost, counted away): what was decided stands, the rest is no more.

    Raises GoodsAreThere, InspectionUnknown, InspectionOver.
    """
    inspection = lock(number, by=by)
    there = max(sum(one.free for one in disposition.held(goods_of(inspection), by=by)), _uncovered(inspection))
    if there:
        raise GoodsAreThere(number=inspection.number, held=there)
    decided = inspection.quantity - inspection.open_quantity
    if decided:
        inspection.quantity = decided
        inspection.sample_size = min(inspection.sample_size, decided)
    inspection.note = (reason or "").strip() or inspection.note
    _end(inspection, _status(inspection) if decided else S.WITHDRAWN, by=by)
    session.flush()
    return inspection


def _uncovered(inspection: Inspection) -> int:
    """How much of the batch waits uninspected, wherever it is, and no other open inspection is about it."""
    waits = sa.select(sa.func.coalesce(sa.func.sum(Stock.on_hand), 0)).join(Location, Location.id == Stock.location_id)
    uninspected = session.execute(
        waits.where(
            Stock.site_id == inspection.site_id,
            Stock.batch_id == inspection.batch_id,
            Stock.condition == Condition.INSPECTION.value,
            Stock.on_hand > 0,
            Location.kind != Kind.VIRTUAL.value,
        )
    ).scalar_one()
    others = session.execute(
        sa.select(Inspection).where(
            Inspection.site_id == inspection.site_id,
            Inspection.batch_id == inspection.batch_id,
            Inspection.status == S.OPEN.value,
            Inspection.id != inspection.id,
        )
    ).scalars()
    return max(0, int(uninspected) - sum(one.open_quantity for one in others))


def _must_fit(inspection: Inspection, verdict: Verdict) -> None:
    parts = (verdict.accepted, verdict.conceded, verdict.rejected)
    decided = sum(parts)
    if min(parts) < 0 or not 0 < decided <= inspection.open_quantity:
        raise ResultWrong(quantity=decided, open=inspection.open_quantity)
    found = defective(inspection)
    most = inspection.quantity - inspection.accepted - max(found, inspection.conceded + inspection.rejected)
    if verdict.accepted > max(0, most):
        raise DefectiveAccepted(defective=found, most=max(0, most))
    every_piece = verdict.sorted_out or inspection.sample_size >= inspection.quantity
    if verdict.accepted and has_failed(inspection) and not every_piece:
        raise SampleFailed(defective=found, fails_from=inspection.fails_from)


def _must_be_allowed(inspection: Inspection, verdict: Verdict, by: Actor) -> None:
    if (verdict.accepted or verdict.conceded) and inspection.needs_certificate and not inspection.certificate:
        raise CertificateWanted(number=inspection.number)
    if verdict.conceded and not by.may(Permission.DECIDE):
        raise ConcessionForbidden
    if verdict.conceded and not (verdict.concession or "").strip():
        raise ConcessionReason(pointer="/concession")


def _note(inspection: Inspection, defects: Mapping[str, int], *, by: Actor) -> None:
    found = defective(inspection)
    for reason, quantity in defects.items():
        if reason not in DEFECTS or not 0 < quantity <= inspection.quantity - found:
            words = T(", ".join(DEFECTS), "、".join(DEFECTS))
            raise DefectWrong(pointer="/defects", reason=reason, quantity=quantity, known=words)
        found += quantity
        inspection.defects.append(InspectionDefect(reason=reason, quantity=quantity, at=clock.now(), by_id=by.id))
    session.flush()


def _certify(inspection: Inspection, certificate: str) -> None:
    """The batch keeps the first certificate it is given; the inspection keeps its own."""
    certificate = certificate.strip()
    if not certificate:
        raise CertificateWanted(number=inspection.number)
    inspection.certificate = certificate
    session.execute(
        sa.update(Batch)
        .where(Batch.id == inspection.batch_id, Batch.certificate.is_(None))
        .values(certificate=certificate)
        .execution_options(synchronize_session=False)
    )
    session.flush()


def _difference(inspection: Inspection, verdict: Verdict, gone: Decided, *, by: Actor) -> Difference:
    """What was rejected waits on the work list for what becomes of it."""
    order = session.get(InboundOrder, inspection.inbound_order_id) if inspection.inbound_order_id else None
    worst = max(inspection.defects, key=lambda one: one.quantity, default=None)
    return differences.note(
        DifferenceKind.REJECTED,
        by=by,
        inbound=order,
        product=session.get_one(Product, inspection.product_id),
        quantity=verdict.rejected,
        text=verdict.note,
        inbound_line_id=inspection.inbound_line_id,
        batch_id=inspection.batch_id,
        handling_unit_id=gone.units[0].id if gone.units else inspection.handling_unit_id,
        movement_id=gone.movement_ids[0] if gone.movement_ids else None,
        reason=worst.reason if worst else None,
    )


def _status(inspection: Inspection) -> InspectionStatus:
    if not inspection.rejected:
        return S.ACCEPTED
    return S.PARTLY if inspection.accepted or inspection.conceded else S.REJECTED


def _end(inspection: Inspection, status: InspectionStatus, *, by: Actor) -> None:
    inspection.status, inspection.ended_at, inspection.ended_by_id = status.value, clock.now(), by.id
    session.flush()
    if inspection.task_id is None:
        return
    try:
        if status is S.WITHDRAWN:
            queue.cancel(inspection.task_id)
        else:
            task = queue.claim(inspection.task_id, by=by)
            queue.finish(task.id, epoch=task.epoch, by=by)
    except queue.TaskTaken:
        queue.cancel(inspection.task_id)  # somebody else stands before the goods, and the desk was quicker
    except queue.TaskOver:
        return


def _tell(inspection: Inspection, code: str, *, by: Actor, **facts: object) -> None:
    """The delivery's timeline tells it; goods that came without one tell it of themselves."""
    order = session.get(InboundOrder, inspection.inbound_order_id) if inspection.inbound_order_id else None
    events.record(order or inspection, code, by=by, number=inspection.number, **facts)
