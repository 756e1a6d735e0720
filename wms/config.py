"""Every setting, typed, read from the environment (`WMS_*`), with its default and its reason."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from typing import Any

from wms.errors import Invalid
from wms.i18n import T


class SettingWrong(Invalid):
    """A setting's text cannot be read as its type."""

    code = "setting_wrong"
    sentence = T("Setting {name}: {value!r} is not a valid {kind}", "设置 {name}：{value!r} 不是有效的 {kind}")


def _setting(default: Any, why: str) -> Any:
    return field(default=default, metadata={"why": why})


@dataclass(frozen=True)
class Settings:
    """The product's settings; `wms settings` lists them."""

    database_url: str = _setting("sqlite:///var/wms.db", "SQLite beside the program; postgresql+psycopg://… when it grows")
    secret_key: str = _setting("", "signs forms and links; `make run` makes one in var/, production must give its own")
    language: str = _setting("zh_CN", "language where neither person, device nor browser says one (zh_CN or en)")
    time_zone: str = _setting("Asia/Shanghai", "how times are written for people; stored times are UTC")
    company_name: str = _setting("示例仓储 Sample Warehouse", "printed on papers")
    company_address: str = _setting("", "printed on papers")
    company_phone: str = _setting("", "printed on papers")
    gs1_company_prefix: str = _setting("6900000", "the GS1 company prefix that SSCCs are issued from (GS1's example range)")
    pool_size: int = _setting(8, "database connections per process; not fewer than threads")
    statement_timeout_ms: int = _setting(15_000, "PostgreSQL gives up on a statement after this")
    lock_timeout_ms: int = _setting(3_000, "PostgreSQL gives up waiting for a lock after this; the unit is tried again")
    session_hours: int = _setting(12, "a floor or desk sign-in lasts one shift")
    secure_cookies: bool = _setting(False, "cookies over https only; switch on behind https")
    task_lease_minutes: int = _setting(30, "claimed work that nobody touches for so long is offered again")
    keep_answers_days: int = _setting(30, "answered scans and requests are known again so long, so that a repetition acts once")
    keep_deliveries_days: int = _setting(30, "webhook messages delivered or given up, and stock events told, are kept so long")
    keep_sign_ins_days: int = _setting(90, "sign-ins that ended are kept so long")
    allow_private_webhooks: bool = _setting(False, "webhooks may go to private and loopback addresses")
    demo: bool = _setting(False, "show the demo sign-ins on the sign-in page")

    @classmethod
    def from_environment(cls, environment: Mapping[str, str] | None = None) -> Settings:
        """Settings from `WMS_*` variables; raises SettingWrong for an unreadable one."""
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
            raise SettingWrong(name="WMS_" + name.upper(), value=text, kind="integer") from None
    if kind == "bool":
        if text.lower() in {"1", "true", "yes", "on"}:
            return True
        if text.lower() in {"0", "false", "no", "off", ""}:
            return False
        raise SettingWrong(name="WMS_" + name.upper(), value=text, kind="yes/no")
    return text
