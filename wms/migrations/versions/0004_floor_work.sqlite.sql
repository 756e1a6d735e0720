-- Written by `make migration`: from 0003 to 0004.
DROP TRIGGER handling_units_follow;

DROP TRIGGER handling_units_nested_changed;

DROP TRIGGER handling_units_nested_new;

DROP TRIGGER movements_not_deleted;

DROP TRIGGER movements_not_updated;

DROP TRIGGER stock_emptied;

CREATE TABLE pick_handovers (
    id INTEGER NOT NULL,
    site_id INTEGER NOT NULL,
    zone VARCHAR(40) NOT NULL,
    zone_key VARCHAR(200) NOT NULL,
    location_id INTEGER NOT NULL,
    CONSTRAINT pk_pick_handovers PRIMARY KEY (id),
    CONSTRAINT uq_pick_handovers_site_id_zone_key UNIQUE (site_id, zone_key),
    CONSTRAINT fk_pick_handovers_site_id FOREIGN KEY(site_id) REFERENCES sites (id),
    CONSTRAINT fk_pick_handovers_location_id FOREIGN KEY(location_id) REFERENCES locations (id)
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
    CONSTRAINT fk_tasks_not_by_id FOREIGN KEY(not_by_id) REFERENCES people (id)
);

INSERT INTO new_tasks (id, site_id, kind, status, priority, due_at, document, order_id, inbound_line_id, product_id, batch_id, handling_unit_id, zone, square, equipment, quantity, source_id, target_id, reasons, given, person_id, not_by_id, lease_until, epoch, created_at, wanted_at, done_at)
SELECT id, site_id, kind, status, priority, due_at, document, order_id, inbound_line_id, product_id, batch_id, handling_unit_id, zone, square, equipment, quantity, source_id, target_id, reasons, given, person_id, not_by_id, lease_until, epoch, created_at, wanted_at, done_at
FROM tasks;

DROP TABLE tasks;

ALTER TABLE new_tasks RENAME TO tasks;

CREATE INDEX ix_pick_lists_follows_id ON pick_lists (follows_id);

CREATE INDEX ix_pick_lists_wave_id ON pick_lists (wave_id);

CREATE INDEX ix_tasks_document ON tasks (document);

CREATE INDEX ix_tasks_order ON tasks (order_id);

CREATE INDEX ix_tasks_person ON tasks (person_id, status);

CREATE INDEX ix_tasks_queue ON tasks (site_id, status, kind, wanted_at, id);

CREATE INDEX ix_tasks_source ON tasks (source_id, status);

CREATE INDEX ix_tasks_square ON tasks (site_id, status, square, wanted_at, id);

CREATE INDEX ix_tasks_target ON tasks (target_id, status);

CREATE INDEX ix_tasks_unit ON tasks (handling_unit_id, status);

CREATE TRIGGER handling_units_follow AFTER UPDATE OF location_id ON handling_units WHEN OLD.location_id <> NEW.location_id BEGIN UPDATE handling_units SET location_id = NEW.location_id WHERE parent_id = NEW.id AND location_id <> NEW.location_id; UPDATE handling_units SET location_id = NEW.location_id WHERE location_id <> NEW.location_id AND parent_id IN (SELECT above.id FROM handling_units AS above WHERE above.parent_id = NEW.id); END;

CREATE TRIGGER handling_units_nested_changed AFTER UPDATE OF parent_id, root_id, location_id, site_id ON handling_units WHEN NEW.parent_id IS NOT NULL AND (NOT EXISTS ( SELECT 1 FROM handling_units AS under WHERE under.id = NEW.parent_id AND under.location_id = NEW.location_id AND under.site_id = NEW.site_id AND COALESCE(under.root_id, under.id) = NEW.root_id) OR NEW.root_id = NEW.id OR EXISTS ( SELECT 1 FROM handling_units AS under JOIN handling_units AS below ON below.id = under.parent_id WHERE under.id = NEW.parent_id AND (below.parent_id IS NOT NULL OR EXISTS (SELECT 1 FROM handling_units AS above WHERE above.parent_id = NEW.id))) OR EXISTS ( SELECT 1 FROM handling_units AS above JOIN handling_units AS top ON top.parent_id = above.id WHERE above.parent_id = NEW.id)) BEGIN SELECT RAISE(ABORT, 'handling_units: a unit stands where the one under it stands, at most three levels high'); END;

CREATE TRIGGER handling_units_nested_new AFTER INSERT ON handling_units WHEN NEW.parent_id IS NOT NULL AND (NOT EXISTS ( SELECT 1 FROM handling_units AS under WHERE under.id = NEW.parent_id AND under.location_id = NEW.location_id AND under.site_id = NEW.site_id AND COALESCE(under.root_id, under.id) = NEW.root_id) OR NEW.root_id = NEW.id OR EXISTS ( SELECT 1 FROM handling_units AS under JOIN handling_units AS below ON below.id = under.parent_id WHERE under.id = NEW.parent_id AND (below.parent_id IS NOT NULL OR EXISTS (SELECT 1 FROM handling_units AS above WHERE above.parent_id = NEW.id))) OR EXISTS ( SELECT 1 FROM handling_units AS above JOIN handling_units AS top ON top.parent_id = above.id WHERE above.parent_id = NEW.id)) BEGIN SELECT RAISE(ABORT, 'handling_units: a unit stands where the one under it stands, at most three levels high'); END;

CREATE TRIGGER movements_not_deleted BEFORE DELETE ON movements BEGIN SELECT RAISE(ABORT, 'movements is append-only'); END;

CREATE TRIGGER movements_not_updated BEFORE UPDATE ON movements BEGIN SELECT RAISE(ABORT, 'movements is append-only'); END;

CREATE TRIGGER stock_emptied AFTER UPDATE OF on_hand ON stock WHEN NEW.on_hand = 0 AND OLD.on_hand <> 0 BEGIN INSERT INTO vacancies (location_id, group_id, x_mm, y_mm, z_mm) SELECT id, group_id, x_mm, y_mm, z_mm FROM locations WHERE id = NEW.location_id AND kind = 'storage'; END;

