-- Written by `make migration`: from 0005 to 0006.
DROP TRIGGER handling_units_follow ON handling_units;

DROP TRIGGER handling_units_nested ON handling_units;

DROP TRIGGER kept_papers_not_changed ON kept_papers;

DROP TRIGGER movements_not_changed ON movements;

DROP TRIGGER paper_prints_not_changed ON paper_prints;

DROP TRIGGER stock_emptied ON stock;

ALTER TABLE count_lines DROP CONSTRAINT fk_count_lines_count_id;

ALTER TABLE count_lines DROP CONSTRAINT fk_count_lines_location_id;

ALTER TABLE order_lines DROP CONSTRAINT ck_order_lines_counters_not_negative;

DROP INDEX ix_count_lines_count;

CREATE TABLE allowances (
    person_id BIGINT NOT NULL,
    spent_until BIGINT NOT NULL,
    CONSTRAINT pk_allowances PRIMARY KEY (person_id)
);

ALTER TABLE carrier_accounts
    ADD COLUMN given_before bigint DEFAULT '0'::bigint;

UPDATE carrier_accounts SET given_before = 0;

ALTER TABLE carrier_accounts
    ALTER COLUMN given_before SET NOT NULL;

CREATE TABLE count_classes (
    id BIGSERIAL NOT NULL,
    site_id BIGINT NOT NULL,
    abc VARCHAR(1) NOT NULL,
    tolerance_units BIGINT,
    tolerance_percent BIGINT,
    tolerance_value BIGINT,
    CONSTRAINT pk_count_classes PRIMARY KEY (id),
    CONSTRAINT uq_count_classes_site_id_abc UNIQUE (site_id, abc),
    CONSTRAINT ck_count_classes_tolerances_not_negative CHECK (tolerance_units >= 0 AND tolerance_percent >= 0 AND tolerance_value >= 0)
);

CREATE TABLE count_doubts (
    id BIGSERIAL NOT NULL,
    entry_id BIGINT NOT NULL,
    movement_id BIGINT,
    task_id BIGINT,
    delta BIGINT NOT NULL,
    seen BOOLEAN,
    ended_at TIMESTAMP WITH TIME ZONE,
    CONSTRAINT pk_count_doubts PRIMARY KEY (id),
    CONSTRAINT ck_count_doubts_movement_or_work CHECK ((movement_id IS NULL) <> (task_id IS NULL))
);

ALTER TABLE count_entries
    ADD COLUMN correction bigint DEFAULT '0'::bigint NOT NULL,
    ADD COLUMN plate boolean;

UPDATE count_entries SET plate = FALSE;

ALTER TABLE count_entries
    ALTER COLUMN plate SET NOT NULL;

CREATE TABLE count_finds (
    id BIGSERIAL NOT NULL,
    place_id BIGINT NOT NULL,
    code VARCHAR(200) NOT NULL,
    quantity BIGINT NOT NULL,
    note VARCHAR(200),
    by_id BIGINT NOT NULL,
    at TIMESTAMP WITH TIME ZONE NOT NULL,
    cleared_at TIMESTAMP WITH TIME ZONE,
    cleared_by_id BIGINT,
    CONSTRAINT pk_count_finds PRIMARY KEY (id),
    CONSTRAINT ck_count_finds_quantity_positive CHECK (quantity > 0)
);

ALTER TABLE count_lines
    ADD COLUMN place_id bigint,
    ADD COLUMN lot character varying(80),
    ADD COLUMN lot_key character varying(200),
    ADD COLUMN owner_id bigint,
    ALTER COLUMN batch_id DROP NOT NULL,
    ADD COLUMN taken_at timestamp with time zone,
    ADD COLUMN allowed bigint DEFAULT '0'::bigint,
    ADD COLUMN disputed boolean,
    ADD COLUMN outcome character varying(12),
    ADD COLUMN cause character varying(20);

