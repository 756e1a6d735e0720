-- Written by `make migration`: from 0001 to 0002.
DROP TRIGGER movements_not_deleted;

DROP TRIGGER movements_not_updated;

CREATE TABLE announced_contents (
    id INTEGER NOT NULL,
    announced_unit_id INTEGER NOT NULL,
    inbound_line_id INTEGER NOT NULL,
    quantity INTEGER NOT NULL,
    lot VARCHAR(80),
    expires_on DATE,
    produced_on DATE,
    serials JSON NOT NULL,
    CONSTRAINT pk_announced_contents PRIMARY KEY (id),
    CONSTRAINT ck_announced_contents_quantity_positive CHECK (quantity > 0),
    CONSTRAINT ck_announced_contents_quantity_whole CHECK (typeof(quantity) IN ('integer', 'null')),
    CONSTRAINT fk_announced_contents_announced_unit_id FOREIGN KEY(announced_unit_id) REFERENCES announced_units (id),
    CONSTRAINT fk_announced_contents_inbound_line_id FOREIGN KEY(inbound_line_id) REFERENCES inbound_lines (id)
);

CREATE TABLE announced_units (
    id INTEGER NOT NULL,
    site_id INTEGER NOT NULL,
    inbound_order_id INTEGER NOT NULL,
    code VARCHAR(40) NOT NULL,
    code_key VARCHAR(200) NOT NULL,
    kind VARCHAR(10) NOT NULL,
    parent_id INTEGER,
    status VARCHAR(10) NOT NULL,
    handling_unit_id INTEGER,
    arrived_at DATETIME,
    arrived_by_id INTEGER,
    CONSTRAINT pk_announced_units PRIMARY KEY (id),
    CONSTRAINT uq_announced_units_inbound_order_id_code_key UNIQUE (inbound_order_id, code_key),
    CONSTRAINT ck_announced_units_status_known CHECK (status IN ('announced', 'arrived', 'missing')),
    CONSTRAINT ck_announced_units_arrives_once CHECK ((status = 'arrived') = (arrived_at IS NOT NULL)),
    CONSTRAINT ck_announced_units_not_on_itself CHECK (parent_id <> id),
    CONSTRAINT fk_announced_units_site_id FOREIGN KEY(site_id) REFERENCES sites (id),
    CONSTRAINT fk_announced_units_inbound_order_id FOREIGN KEY(inbound_order_id) REFERENCES inbound_orders (id),
    CONSTRAINT fk_announced_units_parent_id FOREIGN KEY(parent_id) REFERENCES announced_units (id),
    CONSTRAINT fk_announced_units_handling_unit_id FOREIGN KEY(handling_unit_id) REFERENCES handling_units (id),
    CONSTRAINT fk_announced_units_arrived_by_id FOREIGN KEY(arrived_by_id) REFERENCES people (id)
);

CREATE TABLE arrival_orders (
    id INTEGER NOT NULL,
    arrival_id INTEGER NOT NULL,
    inbound_order_id INTEGER NOT NULL,
    CONSTRAINT pk_arrival_orders PRIMARY KEY (id),
    CONSTRAINT uq_arrival_orders_arrival_id_inbound_order_id UNIQUE (arrival_id, inbound_order_id),
    CONSTRAINT fk_arrival_orders_arrival_id FOREIGN KEY(arrival_id) REFERENCES arrivals (id),
    CONSTRAINT fk_arrival_orders_inbound_order_id FOREIGN KEY(inbound_order_id) REFERENCES inbound_orders (id)
);

CREATE TABLE arrivals (
    id INTEGER NOT NULL,
    site_id INTEGER NOT NULL,
    number VARCHAR(80) NOT NULL,
    number_key VARCHAR(200) NOT NULL,
    status VARCHAR(12) NOT NULL,
    partner_id INTEGER,
    carrier_id INTEGER,
    plate VARCHAR(40),
    plate_key VARCHAR(40) NOT NULL,
    driver VARCHAR(120),
    phone VARCHAR(40),
    dock_id INTEGER,
    planned_from DATETIME,
    planned_until DATETIME,
    arrived_at DATETIME,
    unloading_at DATETIME,
    unloaded_at DATETIME,
    left_at DATETIME,
    note VARCHAR(500),
    created_at DATETIME NOT NULL,
    updated_at DATETIME NOT NULL,
    CONSTRAINT pk_arrivals PRIMARY KEY (id),
    CONSTRAINT uq_arrivals_site_id_number_key UNIQUE (site_id, number_key),
    CONSTRAINT ck_arrivals_slot_has_length CHECK (planned_until > planned_from),
    CONSTRAINT ck_arrivals_slot_begins_and_ends CHECK ((planned_from IS NULL) = (planned_until IS NULL)),
    CONSTRAINT ck_arrivals_begun_before_ended CHECK (unloaded_at IS NULL OR unloading_at IS NOT NULL),
    CONSTRAINT fk_arrivals_site_id FOREIGN KEY(site_id) REFERENCES sites (id),
    CONSTRAINT fk_arrivals_partner_id FOREIGN KEY(partner_id) REFERENCES partners (id),
    CONSTRAINT fk_arrivals_carrier_id FOREIGN KEY(carrier_id) REFERENCES partners (id),
    CONSTRAINT fk_arrivals_dock_id FOREIGN KEY(dock_id) REFERENCES locations (id)
);

CREATE TABLE new_barcodes (
    id INTEGER NOT NULL,
    code VARCHAR(100) NOT NULL,
    code_key VARCHAR(100) NOT NULL,
    product_id INTEGER NOT NULL,
    packaging_id INTEGER,
    linked_by_id INTEGER,
    linked_at DATETIME,
    CONSTRAINT pk_barcodes PRIMARY KEY (id),
    CONSTRAINT uq_barcodes_code_key UNIQUE (code_key),
    CONSTRAINT fk_barcodes_product_id FOREIGN KEY(product_id) REFERENCES products (id),
    CONSTRAINT fk_barcodes_packaging_id FOREIGN KEY(packaging_id) REFERENCES packagings (id),
    CONSTRAINT fk_barcodes_linked_by_id FOREIGN KEY(linked_by_id) REFERENCES people (id)
);

