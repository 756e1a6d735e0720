-- Written by `make migration`: from 0004 to 0005.
DROP TRIGGER handling_units_follow;

DROP TRIGGER handling_units_nested_changed;

DROP TRIGGER handling_units_nested_new;

DROP TRIGGER movements_not_deleted;

DROP TRIGGER movements_not_updated;

DROP TRIGGER stock_emptied;

CREATE TABLE benches (
    location_id INTEGER NOT NULL,
    scale VARCHAR(200),
    updated_at DATETIME NOT NULL,
    CONSTRAINT pk_benches PRIMARY KEY (location_id),
    CONSTRAINT fk_benches_location_id FOREIGN KEY(location_id) REFERENCES locations (id)
);

CREATE TABLE bookings (
    id INTEGER NOT NULL,
    handling_unit_id INTEGER NOT NULL,
    partner_id INTEGER NOT NULL,
    serial INTEGER NOT NULL,
    attempts INTEGER DEFAULT '0' NOT NULL,
    due_at DATETIME NOT NULL,
    error VARCHAR(300),
    tracking VARCHAR(80),
    label_pdf BLOB,
    booked_at DATETIME,
    CONSTRAINT pk_bookings PRIMARY KEY (id),
    CONSTRAINT uq_bookings_handling_unit_id UNIQUE (handling_unit_id),
    CONSTRAINT uq_bookings_partner_id_serial UNIQUE (partner_id, serial),
    CONSTRAINT ck_bookings_serial_positive CHECK (serial > 0 AND attempts >= 0),
    CONSTRAINT ck_bookings_booked_with_a_number CHECK ((tracking IS NULL) = (booked_at IS NULL)),
    CONSTRAINT fk_bookings_handling_unit_id FOREIGN KEY(handling_unit_id) REFERENCES handling_units (id),
    CONSTRAINT fk_bookings_partner_id FOREIGN KEY(partner_id) REFERENCES partners (id)
);

CREATE TABLE carrier_accounts (
    partner_id INTEGER NOT NULL,
    method VARCHAR(20) NOT NULL,
    settings JSON NOT NULL,
    updated_at DATETIME NOT NULL,
    CONSTRAINT pk_carrier_accounts PRIMARY KEY (partner_id),
    CONSTRAINT fk_carrier_accounts_partner_id FOREIGN KEY(partner_id) REFERENCES partners (id)
);

CREATE TABLE carton_types (
    id INTEGER NOT NULL,
    code VARCHAR(40) NOT NULL,
    code_key VARCHAR(200) NOT NULL,
    name VARCHAR(300),
    length_mm INTEGER NOT NULL,
    width_mm INTEGER NOT NULL,
    height_mm INTEGER NOT NULL,
    tare_grams INTEGER DEFAULT '0' NOT NULL,
    most_grams INTEGER,
    in_use BOOLEAN DEFAULT 1 NOT NULL,
    updated_at DATETIME NOT NULL,
    CONSTRAINT pk_carton_types PRIMARY KEY (id),
    CONSTRAINT uq_carton_types_code_key UNIQUE (code_key),
    CONSTRAINT ck_carton_types_sizes_positive CHECK (length_mm > 0 AND width_mm > 0 AND height_mm > 0),
    CONSTRAINT ck_carton_types_weights_possible CHECK (tare_grams >= 0 AND (most_grams IS NULL OR most_grams > 0))
);

CREATE TABLE check_rules (
    id INTEGER NOT NULL,
    product_id INTEGER,
    customer_id INTEGER,
    policy VARCHAR(10) NOT NULL,
    every_orders INTEGER,
    pieces INTEGER,
    updated_at DATETIME NOT NULL,
    CONSTRAINT pk_check_rules PRIMARY KEY (id),
    CONSTRAINT uq_check_rules_product_id UNIQUE (product_id),
    CONSTRAINT uq_check_rules_customer_id UNIQUE (customer_id),
    CONSTRAINT ck_check_rules_one_subject CHECK ((product_id IS NULL) <> (customer_id IS NULL)),
    CONSTRAINT ck_check_rules_policy_known CHECK (policy IN ('every', 'sample', 'trust')),
    CONSTRAINT ck_check_rules_sample_is_stated CHECK ((policy = 'sample') = (every_orders IS NOT NULL OR pieces IS NOT NULL)),
    CONSTRAINT ck_check_rules_sample_positive CHECK (every_orders > 0 AND pieces > 0),
    CONSTRAINT fk_check_rules_product_id FOREIGN KEY(product_id) REFERENCES products (id),
    CONSTRAINT fk_check_rules_customer_id FOREIGN KEY(customer_id) REFERENCES partners (id)
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
    carton_type_id INTEGER,
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
    CONSTRAINT fk_handling_units_load_id FOREIGN KEY(load_id) REFERENCES loads (id),
    CONSTRAINT fk_handling_units_carton_type_id FOREIGN KEY(carton_type_id) REFERENCES carton_types (id)
);

