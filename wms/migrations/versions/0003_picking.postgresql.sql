-- Written by `make migration`: from 0002 to 0003.
DROP TRIGGER handling_units_follow ON handling_units;

DROP TRIGGER handling_units_nested ON handling_units;

DROP TRIGGER movements_not_changed ON movements;

DROP TRIGGER stock_emptied ON stock;

DROP INDEX ix_tasks_queue;

CREATE TABLE catch_weights (
    movement_id BIGINT NOT NULL,
    order_line_id BIGINT NOT NULL,
    grams BIGINT NOT NULL,
    CONSTRAINT pk_catch_weights PRIMARY KEY (movement_id),
    CONSTRAINT ck_catch_weights_grams_positive CHECK (grams > 0)
);

CREATE TABLE floor_plans (
    id BIGSERIAL NOT NULL,
    site_id BIGINT NOT NULL,
    zone VARCHAR(40) NOT NULL,
    zone_key VARCHAR(200) NOT NULL,
    cross_aisles_mm JSONB NOT NULL,
    one_way JSONB NOT NULL,
    closed JSONB NOT NULL,
    start_id BIGINT,
    updated_at TIMESTAMP WITH TIME ZONE NOT NULL,
    CONSTRAINT pk_floor_plans PRIMARY KEY (id),
    CONSTRAINT uq_floor_plans_site_id_zone_key UNIQUE (site_id, zone_key)
);

CREATE TABLE freshness (
    id BIGSERIAL NOT NULL,
    partner_id BIGINT NOT NULL,
    product_id BIGINT NOT NULL,
    min_remaining_days BIGINT NOT NULL,
    CONSTRAINT pk_freshness PRIMARY KEY (id),
    CONSTRAINT uq_freshness_partner_id_product_id UNIQUE (partner_id, product_id),
    CONSTRAINT ck_freshness_days_not_negative CHECK (min_remaining_days >= 0)
);

ALTER TABLE locations
    ADD COLUMN equipment character varying(40);

ALTER TABLE order_lines
    ADD COLUMN one_batch boolean DEFAULT false NOT NULL,
    ADD COLUMN lacking jsonb;

ALTER TABLE partners
    ADD COLUMN rotation character varying(10),
    ADD COLUMN bin_choice character varying(20),
    ADD COLUMN one_batch boolean DEFAULT false NOT NULL;

CREATE TABLE pick_carts (
    id BIGSERIAL NOT NULL,
    site_id BIGINT NOT NULL,
    code VARCHAR(80) NOT NULL,
    code_key VARCHAR(200) NOT NULL,
    name VARCHAR(200),
    positions BIGINT NOT NULL,
    tote_weight_grams BIGINT,
    tote_volume_cm3 BIGINT,
    max_weight_grams BIGINT,
    updated_at TIMESTAMP WITH TIME ZONE NOT NULL,
    CONSTRAINT pk_pick_carts PRIMARY KEY (id),
    CONSTRAINT uq_pick_carts_site_id_code_key UNIQUE (site_id, code_key),
    CONSTRAINT ck_pick_carts_positions_in_range CHECK (positions BETWEEN 1 AND 60),
    CONSTRAINT ck_pick_carts_limits_positive CHECK (tote_weight_grams > 0 AND tote_volume_cm3 > 0 AND max_weight_grams > 0)
);

ALTER TABLE pick_lists
    ADD COLUMN cart_id bigint,
    ADD COLUMN follows_id bigint,
    ADD COLUMN zone character varying(40),
    ADD COLUMN metres_shortest bigint,
    ADD COLUMN metres_s_shape bigint,
    ADD COLUMN seconds_planned bigint;

CREATE TABLE pick_slots (
    id BIGSERIAL NOT NULL,
    pick_list_id BIGINT NOT NULL,
    position BIGINT NOT NULL,
    order_id BIGINT NOT NULL,
    handling_unit_id BIGINT,
    full_at TIMESTAMP WITH TIME ZONE,
    CONSTRAINT pk_pick_slots PRIMARY KEY (id),
    CONSTRAINT ck_pick_slots_position_positive CHECK (position >= 1)
);

CREATE TABLE pick_streams (
    site_id BIGINT NOT NULL,
    running BOOLEAN NOT NULL,
    method VARCHAR(10) NOT NULL,
    cart_id BIGINT,
    horizon_minutes BIGINT NOT NULL,
    most_orders BIGINT NOT NULL,
    most_lists BIGINT NOT NULL,
    zone_lines BIGINT NOT NULL,
    zone_caps JSONB NOT NULL,
    updated_at TIMESTAMP WITH TIME ZONE NOT NULL,
    by_id BIGINT,
    CONSTRAINT pk_pick_streams PRIMARY KEY (site_id),
    CONSTRAINT ck_pick_streams_horizon_positive CHECK (horizon_minutes > 0),
    CONSTRAINT ck_pick_streams_orders_in_range CHECK (most_orders BETWEEN 1 AND 200),
    CONSTRAINT ck_pick_streams_caps_positive CHECK (most_lists >= 1 AND zone_lines >= 1)
);

ALTER TABLE products
    ADD COLUMN bin_choice character varying(20),
    ADD COLUMN catch_weight boolean;

UPDATE products SET catch_weight = false;

ALTER TABLE products
    ALTER COLUMN catch_weight SET NOT NULL;

ALTER TABLE reservations
    ADD COLUMN reasons jsonb;

ALTER TABLE sites
    ADD COLUMN bin_choice character varying(20) DEFAULT 'face_first'::character varying NOT NULL,
    ADD COLUMN age_window_days bigint DEFAULT '0'::bigint NOT NULL;