UPDATE count_lines SET place_id = (SELECT count_places.id FROM count_places WHERE count_places.count_id = count_lines.count_id AND count_places.location_id = count_lines.location_id), lot = (SELECT lot FROM batches WHERE batches.id = count_lines.batch_id), lot_key = (SELECT lot_key FROM batches WHERE batches.id = count_lines.batch_id), owner_id = (SELECT owner_id FROM batches WHERE batches.id = count_lines.batch_id), taken_at = (SELECT MAX(at) FROM count_entries WHERE count_entries.line_id = count_lines.id), allowed = (SELECT tolerance FROM counts WHERE counts.id = count_lines.count_id), disputed = FALSE;

ALTER TABLE count_lines
    ALTER COLUMN place_id SET NOT NULL,
    ALTER COLUMN lot SET NOT NULL,
    ALTER COLUMN lot_key SET NOT NULL,
    ALTER COLUMN allowed SET NOT NULL,
    ALTER COLUMN disputed SET NOT NULL,
    DROP COLUMN count_id,
    DROP COLUMN location_id;

CREATE TABLE count_origins (
    count_id BIGINT NOT NULL,
    programme_id BIGINT,
    day DATE,
    why VARCHAR(12) NOT NULL,
    scope JSONB NOT NULL,
    population BIGINT DEFAULT '0' NOT NULL,
    confidence_percent BIGINT,
    error_permille BIGINT,
    CONSTRAINT pk_count_origins PRIMARY KEY (count_id),
    CONSTRAINT uq_count_origins_programme_id_day UNIQUE (programme_id, day),
    CONSTRAINT ck_count_origins_programme_of_a_day CHECK ((programme_id IS NULL) = (day IS NULL)),
    CONSTRAINT ck_count_origins_why_known CHECK (why IN ('desk', 'full', 'programme', 'sample')),
    CONSTRAINT ck_count_origins_population_not_negative CHECK (population >= 0)
);

ALTER TABLE count_places
    ADD COLUMN zone character varying(40),
    ADD COLUMN state character varying(10),
    ADD COLUMN opened_at timestamp with time zone,
    ADD COLUMN stake bigint DEFAULT '0'::bigint NOT NULL,
    ADD COLUMN decided_by_id bigint,
    ADD COLUMN ended_at timestamp with time zone;

UPDATE count_places SET zone = (SELECT zone FROM locations WHERE locations.id = count_places.location_id), state = CASE WHEN (SELECT status FROM counts WHERE counts.id = count_places.count_id) IN ('posted', 'refused') THEN (SELECT status FROM counts WHERE counts.id = count_places.count_id) WHEN counted_at IS NULL THEN 'open' WHEN EXISTS (SELECT 1 FROM count_lines WHERE count_lines.place_id = count_places.id AND count_lines.difference <> 0 AND (SELECT COUNT(*) FROM count_entries WHERE count_entries.line_id = count_lines.id) < 2) THEN 'recount' WHEN EXISTS (SELECT 1 FROM count_lines WHERE count_lines.place_id = count_places.id AND count_lines.difference <> 0) THEN 'review' ELSE 'posted' END, opened_at = counted_at, ended_at = CASE WHEN CASE WHEN (SELECT status FROM counts WHERE counts.id = count_places.count_id) IN ('posted', 'refused') THEN (SELECT status FROM counts WHERE counts.id = count_places.count_id) WHEN counted_at IS NULL THEN 'open' WHEN EXISTS (SELECT 1 FROM count_lines WHERE count_lines.place_id = count_places.id AND count_lines.difference <> 0 AND (SELECT COUNT(*) FROM count_entries WHERE count_entries.line_id = count_lines.id) < 2) THEN 'recount' WHEN EXISTS (SELECT 1 FROM count_lines WHERE count_lines.place_id = count_places.id AND count_lines.difference <> 0) THEN 'review' ELSE 'posted' END IN ('posted', 'refused') THEN COALESCE((SELECT ended_at FROM counts WHERE counts.id = count_places.count_id), counted_at) END;