INSERT INTO new_handling_units (id, site_id, code, code_key, kind, location_id, parent_id, root_id, order_id, load_id, weight_grams, length_mm, width_mm, height_mm, tracking, closed_at, loaded_at, created_at)
SELECT id, site_id, code, code_key, kind, location_id, parent_id, root_id, order_id, load_id, weight_grams, length_mm, width_mm, height_mm, tracking, closed_at, loaded_at, created_at
FROM handling_units;

DROP TABLE handling_units;

ALTER TABLE new_handling_units RENAME TO handling_units;

CREATE TABLE kept_papers (
    id INTEGER NOT NULL,
    site_id INTEGER NOT NULL,
    kind VARCHAR(40) NOT NULL,
    number VARCHAR(80) NOT NULL,
    number_key VARCHAR(200) NOT NULL,
    final BOOLEAN NOT NULL,
    since DATETIME NOT NULL,
    content JSON NOT NULL,
    digest VARCHAR(64) NOT NULL,
    kept_at DATETIME NOT NULL,
    CONSTRAINT pk_kept_papers PRIMARY KEY (id),
    CONSTRAINT uq_kept_papers_site_id_kind_number_key_since UNIQUE (site_id, kind, number_key, since),
    CONSTRAINT fk_kept_papers_site_id FOREIGN KEY(site_id) REFERENCES sites (id)
);

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

INSERT INTO new_loads (id, site_id, number, carrier_id, door_id, vehicle, plate, driver, stops, seal, gate_pass, closed_units, status, created_at, closed_at, left_at)
SELECT id, site_id, number, carrier_id, door_id, vehicle, plate, driver, stops, seal, gate_pass, closed_units, status, created_at, closed_at, left_at
FROM loads;

DROP TABLE loads;

ALTER TABLE new_loads RENAME TO loads;

CREATE TABLE order_services (
    id INTEGER NOT NULL,
    order_id INTEGER NOT NULL,
    order_line_id INTEGER,
    position INTEGER DEFAULT '0' NOT NULL,
    code VARCHAR(20) NOT NULL,
    text VARCHAR(300),
    done_at DATETIME,
    done_by_id INTEGER,
    CONSTRAINT pk_order_services PRIMARY KEY (id),
    CONSTRAINT ck_order_services_confirmed_by_somebody CHECK ((done_at IS NULL) = (done_by_id IS NULL)),
    CONSTRAINT fk_order_services_order_id FOREIGN KEY(order_id) REFERENCES orders (id),
    CONSTRAINT fk_order_services_order_line_id FOREIGN KEY(order_line_id) REFERENCES order_lines (id),
    CONSTRAINT fk_order_services_done_by_id FOREIGN KEY(done_by_id) REFERENCES people (id)
);

CREATE TABLE new_packagings (
    id INTEGER NOT NULL,
    product_id INTEGER NOT NULL,
    unit VARCHAR(30) NOT NULL,
    quantity INTEGER NOT NULL,
    weight_grams INTEGER DEFAULT '0' NOT NULL,
    length_mm INTEGER DEFAULT '0' NOT NULL,
    width_mm INTEGER DEFAULT '0' NOT NULL,
    height_mm INTEGER DEFAULT '0' NOT NULL,
    ships_as_is BOOLEAN DEFAULT 0 NOT NULL,
    CONSTRAINT pk_packagings PRIMARY KEY (id),
    CONSTRAINT uq_packagings_product_id_unit UNIQUE (product_id, unit),
    CONSTRAINT ck_packagings_quantity_positive CHECK (quantity >= 1),
    CONSTRAINT ck_packagings_quantity_whole CHECK (typeof(quantity) IN ('integer', 'null')),
    CONSTRAINT fk_packagings_product_id FOREIGN KEY(product_id) REFERENCES products (id)
);

