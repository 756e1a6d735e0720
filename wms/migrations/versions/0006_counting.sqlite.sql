-- Written by `make migration`: from 0005 to 0006.
DROP TRIGGER handling_units_follow;

DROP TRIGGER handling_units_nested_changed;

DROP TRIGGER handling_units_nested_new;

DROP TRIGGER kept_papers_not_deleted;

DROP TRIGGER kept_papers_not_updated;

DROP TRIGGER movements_not_deleted;

DROP TRIGGER movements_not_updated;

DROP TRIGGER paper_prints_not_deleted;

DROP TRIGGER paper_prints_not_updated;

DROP TRIGGER stock_emptied;

CREATE TABLE allowances (
    person_id BIGINT NOT NULL,
    spent_until BIGINT NOT NULL,
    CONSTRAINT pk_allowances PRIMARY KEY (person_id),
    CONSTRAINT fk_allowances_person_id FOREIGN KEY(person_id) REFERENCES people (id)
);

CREATE TABLE new_carrier_accounts (
    partner_id INTEGER NOT NULL,
    method VARCHAR(20) NOT NULL,
    settings JSON NOT NULL,
    given_before INTEGER DEFAULT '0' NOT NULL,
    updated_at DATETIME NOT NULL,
    CONSTRAINT pk_carrier_accounts PRIMARY KEY (partner_id),
    CONSTRAINT ck_carrier_accounts_given_not_negative CHECK (given_before >= 0),
    CONSTRAINT fk_carrier_accounts_partner_id FOREIGN KEY(partner_id) REFERENCES partners (id)
);

INSERT INTO new_carrier_accounts (partner_id, method, settings, given_before, updated_at)
SELECT partner_id, method, settings, 0, updated_at
FROM carrier_accounts;

DROP TABLE carrier_accounts;

ALTER TABLE new_carrier_accounts RENAME TO carrier_accounts;

CREATE TABLE count_classes (
    id INTEGER NOT NULL,
    site_id INTEGER NOT NULL,
    abc VARCHAR(1) NOT NULL,
    tolerance_units INTEGER,
    tolerance_percent INTEGER,
    tolerance_value INTEGER,
    CONSTRAINT pk_count_classes PRIMARY KEY (id),
    CONSTRAINT uq_count_classes_site_id_abc UNIQUE (site_id, abc),
    CONSTRAINT ck_count_classes_tolerances_not_negative CHECK (tolerance_units >= 0 AND tolerance_percent >= 0 AND tolerance_value >= 0),
    CONSTRAINT fk_count_classes_site_id FOREIGN KEY(site_id) REFERENCES sites (id)
);

CREATE TABLE count_doubts (
    id INTEGER NOT NULL,
    entry_id INTEGER NOT NULL,
    movement_id INTEGER,
    task_id INTEGER,
    delta INTEGER NOT NULL,
    seen BOOLEAN,
    ended_at DATETIME,
    CONSTRAINT pk_count_doubts PRIMARY KEY (id),
    CONSTRAINT ck_count_doubts_movement_or_work CHECK ((movement_id IS NULL) <> (task_id IS NULL)),
    CONSTRAINT ck_count_doubts_delta_whole CHECK (typeof(delta) IN ('integer', 'null')),
    CONSTRAINT fk_count_doubts_entry_id FOREIGN KEY(entry_id) REFERENCES count_entries (id) ON DELETE CASCADE,
    CONSTRAINT fk_count_doubts_movement_id FOREIGN KEY(movement_id) REFERENCES movements (id),
    CONSTRAINT fk_count_doubts_task_id FOREIGN KEY(task_id) REFERENCES tasks (id)
);

CREATE TABLE new_count_entries (
    id INTEGER NOT NULL,
    line_id INTEGER NOT NULL,
    person_id INTEGER NOT NULL,
    quantity INTEGER NOT NULL,
    book INTEGER NOT NULL,
    correction INTEGER DEFAULT '0' NOT NULL,
    plate BOOLEAN NOT NULL,
    at DATETIME NOT NULL,
    CONSTRAINT pk_count_entries PRIMARY KEY (id),
    CONSTRAINT uq_count_entries_line_id_person_id UNIQUE (line_id, person_id),
    CONSTRAINT ck_count_entries_quantity_not_negative CHECK (quantity >= 0),
    CONSTRAINT ck_count_entries_quantity_whole CHECK (typeof(quantity) IN ('integer', 'null')),
    CONSTRAINT ck_count_entries_book_whole CHECK (typeof(book) IN ('integer', 'null')),
    CONSTRAINT ck_count_entries_correction_whole CHECK (typeof(correction) IN ('integer', 'null')),
    CONSTRAINT fk_count_entries_line_id FOREIGN KEY(line_id) REFERENCES count_lines (id),
    CONSTRAINT fk_count_entries_person_id FOREIGN KEY(person_id) REFERENCES people (id)
);

INSERT INTO new_count_entries (id, line_id, person_id, quantity, book, plate, at)
SELECT id, line_id, person_id, quantity, book, FALSE, at
FROM count_entries;

DROP TABLE count_entries;

ALTER TABLE new_count_entries RENAME TO count_entries;

CREATE TABLE count_finds (
    id INTEGER NOT NULL,
    place_id INTEGER NOT NULL,
    code VARCHAR(200) NOT NULL,
    quantity INTEGER NOT NULL,
    note VARCHAR(200),
    by_id INTEGER NOT NULL,
    at DATETIME NOT NULL,
    cleared_at DATETIME,
    cleared_by_id INTEGER,
    CONSTRAINT pk_count_finds PRIMARY KEY (id),
    CONSTRAINT ck_count_finds_quantity_positive CHECK (quantity > 0),
    CONSTRAINT ck_count_finds_quantity_whole CHECK (typeof(quantity) IN ('integer', 'null')),
    CONSTRAINT fk_count_finds_place_id FOREIGN KEY(place_id) REFERENCES count_places (id),
    CONSTRAINT fk_count_finds_by_id FOREIGN KEY(by_id) REFERENCES people (id),
    CONSTRAINT fk_count_finds_cleared_by_id FOREIGN KEY(cleared_by_id) REFERENCES people (id)
);

CREATE TABLE new_count_lines (
    id INTEGER NOT NULL,
    place_id INTEGER NOT NULL,
    product_id INTEGER NOT NULL,
    lot VARCHAR(80) NOT NULL,
    lot_key VARCHAR(200) NOT NULL,
    owner_id INTEGER,
    condition VARCHAR(12) NOT NULL,
    handling_unit_id INTEGER,
    batch_id INTEGER,
    difference INTEGER,
    taken_at DATETIME,
    allowed INTEGER DEFAULT '0' NOT NULL,
    disputed BOOLEAN NOT NULL,
    posted INTEGER DEFAULT '0' NOT NULL,
    outcome VARCHAR(12),
    cause VARCHAR(20),
    CONSTRAINT pk_count_lines PRIMARY KEY (id),
    CONSTRAINT ck_count_lines_allowed_not_negative CHECK (allowed >= 0),
    CONSTRAINT ck_count_lines_difference_whole CHECK (typeof(difference) IN ('integer', 'null')),
    CONSTRAINT ck_count_lines_posted_whole CHECK (typeof(posted) IN ('integer', 'null')),
    CONSTRAINT fk_count_lines_place_id FOREIGN KEY(place_id) REFERENCES count_places (id),
    CONSTRAINT fk_count_lines_product_id FOREIGN KEY(product_id) REFERENCES products (id),
    CONSTRAINT fk_count_lines_owner_id FOREIGN KEY(owner_id) REFERENCES partners (id),
    CONSTRAINT fk_count_lines_handling_unit_id FOREIGN KEY(handling_unit_id) REFERENCES handling_units (id),
    CONSTRAINT fk_count_lines_batch_id FOREIGN KEY(batch_id) REFERENCES batches (id)
);