ALTER TABLE count_places
    ALTER COLUMN state SET NOT NULL;

CREATE TABLE count_programmes (
    id BIGSERIAL NOT NULL,
    site_id BIGINT NOT NULL,
    name VARCHAR(80) NOT NULL,
    rule VARCHAR(10) NOT NULL,
    scope JSONB NOT NULL,
    every_days BIGINT NOT NULL,
    begins_on DATE NOT NULL,
    confidence_percent BIGINT,
    error_permille BIGINT,
    blind BOOLEAN NOT NULL,
    tolerance BIGINT DEFAULT '0' NOT NULL,
    priority BIGINT NOT NULL,
    active BOOLEAN NOT NULL,
    created_at TIMESTAMP WITH TIME ZONE NOT NULL,
    by_id BIGINT NOT NULL,
    CONSTRAINT pk_count_programmes PRIMARY KEY (id),
    CONSTRAINT uq_count_programmes_site_id_name UNIQUE (site_id, name),
    CONSTRAINT ck_count_programmes_rule_known CHECK (rule IN ('cycle', 'sample')),
    CONSTRAINT ck_count_programmes_days_in_range CHECK (every_days BETWEEN 1 AND 1000),
    CONSTRAINT ck_count_programmes_sample_is_stated CHECK ((rule = 'sample') = (confidence_percent IS NOT NULL)),
    CONSTRAINT ck_count_programmes_error_is_stated CHECK ((confidence_percent IS NULL) = (error_permille IS NULL)),
    CONSTRAINT ck_count_programmes_confidence_in_range CHECK (confidence_percent BETWEEN 50 AND 99),
    CONSTRAINT ck_count_programmes_error_in_range CHECK (error_permille BETWEEN 1 AND 500),
    CONSTRAINT ck_count_programmes_priority_in_range CHECK (priority BETWEEN 0 AND 9),
    CONSTRAINT ck_count_programmes_tolerance_not_negative CHECK (tolerance >= 0)
);

CREATE TABLE count_rules (
    site_id BIGINT NOT NULL,
    abc_by VARCHAR(10) NOT NULL,
    abc_a_percent BIGINT NOT NULL,
    abc_b_percent BIGINT NOT NULL,
    abc_margin_percent BIGINT NOT NULL,
    abc_days BIGINT NOT NULL,
    abc_automatic BOOLEAN NOT NULL,
    abc_computed_at TIMESTAMP WITH TIME ZONE,
    working_days JSONB NOT NULL,
    shifts JSONB NOT NULL,
    suspicious_places BIGINT NOT NULL,
    key_twice BOOLEAN NOT NULL,
    approval_limit BIGINT,
    CONSTRAINT pk_count_rules PRIMARY KEY (site_id),
    CONSTRAINT ck_count_rules_turnover_known CHECK (abc_by IN ('picks', 'value')),
    CONSTRAINT ck_count_rules_shares_in_order CHECK (abc_a_percent > 0 AND abc_b_percent > abc_a_percent AND abc_b_percent <= 100),
    CONSTRAINT ck_count_rules_margin_in_range CHECK (abc_margin_percent BETWEEN 0 AND 20),
    CONSTRAINT ck_count_rules_days_in_range CHECK (abc_days BETWEEN 1 AND 731),
    CONSTRAINT ck_count_rules_suspicion_positive CHECK (suspicious_places >= 1),
    CONSTRAINT ck_count_rules_limit_not_negative CHECK (approval_limit >= 0)
);

CREATE TABLE count_sheet_lines (
    id BIGSERIAL NOT NULL,
    sheet_id BIGINT NOT NULL,
    line BIGINT NOT NULL,
    place_id BIGINT NOT NULL,
    product_id BIGINT,
    lot VARCHAR(80) NOT NULL,
    owner_id BIGINT,
    condition VARCHAR(12),
    first_sku VARCHAR(80),
    first_lot VARCHAR(80),
    first_quantity BIGINT,
    second_sku VARCHAR(80),
    second_lot VARCHAR(80),
    second_quantity BIGINT,
    CONSTRAINT pk_count_sheet_lines PRIMARY KEY (id),
    CONSTRAINT uq_count_sheet_lines_sheet_id_line UNIQUE (sheet_id, line),
    CONSTRAINT ck_count_sheet_lines_quantities_not_negative CHECK (first_quantity >= 0 AND second_quantity >= 0)
);

