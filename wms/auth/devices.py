"""Devices: an administrator makes a code at the desk, it is typed or scanned once on the device, and from then on badges work there.

A code that waits is a device that was never seen, kept under the code's hash; enrolling replaces it by the device's own secret.
"""

from __future__ import annotations

import datetime as dt
import secrets as random_source

import sqlalchemy as sa

from wms import clock
from wms.actor import Actor
from wms.auth.models import Device, SignIn
from wms.auth.secrets import digest, new_token
from wms.db import session
from wms.errors import NotFound, Refused
from wms.i18n import T

CODE_LASTS = dt.timedelta(hours=24)
_LETTERS = "ABCDEFGHJKLMNPQRSTUVWXYZ23456789"  # without what is mistaken for something else


class CodeUnknown(Refused):
    """The enrolment code was never made, was used, or is too old."""

    code = "enrolment_code_unknown"
    sentence = T("{code} is no enrolment code, or it was used or is older than a day", "登记码 {code} 无效、已使用或已过期")
    advice = T("Ask the administrator for a new one", "请管理员重新生成登记码")


class DeviceUnknown(NotFound):
    """No such device."""

    code = "device_unknown"
    sentence = T("There is no device {code}", "没有此设备：{code}")


def invite(name: str, *, by: Actor, code: str | None = None) -> str:
    """An enrolment code for one device, good for a day and for once."""
    code = code or "-".join("".join(random_source.choice(_LETTERS) for _ in range(4)) for _ in range(2))
    session.add(
        Device(name=name.strip() or code, site_id=by.site_id, token_hash=_of_code(code), enrolled_by_id=by.id, enrolled_at=clock.now())
    )
    return code


def enrol(code: str, name: str | None = None) -> tuple[Device, str]:
    """Takes a code in and gives the device its own secret. Raises CodeUnknown."""
    device = session.execute(
        sa.select(Device).where(
            Device.token_hash == _of_code(code),
            Device.seen_at.is_(None),
            Device.retired_at.is_(None),
            Device.enrolled_at > clock.now() - CODE_LASTS,
        )
    ).scalar_one_or_none()
    if device is None:
        raise CodeUnknown(code=code)
    token = new_token()
    device.token_hash, device.seen_at = digest(token), clock.now()
    if name and name.strip():
        device.name = name.strip()
    return device, token


def enrol_here(name: str, *, by: Actor) -> str:
    """Enrols the device the administrator holds, without a code; returns its secret."""
    token = new_token()
    moment = clock.now()
    session.add(
        Device(name=name.strip(), site_id=by.site_id, token_hash=digest(token), enrolled_by_id=by.id, enrolled_at=moment, seen_at=moment)
    )
    return token


def known_device(token: str | None) -> Device | None:
    """The device that holds this secret, unless it was retired."""
    if not token:
        return None
    return session.execute(sa.select(Device).where(Device.token_hash == digest(token), Device.retired_at.is_(None))).scalar_one_or_none()


def retire(device_id: int, *, by: Actor) -> Device:
    """Shuts a device out, and signs everybody out on it. Raises DeviceUnknown."""
    device = session.get(Device, device_id)
    if device is None or device.site_id != by.site_id:
        raise DeviceUnknown(code=device_id)
    device.retired_at = moment = clock.now()
    on_it = sa.and_(SignIn.device_id == device_id, SignIn.ended_at.is_(None))
    session.execute(sa.update(SignIn).where(on_it).values(ended_at=moment))
    return device


def _of_code(code: str) -> str:
    return digest("enrol:" + "".join(letter for letter in code.upper() if letter.isalnum()))
