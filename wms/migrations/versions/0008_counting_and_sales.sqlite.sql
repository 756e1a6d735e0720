-- Written by `make migration`: from 0007 to 0008.
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
    owed_back_at DATETIME,
    promised_on DATE,
    entered_as VARCHAR(64),
    created_at DATETIME NOT NULL,
    updated_at DATETIME NOT NULL,
    CONSTRAINT pk_orders PRIMARY KEY (id),
    CONSTRAINT uq_orders_site_id_number_key UNIQUE (site_id, number_key),
    CONSTRAINT ck_orders_priority_in_range CHECK (priority BETWEEN 0 AND 9),
    CONSTRAINT ck_orders_owed_back_was_settled CHECK (owed_back_at IS NULL OR settled_at IS NOT NULL),
    CONSTRAINT fk_orders_site_id FOREIGN KEY(site_id) REFERENCES sites (id),
    CONSTRAINT fk_orders_customer_id FOREIGN KEY(customer_id) REFERENCES partners (id),
    CONSTRAINT fk_orders_carrier_id FOREIGN KEY(carrier_id) REFERENCES partners (id)
);

INSERT INTO new_orders (id, site_id, number, number_key, source, reference, customer_id, kind, priority, due_at, ship_complete, allow_backorder, carrier_id, ship_to, notes, status, settled_at, promised_on, entered_as, created_at, updated_at)
SELECT id, site_id, number, number_key, source, reference, customer_id, kind, priority, due_at, ship_complete, allow_backorder, carrier_id, ship_to, notes, status, settled_at, promised_on, entered_as, created_at, updated_at
FROM orders;

DROP TABLE orders;

ALTER TABLE new_orders RENAME TO orders;

CREATE INDEX ix_orders_customer ON orders (customer_id, id);

CREATE INDEX ix_orders_in_turn ON orders (site_id, status, id);

CREATE INDEX ix_orders_owed_back ON orders (site_id, id) WHERE owed_back_at IS NOT NULL;

CREATE INDEX ix_orders_promised ON orders (site_id, promised_on) WHERE promised_on IS NOT NULL;

CREATE INDEX ix_orders_status ON orders (site_id, status, due_at);

CREATE INDEX ix_orders_updated ON orders (updated_at, id);

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