CREATE TABLE count_sheets (
    id BIGSERIAL NOT NULL,
    site_id BIGINT NOT NULL,
    count_id BIGINT NOT NULL,
    number VARCHAR(60) NOT NULL,
    number_key VARCHAR(200) NOT NULL,
    status VARCHAR(10) NOT NULL,
    person_id BIGINT,
    counted_from TIMESTAMP WITH TIME ZONE,
    made_at TIMESTAMP WITH TIME ZONE NOT NULL,
    made_by_id BIGINT NOT NULL,
    first_at TIMESTAMP WITH TIME ZONE,
    first_by_id BIGINT,
    second_by_id BIGINT,
    taken_at TIMESTAMP WITH TIME ZONE,
    CONSTRAINT pk_count_sheets PRIMARY KEY (id),
    CONSTRAINT uq_count_sheets_site_id_number_key UNIQUE (site_id, number_key),
    CONSTRAINT ck_count_sheets_status_known CHECK (status IN ('printed', 'keyed', 'differs', 'taken', 'void')),
    CONSTRAINT ck_count_sheets_keyed_by_two CHECK (second_by_id <> first_by_id)
);

CREATE TABLE count_triggers (
    site_id BIGINT NOT NULL,
    code VARCHAR(12) NOT NULL,
    wanted BOOLEAN NOT NULL,
    CONSTRAINT pk_count_triggers PRIMARY KEY (site_id, code),
    CONSTRAINT ck_count_triggers_trigger_known CHECK (code IN ('emptied', 'short', 'not_empty', 'negative', 'suspicious', 'last_unit'))
);

CREATE TABLE count_visits (
    id BIGSERIAL NOT NULL,
    place_id BIGINT NOT NULL,
    person_id BIGINT NOT NULL,
    keyed_by_id BIGINT,
    opened_at TIMESTAMP WITH TIME ZONE NOT NULL,
    closed_at TIMESTAMP WITH TIME ZONE,
    CONSTRAINT pk_count_visits PRIMARY KEY (id),
    CONSTRAINT uq_count_visits_place_id_person_id UNIQUE (place_id, person_id),
    CONSTRAINT ck_count_visits_opened_before_closed CHECK (closed_at >= opened_at)
);

ALTER TABLE differences
    ADD COLUMN sign_off_id bigint;

UPDATE differences SET sign_off_id = (SELECT sign_offs.id FROM sign_offs JOIN orders ON orders.id = sign_offs.order_id LEFT JOIN shipments ON shipments.id = sign_offs.shipment_id WHERE differences.kind = 'not_delivered' AND sign_offs.order_id = differences.order_id AND (differences.note = COALESCE(shipments.number, orders.number) OR differences.note LIKE COALESCE(shipments.number, orders.number) || ' · %'));

ALTER TABLE loads
    ADD COLUMN papers_kept_at timestamp with time zone;

UPDATE loads SET papers_kept_at = CASE WHEN EXISTS (SELECT 1 FROM kept_papers WHERE kept_papers.site_id = loads.site_id AND kept_papers.kind = 'gate-pass' AND kept_papers.number = loads.gate_pass AND kept_papers.since = loads.left_at) THEN left_at END;

ALTER TABLE order_lines
    ADD COLUMN withdrawn bigint DEFAULT '0'::bigint,
    ADD COLUMN withdrawn_packed bigint DEFAULT '0'::bigint;

UPDATE order_lines SET withdrawn = 0, withdrawn_packed = 0;

