-- Written by `make migration`: from 0005 to 0006.
DROP TRIGGER handling_units_follow ON handling_units;

DROP TRIGGER handling_units_nested ON handling_units;

DROP TRIGGER kept_papers_not_changed ON kept_papers;

DROP TRIGGER movements_not_changed ON movements;

DROP TRIGGER paper_prints_not_changed ON paper_prints;

DROP TRIGGER stock_emptied ON stock;

CREATE TABLE allowances (
    person_id BIGINT NOT NULL,
    spent_until BIGINT NOT NULL,
    CONSTRAINT pk_allowances PRIMARY KEY (person_id)
);

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
    CONSTRAINT pk_count_rules PRIMARY KEY (site_id),
    CONSTRAINT ck_count_rules_turnover_known CHECK (abc_by IN ('picks', 'value')),
    CONSTRAINT ck_count_rules_shares_in_order CHECK (abc_a_percent > 0 AND abc_b_percent > abc_a_percent AND abc_b_percent <= 100),
    CONSTRAINT ck_count_rules_margin_in_range CHECK (abc_margin_percent BETWEEN 0 AND 20),
    CONSTRAINT ck_count_rules_days_in_range CHECK (abc_days BETWEEN 1 AND 731),
    CONSTRAINT ck_count_rules_suspicion_positive CHECK (suspicious_places >= 1)
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
    ADD COLUMN unit_value bigint;

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

ALTER TABLE people ADD CONSTRAINT ck_people_per_minute_not_negative CHECK (per_minute >= 0);

ALTER TABLE products ADD CONSTRAINT ck_products_value_not_negative CHECK (unit_value >= 0);

ALTER TABLE webhooks ADD CONSTRAINT ck_webhooks_failures_not_negative CHECK (failures >= 0);

ALTER TABLE webhooks ADD CONSTRAINT ck_webhooks_off_for_a_reason CHECK (active = (off_at IS NULL) AND active = (off_why IS NULL));

ALTER TABLE webhooks ADD CONSTRAINT ck_webhooks_old_secret_ends CHECK ((old_secret IS NULL) = (old_secret_until IS NULL));

ALTER TABLE webhooks ADD CONSTRAINT ck_webhooks_reason_known CHECK (off_why IN ('person', 'gone', 'failing'));

ALTER TABLE allowances ADD CONSTRAINT fk_allowances_person_id FOREIGN KEY (person_id) REFERENCES people(id);

ALTER TABLE count_origins ADD CONSTRAINT fk_count_origins_count_id FOREIGN KEY (count_id) REFERENCES counts(id);

ALTER TABLE count_origins ADD CONSTRAINT fk_count_origins_programme_id FOREIGN KEY (programme_id) REFERENCES count_programmes(id);

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

ALTER TABLE product_classes ADD CONSTRAINT fk_product_classes_accepted_by_id FOREIGN KEY (accepted_by_id) REFERENCES people(id);

ALTER TABLE product_classes ADD CONSTRAINT fk_product_classes_product_id FOREIGN KEY (product_id) REFERENCES products(id);

ALTER TABLE product_classes ADD CONSTRAINT fk_product_classes_site_id FOREIGN KEY (site_id) REFERENCES sites(id);

ALTER TABLE zone_freezes ADD CONSTRAINT fk_zone_freezes_by_id FOREIGN KEY (by_id) REFERENCES people(id);

ALTER TABLE zone_freezes ADD CONSTRAINT fk_zone_freezes_ended_by_id FOREIGN KEY (ended_by_id) REFERENCES people(id);

ALTER TABLE zone_freezes ADD CONSTRAINT fk_zone_freezes_site_id FOREIGN KEY (site_id) REFERENCES sites(id);

CREATE INDEX ix_count_sheet_lines_place_id ON count_sheet_lines (place_id);

CREATE INDEX ix_count_sheets_count ON count_sheets (count_id, status);

CREATE INDEX ix_product_classes_product_id ON product_classes (product_id);

CREATE INDEX ix_webhook_deliveries_in_order ON webhook_deliveries (webhook_id, subject, event_id) WHERE status = 'pending';

CREATE UNIQUE INDEX uq_zone_freezes_live ON zone_freezes (site_id, zone) WHERE ended_at IS NULL;

CREATE TRIGGER handling_units_follow AFTER UPDATE OF location_id ON handling_units FOR EACH ROW WHEN ((old.location_id <> new.location_id)) EXECUTE FUNCTION unit_is_followed();

CREATE TRIGGER handling_units_nested AFTER INSERT OR UPDATE OF parent_id, root_id, location_id, site_id ON handling_units FOR EACH ROW WHEN ((new.parent_id IS NOT NULL)) EXECUTE FUNCTION unit_stands_well();

CREATE TRIGGER kept_papers_not_changed BEFORE DELETE OR UPDATE OR TRUNCATE ON kept_papers FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();

CREATE TRIGGER movements_not_changed BEFORE DELETE OR UPDATE OR TRUNCATE ON movements FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();

CREATE TRIGGER paper_prints_not_changed BEFORE DELETE OR UPDATE OR TRUNCATE ON paper_prints FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();

CREATE TRIGGER stock_emptied AFTER UPDATE OF on_hand ON stock FOR EACH ROW WHEN (((new.on_hand = 0) AND (old.on_hand <> 0))) EXECUTE FUNCTION note_vacancy();

