-- Written by `make migration`: from 0002 to 0003.
DROP TRIGGER handling_units_follow;

DROP TRIGGER handling_units_nested_changed;

DROP TRIGGER handling_units_nested_new;

DROP TRIGGER movements_not_deleted;

DROP TRIGGER movements_not_updated;

DROP TRIGGER stock_emptied;

CREATE TABLE catch_weights (
    movement_id INTEGER NOT NULL,
    order_line_id INTEGER NOT NULL,
    grams INTEGER NOT NULL,
    CONSTRAINT pk_catch_weights PRIMARY KEY (movement_id),
    CONSTRAINT ck_catch_weights_grams_positive CHECK (grams > 0),
    CONSTRAINT fk_catch_weights_movement_id FOREIGN KEY(movement_id) REFERENCES movements (id),
    CONSTRAINT fk_catch_weights_order_line_id FOREIGN KEY(order_line_id) REFERENCES order_lines (id)
);

CREATE TABLE floor_plans (
    id INTEGER NOT NULL,
    site_id INTEGER NOT NULL,
    zone VARCHAR(40) NOT NULL,
    zone_key VARCHAR(200) NOT NULL,
    cross_aisles_mm JSON NOT NULL,
    one_way JSON NOT NULL,
    closed JSON NOT NULL,
    start_id INTEGER,
    updated_at DATETIME NOT NULL,
    CONSTRAINT pk_floor_plans PRIMARY KEY (id),
    CONSTRAINT uq_floor_plans_site_id_zone_key UNIQUE (site_id, zone_key),
    CONSTRAINT fk_floor_plans_site_id FOREIGN KEY(site_id) REFERENCES sites (id),
    CONSTRAINT fk_floor_plans_start_id FOREIGN KEY(start_id) REFERENCES locations (id)
);

CREATE TABLE freshness (
    id INTEGER NOT NULL,
    partner_id INTEGER NOT NULL,
    product_id INTEGER NOT NULL,
    min_remaining_days INTEGER NOT NULL,
    CONSTRAINT pk_freshness PRIMARY KEY (id),
    CONSTRAINT uq_freshness_partner_id_product_id UNIQUE (partner_id, product_id),
    CONSTRAINT ck_freshness_days_not_negative CHECK (min_remaining_days >= 0),
    CONSTRAINT fk_freshness_partner_id FOREIGN KEY(partner_id) REFERENCES partners (id),
    CONSTRAINT fk_freshness_product_id FOREIGN KEY(product_id) REFERENCES products (id)
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
    equipment VARCHAR(40),
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

INSERT INTO new_locations (id, site_id, code, code_key, kind, zone, aisle, bay, level, position, x_mm, y_mm, z_mm, max_weight_grams, max_volume_cm3, max_units, mixing, max_height_mm, storage_class, temperature, group_id, allow_negative, partner_id, assigned_product_id, assigned_minimum, assigned_maximum, updated_at)
SELECT id, site_id, code, code_key, kind, zone, aisle, bay, level, position, x_mm, y_mm, z_mm, max_weight_grams, max_volume_cm3, max_units, mixing, max_height_mm, storage_class, temperature, group_id, allow_negative, partner_id, assigned_product_id, assigned_minimum, assigned_maximum, updated_at
FROM locations;

DROP TABLE locations;

ALTER TABLE new_locations RENAME TO locations;

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
    CONSTRAINT pk_order_lines PRIMARY KEY (id),
    CONSTRAINT uq_order_lines_order_id_line UNIQUE (order_id, line),
    CONSTRAINT ck_order_lines_ordered_positive CHECK (ordered > 0),
    CONSTRAINT ck_order_lines_counters_not_negative CHECK (promised >= 0 AND reserved >= 0 AND picked >= 0 AND packed >= 0 AND shipped >= 0 AND delivered >= 0 AND returned >= 0 AND cancelled >= 0 AND short >= 0),
    CONSTRAINT ck_order_lines_counters_nested CHECK (shipped <= packed AND packed <= picked AND picked <= ordered),
    CONSTRAINT ck_order_lines_claims_within_ordered CHECK (promised + reserved + picked + short <= ordered),
    CONSTRAINT ck_order_lines_ends_within CHECK (delivered <= shipped AND returned <= shipped AND cancelled <= ordered),
    CONSTRAINT ck_order_lines_ordered_whole CHECK (typeof(ordered) IN ('integer', 'null')),
    CONSTRAINT ck_order_lines_promised_whole CHECK (typeof(promised) IN ('integer', 'null')),
    CONSTRAINT ck_order_lines_reserved_whole CHECK (typeof(reserved) IN ('integer', 'null')),
    CONSTRAINT ck_order_lines_picked_whole CHECK (typeof(picked) IN ('integer', 'null')),
    CONSTRAINT ck_order_lines_packed_whole CHECK (typeof(packed) IN ('integer', 'null')),
    CONSTRAINT ck_order_lines_shipped_whole CHECK (typeof(shipped) IN ('integer', 'null')),
    CONSTRAINT fk_order_lines_order_id FOREIGN KEY(order_id) REFERENCES orders (id),
    CONSTRAINT fk_order_lines_product_id FOREIGN KEY(product_id) REFERENCES products (id)
);

