"""The printer's language: what it is told to print is what we meant, and no text of ours can command it."""

from __future__ import annotations

import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from tests.printing.reading import scan
from wms.i18n import T
from wms.printing.barcodes import Symbol, code128, gs1_128, gs1_datamatrix, qr
from wms.printing.drawing import Bars, Drawing, Line
from wms.printing.labels import HandlingUnitLabel, LocationLabel, zpl
from wms.printing.zpl import to_zpl


def printed(*marks) -> str:
    return to_zpl(Drawing("", 800, 400, marks))


def bars(symbol: Symbol) -> str:
    return printed(Bars(10, 10, symbol, 2, 80))


def field_data(text: str) -> list[str]:
    """Field data as the printer sees it: hexadecimals written out."""
    fields = re.findall(r"\^FH\^FD(.*?)\^FS", text)
    return [re.sub("_([0-9A-F]{2})", lambda found: chr(int(found[1], 16)), field) for field in fields]


def picture(text: str) -> Image.Image:
    """The graphic field of a label, unpacked and set on white."""
    total, stride, data = re.search(r"\^GFA,\d+,(\d+),(\d+),(.*?)\^FS", text).groups()
    rows, row, count = [], "", 0
    for sign in data:
        if "G" <= sign <= "Y":
            count += ord(sign) - ord("F")
        elif "g" <= sign <= "z":
            count += 20 * (ord(sign) - ord("f"))
        elif sign == ":":
            rows.append(rows[-1])
        elif sign == ",":
            rows.append(row.ljust(int(stride) * 2, "0"))
            row = ""
        else:
            row += sign * (count or 1)
            count = 0
        if len(row) == int(stride) * 2:
            rows.append(row)
            row = ""
    assert row == ""
    raw = bytes.fromhex("".join(rows))
    assert len(raw) == int(total)
    image = Image.frombytes("1", (int(stride) * 8, len(rows)), bytes(byte ^ 255 for byte in raw))
    page = Image.new("L", (image.width + 120, image.height + 120), 255)
    page.paste(image, (60, 60))
    return page


def test_code_128_is_left_to_the_printer():
    assert "^BY2^BCN,80,N,N,N,A^FH^FDA-07-3^FS" in bars(code128("A-07-3"))


def test_a_sign_for_switching_subsets_is_printed_as_the_sign_it_is():
    assert field_data(bars(code128("A>8^~"))) == [">:A>08><>="]


def test_gs1_128_begins_with_fnc1_in_subset_c():
    assert field_data(bars(gs1_128([("00", "003456789012345670")]))) == [">;>800003456789012345670"]
    assert field_data(bars(gs1_128([("10", "L1"), ("21", "S9")]))) == [">;>810>6L1>821S9"]


def test_datamatrix_escapes_fnc1_and_keeps_a_backslash():
    told = bars(gs1_datamatrix([("10", "L1"), ("21", "S9")]))
    assert "^BXN,2,200,,,,\\^FH^FD" in told
    assert field_data(told) == ["\\110L1\\121S9"]


def test_a_qr_code_is_a_picture_and_scans():
    assert scan(picture(bars(qr("库位甲")))) == {"库位甲"}


def test_chinese_is_a_picture_of_our_own_letters():
    told = printed(Line(10, 60, "拣货位 Pick face", 40, bold=True))
    assert "^A0" not in told
    assert picture(told).getbbox() is not None


@settings(max_examples=200, deadline=None)
@given(st.text(max_size=40))
def test_no_text_can_command_the_printer(text):
    text = "^XZ~JR" + text
    told = printed(Line(10, 60, text, 30)) + zpl([LocationLabel(text, text, text)])
    commands = re.findall(r"[\^~][A-Z]\w", told)
    assert set(commands) <= {
        "^" + name for name in ["XA", "CI", "LH", "PW", "LL", "FO", "GB", "A0", "FB", "FH", "FD", "FS", "BY", "BC", "GF", "PQ", "XZ"]
    }
    assert told.count("^XZ") == 2


@pytest.mark.parametrize("text", ["^XZ", "~JR", "_5E", "a>b", "100 %"])
def test_text_survives_its_escaping(text):
    assert field_data(printed(Line(10, 60, text, 30))) == [text]


@pytest.mark.parametrize("text", ["\\", "Bolt M8\\&nut"])
def test_a_backslash_which_a_field_block_would_obey_goes_as_a_picture(text):
    told = printed(Line(10, 60, text, 30))
    assert "^GF" in told
    assert "^FB" not in told


def test_copies_are_asked_of_the_printer():
    assert zpl([HandlingUnitLabel("T-1", T("Tote", "周转箱"))], copies=3).count("^PQ3") == 1
