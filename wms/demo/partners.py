"""Whom the house deals with: suppliers, shops with addresses written in every way, carriers. All of them are invented."""

from __future__ import annotations

import datetime as dt

from wms import clock
from wms.catalog.models import PartnerKind
from wms.catalog.partners import put_partner

Address = dict[str, str | None]

SUPPLIERS: tuple[tuple[str, str, Address], ...] = (
    (
        "S-OUJIANG",
        "瓯江鞋业 Oujiang Footwear",
        {"name": "瓯江鞋业", "street": "鹿城工业区 8 号", "city": "温州", "region": "浙江", "postcode": "325000", "country": "CN"},
    ),
    (
        "S-HAIAN",
        "海岸体育用品 Haian Sports Goods",
        {"name": "海岸体育用品", "street": "陈埭镇滨江路 21 号", "city": "晋江", "region": "福建", "postcode": "362200", "country": "CN"},
    ),
    (
        "S-LINGNAN",
        "岭南制衣 Lingnan Garments",
        {"name": "岭南制衣", "street": "番禺大道北 155 号", "city": "广州", "region": "广东", "postcode": "511400", "country": "CN"},
    ),
    (
        "S-KESSLER",
        "Kessler Schuhpflege GmbH",
        {"name": "Kessler Schuhpflege GmbH", "street": "Gerberstraße 14", "city": "Pirmasens", "postcode": "66953", "country": "DE"},
    ),
    (
        "S-FACTORY2",
        "郑州二厂 Zhengzhou Plant 2",
        {"name": "郑州二厂", "street": "经开第八大街 66 号", "city": "郑州", "region": "河南", "postcode": "450016", "country": "CN"},
    ),
    (
        "S-XIAN",
        "西安中转仓 Xi'an transit warehouse",
        {"name": "西安中转仓", "street": "港务大道 9 号", "city": "西安", "region": "陕西", "postcode": "710026", "country": "CN"},
    ),
)

