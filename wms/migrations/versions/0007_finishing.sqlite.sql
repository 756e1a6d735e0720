-- Written by `make migration`: from 0006 to 0007.
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

CREATE TABLE company_logos (
    id INTEGER NOT NULL,
    png BLOB NOT NULL,
    put_at DATETIME NOT NULL,
    put_by_id INTEGER NOT NULL,
    CONSTRAINT pk_company_logos PRIMARY KEY (id),
    CONSTRAINT fk_company_logos_put_by_id FOREIGN KEY(put_by_id) REFERENCES people (id)
);

CREATE TABLE new_count_finds (
    id INTEGER NOT NULL,
    place_id INTEGER NOT NULL,
    code VARCHAR(200) NOT NULL,
    quantity INTEGER NOT NULL,
    note VARCHAR(200),
    by_id INTEGER NOT NULL,
    at DATETIME NOT NULL,
    cleared_at DATETIME,
    cleared_by_id INTEGER,
    outcome VARCHAR(12),
    product_id INTEGER,
    count_id INTEGER,
    CONSTRAINT pk_count_finds PRIMARY KEY (id),
    CONSTRAINT ck_count_finds_quantity_positive CHECK (quantity > 0),
    CONSTRAINT ck_count_finds_cleared_with_an_outcome CHECK ((cleared_at IS NULL) = (outcome IS NULL)),
    CONSTRAINT ck_count_finds_product_is_counted CHECK ((outcome = 'product') = (product_id IS NOT NULL AND count_id IS NOT NULL)),
    CONSTRAINT ck_count_finds_quantity_whole CHECK (typeof(quantity) IN ('integer', 'null')),
    CONSTRAINT fk_count_finds_place_id FOREIGN KEY(place_id) REFERENCES count_places (id),
    CONSTRAINT fk_count_finds_by_id FOREIGN KEY(by_id) REFERENCES people (id),
    CONSTRAINT fk_count_finds_cleared_by_id FOREIGN KEY(cleared_by_id) REFERENCES people (id),
    CONSTRAINT fk_count_finds_product_id FOREIGN KEY(product_id) REFERENCES products (id),
    CONSTRAINT fk_count_finds_count_id FOREIGN KEY(count_id) REFERENCES counts (id)
);

INSERT INTO new_count_finds (id, place_id, code, quantity, note, by_id, at, cleared_at, cleared_by_id)
SELECT id, place_id, code, quantity, note, by_id, at, cleared_at, cleared_by_id
FROM count_finds;

DROP TABLE count_finds;

ALTER TABLE new_count_finds RENAME TO count_finds;

CREATE TABLE customer_links (
    id INTEGER NOT NULL,
    site_id INTEGER NOT NULL,
    order_id INTEGER NOT NULL,
    nonce VARCHAR(40) NOT NULL,
    language VARCHAR(10) NOT NULL,
    made_at DATETIME NOT NULL,
    made_by_id INTEGER NOT NULL,
    ends_at DATETIME NOT NULL,
    revoked_at DATETIME,
    revoked_by_id INTEGER,
    CONSTRAINT pk_customer_links PRIMARY KEY (id),
    CONSTRAINT ck_customer_links_lasts CHECK (ends_at > made_at),
    CONSTRAINT ck_customer_links_revoked_by_somebody CHECK ((revoked_at IS NULL) = (revoked_by_id IS NULL)),
    CONSTRAINT fk_customer_links_site_id FOREIGN KEY(site_id) REFERENCES sites (id),
    CONSTRAINT fk_customer_links_order_id FOREIGN KEY(order_id) REFERENCES orders (id),
    CONSTRAINT fk_customer_links_made_by_id FOREIGN KEY(made_by_id) REFERENCES people (id),
    CONSTRAINT fk_customer_links_revoked_by_id FOREIGN KEY(revoked_by_id) REFERENCES people (id)
);

