"""An enum whose members carry their words, so that a list, a filter, a paper and the timeline say the same."""

from __future__ import annotations

import enum
from typing import Self

from wms.i18n.text import T, Text


class Worded(enum.StrEnum):
    """A fixed list of words of ours, each with the people's words beside it: `HELD = "held", T("Held", "暂挂")`."""

    _value_: str
    text: Text

    def __new__(cls, value: str, text: Text = T("", "")) -> Self:  # noqa: B008  (a Text is frozen)
        """The text is left out only where a member is looked up by its value."""
        one = str.__new__(cls, value)
        one._value_ = value
        one.text = text
        return one