INSERT INTO new_packagings (id, product_id, unit, quantity, weight_grams, length_mm, width_mm, height_mm)
SELECT id, product_id, unit, quantity, weight_grams, length_mm, width_mm, height_mm
FROM packagings;

DROP TABLE packagings;

ALTER TABLE new_packagings RENAME TO packagings;

CREATE TABLE paper_prints (
    id INTEGER NOT NULL,
    site_id INTEGER NOT NULL,
    kind VARCHAR(40) NOT NULL,
    number VARCHAR(80) NOT NULL,
    number_key VARCHAR(200) NOT NULL,
    copy INTEGER NOT NULL,
    kept_id INTEGER,
    digest VARCHAR(64) NOT NULL,
    reason VARCHAR(200),
    by_id INTEGER NOT NULL,
    at DATETIME NOT NULL,
    CONSTRAINT pk_paper_prints PRIMARY KEY (id),
    CONSTRAINT uq_paper_prints_site_id_kind_number_key_copy UNIQUE (site_id, kind, number_key, copy),
    CONSTRAINT ck_paper_prints_copy_positive CHECK (copy > 0),
    CONSTRAINT fk_paper_prints_site_id FOREIGN KEY(site_id) REFERENCES sites (id),
    CONSTRAINT fk_paper_prints_kept_id FOREIGN KEY(kept_id) REFERENCES kept_papers (id),
    CONSTRAINT fk_paper_prints_by_id FOREIGN KEY(by_id) REFERENCES people (id)
);

CREATE TABLE paper_templates (
    id INTEGER NOT NULL,
    site_id INTEGER NOT NULL,
    kind VARCHAR(40) NOT NULL,
    data JSON NOT NULL,
    updated_at DATETIME NOT NULL,
    updated_by_id INTEGER NOT NULL,
    CONSTRAINT pk_paper_templates PRIMARY KEY (id),
    CONSTRAINT uq_paper_templates_site_id_kind UNIQUE (site_id, kind),
    CONSTRAINT fk_paper_templates_site_id FOREIGN KEY(site_id) REFERENCES sites (id),
    CONSTRAINT fk_paper_templates_updated_by_id FOREIGN KEY(updated_by_id) REFERENCES people (id)
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
    walked_anew_at DATETIME,
    CONSTRAINT pk_pick_lists PRIMARY KEY (id),
    CONSTRAINT uq_pick_lists_number UNIQUE (number),
    CONSTRAINT uq_pick_lists_task_id UNIQUE (task_id),
    CONSTRAINT ck_pick_lists_follows_an_older_one CHECK (follows_id < id),
    CONSTRAINT fk_pick_lists_site_id FOREIGN KEY(site_id) REFERENCES sites (id),
    CONSTRAINT fk_pick_lists_wave_id FOREIGN KEY(wave_id) REFERENCES waves (id),
    CONSTRAINT fk_pick_lists_task_id FOREIGN KEY(task_id) REFERENCES tasks (id),
    CONSTRAINT fk_pick_lists_target_id FOREIGN KEY(target_id) REFERENCES locations (id),
    CONSTRAINT fk_pick_lists_cart_id FOREIGN KEY(cart_id) REFERENCES pick_carts (id),
    CONSTRAINT fk_pick_lists_follows_id FOREIGN KEY(follows_id) REFERENCES pick_lists (id)
);

INSERT INTO new_pick_lists (id, site_id, number, wave_id, task_id, method, target_id, cart_id, follows_id, zone, metres_planned, metres_by_name, metres_shortest, metres_s_shape, seconds_planned, created_at)
SELECT id, site_id, number, wave_id, task_id, method, target_id, cart_id, follows_id, zone, metres_planned, metres_by_name, metres_shortest, metres_s_shape, seconds_planned, created_at
FROM pick_lists;

DROP TABLE pick_lists;

ALTER TABLE new_pick_lists RENAME TO pick_lists;