INSERT INTO new_order_lines (id, order_id, line, product_id, ordered, unit, lot, min_remaining_days, promised, reserved, picked, packed, shipped, delivered, returned, cancelled, short)
SELECT id, order_id, line, product_id, ordered, unit, lot, min_remaining_days, promised, reserved, picked, packed, shipped, delivered, returned, cancelled, short
FROM order_lines;

DROP TABLE order_lines;

ALTER TABLE new_order_lines RENAME TO order_lines;

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
    updated_at DATETIME NOT NULL,
    CONSTRAINT pk_partners PRIMARY KEY (id),
    CONSTRAINT uq_partners_code_key UNIQUE (code_key)
);

INSERT INTO new_partners (id, code, code_key, kind, name, address, credit_limit, credit_days, balance_due, oldest_due_on, min_remaining_days, updated_at)
SELECT id, code, code_key, kind, name, address, credit_limit, credit_days, balance_due, oldest_due_on, min_remaining_days, updated_at
FROM partners;

DROP TABLE partners;

ALTER TABLE new_partners RENAME TO partners;

CREATE TABLE pick_carts (
    id INTEGER NOT NULL,
    site_id INTEGER NOT NULL,
    code VARCHAR(80) NOT NULL,
    code_key VARCHAR(200) NOT NULL,
    name VARCHAR(200),
    positions INTEGER NOT NULL,
    tote_weight_grams INTEGER,
    tote_volume_cm3 INTEGER,
    max_weight_grams INTEGER,
    updated_at DATETIME NOT NULL,
    CONSTRAINT pk_pick_carts PRIMARY KEY (id),
    CONSTRAINT uq_pick_carts_site_id_code_key UNIQUE (site_id, code_key),
    CONSTRAINT ck_pick_carts_positions_in_range CHECK (positions BETWEEN 1 AND 60),
    CONSTRAINT ck_pick_carts_limits_positive CHECK (tote_weight_grams > 0 AND tote_volume_cm3 > 0 AND max_weight_grams > 0),
    CONSTRAINT fk_pick_carts_site_id FOREIGN KEY(site_id) REFERENCES sites (id)
);

CREATE TABLE new_pick_lists (
    id INTEGER NOT NULL,
    site_id INTEGER NOT NULL,
    number VARCHAR(40) NOT NULL,
    wave_id INTEGER NOT NULL,
    task_id INTEGER NOT NULL,
    method VARCHAR(10) NOT NULL,
    target_id INTEGER NOT NULL,
    cart_id INTEGER,
    follows_id INTEGER,
    zone VARCHAR(40),
    metres_planned INTEGER DEFAULT '0' NOT NULL,
    metres_by_name INTEGER DEFAULT '0' NOT NULL,
    metres_shortest INTEGER,
    metres_s_shape INTEGER,
    seconds_planned INTEGER,
    created_at DATETIME NOT NULL,
    CONSTRAINT pk_pick_lists PRIMARY KEY (id),
    CONSTRAINT uq_pick_lists_number UNIQUE (number),
    CONSTRAINT uq_pick_lists_task_id UNIQUE (task_id),
    CONSTRAINT fk_pick_lists_site_id FOREIGN KEY(site_id) REFERENCES sites (id),
    CONSTRAINT fk_pick_lists_wave_id FOREIGN KEY(wave_id) REFERENCES waves (id),
    CONSTRAINT fk_pick_lists_task_id FOREIGN KEY(task_id) REFERENCES tasks (id),
    CONSTRAINT fk_pick_lists_target_id FOREIGN KEY(target_id) REFERENCES locations (id),
    CONSTRAINT fk_pick_lists_cart_id FOREIGN KEY(cart_id) REFERENCES pick_carts (id),
    CONSTRAINT fk_pick_lists_follows_id FOREIGN KEY(follows_id) REFERENCES pick_lists (id)
);

