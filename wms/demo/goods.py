"""What the house sells: shoes and clothes in sizes, care products with a date, and one box of mixed giveaways by lot."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from wms.catalog.models import Product, Tracking
from wms.catalog.products import put_product
from wms.catalog.putting import PackagingFacts
from wms.demo.sizes import Size
from wms.stock.handling_units import check_digit

COMPANY = "6900000"
"""The prefix of every barcode: GS1's example range, so that none of them is on a real product."""


@dataclass(frozen=True)
class Family:
    """What all goods of a kind have in common: how they are packed, where they lie, how full a pick face is kept."""

    zone: str
    unit: str
    weight_grams: int
    box_mm: tuple[int, int, int]
    case: int
    case_mm: tuple[int, int, int]
    minimum: int
    maximum: int
    unit_value: int
    """What one is worth, in hundredths."""

    @property
    def case_grams(self) -> int:
        """The weight of a full case: the goods and about 600 g of cardboard."""
        return self.case * self.weight_grams + 600


_HEEL = Family("W", "pair", 850, (310, 190, 110), 12, (640, 390, 350), 8, 36, 15900)
_BOOT = Family("W", "pair", 1450, (380, 300, 130), 6, (620, 400, 400), 6, 24, 26800)
_MEN = Family("M", "pair", 1050, (340, 210, 125), 12, (690, 430, 390), 8, 36, 18900)
_KIDS = Family("K", "pair", 560, (260, 170, 100), 12, (530, 350, 310), 8, 36, 9900)
_TOP = Family("T", "piece", 240, (300, 250, 30), 24, (600, 400, 300), 12, 72, 4900)
_COAT = Family("T", "piece", 820, (420, 340, 80), 10, (600, 440, 420), 6, 40, 15800)
_SOCKS = Family("T", "pack", 130, (220, 120, 50), 40, (600, 400, 250), 20, 160, 1500)
_CARE = Family("K", "piece", 140, (60, 60, 130), 24, (380, 260, 150), 24, 144, 2600)
_MIXED = Family("K", "piece", 90, (150, 100, 40), 50, (500, 400, 300), 0, 0, 300)

_WOMEN = ("35", "36", "37", "38", "39", "40")
_MENS = ("39", "40", "41", "42", "43", "44")
_CHILD = ("28", "29", "30", "31", "32", "33")
_CLOTHES = ("S", "M", "L", "XL")
_ONE = ("",)


@dataclass(frozen=True)
class Style:
    """One model in one colour; each of its sizes is a product."""

    code: str
    zh: str
    en: str
    colour: tuple[str, str]
    abc: str
    family: Family
    sizes: tuple[str, ...]
    supplier: str
    tracking: Tracking = Tracking.NONE
    shelf_life_days: int | None = None
    storage_class: str | None = None
    in_small: bool = False


_BLACK, _BROWN, _WHITE, _NAVY, _GREY = ("黑", "black"), ("棕", "brown"), ("白", "white"), ("藏青", "navy"), ("灰", "grey")
_PLAIN = ("", "")
_OUJIANG, _COAST, _LINGNAN, _KESSLER = "S-OUJIANG", "S-HAIAN", "S-LINGNAN", "S-KESSLER"

