"""What templates, styles and scripts must never contain, because the policy would drop it or a reader would miss it."""

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
TEMPLATES = sorted((ROOT / "templates").rglob("*.html"))
SCRIPTS = sorted((ROOT / "static" / "js").glob("*.js"))
STYLES = sorted((ROOT / "static" / "css").glob("*.css"))
COMMENT = re.compile(r"{#.*?#}", re.DOTALL)


def markup(template: Path) -> str:
    return COMMENT.sub("", template.read_text())


def name(path: Path) -> str:
    return str(path.relative_to(ROOT))


@pytest.mark.parametrize("template", TEMPLATES, ids=name)
def test_no_template_carries_inline_style_or_script(template: Path) -> None:
    text = markup(template)
    assert not re.search(r"\sstyle\s*=", text)
    assert not re.search(r"\son[a-z]+\s*=\s*[\"']", text)
    assert "<style" not in text
    assert all("src=" in tag for tag in re.findall(r"<script[^>]*>", text))
    assert "javascript:" not in text


@pytest.mark.parametrize("template", TEMPLATES, ids=name)
def test_no_htmx_attribute_needs_eval(template: Path) -> None:
    text = markup(template)
    assert "hx-on" not in text
    assert "js:" not in text
    for trigger in re.findall(r"hx-trigger=[\"'](.*?)[\"']", text):
        assert "[" not in trigger, "a trigger filter fails open without eval"


@pytest.mark.parametrize("template", TEMPLATES, ids=name)
def test_every_posting_form_carries_its_token(template: Path) -> None:
    for form in re.findall(r"<form\b[^>]*method=\"post\".*?</form>", markup(template), re.DOTALL):
        assert 'name="csrf_token"' in form


@pytest.mark.parametrize("template", TEMPLATES, ids=name)
def test_every_sentence_stands_in_both_languages(template: Path) -> None:
    for english, chinese in re.findall(r"\bt\(\s*[\"'](.*?)[\"']\s*,\s*[\"'](.*?)[\"']", markup(template)):
        assert english
        assert chinese
        assert set(re.findall(r"{\w+}", english)) == set(re.findall(r"{\w+}", chinese)), english
    assert not re.search(r"\bt\(\s*[\"'][^\"']*[\"']\s*\)", markup(template)), "a sentence without its Chinese"


def test_every_icon_is_in_the_sprite() -> None:
    sprite = set(re.findall(r'<symbol id="([\w-]+)"', (ROOT / "static/icons/tabler.svg").read_text()))
    for template in TEMPLATES:
        text = markup(template)
        used = set(re.findall(r"\bicon\(\"([\w-]+)\"\)", text)) | set(re.findall(r"symbol=\"([\w-]+)\"", text))
        assert used <= sprite, (name(template), used - sprite)


def test_every_static_file_a_template_names_exists() -> None:
    for template in TEMPLATES:
        for file in re.findall(r"filename=['\"]([^'\"]+)['\"]", markup(template)):
            assert (ROOT / "static" / file).is_file(), (name(template), file)


def test_nothing_is_fetched_from_elsewhere() -> None:
    for file in [*TEMPLATES, *SCRIPTS, *STYLES]:
        addresses = re.findall(r"(?:src|href|url|import|fetch)\s*[=(]\s*[\"'](?:https?:)?//", file.read_text())
        assert not addresses, name(file)


def test_colours_are_named_once() -> None:
    for style in STYLES:
        if style.name != "tokens.css":
            strange = set(re.findall(r"#[0-9a-fA-F]{3,8}\b", style.read_text())) - {"#fff", "#000"}  # a barcode stays black on white
            assert not strange, (style.name, strange)