CREATE TABLE print_jobs (
    id INTEGER NOT NULL,
    site_id INTEGER NOT NULL,
    "key" VARCHAR(200) NOT NULL,
    kind VARCHAR(40) NOT NULL,
    number VARCHAR(80) NOT NULL,
    printer_id INTEGER NOT NULL,
    copies INTEGER NOT NULL,
    status VARCHAR(10) NOT NULL,
    attempts INTEGER DEFAULT '0' NOT NULL,
    leased_until DATETIME,
    begun_at DATETIME,
    why JSON NOT NULL,
    reason VARCHAR(200),
    print_id INTEGER,
    by_id INTEGER NOT NULL,
    created_at DATETIME NOT NULL,
    ended_at DATETIME,
    ended_by_id INTEGER,
    CONSTRAINT pk_print_jobs PRIMARY KEY (id),
    CONSTRAINT uq_print_jobs_key UNIQUE ("key"),
    CONSTRAINT ck_print_jobs_status_known CHECK (status IN ('queued', 'sending', 'sent', 'failed', 'doubtful', 'cancelled')),
    CONSTRAINT ck_print_jobs_copies_in_range CHECK (copies BETWEEN 1 AND 100),
    CONSTRAINT ck_print_jobs_ends_once CHECK ((status IN ('queued', 'sending', 'doubtful')) = (ended_at IS NULL)),
    CONSTRAINT fk_print_jobs_site_id FOREIGN KEY(site_id) REFERENCES sites (id),
    CONSTRAINT fk_print_jobs_printer_id FOREIGN KEY(printer_id) REFERENCES printers (id),
    CONSTRAINT fk_print_jobs_print_id FOREIGN KEY(print_id) REFERENCES paper_prints (id),
    CONSTRAINT fk_print_jobs_by_id FOREIGN KEY(by_id) REFERENCES people (id),
    CONSTRAINT fk_print_jobs_ended_by_id FOREIGN KEY(ended_by_id) REFERENCES people (id)
);

CREATE TABLE printers (
    id INTEGER NOT NULL,
    site_id INTEGER NOT NULL,
    code VARCHAR(80) NOT NULL,
    code_key VARCHAR(200) NOT NULL,
    name VARCHAR(200) NOT NULL,
    kind VARCHAR(10) NOT NULL,
    takes VARCHAR(10) NOT NULL,
    host VARCHAR(253),
    port INTEGER,
    folder VARCHAR(60),
    asks_state BOOLEAN NOT NULL,
    active BOOLEAN NOT NULL,
    trouble JSON NOT NULL,
    trouble_since DATETIME,
    failures INTEGER DEFAULT '0' NOT NULL,
    rests_until DATETIME,
    answered_at DATETIME,
    updated_at DATETIME NOT NULL,
    CONSTRAINT pk_printers PRIMARY KEY (id),
    CONSTRAINT uq_printers_site_id_code_key UNIQUE (site_id, code_key),
    CONSTRAINT ck_printers_kind_known CHECK (kind IN ('browser', 'zpl', 'file')),
    CONSTRAINT ck_printers_takes_known CHECK (takes IN ('labels', 'papers')),
    CONSTRAINT ck_printers_reached_somehow CHECK ((kind = 'zpl') = (host IS NOT NULL AND port IS NOT NULL) AND (kind = 'file') = (folder IS NOT NULL)),
    CONSTRAINT ck_printers_port_in_range CHECK (port BETWEEN 1024 AND 65535),
    CONSTRAINT fk_printers_site_id FOREIGN KEY(site_id) REFERENCES sites (id)
);

CREATE TABLE routes (
    id INTEGER NOT NULL,
    code VARCHAR(80) NOT NULL,
    code_key VARCHAR(200) NOT NULL,
    name VARCHAR(200) NOT NULL,
    areas JSON NOT NULL,
    carrier_id INTEGER,
    cut_off VARCHAR(5),
    updated_at DATETIME NOT NULL,
    CONSTRAINT pk_routes PRIMARY KEY (id),
    CONSTRAINT uq_routes_code_key UNIQUE (code_key),
    CONSTRAINT fk_routes_carrier_id FOREIGN KEY(carrier_id) REFERENCES partners (id)
);