INSERT INTO new_barcodes (id, code, code_key, product_id, packaging_id)
SELECT id, code, code_key, product_id, packaging_id
FROM barcodes;

DROP TABLE barcodes;

ALTER TABLE new_barcodes RENAME TO barcodes;

CREATE TABLE bin_groups (
    id INTEGER NOT NULL,
    site_id INTEGER NOT NULL,
    signature VARCHAR(300) NOT NULL,
    zone VARCHAR(40),
    max_weight_grams INTEGER,
    max_volume_cm3 INTEGER,
    max_units INTEGER,
    max_height_mm INTEGER,
    mixing VARCHAR(20) NOT NULL,
    storage_class VARCHAR(40),
    temperature VARCHAR(10),
    cell_x INTEGER NOT NULL,
    cell_y INTEGER NOT NULL,
    cell_z INTEGER NOT NULL,
    CONSTRAINT pk_bin_groups PRIMARY KEY (id),
    CONSTRAINT uq_bin_groups_site_id_signature UNIQUE (site_id, signature),
    CONSTRAINT fk_bin_groups_site_id FOREIGN KEY(site_id) REFERENCES sites (id)
);

CREATE TABLE differences (
    id INTEGER NOT NULL,
    site_id INTEGER NOT NULL,
    number VARCHAR(80) NOT NULL,
    kind VARCHAR(20) NOT NULL,
    status VARCHAR(12) NOT NULL,
    inbound_order_id INTEGER,
    inbound_line_id INTEGER,
    arrival_id INTEGER,
    order_id INTEGER,
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
    CONSTRAINT fk_differences_product_id FOREIGN KEY(product_id) REFERENCES products (id),
    CONSTRAINT fk_differences_batch_id FOREIGN KEY(batch_id) REFERENCES batches (id),
    CONSTRAINT fk_differences_handling_unit_id FOREIGN KEY(handling_unit_id) REFERENCES handling_units (id),
    CONSTRAINT fk_differences_movement_id FOREIGN KEY(movement_id) REFERENCES movements (id),
    CONSTRAINT fk_differences_owner_id FOREIGN KEY(owner_id) REFERENCES people (id),
    CONSTRAINT fk_differences_noted_by_id FOREIGN KEY(noted_by_id) REFERENCES people (id),
    CONSTRAINT fk_differences_ended_by_id FOREIGN KEY(ended_by_id) REFERENCES people (id)
);

CREATE TABLE dock_bookings (
    id INTEGER NOT NULL,
    dock_id INTEGER NOT NULL,
    quarter DATETIME NOT NULL,
    arrival_id INTEGER NOT NULL,
    CONSTRAINT pk_dock_bookings PRIMARY KEY (id),
    CONSTRAINT uq_dock_bookings_dock_id_quarter UNIQUE (dock_id, quarter),
    CONSTRAINT fk_dock_bookings_dock_id FOREIGN KEY(dock_id) REFERENCES locations (id),
    CONSTRAINT fk_dock_bookings_arrival_id FOREIGN KEY(arrival_id) REFERENCES arrivals (id)
);

CREATE TABLE new_handling_units (
    id INTEGER NOT NULL,
    site_id INTEGER NOT NULL,
    code VARCHAR(40) NOT NULL,
    code_key VARCHAR(200) NOT NULL,
    kind VARCHAR(10) NOT NULL,
    location_id INTEGER NOT NULL,
    parent_id INTEGER,
    root_id INTEGER,
    order_id INTEGER,
    load_id INTEGER,
    weight_grams INTEGER,
    length_mm INTEGER,
    width_mm INTEGER,
    height_mm INTEGER,
    tracking VARCHAR(80),
    closed_at DATETIME,
    loaded_at DATETIME,
    created_at DATETIME NOT NULL,
    CONSTRAINT pk_handling_units PRIMARY KEY (id),
    CONSTRAINT uq_handling_units_code_key UNIQUE (code_key),
    CONSTRAINT ck_handling_units_nested_has_a_root CHECK ((parent_id IS NULL) = (root_id IS NULL)),
    CONSTRAINT ck_handling_units_not_on_itself CHECK (parent_id <> id AND root_id <> id),
    CONSTRAINT fk_handling_units_site_id FOREIGN KEY(site_id) REFERENCES sites (id),
    CONSTRAINT fk_handling_units_location_id FOREIGN KEY(location_id) REFERENCES locations (id),
    CONSTRAINT fk_handling_units_parent_id FOREIGN KEY(parent_id) REFERENCES handling_units (id),
    CONSTRAINT fk_handling_units_root_id FOREIGN KEY(root_id) REFERENCES handling_units (id),
    CONSTRAINT fk_handling_units_order_id FOREIGN KEY(order_id) REFERENCES orders (id),
    CONSTRAINT fk_handling_units_load_id FOREIGN KEY(load_id) REFERENCES loads (id)
);

INSERT INTO new_handling_units (id, site_id, code, code_key, kind, location_id, parent_id, root_id, order_id, load_id, weight_grams, length_mm, width_mm, height_mm, tracking, closed_at, loaded_at, created_at)
SELECT id, site_id, code, code_key, kind, location_id, parent_id, (SELECT COALESCE(below.parent_id, below.id) FROM handling_units AS below WHERE below.id = handling_units.parent_id), order_id, load_id, weight_grams, length_mm, width_mm, height_mm, tracking, closed_at, loaded_at, created_at
FROM handling_units;

DROP TABLE handling_units;

ALTER TABLE new_handling_units RENAME TO handling_units;

CREATE TABLE new_inbound_orders (
    id INTEGER NOT NULL,
    site_id INTEGER NOT NULL,
    number VARCHAR(80) NOT NULL,
    number_key VARCHAR(200) NOT NULL,
    kind VARCHAR(20) NOT NULL,
    partner_id INTEGER,
    reference VARCHAR(200),
    expected_on DATE,
    open_until DATE,
    over_receipt_percent INTEGER DEFAULT '0' NOT NULL,
    check_in VARCHAR(12) NOT NULL,
    status VARCHAR(12) NOT NULL,
    created_at DATETIME NOT NULL,
    updated_at DATETIME NOT NULL,
    CONSTRAINT pk_inbound_orders PRIMARY KEY (id),
    CONSTRAINT uq_inbound_orders_site_id_number_key UNIQUE (site_id, number_key),
    CONSTRAINT ck_inbound_orders_tolerance_in_range CHECK (over_receipt_percent BETWEEN 0 AND 1000),
    CONSTRAINT fk_inbound_orders_site_id FOREIGN KEY(site_id) REFERENCES sites (id),
    CONSTRAINT fk_inbound_orders_partner_id FOREIGN KEY(partner_id) REFERENCES partners (id)
);

