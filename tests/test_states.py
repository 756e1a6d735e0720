"""A state moves through one door: every listed move passes, every other is refused."""

import enum
import itertools

import pytest

from wms.i18n import T
from wms.states import MoveNotAllowed, StateMachine


class Door(enum.StrEnum):
    OPEN = "open"
    SHUT = "shut"
    LOCKED = "locked"

    @property
    def text(self):
        return {"open": T("open", "开"), "shut": T("shut", "关"), "locked": T("locked", "锁")}[self.value]


DOOR = StateMachine(Door, {Door.OPEN: [Door.SHUT], Door.SHUT: [Door.OPEN, Door.LOCKED], Door.LOCKED: [Door.SHUT]})
LISTED = {("open", "shut"), ("shut", "open"), ("shut", "locked"), ("locked", "shut")}


@pytest.mark.parametrize(("state", "wanted"), list(itertools.product(Door, Door)))
def test_listed_moves_pass_and_all_others_are_refused(state, wanted):
    assert DOOR.allows(state, wanted) == ((state, wanted) in LISTED)
    if (state, wanted) in LISTED:
        DOOR.check("The door", state, wanted)
    else:
        with pytest.raises(MoveNotAllowed):
            DOOR.check("The door", state, wanted)


def test_a_refused_move_is_told_in_both_languages():
    with pytest.raises(MoveNotAllowed) as refusal:
        DOOR.check("G-1", Door.OPEN, Door.LOCKED)
    assert refusal.value.say("en") == "G-1 is open; it cannot become locked"
    assert refusal.value.say("zh_CN") == "G-1 当前为“开”，不能变为“锁”"


def test_a_state_that_is_not_in_the_table_leads_nowhere():
    assert not any(StateMachine(Door, {}).allows(state, wanted) for state, wanted in itertools.product(Door, Door))
