"""Every setting, typed, read from the environment (`WMS_*`), with its default and its reason."""

from __future__ import annotations

import os
import re
import zoneinfo
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, fields
from typing import Any

from wms.errors import Invalid
from wms.i18n import T, Text


class SettingWrong(Invalid):
    """A setting's text is not what the setting takes."""

    code = "setting_wrong"
    sentence = T("Setting {name}: {value!r} is not {kind}", "设置 {name}：{value!r} 不是{kind}")


def _a_time_zone(text: str) -> bool:
    try:
        zoneinfo.ZoneInfo(text)
    except (zoneinfo.ZoneInfoNotFoundError, ValueError, OSError):
        return False
    return True


def _a_database(text: str) -> bool:
    return re.match(r"sqlite://(/|\Z)|postgresql\+psycopg://", text) is not None


def _a_prefix(text: str) -> bool:
    return re.fullmatch(r"([0-9]{4,12})?", text) is not None


def _a_time(text: str) -> bool:
    return re.fullmatch(r"(([01][0-9]|2[0-3]):[0-5][0-9])?", text) is not None


EXAMPLE_PREFIX = "6900000"
_INTEGER, _YES_NO = T("a whole number", "整数"), T("yes or no", "是或否（yes/no）")
_DATABASE = T("an address like sqlite:///var/wms.db or postgresql+psycopg://host/name", "形如 sqlite:///… 或 postgresql+psycopg://… 的地址")
_LANGUAGE = T("zh_CN or en", " zh_CN 或 en")
_TIME_ZONE = T("a time zone like Asia/Shanghai", "时区名（如 Asia/Shanghai）")
_PREFIX = T("a GS1 company prefix, which is 4 to 12 digits (or nothing)", " 4 至 12 位数字的 GS1 厂商识别代码（或留空）")
_LOGO = T("the path of a PNG or JPEG file of at most 1 MB (or nothing)", "PNG 或 JPEG 文件的路径，不超过 1 MB（或留空）")
_ADDRESS = T("an address like https://orders.example.com (or nothing)", "形如 https://orders.example.com 的地址（或留空）")
_POSITIVE, _NOT_NEGATIVE = T("a number of 1 or more", "大于等于 1 的整数"), T("a number of 0 or more", "大于等于 0 的整数")
Check = tuple[Callable[[Any], bool], Text]


LARGEST_LOGO = 1024 * 1024


def _an_address(text: str) -> bool:
    return re.fullmatch(r"(https?://[^\s/?#]+(/[^\s?#]*)?)?", text) is not None


def _a_picture(path: str) -> bool:
    """Whether it is a readable file that begins as a PNG or a JPEG does; what is in it is looked at when papers are drawn."""
    if not path:
        return True
    try:
        with open(path, "rb") as file:
            content = file.read(LARGEST_LOGO + 1)
    except OSError:
        return False
    return len(content) <= LARGEST_LOGO and content.startswith((b"\x89PNG\r\n\x1a\n", b"\xff\xd8\xff"))


def _setting(default: Any, why: str, check: Check | None = None) -> Any:
    return field(default=default, metadata={"why": why, "check": check})


_TIME = T("a time like 17:00 (or nothing)", "形如 17:00 的时间（或留空）")
_QUARTERS, _HOUR = T("a multiple of 15 up to 480", " 15 的倍数（至多 480）"), T("an hour from 0 to 24", " 0 至 24 之间的整点")
_KNOWN: Check = (lambda text: text in ("zh_CN", "en"), _LANGUAGE)
_DIGIT: Check = (lambda number: 0 <= number <= 9, T("a digit from 0 to 9", " 0 到 9 的数字"))
_AT_LEAST_1: Check = (lambda number: number >= 1, _POSITIVE)
_AT_LEAST_0: Check = (lambda number: number >= 0, _NOT_NEGATIVE)
_A_SLOT: Check = (lambda number: 0 < number <= 480 and number % 15 == 0, _QUARTERS)
_AN_HOUR: Check = (lambda number: 0 <= number <= 24, _HOUR)


