"""One call of every endpoint: what the documentation shows, in a sequence that a test runs from an empty house to a closed order.

What stands between the calls, and no machine does, is done by people on the floor: goods are picked, packed, loaded and counted by scan.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True)
class Sample:
    """One call, and what it does in Chinese (the English stands with the endpoint)."""

    zh: str
    path: Mapping[str, Any] = field(default_factory=dict)
    query: Mapping[str, Any] = field(default_factory=dict)
    body: Any = None


_SKU, _PLACE, _CUSTOMER, _ORDER, _INBOUND = {"sku": "TEA-01"}, {"code": "Z-01-1"}, {"code": "C-100"}, {"number": "SO-1"}, {"number": "PO-1"}
_ARRIVAL, _VEHICLE, _ROUTE = {"number": "AR-1"}, {"code": "V-01"}, {"code": "WEST"}
_LOAD, _COUNT, _HOOK, _RETURN = {"number": "L-10001"}, {"number": "C-10001"}, {"number": 1}, {"number": "R-10001"}
_TRUCK = {"carrier": "SWIFT", "door": "DOOR-1", "plate": "豫A·8F213", "driver": "李师傅", "orders": ["SO-1"]}
_JOB = {"number": 1}
_PALLETS = ("340123450000000017", "340123450000000024", "340123450000000031")

SAMPLES: dict[str, Sample] = {
    "catalog_put_product": Sample(
        "新建商品，或整体替换已有商品。",
        _SKU,
        body={
            "name": "Green tea",
            "names": {"zh_CN": "信阳毛尖", "en": "Green tea"},
            "base_unit": "tin",
            "tracking": "lot",
            "weight_grams": 250,
            "barcodes": ["6901234567892"],
            "packagings": [{"unit": "case", "quantity": 12, "barcode": "16901234567899"}],
        },
    ),
    "catalog_get_product": Sample("查询一个商品。", _SKU),
    "locations_put_location": Sample(
        "新建库位，或整体替换已有库位。",
        _PLACE,
        body={
            "kind": "storage",
            "zone": "Z",
            "aisle": "Z",
            "x_mm": 1200,
            "y_mm": 3000,
            "max_weight_grams": 800_000,
            "equipment": "reach truck",
        },
    ),
    "locations_get_location": Sample("查询一个库位。", _PLACE),
    "floor_put_floor_plan": Sample(
        "新建或替换仓库（或库区）的场地平面图：横向通道、单行及封闭巷道、行走起点。",
        body={"cross_aisles_mm": [1000, 9000], "closed": {"Z": "high"}, "start": "Z-01-1"},
    ),
    "floor_get_floor_plan": Sample("查询仓库（或库区）的场地平面图；未设置时按库位坐标推算，返回 404。"),
    "floor_get_floor_plans": Sample("仓库及各库区的场地平面图列表。"),
    "floor_delete_floor_plan": Sample("删除仓库（或库区）的场地平面图，恢复按库位坐标推算。"),
    "catalog_put_partner": Sample(
        "新建往来单位（客户、供应商、承运商），或整体替换。",
        _CUSTOMER,
        body={
            "kind": "customer",
            "name": "洛阳百货大楼",
            "address": {"name": "李雷", "phone": "13900000000", "street": "中州中路 287 号", "city": "洛阳", "country": "CN"},
            "credit_limit": 5_000_000,
        },
    ),
    "catalog_set_partner_terms": Sample(
        "财务设定客户的信誉额度、信誉天数与冻结；其订单立即重新检查。",
        _CUSTOMER,
        body={"credit_limit": 8_000_000, "credit_days": 45},
    ),
    "catalog_get_partner": Sample("查询一个往来单位。", _CUSTOMER),
    "cartons_put_carton_type": Sample(
        "新建箱型，或整体替换。",
        {"code": "M"},
        body={"name": "中号纸箱", "length_mm": 390, "width_mm": 290, "height_mm": 190, "tare_grams": 420, "most_grams": 15_000},
    ),
    "cartons_get_carton_type": Sample("查询一个箱型。", {"code": "M"}),
    "cartons_get_carton_types": Sample("箱型列表，按建立先后。"),
    "plates_issue": Sample("为空的货物单元发放新的 SSCC，例如预先打印的月台标签。", body={"kind": "pallet", "count": 3}),
    "plates_one": Sample("查询一个货物单元：位置、内容及其上的单元。", {"sscc": _PALLETS[0]}),
    "plates_split": Sample(
        "从货物单元取下部分可用货物，放到另一单元。", {"sscc": _PALLETS[0]}, body={"sku": "TEA-01", "quantity": 4, "onto": _PALLETS[1]}
    ),
    "plates_merge": Sample("将一个货物单元的全部内容并入旁边的另一单元。", {"sscc": _PALLETS[1]}, body={"into": _PALLETS[0]}),
    "plates_nest": Sample("将货物单元放到另一单元上；onto 为空则取下。", {"sscc": _PALLETS[2]}, body={"onto": _PALLETS[0]}),
    "plates_move": Sample("整托移动货物单元及其上全部货物；待上架的即为上架。", {"sscc": _PALLETS[0]}, body={"location": "Z-01-2"}),
    "orders_post_inbound_order": Sample(
        "录入到货通知。",
        body={"number": "PO-1", "kind": "purchase", "partner": "FARM", "lines": [{"sku": "TEA-01", "quantity": 4, "unit": "case"}]},
    ),
    "orders_get_inbound_orders": Sample("到货通知列表，按录入先后。", query={"status": "announced"}),
    "orders_get_inbound_order": Sample("查询一张到货通知。", _INBOUND),
    "inspections_get_inspections": Sample("检验单列表，先建的在前。", query={"status": "open"}),
    "inspections_get_inspection": Sample("查询一张检验单。", {"number": "Q-10001"}),
    "inspections_post_inspection_result": Sample(
        "录入检验结果，可分批：合格的立即可承诺，不合格的送不合格品区，并列入差异清单。",
        {"number": "Q-10001"},
        body={"accepted": 46, "rejected": 2, "defects": [{"reason": "dirty", "quantity": 2}], "note": "两罐受潮 two tins are damp"},
    ),
    "differences_get_differences": Sample("差异列表，先登记的在前。", query={"status": "open", "kind": "rejected"}),
    "differences_get_difference": Sample("查询一条差异。", {"number": "D-10001"}),
    "differences_settle_difference": Sample(
        "处理差异，随之处理收下的货物。",
        {"number": "D-10001"},
        body={"outcome": "sent_back", "text": "供应商同意退回 the farm takes them back"},
    ),
    "orders_arrive_inbound_order": Sample("车辆已到月台；首次收货后开始收货。", _INBOUND, body={}),
    "orders_check_in_inbound_order": Sample("选择收货方式：按通知核收、盲收或按箱托整收。", _INBOUND, body={"check_in": "announced"}),
    "orders_close_inbound_order": Sample(
        "不再有货到；差异保留在明细上。", _INBOUND, body={"reason": "供应商取消 cancelled by the supplier"}
    ),
    "receiving_post_arrival": Sample(
        "登记到货车辆；写明月台和时间即完成预约，时段已被占用时返回 slot_taken。",
        body={"number": "AR-1", "orders": ["PO-2"], "plate": "豫A·8F213", "driver": "李师傅", "phone": "13900000000"},
    ),
    "receiving_put_arrival": Sample(
        "新建到货登记，或整体替换；车辆到场后不能再改预约时间。",
        _ARRIVAL,
        body={"orders": ["PO-2"], "plate": "豫A·8F213", "dock": "DOCK-1"},
    ),
    "receiving_get_arrivals": Sample("到货车辆列表，按登记先后。", query={"status": "planned"}),
    "receiving_get_slots": Sample("某日各月台的时段及占用情况。", query={"day": "2026-11-30"}),
    "receiving_get_arrival": Sample("查询一次到货，可用单号或在场、待到车辆的车牌。", _ARRIVAL),
    "receiving_arrive_arrival": Sample("车辆已到，其到货通知变为 arriving。", _ARRIVAL, body={"dock": "DOCK-1"}),
    "receiving_unload_arrival": Sample("开始卸货；首次收货也会自动登记。", _ARRIVAL, body={}),
    "receiving_finish_arrival": Sample(
        "卸货完毕；short 列出缺货的单据，orders 用于答复：约定余货到期日，或不再来货（关闭并记差异）。",
        _ARRIVAL,
        body={"orders": [{"number": "PO-2", "reason": "供应商缺货 out of stock"}]},
    ),
    "receiving_leave_arrival": Sample("车辆已离场，剩余预约时段释放。", _ARRIVAL, body={}),
    "receiving_cancel_arrival": Sample("车辆不来了，释放预约；其单据仍待到货。", {"number": "AR-2"}, body={"reason": "改期 another day"}),
    "stock_adjust": Sample(
        "调整账面库存；期初库存亦由此录入，并保留真实库龄。",
        body={
            "sku": "TEA-01",
            "location": "Z-01-1",
            "quantity": 60,
            "lot": "L-2611",
            "received_on": "2026-10-01",
            "reason": "期初 opening stock",
        },
    ),
    "stock_listing": Sample("有货的库存行。", query={"sku": "TEA-01"}),
    "availability_availability_of": Sample(
        "一个商品现在及今后可承诺的数量；给出 quantity 时，答复何时可发及原因。", query={"sku": "TEA-01", "quantity": 12}
    ),
    "stock_move": Sample(
        "移动可用库存；超出来源可用量时拒绝（not_enough）。",
        body={"sku": "TEA-01", "quantity": 1, "unit": "case", "source": "Z-01-1", "target": "Z-01-2", "reason": "整理 tidying"},
    ),
    "stock_movements": Sample("库存流水，先发生的在前。", query={"sku": "TEA-01", "limit": 50}),
    "orders_post_order": Sample(
        "接收订单；放行之前不占用库存。",
        body={
            "number": "SO-1",
            "source": "shop",
            "customer": "C-100",
            "kind": "ship_first",
            "lines": [{"line": "1", "sku": "TEA-01", "quantity": 6}],
            "services": [{"code": "gift_wrap", "line": "1", "text": "红纸包装 red paper"}],
        },
    ),
    "orders_get_order": Sample("查询一张订单。", _ORDER),
    "orders_get_orders": Sample(
        "订单列表，按接单先后；updated_since 只列此后有变化的。", query={"status": "received", "customer": "C-100"}
    ),
    "sales_post_link": Sample(
        "为一张订单生成客户查询链接：带签名、有期限、可撤销；客户无需登录，只看到本单的货物与包裹。",
        _ORDER,
        body={"days": 30, "language": "zh_CN"},
    ),
    "sales_get_links": Sample("一张订单的客户查询链接，含已过期和已撤销的。", _ORDER),
    "sales_revoke_link": Sample("撤销一个客户查询链接；重复撤销无影响。", {"number": "SO-1", "link": 1}),
    "watching_watch_order": Sample("关注一张订单：放行、暂挂、打包、发货、签收、逾期、缺货、取消时通知调用者。", _ORDER),
    "watching_let_go_of_order": Sample("取消关注一张订单。", _ORDER),
    "watching_watch_customer": Sample("关注一个客户的所有订单，含以后的订单。", _CUSTOMER),
    "watching_let_go_of_customer": Sample("取消关注一个客户。", _CUSTOMER),
    "watching_get_notices": Sample("调用者的通知，由旧到新。", query={"new": "true"}),
    "watching_post_seen": Sample("到此为止的通知已读。", body={"up_to": 1}),
    "orders_change_order": Sample(
        "修改订单，未提供的字段保持不变；放行后至出门前，明细只能减少或删除，已拣货物派回库任务。",
        _ORDER,
        body={"priority": 9, "lines": [{"line": "1", "sku": "TEA-01", "quantity": 8}]},
    ),
    "order_desk_copy_order": Sample("复制订单为一张新订单，尚未作业。", _ORDER, body={"number": "SO-1A"}),
    "order_desk_split_order": Sample(
        "把未放行订单的一部分拆为新订单，返回新订单。",
        {"number": "SO-1A"},
        body={"number": "SO-1B", "lines": [{"line": "1", "quantity": 2}]},
    ),
    "order_desk_merge_orders": Sample("把同一客户、同一地址的未放行订单合并为一张。", body={"orders": ["SO-1A", "SO-1B"]}),
    "order_desk_act_on_orders": Sample(
        "批量处理：放行、审批、暂挂、取消、调整优先级或承诺时间；逐单处理，未完成的说明原因。",
        body={"step": "priority", "filter": {"status": "received"}, "priority": 7},
    ),
    "order_desk_get_exceptions": Sample("异常订单：暂挂、逾期、缺货、欠货，各有原因、处理人和时长。", query={"owner": "sales"}),
    "orders_preview_order_change": Sample(
        "预览修改对现场的影响：重新打开哪些箱、哪些货物回库；不作任何修改。",
        _ORDER,
        body={"lines": [{"line": "1", "sku": "TEA-01", "quantity": 8}]},
    ),
    "orders_hold_order": Sample("人工暂挂，直到有权限的人审批。", _ORDER, body={"reason": "客户确认中 the customer confirms"}),
    "orders_approve_order": Sample(
        "解除调用者有权解除的暂挂，留有记录；放行须另行调用 release。", _ORDER, body={"reason": "已确认 confirmed"}
    ),
    "orders_release_order": Sample("放行，交仓库作业；未通过时返回 held，原因见 holds。", _ORDER, body={}),
    "release_put_cart": Sample(
        "新建拣货车类型，或整体替换；已排的拣货单不变。",
        {"code": "C-12"},
        body={"positions": 12, "tote_weight_grams": 15_000},
    ),
    "release_get_carts": Sample("拣货车类型列表。"),
    "release_delete_cart": Sample("删除未使用过的拣货车类型；已用于排单时返回 cart_in_use。", {"code": "C-12"}),
    "release_put_handover": Sample("设置库区接力的交接点；已排的拣货单不变。", {"zone": "Z"}, body={"location": "PACK-1"}),
    "release_get_handovers": Sample("各库区的接力交接点；未设置的库区在打包台交接。"),
    "release_delete_handover": Sample("取消库区的交接点，改回打包台交接。", {"zone": "Z"}),
    "release_put_stream": Sample("设置、启动或停止连续下发。", body={"running": False, "most_orders": 8, "most_lists": 20}),
    "replenishment_get_replenishments": Sample("需补货的拣货位：原因、建议、进行中的任务及无法补货的原因。"),
    "slotting_get_slotting_advice": Sample(
        "储位优化建议：按最近几周的拣货行走，哪些商品应更换拣货位、每周可少走多少米。", query={"weeks": 8, "seconds": 1}
    ),
    "slotting_accept_slotting": Sample(
        "采纳储位优化建议：互换或更换拣货位的商品，并生成搬运任务；全部成功或全部不变。",
        body={"steps": [{"sku": "TEA-01", "source": "Z-01-3", "target": "Z-01-4"}]},
    ),
    "replenishment_raise_replenishments": Sample("立即生成补货任务；可指定一个拣货位。", body={"top_off": False}),
    "release_get_stream": Sample("连续下发的设置、下一批订单、等待的订单及原因，以及将迟到的订单。"),
    "picking_simulate": Sample(
        "试排波次，不入账：拣货单、步行米数、分钟数、缺货及未纳入的订单。",
        body={"due_before": "2099-01-01T17:00:00Z", "method": "cluster", "orders_per_list": 8, "seconds": 0},
    ),
    "picking_get_policy": Sample("查询仓库在同批龄货物中的取货库位设置。"),
    "picking_put_policy": Sample(
        "设置仓库的取货库位设置；age_window_days 为视为同批龄的天数。", body={"bin_choice": "face_first", "age_window_days": 0}
    ),
    "picking_plan": Sample("为已放行的订单排波次：选货、分配到拣货单、按行走路线排序。", body={"orders": ["SO-1"], "method": "single"}),
    "picking_one": Sample("查询拣货单及已拣内容。", {"number": "P-10001"}),
    "putaway_get_rules": Sample("查询仓库的上架规则，按询问顺序。"),
    "putaway_put_rules": Sample(
        "整体替换上架规则；version 为读到的版本。",
        body={"version": 0, "rules": [{"method": "pick_face"}, {"method": "same_batch"}, {"method": "empty", "abc": "C", "zones": ["Z"]}]},
    ),
    "putaway_ask": Sample("试算货物会放到哪里，以及各规则的结果；不占用库位。", body={"sku": "TEA-01", "quantity": 24}),
    "inspection_rules_post_inspection_rule": Sample(
        "在检验规则末尾新增一条。", body={"sku": "TEA-01", "inspects": False, "kind": "transfer", "note": "内部调拨免检"}
    ),
    "inspection_rules_get_inspection_rules": Sample("检验规则列表，按判定顺序。"),
    "inspection_rules_put_inspection_rule": Sample(
        "整体修改一条检验规则；顺序和计数不变。",
        {"number": 1},
        body={"sku": "TEA-01", "kind": "transfer", "every": 5, "sampling": "percent", "sample": 10},
    ),
    "inspection_rules_delete_inspection_rule": Sample("删除一条检验规则及其计数。", {"number": 1}),
    "tasks_get_tasks": Sample("任务列表，按派发先后。", query={"kind": "pick", "status": "open"}),
    "tasks_assign_task": Sample("把任务指派给某人（不论现由谁持有），或重新开放给所有人。", {"number": 4}, body={"person": "LIMEI"}),
    "tasks_assign_tasks": Sample("把多项任务一次指派给某人；不能指派的保持不变并说明原因。", body={"tasks": [4], "person": "LIMEI"}),
    "tasks_prioritise_task": Sample("修改任务优先级；排队位置随之调整。", {"number": 4}, body={"priority": 7}),
    "tasks_get_workers": Sample("现场作业人员，最近扫描者在前。"),
    "tasks_put_worker": Sample("设定某人使用的设备和作业库区。", {"code": "LIMEI"}, body={"equipment": ["reach truck"], "zones": ["Z"]}),
    "scan_show": Sample("某作业流程的当前屏幕。", {"flow": "pick"}),
    "scan_take": Sample("以一次扫描回答当前屏幕。", {"flow": "pick"}, body={"scan": "P-10001", "version": 0, "key": "6f1c"}),
    "fleet_put_vehicle": Sample(
        "新建车辆，或整体替换：车牌、承运商、司机、载重、容积、托盘位、温区。",
        _VEHICLE,
        body={
            "name": "9.6 米厢式货车",
            "plate": "豫A·8F213",
            "carrier": "SWIFT",
            "driver": "李师傅",
            "max_weight_grams": 10_000_000,
            "max_volume_cm3": 52_000_000,
            "pallet_places": 18,
        },
    ),
    "fleet_get_vehicle": Sample("查询一辆车。", _VEHICLE),
    "fleet_get_vehicles": Sample("全部车辆，按编码排列。"),
    "fleet_put_route": Sample(
        "新建线路，或整体替换：配送区域按送货先后排列，可设截单时间。",
        _ROUTE,
        body={
            "name": "豫西线",
            "areas": [{"city": "洛阳"}, {"region": "河南", "postcode": "4720"}],
            "carrier": "SWIFT",
            "cut_off": "16:00",
        },
    ),
    "fleet_get_route": Sample("查询一条线路。", _ROUTE),
    "fleet_get_routes": Sample("全部线路，按编码排列。"),
    "orders_confirm_service": Sample("确认订单的一项增值加工已完成；打包时会逐项询问。", {"number": "SO-1", "position": 1}),
    "benches_put_bench": Sample("设置打包台的电子秤。", {"location": "PACK-1"}, body={"scale": "tcp://192.168.1.40:4305"}),
    "benches_get_benches": Sample("打包台及其电子秤列表。"),
    "benches_put_check_rule": Sample(
        "设置打包台对某商品（product）或某客户（customer）的复核方式；两者从严。",
        {"about": "customer", "code": "C-100"},
        body={"policy": "sample", "every_orders": 10, "pieces": 3},
    ),
    "benches_get_check_rules": Sample("复核规则列表；未列出的一律逐件复核。"),
    "benches_delete_check_rule": Sample("删除复核规则，恢复逐件复核。", {"about": "customer", "code": "C-100"}),
    "shipping_plan": Sample("为已拣货或已打包的订单排装车单。", body=_TRUCK),
    "shipping_replace": Sample("替换尚未出门的装车单：车辆、装载内容及送货顺序。", _LOAD, body={**_TRUCK, "plate": "豫A·77K05"}),
    "shipping_listing": Sample("装车单列表，先排的在前。", query={"status": "planned"}),
    "shipping_one_load": Sample("查询装车单及其货物单元，按装车顺序：最后送的最先列出。", _LOAD),
    "shipping_hand_over": Sample("换由其他司机配送，出门后亦可；由其登记尚未签收的货物。", _LOAD, body={"driver_code": None}),
    "shipping_close": Sample("关闭装车单并签发出门证；缺件时须主管填写原因。", _LOAD, body={"seal": "SEAL-77"}),
    "shipping_reopen": Sample("未出门前重新打开已封车的装车单，原出门证作废。", _LOAD, body={"reason": "加装一单 one more order"}),
    "shipping_turn_back": Sample(
        "已出门的车辆折返：货物以反向移动记回车上，出门证作废；已签收、已关闭或已退货的不可折返。",
        _LOAD,
        body={"reason": "途中事故 accident"},
    ),
    "benches_put_account": Sample(
        "设置承运商的运单号预约方式：打包后由后台自动取号，每件一次。",
        {"code": "SWIFT"},
        body={"method": "own_range", "service": "EC", "country": "CN", "first": 1, "last": 99999},
    ),
    "benches_get_account": Sample("查询承运商的运单号预约方式及待取号的包裹。", {"code": "SWIFT"}),
    "benches_delete_account": Sample("取消自动取号，改为手工录入运单号。", {"code": "SWIFT"}),
    "benches_put_tracking": Sample("登记运单号：按箱号、发货单号或订单号。", {"of": "SO-1"}, body={"tracking": "EC000000014CN"}),
    "shipping_one_shipment": Sample("查询发货单、包裹及其内容。", {"number": "S-10001"}),
    "orders_sign_off_order": Sample(
        "登记客户签收；拒收和残损自动生成退货通知，短少转差异。",
        _ORDER,
        body={
            "signed_by": "李雷",
            "lines": [{"line": "1", "delivered": 7, "damaged": 1, "reason": "wet"}],
            "signature": "M60 120L90 40L120 120M70 90L112 90M150 60L150 120L200 118",
        },
    ),
    "signing_signed_copy": Sample("客户签收联已收回（或更正为未收回）。", {"number": "S-10001"}, body={"received": True}),
    "signing_get_deliveries": Sample(
        "出门后、过账前的订单：未签收、有差异、未结算、待退款、可过账、已关闭。", query={"state": "differences"}
    ),
    "signing_accept_differences": Sample(
        "财务认可未处理的签收差异，之后可以关闭订单；应退货物仍可退回。", _ORDER, body={"reason": "残损已扣款 the damage is credited"}
    ),
    "orders_pay_back_order": Sample("财务已退款。", {"number": "SO-7"}, body={"reason": "少发部分已退款 paid back"}),
    "orders_settle_order": Sample("财务已结算。", _ORDER, body={"reason": "货款两清 paid in full"}),
    "orders_close_order": Sample("财务关闭已签收且已结算的订单；签收差异未处理完时须填写原因。", _ORDER, body={}),
    "signing_close_deliveries": Sample("财务成批关闭订单；不能关闭的逐一说明原因。", body={"orders": ["SO-1"]}),
    "returns_post_return": Sample(
        "登记退货：按订单、寄售位或无单；整单成功或整单失败。",
        body={
            "order": "SO-1",
            "reason": "尺寸不符 wrong size",
            "finish": False,
            "lines": [
                {"sku": "TEA-01", "quantity": 1, "lot": "L-2611", "found": "opened", "disposition": "hold", "reason": "已拆封 opened"}
            ],
        },
    ),
    "returns_get_returns": Sample("退货单列表，先登记的在前。", query={"status": "open", "order": "SO-1"}),
    "returns_get_return": Sample("查询一张退货单；待销售确认时列出可能的订单。", _RETURN),
    "returns_undo_return_line": Sample("货物仍在原位时撤销一行。", {**_RETURN, "line": 1}, body={}),
    "returns_close_return": Sample("本单退货已收完。", _RETURN, body={}),
    "returns_link_return": Sample(
        "无单退货归属某订单：按发出时的批次重新记账，订单数量随之更新。",
        {"number": "R-10002"},
        body={"order": "SO-1", "reason": "客户来电确认 the customer called"},
    ),
    "returns_decide_return": Sample(
        "无单退货不属于任何订单：收为自有库存、退回寄件人或报废。",
        {"number": "R-10003"},
        body={"decision": "send_back", "reason": "非我方商品 not sold by us"},
    ),
    "returns_carry_out_line": Sample("销售不要的货物已离库：退回寄件人或报废。", {"number": "R-10003", "line": 1}, body={}),
    "picking_deallocate": Sample(
        "取消订单（或其中一行）在货架上的分配，预占保留；已开始拣货时拒绝（picking_begun）。",
        {"number": "SO-4"},
        body={"line": "1", "reason": "批次待查 the lot is looked into"},
    ),
    "picking_reallocate": Sample(
        "按当前情况为订单重新分配并排单；无货可排时保持原状。", {"number": "SO-4"}, body={"reason": "货物已移位 goods were moved"}
    ),
    "picking_reallocate_wave": Sample("为波次中尚未开始拣货的订单按原方式重新排单。", {"number": "W-10004"}, body={}),
    "picking_deallocate_wave": Sample("取消波次中尚未开始拣货的分配；已开始的拣货单列于 left。", {"number": "W-10005"}, body={}),
    "orders_cancel_order": Sample(
        "在车辆出门前拦截并取消订单；已拣货物派任务回库。", {"number": "SO-2"}, body={"reason": "客户取消 the customer cancels"}
    ),
    "paper_templates_get_templates": Sample("各类单据，及其模板的修改时间。"),
    "paper_templates_put_template": Sample(
        "修改某类单据的文字、列、签字栏和标志；自下一张起生效，已定稿的保持原样。空对象恢复默认。",
        {"kind": "delivery-note"},
        body={
            "foot": {"zh_CN": "破损请拍照后 24 小时内告知。", "en": "Tell us of damage within 24 hours, with a photo."},
            "columns": ["no", "product", "quantity", "unit"],
            "signatures": [{"zh_CN": "发货人", "en": "Issued by"}, {"zh_CN": "收货人（盖章）", "en": "Received by (stamp)"}],
        },
    ),
    "paper_templates_get_template": Sample("某类单据的模板，及可选的列。", {"kind": "delivery-note"}),
    "stocktake_open_count": Sample("新建盘点；每个库位一项任务。", body={"locations": ["Z-01-2"], "blind": True, "tolerance": 0}),
    "stocktake_listing": Sample("盘点列表，先建的在前。"),
    "stocktake_one": Sample("查询盘点单及明细。", _COUNT),
    "stocktake_approve": Sample("过账差异；盘点人不能自批，且须先由他人复盘。", _COUNT, body={"reason": "散落 fell behind the rack"}),
    "stocktake_refuse": Sample("结束盘点，账面不变。", {"number": "C-10002"}, body={"reason": "另择日期 another day"}),
    "counting_post_count_plan": Sample(
        "按条件新建盘点（库区、巷道、商品、货主、金额、未盘天数），可抽样，可冻结库区；已在未完成盘点中的库位跳过。",
        body={"scope": {"zone": "Z"}, "sample": {"confidence_percent": 95, "error_permille": 50}, "reason": "月度抽盘 monthly sample"},
    ),
    "counting_get_count_plan": Sample("查询盘点计划及各库区进度。", {"number": "C-10003"}),
    "counting_freeze_zone": Sample(
        "冻结或解除盘点计划的库区：冻结期间不开始新的拣货与上架。", {"number": "C-10003"}, body={"zone": "Z", "frozen": True}
    ),
    "counting_make_count_sheets": Sample("按行走顺序为待盘库位生成纸质盘点表，不跨库区；一次最多 100 张。", {"number": "C-10003"}, body={}),
    "counting_get_count_sheet": Sample("查询一张盘点表及其各行（不含账面数）。", {"number": "C-10003-001"}),
    "counting_key_in_count_sheet": Sample(
        "录入盘点表，以实际盘点人的名义入账；可要求两人录入一致。",
        {"number": "C-10003-001"},
        body={"counted_by": "LIMEI-C", "lines": [{"line": 1, "quantity": 0}]},
    ),
    "counting_post_count_programme": Sample(
        "新建盘点方案：每个工作日自动生成当日盘点单，周期末全部盘完。",
        body={"name": "A 类 30 天 Class A, 30 days", "scope": {"class": "A"}, "every_days": 30},
    ),
    "counting_get_count_programmes": Sample("盘点方案列表及本周期进度。"),
    "counting_put_count_programme": Sample(
        "替换盘点方案的内容。", {"number": 1}, body={"name": "A 类 14 天 Class A, 14 days", "scope": {"class": "A"}, "every_days": 14}
    ),
    "counting_compute_classes": Sample("按出库流水重新计算 ABC 分类；每晚自动计算。", body={}),
    "counting_accept_classes": Sample("采纳建议的 ABC 分类。", body={}),
    "counting_get_count_results": Sample("盘点结果：按库区、库位、商品、分类、单价、盘点人、日或月汇总。", query={"by": "product"}),
    "counting_get_count_finds": Sample("盘点时发现的不明货物，先发现的在前。", query={"waiting": "true"}),
    "counting_explain_count_find": Sample(
        "说明不明货物：是某商品则在原处盘点入账；否则写明去向。",
        {"number": 1},
        body={"outcome": "foreign", "note": "货架商样品，已归还 the rack maker's sample"},
    ),
    "counting_get_count_evidence": Sample("盘点过账的每条流水及其前后账面数。", _COUNT),
    "printing_put_printer": Sample(
        "新建或替换打印机；仅管理员可设置地址。",
        {"code": "Z1"},
        body={"name": "月台标签机 Dock labels", "kind": "zpl", "host": "192.168.1.40", "port": 9100, "takes": "labels"},
    ),
    "printing_get_printer": Sample("查询一台打印机及其故障。", {"code": "Z1"}),
    "printing_get_printers": Sample("打印机列表，先录入的在前。", query={"takes": "labels"}),
    "printing_put_station": Sample(
        "设置台位旁的打印机；needs_printer 表示没有可用的标签打印机就不能在此作业。",
        {"location": "DOOR-1"},
        body={"label_printer": "Z1", "needs_printer": True},
    ),
    "printing_get_station": Sample("查询台位的打印机及能否作业。", {"location": "DOOR-1"}),
    "printing_post_print_job": Sample(
        "打印一张标签或单据：指定打印机，或指定台位。", body={"kind": "location", "number": "Z-01-1", "station": "DOOR-1", "copies": 2}
    ),
    "printing_get_print_jobs": Sample("打印任务列表，先提交的在前。", query={"status": "queued"}),
    "printing_get_print_job": Sample("查询一个打印任务。", _JOB),
    "printing_cancel_print_job": Sample("取消打印。", _JOB),
    "printing_retry_print_job": Sample("重新打印，或立即重试。", _JOB),
    "printing_move_print_job": Sample("改到另一台打印机打印。", _JOB, body={"printer": "Z1"}),
    "printing_confirm_print_job": Sample("待确认的任务其实已打印出来。", _JOB),
    "printing_get_paper": Sample(
        "查询一张单据：是否已定稿，以及每次打印的时间、打印人和原因。", {"kind": "goods-received-note", "number": "PO-1"}
    ),
    "carton_advice_get_carton_advice": Sample("一张订单的装箱建议：用哪些箱型、每箱装什么、逐层怎么放。", _ORDER),
    "bulk_bulk_products": Sample(
        "成批新建或替换商品；与现有内容相同的不写入。逐条返回结果，可选全部成功或全部不变。",
        body={"items": [{"sku": "TEA-02", "name": "Red tea"}, {"sku": "TEA-03", "name": "White tea", "base_unit": "tin"}]},
    ),
    "bulk_bulk_partners": Sample("成批新建或替换往来单位。", body={"items": [{"code": "C-200", "kind": "customer", "name": "郑州商场"}]}),
    "bulk_bulk_locations": Sample(
        "成批新建或替换库位。", body={"all_or_nothing": True, "items": [{"code": "Z-02-1", "kind": "storage", "zone": "Z"}]}
    ),
    "bulk_bulk_orders": Sample(
        "成批录入订单；同一来源以相同内容再次发送的不写入。逐条返回结果，可选全部成功或全部不变。",
        body={
            "items": [
                {"number": "SO-21", "source": "shop", "customer": "C-100", "lines": [{"sku": "TEA-01", "quantity": 2}]},
                {"number": "SO-22", "source": "shop", "customer": "C-200", "lines": [{"sku": "TEA-01", "quantity": 1, "unit": "case"}]},
            ]
        },
    ),
    "integrations_post_webhook": Sample(
        "订阅：此后向该地址推送事件；密钥只在此次返回。",
        body={"url": "https://shop.example/hooks", "events": ["order.shipped", "order.held"]},
    ),
    "integrations_get_webhooks": Sample("订阅列表。"),
    "integrations_get_webhook": Sample("查询一个订阅。", _HOOK),
    "integrations_get_deliveries": Sample("一个订阅的推送记录，先发的在前。", _HOOK),
    "integrations_put_webhook": Sample(
        "修改推送地址或事件，停用，或在失败停用后重新启用；等待中的消息随即发送。",
        _HOOK,
        body={"url": "https://shop.example/hooks", "events": ["order.*"], "active": True},
    ),
    "integrations_rotate_webhook": Sample("更换密钥；新密钥只在此次返回，24 小时内新旧密钥同时签名。", _HOOK, body={}),
    "integrations_resend_given_up": Sample("重新推送所有已放弃的消息，按原有顺序。", _HOOK, body={}),
    "integrations_resend_delivery": Sample("重新推送一条消息。", {"number": 1, "delivery": 1}, body={}),
    "integrations_delete_webhook": Sample("取消订阅。", _HOOK),
    "building_propose": Sample(
        "试排：把待排车订单按线路、到期日、优先级和大小分配到车辆；不生成装车单。",
        body={"vehicles": ["V-01"], "due_before": "2030-01-01T00:00:00Z"},
    ),
    "building_build": Sample(
        "按试排结果（可修改）一次生成多张装车单：全部生成或全部不生成。",
        body={"door": "DOOR-1", "loads": [{"vehicle": "V-01", "stops": [{"name": "洛阳", "orders": ["SO-5"]}]}]},
    ),
}
FIRST_STEPS = (
    "catalog_put_product",
    "locations_put_location",
    "stock_adjust",
    "catalog_put_partner",
    "orders_post_order",
    "orders_release_order",
)
"""What somebody new tries first: a product, a place, goods there, a customer, an order, and the warehouse begins."""