ALTER TABLE order_lines
    ALTER COLUMN withdrawn SET NOT NULL,
    ALTER COLUMN withdrawn_packed SET NOT NULL;

ALTER TABLE orders
    ADD COLUMN promised_on date,
    ADD COLUMN entered_as character varying(64);

ALTER TABLE partners
    ADD COLUMN ship_complete boolean DEFAULT false NOT NULL,
    ADD COLUMN allow_backorder boolean DEFAULT false NOT NULL,
    ADD COLUMN blocked boolean DEFAULT false NOT NULL,
    ADD COLUMN blocked_reason character varying(300);

ALTER TABLE people
    ADD COLUMN scopes jsonb,
    ADD COLUMN per_minute bigint;

UPDATE people SET scopes = '[]';

ALTER TABLE people
    ALTER COLUMN scopes SET NOT NULL;

CREATE TABLE product_classes (
    id BIGSERIAL NOT NULL,
    site_id BIGINT NOT NULL,
    product_id BIGINT NOT NULL,
    proposed VARCHAR(1) NOT NULL,
    accepted VARCHAR(1),
    turnover BIGINT NOT NULL,
    before BIGINT DEFAULT '0' NOT NULL,
    computed_at TIMESTAMP WITH TIME ZONE NOT NULL,
    accepted_at TIMESTAMP WITH TIME ZONE,
    accepted_by_id BIGINT,
    CONSTRAINT pk_product_classes PRIMARY KEY (id),
    CONSTRAINT uq_product_classes_site_id_product_id UNIQUE (site_id, product_id)
);

ALTER TABLE products
    ADD COLUMN this_way_up boolean DEFAULT false NOT NULL,
    ADD COLUMN unit_value bigint;

ALTER TABLE sign_off_lines
    ADD COLUMN came_before bigint DEFAULT '0'::bigint;

UPDATE sign_off_lines SET came_before = CASE WHEN (SELECT return_id FROM sign_offs WHERE sign_offs.id = sign_off_id) IS NULL THEN damaged + refused ELSE 0 END;

ALTER TABLE sign_off_lines
    ALTER COLUMN came_before SET NOT NULL;

ALTER TABLE tasks
    ADD COLUMN nor_by_id bigint;

ALTER TABLE webhook_deliveries
    ADD COLUMN subject character varying(60);

UPDATE webhook_deliveries SET subject = (SELECT events.subject_kind || ':' || events.subject_id FROM events WHERE events.id = webhook_deliveries.event_id);

ALTER TABLE webhook_deliveries
    ALTER COLUMN subject SET NOT NULL;

ALTER TABLE webhooks
    ADD COLUMN old_secret character varying(100),
    ADD COLUMN old_secret_until timestamp with time zone,
    ADD COLUMN off_at timestamp with time zone,
    ADD COLUMN off_why character varying(10),
    ADD COLUMN failures bigint DEFAULT '0'::bigint NOT NULL,
    ADD COLUMN failing_since timestamp with time zone,
    ADD COLUMN rests_until timestamp with time zone;

UPDATE webhooks SET off_at = CASE WHEN active THEN NULL ELSE created_at END, off_why = CASE WHEN active THEN NULL ELSE 'gone' END;

CREATE TABLE zone_freezes (
    id BIGSERIAL NOT NULL,
    site_id BIGINT NOT NULL,
    zone VARCHAR(40) NOT NULL,
    document VARCHAR(80) NOT NULL,
    began_at TIMESTAMP WITH TIME ZONE NOT NULL,
    by_id BIGINT NOT NULL,
    until TIMESTAMP WITH TIME ZONE,
    ended_at TIMESTAMP WITH TIME ZONE,
    ended_by_id BIGINT,
    CONSTRAINT pk_zone_freezes PRIMARY KEY (id),
    CONSTRAINT ck_zone_freezes_ended_by_somebody CHECK ((ended_by_id IS NULL) OR (ended_at IS NOT NULL))
);

ALTER TABLE carrier_accounts ADD CONSTRAINT ck_carrier_accounts_given_not_negative CHECK (given_before >= 0);

