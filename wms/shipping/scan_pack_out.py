"""One more step of `pack`: what the order does not want any more comes out of its carton."""

from __future__ import annotations

from collections.abc import Sequence

from wms.catalog.units import in_unit
from wms.i18n import T
from wms.scan.flow import Fact, Go, Kind, Notes, Scan
from wms.shipping import taking_out
from wms.shipping.scan_pack import pack, state
from wms.shipping.words import tail

_SHOWN = 4


def _out_facts(notes: Notes) -> Sequence[Fact]:
    goods = [
        Fact(
            T("Take out", "取出"),
            T(en, zh),
            detail=T("{n} {unit} · {sku}", "{n} {unit} · {sku}", n=n, unit=in_unit(n, unit), sku=sku),
            strong=True,
        )
        for sku, en, zh, n, unit in notes["out"][:_SHOWN]
    ]
    return [*goods, Fact(T("Out of carton", "移出箱"), tail(notes["carton"]), detail=notes["number"])]


@pack.step(
    "out",
    ask=T("Take these out of the carton", "请从箱中取出"),
    accepts=[Kind.COMMAND],
    facts=_out_facts,
    hint=T("Then choose They are out", "取出后点“已取出”"),
    help=T(
        "They lie beside the carton then, and a task takes them back; the carton is closed after that",
        "取出后放在箱旁，将派回库任务；之后再封箱",
    ),
    leads_to=["product"],
)
def goods_to_take_out(scan: Scan, notes: Notes) -> Go:  # noqa: ARG001
    """Only DONE answers this."""
    raise AssertionError("commands are handled below")


@pack.command("out", "DONE", label=T("They are out", "已取出"), leads_to=["product"])
def they_are_out(scan: Scan, notes: Notes) -> Go:
    """They lie loose at the bench, for whoever puts them back."""
    goods = taking_out.take_out(notes["order"], notes["carton"], by=scan.by, key=scan.key)
    said = T("{what} out: a task takes them back", "{what} 已取出：将派回库任务", what=taking_out.listed(goods))
    then = T("Now close the carton for its new label", "请封箱并换新标签") if notes["of"] == notes["done"] else None
    return Go("product", notes={**state(notes["order"]), "out": None}, say=said, detail=then, posted=True)
