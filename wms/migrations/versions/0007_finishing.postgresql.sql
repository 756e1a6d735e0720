-- Written by `make migration`: from 0006 to 0007.
DROP TRIGGER handling_units_follow ON handling_units;

DROP TRIGGER handling_units_nested ON handling_units;

DROP TRIGGER kept_papers_not_changed ON kept_papers;

DROP TRIGGER movements_not_changed ON movements;

DROP TRIGGER paper_prints_not_changed ON paper_prints;

DROP TRIGGER stock_emptied ON stock;

DROP INDEX ix_order_lines_product;

CREATE TABLE company_logos (
    id BIGSERIAL NOT NULL,
    png BYTEA NOT NULL,
    put_at TIMESTAMP WITH TIME ZONE NOT NULL,
    put_by_id BIGINT NOT NULL,
    CONSTRAINT pk_company_logos PRIMARY KEY (id)
);

ALTER TABLE count_finds
    ADD COLUMN outcome character varying(12),
    ADD COLUMN product_id bigint,
    ADD COLUMN count_id bigint;

CREATE TABLE customer_links (
    id BIGSERIAL NOT NULL,
    site_id BIGINT NOT NULL,
    order_id BIGINT NOT NULL,
    nonce VARCHAR(40) NOT NULL,
    language VARCHAR(10) NOT NULL,
    made_at TIMESTAMP WITH TIME ZONE NOT NULL,
    made_by_id BIGINT NOT NULL,
    ends_at TIMESTAMP WITH TIME ZONE NOT NULL,
    revoked_at TIMESTAMP WITH TIME ZONE,
    revoked_by_id BIGINT,
    CONSTRAINT pk_customer_links PRIMARY KEY (id),
    CONSTRAINT ck_customer_links_lasts CHECK (ends_at > made_at),
    CONSTRAINT ck_customer_links_revoked_by_somebody CHECK ((revoked_at IS NULL) = (revoked_by_id IS NULL))
);

CREATE TABLE kept_weeks (
    id BIGSERIAL NOT NULL,
    site_id BIGINT NOT NULL,
    week DATE NOT NULL,
    customer_id BIGINT NOT NULL,
    promised BIGINT DEFAULT '0' NOT NULL,
    kept BIGINT DEFAULT '0' NOT NULL,
    days_late BIGINT DEFAULT '0' NOT NULL,
    CONSTRAINT pk_kept_weeks PRIMARY KEY (id),
    CONSTRAINT uq_kept_weeks_site_id_week_customer_id UNIQUE (site_id, week, customer_id),
    CONSTRAINT ck_kept_weeks_kept_within_promised CHECK (promised > 0 AND kept BETWEEN 0 AND promised),
    CONSTRAINT ck_kept_weeks_days_not_negative CHECK (days_late >= 0)
);

ALTER TABLE loads
    ADD COLUMN plate_key character varying(40),
    ADD COLUMN driver_id bigint,
    ADD COLUMN no_seal character varying(200);

UPDATE loads SET plate_key = NULLIF(LOWER(REPLACE(REPLACE(REPLACE(REPLACE(plate, '·', ''), ' ', ''), '-', ''), '.', '')), '');

CREATE TABLE notices (
    id BIGSERIAL NOT NULL,
    site_id BIGINT NOT NULL,
    person_id BIGINT NOT NULL,
    event_id BIGINT NOT NULL,
    order_id BIGINT NOT NULL,
    at TIMESTAMP WITH TIME ZONE NOT NULL,
    seen_at TIMESTAMP WITH TIME ZONE,
    CONSTRAINT pk_notices PRIMARY KEY (id),
    CONSTRAINT uq_notices_event_id_person_id UNIQUE (event_id, person_id)
);

CREATE TABLE order_keys (
    id BIGSERIAL NOT NULL,
    site_id BIGINT NOT NULL,
    order_id BIGINT NOT NULL,
    kind VARCHAR(10) NOT NULL,
    key VARCHAR(200) COLLATE "C" NOT NULL,
    CONSTRAINT pk_order_keys PRIMARY KEY (id),
    CONSTRAINT uq_order_keys_order_id_kind UNIQUE (order_id, kind),
    CONSTRAINT ck_order_keys_kind_known CHECK (kind IN ('number', 'tail', 'phone', 'reference')),
    CONSTRAINT ck_order_keys_key_not_empty CHECK (key <> '')
);

