"""A sentence is written twice, once per language, where it is used; leaving one out does not type-check."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

from wms import clock

Language = Literal["en", "zh_CN"]
LANGUAGES: tuple[Language, ...] = ("zh_CN", "en")


@dataclass(frozen=True)
class Text:
    """A bilingual sentence with `{named}` facts.

    A fact may itself be a Text; dates are written as people in that language write them, moments on the house's clock.
    """

    en: str
    zh: str
    facts: Mapping[str, Any] = field(default_factory=dict)

    def with_facts(self, **facts: Any) -> Text:
        """The same sentence carrying these facts."""
        return Text(self.en, self.zh, {**self.facts, **facts})

    def say(self, language: str = "en", **facts: Any) -> str:
        """The sentence in one language; a missing fact is our bug and raises KeyError."""
        pattern = self.zh if language == "zh_CN" else self.en
        known = {**self.facts, **facts}
        if not known:
            return pattern
        return plural(pattern, known).format_map({name: _written(value, language) for name, value in known.items()})

    def settled(self, **facts: Any) -> Text:
        """The sentence with its facts written into it, once for each language: it may be kept, or be a fact of another."""
        return Text(self.say("en", **facts), self.say("zh_CN", **facts))

    def both(self, **facts: Any) -> str:
        """中文 English, as the papers print it."""
        return f"{self.say('zh_CN', **facts)} {self.say('en', **facts)}"


def T(en: str, zh: str, **facts: Any) -> Text:  # noqa: N802  (it reads as a mark on the sentence, like gettext's _)
    """Marks a sentence: English first, Chinese second."""
    return Text(en, zh, facts)


_COUNTED = re.compile(r"\{(\w+):([^{}/]*)/([^{}/]*)\}")


def plural(pattern: str, facts: Mapping[str, Any]) -> str:
    """The pattern with the right word for each number: "{n} {n:piece/pieces}" is 1 piece and 2 pieces."""
    if "/" not in pattern:
        return pattern
    return _COUNTED.sub(lambda found: found[2] if str(facts.get(found[1])) == "1" else found[3], pattern)


def _written(value: Any, language: str) -> Any:
    if isinstance(value, Text):
        return value.say(language)
    if isinstance(value, dt.datetime):
        return clock.local(value).strftime("%Y-%m-%d %H:%M")
    if isinstance(value, dt.date):
        return value.isoformat()
    return "" if value is None else value


def at(moment: dt.datetime | None) -> Text:
    """A moment within a sentence: of today its time alone. A Chinese sentence leaves no space before it; figures bring their own."""
    if moment is None:
        return Text("", "")
    here = clock.local(moment)
    if here.date() != clock.today():
        return Text(f"{here:%Y-%m-%d %H:%M}", f" {here:%Y-%m-%d %H:%M}")
    return Text(f"today at {here:%H:%M}", f"今天 {here:%H:%M}")


def language_of(wishes: Iterable[str | None], default: Language = "zh_CN") -> Language:
    """The first language we speak among a person's wishes, best first (`zh-TW` and `zh` are served in zh_CN)."""
    for wish in wishes:
        tag = (wish or "").replace("-", "_").lower()
        if tag.startswith("zh"):
            return "zh_CN"
        if tag.startswith("en"):
            return "en"
    return default