INSERT INTO new_pick_lists (id, site_id, number, wave_id, task_id, method, target_id, metres_planned, metres_by_name, created_at)
SELECT id, site_id, number, wave_id, task_id, method, target_id, metres_planned, metres_by_name, created_at
FROM pick_lists;

DROP TABLE pick_lists;

ALTER TABLE new_pick_lists RENAME TO pick_lists;

CREATE TABLE pick_slots (
    id INTEGER NOT NULL,
    pick_list_id INTEGER NOT NULL,
    position INTEGER NOT NULL,
    order_id INTEGER NOT NULL,
    handling_unit_id INTEGER,
    full_at DATETIME,
    CONSTRAINT pk_pick_slots PRIMARY KEY (id),
    CONSTRAINT ck_pick_slots_position_positive CHECK (position >= 1),
    CONSTRAINT fk_pick_slots_pick_list_id FOREIGN KEY(pick_list_id) REFERENCES pick_lists (id),
    CONSTRAINT fk_pick_slots_order_id FOREIGN KEY(order_id) REFERENCES orders (id),
    CONSTRAINT fk_pick_slots_handling_unit_id FOREIGN KEY(handling_unit_id) REFERENCES handling_units (id)
);

CREATE TABLE pick_streams (
    site_id INTEGER NOT NULL,
    running BOOLEAN NOT NULL,
    method VARCHAR(10) NOT NULL,
    cart_id INTEGER,
    horizon_minutes INTEGER NOT NULL,
    most_orders INTEGER NOT NULL,
    most_lists INTEGER NOT NULL,
    zone_lines INTEGER NOT NULL,
    zone_caps JSON NOT NULL,
    updated_at DATETIME NOT NULL,
    by_id INTEGER,
    CONSTRAINT pk_pick_streams PRIMARY KEY (site_id),
    CONSTRAINT ck_pick_streams_horizon_positive CHECK (horizon_minutes > 0),
    CONSTRAINT ck_pick_streams_orders_in_range CHECK (most_orders BETWEEN 1 AND 200),
    CONSTRAINT ck_pick_streams_caps_positive CHECK (most_lists >= 1 AND zone_lines >= 1),
    CONSTRAINT fk_pick_streams_site_id FOREIGN KEY(site_id) REFERENCES sites (id),
    CONSTRAINT fk_pick_streams_cart_id FOREIGN KEY(cart_id) REFERENCES pick_carts (id),
    CONSTRAINT fk_pick_streams_by_id FOREIGN KEY(by_id) REFERENCES people (id)
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

INSERT INTO new_products (id, sku, sku_key, name, name_zh, name_en, base_unit, decimals, tracking, rotation, catch_weight, shelf_life_days, min_receipt_days, too_old, weight_grams, length_mm, width_mm, height_mm, abc, storage_class, temperature, owner_id, updated_at)
SELECT id, sku, sku_key, name, name_zh, name_en, base_unit, decimals, tracking, rotation, false, shelf_life_days, min_receipt_days, too_old, weight_grams, length_mm, width_mm, height_mm, abc, storage_class, temperature, owner_id, updated_at
FROM products;

DROP TABLE products;

ALTER TABLE new_products RENAME TO products;

CREATE TABLE new_reservations (
    id INTEGER NOT NULL,
    order_line_id INTEGER NOT NULL,
    stock_id INTEGER NOT NULL,
    quantity INTEGER NOT NULL,
    status VARCHAR(10) NOT NULL,
    stage VARCHAR(10) NOT NULL,
    task_id INTEGER,
    sequence INTEGER DEFAULT '0' NOT NULL,
    reasons JSON,
    created_at DATETIME NOT NULL,
    ended_at DATETIME,
    CONSTRAINT pk_reservations PRIMARY KEY (id),
    CONSTRAINT ck_reservations_quantity_positive CHECK (quantity > 0),
    CONSTRAINT ck_reservations_status_known CHECK (status IN ('pending', 'posted', 'voided', 'expired')),
    CONSTRAINT ck_reservations_ends_once CHECK ((status = 'pending') = (ended_at IS NULL)),
    CONSTRAINT ck_reservations_quantity_whole CHECK (typeof(quantity) IN ('integer', 'null')),
    CONSTRAINT fk_reservations_order_line_id FOREIGN KEY(order_line_id) REFERENCES order_lines (id),
    CONSTRAINT fk_reservations_stock_id FOREIGN KEY(stock_id) REFERENCES stock (id),
    CONSTRAINT fk_reservations_task_id FOREIGN KEY(task_id) REFERENCES tasks (id)
);

INSERT INTO new_reservations (id, order_line_id, stock_id, quantity, status, stage, task_id, sequence, created_at, ended_at)
SELECT id, order_line_id, stock_id, quantity, status, stage, task_id, sequence, created_at, ended_at
FROM reservations;

DROP TABLE reservations;

ALTER TABLE new_reservations RENAME TO reservations;

CREATE TABLE new_sites (
    id INTEGER NOT NULL,
    code VARCHAR(40) NOT NULL,
    code_key VARCHAR(200) NOT NULL,
    name VARCHAR(200) NOT NULL,
    bin_choice VARCHAR(20) DEFAULT 'face_first' NOT NULL,
    age_window_days INTEGER DEFAULT '0' NOT NULL,
    CONSTRAINT pk_sites PRIMARY KEY (id),
    CONSTRAINT uq_sites_code_key UNIQUE (code_key),
    CONSTRAINT ck_sites_age_window_in_range CHECK (age_window_days BETWEEN 0 AND 365)
);

INSERT INTO new_sites (id, code, code_key, name)
SELECT id, code, code_key, name
FROM sites;

DROP TABLE sites;

ALTER TABLE new_sites RENAME TO sites;

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
    lease_until DATETIME,
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
    CONSTRAINT fk_tasks_not_by_id FOREIGN KEY(not_by_id) REFERENCES people (id)
);

