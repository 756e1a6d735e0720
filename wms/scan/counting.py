"""Counting at a step: a number sets the total, a barcode adds one of its unit, Done ends it."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from wms.db import fold
from wms.errors import Refused
from wms.i18n import T, Text
from wms.scan.flow import Kind, Message, Scan, Step, WrongLot, noted
from wms.scan.screens import Shown
from wms.scan.state import State

LARGEST_TOTAL = 999_999


class NothingCounted(Refused):
    """DONE before anything was counted."""

    code = "nothing_counted"
    sentence = T("Nothing is counted yet", "尚未清点")
    advice = T("Type the quantity or scan the pieces", "请输入数量或逐件扫描")


class ZeroCounted(Refused):
    """Zero where something must be there."""

    code = "quantity_zero"
    sentence = T("0 cannot be entered here", "此处数量不能为 0")
    advice = T("Type the quantity, or choose an action", "请输入数量，或选择其他操作")


class TooMany(Refused):
    """More than the step asks for."""

    code = "too_many"
    sentence = T("{total} is more than the {expected} asked for", "{total} 超过应取数量 {expected}")
    advice = T("Put the rest back; type {expected}", "多余的请放回，输入 {expected}")

    def __init__(self, *, advice: Text | None = None, **facts: Any) -> None:
        super().__init__(**facts)
        self._advice = advice or type(self).advice

    @property
    def advised(self) -> Text | None:
        """What the step says about pieces beyond what is expected."""
        return self._advice.settled(**self.facts) if self._advice else None

    def advise(self, language: str) -> str | None:
        """The same in one language."""
        return self._advice.say(language, **self.facts) if self._advice else None


class AnotherLot(WrongLot):
    """The label of another lot, while one is counted."""

    advice = T("Only lot {expected} is counted here; the other one comes after it", "此处只清点批号 {expected}，另一批号请随后处理")


class TotalTooLarge(Refused):
    """Beyond six digits."""

    code = "quantity_wrong"
    sentence = T("{total} is more than can be counted at once", "{total} 超出一次可清点的数量")
    advice = T("Count it in several parts", "请分次清点")


def count(step: Step, here: State, scan: Scan) -> State | Scan:
    """A number sets the total, a barcode adds; a Scan means that the total stands."""
    expected = noted(step.expected, here.notes)
    wanted = None if expected in (None, "") else int(expected)
    complete = wanted if wanted is not None else noted(step.complete_at, here.notes)
    if scan.kind is Kind.QUANTITY:
        total, typed = scan.quantity, scan.quantity
        _total_is_right(step, total, wanted)
        sure = here.typed == total and here.total == total
        final = step.typed_confirms or total == complete or sure
        said = T("{total} entered", "已输入 {total}", total=total)
        detail = T("Choose Done, or type {total} again", "选“完成”，或再次输入 {total}", total=total)
        tone = "ask"
    else:
        _same_lot(here.notes.get("lot"), scan)
        pieces = scan.quantity * (scan.gs1.count or 1 if scan.gs1 else 1)
        total, typed, sure = (here.total or 0) + pieces, None, False
        _total_is_right(step, total, wanted)
        final = total == complete
        said = T("{total} counted", "已点 {total}", total=total)
        detail = None
        tone = "good"
    doubtful = None if sure or scan.again else doubted(step, here, total, typed)
    if doubtful is not None:
        return doubtful
    if final or scan.again:
        return replace(scan, kind=Kind.QUANTITY, value=str(total), quantity=total)
    return replace(here, total=total, typed=typed, asked=None, shown=Shown(Message(tone, said, detail)))


def _same_lot(counted: Any, scan: Scan) -> None:
    """A label of another lot is not counted to the one in hand."""
    if isinstance(counted, str) and scan.gs1 is not None and scan.gs1.lot and fold(scan.gs1.lot) != fold(counted):
        raise AnotherLot(scanned=scan.gs1.lot, expected=counted)


def doubted(step: Step, here: State, total: int, typed: int | None) -> State | None:
    """The count with what is doubtful about its total; nothing is ended by it, Done or the same number typed again is."""
    doubt = step.doubt(dict(here.notes), total) if step.doubt is not None else None
    if doubt is None:
        return None
    return replace(here, total=total, typed=typed, asked=None, shown=Shown(Message(doubt.tone, doubt.said, doubt.advised, doubt.code)))


def _total_is_right(step: Step, total: int, wanted: int | None) -> None:
    if total == 0 and not step.zero:
        raise ZeroCounted
    if total > LARGEST_TOTAL:
        raise TotalTooLarge(total=total)
    if wanted is not None and total > wanted and not step.over_expected:
        raise TooMany(advice=step.excess, total=total, expected=wanted)