@dataclass(frozen=True)
class Settings:
    """The product's settings; `wms settings` lists them."""

    database_url: str = _setting(
        "sqlite:///var/wms.db", "SQLite beside the program; postgresql+psycopg://… when it grows", (_a_database, _DATABASE)
    )
    secret_key: str = _setting("", "signs forms and links; `make run` makes one in var/, production must give its own")
    language: str = _setting("zh_CN", "language where neither person, device nor browser says one (zh_CN or en)", _KNOWN)
    time_zone: str = _setting("Asia/Shanghai", "how times are written for people; stored times are UTC", (_a_time_zone, _TIME_ZONE))
    company_name: str = _setting("示例仓储 Sample Warehouse", "printed on papers")
    company_address: str = _setting("", "printed on papers")
    company_phone: str = _setting("", "printed on papers")
    public_address: str = _setting(
        "",
        "where customers reach the house, https://orders.example.com; empty: as whoever makes a link for them does",
        (_an_address, _ADDRESS),
    )
    company_logo: str = _setting(
        "", "a PNG or JPEG file of at most 1 MB, printed on papers beside the name; empty: none", (_a_picture, _LOGO)
    )
    gs1_company_prefix: str = _setting(
        EXAMPLE_PREFIX,
        "the GS1 company prefix that SSCCs are issued from; the default is of GS1's example range, nothing leaves the house with it",
        (_a_prefix, _PREFIX),
    )
    sscc_extension: int = _setting(0, "the first digit of our SSCCs; another one begins a new range when all are given", _DIGIT)
    pool_size: int = _setting(8, "database connections per process; not fewer than threads", _AT_LEAST_1)
    statement_timeout_ms: int = _setting(15_000, "PostgreSQL gives up on a statement after this", _AT_LEAST_0)
    lock_timeout_ms: int = _setting(3_000, "PostgreSQL gives up waiting for a lock after this; the unit is tried again", _AT_LEAST_0)
    session_hours: int = _setting(12, "a floor or desk sign-in lasts one shift", _AT_LEAST_1)
    forget_place_hours: int = _setting(5, "who has not scanned for so long is asked anew at which bench they work and print", _AT_LEAST_1)
    requests_per_minute: int = _setting(
        3000, "so many requests may a token make in a minute, over all workers; 0: as many as it likes", _AT_LEAST_0
    )
    secure_cookies: bool = _setting(False, "cookies over https only; switch on behind https")
    keep_answers_days: int = _setting(30, "answered scans and requests are known so long, so that a repetition acts once", _AT_LEAST_1)
    keep_deliveries_days: int = _setting(30, "webhook messages delivered or given up, and stock events told, are kept so long", _AT_LEAST_1)
    keep_sign_ins_days: int = _setting(90, "sign-ins that ended are kept so long", _AT_LEAST_1)
    keep_photos_days: int = _setting(
        730, "photos of what is settled are kept so long; those of open things until they are over", _AT_LEAST_1
    )
    keep_print_jobs_days: int = _setting(
        30, "print jobs that are over are kept so long; that a paper was printed stays counted", _AT_LEAST_1
    )
    keep_notices_days: int = _setting(90, "notices about watched orders are kept so long, seen or not", _AT_LEAST_1)
    print_folder: str = _setting("", "printers of the kind folder write below this directory; empty: there are none")
    print_patience_minutes: int = _setting(
        15, "a label that its printer has not taken for so long has failed, and a person decides", _AT_LEAST_1
    )
    webhook_patience_days: int = _setting(3, "a webhook that has failed for so long is switched off until somebody looks", _AT_LEAST_1)
    allow_private_webhooks: bool = _setting(False, "webhooks may go to private and loopback addresses")
    slot_minutes: int = _setting(30, "how long a dock appointment is, unless somebody books more; quarters of an hour", _A_SLOT)
    docks_open_hour: int = _setting(7, "the docks take appointments from this hour of the house's day", _AN_HOUR)
    docks_close_hour: int = _setting(20, "and until this one", _AN_HOUR)
    late_after_minutes: int = _setting(15, "a vehicle that is not there so long after its time is shown in red", _AT_LEAST_0)
    cross_dock_hours: int = _setting(
        48, "goods that an order due within so many hours waits for go to it straight from the dock; 0 never", _AT_LEAST_0
    )
    rotation_window_days: int = _setting(
        0, "a picker may take another lot whose turn comes so many days later; 0: only one of the same age", _AT_LEAST_0
    )
    ask_if_empty: bool = _setting(True, "after the last piece by the book the picker says whether the bin is empty")
    scrap_alone: int = _setting(20, "a supervisor who did not find them decides about scrapping more pieces than this", _AT_LEAST_0)
    planning_seconds: int = _setting(
        5, "so long short walks are searched for before a wave is booked; the best so far is taken", _AT_LEAST_0
    )
    slotting_seconds: int = _setting(10, "so long better pick faces are searched for; the best so far is shown", _AT_LEAST_0)
    walking_mm_per_second: int = _setting(1000, "how fast pickers walk with a cart: what planned minutes are reckoned by", _AT_LEAST_1)
    seconds_per_line: int = _setting(15, "how long a picker stands before a line: finding, scanning, putting down", _AT_LEAST_0)
    seconds_per_piece: int = _setting(2, "and for each piece of it", _AT_LEAST_0)
    replenish_ahead_hours: int = _setting(
        24, "pick faces are filled for what so many hours ahead will probably ask; 0: only for released orders", _AT_LEAST_0
    )
    replenish_weeks: int = _setting(4, "what is usual on a weekday is the average of so many weeks", _AT_LEAST_1)
    quiet_from_hour: int = _setting(20, "from this hour of the house's day pick faces are topped off while few lines are open", _AN_HOUR)
    quiet_until_hour: int = _setting(6, "and until this one; the same hour twice: the whole day", _AN_HOUR)
    quiet_open_lines: int = _setting(20, "with more lines open on pick lists the floor is not quiet", _AT_LEAST_0)
    cut_off: str = _setting(
        "", "orders due today are held for a supervisor after this time of the house's day (17:00); empty: never", (_a_time, _TIME)
    )
    duplicate_hours: int = _setting(
        0, "an order for the same goods, customer and address as one so many hours before is held; 0: never", _AT_LEAST_0
    )
    unsigned_late_hours: int = _setting(48, "what left and is not signed for after so long is shown in red on the home board", _AT_LEAST_1)
    turn_back_days: int = _setting(3, "a truck that left is taken back within so many days; later its goods are returns", _AT_LEAST_0)
    weight_tolerance_percent: int = _setting(5, "a carton may weigh so much more or less than its goods and its box", _AT_LEAST_0)
    weight_tolerance_grams: int = _setting(50, "and so many grams besides", _AT_LEAST_0)
    weight_limit_percent: int = _setting(20, "so far beyond that a packer may confirm a weight; further only a supervisor", _AT_LEAST_0)
    weight_limit_grams: int = _setting(1000, "and so many grams besides", _AT_LEAST_0)
    ask_weights: bool = _setting(True, "the bench asks what a closed carton weighs, before its label and slip are printed")
    ask_seals: bool = _setting(False, "the house seals its trucks: one closes with its seal, or with a reason why it has none")
    differences_late_days: int = _setting(3, "a difference that is open for longer is shown in red and on the home board", _AT_LEAST_0)
    demo: bool = _setting(False, "show the demo sign-ins on the sign-in page")

    def __post_init__(self) -> None:
        """Everything that reads a setting may rely on it. Raises SettingWrong."""
        for one in fields(self):
            value, check = getattr(self, one.name), one.metadata["check"]
            if check and not check[0](value):
                shown = re.sub(r"://.*@", "://…@", value) if isinstance(value, str) else value  # an address may carry a password
                raise SettingWrong(name="WMS_" + one.name.upper(), value=shown, kind=check[1])

    @classmethod
    def from_environment(cls, environment: Mapping[str, str] | None = None) -> Settings:
        """Settings from `WMS_*` variables; raises SettingWrong for a wrong one."""
        env = os.environ if environment is None else environment
        given: dict[str, Any] = {}
        for one in fields(cls):
            text = env.get("WMS_" + one.name.upper())
            if text is not None:
                given[one.name] = _read(one.name, str(one.type), text)
        return cls(**given)


def _read(name: str, kind: str, text: str) -> Any:
    if kind == "int":
        try:
            return int(text)
        except ValueError:
            raise SettingWrong(name="WMS_" + name.upper(), value=text, kind=_INTEGER) from None
    if kind == "bool":
        if text.lower() in {"1", "true", "yes", "on"}:
            return True
        if text.lower() in {"0", "false", "no", "off", ""}:
            return False
        raise SettingWrong(name="WMS_" + name.upper(), value=text, kind=_YES_NO)
    return text