CREATE TABLE kept_weeks (
    id INTEGER NOT NULL,
    site_id INTEGER NOT NULL,
    week DATE NOT NULL,
    customer_id INTEGER NOT NULL,
    promised INTEGER DEFAULT '0' NOT NULL,
    kept INTEGER DEFAULT '0' NOT NULL,
    days_late INTEGER DEFAULT '0' NOT NULL,
    CONSTRAINT pk_kept_weeks PRIMARY KEY (id),
    CONSTRAINT uq_kept_weeks_site_id_week_customer_id UNIQUE (site_id, week, customer_id),
    CONSTRAINT ck_kept_weeks_kept_within_promised CHECK (promised > 0 AND kept BETWEEN 0 AND promised),
    CONSTRAINT ck_kept_weeks_days_not_negative CHECK (days_late >= 0),
    CONSTRAINT ck_kept_weeks_promised_whole CHECK (typeof(promised) IN ('integer', 'null')),
    CONSTRAINT ck_kept_weeks_kept_whole CHECK (typeof(kept) IN ('integer', 'null')),
    CONSTRAINT ck_kept_weeks_days_late_whole CHECK (typeof(days_late) IN ('integer', 'null')),
    CONSTRAINT fk_kept_weeks_site_id FOREIGN KEY(site_id) REFERENCES sites (id),
    CONSTRAINT fk_kept_weeks_customer_id FOREIGN KEY(customer_id) REFERENCES partners (id)
);

CREATE TABLE new_loads (
    id INTEGER NOT NULL,
    site_id INTEGER NOT NULL,
    number VARCHAR(40) NOT NULL,
    carrier_id INTEGER,
    door_id INTEGER NOT NULL,
    vehicle VARCHAR(80),
    plate VARCHAR(40),
    plate_key VARCHAR(40),
    driver VARCHAR(80),
    driver_id INTEGER,
    vehicle_id INTEGER,
    route_id INTEGER,
    max_weight_grams INTEGER,
    max_volume_cm3 INTEGER,
    pallet_places INTEGER,
    temperature VARCHAR(10),
    overload_reason VARCHAR(200),
    stops JSON NOT NULL,
    seal VARCHAR(60),
    no_seal VARCHAR(200),
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
    CONSTRAINT ck_loads_seal_or_reason CHECK (no_seal IS NULL OR seal IS NULL),
    CONSTRAINT ck_loads_max_weight_grams_whole CHECK (typeof(max_weight_grams) IN ('integer', 'null')),
    CONSTRAINT ck_loads_max_volume_cm3_whole CHECK (typeof(max_volume_cm3) IN ('integer', 'null')),
    CONSTRAINT ck_loads_pallet_places_whole CHECK (typeof(pallet_places) IN ('integer', 'null')),
    CONSTRAINT fk_loads_site_id FOREIGN KEY(site_id) REFERENCES sites (id),
    CONSTRAINT fk_loads_carrier_id FOREIGN KEY(carrier_id) REFERENCES partners (id),
    CONSTRAINT fk_loads_door_id FOREIGN KEY(door_id) REFERENCES locations (id),
    CONSTRAINT fk_loads_driver_id FOREIGN KEY(driver_id) REFERENCES people (id),
    CONSTRAINT fk_loads_vehicle_id FOREIGN KEY(vehicle_id) REFERENCES vehicles (id),
    CONSTRAINT fk_loads_route_id FOREIGN KEY(route_id) REFERENCES routes (id),
    CONSTRAINT uq_loads_gate_pass UNIQUE (gate_pass)
);

INSERT INTO new_loads (id, site_id, number, carrier_id, door_id, vehicle, plate, plate_key, driver, vehicle_id, route_id, max_weight_grams, max_volume_cm3, pallet_places, temperature, overload_reason, stops, seal, gate_pass, closed_units, status, created_at, closed_at, left_at, papers_kept_at)
SELECT id, site_id, number, carrier_id, door_id, vehicle, plate, NULLIF(LOWER(REPLACE(REPLACE(REPLACE(REPLACE(plate, '·', ''), ' ', ''), '-', ''), '.', '')), ''), driver, vehicle_id, route_id, max_weight_grams, max_volume_cm3, pallet_places, temperature, overload_reason, stops, seal, gate_pass, closed_units, status, created_at, closed_at, left_at, papers_kept_at
FROM loads;