INSERT INTO new_tasks (id, site_id, kind, status, priority, due_at, document, order_id, inbound_line_id, product_id, batch_id, handling_unit_id, quantity, source_id, target_id, reasons, person_id, not_by_id, lease_until, epoch, created_at, wanted_at, done_at)
SELECT id, site_id, kind, status, priority, due_at, document, order_id, inbound_line_id, product_id, batch_id, handling_unit_id, quantity, source_id, target_id, reasons, person_id, not_by_id, lease_until, epoch, created_at, created_at, done_at
FROM tasks;

DROP TABLE tasks;

ALTER TABLE new_tasks RENAME TO tasks;

CREATE TABLE new_waves (
    id INTEGER NOT NULL,
    site_id INTEGER NOT NULL,
    number VARCHAR(40) NOT NULL,
    method VARCHAR(10) NOT NULL,
    origin VARCHAR(10) NOT NULL,
    cart_id INTEGER,
    created_at DATETIME NOT NULL,
    by_id INTEGER NOT NULL,
    CONSTRAINT pk_waves PRIMARY KEY (id),
    CONSTRAINT uq_waves_number UNIQUE (number),
    CONSTRAINT fk_waves_site_id FOREIGN KEY(site_id) REFERENCES sites (id),
    CONSTRAINT fk_waves_cart_id FOREIGN KEY(cart_id) REFERENCES pick_carts (id),
    CONSTRAINT fk_waves_by_id FOREIGN KEY(by_id) REFERENCES people (id)
);

INSERT INTO new_waves (id, site_id, number, method, origin, created_at, by_id)
SELECT id, site_id, number, method, 'desk', created_at, by_id
FROM waves;

DROP TABLE waves;

ALTER TABLE new_waves RENAME TO waves;

CREATE TABLE workers (
    person_id INTEGER NOT NULL,
    site_id INTEGER NOT NULL,
    location_id INTEGER,
    equipment JSON NOT NULL,
    zones JSON NOT NULL,
    seen_at DATETIME NOT NULL,
    CONSTRAINT pk_workers PRIMARY KEY (person_id),
    CONSTRAINT fk_workers_person_id FOREIGN KEY(person_id) REFERENCES people (id),
    CONSTRAINT fk_workers_site_id FOREIGN KEY(site_id) REFERENCES sites (id),
    CONSTRAINT fk_workers_location_id FOREIGN KEY(location_id) REFERENCES locations (id)
);

CREATE INDEX ix_catch_weights_order_line_id ON catch_weights (order_line_id);

CREATE INDEX ix_locations_assigned_product_id ON locations (assigned_product_id);

CREATE INDEX ix_locations_group ON locations (site_id, kind, group_id);

CREATE INDEX ix_locations_group_id ON locations (group_id);

CREATE INDEX ix_locations_kind ON locations (site_id, kind);

CREATE INDEX ix_order_lines_lot ON order_lines (product_id) WHERE lot IS NOT NULL AND promised > 0;

CREATE INDEX ix_order_lines_product ON order_lines (product_id);

CREATE INDEX ix_pick_lists_follows_id ON pick_lists (follows_id);

CREATE INDEX ix_pick_lists_wave_id ON pick_lists (wave_id);