CREATE TABLE sign_off_lines (
    id INTEGER NOT NULL,
    sign_off_id INTEGER NOT NULL,
    order_line_id INTEGER NOT NULL,
    batch_id INTEGER,
    shipped INTEGER NOT NULL,
    delivered INTEGER NOT NULL,
    damaged INTEGER DEFAULT '0' NOT NULL,
    refused INTEGER DEFAULT '0' NOT NULL,
    missing INTEGER DEFAULT '0' NOT NULL,
    reason TEXT,
    CONSTRAINT pk_sign_off_lines PRIMARY KEY (id),
    CONSTRAINT ck_sign_off_lines_shipped_positive CHECK (shipped > 0),
    CONSTRAINT ck_sign_off_lines_counts_not_negative CHECK (delivered >= 0 AND damaged >= 0 AND refused >= 0 AND missing >= 0),
    CONSTRAINT ck_sign_off_lines_adds_up CHECK (delivered + damaged + refused + missing = shipped),
    CONSTRAINT ck_sign_off_lines_shipped_whole CHECK (typeof(shipped) IN ('integer', 'null')),
    CONSTRAINT ck_sign_off_lines_delivered_whole CHECK (typeof(delivered) IN ('integer', 'null')),
    CONSTRAINT ck_sign_off_lines_damaged_whole CHECK (typeof(damaged) IN ('integer', 'null')),
    CONSTRAINT ck_sign_off_lines_refused_whole CHECK (typeof(refused) IN ('integer', 'null')),
    CONSTRAINT ck_sign_off_lines_missing_whole CHECK (typeof(missing) IN ('integer', 'null')),
    CONSTRAINT fk_sign_off_lines_sign_off_id FOREIGN KEY(sign_off_id) REFERENCES sign_offs (id),
    CONSTRAINT fk_sign_off_lines_order_line_id FOREIGN KEY(order_line_id) REFERENCES order_lines (id),
    CONSTRAINT fk_sign_off_lines_batch_id FOREIGN KEY(batch_id) REFERENCES batches (id)
);

CREATE TABLE sign_offs (
    id INTEGER NOT NULL,
    site_id INTEGER NOT NULL,
    order_id INTEGER NOT NULL,
    shipment_id INTEGER,
    signed_by VARCHAR(200) NOT NULL,
    signed_at DATETIME NOT NULL,
    recorded_at DATETIME NOT NULL,
    recorded_by_id INTEGER NOT NULL,
    comment VARCHAR(500),
    signature_path TEXT,
    signature_png BLOB,
    return_id INTEGER,
    copy_at DATETIME,
    copy_by_id INTEGER,
    accepted_at DATETIME,
    accepted_by_id INTEGER,
    accept_reason VARCHAR(300),
    CONSTRAINT pk_sign_offs PRIMARY KEY (id),
    CONSTRAINT uq_sign_offs_shipment_id UNIQUE (shipment_id),
    CONSTRAINT ck_sign_offs_accepted_with_reason CHECK ((accepted_at IS NULL) = (accept_reason IS NULL)),
    CONSTRAINT ck_sign_offs_one_signature CHECK (signature_path IS NULL OR signature_png IS NULL),
    CONSTRAINT fk_sign_offs_site_id FOREIGN KEY(site_id) REFERENCES sites (id),
    CONSTRAINT fk_sign_offs_order_id FOREIGN KEY(order_id) REFERENCES orders (id),
    CONSTRAINT fk_sign_offs_shipment_id FOREIGN KEY(shipment_id) REFERENCES shipments (id),
    CONSTRAINT fk_sign_offs_recorded_by_id FOREIGN KEY(recorded_by_id) REFERENCES people (id),
    CONSTRAINT fk_sign_offs_return_id FOREIGN KEY(return_id) REFERENCES inbound_orders (id),
    CONSTRAINT fk_sign_offs_copy_by_id FOREIGN KEY(copy_by_id) REFERENCES people (id),
    CONSTRAINT fk_sign_offs_accepted_by_id FOREIGN KEY(accepted_by_id) REFERENCES people (id)
);

