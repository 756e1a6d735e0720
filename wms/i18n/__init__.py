"""Every sentence a person reads, in both languages, side by side."""

from wms.i18n.amounts import money, number, units
from wms.i18n.text import LANGUAGES, Language, T, Text, at, language_of
from wms.i18n.words import Worded

__all__ = ["LANGUAGES", "Language", "T", "Text", "Worded", "at", "language_of", "money", "number", "units"]