DROP TABLE loads;

ALTER TABLE new_loads RENAME TO loads;

CREATE TABLE notices (
    id INTEGER NOT NULL,
    site_id INTEGER NOT NULL,
    person_id INTEGER NOT NULL,
    event_id INTEGER NOT NULL,
    order_id INTEGER NOT NULL,
    at DATETIME NOT NULL,
    seen_at DATETIME,
    CONSTRAINT pk_notices PRIMARY KEY (id),
    CONSTRAINT uq_notices_event_id_person_id UNIQUE (event_id, person_id),
    CONSTRAINT fk_notices_site_id FOREIGN KEY(site_id) REFERENCES sites (id),
    CONSTRAINT fk_notices_person_id FOREIGN KEY(person_id) REFERENCES people (id),
    CONSTRAINT fk_notices_event_id FOREIGN KEY(event_id) REFERENCES events (id),
    CONSTRAINT fk_notices_order_id FOREIGN KEY(order_id) REFERENCES orders (id)
);

CREATE TABLE order_keys (
    id INTEGER NOT NULL,
    site_id INTEGER NOT NULL,
    order_id INTEGER NOT NULL,
    kind VARCHAR(10) NOT NULL,
    "key" VARCHAR(200) NOT NULL,
    CONSTRAINT pk_order_keys PRIMARY KEY (id),
    CONSTRAINT uq_order_keys_order_id_kind UNIQUE (order_id, kind),
    CONSTRAINT ck_order_keys_kind_known CHECK (kind IN ('number', 'tail', 'phone', 'reference')),
    CONSTRAINT ck_order_keys_key_not_empty CHECK (key <> ''),
    CONSTRAINT fk_order_keys_site_id FOREIGN KEY(site_id) REFERENCES sites (id),
    CONSTRAINT fk_order_keys_order_id FOREIGN KEY(order_id) REFERENCES orders (id)
);