INSERT INTO new_inbound_orders (id, site_id, number, number_key, kind, partner_id, reference, expected_on, over_receipt_percent, check_in, status, created_at, updated_at)
SELECT id, site_id, number, number_key, kind, partner_id, reference, expected_on, over_receipt_percent, 'announced', status, created_at, updated_at
FROM inbound_orders;

DROP TABLE inbound_orders;

ALTER TABLE new_inbound_orders RENAME TO inbound_orders;

CREATE TABLE inspection_counts (
    id INTEGER NOT NULL,
    rule_id INTEGER NOT NULL,
    product_id INTEGER NOT NULL,
    supplier INTEGER NOT NULL,
    seen INTEGER NOT NULL,
    CONSTRAINT pk_inspection_counts PRIMARY KEY (id),
    CONSTRAINT uq_inspection_counts_rule_id_product_id_supplier UNIQUE (rule_id, product_id, supplier),
    CONSTRAINT ck_inspection_counts_seen_not_negative CHECK (seen >= 0),
    CONSTRAINT ck_inspection_counts_seen_whole CHECK (typeof(seen) IN ('integer', 'null')),
    CONSTRAINT fk_inspection_counts_rule_id FOREIGN KEY(rule_id) REFERENCES inspection_rules (id) ON DELETE CASCADE,
    CONSTRAINT fk_inspection_counts_product_id FOREIGN KEY(product_id) REFERENCES products (id)
);

CREATE TABLE inspection_defects (
    id INTEGER NOT NULL,
    inspection_id INTEGER NOT NULL,
    reason VARCHAR(40) NOT NULL,
    quantity INTEGER NOT NULL,
    at DATETIME NOT NULL,
    by_id INTEGER NOT NULL,
    CONSTRAINT pk_inspection_defects PRIMARY KEY (id),
    CONSTRAINT ck_inspection_defects_quantity_positive CHECK (quantity > 0),
    CONSTRAINT ck_inspection_defects_quantity_whole CHECK (typeof(quantity) IN ('integer', 'null')),
    CONSTRAINT fk_inspection_defects_inspection_id FOREIGN KEY(inspection_id) REFERENCES inspections (id),
    CONSTRAINT fk_inspection_defects_by_id FOREIGN KEY(by_id) REFERENCES people (id)
);

CREATE TABLE inspection_draws (
    id INTEGER NOT NULL,
    rule_id INTEGER NOT NULL,
    product_id INTEGER NOT NULL,
    inbound_order_id INTEGER NOT NULL,
    arrival INTEGER NOT NULL,
    number INTEGER NOT NULL,
    first BOOLEAN NOT NULL,
    inspects BOOLEAN NOT NULL,
    CONSTRAINT pk_inspection_draws PRIMARY KEY (id),
    CONSTRAINT uq_inspection_draws_rule_id_product_id_inbound_order_id_arrival UNIQUE (rule_id, product_id, inbound_order_id, arrival),
    CONSTRAINT fk_inspection_draws_rule_id FOREIGN KEY(rule_id) REFERENCES inspection_rules (id) ON DELETE CASCADE,
    CONSTRAINT fk_inspection_draws_product_id FOREIGN KEY(product_id) REFERENCES products (id),
    CONSTRAINT fk_inspection_draws_inbound_order_id FOREIGN KEY(inbound_order_id) REFERENCES inbound_orders (id)
);

CREATE TABLE inspection_rules (
    id INTEGER NOT NULL,
    site_id INTEGER NOT NULL,
    position INTEGER NOT NULL,
    partner_id INTEGER,
    product_id INTEGER,
    storage_class VARCHAR(40),
    abc VARCHAR(1),
    kind VARCHAR(20),
    inspects BOOLEAN NOT NULL,
    every INTEGER NOT NULL,
    first_too BOOLEAN NOT NULL,
    sampling VARCHAR(10) NOT NULL,
    sample INTEGER,
    allowed INTEGER NOT NULL,
    note VARCHAR(200),
    updated_at DATETIME NOT NULL,
    CONSTRAINT pk_inspection_rules PRIMARY KEY (id),
    CONSTRAINT ck_inspection_rules_every_positive CHECK (every >= 1),
    CONSTRAINT ck_inspection_rules_sample_where_needed CHECK ((sampling IN ('fixed', 'percent', 'aql')) = (sample IS NOT NULL)),
    CONSTRAINT ck_inspection_rules_sample_positive CHECK (sample > 0),
    CONSTRAINT ck_inspection_rules_percent_in_range CHECK (sampling <> 'percent' OR sample <= 100),
    CONSTRAINT ck_inspection_rules_allowed_not_negative CHECK (allowed >= 0),
    CONSTRAINT ck_inspection_rules_every_whole CHECK (typeof(every) IN ('integer', 'null')),
    CONSTRAINT ck_inspection_rules_sample_whole CHECK (typeof(sample) IN ('integer', 'null')),
    CONSTRAINT ck_inspection_rules_allowed_whole CHECK (typeof(allowed) IN ('integer', 'null')),
    CONSTRAINT fk_inspection_rules_site_id FOREIGN KEY(site_id) REFERENCES sites (id),
    CONSTRAINT fk_inspection_rules_partner_id FOREIGN KEY(partner_id) REFERENCES partners (id),
    CONSTRAINT fk_inspection_rules_product_id FOREIGN KEY(product_id) REFERENCES products (id)
);

