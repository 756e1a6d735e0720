"""What a label says, however the scanner writes it; and nothing but clear words for what is no label."""

from __future__ import annotations

import datetime as dt

import pytest
from hypothesis import given
from hypothesis import strategies as st

from wms.catalog import gs1
from wms.catalog.gs1 import GS, SUBSTITUTES, Gs1CheckDigit, Gs1Contradiction, Gs1Unreadable, barcode_key, gtin14, read
from wms.errors import Invalid

GTIN = "06901234567892"
BODY = f"01{GTIN}17261231" + "37{count}{gs}10{lot}"


def label(gs: str = GS, lot: str = "AB-1", count: int = 24) -> str:
    return BODY.format(gs=gs, lot=lot, count=count)


@pytest.mark.parametrize("prefix", ["]C1", "]d2", "]Q3", "]e0", ""])
def test_one_label_gives_product_expiry_count_and_lot(prefix: str) -> None:
    found = read(prefix + label())
    assert found is not None
    assert (found.gtin, found.lot, found.count, found.expires_on) == (GTIN, "AB-1", 24, dt.date(2026, 12, 31))


@pytest.mark.parametrize("gs", SUBSTITUTES)
@pytest.mark.parametrize("prefix", ["]C1", ""])
def test_the_printable_substitutes_for_gs_are_understood(prefix: str, gs: str) -> None:
    found = read(prefix + f"01{GTIN}10LOT7{gs}17261231")
    assert found is not None
    assert (found.lot, found.expires_on) == ("LOT7", dt.date(2026, 12, 31))


def test_a_substitute_that_makes_nothing_readable_stays_part_of_the_lot() -> None:
    found = read(f"]C101{GTIN}10A<GS>B")
    assert found is not None
    assert found.lot == "A<GS>B"


def test_a_leading_separator_and_a_trailing_line_end_are_dropped() -> None:
    found = read(GS + label() + "\r\n")
    assert found is not None
    assert found.lot == "AB-1"


def test_the_bracketed_form_reads_as_printed() -> None:
    found = read(f"(01){GTIN}(17)261231(10)AB-1(3103)001250")
    assert found is not None
    assert (found.lot, found.net_weight_grams) == ("AB-1", 1250)


def test_day_zero_is_the_last_day_of_the_month() -> None:
    found = read("]C117280200")
    assert found is not None
    assert found.expires_on == dt.date(2028, 2, 29)


@pytest.mark.parametrize(("ai", "grams"), [("3100", 12_000), ("3101", 1_200), ("3103", 12), ("3105", 0)])
def test_net_weight_comes_in_grams(ai: str, grams: int) -> None:
    found = read(f"]C1{ai}000012")
    assert found is not None
    assert found.net_weight_grams == grams


def test_sscc_dates_serial_order_and_places_are_read() -> None:
    sscc = "34012345000000000" + _digit("34012345000000000")
    found = read(f"]C100{sscc}15261130132611011126100124066X{GS}21S-9{GS}400PO-77{GS}4106901234567892")
    assert found is not None
    assert (found.sscc, found.serial, found.order_number, found.item) == (sscc, "S-9", "PO-77", "66X")
    assert (found.best_before_on, found.packed_on, found.produced_on) == (dt.date(2026, 11, 30), dt.date(2026, 11, 1), dt.date(2026, 10, 1))
    assert found.raw["410"] == "6901234567892"
    assert found.last_day == dt.date(2026, 11, 30)


def test_a_bare_text_is_a_label_only_where_it_begins_with_a_valid_number() -> None:
    assert read("10AB") is None
    assert read("A-01-3") is None
    assert read("06901234567892") is None
    assert read("0106901234567893") is None  # wrong check digit, no claim: it may be somebody's SKU
    assert read("01" + GTIN) is not None


def test_a_wrong_check_digit_is_said() -> None:
    with pytest.raises(Gs1CheckDigit):
        read("]C10106901234567893")
    with pytest.raises(Gs1CheckDigit):
        read("]C100" + "1" * 18)


NONSENSE = ("]C1", "]C1xyz", "]C101", "]C117261332", "]C117260230", "(01)12", "(77)", "]d210" + "A" * 21, "]C1370", GS)


@pytest.mark.parametrize("text", NONSENSE)
def test_nonsense_is_said_in_words(text: str) -> None:
    with pytest.raises((Gs1Unreadable, Gs1CheckDigit)):
        read(text)


def test_one_thing_said_twice_and_differently_is_refused() -> None:
    with pytest.raises(Gs1Contradiction):
        read(f"]C110A{GS}10B")


def test_all_gtins_are_compared_with_14_digits() -> None:
    assert gtin14("6901234567892") == GTIN
    assert gtin14("96385074") == "00000096385074"
    assert gtin14("036000291452") == "00036000291452"
    assert gtin14("6901234567893") is None
    assert gtin14("٦٩٠١٢٣٤٥٦٧٨٩٢") is None
    assert barcode_key(" AbC ") == "abc"
    assert barcode_key("6901234567892") == GTIN


@given(st.text(max_size=600))
def test_no_text_is_a_traceback(text: str) -> None:
    for prefix in ("", *gs1.PREFIXES, "(01)"):
        try:
            read(prefix + text)
        except Invalid as wrong:
            wrong.say("zh_CN")
            wrong.advise("en")


PARTS = ("00", "01", "02", "10", "17", "21", "30", "37", "3103", "400", "410", GS, "<GS>", "~1", "(", ")", GTIN, "A", "1", "٣")


@given(st.lists(st.sampled_from(PARTS), max_size=12))
def test_nothing_made_of_label_parts_is_a_traceback(parts: list[str]) -> None:
    for prefix in ("", "]C1"):
        try:
            found = read(prefix + "".join(parts))
        except Invalid:
            continue
        assert found is None or found.raw


def _digit(digits: str) -> str:
    return next(d for d in "0123456789" if gs1.check_digit_is_right(digits + d))
