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

CREATE INDEX ix_webhook_deliveries_due ON webhook_deliveries (webhook_id, status, next_at);

CREATE INDEX ix_webhook_deliveries_event ON webhook_deliveries (event_id);

CREATE INDEX ix_webhook_deliveries_in_order ON webhook_deliveries (webhook_id, subject, event_id) WHERE status = 'pending';

CREATE INDEX ix_webhooks_site_id ON webhooks (site_id);

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