CREATE TABLE inspections (
    id INTEGER NOT NULL,
    site_id INTEGER NOT NULL,
    number VARCHAR(80) NOT NULL,
    status VARCHAR(12) NOT NULL,
    inbound_order_id INTEGER,
    inbound_line_id INTEGER,
    partner_id INTEGER,
    product_id INTEGER NOT NULL,
    batch_id INTEGER NOT NULL,
    handling_unit_id INTEGER,
    movement_id INTEGER,
    document VARCHAR(80),
    task_id INTEGER,
    rule_id INTEGER,
    why JSON NOT NULL,
    quantity INTEGER NOT NULL,
    sample_size INTEGER NOT NULL,
    fails_from INTEGER NOT NULL,
    accepted INTEGER DEFAULT '0' NOT NULL,
    conceded INTEGER DEFAULT '0' NOT NULL,
    rejected INTEGER DEFAULT '0' NOT NULL,
    needs_certificate BOOLEAN NOT NULL,
    certificate VARCHAR(80),
    concession VARCHAR(200),
    allowed_by_id INTEGER,
    note VARCHAR(500),
    opened_at DATETIME NOT NULL,
    ended_at DATETIME,
    ended_by_id INTEGER,
    CONSTRAINT pk_inspections PRIMARY KEY (id),
    CONSTRAINT uq_inspections_site_id_number UNIQUE (site_id, number),
    CONSTRAINT ck_inspections_quantity_positive CHECK (quantity > 0),
    CONSTRAINT ck_inspections_results_not_negative CHECK (accepted >= 0 AND conceded >= 0 AND rejected >= 0),
    CONSTRAINT ck_inspections_results_within_quantity CHECK (accepted + conceded + rejected <= quantity),
    CONSTRAINT ck_inspections_sample_in_range CHECK (sample_size BETWEEN 0 AND quantity AND fails_from >= 1),
    CONSTRAINT ck_inspections_status_known CHECK (status IN ('open', 'accepted', 'partly', 'rejected', 'withdrawn')),
    CONSTRAINT ck_inspections_ends_once CHECK ((status = 'open') = (ended_at IS NULL)),
    CONSTRAINT ck_inspections_ended_with_all_decided CHECK (status IN ('open', 'withdrawn') OR accepted + conceded + rejected = quantity),
    CONSTRAINT ck_inspections_concession_is_allowed CHECK (conceded = 0 OR allowed_by_id IS NOT NULL),
    CONSTRAINT ck_inspections_accepted_with_certificate CHECK (accepted + conceded = 0 OR NOT needs_certificate OR certificate IS NOT NULL),
    CONSTRAINT ck_inspections_quantity_whole CHECK (typeof(quantity) IN ('integer', 'null')),
    CONSTRAINT ck_inspections_accepted_whole CHECK (typeof(accepted) IN ('integer', 'null')),
    CONSTRAINT ck_inspections_conceded_whole CHECK (typeof(conceded) IN ('integer', 'null')),
    CONSTRAINT ck_inspections_rejected_whole CHECK (typeof(rejected) IN ('integer', 'null')),
    CONSTRAINT ck_inspections_sample_size_whole CHECK (typeof(sample_size) IN ('integer', 'null')),
    CONSTRAINT ck_inspections_fails_from_whole CHECK (typeof(fails_from) IN ('integer', 'null')),
    CONSTRAINT fk_inspections_site_id FOREIGN KEY(site_id) REFERENCES sites (id),
    CONSTRAINT fk_inspections_inbound_order_id FOREIGN KEY(inbound_order_id) REFERENCES inbound_orders (id),
    CONSTRAINT fk_inspections_inbound_line_id FOREIGN KEY(inbound_line_id) REFERENCES inbound_lines (id),
    CONSTRAINT fk_inspections_partner_id FOREIGN KEY(partner_id) REFERENCES partners (id),
    CONSTRAINT fk_inspections_product_id FOREIGN KEY(product_id) REFERENCES products (id),
    CONSTRAINT fk_inspections_batch_id FOREIGN KEY(batch_id) REFERENCES batches (id),
    CONSTRAINT fk_inspections_handling_unit_id FOREIGN KEY(handling_unit_id) REFERENCES handling_units (id),
    CONSTRAINT fk_inspections_movement_id FOREIGN KEY(movement_id) REFERENCES movements (id),
    CONSTRAINT fk_inspections_task_id FOREIGN KEY(task_id) REFERENCES tasks (id),
    CONSTRAINT fk_inspections_rule_id FOREIGN KEY(rule_id) REFERENCES inspection_rules (id) ON DELETE SET NULL,
    CONSTRAINT fk_inspections_allowed_by_id FOREIGN KEY(allowed_by_id) REFERENCES people (id),
    CONSTRAINT fk_inspections_ended_by_id FOREIGN KEY(ended_by_id) REFERENCES people (id)
);

CREATE TABLE new_locations (
    id INTEGER NOT NULL,
    site_id INTEGER NOT NULL,
    code VARCHAR(80) NOT NULL,
    code_key VARCHAR(200) NOT NULL,
    kind VARCHAR(20) NOT NULL,
    zone VARCHAR(40),
    aisle VARCHAR(40),
    bay VARCHAR(40),
    level VARCHAR(40),
    position VARCHAR(40),
    x_mm INTEGER DEFAULT '0' NOT NULL,
    y_mm INTEGER DEFAULT '0' NOT NULL,
    z_mm INTEGER DEFAULT '0' NOT NULL,
    max_weight_grams INTEGER,
    max_volume_cm3 INTEGER,
    max_units INTEGER,
    mixing VARCHAR(20) NOT NULL,
    max_height_mm INTEGER,
    storage_class VARCHAR(40),
    temperature VARCHAR(10),
    group_id INTEGER,
    allow_negative BOOLEAN NOT NULL,
    partner_id INTEGER,
    assigned_product_id INTEGER,
    assigned_minimum INTEGER,
    assigned_maximum INTEGER,
    updated_at DATETIME NOT NULL,
    CONSTRAINT pk_locations PRIMARY KEY (id),
    CONSTRAINT uq_locations_site_id_code_key UNIQUE (site_id, code_key),
    CONSTRAINT ck_locations_face_levels CHECK (assigned_minimum >= 0 AND assigned_maximum >= assigned_minimum),
    CONSTRAINT ck_locations_limits_positive CHECK (max_weight_grams > 0 AND max_volume_cm3 > 0 AND max_units > 0),
    CONSTRAINT ck_locations_height_positive CHECK (max_height_mm > 0),
    CONSTRAINT fk_locations_site_id FOREIGN KEY(site_id) REFERENCES sites (id),
    CONSTRAINT fk_locations_group_id FOREIGN KEY(group_id) REFERENCES bin_groups (id),
    CONSTRAINT fk_locations_partner_id FOREIGN KEY(partner_id) REFERENCES partners (id),
    CONSTRAINT fk_locations_assigned_product_id FOREIGN KEY(assigned_product_id) REFERENCES products (id)
);

