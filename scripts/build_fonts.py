"""Cuts the printing fonts out of Noto Sans SC and Noto Sans: run once per new font version, the results are committed.

The sources are npm packages (SIL Open Font License 1.1), fetched and unpacked with

    npm pack @expo-google-fonts/noto-sans-sc@0.4.3 @expo-google-fonts/noto-sans@0.4.2
    mkdir sc latin && tar xf expo-google-fonts-noto-sans-sc-0.4.3.tgz -C sc && tar xf expo-google-fonts-noto-sans-0.4.2.tgz -C latin
    pip install fonttools==4.68.0
    python scripts/build_fonts.py sc/package latin/package

Regular covers GBK and Big5 and the signs people type. Bold is for headings and codes and covers GB2312; what Bold lacks is
printed in Regular. Noto Sans has the accented Latin, Greek and Cyrillic letters that Noto Sans SC does not have.
"""

from __future__ import annotations

import shutil
import sys
from collections.abc import Iterator
from pathlib import Path

from fontTools.subset import Options, Subsetter, load_font, save_font

FONTS = Path(__file__).resolve().parents[1] / "wms" / "printing" / "fonts"

SIGNS = (
    (0x0020, 0x007E),  # ASCII
    (0x00A0, 0x024F),  # Latin with accents
    (0x02B0, 0x02FF),  # spacing modifiers
    (0x0370, 0x03FF),  # Greek
    (0x0400, 0x04FF),  # Cyrillic
    (0x1E00, 0x1EFF),  # Vietnamese and more Latin
    (0x2000, 0x206F),  # punctuation
    (0x2070, 0x209F),  # superscripts and subscripts
    (0x20A0, 0x20BF),  # currencies
    (0x2100, 0x218F),  # letterlike signs and fractions
    (0x2190, 0x22FF),  # arrows and mathematics
    (0x2460, 0x24FF),  # numbers in circles
    (0x2500, 0x25FF),  # boxes and shapes
    (0x2600, 0x27BF),  # marks
    (0x3000, 0x30FF),  # Chinese punctuation and kana
    (0xFF00, 0xFFEF),  # full-width and half-width forms
)


ALPHABETS = ((0x0020, 0x007E), (0x00A0, 0x024F), (0x0370, 0x04FF), (0x1E00, 0x1EFF), (0x2010, 0x2027), (0x20A0, 0x20BF))


def characters_of(codec: str) -> Iterator[int]:
    """Every character a two-byte codec can write."""
    for lead in range(0x81, 0xFF):
        for trail in range(0x40, 0xFF):
            try:
                yield from map(ord, bytes((lead, trail)).decode(codec))
            except UnicodeDecodeError:
                continue


def cut(source: Path, target: Path, codecs: tuple[str, ...], signs: tuple[tuple[int, int], ...] = SIGNS) -> None:
    """Writes the part of a font that these codecs and the signs need, without hints and layout rules."""
    options = Options(hinting=False, layout_features=[], notdef_outline=True, recalc_timestamp=False, name_IDs=["*"])
    options.drop_tables += ["vhea", "vmtx", "VORG", "DSIG", "BASE"]
    font = load_font(str(source), options)
    wanted = {code for codec in codecs for code in characters_of(codec)}
    wanted |= {code for first, last in signs for code in range(first, last + 1)}
    subsetter = Subsetter(options)
    subsetter.populate(unicodes=wanted)
    subsetter.subset(font)
    save_font(font, str(target), options)
    print(f"{target.name}: {target.stat().st_size:,} bytes, {len(font.getBestCmap()):,} characters")


def main(chinese: Path, latin: Path) -> None:
    FONTS.mkdir(parents=True, exist_ok=True)
    cut(chinese / "400Regular/NotoSansSC_400Regular.ttf", FONTS / "NotoSansSC-Regular.ttf", ("gbk", "big5"))
    cut(chinese / "700Bold/NotoSansSC_700Bold.ttf", FONTS / "NotoSansSC-Bold.ttf", ("gb2312",))
    cut(latin / "400Regular/NotoSans_400Regular.ttf", FONTS / "NotoSans-Regular.ttf", (), ALPHABETS)
    cut(latin / "700Bold/NotoSans_700Bold.ttf", FONTS / "NotoSans-Bold.ttf", (), ALPHABETS)
    shutil.copy(chinese / "LICENSE_FONT", FONTS / "OFL-NotoSansSC.txt")
    shutil.copy(latin / "LICENSE_FONT", FONTS / "OFL-NotoSans.txt")


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]))