ALTER TABLE tasks
    ADD COLUMN zone character varying(40),
    ADD COLUMN square bigint,
    ADD COLUMN equipment character varying(40),
    ADD COLUMN given jsonb,
    ADD COLUMN wanted_at timestamp with time zone;

UPDATE tasks SET wanted_at = created_at;

ALTER TABLE tasks
    ALTER COLUMN wanted_at SET NOT NULL;

ALTER TABLE waves
    ADD COLUMN origin character varying(10),
    ADD COLUMN cart_id bigint;

UPDATE waves SET origin = 'desk';

ALTER TABLE waves
    ALTER COLUMN origin SET NOT NULL;

CREATE TABLE workers (
    person_id BIGINT NOT NULL,
    site_id BIGINT NOT NULL,
    location_id BIGINT,
    equipment JSONB NOT NULL,
    zones JSONB NOT NULL,
    seen_at TIMESTAMP WITH TIME ZONE NOT NULL,
    CONSTRAINT pk_workers PRIMARY KEY (person_id)
);

ALTER TABLE sites ADD CONSTRAINT ck_sites_age_window_in_range CHECK (age_window_days BETWEEN 0 AND 365);

ALTER TABLE catch_weights ADD CONSTRAINT fk_catch_weights_movement_id FOREIGN KEY (movement_id) REFERENCES movements(id);

ALTER TABLE catch_weights ADD CONSTRAINT fk_catch_weights_order_line_id FOREIGN KEY (order_line_id) REFERENCES order_lines(id);

ALTER TABLE floor_plans ADD CONSTRAINT fk_floor_plans_site_id FOREIGN KEY (site_id) REFERENCES sites(id);

ALTER TABLE floor_plans ADD CONSTRAINT fk_floor_plans_start_id FOREIGN KEY (start_id) REFERENCES locations(id);

ALTER TABLE freshness ADD CONSTRAINT fk_freshness_partner_id FOREIGN KEY (partner_id) REFERENCES partners(id);

ALTER TABLE freshness ADD CONSTRAINT fk_freshness_product_id FOREIGN KEY (product_id) REFERENCES products(id);

ALTER TABLE pick_carts ADD CONSTRAINT fk_pick_carts_site_id FOREIGN KEY (site_id) REFERENCES sites(id);

ALTER TABLE pick_lists ADD CONSTRAINT fk_pick_lists_cart_id FOREIGN KEY (cart_id) REFERENCES pick_carts(id);

ALTER TABLE pick_lists ADD CONSTRAINT fk_pick_lists_follows_id FOREIGN KEY (follows_id) REFERENCES pick_lists(id);

ALTER TABLE pick_slots ADD CONSTRAINT fk_pick_slots_handling_unit_id FOREIGN KEY (handling_unit_id) REFERENCES handling_units(id);

ALTER TABLE pick_slots ADD CONSTRAINT fk_pick_slots_order_id FOREIGN KEY (order_id) REFERENCES orders(id);

ALTER TABLE pick_slots ADD CONSTRAINT fk_pick_slots_pick_list_id FOREIGN KEY (pick_list_id) REFERENCES pick_lists(id);

ALTER TABLE pick_streams ADD CONSTRAINT fk_pick_streams_by_id FOREIGN KEY (by_id) REFERENCES people(id);

ALTER TABLE pick_streams ADD CONSTRAINT fk_pick_streams_cart_id FOREIGN KEY (cart_id) REFERENCES pick_carts(id);

ALTER TABLE pick_streams ADD CONSTRAINT fk_pick_streams_site_id FOREIGN KEY (site_id) REFERENCES sites(id);

ALTER TABLE waves ADD CONSTRAINT fk_waves_cart_id FOREIGN KEY (cart_id) REFERENCES pick_carts(id);

ALTER TABLE workers ADD CONSTRAINT fk_workers_location_id FOREIGN KEY (location_id) REFERENCES locations(id);

ALTER TABLE workers ADD CONSTRAINT fk_workers_person_id FOREIGN KEY (person_id) REFERENCES people(id);

ALTER TABLE workers ADD CONSTRAINT fk_workers_site_id FOREIGN KEY (site_id) REFERENCES sites(id);

CREATE INDEX ix_catch_weights_order_line_id ON catch_weights (order_line_id);

CREATE INDEX ix_order_lines_lot ON order_lines (product_id) WHERE lot IS NOT NULL AND promised > 0;

CREATE INDEX ix_pick_lists_follows_id ON pick_lists (follows_id);

CREATE INDEX ix_pick_slots_list ON pick_slots (pick_list_id, position);

CREATE INDEX ix_pick_slots_order_id ON pick_slots (order_id);

CREATE INDEX ix_pick_slots_unit ON pick_slots (handling_unit_id);

CREATE INDEX ix_tasks_queue ON tasks (site_id, status, kind, wanted_at, id);

CREATE INDEX ix_tasks_square ON tasks (site_id, status, square, wanted_at, id);

CREATE INDEX ix_workers_site_id ON workers (site_id);

CREATE TRIGGER handling_units_follow AFTER UPDATE OF location_id ON handling_units FOR EACH ROW WHEN ((old.location_id <> new.location_id)) EXECUTE FUNCTION unit_is_followed();

CREATE TRIGGER handling_units_nested AFTER INSERT OR UPDATE OF parent_id, root_id, location_id, site_id ON handling_units FOR EACH ROW WHEN ((new.parent_id IS NOT NULL)) EXECUTE FUNCTION unit_stands_well();

CREATE TRIGGER movements_not_changed BEFORE DELETE OR UPDATE OR TRUNCATE ON movements FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();

CREATE TRIGGER stock_emptied AFTER UPDATE OF on_hand ON stock FOR EACH ROW WHEN (((new.on_hand = 0) AND (old.on_hand <> 0))) EXECUTE FUNCTION note_vacancy();

