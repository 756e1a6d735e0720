-- Written by `make migration`: from 0004 to 0005.
DROP TRIGGER handling_units_follow;

DROP TRIGGER handling_units_nested_changed;

DROP TRIGGER handling_units_nested_new;

DROP TRIGGER movements_not_deleted;

DROP TRIGGER movements_not_updated;

DROP TRIGGER stock_emptied;

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

CREATE INDEX ix_pick_lists_follows_id ON pick_lists (follows_id);

CREATE INDEX ix_pick_lists_wave_id ON pick_lists (wave_id);

CREATE TRIGGER handling_units_follow AFTER UPDATE OF location_id ON handling_units WHEN OLD.location_id <> NEW.location_id BEGIN UPDATE handling_units SET location_id = NEW.location_id WHERE parent_id = NEW.id AND location_id <> NEW.location_id; UPDATE handling_units SET location_id = NEW.location_id WHERE location_id <> NEW.location_id AND parent_id IN (SELECT above.id FROM handling_units AS above WHERE above.parent_id = NEW.id); END;

CREATE TRIGGER handling_units_nested_changed AFTER UPDATE OF parent_id, root_id, location_id, site_id ON handling_units WHEN NEW.parent_id IS NOT NULL AND (NOT EXISTS ( SELECT 1 FROM handling_units AS under WHERE under.id = NEW.parent_id AND under.location_id = NEW.location_id AND under.site_id = NEW.site_id AND COALESCE(under.root_id, under.id) = NEW.root_id) OR NEW.root_id = NEW.id OR EXISTS ( SELECT 1 FROM handling_units AS under JOIN handling_units AS below ON below.id = under.parent_id WHERE under.id = NEW.parent_id AND (below.parent_id IS NOT NULL OR EXISTS (SELECT 1 FROM handling_units AS above WHERE above.parent_id = NEW.id))) OR EXISTS ( SELECT 1 FROM handling_units AS above JOIN handling_units AS top ON top.parent_id = above.id WHERE above.parent_id = NEW.id)) BEGIN SELECT RAISE(ABORT, 'handling_units: a unit stands where the one under it stands, at most three levels high'); END;

CREATE TRIGGER handling_units_nested_new AFTER INSERT ON handling_units WHEN NEW.parent_id IS NOT NULL AND (NOT EXISTS ( SELECT 1 FROM handling_units AS under WHERE under.id = NEW.parent_id AND under.location_id = NEW.location_id AND under.site_id = NEW.site_id AND COALESCE(under.root_id, under.id) = NEW.root_id) OR NEW.root_id = NEW.id OR EXISTS ( SELECT 1 FROM handling_units AS under JOIN handling_units AS below ON below.id = under.parent_id WHERE under.id = NEW.parent_id AND (below.parent_id IS NOT NULL OR EXISTS (SELECT 1 FROM handling_units AS above WHERE above.parent_id = NEW.id))) OR EXISTS ( SELECT 1 FROM handling_units AS above JOIN handling_units AS top ON top.parent_id = above.id WHERE above.parent_id = NEW.id)) BEGIN SELECT RAISE(ABORT, 'handling_units: a unit stands where the one under it stands, at most three levels high'); END;

CREATE TRIGGER movements_not_deleted BEFORE DELETE ON movements BEGIN SELECT RAISE(ABORT, 'movements is append-only'); END;

CREATE TRIGGER movements_not_updated BEFORE UPDATE ON movements BEGIN SELECT RAISE(ABORT, 'movements is append-only'); END;

CREATE TRIGGER stock_emptied AFTER UPDATE OF on_hand ON stock WHEN NEW.on_hand = 0 AND OLD.on_hand <> 0 BEGIN INSERT INTO vacancies (location_id, group_id, x_mm, y_mm, z_mm) SELECT id, group_id, x_mm, y_mm, z_mm FROM locations WHERE id = NEW.location_id AND kind = 'storage'; END;