INSERT INTO new_locations (id, site_id, code, code_key, kind, zone, aisle, bay, level, position, x_mm, y_mm, z_mm, max_weight_grams, max_volume_cm3, max_units, mixing, storage_class, allow_negative, partner_id, assigned_product_id, assigned_minimum, assigned_maximum, updated_at)
SELECT id, site_id, code, code_key, kind, zone, aisle, bay, level, position, x_mm, y_mm, z_mm, max_weight_grams, max_volume_cm3, max_units, mixing, storage_class, allow_negative, partner_id, assigned_product_id, assigned_minimum, assigned_maximum, updated_at
FROM locations;

DROP TABLE locations;

ALTER TABLE new_locations RENAME TO locations;

CREATE TABLE new_movements (
    id INTEGER NOT NULL,
    "key" VARCHAR(120) NOT NULL,
    at DATETIME NOT NULL,
    device_at DATETIME,
    site_id INTEGER NOT NULL,
    product_id INTEGER NOT NULL,
    batch_id INTEGER NOT NULL,
    quantity INTEGER NOT NULL,
    source_id INTEGER NOT NULL,
    source_unit_id INTEGER,
    source_condition VARCHAR(12) NOT NULL,
    target_id INTEGER NOT NULL,
    target_unit_id INTEGER,
    target_condition VARCHAR(12) NOT NULL,
    kind VARCHAR(20) NOT NULL,
    reason VARCHAR(200),
    document VARCHAR(80),
    order_line_id INTEGER,
    inbound_line_id INTEGER,
    arrival_id INTEGER,
    task_id INTEGER,
    reverses_id INTEGER,
    by_id INTEGER NOT NULL,
    CONSTRAINT pk_movements PRIMARY KEY (id),
    CONSTRAINT uq_movements_key UNIQUE ("key"),
    CONSTRAINT uq_movements_reverses_id UNIQUE (reverses_id),
    CONSTRAINT ck_movements_quantity_positive CHECK (quantity > 0),
    CONSTRAINT ck_movements_quantity_whole CHECK (typeof(quantity) IN ('integer', 'null')),
    CONSTRAINT fk_movements_site_id FOREIGN KEY(site_id) REFERENCES sites (id),
    CONSTRAINT fk_movements_product_id FOREIGN KEY(product_id) REFERENCES products (id),
    CONSTRAINT fk_movements_batch_id FOREIGN KEY(batch_id) REFERENCES batches (id),
    CONSTRAINT fk_movements_source_id FOREIGN KEY(source_id) REFERENCES locations (id),
    CONSTRAINT fk_movements_source_unit_id FOREIGN KEY(source_unit_id) REFERENCES handling_units (id),
    CONSTRAINT fk_movements_target_id FOREIGN KEY(target_id) REFERENCES locations (id),
    CONSTRAINT fk_movements_target_unit_id FOREIGN KEY(target_unit_id) REFERENCES handling_units (id),
    CONSTRAINT fk_movements_order_line_id FOREIGN KEY(order_line_id) REFERENCES order_lines (id),
    CONSTRAINT fk_movements_inbound_line_id FOREIGN KEY(inbound_line_id) REFERENCES inbound_lines (id),
    CONSTRAINT fk_movements_arrival_id FOREIGN KEY(arrival_id) REFERENCES arrivals (id),
    CONSTRAINT fk_movements_task_id FOREIGN KEY(task_id) REFERENCES tasks (id),
    CONSTRAINT fk_movements_reverses_id FOREIGN KEY(reverses_id) REFERENCES movements (id),
    CONSTRAINT fk_movements_by_id FOREIGN KEY(by_id) REFERENCES people (id)
);

INSERT INTO new_movements (id, "key", at, device_at, site_id, product_id, batch_id, quantity, source_id, source_unit_id, source_condition, target_id, target_unit_id, target_condition, kind, reason, document, order_line_id, inbound_line_id, task_id, reverses_id, by_id)
SELECT id, "key", at, device_at, site_id, product_id, batch_id, quantity, source_id, source_unit_id, source_condition, target_id, target_unit_id, target_condition, kind, reason, document, order_line_id, inbound_line_id, task_id, reverses_id, by_id
FROM movements;

DROP TABLE movements;

ALTER TABLE new_movements RENAME TO movements;

CREATE TABLE photos (
    id INTEGER NOT NULL,
    site_id INTEGER NOT NULL,
    subject_kind VARCHAR(30) NOT NULL,
    subject_id INTEGER NOT NULL,
    name VARCHAR(40) NOT NULL,
    digest VARCHAR(64) NOT NULL,
    width INTEGER NOT NULL,
    height INTEGER NOT NULL,
    size INTEGER NOT NULL,
    content BLOB,
    thumbnail BLOB,
    taken_at DATETIME NOT NULL,
    by_id INTEGER NOT NULL,
    CONSTRAINT pk_photos PRIMARY KEY (id),
    CONSTRAINT uq_photos_name UNIQUE (name),
    CONSTRAINT uq_photos_subject_kind_subject_id_digest UNIQUE (subject_kind, subject_id, digest),
    CONSTRAINT ck_photos_size_in_range CHECK (size BETWEEN 1 AND 409600),
    CONSTRAINT fk_photos_site_id FOREIGN KEY(site_id) REFERENCES sites (id),
    CONSTRAINT fk_photos_by_id FOREIGN KEY(by_id) REFERENCES people (id)
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
    shelf_life_days INTEGER,
    min_receipt_days INTEGER,
    too_old VARCHAR(10) NOT NULL,
    weight_grams INTEGER DEFAULT '0' NOT NULL,
    length_mm INTEGER DEFAULT '0' NOT NULL,
    width_mm INTEGER DEFAULT '0' NOT NULL,
    height_mm INTEGER DEFAULT '0' NOT NULL,
    abc VARCHAR(1),
    storage_class VARCHAR(40),
    temperature VARCHAR(10),
    owner_id INTEGER,
    updated_at DATETIME NOT NULL,
    CONSTRAINT pk_products PRIMARY KEY (id),
    CONSTRAINT uq_products_sku_key UNIQUE (sku_key),
    CONSTRAINT ck_products_decimals_in_range CHECK (decimals BETWEEN 0 AND 6),
    CONSTRAINT ck_products_measures_not_negative CHECK (weight_grams >= 0 AND length_mm >= 0 AND width_mm >= 0 AND height_mm >= 0),
    CONSTRAINT fk_products_owner_id FOREIGN KEY(owner_id) REFERENCES partners (id)
);

