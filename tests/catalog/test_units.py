from wms.catalog.units import in_unit, unit_text
from wms.i18n import money


def test_a_unit_is_said_in_the_readers_words() -> None:
    assert unit_text("case").both() == "箱 case"
    assert unit_text("PAIR").say("zh_CN") == "双"


def test_a_unit_nobody_has_a_word_for_stands_as_it_is() -> None:
    assert unit_text("Gebinde").both() == "Gebinde Gebinde"
    assert in_unit(3, "Gebinde").say("en") == "Gebinde"
    assert unit_text(None).say("en") == ""


def test_behind_a_quantity_english_has_a_plural() -> None:
    assert [in_unit(n, "box").say("en") for n in (1, 2)] == ["box", "boxes"]
    assert in_unit(6, "pair").say("en") == "pairs"
    assert in_unit(6, "kg").say("en") == "kg"


def test_money_is_written_with_its_hundredths() -> None:
    assert [money(amount) for amount in (1_860_000, 5, -120_050, 0, None)] == ["18,600.00", "0.05", "-1,200.50", "0.00", ""]
