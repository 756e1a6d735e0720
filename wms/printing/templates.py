"""What a house changes on its papers without touching code: its own words, which columns stand in which order, who signs, the logo.

A template is plain data about one kind of paper. It is applied when a paper is made, before it is kept: what a paper said once, it keeps.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa

from wms import clock
from wms.actor import Actor
from wms.db import session
from wms.errors import Invalid
from wms.i18n import T, Text
from wms.printing.columns import COLUMNS, MUST, SAME, SIGNATURES
from wms.printing.ink import Words
from wms.printing.kinds import KindUnknown, words_of
from wms.printing.models import PaperTemplate
from wms.printing.papers import Company, Paper, Section
from wms.printing.tables import Column, Row, key_of

SHORT, LONG, MOST_SIGNATURES = 600, 4_000, 5


class ColumnUnknown(Invalid):
    """The paper has no such column."""

    code = "column_unknown"
    sentence = T("There is no column {column} on the {kind}", "{kind}没有此列：{column}")
    advice = T("Choose from: {known}", "可选：{known}")


class ColumnNeeded(Invalid):
    """Without it the paper says nothing."""

    code = "column_needed"
    sentence = T("The {kind} cannot do without: {columns}", "{kind}不能没有：{columns}")


class ColumnTwice(Invalid):
    """A column stands once."""

    code = "column_twice"
    sentence = T("Column {column} is named twice", "列 {column} 重复")


@dataclass(frozen=True)
class Template:
    """How a house wants one kind of paper. Empty words are left out; no columns or signatures: as the paper is made."""

    head: Words = ""
    foot: Words = ""
    terms: Words = ""
    columns: tuple[str, ...] | None = None
    signatures: tuple[Text, ...] | None = None
    logo: bool = True


PLAIN = Template()


# -- kept ----------------------------------------------------------------------------------------------------------------------


def must_be_known(kind: str) -> None:
    """Raises KindUnknown for what is no paper that has a template."""
    if kind not in COLUMNS:
        raise KindUnknown(kind=kind[:60])


def of(kind: str, *, site_id: int) -> Template:
    """The site's template of a kind of paper; the plain one where nobody made any."""
    data = session.execute(
        sa.select(PaperTemplate.data).where(PaperTemplate.site_id == site_id, PaperTemplate.kind == kind)
    ).scalar_one_or_none()
    return read(data) if data is not None else PLAIN


def changed(by: Actor) -> dict[str, PaperTemplate]:
    """The templates of a site, by kind."""
    rows = session.execute(sa.select(PaperTemplate).where(PaperTemplate.site_id == by.site_id)).scalars()
    return {row.kind: row for row in rows}


def save(kind: str, template: Template, *, by: Actor) -> bool:
    """Makes this the site's template of a kind of paper, or takes it away where it changes nothing; whether there was one before.
    Raises KindUnknown, ColumnUnknown, ColumnTwice, ColumnNeeded."""
    must_be_known(kind)
    check(kind, template)
    row = session.execute(
        sa.select(PaperTemplate).where(PaperTemplate.site_id == by.site_id, PaperTemplate.kind == kind).with_for_update()
    ).scalar_one_or_none()
    before = row is not None
    if template == PLAIN:
        if row is not None:
            session.delete(row)
    elif row is None:
        session.add(PaperTemplate(site_id=by.site_id, kind=kind, data=plain_of(template), updated_at=clock.now(), updated_by_id=by.id))
    else:
        row.data, row.updated_at, row.updated_by_id = plain_of(template), clock.now(), by.id
    session.flush()  # two who save at once: the second is told
    return before


def check(kind: str, template: Template) -> None:
    """Raises ColumnUnknown, ColumnTwice, ColumnNeeded."""
    if template.columns is None:
        return
    known = {key_of(title): title for title in COLUMNS[kind]}
    for place, one in enumerate(template.columns):
        if one not in known:
            raise ColumnUnknown(pointer=f"/columns/{place}", column=one[:40], kind=words_of(kind), known=", ".join(known))
        if one in template.columns[:place]:
            raise ColumnTwice(pointer=f"/columns/{place}", column=one)
    lacking = [known[one] for one in MUST[kind] if one not in template.columns]
    if lacking:
        words = T(", ".join(one.say("en") for one in lacking), "、".join(one.say("zh_CN") for one in lacking))
        raise ColumnNeeded(pointer="/columns", kind=words_of(kind), columns=words)


def plain_of(template: Template) -> dict[str, Any]:
    """As it is kept."""

    def said(words: Words) -> Any:
        return {"en": words.say("en"), "zh": words.say("zh_CN")} if isinstance(words, Text) else words

    return {
        "head": said(template.head),
        "foot": said(template.foot),
        "terms": said(template.terms),
        "columns": list(template.columns) if template.columns is not None else None,
        "signatures": [said(one) for one in template.signatures] if template.signatures is not None else None,
        "logo": template.logo,
    }