STYLES: tuple[Style, ...] = (
    # Women's shoes.
    Style("HP-2311", "都市女鞋 冲孔浅口", "Urban pump, perforated", _BLACK, "A", _HEEL, _WOMEN, _OUJIANG, in_small=True),
    Style("HP-2205", "经典细高跟", "Classic stiletto", ("裸色", "nude"), "A", _HEEL, _WOMEN, _OUJIANG, in_small=True),
    Style("HP-2318", "方头粗跟鞋", "Block heel, square toe", ("米白", "off-white"), "B", _HEEL, _WOMEN, _OUJIANG),
    Style("LF-1407", "女士乐福 金属扣", "Loafer, metal bar", ("酒红", "burgundy"), "A", _HEEL, _WOMEN, _OUJIANG),
    Style("LF-1412", "豆豆鞋 软底", "Moccasin, soft sole", ("驼色", "camel"), "B", _HEEL, _WOMEN, _OUJIANG),
    Style("FL-3002", "芭蕾平底 蝴蝶结", "Ballet flat, bow", ("粉", "rose"), "B", _HEEL, _WOMEN, _OUJIANG),
    Style("SD-5110", "一字带凉鞋", "Ankle-strap sandal", ("银", "silver"), "C", _HEEL, _WOMEN, _OUJIANG),
    Style("SD-5121", "罗马凉鞋", "Gladiator sandal", _BROWN, "C", _HEEL, _WOMEN, _OUJIANG),
    Style("BT-8104", "切尔西短靴", "Chelsea boot", _BLACK, "A", _BOOT, _WOMEN, _OUJIANG, in_small=True),
    Style("BT-8110", "八孔系带靴", "Lace-up boot, 8 eyelets", _BLACK, "A", _BOOT, _WOMEN, _OUJIANG),
    Style("BT-8123", "弹力长筒靴", "Tall boot, stretch", ("深棕", "dark brown"), "C", _BOOT, _WOMEN, _OUJIANG),
    Style("SN-6201", "女士小白鞋", "Court sneaker, women", _WHITE, "A", _HEEL, _WOMEN, _COAST),
    # Men's shoes.
    Style("OX-4105", "牛津鞋 三接头", "Oxford, cap toe", _BLACK, "A", _MEN, _MENS, _OUJIANG, in_small=True),
    Style("OX-4108", "布洛克雕花鞋", "Full brogue", _BROWN, "B", _MEN, _MENS, _OUJIANG),
    Style("DB-4203", "德比鞋 圆头", "Derby, round toe", _BLACK, "B", _MEN, _MENS, _OUJIANG),
    Style("LF-4311", "男士便士乐福", "Penny loafer, men", _BROWN, "B", _MEN, _MENS, _OUJIANG),
    Style("SN-6301", "男士跑鞋 透气网面", "Running shoe, mesh", _GREY, "A", _MEN, _MENS, _COAST, in_small=True),
    Style("SN-6305", "男士篮球鞋 高帮", "Basketball shoe, high-top", ("红黑", "red and black"), "B", _MEN, _MENS, _COAST),
    Style("SN-6308", "男士帆布板鞋", "Canvas skate shoe", _NAVY, "A", _MEN, _MENS, _COAST),
    Style("HK-7102", "徒步鞋 防水", "Hiking shoe, waterproof", ("军绿", "olive"), "B", _MEN, _MENS, _COAST),
    Style("WB-7205", "工装靴 防砸", "Work boot, steel toe", ("黄", "honey"), "C", _MEN, _MENS, _COAST),
    Style("SL-9001", "浴室拖鞋", "Shower slide", ("深蓝", "dark blue"), "C", _MEN, ("40-41", "42-43", "44-45"), _COAST),
    # Children's shoes.
    Style("KD-0311", "儿童运动鞋 魔术贴", "Children's sneaker, hook and loop", ("蓝", "blue"), "A", _KIDS, _CHILD, _COAST),
    Style("KD-0316", "儿童包头凉鞋", "Children's sandal, closed toe", ("粉", "rose"), "C", _KIDS, _CHILD, _COAST),
    Style("KD-0322", "儿童雪地靴 加绒", "Children's snow boot, lined", _GREY, "B", _KIDS, _CHILD, _COAST),
    Style("KD-0330", "学生皮鞋", "School shoe, leather", _BLACK, "B", _KIDS, _CHILD, _OUJIANG),
    # Clothes.
    Style("TS-1001", "圆领T恤", "Crew-neck T-shirt", _WHITE, "A", _TOP, _CLOTHES, _LINGNAN, in_small=True),
    Style("TS-1002", "圆领T恤", "Crew-neck T-shirt", _BLACK, "A", _TOP, _CLOTHES, _LINGNAN),
    Style("PL-1105", "珠地布 Polo 衫", "Piqué polo shirt", _NAVY, "B", _TOP, _CLOTHES, _LINGNAN),
    Style("HD-1203", "连帽卫衣", "Hoodie", _GREY, "A", _COAT, _CLOTHES, _LINGNAN),
    Style("SW-1210", "羊毛衫 V领", "Wool jumper, V-neck", ("驼色", "camel"), "C", _COAT, _CLOTHES, _LINGNAN),
    Style("JK-1302", "防风夹克", "Windbreaker", _BLACK, "B", _COAT, _CLOTHES, _LINGNAN),
    Style("DJ-1311", "轻薄羽绒服", "Light down jacket", ("酒红", "burgundy"), "B", _COAT, _CLOTHES, _LINGNAN),
    Style("TR-1401", "直筒休闲裤", "Chinos, straight", ("卡其", "khaki"), "B", _COAT, _CLOTHES, _LINGNAN),
    Style("JN-1405", "牛仔裤 直筒", "Jeans, straight", ("深蓝", "dark blue"), "A", _COAT, _CLOTHES, _LINGNAN),
    Style("SK-1501", "棉袜三双装", "Cotton socks, three pairs", _GREY, "A", _SOCKS, ("36-40", "41-45"), _LINGNAN, in_small=True),
    # Care, each with a date; the spray is flammable and lies apart.
    Style("CR-2001", "鞋油 75 毫升", "Shoe cream, 75 ml", _BLACK, "A", _CARE, _ONE, _KESSLER, Tracking.EXPIRY, 720, in_small=True),
    Style("CR-2002", "鞋油 75 毫升", "Shoe cream, 75 ml", _BROWN, "B", _CARE, _ONE, _KESSLER, Tracking.EXPIRY, 720),
    Style(
        "CR-2010",
        "防水喷雾 250 毫升",
        "Waterproof spray, 250 ml",
        _PLAIN,
        "A",
        _CARE,
        _ONE,
        _KESSLER,
        Tracking.EXPIRY,
        1080,
        "flammable",
        True,
    ),
    Style("CR-2015", "清洁泡沫 200 毫升", "Cleaning foam, 200 ml", _PLAIN, "B", _CARE, _ONE, _KESSLER, Tracking.EXPIRY, 540, in_small=True),
    Style("MX-9999", "促销混装小礼品", "Mixed giveaways", _PLAIN, "C", _MIXED, _ONE, _LINGNAN, Tracking.LOT, in_small=True),
)


