"""The rules of the house that no other tool checks, read off the files themselves."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from jinja2 import meta, nodes

ROOT = Path(__file__).parent.parent.parent
MODULES = sorted((ROOT / "wms").rglob("*.py"))
TEMPLATES = sorted((ROOT / "templates").rglob("*.html"))
SCRIPTS = sorted((ROOT / "static" / "js").glob("*.js"))
STYLES = sorted((ROOT / "static" / "css").glob("*.css"))
TEXTS = [*MODULES, *TEMPLATES, *SCRIPTS, *STYLES, *sorted((ROOT / "tests").rglob("*.py")), *sorted((ROOT / "scripts").iterdir())]


def found(pattern: str, files: list[Path], *, but: tuple[str, ...] = ()) -> list[str]:
    """Where a pattern occurs, as `file:line: text`."""
    wanted = re.compile(pattern)
    return [
        f"{path.relative_to(ROOT)}:{number}: {line.strip()[:120]}"
        for path in files
        if path.relative_to(ROOT).as_posix() not in but and path.is_file()
        for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1)
        if wanted.search(line)
    ]


def trees() -> Iterator[tuple[Path, ast.Module]]:
    for path in MODULES:
        yield path, ast.parse(path.read_text(encoding="utf-8"))


# -- templates: under our content security policy these would silently do nothing, or worse ------------------------------


@pytest.mark.parametrize(
    ("what", "pattern"),
    [
        ("a trigger filter, which fails open where eval is off", r"hx-trigger=[\"'][^\"']*\["),
        ("an hx-on handler", r"\shx-on[:\-=]"),
        ("a js: or javascript: value", r"[\"'](js|javascript):"),
        ("an inline event handler", r"<[^>]*\son[a-z]+\s*="),
        ("an inline style", r"<[^>]*\sstyle\s*=|<style\b"),
        ("an inline script", r"<script(?![^>]*\bsrc=)[^>]*>"),
        ("something fetched from elsewhere", r"(src|href)=[\"'](https?:)?//"),
        ("a text marked as safe (but for an address that urlencode made)", r"^(?!.*ns\.query \| join).*\|\s*safe\b"),
    ],
)
def test_no_template_holds(what, pattern):
    assert found(pattern, TEMPLATES) == [], what


@pytest.mark.sqlite
def test_what_is_imported_without_the_page_reads_nothing_of_it(app):
    """Such a file is read once for all pages: a word of the page in it would silently be empty."""
    environment = app.jinja_env
    read = {path.relative_to(ROOT / "templates").as_posix(): environment.parse(path.read_text(encoding="utf-8")) for path in TEMPLATES}
    imports = [one for tree in read.values() for one in tree.find_all((nodes.Import, nodes.FromImport))]
    once = {one.template.value for one in imports if not one.with_context}
    assert {"_macros/ui.html", "_macros/tables.html", "_macros/forms.html"} <= once
    assert {name: words for name in once if (words := meta.find_undeclared_variables(read[name]))} == {}


# -- code --------------------------------------------------------------------------------------------------------------


def test_time_is_read_by_the_clock_alone():
    pattern = r"\b(datetime|date)\.(now|utcnow|today)\(|\btime\.time\(\)"
    assert found(pattern, MODULES, but=("wms/clock.py",)) == []


def test_transactions_are_committed_by_db_alone():
    assert found(r"\bsession\.commit\(", MODULES, but=("wms/db.py",)) == []


def test_operations_open_no_transaction():
    """`with transaction():` stands at the edges: what a process of the trade does is composed by others."""
    edges = {"views", "api", "scan", "engine", "jobs", "reconsidering"}  # the last is a job that takes one order at a time
    at = [
        path.relative_to(ROOT).as_posix()
        for path in MODULES
        if path.parts[-2] in ("stock", "tasks", "orders", "receiving", "picking", "shipping", "stocktake", "catalog", "locations")
        and not any(edge in path.stem for edge in edges)
        and re.search(r"with .*\btransaction\(\)", path.read_text(encoding="utf-8"))
    ]
    assert at == []


def test_stock_is_written_in_its_own_room_alone():
    pattern = r"\b(insert|update|delete|upsert)\(\s*(table_of\(\s*)?(Stock|Movement|Promise)\b|\bStock\(|\bMovement\("
    elsewhere = [path for path in MODULES if path.parent.name != "stock"]
    assert found(pattern, elsewhere) == []


def test_every_module_opens_with_a_sentence():
    assert [str(path.relative_to(ROOT)) for path, tree in trees() if not ast.get_docstring(tree)] == []


def test_an_init_holds_its_sentence_and_no_code():
    allowed = (ast.Expr, ast.ImportFrom, ast.Assign)
    assert [
        str(path.relative_to(ROOT))
        for path, tree in trees()
        if path.name == "__init__.py" and any(not isinstance(node, allowed) for node in tree.body)
    ] == []


def test_a_room_has_no_file_longer_than_a_story():
    """A module that grows past this tells several; the longest are named so that they are seen growing."""
    assert [f"{path.relative_to(ROOT)}" for path in MODULES if len(path.read_text(encoding="utf-8").splitlines()) > 700] == []


def test_nothing_is_left_for_later():
    marks = "|".join(("TO" + "DO", "FIX" + "ME", "XX" + "X", "HA" + "CK"))
    assert found(rf"\b({marks})\b", TEXTS) == []


def test_nothing_is_printed_but_by_commands():
    commands = {"wms/cli.py", "wms/integrations/imports.py"}
    spoken = [
        f"{path.relative_to(ROOT)}:{node.lineno}"
        for path, tree in trees()
        if path.relative_to(ROOT).as_posix() not in commands
        for node in ast.walk(tree)
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "print"
    ]
    assert spoken == []


# -- documents: what is named is there --------------------------------------------------------------------------------------


def test_every_decision_has_a_number_of_its_own():
    numbers = [path.name[:4] for path in sorted((ROOT / "docs" / "decisions").glob("*.md"))]
    assert numbers == [f"{number:04d}" for number in range(1, len(numbers) + 1)]


def test_every_link_between_documents_leads_somewhere():
    dead = []
    for path in [*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md")]:
        for target in re.findall(r"\]\((?!https?:|mailto:|#)([^)#\s]+)", path.read_text(encoding="utf-8")):
            if not (path.parent / target).exists():
                dead.append(f"{path.relative_to(ROOT)}: {target}")
    assert dead == []