INSERT INTO new_count_lines (id, place_id, product_id, lot, lot_key, owner_id, condition, handling_unit_id, batch_id, difference, taken_at, allowed, disputed, posted)
SELECT id, (SELECT count_places.id FROM count_places WHERE count_places.count_id = count_lines.count_id AND count_places.location_id = count_lines.location_id), product_id, (SELECT lot FROM batches WHERE batches.id = count_lines.batch_id), (SELECT lot_key FROM batches WHERE batches.id = count_lines.batch_id), (SELECT owner_id FROM batches WHERE batches.id = count_lines.batch_id), condition, handling_unit_id, batch_id, difference, (SELECT MAX(at) FROM count_entries WHERE count_entries.line_id = count_lines.id), (SELECT tolerance FROM counts WHERE counts.id = count_lines.count_id), FALSE, posted
FROM count_lines;

DROP TABLE count_lines;

ALTER TABLE new_count_lines RENAME TO count_lines;

CREATE TABLE count_origins (
    count_id INTEGER NOT NULL,
    programme_id INTEGER,
    day DATE,
    why VARCHAR(12) NOT NULL,
    scope JSON NOT NULL,
    population INTEGER DEFAULT '0' NOT NULL,
    confidence_percent INTEGER,
    error_permille INTEGER,
    CONSTRAINT pk_count_origins PRIMARY KEY (count_id),
    CONSTRAINT uq_count_origins_programme_id_day UNIQUE (programme_id, day),
    CONSTRAINT ck_count_origins_programme_of_a_day CHECK ((programme_id IS NULL) = (day IS NULL)),
    CONSTRAINT ck_count_origins_why_known CHECK (why IN ('desk', 'full', 'programme', 'sample')),
    CONSTRAINT ck_count_origins_population_not_negative CHECK (population >= 0),
    CONSTRAINT fk_count_origins_count_id FOREIGN KEY(count_id) REFERENCES counts (id),
    CONSTRAINT fk_count_origins_programme_id FOREIGN KEY(programme_id) REFERENCES count_programmes (id)
);

CREATE TABLE new_count_places (
    id INTEGER NOT NULL,
    count_id INTEGER NOT NULL,
    location_id INTEGER NOT NULL,
    zone VARCHAR(40),
    sequence INTEGER DEFAULT '0' NOT NULL,
    state VARCHAR(10) NOT NULL,
    task_id INTEGER,
    opened_at DATETIME,
    counted_at DATETIME,
    stake INTEGER DEFAULT '0' NOT NULL,
    decided_by_id INTEGER,
    ended_at DATETIME,
    CONSTRAINT pk_count_places PRIMARY KEY (id),
    CONSTRAINT uq_count_places_count_id_location_id UNIQUE (count_id, location_id),
    CONSTRAINT ck_count_places_ends_once CHECK ((state IN ('posted', 'refused')) = (ended_at IS NOT NULL)),
    CONSTRAINT ck_count_places_stake_not_negative CHECK (stake >= 0),
    CONSTRAINT fk_count_places_count_id FOREIGN KEY(count_id) REFERENCES counts (id),
    CONSTRAINT fk_count_places_location_id FOREIGN KEY(location_id) REFERENCES locations (id),
    CONSTRAINT fk_count_places_task_id FOREIGN KEY(task_id) REFERENCES tasks (id),
    CONSTRAINT fk_count_places_decided_by_id FOREIGN KEY(decided_by_id) REFERENCES people (id)
);

INSERT INTO new_count_places (id, count_id, location_id, zone, sequence, state, task_id, opened_at, counted_at, ended_at)
SELECT id, count_id, location_id, (SELECT zone FROM locations WHERE locations.id = count_places.location_id), sequence, CASE WHEN (SELECT status FROM counts WHERE counts.id = count_places.count_id) IN ('posted', 'refused') THEN (SELECT status FROM counts WHERE counts.id = count_places.count_id) WHEN counted_at IS NULL THEN 'open' WHEN EXISTS (SELECT 1 FROM count_lines WHERE count_lines.place_id = count_places.id AND count_lines.difference <> 0 AND (SELECT COUNT(*) FROM count_entries WHERE count_entries.line_id = count_lines.id) < 2) THEN 'recount' WHEN EXISTS (SELECT 1 FROM count_lines WHERE count_lines.place_id = count_places.id AND count_lines.difference <> 0) THEN 'review' ELSE 'posted' END, task_id, counted_at, counted_at, CASE WHEN CASE WHEN (SELECT status FROM counts WHERE counts.id = count_places.count_id) IN ('posted', 'refused') THEN (SELECT status FROM counts WHERE counts.id = count_places.count_id) WHEN counted_at IS NULL THEN 'open' WHEN EXISTS (SELECT 1 FROM count_lines WHERE count_lines.place_id = count_places.id AND count_lines.difference <> 0 AND (SELECT COUNT(*) FROM count_entries WHERE count_entries.line_id = count_lines.id) < 2) THEN 'recount' WHEN EXISTS (SELECT 1 FROM count_lines WHERE count_lines.place_id = count_places.id AND count_lines.difference <> 0) THEN 'review' ELSE 'posted' END IN ('posted', 'refused') THEN COALESCE((SELECT ended_at FROM counts WHERE counts.id = count_places.count_id), counted_at) END
FROM count_places;

DROP TABLE count_places;

ALTER TABLE new_count_places RENAME TO count_places;

CREATE TABLE count_programmes (
    id INTEGER NOT NULL,
    site_id INTEGER NOT NULL,
    name VARCHAR(80) NOT NULL,
    rule VARCHAR(10) NOT NULL,
    scope JSON NOT NULL,
    every_days INTEGER NOT NULL,
    begins_on DATE NOT NULL,
    confidence_percent INTEGER,
    error_permille INTEGER,
    blind BOOLEAN NOT NULL,
    tolerance INTEGER DEFAULT '0' NOT NULL,
    priority INTEGER NOT NULL,
    active BOOLEAN NOT NULL,
    created_at DATETIME NOT NULL,
    by_id INTEGER NOT NULL,
    CONSTRAINT pk_count_programmes PRIMARY KEY (id),
    CONSTRAINT uq_count_programmes_site_id_name UNIQUE (site_id, name),
    CONSTRAINT ck_count_programmes_rule_known CHECK (rule IN ('cycle', 'sample')),
    CONSTRAINT ck_count_programmes_days_in_range CHECK (every_days BETWEEN 1 AND 1000),
    CONSTRAINT ck_count_programmes_sample_is_stated CHECK ((rule = 'sample') = (confidence_percent IS NOT NULL)),
    CONSTRAINT ck_count_programmes_error_is_stated CHECK ((confidence_percent IS NULL) = (error_permille IS NULL)),
    CONSTRAINT ck_count_programmes_confidence_in_range CHECK (confidence_percent BETWEEN 50 AND 99),
    CONSTRAINT ck_count_programmes_error_in_range CHECK (error_permille BETWEEN 1 AND 500),
    CONSTRAINT ck_count_programmes_priority_in_range CHECK (priority BETWEEN 0 AND 9),
    CONSTRAINT ck_count_programmes_tolerance_not_negative CHECK (tolerance >= 0),
    CONSTRAINT fk_count_programmes_site_id FOREIGN KEY(site_id) REFERENCES sites (id),
    CONSTRAINT fk_count_programmes_by_id FOREIGN KEY(by_id) REFERENCES people (id)
);