ALTER TABLE count_lines ADD CONSTRAINT ck_count_lines_allowed_not_negative CHECK (allowed >= 0);

ALTER TABLE count_places ADD CONSTRAINT ck_count_places_ends_once CHECK ((state IN ('posted', 'refused')) = (ended_at IS NOT NULL));

ALTER TABLE count_places ADD CONSTRAINT ck_count_places_stake_not_negative CHECK (stake >= 0);

ALTER TABLE order_lines ADD CONSTRAINT ck_order_lines_counters_not_negative CHECK (promised >= 0 AND reserved >= 0 AND picked >= 0 AND packed >= 0 AND shipped >= 0 AND delivered >= 0 AND returned >= 0 AND cancelled >= 0 AND short >= 0 AND withdrawn >= 0 AND withdrawn_packed >= 0);

ALTER TABLE order_lines ADD CONSTRAINT ck_order_lines_withdrawn_within CHECK (withdrawn_packed <= withdrawn AND withdrawn <= cancelled);

ALTER TABLE people ADD CONSTRAINT ck_people_per_minute_not_negative CHECK (per_minute >= 0);

ALTER TABLE products ADD CONSTRAINT ck_products_value_not_negative CHECK (unit_value >= 0);

ALTER TABLE shipments ADD CONSTRAINT ck_shipments_signed_for_once_left CHECK (signed_at IS NULL OR left_at IS NOT NULL);

ALTER TABLE sign_off_lines ADD CONSTRAINT ck_sign_off_lines_not_kept_came_before CHECK (came_before BETWEEN 0 AND damaged + refused);

ALTER TABLE webhooks ADD CONSTRAINT ck_webhooks_failures_not_negative CHECK (failures >= 0);

ALTER TABLE webhooks ADD CONSTRAINT ck_webhooks_off_for_a_reason CHECK (active = (off_at IS NULL) AND active = (off_why IS NULL));

ALTER TABLE webhooks ADD CONSTRAINT ck_webhooks_old_secret_ends CHECK ((old_secret IS NULL) = (old_secret_until IS NULL));

ALTER TABLE webhooks ADD CONSTRAINT ck_webhooks_reason_known CHECK (off_why IN ('person', 'gone', 'failing'));

ALTER TABLE allowances ADD CONSTRAINT fk_allowances_person_id FOREIGN KEY (person_id) REFERENCES people(id);

ALTER TABLE count_classes ADD CONSTRAINT fk_count_classes_site_id FOREIGN KEY (site_id) REFERENCES sites(id);

ALTER TABLE count_doubts ADD CONSTRAINT fk_count_doubts_entry_id FOREIGN KEY (entry_id) REFERENCES count_entries(id) ON DELETE CASCADE;

ALTER TABLE count_doubts ADD CONSTRAINT fk_count_doubts_movement_id FOREIGN KEY (movement_id) REFERENCES movements(id);

ALTER TABLE count_doubts ADD CONSTRAINT fk_count_doubts_task_id FOREIGN KEY (task_id) REFERENCES tasks(id);

ALTER TABLE count_finds ADD CONSTRAINT fk_count_finds_by_id FOREIGN KEY (by_id) REFERENCES people(id);

ALTER TABLE count_finds ADD CONSTRAINT fk_count_finds_cleared_by_id FOREIGN KEY (cleared_by_id) REFERENCES people(id);

ALTER TABLE count_finds ADD CONSTRAINT fk_count_finds_place_id FOREIGN KEY (place_id) REFERENCES count_places(id);

ALTER TABLE count_lines ADD CONSTRAINT fk_count_lines_owner_id FOREIGN KEY (owner_id) REFERENCES partners(id);

ALTER TABLE count_lines ADD CONSTRAINT fk_count_lines_place_id FOREIGN KEY (place_id) REFERENCES count_places(id);

ALTER TABLE count_origins ADD CONSTRAINT fk_count_origins_count_id FOREIGN KEY (count_id) REFERENCES counts(id);

