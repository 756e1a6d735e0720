"""A packed carton as a drawing, seen from the front right and above: the faces that can be seen, from the back to the front.

Whole numbers in and out; what is drawn with which colour is the template's business.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from wms.cartons.goods import Placement, Size

MOST = 160  # boxes; more are not told apart in a drawing
_ACROSS, _DOWN = 866, 500  # thousandths: how far to the side and down a thousand along the floor leads
_LETTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
_READABLE = 11  # as high as a face must be for a letter


@dataclass(frozen=True, slots=True)
class Face:
    """One side of a box: which goods, top, front or side, its corners, and a letter in its middle, where there is room."""

    goods: int
    side: str
    points: str
    letter: str
    x: int
    y: int


@dataclass(frozen=True, slots=True)
class Drawing:
    """What the template draws, in units of its view box: the walls behind, the faces, and the open rim in front of them."""

    width: int
    height: int
    behind: tuple[str, ...]
    faces: tuple[Face, ...]
    rim: str


def letter(goods: int) -> str:
    """What these goods are called in the drawing: A to Z, then AA."""
    return (letter(goods // 26 - 1) if goods >= 26 else "") + _LETTERS[goods % 26]


def draw(room: Size, placements: Sequence[Placement], *, width: int = 320) -> Drawing | None:
    """The carton with what lies in it; none where there are too many boxes to tell apart."""
    if len(placements) > MOST:
        return None
    sheet = _Sheet(room, width)
    x, y, z = room
    floor = sheet.corners((0, 0, 0), (x, 0, 0), (x, y, 0), (0, y, 0))
    back = sheet.corners((0, y, 0), (x, y, 0), (x, y, z), (0, y, z))
    left = sheet.corners((0, 0, 0), (0, y, 0), (0, y, z), (0, 0, z))
    rim = sheet.corners((0, 0, z), (x, 0, z), (x, y, z), (0, y, z))
    faces = [face for one in _from_the_back(placements) for face in sheet.faces(one, placements)]
    return Drawing(sheet.width, sheet.height, (floor, back, left), tuple(faces), rim)


class _Sheet:
    """How places in the carton come to lie on paper."""

    def __init__(self, room: Size, width: int) -> None:
        x, y, z = room
        self.room, self.width, self.margin = room, width, 4
        self.wide = (x + y) * _ACROSS
        self.height = (x + y) * _DOWN * (width - 8) // self.wide + 1000 * z * (width - 8) // self.wide + 8

    def at(self, x: int, y: int, z: int) -> tuple[int, int]:
        """Along the carton leads right and down, across it right and up."""
        scale = self.width - 2 * self.margin
        across = (x + y) * _ACROSS * scale // self.wide
        down = ((x + self.room[1] - y) * _DOWN + (self.room[2] - z) * 1000) * scale // self.wide
        return self.margin + across, self.margin + down

    def corners(self, *places: Size) -> str:
        """As an SVG polygon has them."""
        return " ".join(f"{x},{y}" for x, y in (self.at(*one) for one in places))

    def faces(self, one: Placement, everything: Sequence[Placement]) -> list[Face]:
        """Its side, front and top; the letter on one that nothing hides."""
        (x1, y1, z1), (dx, dy, dz) = one.at, one.size
        x2, y2, z2 = x1 + dx, y1 + dy, z1 + dz
        sides = {
            "side": ((x2, y1, z1), (x2, y2, z1), (x2, y2, z2), (x2, y1, z2)),
            "front": ((x1, y1, z1), (x2, y1, z1), (x2, y1, z2), (x1, y1, z2)),
            "top": ((x1, y1, z2), (x2, y1, z2), (x2, y2, z2), (x1, y2, z2)),
        }
        lettered = next((side for side in ("top", "front", "side") if _seen(one, side, everything) and self._room(sides[side])), None)
        faces = []
        for side, places in sides.items():
            middle = [self.at(*place) for place in places]
            x, y = sum(across for across, _ in middle) // 4, sum(down for _, down in middle) // 4
            faces.append(Face(one.goods, side, self.corners(*places), letter(one.goods) if side == lettered else "", x, y + 4))
        return faces

    def _room(self, places: tuple[Size, ...]) -> bool:
        on_paper = [self.at(*one) for one in places]
        across, down = ([place[axis] for place in on_paper] for axis in range(2))
        return max(across) - min(across) >= _READABLE and max(down) - min(down) >= _READABLE


def _seen(one: Placement, side: str, everything: Sequence[Placement]) -> bool:
    """Whether nothing stands against this side."""
    axis = {"side": 0, "front": 1, "top": 2}[side]
    beyond = one.at[axis] if side == "front" else one.at[axis] + one.size[axis]
    others = [other for other in range(3) if other != axis]
    for two in everything:
        facing = two.at[axis] + two.size[axis] if side == "front" else two.at[axis]
        if facing == beyond and all(
            max(one.at[along], two.at[along]) < min(one.at[along] + one.size[along], two.at[along] + two.size[along]) for along in others
        ):
            return False
    return True


def _from_the_back(placements: Sequence[Placement]) -> list[Placement]:
    """So that what is drawn later stands before what was drawn sooner."""
    behind = {
        index: [other for other, two in enumerate(placements) if other != index and _is_behind(two, one)]
        for index, one in enumerate(placements)
    }
    drawn: list[int] = []
    seen: set[int] = set()

    def visit(index: int) -> None:
        if index not in seen:
            seen.add(index)
            for other in behind[index]:
                visit(other)
            drawn.append(index)

    for index in range(len(placements)):
        visit(index)
    return [placements[index] for index in drawn]


def _is_behind(one: Placement, other: Placement) -> bool:
    """Left of it, beyond it or under it, and none of it the other way round: then no line of sight meets both."""
    return _before(one, other) and not _before(other, one)


def _before(one: Placement, other: Placement) -> bool:
    return one.at[0] + one.size[0] <= other.at[0] or one.at[1] >= other.at[1] + other.size[1] or one.at[2] + one.size[2] <= other.at[2]
