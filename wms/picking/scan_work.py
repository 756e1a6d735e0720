"""The next best work of any kind, and what it is chosen by: what somebody drives, and in which zones they work."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from wms.actor import Actor, Permission
from wms.errors import Refused
from wms.i18n import T, Text
from wms.picking import picks, queries
from wms.scan.flow import Fact, Flow, Go, HandOver, Kind, Notes, Scan
from wms.tasks import next_best, workers
from wms.tasks.kinds import WORK, kinds_of
from wms.tasks.queries import why_given


class NothingToChoose(Refused):
    """The site's locations ask for no equipment, or lie in no zones."""

    code = "nothing_to_choose"
    sentence = T("There is nothing to choose here: {what}", "本仓库没有可选的{what}")
    advice = T("Get the next work", "请领取下一个任务")


class NothingForYou(Refused):
    """There is work, but beyond this person's zones or equipment."""

    code = "nothing_for_you"
    sentence = T("No work in your zones and for your equipment; {count} waits elsewhere", "您的库区和设备暂无任务；其他还有 {count} 项")
    advice = T("Choose other zones or equipment", "请更换库区或设备")


work = Flow(
    "work",
    title=T("Next work", "下一个任务"),
    needs=Permission.IN_HOUSE,
    waiting=lambda by: queries.open_tasks(*kinds_of(by), by=by) if kinds_of(by) else None,
)
_EQUIPMENT, _ZONES = T("Equipment", "设备"), T("Zones", "库区")


def _facts(notes: Notes) -> list[Fact]:
    """What the person has chosen; nothing before they have."""
    if "chosen" not in notes:
        return []
    driven, zones = notes["chosen"]
    return [
        Fact(_EQUIPMENT, ", ".join(driven) if driven else T("on foot", "步行")),
        Fact(_ZONES, ", ".join(zones) if zones else T("everywhere", "全部")),
    ]


@work.step(
    "start",
    ask=T("Get the next work", "领取下一个任务"),
    accepts=[Kind.COMMAND],
    expected=lambda _notes: "CMD:NEXT",
    target=lambda _notes: "",
    facts=_facts,
)
def start(scan: Scan, notes: Notes) -> Go:  # noqa: ARG001
    """Only commands answer this."""
    raise AssertionError("commands are handled below")


@work.command("start", "NEXT", label=T("Get work", "领取任务"))
def get_work(scan: Scan, notes: Notes) -> Go | HandOver:  # noqa: ARG001
    """The best task of any kind that this person may do; their own unfinished work first."""
    kinds = kinds_of(scan.by)
    task = next_best.give(kinds, by=scan.by)
    if task is not None:
        say, detail = why_given(task)
        return HandOver(WORK[task.kind][0], say=say, detail=detail)
    elsewhere = next_best.beyond(kinds, by=scan.by)
    raise NothingForYou(count=elsewhere) if elsewhere else picks.NoWork()


# -- what it is chosen by ------------------------------------------------------------------------------------------------------


def _choices(name: str) -> Callable[[Notes], Mapping[str, Text]]:
    """What may be chosen; what is chosen carries a mark."""

    def offered(notes: Notes) -> Mapping[str, Text]:
        marks = {one: "✓ " if one in notes[name] else "" for one in notes["known"]}
        return {one: T("{mark}{one}", "{mark}{one}", mark=mark, one=one) for one, mark in marks.items()}

    return offered


def _choose(by: Actor, name: str, known: list[str], what: Text) -> Go:
    if not known:
        raise NothingToChoose(what=what)
    return Go(name, notes={"known": known, name: list(getattr(workers.standing(by), name))})


def _toggled(scan: Scan, notes: Notes, name: str) -> Go:
    chosen = [one for one in notes[name] if one != scan.value]
    if len(chosen) == len(notes[name]):
        chosen = sorted([*chosen, scan.value])
    workers.choose(scan.by.id, scan.by.site_id, **{name: chosen})
    return Go(name, notes={name: chosen})


def _chosen(scan: Scan) -> Go:
    stands = workers.standing(scan.by)
    return Go("start", notes={"chosen": [stands.equipment, stands.zones]}, say=T("This is kept", "已记录"), tone="good")


@work.command("start", "EQUIPMENT", label=T("What you drive", "使用的设备"), leads_to=["equipment"])
def choose_equipment(scan: Scan, notes: Notes) -> Go:  # noqa: ARG001
    return _choose(scan.by, "equipment", workers.equipment_of(scan.by.site_id), _EQUIPMENT)


@work.command("start", "ZONES", label=T("Where you work", "作业库区"), leads_to=["zones"])
def choose_zones(scan: Scan, notes: Notes) -> Go:  # noqa: ARG001
    return _choose(scan.by, "zones", workers.zones_of(scan.by.site_id), _ZONES)


@work.step(
    "equipment",
    ask=T("Choose what you drive", "选择使用的设备"),
    accepts=[Kind.REASON],
    reasons=_choices("equipment"),
    leads_to=["start"],
    hint=T("Equipment", "设备"),
    help=T(
        "You get no work that needs other equipment. Choose again to take it off.",
        "需要其他设备的任务不会派给您；再次选择可取消。",
    ),
)
def equipment(scan: Scan, notes: Notes) -> Go:
    return _toggled(scan, notes, "equipment")


@work.step(
    "zones",
    ask=T("Choose your zones", "选择作业库区"),
    accepts=[Kind.REASON],
    reasons=_choices("zones"),
    leads_to=["start"],
    hint=T("Zone", "库区"),
    help=T("None means everywhere. Choose again to take one off.", "不选即全部库区；再次选择可取消。"),
)
def zones(scan: Scan, notes: Notes) -> Go:
    return _toggled(scan, notes, "zones")


@work.command(["equipment", "zones"], "DONE", label=T("Done", "完成"), leads_to=["start"])
def chosen(scan: Scan, notes: Notes) -> Go:  # noqa: ARG001
    return _chosen(scan)