def read(data: Mapping[str, Any]) -> Template:
    """As it was kept. Nothing in it is ever more than text: no fact is put into its words."""

    def words(value: Any) -> Words:
        return both(value.get("en", ""), value.get("zh", "")) if isinstance(value, Mapping) else str(value or "")

    signatures = data.get("signatures")
    named = [words(one) for one in signatures] if signatures is not None else None
    columns = data.get("columns")
    return Template(
        head=words(data.get("head")),
        foot=words(data.get("foot")),
        terms=words(data.get("terms")),
        columns=tuple(columns) if columns is not None else None,
        signatures=tuple(one if isinstance(one, Text) else Text(one, one) for one in named) if named is not None else None,
        logo=bool(data.get("logo", True)),
    )


def both(en: str, zh: str) -> Words:
    """Words in one language or in both."""
    en, zh = en.strip(), zh.strip()
    return Text(en or zh, zh or en) if en or zh else ""


# -- applied -------------------------------------------------------------------------------------------------------------------


def applied(paper: Paper, template: Template, kind: str) -> Paper:
    """The paper as the house wants it."""
    if template == PLAIN:
        return paper
    notes = [paper.notes] if isinstance(paper.notes, str | Text) else list(paper.notes)
    known = {key_of(title) for title in COLUMNS.get(kind, ())}
    columns, rows, total = _arranged(paper.columns, paper.rows, paper.total, template.columns, known)
    return dataclasses.replace(
        paper,
        head=template.head,
        notes=[*notes, *([template.foot] if template.foot else [])],
        terms=template.terms,
        columns=columns,
        rows=rows,
        total=total,
        sections=[_section(one, template.columns, known) for one in paper.sections],
        signatures=paper.signatures if template.signatures is None else template.signatures,
        company=paper.company if template.logo else dataclasses.replace(paper.company, logo=None),
    )


def _section(section: Section, wanted: Sequence[str] | None, known: set[str]) -> Section:
    columns, rows, total = _arranged(section.columns, section.rows, section.total, wanted, known)
    return dataclasses.replace(section, columns=columns, rows=rows, total=total)


def _arranged(
    columns: Sequence[Column], rows: Sequence[Row], total: Row, wanted: Sequence[str] | None, known: set[str]
) -> tuple[Sequence[Column], Sequence[Row], Row]:
    """The table with the wanted columns in their order; one with a column that no template knows is another table, and stays."""
    places = {SAME.get(column.key, column.key): place for place, column in enumerate(columns)}
    chosen = [places[one] for one in wanted or () if one in places]
    if not chosen or not known.issuperset(places):
        return columns, rows, total
    return [columns[one] for one in chosen], [_picked(row, chosen) for row in rows], _summed(total, chosen)


def _picked(row: Row, chosen: Iterable[int]) -> Row:
    return [row[one] if one < len(row) else None for one in chosen]


def _summed(total: Row, chosen: Sequence[int]) -> Row:
    """The sum keeps its name: where the column that it stood in is gone, it stands in the first that is free."""
    if not total:
        return total
    cells = list(_picked(total, chosen))
    label = next((place for place, cell in enumerate(total) if isinstance(cell, Text | str)), None)
    if label is not None and label not in chosen:
        free = next((place for place, cell in enumerate(cells) if cell is None), None)
        if free is not None:
            cells[free] = total[label]
    return cells


# -- seen ----------------------------------------------------------------------------------------------------------------------

_SAMPLE = T("Sample", "示例")


def sample(kind: str, company: Company) -> Paper:
    """A made-up paper of a kind, to look at a template before anything is printed with it."""
    must_be_known(kind)
    columns = [Column(title, align="right" if key_of(title) in _FIGURES else "left") for title in COLUMNS[kind]]
    rows: list[Row] = [[12 * place if column.align == "right" else _SAMPLE for column in columns] for place in (1, 2, 3)]
    return Paper(
        kind=words_of(kind),
        number="SAMPLE-1",
        facts=[(T("Customer", "客户"), _SAMPLE), (T("Date", "日期"), clock.today())],
        columns=columns,
        rows=rows,
        notes=[T("A note of the order itself.", "订单自身的备注。")],
        signatures=SIGNATURES[kind],
        company=company,
        stamp=_SAMPLE,
        red=kind == "red-outbound-note",
    )


_FIGURES = {"quantity", "units", "pieces", "weight-kg", "ordered", "received", "damaged", "difference", "book", "counted"}
