"""Every sentence a person reads, in both languages, side by side."""

from wms.i18n.money import money
from wms.i18n.text import LANGUAGES, Language, T, Text, language_of

__all__ = ["LANGUAGES", "Language", "T", "Text", "language_of", "money"]