@dataclass(frozen=True)
class Article:
    """One product of the demo with what the other stages need to know of it."""

    sku: str
    style: Style
    ean: str

    @property
    def family(self) -> Family:
        """How it is packed and kept."""
        return self.style.family


def articles(size: Size) -> list[Article]:
    """All products of this size of the demo, style by style. A product has the same barcode in both sizes."""
    return [article for number, style in enumerate(STYLES) if size is Size.FULL or style.in_small for article in _sizes_of(number, style)]


def _sizes_of(number: int, style: Style) -> Iterator[Article]:
    for place, size in enumerate(style.sizes):
        sku = f"{style.code}-{size}" if size else style.code
        yield Article(sku, style, gtin(f"{COMPANY}{1000 + 10 * number + place:05d}"))


def article(sku: str) -> Article:
    """The product with this code."""
    return next(one for one in articles(Size.FULL) if one.sku == sku)


def gtin(digits: str) -> str:
    """The digits with their check digit."""
    return digits + check_digit(digits)


def case_barcode(article: Article) -> str:
    """The GTIN-14 of a full case, printed as ITF-14: packaging level 1 before the product's own number."""
    return gtin("1" + article.ean[:-1])


def put_goods(goods: Sequence[Article]) -> list[Product]:
    """Puts the products in, with their case and both barcodes."""
    return [_put(one) for one in goods]


def _put(one: Article) -> Product:
    style, family = one.style, one.family
    size = one.sku.removeprefix(style.code).removeprefix("-")
    colour_zh, colour_en = style.colour
    zh = " ".join(part for part in (style.zh, size, colour_zh) if part)
    en = ", ".join(part for part in (style.en, f"{size} {colour_en}".strip()) if part)
    length, width, height = family.box_mm
    case_length, case_width, case_height = family.case_mm
    product, _ = put_product(
        one.sku,
        name=zh,
        name_zh=zh,
        name_en=en,
        base_unit=family.unit,
        tracking=style.tracking,
        shelf_life_days=style.shelf_life_days,
        weight_grams=family.weight_grams,
        length_mm=length,
        width_mm=width,
        height_mm=height,
        abc=style.abc,
        unit_value=family.unit_value,
        storage_class=style.storage_class,
        barcodes=[one.ean],
        packagings=[
            PackagingFacts(
                "case",
                family.case,
                barcode=case_barcode(one),
                weight_grams=family.case_grams,
                length_mm=case_length,
                width_mm=case_width,
                height_mm=case_height,
                ships_as_is=True,
            )
        ],
    )
    return product
