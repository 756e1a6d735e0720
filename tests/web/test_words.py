"""What templates do with words."""

from __future__ import annotations

import pytest

from wms.web.render import codes


@pytest.mark.parametrize("code", ["SO-10248", "A-07-3", "GP-10001", "4.2", "CONSIGNMENT-0042", "…000017"])
def test_a_code_stays_on_one_line(code: str) -> None:
    assert codes(f"已为 {code} 建单") == f"已为 <span class='keep'>{code}</span> 建单"


@pytest.mark.parametrize("text", ["Scan it again", "车牌 沪A12345", "CONSIGNMENT-" + "9" * 40, "", "a - b"])
def test_other_words_break_where_they_like(text: str) -> None:
    assert codes(text) == text


def test_what_was_scanned_is_no_markup() -> None:
    assert codes("<b>A-1</b> & A-2") == "&lt;b&gt;<span class='keep'>A-1</span>&lt;/b&gt; &amp; <span class='keep'>A-2</span>"