CREATE TABLE count_rules (
    site_id INTEGER NOT NULL,
    abc_by VARCHAR(10) NOT NULL,
    abc_a_percent INTEGER NOT NULL,
    abc_b_percent INTEGER NOT NULL,
    abc_margin_percent INTEGER NOT NULL,
    abc_days INTEGER NOT NULL,
    abc_automatic BOOLEAN NOT NULL,
    abc_computed_at DATETIME,
    working_days JSON NOT NULL,
    shifts JSON NOT NULL,
    suspicious_places INTEGER NOT NULL,
    key_twice BOOLEAN NOT NULL,
    approval_limit INTEGER,
    CONSTRAINT pk_count_rules PRIMARY KEY (site_id),
    CONSTRAINT ck_count_rules_turnover_known CHECK (abc_by IN ('picks', 'value')),
    CONSTRAINT ck_count_rules_shares_in_order CHECK (abc_a_percent > 0 AND abc_b_percent > abc_a_percent AND abc_b_percent <= 100),
    CONSTRAINT ck_count_rules_margin_in_range CHECK (abc_margin_percent BETWEEN 0 AND 20),
    CONSTRAINT ck_count_rules_days_in_range CHECK (abc_days BETWEEN 1 AND 731),
    CONSTRAINT ck_count_rules_suspicion_positive CHECK (suspicious_places >= 1),
    CONSTRAINT ck_count_rules_limit_not_negative CHECK (approval_limit >= 0),
    CONSTRAINT fk_count_rules_site_id FOREIGN KEY(site_id) REFERENCES sites (id)
);

CREATE TABLE count_sheet_lines (
    id INTEGER NOT NULL,
    sheet_id INTEGER NOT NULL,
    line INTEGER NOT NULL,
    place_id INTEGER NOT NULL,
    product_id INTEGER,
    lot VARCHAR(80) NOT NULL,
    owner_id INTEGER,
    condition VARCHAR(12),
    first_sku VARCHAR(80),
    first_lot VARCHAR(80),
    first_quantity INTEGER,
    second_sku VARCHAR(80),
    second_lot VARCHAR(80),
    second_quantity INTEGER,
    CONSTRAINT pk_count_sheet_lines PRIMARY KEY (id),
    CONSTRAINT uq_count_sheet_lines_sheet_id_line UNIQUE (sheet_id, line),
    CONSTRAINT ck_count_sheet_lines_quantities_not_negative CHECK (first_quantity >= 0 AND second_quantity >= 0),
    CONSTRAINT ck_count_sheet_lines_first_quantity_whole CHECK (typeof(first_quantity) IN ('integer', 'null')),
    CONSTRAINT ck_count_sheet_lines_second_quantity_whole CHECK (typeof(second_quantity) IN ('integer', 'null')),
    CONSTRAINT fk_count_sheet_lines_sheet_id FOREIGN KEY(sheet_id) REFERENCES count_sheets (id),
    CONSTRAINT fk_count_sheet_lines_place_id FOREIGN KEY(place_id) REFERENCES count_places (id),
    CONSTRAINT fk_count_sheet_lines_product_id FOREIGN KEY(product_id) REFERENCES products (id),
    CONSTRAINT fk_count_sheet_lines_owner_id FOREIGN KEY(owner_id) REFERENCES partners (id)
);

CREATE TABLE count_sheets (
    id INTEGER NOT NULL,
    site_id INTEGER NOT NULL,
    count_id INTEGER NOT NULL,
    number VARCHAR(60) NOT NULL,
    number_key VARCHAR(200) NOT NULL,
    status VARCHAR(10) NOT NULL,
    person_id INTEGER,
    counted_from DATETIME,
    made_at DATETIME NOT NULL,
    made_by_id INTEGER NOT NULL,
    first_at DATETIME,
    first_by_id INTEGER,
    second_by_id INTEGER,
    taken_at DATETIME,
    CONSTRAINT pk_count_sheets PRIMARY KEY (id),
    CONSTRAINT uq_count_sheets_site_id_number_key UNIQUE (site_id, number_key),
    CONSTRAINT ck_count_sheets_status_known CHECK (status IN ('printed', 'keyed', 'differs', 'taken', 'void')),
    CONSTRAINT ck_count_sheets_keyed_by_two CHECK (second_by_id <> first_by_id),
    CONSTRAINT fk_count_sheets_site_id FOREIGN KEY(site_id) REFERENCES sites (id),
    CONSTRAINT fk_count_sheets_count_id FOREIGN KEY(count_id) REFERENCES counts (id),
    CONSTRAINT fk_count_sheets_person_id FOREIGN KEY(person_id) REFERENCES people (id),
    CONSTRAINT fk_count_sheets_made_by_id FOREIGN KEY(made_by_id) REFERENCES people (id),
    CONSTRAINT fk_count_sheets_first_by_id FOREIGN KEY(first_by_id) REFERENCES people (id),
    CONSTRAINT fk_count_sheets_second_by_id FOREIGN KEY(second_by_id) REFERENCES people (id)
);

CREATE TABLE count_triggers (
    site_id INTEGER NOT NULL,
    code VARCHAR(12) NOT NULL,
    wanted BOOLEAN NOT NULL,
    CONSTRAINT pk_count_triggers PRIMARY KEY (site_id, code),
    CONSTRAINT ck_count_triggers_trigger_known CHECK (code IN ('emptied', 'short', 'not_empty', 'negative', 'suspicious', 'last_unit')),
    CONSTRAINT fk_count_triggers_site_id FOREIGN KEY(site_id) REFERENCES sites (id)
);

CREATE TABLE count_visits (
    id INTEGER NOT NULL,
    place_id INTEGER NOT NULL,
    person_id INTEGER NOT NULL,
    keyed_by_id INTEGER,
    opened_at DATETIME NOT NULL,
    closed_at DATETIME,
    CONSTRAINT pk_count_visits PRIMARY KEY (id),
    CONSTRAINT uq_count_visits_place_id_person_id UNIQUE (place_id, person_id),
    CONSTRAINT ck_count_visits_opened_before_closed CHECK (closed_at >= opened_at),
    CONSTRAINT fk_count_visits_place_id FOREIGN KEY(place_id) REFERENCES count_places (id),
    CONSTRAINT fk_count_visits_person_id FOREIGN KEY(person_id) REFERENCES people (id),
    CONSTRAINT fk_count_visits_keyed_by_id FOREIGN KEY(keyed_by_id) REFERENCES people (id)
);

CREATE TABLE new_differences (
    id INTEGER NOT NULL,
    site_id INTEGER NOT NULL,
    number VARCHAR(80) NOT NULL,
    kind VARCHAR(20) NOT NULL,
    status VARCHAR(12) NOT NULL,
    inbound_order_id INTEGER,
    inbound_line_id INTEGER,
    arrival_id INTEGER,
    order_id INTEGER,
    sign_off_id INTEGER,
    product_id INTEGER,
    batch_id INTEGER,
    handling_unit_id INTEGER,
    movement_id INTEGER,
    quantity INTEGER,
    scanned VARCHAR(200),
    reason VARCHAR(40),
    note VARCHAR(500),
    owner_role VARCHAR(20) NOT NULL,
    owner_id INTEGER,
    noted_at DATETIME NOT NULL,
    noted_by_id INTEGER,
    outcome VARCHAR(20),
    ended_at DATETIME,
    ended_by_id INTEGER,
    ending VARCHAR(500),
    CONSTRAINT pk_differences PRIMARY KEY (id),
    CONSTRAINT uq_differences_site_id_number UNIQUE (site_id, number),
    CONSTRAINT ck_differences_quantity_positive CHECK (quantity > 0),
    CONSTRAINT ck_differences_status_known CHECK (status IN ('open', 'settled', 'withdrawn')),
    CONSTRAINT ck_differences_ends_once CHECK ((status = 'open') = (ended_at IS NULL)),
    CONSTRAINT ck_differences_settled_somehow CHECK (status <> 'settled' OR outcome IS NOT NULL),
    CONSTRAINT ck_differences_quantity_whole CHECK (typeof(quantity) IN ('integer', 'null')),
    CONSTRAINT fk_differences_site_id FOREIGN KEY(site_id) REFERENCES sites (id),
    CONSTRAINT fk_differences_inbound_order_id FOREIGN KEY(inbound_order_id) REFERENCES inbound_orders (id),
    CONSTRAINT fk_differences_inbound_line_id FOREIGN KEY(inbound_line_id) REFERENCES inbound_lines (id),
    CONSTRAINT fk_differences_arrival_id FOREIGN KEY(arrival_id) REFERENCES arrivals (id),
    CONSTRAINT fk_differences_order_id FOREIGN KEY(order_id) REFERENCES orders (id),
    CONSTRAINT fk_differences_sign_off_id FOREIGN KEY(sign_off_id) REFERENCES sign_offs (id),
    CONSTRAINT fk_differences_product_id FOREIGN KEY(product_id) REFERENCES products (id),
    CONSTRAINT fk_differences_batch_id FOREIGN KEY(batch_id) REFERENCES batches (id),
    CONSTRAINT fk_differences_handling_unit_id FOREIGN KEY(handling_unit_id) REFERENCES handling_units (id),
    CONSTRAINT fk_differences_movement_id FOREIGN KEY(movement_id) REFERENCES movements (id),
    CONSTRAINT fk_differences_owner_id FOREIGN KEY(owner_id) REFERENCES people (id),
    CONSTRAINT fk_differences_noted_by_id FOREIGN KEY(noted_by_id) REFERENCES people (id),
    CONSTRAINT fk_differences_ended_by_id FOREIGN KEY(ended_by_id) REFERENCES people (id)
);