CREATE TABLE new_orders (
    id INTEGER NOT NULL,
    site_id INTEGER NOT NULL,
    number VARCHAR(80) NOT NULL,
    number_key VARCHAR(200) NOT NULL,
    source VARCHAR(80),
    reference VARCHAR(80),
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

INSERT INTO new_orders (id, site_id, number, number_key, source, customer_id, kind, priority, due_at, ship_complete, allow_backorder, carrier_id, ship_to, notes, status, settled_at, promised_on, entered_as, created_at, updated_at)
SELECT id, site_id, number, number_key, source, customer_id, kind, priority, due_at, ship_complete, allow_backorder, carrier_id, ship_to, notes, status, settled_at, promised_on, entered_as, created_at, updated_at
FROM orders;

DROP TABLE orders;

ALTER TABLE new_orders RENAME TO orders;

CREATE TABLE uploads (
    id INTEGER NOT NULL,
    site_id INTEGER NOT NULL,
    by_id INTEGER NOT NULL,
    language VARCHAR(5) NOT NULL,
    kind VARCHAR(20) NOT NULL,
    name VARCHAR(200) NOT NULL,
    dry_run BOOLEAN NOT NULL,
    content BLOB,
    state VARCHAR(10) NOT NULL,
    checked INTEGER DEFAULT '0' NOT NULL,
    written INTEGER DEFAULT '0' NOT NULL,
    report JSON,
    leased_until DATETIME,
    created_at DATETIME NOT NULL,
    ended_at DATETIME,
    CONSTRAINT pk_uploads PRIMARY KEY (id),
    CONSTRAINT ck_uploads_state_known CHECK (state IN ('waiting', 'working', 'done')),
    CONSTRAINT ck_uploads_done_at_its_end CHECK ((state = 'done') = (ended_at IS NOT NULL)),
    CONSTRAINT fk_uploads_site_id FOREIGN KEY(site_id) REFERENCES sites (id),
    CONSTRAINT fk_uploads_by_id FOREIGN KEY(by_id) REFERENCES people (id)
);

CREATE TABLE new_vehicles (
    id INTEGER NOT NULL,
    code VARCHAR(80) NOT NULL,
    code_key VARCHAR(200) NOT NULL,
    name VARCHAR(80),
    plate VARCHAR(40),
    carrier_id INTEGER,
    driver VARCHAR(80),
    driver_id INTEGER,
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
    CONSTRAINT fk_vehicles_carrier_id FOREIGN KEY(carrier_id) REFERENCES partners (id),
    CONSTRAINT fk_vehicles_driver_id FOREIGN KEY(driver_id) REFERENCES people (id)
);

INSERT INTO new_vehicles (id, code, code_key, name, plate, carrier_id, driver, max_weight_grams, max_volume_cm3, pallet_places, temperature, in_service, updated_at)
SELECT id, code, code_key, name, plate, carrier_id, driver, max_weight_grams, max_volume_cm3, pallet_places, temperature, in_service, updated_at
FROM vehicles;

DROP TABLE vehicles;

ALTER TABLE new_vehicles RENAME TO vehicles;

CREATE TABLE watches (
    id INTEGER NOT NULL,
    site_id INTEGER NOT NULL,
    person_id INTEGER NOT NULL,
    order_id INTEGER,
    customer_id INTEGER,
    since DATETIME NOT NULL,
    CONSTRAINT pk_watches PRIMARY KEY (id),
    CONSTRAINT ck_watches_of_one_thing CHECK ((order_id IS NULL) <> (customer_id IS NULL)),
    CONSTRAINT fk_watches_site_id FOREIGN KEY(site_id) REFERENCES sites (id),
    CONSTRAINT fk_watches_person_id FOREIGN KEY(person_id) REFERENCES people (id),
    CONSTRAINT fk_watches_order_id FOREIGN KEY(order_id) REFERENCES orders (id),
    CONSTRAINT fk_watches_customer_id FOREIGN KEY(customer_id) REFERENCES partners (id)
);

DROP INDEX ix_order_lines_product;

CREATE INDEX ix_count_finds_place ON count_finds (place_id);

CREATE INDEX ix_count_finds_waiting ON count_finds (at) WHERE cleared_at IS NULL;

CREATE INDEX ix_customer_links_order ON customer_links (order_id, id);

CREATE INDEX ix_loads_driver ON loads (driver_id, left_at) WHERE driver_id IS NOT NULL;

CREATE INDEX ix_loads_papers ON loads (left_at) WHERE status = 'left' AND papers_kept_at IS NULL;

CREATE INDEX ix_loads_plate ON loads (site_id, plate_key) WHERE plate_key IS NOT NULL;

CREATE INDEX ix_loads_status ON loads (site_id, status);

CREATE INDEX ix_notices_at ON notices (at);

CREATE INDEX ix_notices_new ON notices (person_id, site_id) WHERE seen_at IS NULL;

CREATE INDEX ix_notices_person ON notices (person_id, site_id, id);

CREATE INDEX ix_order_keys_found ON order_keys (site_id, kind, "key", order_id);

CREATE INDEX ix_order_lines_product ON order_lines (product_id, order_id);

CREATE INDEX ix_orders_customer ON orders (customer_id, id);

CREATE INDEX ix_orders_in_turn ON orders (site_id, status, id);

CREATE INDEX ix_orders_promised ON orders (site_id, promised_on) WHERE promised_on IS NOT NULL;

CREATE INDEX ix_orders_status ON orders (site_id, status, due_at);

CREATE INDEX ix_orders_updated ON orders (updated_at, id);

CREATE INDEX ix_print_jobs_number ON print_jobs (number, kind);

CREATE INDEX ix_uploads_by_id ON uploads (by_id);

CREATE INDEX ix_uploads_to_do ON uploads (id) WHERE state <> 'done';

CREATE INDEX ix_watches_person ON watches (person_id, id);

CREATE UNIQUE INDEX uq_watches_customer ON watches (customer_id, site_id, person_id) WHERE customer_id IS NOT NULL;

CREATE UNIQUE INDEX uq_watches_order ON watches (order_id, person_id) WHERE order_id IS NOT NULL;

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

