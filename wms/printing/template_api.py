"""Templates of papers over the API: a house's own words, its columns, signatures and logo."""

from __future__ import annotations

import datetime as dt
from typing import Annotated

from pydantic import Field, StringConstraints

from wms.actor import Permission
from wms.auth.current import actor
from wms.i18n import Text
from wms.printing import templates
from wms.printing.columns import COLUMNS, MUST, SIGNATURES
from wms.printing.ink import Words
from wms.printing.tables import key_of
from wms.printing.templates import LONG, MOST_SIGNATURES, SHORT, Template
from wms.web.api import Answer, Api, Body, Items, Paging, page

api = Api("paper_templates")


class ShortWords(Body):
    """A few words in both languages; what is said in one stands for both."""

    zh_CN: Annotated[str, StringConstraints(strip_whitespace=True, max_length=SHORT)] = ""  # noqa: N815
    en: Annotated[str, StringConstraints(strip_whitespace=True, max_length=SHORT)] = ""


class LongWords(Body):
    """A longer text in both languages; what is said in one stands for both."""

    zh_CN: Annotated[str, StringConstraints(strip_whitespace=True, max_length=LONG)] = ""  # noqa: N815
    en: Annotated[str, StringConstraints(strip_whitespace=True, max_length=LONG)] = ""


class SignatureIn(Body):
    """Who signs."""

    zh_CN: Annotated[str, StringConstraints(strip_whitespace=True, max_length=30)] = ""  # noqa: N815
    en: Annotated[str, StringConstraints(strip_whitespace=True, max_length=40)] = ""


class TemplateIn(Body):
    """How a kind of paper is wanted. Left out: as it is made. An empty body makes it as it was."""

    head: ShortWords | None = None
    """Above the table."""
    foot: ShortWords | None = None
    """Among the notes."""
    terms: LongWords | None = None
    """In small letters at the end."""
    columns: Annotated[list[str], Field(min_length=1, max_length=20)] | None = None
    """The columns that are shown, in their order; left out: all."""
    signatures: Annotated[list[SignatureIn], Field(max_length=MOST_SIGNATURES)] | None = None
    """Who signs; an empty list: nobody."""
    logo: bool = True

    def template(self) -> Template:
        """As plain data."""
        named = None
        if self.signatures is not None:
            both = [templates.both(one.en, one.zh_CN) for one in self.signatures]
            named = tuple(one for one in both if isinstance(one, Text))
        return Template(
            head=_words(self.head),
            foot=_words(self.foot),
            terms=_words(self.terms),
            columns=tuple(self.columns) if self.columns is not None else None,
            signatures=named,
            logo=self.logo,
        )


def _words(said: ShortWords | LongWords | None) -> Words:
    return templates.both(said.en, said.zh_CN) if said is not None else ""


class WordsOut(Answer):
    """Words in both languages."""

    zh_CN: str  # noqa: N815
    en: str


class TemplateOut(Answer):
    """How a kind of paper is made here."""

    kind: str
    """Which paper, as in its address."""
    head: WordsOut | None
    """Above every page; null: as it is made."""
    foot: WordsOut | None
    """Below every page; null: as it is made."""
    terms: WordsOut | None
    """Terms printed at its end; null: none of the house's own."""
    columns: list[str] | None
    """Names of the columns, in their order; null: as it is made."""
    signatures: list[WordsOut] | None
    """Who signs; null: as it is made."""
    logo: bool
    known_columns: list[str]
    """What `columns` may name."""
    needed_columns: list[str]
    """What it must name."""
    usual_signatures: list[WordsOut]
    """Who signs unless the house says otherwise."""
    updated_at: dt.datetime | None


class TemplateBrief(Answer):
    """A kind of paper, and when its template was changed; null while it is as it is made."""

    kind: str
    """Which paper, as in its address."""
    updated_at: dt.datetime | None


def _said(words: Words) -> WordsOut | None:
    if not words:
        return None
    return WordsOut(zh_CN=words.say("zh_CN"), en=words.say("en")) if isinstance(words, Text) else WordsOut(zh_CN=words, en=words)


def _both(text: Text) -> WordsOut:
    return WordsOut(zh_CN=text.say("zh_CN"), en=text.say("en"))


def _shown(kind: str) -> TemplateOut:
    who = actor()
    templates.must_be_known(kind)
    template, row = templates.of(kind, site_id=who.site_id), templates.changed(who).get(kind)
    return TemplateOut(
        kind=kind,
        head=_said(template.head),
        foot=_said(template.foot),
        terms=_said(template.terms),
        columns=list(template.columns) if template.columns is not None else None,
        signatures=[_both(one) for one in template.signatures] if template.signatures is not None else None,
        logo=template.logo,
        known_columns=[key_of(title) for title in COLUMNS[kind]],
        needed_columns=list(MUST[kind]),
        usual_signatures=[_both(one) for one in SIGNATURES[kind]],
        updated_at=row.updated_at if row is not None else None,
    )


@api.get("/paper-templates", Permission.MANAGE_PRINTERS, query=Paging, answer=Items[TemplateBrief])
def get_templates(query: Paging) -> Items[TemplateBrief]:
    """The kinds of papers, and which of them the house has changed."""
    rows = templates.changed(actor())
    kinds = list(enumerate(COLUMNS, start=1))[query.after : query.after + query.limit + 1]
    return page(
        kinds,
        query,
        by_id=lambda one: one[0],
        show=lambda one: TemplateBrief(kind=one[1], updated_at=rows[one[1]].updated_at if one[1] in rows else None),
    )


@api.get("/paper-templates/<kind>", Permission.MANAGE_PRINTERS, answer=TemplateOut)
def get_template(kind: str) -> TemplateOut:
    """The template of one kind of paper, and what it may choose from."""
    return _shown(kind)


@api.put("/paper-templates/<kind>", Permission.MANAGE_PRINTERS, body=TemplateIn, answer=TemplateOut)
def put_template(kind: str, body: TemplateIn) -> tuple[TemplateOut, int]:
    """Changes what papers of this kind say from now on; what was kept keeps what it said."""
    before = templates.save(kind, body.template(), by=actor())
    return _shown(kind), 200 if before else 201