INSERT INTO new_differences (id, site_id, number, kind, status, inbound_order_id, inbound_line_id, arrival_id, order_id, sign_off_id, product_id, batch_id, handling_unit_id, movement_id, quantity, scanned, reason, note, owner_role, owner_id, noted_at, noted_by_id, outcome, ended_at, ended_by_id, ending)
SELECT id, site_id, number, kind, status, inbound_order_id, inbound_line_id, arrival_id, order_id, (SELECT sign_offs.id FROM sign_offs JOIN orders ON orders.id = sign_offs.order_id LEFT JOIN shipments ON shipments.id = sign_offs.shipment_id WHERE differences.kind = 'not_delivered' AND sign_offs.order_id = differences.order_id AND (differences.note = COALESCE(shipments.number, orders.number) OR differences.note LIKE COALESCE(shipments.number, orders.number) || ' · %')), product_id, batch_id, handling_unit_id, movement_id, quantity, scanned, reason, note, owner_role, owner_id, noted_at, noted_by_id, outcome, ended_at, ended_by_id, ending
FROM differences;

DROP TABLE differences;

ALTER TABLE new_differences RENAME TO differences;

CREATE TABLE new_loads (
    id INTEGER NOT NULL,
    site_id INTEGER NOT NULL,
    number VARCHAR(40) NOT NULL,
    carrier_id INTEGER,
    door_id INTEGER NOT NULL,
    vehicle VARCHAR(80),
    plate VARCHAR(40),
    driver VARCHAR(80),
    vehicle_id INTEGER,
    route_id INTEGER,
    max_weight_grams INTEGER,
    max_volume_cm3 INTEGER,
    pallet_places INTEGER,
    temperature VARCHAR(10),
    overload_reason VARCHAR(200),
    stops JSON NOT NULL,
    seal VARCHAR(60),
    gate_pass VARCHAR(40),
    closed_units INTEGER,
    status VARCHAR(10) NOT NULL,
    created_at DATETIME NOT NULL,
    closed_at DATETIME,
    left_at DATETIME,
    papers_kept_at DATETIME,
    CONSTRAINT pk_loads PRIMARY KEY (id),
    CONSTRAINT uq_loads_number UNIQUE (number),
    CONSTRAINT ck_loads_status_known CHECK (status IN ('planned', 'loading', 'closed', 'left')),
    CONSTRAINT ck_loads_passes_the_gate CHECK ((status IN ('closed', 'left')) = (gate_pass IS NOT NULL) AND (status = 'left') = (left_at IS NOT NULL)),
    CONSTRAINT ck_loads_capacity_positive CHECK (max_weight_grams > 0 AND max_volume_cm3 > 0 AND pallet_places > 0),
    CONSTRAINT ck_loads_max_weight_grams_whole CHECK (typeof(max_weight_grams) IN ('integer', 'null')),
    CONSTRAINT ck_loads_max_volume_cm3_whole CHECK (typeof(max_volume_cm3) IN ('integer', 'null')),
    CONSTRAINT ck_loads_pallet_places_whole CHECK (typeof(pallet_places) IN ('integer', 'null')),
    CONSTRAINT fk_loads_site_id FOREIGN KEY(site_id) REFERENCES sites (id),
    CONSTRAINT fk_loads_carrier_id FOREIGN KEY(carrier_id) REFERENCES partners (id),
    CONSTRAINT fk_loads_door_id FOREIGN KEY(door_id) REFERENCES locations (id),
    CONSTRAINT fk_loads_vehicle_id FOREIGN KEY(vehicle_id) REFERENCES vehicles (id),
    CONSTRAINT fk_loads_route_id FOREIGN KEY(route_id) REFERENCES routes (id),
    CONSTRAINT uq_loads_gate_pass UNIQUE (gate_pass)
);

INSERT INTO new_loads (id, site_id, number, carrier_id, door_id, vehicle, plate, driver, vehicle_id, route_id, max_weight_grams, max_volume_cm3, pallet_places, temperature, overload_reason, stops, seal, gate_pass, closed_units, status, created_at, closed_at, left_at, papers_kept_at)
SELECT id, site_id, number, carrier_id, door_id, vehicle, plate, driver, vehicle_id, route_id, max_weight_grams, max_volume_cm3, pallet_places, temperature, overload_reason, stops, seal, gate_pass, closed_units, status, created_at, closed_at, left_at, CASE WHEN EXISTS (SELECT 1 FROM kept_papers WHERE kept_papers.site_id = loads.site_id AND kept_papers.kind = 'gate-pass' AND kept_papers.number = loads.gate_pass AND kept_papers.since = loads.left_at) THEN left_at END
FROM loads;

DROP TABLE loads;

ALTER TABLE new_loads RENAME TO loads;

CREATE TABLE new_order_lines (
    id INTEGER NOT NULL,
    order_id INTEGER NOT NULL,
    line VARCHAR(40) NOT NULL,
    product_id INTEGER NOT NULL,
    ordered INTEGER NOT NULL,
    unit VARCHAR(30),
    lot VARCHAR(80),
    min_remaining_days INTEGER,
    one_batch BOOLEAN DEFAULT 0 NOT NULL,
    lacking JSON,
    promised INTEGER DEFAULT '0' NOT NULL,
    reserved INTEGER DEFAULT '0' NOT NULL,
    picked INTEGER DEFAULT '0' NOT NULL,
    packed INTEGER DEFAULT '0' NOT NULL,
    shipped INTEGER DEFAULT '0' NOT NULL,
    delivered INTEGER DEFAULT '0' NOT NULL,
    returned INTEGER DEFAULT '0' NOT NULL,
    cancelled INTEGER DEFAULT '0' NOT NULL,
    short INTEGER DEFAULT '0' NOT NULL,
    withdrawn INTEGER DEFAULT '0' NOT NULL,
    withdrawn_packed INTEGER DEFAULT '0' NOT NULL,
    CONSTRAINT pk_order_lines PRIMARY KEY (id),
    CONSTRAINT uq_order_lines_order_id_line UNIQUE (order_id, line),
    CONSTRAINT ck_order_lines_ordered_positive CHECK (ordered > 0),
    CONSTRAINT ck_order_lines_counters_not_negative CHECK (promised >= 0 AND reserved >= 0 AND picked >= 0 AND packed >= 0 AND shipped >= 0 AND delivered >= 0 AND returned >= 0 AND cancelled >= 0 AND short >= 0 AND withdrawn >= 0 AND withdrawn_packed >= 0),
    CONSTRAINT ck_order_lines_counters_nested CHECK (shipped <= packed AND packed <= picked AND picked <= ordered),
    CONSTRAINT ck_order_lines_claims_within_ordered CHECK (promised + reserved + picked + short <= ordered),
    CONSTRAINT ck_order_lines_ends_within CHECK (delivered <= shipped AND returned <= shipped AND cancelled <= ordered),
    CONSTRAINT ck_order_lines_withdrawn_within CHECK (withdrawn_packed <= withdrawn AND withdrawn <= cancelled),
    CONSTRAINT ck_order_lines_ordered_whole CHECK (typeof(ordered) IN ('integer', 'null')),
    CONSTRAINT ck_order_lines_promised_whole CHECK (typeof(promised) IN ('integer', 'null')),
    CONSTRAINT ck_order_lines_reserved_whole CHECK (typeof(reserved) IN ('integer', 'null')),
    CONSTRAINT ck_order_lines_picked_whole CHECK (typeof(picked) IN ('integer', 'null')),
    CONSTRAINT ck_order_lines_packed_whole CHECK (typeof(packed) IN ('integer', 'null')),
    CONSTRAINT ck_order_lines_shipped_whole CHECK (typeof(shipped) IN ('integer', 'null')),
    CONSTRAINT fk_order_lines_order_id FOREIGN KEY(order_id) REFERENCES orders (id),
    CONSTRAINT fk_order_lines_product_id FOREIGN KEY(product_id) REFERENCES products (id)
);

