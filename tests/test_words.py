"""Every fixed list of words says itself in both languages."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from pydantic import BaseModel

from wms.app import create_app  # noqa: F401  (every room is known once the house is built)
from wms.i18n import T, Worded


class Light(Worded):
    RED = "red", T("Stop", "停")
    GREEN = "green", T("Go", "行")


class Crossing(BaseModel):
    light: Light = Light.RED


def test_a_member_is_its_value_and_carries_its_words() -> None:
    assert (Light("green"), Light.GREEN.value, f"{Light.GREEN}") == (Light.GREEN, "green", "green")
    assert Light.GREEN.text.say("zh_CN") == "行"
    assert "green" in set(Light)
    with pytest.raises(ValueError, match="blue"):
        Light("blue")


def test_the_api_sees_the_value_alone() -> None:
    assert Crossing.model_validate_json('{"light": "green"}', strict=True).model_dump_json() == '{"light":"green"}'
    assert Crossing.model_json_schema()["$defs"]["Light"]["enum"] == ["red", "green"]


@pytest.mark.parametrize("words", Worded.__subclasses__(), ids=lambda words: words.__name__)
def test_no_member_is_without_words(words: type[Worded]) -> None:
    assert [one for one in words if not (one.text.en and one.text.zh)] == []


def test_one_is_not_many_in_english() -> None:
    words = T("{n} {n:piece is/pieces are} left", "剩 {n} 件")
    assert [words.say("en", n=n) for n in (0, 1, 2)] == ["0 pieces are left", "1 piece is left", "2 pieces are left"]
    assert words.say("zh_CN", n=1) == "剩 1 件"


def test_rotation_is_called_by_one_word() -> None:
    """出库顺序 is which batch leaves first; 周转率 is how often stock is sold, and a 周转箱 is a tote."""
    root = Path(__file__).parents[1]
    texts = [
        path for folder in ("wms", "templates", "docs") for path in (root / folder).rglob("*") if path.suffix in (".py", ".html", ".md")
    ]
    wrong = [f"{path}: {line}" for path in texts for line in path.read_text().splitlines() if re.search("周转(?![箱率天])", line)]
    assert wrong == []
