"""Who works here. Their secrets are simple and printed on the sign-in page, because this is the demo and nothing else."""

from __future__ import annotations

from dataclasses import dataclass

from wms.actor import Actor, Role
from wms.auth import devices
from wms.auth.people import add_person
from wms.demo import walk

PASSWORD = "demo-1234"  # noqa: S105  (it is on the sign-in page)
PIN = "1234"


@dataclass(frozen=True)
class Hand:
    """One person: signs in as `code` at the desk and with the badge on the floor. The language is the browser's until they choose one."""

    code: str
    name: str
    role: Role
    badge: str


STAFF = (
    Hand("supervisor", "马琳 Ma Lin", Role.SUPERVISOR, "P-1001"),
    Hand("manager", "何勇 He Yong", Role.MANAGER, "P-1017"),
    Hand("receiver", "张伟 Zhang Wei", Role.RECEIVER, "P-1002"),
    Hand("receiver2", "刘洋 Liu Yang", Role.RECEIVER, "P-1003"),
    Hand("picker", "王敏 Wang Min", Role.PICKER, "P-1004"),
    Hand("picker2", "陈杰 Chen Jie", Role.PICKER, "P-1005"),
    Hand("picker3", "Tom Becker", Role.PICKER, "P-1006"),
    Hand("packer", "赵磊 Zhao Lei", Role.PACKER, "P-1007"),
    Hand("packer2", "Anna Kowalska", Role.PACKER, "P-1008"),
    Hand("dispatcher", "孙丽 Sun Li", Role.DISPATCHER, "P-1009"),
    Hand("driver", "高师傅 Gao", Role.DRIVER, "P-1016"),
    Hand("driver2", "李师傅 Li", Role.DRIVER, "P-1018"),
    Hand("gate", "周强 Zhou Qiang", Role.GATE, "P-1010"),
    Hand("counter", "吴娜 Wu Na", Role.COUNTER, "P-1011"),
    Hand("counter2", "郑浩 Zheng Hao", Role.COUNTER, "P-1012"),
    Hand("sales", "黄婷 Huang Ting", Role.SALES, "P-1013"),
    Hand("finance", "徐芳 Xu Fang", Role.FINANCE, "P-1014"),
    Hand("admin", "李静 Li Jing", Role.ADMIN, "P-1015"),
)


class Crew:
    """The people of the demo, as the actors that operations take: `crew["picker"]`."""

    def __init__(self, actors: dict[str, Actor]) -> None:
        self._actors = actors

    def __getitem__(self, code: str) -> Actor:
        return self._actors[code]


def take_on(site_id: int) -> Crew:
    """Takes everybody on and makes the enrolment codes of the demo's devices."""
    actors = {}
    for hand in STAFF:
        person = add_person(
            hand.code,
            hand.name,
            [hand.role],
            password=PASSWORD,
            badge=hand.badge,
            pin=PIN,
            site_id=None if hand.role is Role.ADMIN else site_id,
        )
        actors[hand.code] = Actor(person.id, person.code, person.name, frozenset({hand.role}), site_id)
    crew = Crew(actors)
    for number, code in enumerate(walk.DEVICE_CODES, 1):
        devices.invite(f"演示手持机 Demo handheld {number}", by=crew["admin"], code=code)
    return crew


def sign_ins() -> list[dict[str, str]]:
    """One sign-in for each role, as the sign-in page and `make run` show them."""
    shown: dict[Role, Hand] = {}
    for hand in STAFF:
        shown.setdefault(hand.role, hand)
    return [
        {"role": role.text.both(), "name": hand.code, "password": PASSWORD, "badge": hand.badge, "pin": PIN} for role, hand in shown.items()
    ]
