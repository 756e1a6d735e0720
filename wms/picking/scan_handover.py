"""More steps of `pick`: the list goes to a colleague, who goes on at the same step."""

from __future__ import annotations

from collections.abc import Sequence

from wms.i18n import T
from wms.picking import handover
from wms.picking.scan_pick import pick, pick_facts
from wms.scan.flow import Fact, Go, Handler, Kind, Notes, Passed, Scan

_FROM = ("source", "product", "lot", "quantity", "serials", "weigh", "emptied", "target")
_THEIRS = ("asked_at", "counted")


def _goes_along(notes: Notes) -> Sequence[Fact]:
    counted = notes.get("counted")
    return [*pick_facts(notes), *([Fact(T("Counted", "已点"), counted, strong=True)] if counted else [])]


@pick.step(
    "colleague",
    ask=T("Scan your colleague's badge", "扫描同事的工牌"),
    accepts=[Kind.PERSON],
    facts=_goes_along,
    leads_to=["document"],
)
def scan_colleague(scan: Scan, notes: Notes) -> Go:
    """They have it now, at this very step; what was counted but not put down is in their notes too."""
    handed = handover.hand_over(notes["task"], to=scan.value, by=scan.by)
    told = Passed(
        handed.person_id,
        notes["asked_at"],
        {name: value for name, value in notes.items() if name not in _THEIRS},
        T("{person} handed {list} over to you", "{person} 把 {list} 移交给您", person=scan.by.name, list=handed.list),
        T("Go on here", "请从这里继续"),
        handed.language,
        notes.get("counted"),
    )
    said = T("{list} is with {person} now", "{list} 已移交给 {person}", list=handed.list, person=handed.person)
    return Go("document", say=said, posted=True, passed=told)


def _offer(step: str) -> Handler:
    def hand_over(scan: Scan, notes: Notes) -> Go:  # noqa: ARG001
        return Go("colleague", notes={"asked_at": step, "counted": scan.quantity or None if step == "quantity" else None}, tone="calm")

    return hand_over


for _step in _FROM:
    pick.command(_step, "HANDOVER", label=T("Hand over", "移交同事"), leads_to=["colleague"])(_offer(_step))