INSERT INTO new_products (id, sku, sku_key, name, name_zh, name_en, base_unit, decimals, tracking, rotation, shelf_life_days, too_old, weight_grams, length_mm, width_mm, height_mm, abc, storage_class, owner_id, updated_at)
SELECT id, sku, sku_key, name, name_zh, name_en, base_unit, decimals, tracking, rotation, shelf_life_days, 'refuse', weight_grams, length_mm, width_mm, height_mm, abc, storage_class, owner_id, updated_at
FROM products;

DROP TABLE products;

ALTER TABLE new_products RENAME TO products;

CREATE TABLE putaway_choices (
    id INTEGER NOT NULL,
    site_id INTEGER NOT NULL,
    at DATETIME NOT NULL,
    by_id INTEGER NOT NULL,
    task_id INTEGER NOT NULL,
    movement_id INTEGER,
    suggested_id INTEGER NOT NULL,
    chosen_id INTEGER,
    reason VARCHAR(20) NOT NULL,
    CONSTRAINT pk_putaway_choices PRIMARY KEY (id),
    CONSTRAINT fk_putaway_choices_site_id FOREIGN KEY(site_id) REFERENCES sites (id),
    CONSTRAINT fk_putaway_choices_by_id FOREIGN KEY(by_id) REFERENCES people (id),
    CONSTRAINT fk_putaway_choices_task_id FOREIGN KEY(task_id) REFERENCES tasks (id),
    CONSTRAINT fk_putaway_choices_movement_id FOREIGN KEY(movement_id) REFERENCES movements (id),
    CONSTRAINT fk_putaway_choices_suggested_id FOREIGN KEY(suggested_id) REFERENCES locations (id),
    CONSTRAINT fk_putaway_choices_chosen_id FOREIGN KEY(chosen_id) REFERENCES locations (id)
);

CREATE TABLE putaway_rulebooks (
    site_id INTEGER NOT NULL,
    version INTEGER DEFAULT '0' NOT NULL,
    changed_at DATETIME NOT NULL,
    changed_by_id INTEGER NOT NULL,
    CONSTRAINT pk_putaway_rulebooks PRIMARY KEY (site_id),
    CONSTRAINT fk_putaway_rulebooks_site_id FOREIGN KEY(site_id) REFERENCES sites (id),
    CONSTRAINT fk_putaway_rulebooks_changed_by_id FOREIGN KEY(changed_by_id) REFERENCES people (id)
);

CREATE TABLE putaway_rules (
    id INTEGER NOT NULL,
    site_id INTEGER NOT NULL,
    position INTEGER DEFAULT '0' NOT NULL,
    active BOOLEAN NOT NULL,
    method VARCHAR(20) NOT NULL,
    zones JSON NOT NULL,
    product_id INTEGER,
    storage_class VARCHAR(40),
    temperature VARCHAR(10),
    abc VARCHAR(1),
    condition VARCHAR(12),
    supplier_id INTEGER,
    unit_kind VARCHAR(10),
    start_zone VARCHAR(40),
    CONSTRAINT pk_putaway_rules PRIMARY KEY (id),
    CONSTRAINT ck_putaway_rules_position_counts_from_one CHECK (position > 0),
    CONSTRAINT fk_putaway_rules_site_id FOREIGN KEY(site_id) REFERENCES sites (id),
    CONSTRAINT fk_putaway_rules_product_id FOREIGN KEY(product_id) REFERENCES products (id),
    CONSTRAINT fk_putaway_rules_supplier_id FOREIGN KEY(supplier_id) REFERENCES partners (id)
);

CREATE TABLE reaches (
    start_id INTEGER NOT NULL,
    site_id INTEGER NOT NULL,
    second_third_mm INTEGER NOT NULL,
    last_third_mm INTEGER NOT NULL,
    CONSTRAINT pk_reaches PRIMARY KEY (start_id),
    CONSTRAINT fk_reaches_start_id FOREIGN KEY(start_id) REFERENCES locations (id),
    CONSTRAINT fk_reaches_site_id FOREIGN KEY(site_id) REFERENCES sites (id)
);

CREATE TABLE return_lines (
    id INTEGER NOT NULL,
    return_id INTEGER NOT NULL,
    line INTEGER NOT NULL,
    product_id INTEGER NOT NULL,
    batch_id INTEGER NOT NULL,
    quantity INTEGER NOT NULL,
    found VARCHAR(12) NOT NULL,
    disposition VARCHAR(12) NOT NULL,
    reason VARCHAR(200),
    status VARCHAR(16) NOT NULL,
    location_id INTEGER NOT NULL,
    handling_unit_id INTEGER,
    order_line_id INTEGER,
    difference_id INTEGER,
    movement_id INTEGER NOT NULL,
    replaces_id INTEGER,
    ended_at DATETIME,
    ended_by_id INTEGER,
    ending VARCHAR(500),
    CONSTRAINT pk_return_lines PRIMARY KEY (id),
    CONSTRAINT uq_return_lines_return_id_line UNIQUE (return_id, line),
    CONSTRAINT uq_return_lines_movement_id UNIQUE (movement_id),
    CONSTRAINT ck_return_lines_quantity_positive CHECK (quantity > 0),
    CONSTRAINT ck_return_lines_found_known CHECK (found IN ('good', 'opened', 'damaged', 'unusable')),
    CONSTRAINT ck_return_lines_disposition_known CHECK (disposition IN ('restock', 'hold', 'defect', 'scrap')),
    CONSTRAINT ck_return_lines_ends_once CHECK ((status IN ('booked', 'waiting', 'to_send_back', 'to_scrap')) = (ended_at IS NULL)),
    CONSTRAINT ck_return_lines_quantity_whole CHECK (typeof(quantity) IN ('integer', 'null')),
    CONSTRAINT fk_return_lines_return_id FOREIGN KEY(return_id) REFERENCES returns (id),
    CONSTRAINT fk_return_lines_product_id FOREIGN KEY(product_id) REFERENCES products (id),
    CONSTRAINT fk_return_lines_batch_id FOREIGN KEY(batch_id) REFERENCES batches (id),
    CONSTRAINT fk_return_lines_location_id FOREIGN KEY(location_id) REFERENCES locations (id),
    CONSTRAINT fk_return_lines_handling_unit_id FOREIGN KEY(handling_unit_id) REFERENCES handling_units (id),
    CONSTRAINT fk_return_lines_order_line_id FOREIGN KEY(order_line_id) REFERENCES order_lines (id),
    CONSTRAINT fk_return_lines_difference_id FOREIGN KEY(difference_id) REFERENCES differences (id),
    CONSTRAINT fk_return_lines_movement_id FOREIGN KEY(movement_id) REFERENCES movements (id),
    CONSTRAINT fk_return_lines_replaces_id FOREIGN KEY(replaces_id) REFERENCES return_lines (id),
    CONSTRAINT fk_return_lines_ended_by_id FOREIGN KEY(ended_by_id) REFERENCES people (id)
);