CREATE INDEX ix_pick_slots_list ON pick_slots (pick_list_id, position);

CREATE INDEX ix_pick_slots_order_id ON pick_slots (order_id);

CREATE INDEX ix_pick_slots_unit ON pick_slots (handling_unit_id);

CREATE INDEX ix_reservations_line ON reservations (order_line_id, status);

CREATE INDEX ix_reservations_stock ON reservations (stock_id, status);

CREATE INDEX ix_reservations_task ON reservations (task_id, sequence);

CREATE INDEX ix_tasks_document ON tasks (document);

CREATE INDEX ix_tasks_order ON tasks (order_id);

CREATE INDEX ix_tasks_person ON tasks (person_id, status);

CREATE INDEX ix_tasks_queue ON tasks (site_id, status, kind, wanted_at, id);

CREATE INDEX ix_tasks_source ON tasks (source_id, status);

CREATE INDEX ix_tasks_square ON tasks (site_id, status, square, wanted_at, id);

CREATE INDEX ix_tasks_target ON tasks (target_id, status);

CREATE INDEX ix_tasks_unit ON tasks (handling_unit_id, status);

CREATE INDEX ix_workers_site_id ON workers (site_id);

CREATE TRIGGER handling_units_follow AFTER UPDATE OF location_id ON handling_units WHEN OLD.location_id <> NEW.location_id BEGIN UPDATE handling_units SET location_id = NEW.location_id WHERE parent_id = NEW.id AND location_id <> NEW.location_id; UPDATE handling_units SET location_id = NEW.location_id WHERE location_id <> NEW.location_id AND parent_id IN (SELECT above.id FROM handling_units AS above WHERE above.parent_id = NEW.id); END;

CREATE TRIGGER handling_units_nested_changed AFTER UPDATE OF parent_id, root_id, location_id, site_id ON handling_units WHEN NEW.parent_id IS NOT NULL AND (NOT EXISTS ( SELECT 1 FROM handling_units AS under WHERE under.id = NEW.parent_id AND under.location_id = NEW.location_id AND under.site_id = NEW.site_id AND COALESCE(under.root_id, under.id) = NEW.root_id) OR NEW.root_id = NEW.id OR EXISTS ( SELECT 1 FROM handling_units AS under JOIN handling_units AS below ON below.id = under.parent_id WHERE under.id = NEW.parent_id AND (below.parent_id IS NOT NULL OR EXISTS (SELECT 1 FROM handling_units AS above WHERE above.parent_id = NEW.id))) OR EXISTS ( SELECT 1 FROM handling_units AS above JOIN handling_units AS top ON top.parent_id = above.id WHERE above.parent_id = NEW.id)) BEGIN SELECT RAISE(ABORT, 'handling_units: a unit stands where the one under it stands, at most three levels high'); END;

CREATE TRIGGER handling_units_nested_new AFTER INSERT ON handling_units WHEN NEW.parent_id IS NOT NULL AND (NOT EXISTS ( SELECT 1 FROM handling_units AS under WHERE under.id = NEW.parent_id AND under.location_id = NEW.location_id AND under.site_id = NEW.site_id AND COALESCE(under.root_id, under.id) = NEW.root_id) OR NEW.root_id = NEW.id OR EXISTS ( SELECT 1 FROM handling_units AS under JOIN handling_units AS below ON below.id = under.parent_id WHERE under.id = NEW.parent_id AND (below.parent_id IS NOT NULL OR EXISTS (SELECT 1 FROM handling_units AS above WHERE above.parent_id = NEW.id))) OR EXISTS ( SELECT 1 FROM handling_units AS above JOIN handling_units AS top ON top.parent_id = above.id WHERE above.parent_id = NEW.id)) BEGIN SELECT RAISE(ABORT, 'handling_units: a unit stands where the one under it stands, at most three levels high'); END;

CREATE TRIGGER movements_not_deleted BEFORE DELETE ON movements BEGIN SELECT RAISE(ABORT, 'movements is append-only'); END;

CREATE TRIGGER movements_not_updated BEFORE UPDATE ON movements BEGIN SELECT RAISE(ABORT, 'movements is append-only'); END;

CREATE TRIGGER stock_emptied AFTER UPDATE OF on_hand ON stock WHEN NEW.on_hand = 0 AND OLD.on_hand <> 0 BEGIN INSERT INTO vacancies (location_id, group_id, x_mm, y_mm, z_mm) SELECT id, group_id, x_mm, y_mm, z_mm FROM locations WHERE id = NEW.location_id AND kind = 'storage'; END;