INSERT INTO new_order_lines (id, order_id, line, product_id, ordered, unit, lot, min_remaining_days, one_batch, lacking, promised, reserved, picked, packed, shipped, delivered, returned, cancelled, short, withdrawn, withdrawn_packed)
SELECT id, order_id, line, product_id, ordered, unit, lot, min_remaining_days, one_batch, lacking, promised, reserved, picked, packed, shipped, delivered, returned, cancelled, short, 0, 0
FROM order_lines;

DROP TABLE order_lines;

ALTER TABLE new_order_lines RENAME TO order_lines;

CREATE TABLE new_orders (
    id INTEGER NOT NULL,
    site_id INTEGER NOT NULL,
    number VARCHAR(80) NOT NULL,
    number_key VARCHAR(200) NOT NULL,
    source VARCHAR(80),
    customer_id INTEGER NOT NULL,
    kind VARCHAR(20) NOT NULL,
    priority INTEGER DEFAULT '0' NOT NULL,
    due_at DATETIME,
    ship_complete BOOLEAN NOT NULL,
    allow_backorder BOOLEAN NOT NULL,
    carrier_id INTEGER,
    ship_to JSON NOT NULL,
    notes TEXT,
    status VARCHAR(12) NOT NULL,
    settled_at DATETIME,
    promised_on DATE,
    entered_as VARCHAR(64),
    created_at DATETIME NOT NULL,
    updated_at DATETIME NOT NULL,
    CONSTRAINT pk_orders PRIMARY KEY (id),
    CONSTRAINT uq_orders_site_id_number_key UNIQUE (site_id, number_key),
    CONSTRAINT ck_orders_priority_in_range CHECK (priority BETWEEN 0 AND 9),
    CONSTRAINT fk_orders_site_id FOREIGN KEY(site_id) REFERENCES sites (id),
    CONSTRAINT fk_orders_customer_id FOREIGN KEY(customer_id) REFERENCES partners (id),
    CONSTRAINT fk_orders_carrier_id FOREIGN KEY(carrier_id) REFERENCES partners (id)
);

INSERT INTO new_orders (id, site_id, number, number_key, source, customer_id, kind, priority, due_at, ship_complete, allow_backorder, carrier_id, ship_to, notes, status, settled_at, created_at, updated_at)
SELECT id, site_id, number, number_key, source, customer_id, kind, priority, due_at, ship_complete, allow_backorder, carrier_id, ship_to, notes, status, settled_at, created_at, updated_at
FROM orders;

DROP TABLE orders;

ALTER TABLE new_orders RENAME TO orders;

CREATE TABLE new_partners (
    id INTEGER NOT NULL,
    code VARCHAR(80) NOT NULL,
    code_key VARCHAR(200) NOT NULL,
    kind VARCHAR(20) NOT NULL,
    name VARCHAR(300) NOT NULL,
    address JSON NOT NULL,
    credit_limit INTEGER,
    credit_days INTEGER,
    balance_due INTEGER DEFAULT '0' NOT NULL,
    oldest_due_on DATE,
    min_remaining_days INTEGER,
    rotation VARCHAR(10),
    bin_choice VARCHAR(20),
    one_batch BOOLEAN DEFAULT 0 NOT NULL,
    ship_complete BOOLEAN DEFAULT 0 NOT NULL,
    allow_backorder BOOLEAN DEFAULT 0 NOT NULL,
    blocked BOOLEAN DEFAULT 0 NOT NULL,
    blocked_reason VARCHAR(300),
    updated_at DATETIME NOT NULL,
    CONSTRAINT pk_partners PRIMARY KEY (id),
    CONSTRAINT uq_partners_code_key UNIQUE (code_key)
);

INSERT INTO new_partners (id, code, code_key, kind, name, address, credit_limit, credit_days, balance_due, oldest_due_on, min_remaining_days, rotation, bin_choice, one_batch, updated_at)
SELECT id, code, code_key, kind, name, address, credit_limit, credit_days, balance_due, oldest_due_on, min_remaining_days, rotation, bin_choice, one_batch, updated_at
FROM partners;

DROP TABLE partners;

ALTER TABLE new_partners RENAME TO partners;

CREATE TABLE new_people (
    id INTEGER NOT NULL,
    code VARCHAR(80) NOT NULL,
    code_key VARCHAR(200) NOT NULL,
    name VARCHAR(200) NOT NULL,
    roles JSON NOT NULL,
    site_id INTEGER,
    language VARCHAR(10),
    badge VARCHAR(40),
    pin_hash VARCHAR(200),
    password_hash VARCHAR(200),
    is_token BOOLEAN NOT NULL,
    token_hash VARCHAR(64),
    scopes JSON NOT NULL,
    per_minute INTEGER,
    active BOOLEAN NOT NULL,
    failed_pins INTEGER DEFAULT '0' NOT NULL,
    pin_rests_until DATETIME,
    failed_passwords INTEGER DEFAULT '0' NOT NULL,
    password_rests_until DATETIME,
    created_at DATETIME NOT NULL,
    CONSTRAINT pk_people PRIMARY KEY (id),
    CONSTRAINT uq_people_code_key UNIQUE (code_key),
    CONSTRAINT uq_people_badge UNIQUE (badge),
    CONSTRAINT ck_people_per_minute_not_negative CHECK (per_minute >= 0),
    CONSTRAINT fk_people_site_id FOREIGN KEY(site_id) REFERENCES sites (id)
);

INSERT INTO new_people (id, code, code_key, name, roles, site_id, language, badge, pin_hash, password_hash, is_token, token_hash, scopes, active, failed_pins, pin_rests_until, failed_passwords, password_rests_until, created_at)
SELECT id, code, code_key, name, roles, site_id, language, badge, pin_hash, password_hash, is_token, token_hash, '[]', active, failed_pins, pin_rests_until, failed_passwords, password_rests_until, created_at
FROM people;

DROP TABLE people;

ALTER TABLE new_people RENAME TO people;

CREATE TABLE product_classes (
    id INTEGER NOT NULL,
    site_id INTEGER NOT NULL,
    product_id INTEGER NOT NULL,
    proposed VARCHAR(1) NOT NULL,
    accepted VARCHAR(1),
    turnover INTEGER NOT NULL,
    "before" INTEGER DEFAULT '0' NOT NULL,
    computed_at DATETIME NOT NULL,
    accepted_at DATETIME,
    accepted_by_id INTEGER,
    CONSTRAINT pk_product_classes PRIMARY KEY (id),
    CONSTRAINT uq_product_classes_site_id_product_id UNIQUE (site_id, product_id),
    CONSTRAINT fk_product_classes_site_id FOREIGN KEY(site_id) REFERENCES sites (id),
    CONSTRAINT fk_product_classes_product_id FOREIGN KEY(product_id) REFERENCES products (id),
    CONSTRAINT fk_product_classes_accepted_by_id FOREIGN KEY(accepted_by_id) REFERENCES people (id)
);