CREATE TABLE returns (
    id INTEGER NOT NULL,
    site_id INTEGER NOT NULL,
    number VARCHAR(80) NOT NULL,
    kind VARCHAR(20) NOT NULL,
    status VARCHAR(12) NOT NULL,
    order_id INTEGER,
    customer_id INTEGER,
    inbound_order_id INTEGER,
    arrival_id INTEGER,
    consignment_id INTEGER,
    sender VARCHAR(200),
    reason VARCHAR(200),
    note VARCHAR(500),
    created_at DATETIME NOT NULL,
    created_by_id INTEGER NOT NULL,
    updated_at DATETIME NOT NULL,
    finished_at DATETIME,
    closed_at DATETIME,
    CONSTRAINT pk_returns PRIMARY KEY (id),
    CONSTRAINT uq_returns_site_id_number UNIQUE (site_id, number),
    CONSTRAINT ck_returns_kind_known CHECK (kind IN ('order', 'without_papers', 'consignment')),
    CONSTRAINT ck_returns_status_known CHECK (status IN ('open', 'waiting', 'closed')),
    CONSTRAINT ck_returns_closed_once CHECK ((status = 'closed') = (closed_at IS NOT NULL)),
    CONSTRAINT ck_returns_order_named CHECK (kind <> 'order' OR order_id IS NOT NULL),
    CONSTRAINT ck_returns_place_named CHECK (kind <> 'consignment' OR consignment_id IS NOT NULL),
    CONSTRAINT fk_returns_site_id FOREIGN KEY(site_id) REFERENCES sites (id),
    CONSTRAINT fk_returns_order_id FOREIGN KEY(order_id) REFERENCES orders (id),
    CONSTRAINT fk_returns_customer_id FOREIGN KEY(customer_id) REFERENCES partners (id),
    CONSTRAINT fk_returns_inbound_order_id FOREIGN KEY(inbound_order_id) REFERENCES inbound_orders (id),
    CONSTRAINT fk_returns_arrival_id FOREIGN KEY(arrival_id) REFERENCES arrivals (id),
    CONSTRAINT fk_returns_consignment_id FOREIGN KEY(consignment_id) REFERENCES locations (id),
    CONSTRAINT fk_returns_created_by_id FOREIGN KEY(created_by_id) REFERENCES people (id)
);

CREATE TABLE vacancies (
    id INTEGER NOT NULL,
    location_id INTEGER NOT NULL,
    group_id INTEGER,
    x_mm INTEGER DEFAULT '0' NOT NULL,
    y_mm INTEGER DEFAULT '0' NOT NULL,
    z_mm INTEGER DEFAULT '0' NOT NULL,
    CONSTRAINT pk_vacancies PRIMARY KEY (id),
    CONSTRAINT fk_vacancies_location_id FOREIGN KEY(location_id) REFERENCES locations (id),
    CONSTRAINT fk_vacancies_group_id FOREIGN KEY(group_id) REFERENCES bin_groups (id)
);

DROP INDEX ix_stock_product;

CREATE INDEX ix_announced_contents_line ON announced_contents (inbound_line_id);

CREATE INDEX ix_announced_contents_unit ON announced_contents (announced_unit_id);

CREATE INDEX ix_announced_units_code ON announced_units (code_key);

CREATE INDEX ix_announced_units_parent_id ON announced_units (parent_id);

CREATE UNIQUE INDEX uq_announced_units_expected ON announced_units (site_id, code_key) WHERE status = 'announced';

CREATE INDEX ix_arrival_orders_order ON arrival_orders (inbound_order_id);

CREATE INDEX ix_arrivals_arrived ON arrivals (site_id, arrived_at);

CREATE INDEX ix_arrivals_dock ON arrivals (dock_id, planned_from);

CREATE INDEX ix_arrivals_plate ON arrivals (site_id, plate_key);

CREATE INDEX ix_arrivals_status ON arrivals (site_id, status, planned_from);

CREATE INDEX ix_barcodes_packaging_id ON barcodes (packaging_id);

CREATE INDEX ix_barcodes_product_id ON barcodes (product_id);

CREATE INDEX ix_differences_inbound ON differences (inbound_order_id, id);

CREATE INDEX ix_differences_movement ON differences (movement_id);

CREATE INDEX ix_differences_order ON differences (order_id);

CREATE INDEX ix_differences_status ON differences (site_id, status, id);

CREATE INDEX ix_dock_bookings_arrival ON dock_bookings (arrival_id);

CREATE INDEX ix_handling_units_load_id ON handling_units (load_id);

CREATE INDEX ix_handling_units_location_id ON handling_units (location_id);

CREATE INDEX ix_handling_units_order_id ON handling_units (order_id);

CREATE INDEX ix_handling_units_parent_id ON handling_units (parent_id);

CREATE INDEX ix_handling_units_root_id ON handling_units (root_id);

CREATE INDEX ix_handling_units_tracking ON handling_units (tracking) WHERE tracking IS NOT NULL;

