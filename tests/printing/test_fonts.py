"""Letters of both scripts are measured and wrapped, and none goes missing in silence."""

from __future__ import annotations

from hypothesis import given, settings
from hypothesis import strategies as st

from wms.printing.fonts import BOLD, FOLDER, LATIN, LATIN_BOLD, MISSING, REGULAR, clean, fitting, lines, runs, shorten, width


def test_a_character_the_font_lacks_is_visible():
    assert clean("王😀敏\x07") == f"王{MISSING}敏{MISSING}"


def test_accents_are_composed_and_invisible_signs_are_dropped():
    assert clean("Nordwi\u0301nd\u200b\ufeff") == "Nordwínd"


def test_bold_borrows_from_regular_what_it_lacks():
    assert runs("堃A", bold=True) == ((REGULAR, "堃"), (BOLD, "A"))


def test_a_word_with_rare_accents_stays_in_one_face():
    assert runs("Łódź 37 鞋") == ((LATIN, "Łódź"), (REGULAR, " 37 鞋"))
    assert runs("Łódź", bold=True) == ((LATIN_BOLD, "Łódź"),)


def test_simplified_traditional_and_accented_letters_are_all_there():
    for text in ("都市女鞋冲孔浅口黑", "臺灣鞋業", "Größe Łódź Çeşme Tiếng Việt Αθήνα Москва ₽ ₫", "①②③ № ℃ € ¥ → ✓ □"):
        assert MISSING not in clean(text), text


@settings(max_examples=200, deadline=None)
@given(st.text(max_size=120), st.integers(30, 300))
def test_no_line_is_wider_than_its_room_and_nothing_is_lost(text, room):
    broken = lines(text, room, 10)
    assert all(width(line, 10) <= room for line in broken)
    assert "".join("".join(broken).split()) == "".join(clean(text.replace("\n", " ").replace("\r", " ")).split())


def test_chinese_punctuation_never_begins_a_line():
    assert all(line[0] not in "，。）" for line in lines("都市女鞋，冲孔浅口。（黑）" * 8, 57, 10))


def test_long_text_ends_in_an_ellipsis():
    assert lines("word " * 50, 60, 10, at_most=2)[-1].endswith("…")
    assert shorten("x" * 5000, 60, 10).endswith("…")
    assert width(shorten("x" * 5000, 60, 10), 10) <= 60


def test_large_letters_shrink_until_they_fit():
    assert fitting("A-07-3", 1000, 190, 40, bold=True) == 190
    assert width("A-LONG-LOCATION", fitting("A-LONG-LOCATION", 500, 190, 10, bold=True), bold=True) <= 500


def test_the_licence_travels_with_the_fonts():
    assert "SIL OPEN FONT LICENSE" in (FOLDER / "OFL-NotoSansSC.txt").read_text()
    assert "SIL OPEN FONT LICENSE" in (FOLDER / "OFL-NotoSans.txt").read_text()
