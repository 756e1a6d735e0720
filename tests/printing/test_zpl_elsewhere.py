"""Our labels in a printer that is not ours: whatever stands in them comes out as data, and none of it is obeyed."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from tests.printing.elsewhere import Elsewhere, scanned
from wms.i18n import T
from wms.printing.labels import Address, AddressLabel, HandlingUnitLabel, LocationLabel, PersonLabel, ProductLabel, zpl

NASTY = [
    "^XZ^XA^FDother^FS^XZ", "~JR", "~CC!", "^CC!", "^CT!", "^CD;", "^FS^FO0,0^GB800,400,400^FS", "_5E_7E", "A>8^~_5E", ">;>8", "\\1\\",
    "a\x1db\x00c\x02\x03", "x" * 200, "名称" * 100, "مرحبا بالعالم", "שלום", "emoji 🚚📦", "100 % & <b>", "\u202eabc", "e\u0301", "\ufffd",
    "Bolt M8\\&nut",
]  # fmt: skip
SSCC = "069000000000001318"
LAST = LocationLabel("LAST-1", zone="Z", kind=T("Pick face", "拣货位"))


@pytest.fixture(scope="session")
def printer(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Elsewhere]:
    """One for all tests: it takes a second to start."""
    one = Elsewhere(tmp_path_factory.mktemp("elsewhere"))
    yield one
    one.close()


@pytest.fixture(scope="session")
def last(printer: Elsewhere) -> bytes:
    """How a harmless label looks when nothing was printed before it."""
    [picture] = printer.print(zpl([LAST]))
    return picture.tobytes()


def labels_of(text: str) -> list[tuple[object, int]]:
    """Every kind of label with this text wherever it takes some, and its height in mm."""
    where = Address(text, [text, text], text)
    return [
        (HandlingUnitLabel(SSCC, kind=text, ship_to=where, sender=text, sequence=text, facts=[(T("Order", "订单"), text)],
                           contents=[(text, text)] * 3), 150),
        (AddressLabel(to=where, sender=where, code="S-1", sequence=text, facts=[(T("Order", "订单"), text)]), 150),
        (PersonLabel("P-1", text, roles=[text], company=text), 50),
        (ProductLabel("SKU-1", text), 50),
    ]  # fmt: skip


@pytest.mark.parametrize("text", NASTY, ids=[f"{number}" for number in range(len(NASTY))])
def test_every_label_comes_out_whole_with_its_barcode_whatever_it_says(printer: Elsewhere, last: bytes, text: str) -> None:
    codes = {SSCC: f"00{SSCC}", "S-1": "S-1", "P-1": "P-1", "SKU-1": "SKU-1"}
    for (label, down), code in zip(labels_of(text), codes.values(), strict=True):
        pictures = printer.print(zpl([label, LAST]), down)  # type: ignore[list-item]
        assert len(pictures) == 2, f"{text!r} ended or began a label"
        assert code in scanned(pictures[0]), label
        assert pictures[1].crop((0, 0, 800, 400)).tobytes() == last, f"{text!r} changed how the next label is printed"


@settings(max_examples=20, deadline=None, suppress_health_check=list(HealthCheck))
@given(text=st.text(st.one_of(st.sampled_from("^~_>\\,;:\x00\x1d\x02\r\n"), st.characters(codec="utf-8")), min_size=1, max_size=30))
@example("^XZ")
@example("~JA^XA")
def test_a_barcode_of_any_text_says_that_text_and_nothing_of_it_is_obeyed(printer: Elsewhere, last: bytes, text: str) -> None:
    pictures = printer.print(zpl([LocationLabel(text, text, text), LAST]))
    assert len(pictures) == 2
    assert text in scanned(pictures[0])
    assert pictures[1].tobytes() == last


def test_what_has_to_be_large_is_printed_large(printer: Elsewhere) -> None:
    """Compared with our own drawing of the same label: the same ink in the same places, but for the printer's own letters."""
    [theirs] = printer.print(zpl([LAST]))
    assert 0.05 < sum(theirs.histogram()[:128]) / (theirs.width * theirs.height) < 0.35
    assert scanned(theirs) == {"LAST-1"}