CREATE TABLE new_products (
    id INTEGER NOT NULL,
    sku VARCHAR(80) NOT NULL,
    sku_key VARCHAR(200) NOT NULL,
    name VARCHAR(300) NOT NULL,
    name_zh VARCHAR(300),
    name_en VARCHAR(300),
    base_unit VARCHAR(30) NOT NULL,
    decimals INTEGER DEFAULT '0' NOT NULL,
    tracking VARCHAR(10) NOT NULL,
    rotation VARCHAR(10) NOT NULL,
    bin_choice VARCHAR(20),
    catch_weight BOOLEAN NOT NULL,
    shelf_life_days INTEGER,
    min_receipt_days INTEGER,
    too_old VARCHAR(10) NOT NULL,
    weight_grams INTEGER DEFAULT '0' NOT NULL,
    length_mm INTEGER DEFAULT '0' NOT NULL,
    width_mm INTEGER DEFAULT '0' NOT NULL,
    height_mm INTEGER DEFAULT '0' NOT NULL,
    this_way_up BOOLEAN DEFAULT 0 NOT NULL,
    abc VARCHAR(1),
    unit_value INTEGER,
    storage_class VARCHAR(40),
    temperature VARCHAR(10),
    owner_id INTEGER,
    updated_at DATETIME NOT NULL,
    CONSTRAINT pk_products PRIMARY KEY (id),
    CONSTRAINT uq_products_sku_key UNIQUE (sku_key),
    CONSTRAINT ck_products_decimals_in_range CHECK (decimals BETWEEN 0 AND 6),
    CONSTRAINT ck_products_measures_not_negative CHECK (weight_grams >= 0 AND length_mm >= 0 AND width_mm >= 0 AND height_mm >= 0),
    CONSTRAINT ck_products_value_not_negative CHECK (unit_value >= 0),
    CONSTRAINT fk_products_owner_id FOREIGN KEY(owner_id) REFERENCES partners (id)
);

INSERT INTO new_products (id, sku, sku_key, name, name_zh, name_en, base_unit, decimals, tracking, rotation, bin_choice, catch_weight, shelf_life_days, min_receipt_days, too_old, weight_grams, length_mm, width_mm, height_mm, abc, storage_class, temperature, owner_id, updated_at)
SELECT id, sku, sku_key, name, name_zh, name_en, base_unit, decimals, tracking, rotation, bin_choice, catch_weight, shelf_life_days, min_receipt_days, too_old, weight_grams, length_mm, width_mm, height_mm, abc, storage_class, temperature, owner_id, updated_at
FROM products;

DROP TABLE products;

ALTER TABLE new_products RENAME TO products;

CREATE TABLE new_shipments (
    id INTEGER NOT NULL,
    site_id INTEGER NOT NULL,
    number VARCHAR(40) NOT NULL,
    order_id INTEGER NOT NULL,
    load_id INTEGER,
    stop INTEGER,
    carrier_id INTEGER,
    tracking VARCHAR(80),
    packed_at DATETIME,
    left_at DATETIME,
    signed_by VARCHAR(200),
    signed_at DATETIME,
    sign_off JSON NOT NULL,
    created_at DATETIME NOT NULL,
    CONSTRAINT pk_shipments PRIMARY KEY (id),
    CONSTRAINT uq_shipments_number UNIQUE (number),
    CONSTRAINT ck_shipments_leaves_on_a_load CHECK (left_at IS NULL OR load_id IS NOT NULL),
    CONSTRAINT ck_shipments_signed_for_once_left CHECK (signed_at IS NULL OR left_at IS NOT NULL),
    CONSTRAINT fk_shipments_site_id FOREIGN KEY(site_id) REFERENCES sites (id),
    CONSTRAINT fk_shipments_order_id FOREIGN KEY(order_id) REFERENCES orders (id),
    CONSTRAINT fk_shipments_load_id FOREIGN KEY(load_id) REFERENCES loads (id),
    CONSTRAINT fk_shipments_carrier_id FOREIGN KEY(carrier_id) REFERENCES partners (id)
);

INSERT INTO new_shipments (id, site_id, number, order_id, load_id, stop, carrier_id, tracking, packed_at, left_at, signed_by, signed_at, sign_off, created_at)
SELECT id, site_id, number, order_id, load_id, stop, carrier_id, tracking, packed_at, left_at, signed_by, signed_at, sign_off, created_at
FROM shipments;

DROP TABLE shipments;

ALTER TABLE new_shipments RENAME TO shipments;

CREATE TABLE new_sign_off_lines (
    id INTEGER NOT NULL,
    sign_off_id INTEGER NOT NULL,
    order_line_id INTEGER NOT NULL,
    batch_id INTEGER,
    shipped INTEGER NOT NULL,
    delivered INTEGER NOT NULL,
    damaged INTEGER DEFAULT '0' NOT NULL,
    refused INTEGER DEFAULT '0' NOT NULL,
    missing INTEGER DEFAULT '0' NOT NULL,
    came_before INTEGER DEFAULT '0' NOT NULL,
    reason TEXT,
    CONSTRAINT pk_sign_off_lines PRIMARY KEY (id),
    CONSTRAINT ck_sign_off_lines_shipped_positive CHECK (shipped > 0),
    CONSTRAINT ck_sign_off_lines_counts_not_negative CHECK (delivered >= 0 AND damaged >= 0 AND refused >= 0 AND missing >= 0),
    CONSTRAINT ck_sign_off_lines_adds_up CHECK (delivered + damaged + refused + missing = shipped),
    CONSTRAINT ck_sign_off_lines_not_kept_came_before CHECK (came_before BETWEEN 0 AND damaged + refused),
    CONSTRAINT ck_sign_off_lines_shipped_whole CHECK (typeof(shipped) IN ('integer', 'null')),
    CONSTRAINT ck_sign_off_lines_delivered_whole CHECK (typeof(delivered) IN ('integer', 'null')),
    CONSTRAINT ck_sign_off_lines_damaged_whole CHECK (typeof(damaged) IN ('integer', 'null')),
    CONSTRAINT ck_sign_off_lines_refused_whole CHECK (typeof(refused) IN ('integer', 'null')),
    CONSTRAINT ck_sign_off_lines_missing_whole CHECK (typeof(missing) IN ('integer', 'null')),
    CONSTRAINT ck_sign_off_lines_came_before_whole CHECK (typeof(came_before) IN ('integer', 'null')),
    CONSTRAINT fk_sign_off_lines_sign_off_id FOREIGN KEY(sign_off_id) REFERENCES sign_offs (id),
    CONSTRAINT fk_sign_off_lines_order_line_id FOREIGN KEY(order_line_id) REFERENCES order_lines (id),
    CONSTRAINT fk_sign_off_lines_batch_id FOREIGN KEY(batch_id) REFERENCES batches (id)
);

INSERT INTO new_sign_off_lines (id, sign_off_id, order_line_id, batch_id, shipped, delivered, damaged, refused, missing, came_before, reason)
SELECT id, sign_off_id, order_line_id, batch_id, shipped, delivered, damaged, refused, missing, CASE WHEN (SELECT return_id FROM sign_offs WHERE sign_offs.id = sign_off_id) IS NULL THEN damaged + refused ELSE 0 END, reason
FROM sign_off_lines;

DROP TABLE sign_off_lines;

ALTER TABLE new_sign_off_lines RENAME TO sign_off_lines;