ALTER TABLE count_origins ADD CONSTRAINT fk_count_origins_programme_id FOREIGN KEY (programme_id) REFERENCES count_programmes(id);

ALTER TABLE count_places ADD CONSTRAINT fk_count_places_decided_by_id FOREIGN KEY (decided_by_id) REFERENCES people(id);

ALTER TABLE count_programmes ADD CONSTRAINT fk_count_programmes_by_id FOREIGN KEY (by_id) REFERENCES people(id);

ALTER TABLE count_programmes ADD CONSTRAINT fk_count_programmes_site_id FOREIGN KEY (site_id) REFERENCES sites(id);

ALTER TABLE count_rules ADD CONSTRAINT fk_count_rules_site_id FOREIGN KEY (site_id) REFERENCES sites(id);

ALTER TABLE count_sheet_lines ADD CONSTRAINT fk_count_sheet_lines_owner_id FOREIGN KEY (owner_id) REFERENCES partners(id);

ALTER TABLE count_sheet_lines ADD CONSTRAINT fk_count_sheet_lines_place_id FOREIGN KEY (place_id) REFERENCES count_places(id);

ALTER TABLE count_sheet_lines ADD CONSTRAINT fk_count_sheet_lines_product_id FOREIGN KEY (product_id) REFERENCES products(id);

ALTER TABLE count_sheet_lines ADD CONSTRAINT fk_count_sheet_lines_sheet_id FOREIGN KEY (sheet_id) REFERENCES count_sheets(id);

ALTER TABLE count_sheets ADD CONSTRAINT fk_count_sheets_count_id FOREIGN KEY (count_id) REFERENCES counts(id);

ALTER TABLE count_sheets ADD CONSTRAINT fk_count_sheets_first_by_id FOREIGN KEY (first_by_id) REFERENCES people(id);

ALTER TABLE count_sheets ADD CONSTRAINT fk_count_sheets_made_by_id FOREIGN KEY (made_by_id) REFERENCES people(id);

ALTER TABLE count_sheets ADD CONSTRAINT fk_count_sheets_person_id FOREIGN KEY (person_id) REFERENCES people(id);

ALTER TABLE count_sheets ADD CONSTRAINT fk_count_sheets_second_by_id FOREIGN KEY (second_by_id) REFERENCES people(id);

ALTER TABLE count_sheets ADD CONSTRAINT fk_count_sheets_site_id FOREIGN KEY (site_id) REFERENCES sites(id);

ALTER TABLE count_triggers ADD CONSTRAINT fk_count_triggers_site_id FOREIGN KEY (site_id) REFERENCES sites(id);

ALTER TABLE count_visits ADD CONSTRAINT fk_count_visits_keyed_by_id FOREIGN KEY (keyed_by_id) REFERENCES people(id);

ALTER TABLE count_visits ADD CONSTRAINT fk_count_visits_person_id FOREIGN KEY (person_id) REFERENCES people(id);

ALTER TABLE count_visits ADD CONSTRAINT fk_count_visits_place_id FOREIGN KEY (place_id) REFERENCES count_places(id);

ALTER TABLE differences ADD CONSTRAINT fk_differences_sign_off_id FOREIGN KEY (sign_off_id) REFERENCES sign_offs(id);

ALTER TABLE product_classes ADD CONSTRAINT fk_product_classes_accepted_by_id FOREIGN KEY (accepted_by_id) REFERENCES people(id);

ALTER TABLE product_classes ADD CONSTRAINT fk_product_classes_product_id FOREIGN KEY (product_id) REFERENCES products(id);

ALTER TABLE product_classes ADD CONSTRAINT fk_product_classes_site_id FOREIGN KEY (site_id) REFERENCES sites(id);

ALTER TABLE tasks ADD CONSTRAINT fk_tasks_nor_by_id FOREIGN KEY (nor_by_id) REFERENCES people(id);

