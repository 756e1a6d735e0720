"""Every sentence a person reads, in both languages, side by side."""

from wms.i18n.amounts import Goods, HowFar, counted, how_far, listed, money, number, total, units
from wms.i18n.text import LANGUAGES, Language, T, Text, at, language_of
from wms.i18n.words import Worded

__all__ = [
    "LANGUAGES",
    "Goods",
    "HowFar",
    "Language",
    "T",
    "Text",
    "Worded",
    "at",
    "counted",
    "how_far",
    "language_of",
    "listed",
    "money",
    "number",
    "total",
    "units",
]