ALTER TABLE orders
    ADD COLUMN reference character varying(80);

CREATE TABLE uploads (
    id BIGSERIAL NOT NULL,
    site_id BIGINT NOT NULL,
    by_id BIGINT NOT NULL,
    language VARCHAR(5) NOT NULL,
    kind VARCHAR(20) NOT NULL,
    name VARCHAR(200) NOT NULL,
    dry_run BOOLEAN NOT NULL,
    content BYTEA,
    state VARCHAR(10) NOT NULL,
    checked BIGINT DEFAULT '0' NOT NULL,
    written BIGINT DEFAULT '0' NOT NULL,
    report JSON,
    leased_until TIMESTAMP WITH TIME ZONE,
    created_at TIMESTAMP WITH TIME ZONE NOT NULL,
    ended_at TIMESTAMP WITH TIME ZONE,
    CONSTRAINT pk_uploads PRIMARY KEY (id),
    CONSTRAINT ck_uploads_state_known CHECK (state IN ('waiting', 'working', 'done')),
    CONSTRAINT ck_uploads_done_at_its_end CHECK ((state = 'done') = (ended_at IS NOT NULL))
);

ALTER TABLE vehicles
    ADD COLUMN driver_id bigint;

CREATE TABLE watches (
    id BIGSERIAL NOT NULL,
    site_id BIGINT NOT NULL,
    person_id BIGINT NOT NULL,
    order_id BIGINT,
    customer_id BIGINT,
    since TIMESTAMP WITH TIME ZONE NOT NULL,
    CONSTRAINT pk_watches PRIMARY KEY (id),
    CONSTRAINT ck_watches_of_one_thing CHECK ((order_id IS NULL) <> (customer_id IS NULL))
);

ALTER TABLE count_finds ADD CONSTRAINT ck_count_finds_cleared_with_an_outcome CHECK ((cleared_at IS NULL) = (outcome IS NULL));

ALTER TABLE count_finds ADD CONSTRAINT ck_count_finds_product_is_counted CHECK ((outcome = 'product') = (product_id IS NOT NULL AND count_id IS NOT NULL));

ALTER TABLE loads ADD CONSTRAINT ck_loads_seal_or_reason CHECK (no_seal IS NULL OR seal IS NULL);

ALTER TABLE company_logos ADD CONSTRAINT fk_company_logos_put_by_id FOREIGN KEY (put_by_id) REFERENCES people(id);

ALTER TABLE count_finds ADD CONSTRAINT fk_count_finds_count_id FOREIGN KEY (count_id) REFERENCES counts(id);

ALTER TABLE count_finds ADD CONSTRAINT fk_count_finds_product_id FOREIGN KEY (product_id) REFERENCES products(id);

ALTER TABLE customer_links ADD CONSTRAINT fk_customer_links_made_by_id FOREIGN KEY (made_by_id) REFERENCES people(id);

ALTER TABLE customer_links ADD CONSTRAINT fk_customer_links_order_id FOREIGN KEY (order_id) REFERENCES orders(id);

ALTER TABLE customer_links ADD CONSTRAINT fk_customer_links_revoked_by_id FOREIGN KEY (revoked_by_id) REFERENCES people(id);

ALTER TABLE customer_links ADD CONSTRAINT fk_customer_links_site_id FOREIGN KEY (site_id) REFERENCES sites(id);

ALTER TABLE kept_weeks ADD CONSTRAINT fk_kept_weeks_customer_id FOREIGN KEY (customer_id) REFERENCES partners(id);

ALTER TABLE kept_weeks ADD CONSTRAINT fk_kept_weeks_site_id FOREIGN KEY (site_id) REFERENCES sites(id);

ALTER TABLE loads ADD CONSTRAINT fk_loads_driver_id FOREIGN KEY (driver_id) REFERENCES people(id);

ALTER TABLE notices ADD CONSTRAINT fk_notices_event_id FOREIGN KEY (event_id) REFERENCES events(id);

ALTER TABLE notices ADD CONSTRAINT fk_notices_order_id FOREIGN KEY (order_id) REFERENCES orders(id);