CREATE TABLE new_tasks (
    id INTEGER NOT NULL,
    site_id INTEGER NOT NULL,
    kind VARCHAR(12) NOT NULL,
    status VARCHAR(12) NOT NULL,
    priority INTEGER DEFAULT '0' NOT NULL,
    due_at DATETIME,
    document VARCHAR(80),
    order_id INTEGER,
    inbound_line_id INTEGER,
    product_id INTEGER,
    batch_id INTEGER,
    handling_unit_id INTEGER,
    zone VARCHAR(40),
    square INTEGER,
    equipment VARCHAR(40),
    quantity INTEGER,
    source_id INTEGER,
    target_id INTEGER,
    reasons JSON NOT NULL,
    given JSON,
    person_id INTEGER,
    not_by_id INTEGER,
    nor_by_id INTEGER,
    lease_until DATETIME,
    assigned_at DATETIME,
    epoch INTEGER DEFAULT '0' NOT NULL,
    created_at DATETIME NOT NULL,
    wanted_at DATETIME NOT NULL,
    done_at DATETIME,
    CONSTRAINT pk_tasks PRIMARY KEY (id),
    CONSTRAINT ck_tasks_priority_in_range CHECK (priority BETWEEN 0 AND 9),
    CONSTRAINT ck_tasks_claimed_by_somebody CHECK (status <> 'claimed' OR person_id IS NOT NULL),
    CONSTRAINT ck_tasks_quantity_whole CHECK (typeof(quantity) IN ('integer', 'null')),
    CONSTRAINT fk_tasks_site_id FOREIGN KEY(site_id) REFERENCES sites (id),
    CONSTRAINT fk_tasks_order_id FOREIGN KEY(order_id) REFERENCES orders (id),
    CONSTRAINT fk_tasks_inbound_line_id FOREIGN KEY(inbound_line_id) REFERENCES inbound_lines (id),
    CONSTRAINT fk_tasks_product_id FOREIGN KEY(product_id) REFERENCES products (id),
    CONSTRAINT fk_tasks_batch_id FOREIGN KEY(batch_id) REFERENCES batches (id),
    CONSTRAINT fk_tasks_handling_unit_id FOREIGN KEY(handling_unit_id) REFERENCES handling_units (id),
    CONSTRAINT fk_tasks_source_id FOREIGN KEY(source_id) REFERENCES locations (id),
    CONSTRAINT fk_tasks_target_id FOREIGN KEY(target_id) REFERENCES locations (id),
    CONSTRAINT fk_tasks_person_id FOREIGN KEY(person_id) REFERENCES people (id),
    CONSTRAINT fk_tasks_not_by_id FOREIGN KEY(not_by_id) REFERENCES people (id),
    CONSTRAINT fk_tasks_nor_by_id FOREIGN KEY(nor_by_id) REFERENCES people (id)
);

INSERT INTO new_tasks (id, site_id, kind, status, priority, due_at, document, order_id, inbound_line_id, product_id, batch_id, handling_unit_id, zone, square, equipment, quantity, source_id, target_id, reasons, given, person_id, not_by_id, lease_until, assigned_at, epoch, created_at, wanted_at, done_at)
SELECT id, site_id, kind, status, priority, due_at, document, order_id, inbound_line_id, product_id, batch_id, handling_unit_id, zone, square, equipment, quantity, source_id, target_id, reasons, given, person_id, not_by_id, lease_until, assigned_at, epoch, created_at, wanted_at, done_at
FROM tasks;

DROP TABLE tasks;

ALTER TABLE new_tasks RENAME TO tasks;

CREATE TABLE new_webhook_deliveries (
    id INTEGER NOT NULL,
    webhook_id INTEGER NOT NULL,
    event_id INTEGER NOT NULL,
    subject VARCHAR(60) NOT NULL,
    type VARCHAR(60) NOT NULL,
    payload JSON NOT NULL,
    status VARCHAR(10) NOT NULL,
    attempts INTEGER DEFAULT '0' NOT NULL,
    next_at DATETIME NOT NULL,
    answer VARCHAR(300),
    delivered_at DATETIME,
    created_at DATETIME NOT NULL,
    CONSTRAINT pk_webhook_deliveries PRIMARY KEY (id),
    CONSTRAINT uq_webhook_deliveries_webhook_id_event_id UNIQUE (webhook_id, event_id),
    CONSTRAINT ck_webhook_deliveries_status_known CHECK (status IN ('pending', 'delivered', 'failed')),
    CONSTRAINT fk_webhook_deliveries_webhook_id FOREIGN KEY(webhook_id) REFERENCES webhooks (id),
    CONSTRAINT fk_webhook_deliveries_event_id FOREIGN KEY(event_id) REFERENCES events (id)
);

INSERT INTO new_webhook_deliveries (id, webhook_id, event_id, subject, type, payload, status, attempts, next_at, answer, delivered_at, created_at)
SELECT id, webhook_id, event_id, (SELECT events.subject_kind || ':' || events.subject_id FROM events WHERE events.id = webhook_deliveries.event_id), type, payload, status, attempts, next_at, answer, delivered_at, created_at
FROM webhook_deliveries;

DROP TABLE webhook_deliveries;

ALTER TABLE new_webhook_deliveries RENAME TO webhook_deliveries;

CREATE TABLE new_webhooks (
    id INTEGER NOT NULL,
    site_id INTEGER NOT NULL,
    url VARCHAR(500) NOT NULL,
    events JSON NOT NULL,
    secret VARCHAR(100) NOT NULL,
    old_secret VARCHAR(100),
    old_secret_until DATETIME,
    active BOOLEAN NOT NULL,
    off_at DATETIME,
    off_why VARCHAR(10),
    failures INTEGER DEFAULT '0' NOT NULL,
    failing_since DATETIME,
    rests_until DATETIME,
    created_at DATETIME NOT NULL,
    by_id INTEGER NOT NULL,
    CONSTRAINT pk_webhooks PRIMARY KEY (id),
    CONSTRAINT ck_webhooks_off_for_a_reason CHECK (active = (off_at IS NULL) AND active = (off_why IS NULL)),
    CONSTRAINT ck_webhooks_reason_known CHECK (off_why IN ('person', 'gone', 'failing')),
    CONSTRAINT ck_webhooks_failures_not_negative CHECK (failures >= 0),
    CONSTRAINT ck_webhooks_old_secret_ends CHECK ((old_secret IS NULL) = (old_secret_until IS NULL)),
    CONSTRAINT fk_webhooks_site_id FOREIGN KEY(site_id) REFERENCES sites (id),
    CONSTRAINT fk_webhooks_by_id FOREIGN KEY(by_id) REFERENCES people (id)
);

INSERT INTO new_webhooks (id, site_id, url, events, secret, active, off_at, off_why, created_at, by_id)
SELECT id, site_id, url, events, secret, active, CASE WHEN active THEN NULL ELSE created_at END, CASE WHEN active THEN NULL ELSE 'gone' END, created_at, by_id
FROM webhooks;

DROP TABLE webhooks;

ALTER TABLE new_webhooks RENAME TO webhooks;

CREATE TABLE zone_freezes (
    id INTEGER NOT NULL,
    site_id INTEGER NOT NULL,
    zone VARCHAR(40) NOT NULL,
    document VARCHAR(80) NOT NULL,
    began_at DATETIME NOT NULL,
    by_id INTEGER NOT NULL,
    until DATETIME,
    ended_at DATETIME,
    ended_by_id INTEGER,
    CONSTRAINT pk_zone_freezes PRIMARY KEY (id),
    CONSTRAINT ck_zone_freezes_ended_by_somebody CHECK ((ended_by_id IS NULL) OR (ended_at IS NOT NULL)),
    CONSTRAINT fk_zone_freezes_site_id FOREIGN KEY(site_id) REFERENCES sites (id),
    CONSTRAINT fk_zone_freezes_by_id FOREIGN KEY(by_id) REFERENCES people (id),
    CONSTRAINT fk_zone_freezes_ended_by_id FOREIGN KEY(ended_by_id) REFERENCES people (id)
);

CREATE INDEX ix_bookings_tracking ON bookings (tracking) WHERE tracking IS NOT NULL;

CREATE INDEX ix_count_doubts_entry ON count_doubts (entry_id);

CREATE INDEX ix_count_doubts_open ON count_doubts (task_id) WHERE ended_at IS NULL;

CREATE INDEX ix_count_finds_place ON count_finds (place_id);

CREATE INDEX ix_count_lines_place ON count_lines (place_id, product_id);

CREATE INDEX ix_count_lines_product_id ON count_lines (product_id);

CREATE INDEX ix_count_places_location_id ON count_places (location_id);

CREATE INDEX ix_count_places_progress ON count_places (count_id, zone, state);