# code, name, address, credit limit (in fen), credit days, balance due, days since the oldest debt was due, least remaining life
Customer = tuple[str, str, Address, int | None, int | None, int, int | None, int | None]
CUSTOMERS: tuple[Customer, ...] = (
    (
        "C-1001",
        "洛阳百货大楼",
        {
            "name": "洛阳百货大楼 收货部",
            "phone": "0379-5550 118",
            "street": "中州中路 287 号",
            "city": "洛阳",
            "region": "河南",
            "postcode": "471000",
            "country": "CN",
        },
        50_000_00,
        60,
        12_400_00,
        None,
        None,
    ),
    (
        "C-1002",
        "开封鼓楼店",
        {
            "name": "开封鼓楼店",
            "phone": "13900000102",
            "street": "鼓楼区寺后街 33 号 一层",
            "city": "开封",
            "region": "河南",
            "postcode": "475000",
            "country": "CN",
        },
        20_000_00,
        30,
        9_800_00,
        42,
        None,
    ),
    (
        "C-1003",
        "新乡胖东来",
        {
            "name": "新乡胖东来 鞋区",
            "phone": "0373-5550 226",
            "street": "平原路 1 号",
            "city": "新乡",
            "region": "河南",
            "postcode": "453000",
            "country": "CN",
        },
        80_000_00,
        45,
        31_250_00,
        None,
        180,
    ),
    (
        "C-1004",
        "许昌新区店",
        {"name": "许昌新区店 王店长", "street": "许昌市东城区许都路 8 号", "city": "许昌", "country": "CN"},
        15_000_00,
        30,
        18_600_00,
        12,
        None,
    ),
    (
        "C-1005",
        "Nordwind Handel GmbH",
        {
            "name": "Nordwind Handel GmbH, Wareneingang",
            "phone": "+49 40 5550 0",
            "street": "Große Elbstraße 212",
            "city": "Hamburg",
            "postcode": "22767",
            "country": "DE",
        },
        120_000_00,
        60,
        44_000_00,
        None,
        365,
    ),
    (
        "C-1006",
        "安阳文峰鞋城",
        {
            "name": "安阳文峰鞋城",
            "street": "文峰大道 中段\n鞋城 B 座 12 号",
            "city": "安阳",
            "region": "河南省",
            "postcode": "455000",
            "country": "中国",
        },
        10_000_00,
        30,
        2_100_00,
        None,
        None,
    ),
    (
        "C-1007",
        "信阳步行街店",
        {
            "name": "信阳步行街店",
            "phone": "13900000107",
            "street": "中山路步行街 45-3",
            "city": "信阳市浉河区",
            "region": "河南",
            "country": "CN",
        },
        10_000_00,
        30,
        0,
        None,
        None,
    ),
    (
        "C-1008",
        "南阳卧龙商场",
        {"name": "南阳卧龙商场", "street": "卧龙路 600 号", "city": "南阳", "region": "河南", "postcode": "473000", "country": "CN"},
        30_000_00,
        45,
        7_700_00,
        None,
        None,
    ),
    (
        "C-1009",
        "邯郸丛台路店",
        {
            "name": "邯郸丛台路店 李女士",
            "phone": "0310-5550 309",
            "street": "河北省邯郸市丛台路 18 号",
            "city": "邯郸",
            "region": "河北",
            "country": "CN",
        },
        12_000_00,
        30,
        3_300_00,
        None,
        None,
    ),
    (
        "C-1010",
        "驻马店批发部",
        {
            "name": "驻马店批发部",
            "street": "置地大道 209 号 3 号库",
            "city": "驻马店",
            "region": "河南",
            "postcode": "463000",
            "country": "CN",
        },
        None,
        None,
        0,
        None,
        None,
    ),
    (
        "C-1011",
        "线上商城 Online shop",
        {"name": "电商一件代发", "street": "航海东路 1394 号", "city": "郑州", "region": "河南", "postcode": "450009", "country": "CN"},
        None,
        None,
        0,
        None,
        None,
    ),
    (
        "C-1012",
        "焦作解放路店",
        {
            "name": "焦作解放路店",
            "phone": "13900000112",
            "street": "解放中路 1038 号",
            "city": "焦作",
            "region": "河南",
            "postcode": "454000",
            "country": "CN",
        },
        10_000_00,
        30,
        4_450_00,
        None,
        None,
    ),
    (
        "C-1013",
        "周口八一路店",
        {"name": "周口八一路店", "street": "八一大道 与 七一路 交叉口 东南角", "city": "周口", "region": "河南", "country": "CN"},
        10_000_00,
        30,
        1_980_00,
        None,
        None,
    ),
    (
        "C-1014",
        "商丘 凯旋路店",
        {
            "name": "商丘凯旋路店 (送货前请电话)",
            "phone": "13900000114",
            "street": "凯旋南路 77 号",
            "city": "商丘",
            "region": "河南",
            "postcode": "476000",
            "country": "CN",
        },
        10_000_00,
        30,
        6_020_00,
        None,
        None,
    ),
    (
        "C-1015",
        "三门峡崤山店",
        {
            "name": "三门峡崤山店",
            "phone": "0398-5550 415",
            "street": "崤山路中段 5 号",
            "city": "三门峡",
            "region": "河南",
            "postcode": "472000",
            "country": "CN",
        },
        10_000_00,
        30,
        0,
        None,
        None,
    ),
)

OVER_LIMIT, OVERDUE, NO_CREDIT, ABROAD = "C-1004", "C-1002", "C-1011", "C-1005"
RELIABLE = tuple(one[0] for one in CUSTOMERS if one[0] not in (OVER_LIMIT, OVERDUE))
"""Customers of whom the gate asks nothing."""

CARRIERS: tuple[tuple[str, str, Address], ...] = (
    (
        "V-ZHONGYUAN",
        "中原快运 Zhongyuan Express",
        {"name": "中原快运", "phone": "95550-1", "street": "货站街 120 号", "city": "郑州", "country": "CN"},
    ),
    (
        "V-SHUNTU",
        "顺途物流 Shuntu Logistics",
        {"name": "顺途物流", "phone": "95550-2", "street": "南三环 301 号", "city": "郑州", "country": "CN"},
    ),
    (
        "V-NORDFRACHT",
        "Nordfracht Spedition",
        {"name": "Nordfracht Spedition", "street": "Am Sandtorkai 30", "city": "Hamburg", "country": "DE"},
    ),
)


def put_partners() -> None:
    """Puts them all in. One customer owes more than was agreed, one for longer."""
    for code, name, address in SUPPLIERS:
        put_partner(code, kind=PartnerKind.SUPPLIER, name=name, address=address)
    for code, name, address in CARRIERS:
        put_partner(code, kind=PartnerKind.CARRIER, name=name, address=address)
    for code, name, address, limit, days, balance, owing_for, remaining in CUSTOMERS:
        put_partner(
            code,
            kind=PartnerKind.CUSTOMER,
            name=name,
            address=address,
            credit_limit=limit,
            credit_days=days,
            balance_due=balance,
            oldest_due_on=clock.today() - dt.timedelta(days=owing_for) if owing_for else None,
            min_remaining_days=remaining,
        )