ALTER TABLE notices ADD CONSTRAINT fk_notices_person_id FOREIGN KEY (person_id) REFERENCES people(id);

ALTER TABLE notices ADD CONSTRAINT fk_notices_site_id FOREIGN KEY (site_id) REFERENCES sites(id);

ALTER TABLE order_keys ADD CONSTRAINT fk_order_keys_order_id FOREIGN KEY (order_id) REFERENCES orders(id);

ALTER TABLE order_keys ADD CONSTRAINT fk_order_keys_site_id FOREIGN KEY (site_id) REFERENCES sites(id);

ALTER TABLE uploads ADD CONSTRAINT fk_uploads_by_id FOREIGN KEY (by_id) REFERENCES people(id);

ALTER TABLE uploads ADD CONSTRAINT fk_uploads_site_id FOREIGN KEY (site_id) REFERENCES sites(id);

ALTER TABLE vehicles ADD CONSTRAINT fk_vehicles_driver_id FOREIGN KEY (driver_id) REFERENCES people(id);

ALTER TABLE watches ADD CONSTRAINT fk_watches_customer_id FOREIGN KEY (customer_id) REFERENCES partners(id);

ALTER TABLE watches ADD CONSTRAINT fk_watches_order_id FOREIGN KEY (order_id) REFERENCES orders(id);

ALTER TABLE watches ADD CONSTRAINT fk_watches_person_id FOREIGN KEY (person_id) REFERENCES people(id);

ALTER TABLE watches ADD CONSTRAINT fk_watches_site_id FOREIGN KEY (site_id) REFERENCES sites(id);

CREATE INDEX ix_count_finds_waiting ON count_finds (at) WHERE cleared_at IS NULL;

CREATE INDEX ix_customer_links_order ON customer_links (order_id, id);

CREATE INDEX ix_loads_driver ON loads (driver_id, left_at) WHERE driver_id IS NOT NULL;

CREATE INDEX ix_loads_plate ON loads (site_id, plate_key) WHERE plate_key IS NOT NULL;

CREATE INDEX ix_notices_at ON notices (at);

CREATE INDEX ix_notices_new ON notices (person_id, site_id) WHERE seen_at IS NULL;

CREATE INDEX ix_notices_person ON notices (person_id, site_id, id);

CREATE INDEX ix_order_keys_found ON order_keys (site_id, kind, key, order_id);

CREATE INDEX ix_order_lines_product ON order_lines (product_id, order_id);

CREATE INDEX ix_orders_promised ON orders (site_id, promised_on) WHERE promised_on IS NOT NULL;

CREATE INDEX ix_print_jobs_number ON print_jobs (number, kind);

CREATE INDEX ix_uploads_by_id ON uploads (by_id);

CREATE INDEX ix_uploads_to_do ON uploads (id) WHERE state <> 'done';

CREATE INDEX ix_watches_person ON watches (person_id, id);

CREATE UNIQUE INDEX uq_watches_customer ON watches (customer_id, site_id, person_id) WHERE customer_id IS NOT NULL;

CREATE UNIQUE INDEX uq_watches_order ON watches (order_id, person_id) WHERE order_id IS NOT NULL;

CREATE TRIGGER handling_units_follow AFTER UPDATE OF location_id ON handling_units FOR EACH ROW WHEN ((old.location_id <> new.location_id)) EXECUTE FUNCTION unit_is_followed();

CREATE TRIGGER handling_units_nested AFTER INSERT OR UPDATE OF parent_id, root_id, location_id, site_id ON handling_units FOR EACH ROW WHEN ((new.parent_id IS NOT NULL)) EXECUTE FUNCTION unit_stands_well();

CREATE TRIGGER kept_papers_not_changed BEFORE DELETE OR UPDATE OR TRUNCATE ON kept_papers FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();

CREATE TRIGGER movements_not_changed BEFORE DELETE OR UPDATE OR TRUNCATE ON movements FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();

CREATE TRIGGER paper_prints_not_changed BEFORE DELETE OR UPDATE OR TRUNCATE ON paper_prints FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();

CREATE TRIGGER stock_emptied AFTER UPDATE OF on_hand ON stock FOR EACH ROW WHEN (((new.on_hand = 0) AND (old.on_hand <> 0))) EXECUTE FUNCTION note_vacancy();