CREATE INDEX ix_count_places_sequence ON count_places (count_id, sequence);

CREATE INDEX ix_count_places_walk ON count_places (count_id, state, sequence);

CREATE INDEX ix_count_sheet_lines_place_id ON count_sheet_lines (place_id);

CREATE INDEX ix_count_sheets_count ON count_sheets (count_id, status);

CREATE INDEX ix_count_visits_person_id ON count_visits (person_id);

CREATE INDEX ix_differences_inbound ON differences (inbound_order_id, id);

CREATE INDEX ix_differences_movement ON differences (movement_id);

CREATE INDEX ix_differences_order ON differences (order_id);

CREATE INDEX ix_differences_sign_off ON differences (sign_off_id) WHERE sign_off_id IS NOT NULL;

CREATE INDEX ix_differences_status ON differences (site_id, status, id);

CREATE INDEX ix_differences_unit ON differences (handling_unit_id) WHERE handling_unit_id IS NOT NULL AND status = 'open';

CREATE INDEX ix_loads_papers ON loads (left_at) WHERE status = 'left' AND papers_kept_at IS NULL;

CREATE INDEX ix_loads_status ON loads (site_id, status);

CREATE INDEX ix_order_lines_lot ON order_lines (product_id) WHERE lot IS NOT NULL AND promised > 0;

CREATE INDEX ix_order_lines_on_the_floor ON order_lines (order_id) WHERE short > 0 OR promised > 0;

CREATE INDEX ix_order_lines_product ON order_lines (product_id);

CREATE INDEX ix_order_lines_waiting ON order_lines (product_id, order_id) WHERE ordered - promised - reserved - picked - short - cancelled > 0;

CREATE INDEX ix_orders_customer ON orders (customer_id, id);

CREATE INDEX ix_orders_in_turn ON orders (site_id, status, id);

CREATE INDEX ix_orders_status ON orders (site_id, status, due_at);

CREATE INDEX ix_orders_updated ON orders (updated_at, id);

CREATE INDEX ix_people_token_hash ON people (token_hash);

CREATE INDEX ix_product_classes_product_id ON product_classes (product_id);

CREATE INDEX ix_shipments_load ON shipments (load_id);

CREATE INDEX ix_shipments_order ON shipments (order_id);

CREATE INDEX ix_shipments_tracking ON shipments (tracking) WHERE tracking IS NOT NULL;

CREATE INDEX ix_shipments_unsigned ON shipments (site_id, order_id) WHERE left_at IS NOT NULL AND signed_at IS NULL;

CREATE UNIQUE INDEX uq_shipments_open ON shipments (order_id) WHERE left_at IS NULL;

CREATE INDEX ix_sign_off_lines_order_line ON sign_off_lines (order_line_id);

CREATE INDEX ix_sign_off_lines_sign_off ON sign_off_lines (sign_off_id);

CREATE INDEX ix_tasks_document ON tasks (document);

CREATE INDEX ix_tasks_order ON tasks (order_id);

CREATE INDEX ix_tasks_person ON tasks (person_id, status);

CREATE INDEX ix_tasks_queue ON tasks (site_id, status, kind, wanted_at, id);

CREATE INDEX ix_tasks_source ON tasks (source_id, status);

CREATE INDEX ix_tasks_square ON tasks (site_id, status, square, wanted_at, id);

CREATE INDEX ix_tasks_target ON tasks (target_id, status);

CREATE INDEX ix_tasks_unit ON tasks (handling_unit_id, status);

CREATE INDEX ix_webhook_deliveries_due ON webhook_deliveries (webhook_id, status, next_at);

CREATE INDEX ix_webhook_deliveries_event ON webhook_deliveries (event_id);

CREATE INDEX ix_webhook_deliveries_in_order ON webhook_deliveries (webhook_id, subject, event_id) WHERE status = 'pending';

CREATE INDEX ix_webhooks_site_id ON webhooks (site_id);

CREATE UNIQUE INDEX uq_zone_freezes_live ON zone_freezes (site_id, zone) WHERE ended_at IS NULL;

CREATE TRIGGER handling_units_follow AFTER UPDATE OF location_id ON handling_units WHEN OLD.location_id <> NEW.location_id BEGIN UPDATE handling_units SET location_id = NEW.location_id WHERE parent_id = NEW.id AND location_id <> NEW.location_id; UPDATE handling_units SET location_id = NEW.location_id WHERE location_id <> NEW.location_id AND parent_id IN (SELECT above.id FROM handling_units AS above WHERE above.parent_id = NEW.id); END;

CREATE TRIGGER handling_units_nested_changed AFTER UPDATE OF parent_id, root_id, location_id, site_id ON handling_units WHEN NEW.parent_id IS NOT NULL AND (NOT EXISTS ( SELECT 1 FROM handling_units AS under WHERE under.id = NEW.parent_id AND under.location_id = NEW.location_id AND under.site_id = NEW.site_id AND COALESCE(under.root_id, under.id) = NEW.root_id) OR NEW.root_id = NEW.id OR EXISTS ( SELECT 1 FROM handling_units AS under JOIN handling_units AS below ON below.id = under.parent_id WHERE under.id = NEW.parent_id AND (below.parent_id IS NOT NULL OR EXISTS (SELECT 1 FROM handling_units AS above WHERE above.parent_id = NEW.id))) OR EXISTS ( SELECT 1 FROM handling_units AS above JOIN handling_units AS top ON top.parent_id = above.id WHERE above.parent_id = NEW.id)) BEGIN SELECT RAISE(ABORT, 'handling_units: a unit stands where the one under it stands, at most three levels high'); END;

CREATE TRIGGER handling_units_nested_new AFTER INSERT ON handling_units WHEN NEW.parent_id IS NOT NULL AND (NOT EXISTS ( SELECT 1 FROM handling_units AS under WHERE under.id = NEW.parent_id AND under.location_id = NEW.location_id AND under.site_id = NEW.site_id AND COALESCE(under.root_id, under.id) = NEW.root_id) OR NEW.root_id = NEW.id OR EXISTS ( SELECT 1 FROM handling_units AS under JOIN handling_units AS below ON below.id = under.parent_id WHERE under.id = NEW.parent_id AND (below.parent_id IS NOT NULL OR EXISTS (SELECT 1 FROM handling_units AS above WHERE above.parent_id = NEW.id))) OR EXISTS ( SELECT 1 FROM handling_units AS above JOIN handling_units AS top ON top.parent_id = above.id WHERE above.parent_id = NEW.id)) BEGIN SELECT RAISE(ABORT, 'handling_units: a unit stands where the one under it stands, at most three levels high'); END;

CREATE TRIGGER kept_papers_not_deleted BEFORE DELETE ON kept_papers BEGIN SELECT RAISE(ABORT, 'kept_papers is append-only'); END;

CREATE TRIGGER kept_papers_not_updated BEFORE UPDATE ON kept_papers BEGIN SELECT RAISE(ABORT, 'kept_papers is append-only'); END;

CREATE TRIGGER movements_not_deleted BEFORE DELETE ON movements BEGIN SELECT RAISE(ABORT, 'movements is append-only'); END;

CREATE TRIGGER movements_not_updated BEFORE UPDATE ON movements BEGIN SELECT RAISE(ABORT, 'movements is append-only'); END;

CREATE TRIGGER paper_prints_not_deleted BEFORE DELETE ON paper_prints BEGIN SELECT RAISE(ABORT, 'paper_prints is append-only'); END;

CREATE TRIGGER paper_prints_not_updated BEFORE UPDATE ON paper_prints BEGIN SELECT RAISE(ABORT, 'paper_prints is append-only'); END;

CREATE TRIGGER stock_emptied AFTER UPDATE OF on_hand ON stock WHEN NEW.on_hand = 0 AND OLD.on_hand <> 0 BEGIN INSERT INTO vacancies (location_id, group_id, x_mm, y_mm, z_mm) SELECT id, group_id, x_mm, y_mm, z_mm FROM locations WHERE id = NEW.location_id AND kind = 'storage'; END;