CREATE INDEX ix_inbound_lines_of_order ON inbound_lines (inbound_order_id, product_id);

CREATE INDEX ix_inbound_orders_status ON inbound_orders (site_id, status);

CREATE INDEX ix_inspection_defects_inspection ON inspection_defects (inspection_id);

CREATE INDEX ix_inspection_rules_order ON inspection_rules (site_id, position);

CREATE INDEX ix_inspections_batch ON inspections (batch_id, status);

CREATE INDEX ix_inspections_inbound ON inspections (inbound_order_id, id);

CREATE INDEX ix_inspections_movement ON inspections (movement_id);

CREATE INDEX ix_inspections_status ON inspections (site_id, status, id);

CREATE INDEX ix_inspections_unit ON inspections (handling_unit_id, status);

CREATE INDEX ix_locations_assigned_product_id ON locations (assigned_product_id);

CREATE INDEX ix_locations_group ON locations (site_id, kind, group_id);

CREATE INDEX ix_locations_group_id ON locations (group_id);

CREATE INDEX ix_locations_kind ON locations (site_id, kind);

CREATE INDEX ix_movements_arrival ON movements (arrival_id) WHERE arrival_id IS NOT NULL;

CREATE INDEX ix_movements_batch ON movements (batch_id, id);

CREATE INDEX ix_movements_document ON movements (document, site_id, kind) WHERE document IS NOT NULL;

CREATE INDEX ix_movements_inbound_line ON movements (inbound_line_id, kind);

CREATE INDEX ix_movements_kind ON movements (site_id, kind, id);

CREATE INDEX ix_movements_order_line ON movements (order_line_id, kind);

CREATE INDEX ix_movements_source ON movements (source_id, id);

CREATE INDEX ix_movements_target ON movements (target_id, id);

CREATE INDEX ix_photos_taken ON photos (taken_at);

CREATE INDEX ix_putaway_choices_site ON putaway_choices (site_id, id);

CREATE INDEX ix_putaway_choices_task ON putaway_choices (task_id);

CREATE INDEX ix_putaway_rules_site ON putaway_rules (site_id, position);

CREATE INDEX ix_reaches_site_id ON reaches (site_id);

CREATE INDEX ix_return_lines_order_line ON return_lines (order_line_id);

CREATE INDEX ix_return_lines_unit ON return_lines (handling_unit_id);

CREATE INDEX ix_returns_order ON returns (order_id);

CREATE INDEX ix_returns_status ON returns (site_id, status, id);

CREATE INDEX ix_shipments_tracking ON shipments (tracking) WHERE tracking IS NOT NULL;

CREATE INDEX ix_stock_latest ON stock (product_id, site_id, id);

CREATE INDEX ix_stock_location ON stock (location_id);

CREATE INDEX ix_vacancies_group ON vacancies (group_id, location_id);

CREATE INDEX ix_vacancies_location ON vacancies (location_id);

CREATE TRIGGER handling_units_follow AFTER UPDATE OF location_id ON handling_units WHEN OLD.location_id <> NEW.location_id BEGIN UPDATE handling_units SET location_id = NEW.location_id WHERE parent_id = NEW.id AND location_id <> NEW.location_id; UPDATE handling_units SET location_id = NEW.location_id WHERE location_id <> NEW.location_id AND parent_id IN (SELECT above.id FROM handling_units AS above WHERE above.parent_id = NEW.id); END;

CREATE TRIGGER handling_units_nested_changed AFTER UPDATE OF parent_id, root_id, location_id, site_id ON handling_units WHEN NEW.parent_id IS NOT NULL AND (NOT EXISTS ( SELECT 1 FROM handling_units AS under WHERE under.id = NEW.parent_id AND under.location_id = NEW.location_id AND under.site_id = NEW.site_id AND COALESCE(under.root_id, under.id) = NEW.root_id) OR NEW.root_id = NEW.id OR EXISTS ( SELECT 1 FROM handling_units AS under JOIN handling_units AS below ON below.id = under.parent_id WHERE under.id = NEW.parent_id AND (below.parent_id IS NOT NULL OR EXISTS (SELECT 1 FROM handling_units AS above WHERE above.parent_id = NEW.id))) OR EXISTS ( SELECT 1 FROM handling_units AS above JOIN handling_units AS top ON top.parent_id = above.id WHERE above.parent_id = NEW.id)) BEGIN SELECT RAISE(ABORT, 'handling_units: a unit stands where the one under it stands, at most three levels high'); END;

CREATE TRIGGER handling_units_nested_new AFTER INSERT ON handling_units WHEN NEW.parent_id IS NOT NULL AND (NOT EXISTS ( SELECT 1 FROM handling_units AS under WHERE under.id = NEW.parent_id AND under.location_id = NEW.location_id AND under.site_id = NEW.site_id AND COALESCE(under.root_id, under.id) = NEW.root_id) OR NEW.root_id = NEW.id OR EXISTS ( SELECT 1 FROM handling_units AS under JOIN handling_units AS below ON below.id = under.parent_id WHERE under.id = NEW.parent_id AND (below.parent_id IS NOT NULL OR EXISTS (SELECT 1 FROM handling_units AS above WHERE above.parent_id = NEW.id))) OR EXISTS ( SELECT 1 FROM handling_units AS above JOIN handling_units AS top ON top.parent_id = above.id WHERE above.parent_id = NEW.id)) BEGIN SELECT RAISE(ABORT, 'handling_units: a unit stands where the one under it stands, at most three levels high'); END;

CREATE TRIGGER movements_not_deleted BEFORE DELETE ON movements BEGIN SELECT RAISE(ABORT, 'movements is append-only'); END;

CREATE TRIGGER movements_not_updated BEFORE UPDATE ON movements BEGIN SELECT RAISE(ABORT, 'movements is append-only'); END;

CREATE TRIGGER stock_emptied AFTER UPDATE OF on_hand ON stock WHEN NEW.on_hand = 0 AND OLD.on_hand <> 0 BEGIN INSERT INTO vacancies (location_id, group_id, x_mm, y_mm, z_mm) SELECT id, group_id, x_mm, y_mm, z_mm FROM locations WHERE id = NEW.location_id AND kind = 'storage'; END;

