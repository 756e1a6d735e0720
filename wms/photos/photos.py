"""Attaching pictures to what they show. Stories say what may have pictures, and who may see and add them.

register(Subject("difference", T("Difference", "差异"), find, see=..., add=(...), href=..., open_ids=...))
"""

from __future__ import annotations

import secrets
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa

from wms import clock
from wms.actor import Actor, Permission
from wms.db import session
from wms.errors import NotFound, Refused
from wms.i18n import T, Text
from wms.photos.models import Photo
from wms.photos.pictures import Picture

MOST = 12
"""So many pictures of one thing tell enough."""


class PhotoUnknown(NotFound):
    """No such picture, or not for this person's site."""

    code = "photo_unknown"
    sentence = T("There is no such photo", "没有此照片")


class SubjectUnknown(NotFound):
    """Nothing of this kind has pictures."""

    code = "photo_subject_unknown"
    sentence = T("There are no photos of {kind}", "“{kind}”不支持照片")


class PhotosEnough(Refused):
    """No more pictures of one thing."""

    code = "photos_enough"
    sentence = T("{number} has {most} photos, and no more are kept", "{number} 已有 {most} 张照片，不再增加")
    advice = T("Take one away first", "请先删除一张")


@dataclass(frozen=True)
class Own:
    """What somebody sees of a kind of thing who may not see all of them."""

    ids: Callable[[Actor], sa.Select[Any]]
    href: Callable[[str], str]


@dataclass(frozen=True)
class Subject:
    """A kind of thing that pictures are taken of."""

    kind: str
    text: Text
    find: Callable[[str, Actor], tuple[int, str]]  # number → id and number, at the person's site; raises NotFound
    see: Permission
    add: tuple[Permission, ...]
    """Any of these may add pictures, and take them away."""
    href: Callable[[str], str]
    open_ids: Callable[[], sa.Select[Any]]
    """The things that are not over: their pictures are kept however old they are."""
    going: Callable[[Photo, Actor], None] | None = None
    """Is told before a picture goes; raises where it is evidence."""
    own: Own | None = None

    def seen(self, subject_id: int, by: Actor) -> bool:
        """Whether this person may see this one."""
        if by.may(self.see):
            return True
        return self.own is not None and bool(session.execute(sa.select(sa.literal(subject_id).in_(self.own.ids(by)))).scalar_one())

    def may_add(self, subject_id: int, by: Actor) -> bool:
        """Whether this person may add pictures of this one."""
        return any(by.may(one) for one in self.add) and self.seen(subject_id, by)

    def home(self, by: Actor) -> Callable[[str], str]:
        """Where this person reads about it."""
        return self.own.href if self.own is not None and not by.may(self.see) else self.href


SUBJECTS: dict[str, Subject] = {}


def register(subject: Subject) -> None:
    """Makes this a kind of thing that has pictures."""
    SUBJECTS[subject.kind] = subject


def subject_of(kind: str) -> Subject:
    """The kind of thing; raises SubjectUnknown."""
    if kind not in SUBJECTS:
        raise SubjectUnknown(kind=kind[:30])
    return SUBJECTS[kind]


def attach(kind: str, number: str, picture: Picture, *, by: Actor) -> Photo:
    """Keeps a picture of a thing; the same picture once. Raises SubjectUnknown, what finding the thing raises, PhotosEnough."""
    subject = subject_of(kind)
    subject_id, known_as = subject.find(number, by)
    before = of(kind, subject_id)
    for photo in before:
        if photo.digest == picture.digest:
            return photo
    if len(before) >= MOST:
        raise PhotosEnough(number=known_as, most=MOST)
    photo = Photo(
        site_id=by.site_id,
        subject_kind=kind,
        subject_id=subject_id,
        name=secrets.token_urlsafe(18),
        digest=picture.digest,
        width=picture.width,
        height=picture.height,
        size=len(picture.content),
        content=picture.content,
        thumbnail=picture.thumbnail,
        taken_at=clock.now(),
        by_id=by.id,
    )
    session.add(photo)
    session.flush()  # a second one of the same picture is told by its key
    return photo


def of(kind: str, subject_id: int) -> list[Photo]:
    """The pictures of a thing, the first taken first; without their content."""
    query = sa.select(Photo).where(Photo.subject_kind == kind, Photo.subject_id == subject_id).order_by(Photo.id)
    return list(session.execute(query).scalars())


def of_many(kind: str, subject_ids: list[int]) -> dict[int, list[str]]:
    """The names of the pictures of several things, for a list."""
    found: dict[int, list[str]] = {}
    query = sa.select(Photo.subject_id, Photo.name).where(Photo.subject_kind == kind, Photo.subject_id.in_(subject_ids)).order_by(Photo.id)
    for subject_id, name in session.execute(query):
        found.setdefault(subject_id, []).append(name)
    return found


def find(name: str, *, by: Actor) -> Photo:
    """The picture of this name, if the person may see what it shows; raises PhotoUnknown, whatever the reason."""
    photo = session.execute(sa.select(Photo).where(Photo.name == name, Photo.site_id == by.site_id)).scalar_one_or_none()
    if photo is None or photo.subject_kind not in SUBJECTS or not SUBJECTS[photo.subject_kind].seen(photo.subject_id, by):
        raise PhotoUnknown
    return photo


def take_away(name: str, *, by: Actor) -> Subject:
    """Deletes a picture. Raises PhotoUnknown, also for who may not, and what the thing says where its pictures are evidence."""
    photo = find(name, by=by)
    subject = SUBJECTS[photo.subject_kind]
    if not subject.may_add(photo.subject_id, by):
        raise PhotoUnknown
    if subject.going is not None:
        subject.going(photo, by)
    session.delete(photo)
    session.flush()  # it is gone for the page that follows
    return subject
