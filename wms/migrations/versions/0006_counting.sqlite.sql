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
    CONSTRAINT pk_count_rules PRIMARY KEY (site_id),
    CONSTRAINT ck_count_rules_turnover_known CHECK (abc_by IN ('picks', 'value')),
    CONSTRAINT ck_count_rules_shares_in_order CHECK (abc_a_percent > 0 AND abc_b_percent > abc_a_percent AND abc_b_percent <= 100),
    CONSTRAINT ck_count_rules_margin_in_range CHECK (abc_margin_percent BETWEEN 0 AND 20),
    CONSTRAINT ck_count_rules_days_in_range CHECK (abc_days BETWEEN 1 AND 731),
    CONSTRAINT ck_count_rules_suspicion_positive CHECK (suspicious_places >= 1),
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

CREATE INDEX ix_count_sheet_lines_place_id ON count_sheet_lines (place_id);

CREATE INDEX ix_count_sheets_count ON count_sheets (count_id, status);

CREATE INDEX ix_people_token_hash ON people (token_hash);

CREATE INDEX ix_product_classes_product_id ON product_classes (product_id);

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