CREATE TABLE stations (
    id INTEGER NOT NULL,
    site_id INTEGER NOT NULL,
    location_id INTEGER,
    device_id INTEGER,
    label_printer_id INTEGER,
    paper_printer_id INTEGER,
    needs_printer BOOLEAN NOT NULL,
    updated_at DATETIME NOT NULL,
    CONSTRAINT pk_stations PRIMARY KEY (id),
    CONSTRAINT uq_stations_location_id UNIQUE (location_id),
    CONSTRAINT uq_stations_device_id UNIQUE (device_id),
    CONSTRAINT ck_stations_place_or_device CHECK ((location_id IS NULL) <> (device_id IS NULL)),
    CONSTRAINT fk_stations_site_id FOREIGN KEY(site_id) REFERENCES sites (id),
    CONSTRAINT fk_stations_location_id FOREIGN KEY(location_id) REFERENCES locations (id),
    CONSTRAINT fk_stations_device_id FOREIGN KEY(device_id) REFERENCES devices (id),
    CONSTRAINT fk_stations_label_printer_id FOREIGN KEY(label_printer_id) REFERENCES printers (id),
    CONSTRAINT fk_stations_paper_printer_id FOREIGN KEY(paper_printer_id) REFERENCES printers (id)
);

CREATE TABLE vehicles (
    id INTEGER NOT NULL,
    code VARCHAR(80) NOT NULL,
    code_key VARCHAR(200) NOT NULL,
    name VARCHAR(80),
    plate VARCHAR(40),
    carrier_id INTEGER,
    driver VARCHAR(80),
    max_weight_grams INTEGER,
    max_volume_cm3 INTEGER,
    pallet_places INTEGER,
    temperature VARCHAR(10),
    in_service BOOLEAN NOT NULL,
    updated_at DATETIME NOT NULL,
    CONSTRAINT pk_vehicles PRIMARY KEY (id),
    CONSTRAINT uq_vehicles_code_key UNIQUE (code_key),
    CONSTRAINT ck_vehicles_capacity_positive CHECK (max_weight_grams > 0 AND max_volume_cm3 > 0 AND pallet_places > 0),
    CONSTRAINT ck_vehicles_max_weight_grams_whole CHECK (typeof(max_weight_grams) IN ('integer', 'null')),
    CONSTRAINT ck_vehicles_max_volume_cm3_whole CHECK (typeof(max_volume_cm3) IN ('integer', 'null')),
    CONSTRAINT ck_vehicles_pallet_places_whole CHECK (typeof(pallet_places) IN ('integer', 'null')),
    CONSTRAINT fk_vehicles_carrier_id FOREIGN KEY(carrier_id) REFERENCES partners (id)
);

CREATE INDEX ix_bookings_due ON bookings (due_at) WHERE tracking IS NULL;

CREATE INDEX ix_handling_units_load_id ON handling_units (load_id);

CREATE INDEX ix_handling_units_location_id ON handling_units (location_id);

CREATE INDEX ix_handling_units_order_id ON handling_units (order_id);

CREATE INDEX ix_handling_units_parent_id ON handling_units (parent_id);

CREATE INDEX ix_handling_units_root_id ON handling_units (root_id);

CREATE INDEX ix_handling_units_tracking ON handling_units (tracking) WHERE tracking IS NOT NULL;

CREATE INDEX ix_loads_status ON loads (site_id, status);

CREATE INDEX ix_order_services_order ON order_services (order_id, id);

CREATE INDEX ix_order_services_order_line_id ON order_services (order_line_id);

CREATE INDEX ix_pick_lists_follows_id ON pick_lists (follows_id);

CREATE INDEX ix_pick_lists_wave_id ON pick_lists (wave_id);

CREATE INDEX ix_print_jobs_due ON print_jobs (printer_id, status, id);

CREATE INDEX ix_print_jobs_site ON print_jobs (site_id, id);

CREATE INDEX ix_sign_off_lines_order_line ON sign_off_lines (order_line_id);

CREATE INDEX ix_sign_off_lines_sign_off ON sign_off_lines (sign_off_id);

CREATE INDEX ix_sign_offs_order ON sign_offs (order_id);

CREATE INDEX ix_sign_offs_signed ON sign_offs (site_id, signed_at);

CREATE INDEX ix_stations_site_id ON stations (site_id);

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

