"""The scanner at the dock: pieces with serial numbers, a row of them at once."""

from __future__ import annotations

from wms.errors import Refused
from wms.i18n import T
from wms.receiving import check_in as receiving
from wms.receiving.scan_receive import receive
from wms.receiving.scan_received import plate_taken_in
from wms.receiving.screens import company_prefix, goods_facts, plate_label, product_in_hand
from wms.scan.flow import Doubt, Fact, Go, Kind, Notes, Scan

MOST = 500


class NoRange(Refused):
    """Two numbers that are not the ends of one row."""

    code = "no_range"
    sentence = T("{first} and {last} are not the first and last of one row", "{first} 与 {last} 不是同一号段的首尾")
    advice = T("The numbers differ in their last digits only; scan the last one of the row", "号段仅末尾数字不同，请扫描该段最后一个")


class RangeTooLong(Refused):
    """More pieces than stand on one plate."""

    code = "range_too_long"
    sentence = T("{first} to {last} are {n} numbers, at most {most} at once", "{first} 至 {last} 共 {n} 个号，一次最多 {most} 个")
    advice = T("Take them in as several rows", "请分段收货")


class SureOfRange(Doubt):
    """So many numbers were never seen one by one."""

    code = "range_sure"
    sentence = T("{first} to {last}: {n} {n:piece/pieces}", "{first} 至 {last}：{n} 件")
    advice = T("Count the pieces, then scan {last} again", "请清点件数，再扫一次 {last}")


def row_of(first: str, last: str) -> list[str]:
    """The serial numbers from the first to the last of a row, with the leading zeros they have: they differ in their last digits only.

    Raises NoRange, RangeTooLong.
    """
    alike = next((place for place, (one, other) in enumerate(zip(first, last, strict=False)) if one != other), len(first))
    low, high = first[alike:], last[alike:]
    if first == last:
        return [first]
    if len(low) != len(high) or not (low.isdecimal() and high.isdecimal() and first.isascii() and low < high):
        raise NoRange(first=first, last=last)
    count = int(high) - int(low) + 1
    if count > MOST:
        raise RangeTooLong(first=first, last=last, n=count, most=MOST)
    return [f"{first[:alike]}{number:0{len(low)}d}" for number in range(int(low), int(high) + 1)]


@receive.command(
    "serial",
    "RANGE",
    label=T("A row of numbers", "连续号段"),
    when=lambda notes: not notes.get("objection") and "condition" not in notes,
    leads_to=["first"],
)
def a_row(scan: Scan, notes: Notes) -> Go:  # noqa: ARG001
    return Go("first")


@receive.step("first", ask=T("Scan the first number", "扫描首号"), accepts=[Kind.SERIAL], product="product", leads_to=["last"])
def scan_first(scan: Scan, notes: Notes) -> Go:  # noqa: ARG001
    return Go("last", notes={"first": scan.value})


@receive.step(
    "last",
    ask=T("Scan the last number", "扫描末号"),
    accepts=[Kind.SERIAL],
    product="product",
    facts=lambda notes: [*goods_facts(notes), Fact(T("First number", "首号"), notes["first"])],
    leads_to=["product", "order"],
)
def scan_last(scan: Scan, notes: Notes) -> Go:
    serials = row_of(notes["first"], scan.value)
    if not scan.again:
        raise SureOfRange(first=notes["first"], last=scan.value, n=len(serials))
    receipt = receiving.check_in_serials(
        notes["order"],
        product_in_hand(notes),
        serials,
        dock_id=notes["dock"],
        by=scan.by,
        key=scan.key,
        company_prefix=company_prefix(),
        unit_code=notes.get("sscc"),
        arrival_id=notes.get("arrival"),
    )
    label = [] if notes.get("sscc") else [plate_label(receipt.unit)]
    went = plate_taken_in(receipt, notes, printed=label)
    return Go(went.step, {**went.notes, "first": None}, went.say, went.detail, went.tone, went.printed, posted=True)