ALTER TABLE zone_freezes ADD CONSTRAINT fk_zone_freezes_by_id FOREIGN KEY (by_id) REFERENCES people(id);

ALTER TABLE zone_freezes ADD CONSTRAINT fk_zone_freezes_ended_by_id FOREIGN KEY (ended_by_id) REFERENCES people(id);

ALTER TABLE zone_freezes ADD CONSTRAINT fk_zone_freezes_site_id FOREIGN KEY (site_id) REFERENCES sites(id);

CREATE INDEX ix_bookings_tracking ON bookings (tracking) WHERE tracking IS NOT NULL;

CREATE INDEX ix_count_doubts_entry ON count_doubts (entry_id);

CREATE INDEX ix_count_doubts_open ON count_doubts (task_id) WHERE ended_at IS NULL;

CREATE INDEX ix_count_finds_place ON count_finds (place_id);

CREATE INDEX ix_count_lines_place ON count_lines (place_id, product_id);

CREATE INDEX ix_count_lines_product_id ON count_lines (product_id);

CREATE INDEX ix_count_places_progress ON count_places (count_id, zone, state);

CREATE INDEX ix_count_places_sequence ON count_places (count_id, sequence);

CREATE INDEX ix_count_places_walk ON count_places (count_id, state, sequence);

CREATE INDEX ix_count_sheet_lines_place_id ON count_sheet_lines (place_id);

CREATE INDEX ix_count_sheets_count ON count_sheets (count_id, status);

CREATE INDEX ix_count_visits_person_id ON count_visits (person_id);

CREATE INDEX ix_differences_sign_off ON differences (sign_off_id) WHERE sign_off_id IS NOT NULL;

CREATE INDEX ix_differences_unit ON differences (handling_unit_id) WHERE handling_unit_id IS NOT NULL AND status = 'open';

CREATE INDEX ix_loads_papers ON loads (left_at) WHERE status = 'left' AND papers_kept_at IS NULL;

CREATE INDEX ix_order_lines_on_the_floor ON order_lines (order_id) WHERE short > 0 OR promised > 0;

CREATE INDEX ix_order_lines_waiting ON order_lines (product_id, order_id) WHERE ordered - promised - reserved - picked - short - cancelled > 0;

CREATE INDEX ix_orders_in_turn ON orders (site_id, status, id);

CREATE INDEX ix_product_classes_product_id ON product_classes (product_id);

CREATE INDEX ix_shipments_unsigned ON shipments (site_id, order_id) WHERE left_at IS NOT NULL AND signed_at IS NULL;

CREATE INDEX ix_webhook_deliveries_in_order ON webhook_deliveries (webhook_id, subject, event_id) WHERE status = 'pending';

CREATE UNIQUE INDEX uq_zone_freezes_live ON zone_freezes (site_id, zone) WHERE ended_at IS NULL;

CREATE TRIGGER handling_units_follow AFTER UPDATE OF location_id ON handling_units FOR EACH ROW WHEN ((old.location_id <> new.location_id)) EXECUTE FUNCTION unit_is_followed();

CREATE TRIGGER handling_units_nested AFTER INSERT OR UPDATE OF parent_id, root_id, location_id, site_id ON handling_units FOR EACH ROW WHEN ((new.parent_id IS NOT NULL)) EXECUTE FUNCTION unit_stands_well();

CREATE TRIGGER kept_papers_not_changed BEFORE DELETE OR UPDATE OR TRUNCATE ON kept_papers FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();

CREATE TRIGGER movements_not_changed BEFORE DELETE OR UPDATE OR TRUNCATE ON movements FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();

CREATE TRIGGER paper_prints_not_changed BEFORE DELETE OR UPDATE OR TRUNCATE ON paper_prints FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();

CREATE TRIGGER stock_emptied AFTER UPDATE OF on_hand ON stock FOR EACH ROW WHEN (((new.on_hand = 0) AND (old.on_hand <> 0))) EXECUTE FUNCTION note_vacancy();

