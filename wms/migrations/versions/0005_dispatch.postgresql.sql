-- Written by `make migration`: from 0004 to 0005.
DROP TRIGGER handling_units_follow ON handling_units;

DROP TRIGGER handling_units_nested ON handling_units;

DROP TRIGGER movements_not_changed ON movements;

DROP TRIGGER stock_emptied ON stock;

CREATE TABLE benches (
    location_id BIGINT NOT NULL,
    scale VARCHAR(200),
    updated_at TIMESTAMP WITH TIME ZONE NOT NULL,
    CONSTRAINT pk_benches PRIMARY KEY (location_id)
);

CREATE TABLE bookings (
    id BIGSERIAL NOT NULL,
    handling_unit_id BIGINT NOT NULL,
    partner_id BIGINT NOT NULL,
    serial BIGINT NOT NULL,
    attempts BIGINT DEFAULT '0' NOT NULL,
    due_at TIMESTAMP WITH TIME ZONE NOT NULL,
    error VARCHAR(300),
    tracking VARCHAR(80),
    label_pdf BYTEA,
    booked_at TIMESTAMP WITH TIME ZONE,
    CONSTRAINT pk_bookings PRIMARY KEY (id),
    CONSTRAINT uq_bookings_handling_unit_id UNIQUE (handling_unit_id),
    CONSTRAINT uq_bookings_partner_id_serial UNIQUE (partner_id, serial),
    CONSTRAINT ck_bookings_serial_positive CHECK (serial > 0 AND attempts >= 0),
    CONSTRAINT ck_bookings_booked_with_a_number CHECK ((tracking IS NULL) = (booked_at IS NULL))
);

CREATE TABLE carrier_accounts (
    partner_id BIGINT NOT NULL,
    method VARCHAR(20) NOT NULL,
    settings JSONB NOT NULL,
    updated_at TIMESTAMP WITH TIME ZONE NOT NULL,
    CONSTRAINT pk_carrier_accounts PRIMARY KEY (partner_id)
);

CREATE TABLE carton_types (
    id BIGSERIAL NOT NULL,
    code VARCHAR(40) NOT NULL,
    code_key VARCHAR(200) NOT NULL,
    name VARCHAR(300),
    length_mm BIGINT NOT NULL,
    width_mm BIGINT NOT NULL,
    height_mm BIGINT NOT NULL,
    tare_grams BIGINT DEFAULT '0' NOT NULL,
    most_grams BIGINT,
    in_use BOOLEAN DEFAULT true NOT NULL,
    updated_at TIMESTAMP WITH TIME ZONE NOT NULL,
    CONSTRAINT pk_carton_types PRIMARY KEY (id),
    CONSTRAINT uq_carton_types_code_key UNIQUE (code_key),
    CONSTRAINT ck_carton_types_sizes_positive CHECK (length_mm > 0 AND width_mm > 0 AND height_mm > 0),
    CONSTRAINT ck_carton_types_weights_possible CHECK (tare_grams >= 0 AND (most_grams IS NULL OR most_grams > 0))
);

CREATE TABLE check_rules (
    id BIGSERIAL NOT NULL,
    product_id BIGINT,
    customer_id BIGINT,
    policy VARCHAR(10) NOT NULL,
    every_orders BIGINT,
    pieces BIGINT,
    updated_at TIMESTAMP WITH TIME ZONE NOT NULL,
    CONSTRAINT pk_check_rules PRIMARY KEY (id),
    CONSTRAINT uq_check_rules_product_id UNIQUE (product_id),
    CONSTRAINT uq_check_rules_customer_id UNIQUE (customer_id),
    CONSTRAINT ck_check_rules_one_subject CHECK ((product_id IS NULL) <> (customer_id IS NULL)),
    CONSTRAINT ck_check_rules_policy_known CHECK (policy IN ('every', 'sample', 'trust')),
    CONSTRAINT ck_check_rules_sample_is_stated CHECK ((policy = 'sample') = (every_orders IS NOT NULL OR pieces IS NOT NULL)),
    CONSTRAINT ck_check_rules_sample_positive CHECK (every_orders > 0 AND pieces > 0)
);

ALTER TABLE handling_units
    ADD COLUMN carton_type_id bigint;

CREATE TABLE kept_papers (
    id BIGSERIAL NOT NULL,
    site_id BIGINT NOT NULL,
    kind VARCHAR(40) NOT NULL,
    number VARCHAR(80) NOT NULL,
    number_key VARCHAR(200) NOT NULL,
    final BOOLEAN NOT NULL,
    since TIMESTAMP WITH TIME ZONE NOT NULL,
    content JSONB NOT NULL,
    digest VARCHAR(64) NOT NULL,
    kept_at TIMESTAMP WITH TIME ZONE NOT NULL,
    CONSTRAINT pk_kept_papers PRIMARY KEY (id),
    CONSTRAINT uq_kept_papers_site_id_kind_number_key_since UNIQUE (site_id, kind, number_key, since)
);

ALTER TABLE loads
    ADD COLUMN vehicle_id bigint,
    ADD COLUMN route_id bigint,
    ADD COLUMN max_weight_grams bigint,
    ADD COLUMN max_volume_cm3 bigint,
    ADD COLUMN pallet_places bigint,
    ADD COLUMN temperature character varying(10),
    ADD COLUMN overload_reason character varying(200);

CREATE TABLE order_services (
    id BIGSERIAL NOT NULL,
    order_id BIGINT NOT NULL,
    order_line_id BIGINT,
    position BIGINT DEFAULT '0' NOT NULL,
    code VARCHAR(20) NOT NULL,
    text VARCHAR(300),
    done_at TIMESTAMP WITH TIME ZONE,
    done_by_id BIGINT,
    CONSTRAINT pk_order_services PRIMARY KEY (id),
    CONSTRAINT ck_order_services_confirmed_by_somebody CHECK ((done_at IS NULL) = (done_by_id IS NULL))
);

ALTER TABLE packagings
    ADD COLUMN ships_as_is boolean DEFAULT false NOT NULL;

CREATE TABLE paper_prints (
    id BIGSERIAL NOT NULL,
    site_id BIGINT NOT NULL,
    kind VARCHAR(40) NOT NULL,
    number VARCHAR(80) NOT NULL,
    number_key VARCHAR(200) NOT NULL,
    copy BIGINT NOT NULL,
    kept_id BIGINT,
    digest VARCHAR(64) NOT NULL,
    reason VARCHAR(200),
    by_id BIGINT NOT NULL,
    at TIMESTAMP WITH TIME ZONE NOT NULL,
    CONSTRAINT pk_paper_prints PRIMARY KEY (id),
    CONSTRAINT uq_paper_prints_site_id_kind_number_key_copy UNIQUE (site_id, kind, number_key, copy),
    CONSTRAINT ck_paper_prints_copy_positive CHECK (copy > 0)
);

CREATE TABLE paper_templates (
    id BIGSERIAL NOT NULL,
    site_id BIGINT NOT NULL,
    kind VARCHAR(40) NOT NULL,
    data JSONB NOT NULL,
    updated_at TIMESTAMP WITH TIME ZONE NOT NULL,
    updated_by_id BIGINT NOT NULL,
    CONSTRAINT pk_paper_templates PRIMARY KEY (id),
    CONSTRAINT uq_paper_templates_site_id_kind UNIQUE (site_id, kind)
);

ALTER TABLE pick_lists
    ADD COLUMN walked_anew_at timestamp with time zone;

CREATE TABLE print_jobs (
    id BIGSERIAL NOT NULL,
    site_id BIGINT NOT NULL,
    key VARCHAR(200) NOT NULL,
    kind VARCHAR(40) NOT NULL,
    number VARCHAR(80) NOT NULL,
    printer_id BIGINT NOT NULL,
    copies BIGINT NOT NULL,
    status VARCHAR(10) NOT NULL,
    attempts BIGINT DEFAULT '0' NOT NULL,
    leased_until TIMESTAMP WITH TIME ZONE,
    begun_at TIMESTAMP WITH TIME ZONE,
    why JSONB NOT NULL,
    reason VARCHAR(200),
    print_id BIGINT,
    by_id BIGINT NOT NULL,
    created_at TIMESTAMP WITH TIME ZONE NOT NULL,
    ended_at TIMESTAMP WITH TIME ZONE,
    ended_by_id BIGINT,
    CONSTRAINT pk_print_jobs PRIMARY KEY (id),
    CONSTRAINT uq_print_jobs_key UNIQUE (key),
    CONSTRAINT ck_print_jobs_status_known CHECK (status IN ('queued', 'sending', 'sent', 'failed', 'doubtful', 'cancelled')),
    CONSTRAINT ck_print_jobs_copies_in_range CHECK (copies BETWEEN 1 AND 100),
    CONSTRAINT ck_print_jobs_ends_once CHECK ((status IN ('queued', 'sending', 'doubtful')) = (ended_at IS NULL))
);

CREATE TABLE printers (
    id BIGSERIAL NOT NULL,
    site_id BIGINT NOT NULL,
    code VARCHAR(80) NOT NULL,
    code_key VARCHAR(200) NOT NULL,
    name VARCHAR(200) NOT NULL,
    kind VARCHAR(10) NOT NULL,
    takes VARCHAR(10) NOT NULL,
    host VARCHAR(253),
    port BIGINT,
    folder VARCHAR(60),
    asks_state BOOLEAN NOT NULL,
    active BOOLEAN NOT NULL,
    trouble JSONB NOT NULL,
    trouble_since TIMESTAMP WITH TIME ZONE,
    failures BIGINT DEFAULT '0' NOT NULL,
    rests_until TIMESTAMP WITH TIME ZONE,
    answered_at TIMESTAMP WITH TIME ZONE,
    updated_at TIMESTAMP WITH TIME ZONE NOT NULL,
    CONSTRAINT pk_printers PRIMARY KEY (id),
    CONSTRAINT uq_printers_site_id_code_key UNIQUE (site_id, code_key),
    CONSTRAINT ck_printers_kind_known CHECK (kind IN ('browser', 'zpl', 'file')),
    CONSTRAINT ck_printers_takes_known CHECK (takes IN ('labels', 'papers')),
    CONSTRAINT ck_printers_reached_somehow CHECK ((kind = 'zpl') = (host IS NOT NULL AND port IS NOT NULL) AND (kind = 'file') = (folder IS NOT NULL)),
    CONSTRAINT ck_printers_port_in_range CHECK (port BETWEEN 1024 AND 65535)
);

CREATE TABLE routes (
    id BIGSERIAL NOT NULL,
    code VARCHAR(80) NOT NULL,
    code_key VARCHAR(200) NOT NULL,
    name VARCHAR(200) NOT NULL,
    areas JSONB NOT NULL,
    carrier_id BIGINT,
    cut_off VARCHAR(5),
    updated_at TIMESTAMP WITH TIME ZONE NOT NULL,
    CONSTRAINT pk_routes PRIMARY KEY (id),
    CONSTRAINT uq_routes_code_key UNIQUE (code_key)
);

CREATE TABLE sign_off_lines (
    id BIGSERIAL NOT NULL,
    sign_off_id BIGINT NOT NULL,
    order_line_id BIGINT NOT NULL,
    batch_id BIGINT,
    shipped BIGINT NOT NULL,
    delivered BIGINT NOT NULL,
    damaged BIGINT DEFAULT '0' NOT NULL,
    refused BIGINT DEFAULT '0' NOT NULL,
    missing BIGINT DEFAULT '0' NOT NULL,
    reason TEXT,
    CONSTRAINT pk_sign_off_lines PRIMARY KEY (id),
    CONSTRAINT ck_sign_off_lines_shipped_positive CHECK (shipped > 0),
    CONSTRAINT ck_sign_off_lines_counts_not_negative CHECK (delivered >= 0 AND damaged >= 0 AND refused >= 0 AND missing >= 0),
    CONSTRAINT ck_sign_off_lines_adds_up CHECK (delivered + damaged + refused + missing = shipped)
);

CREATE TABLE sign_offs (
    id BIGSERIAL NOT NULL,
    site_id BIGINT NOT NULL,
    order_id BIGINT NOT NULL,
    shipment_id BIGINT,
    signed_by VARCHAR(200) NOT NULL,
    signed_at TIMESTAMP WITH TIME ZONE NOT NULL,
    recorded_at TIMESTAMP WITH TIME ZONE NOT NULL,
    recorded_by_id BIGINT NOT NULL,
    comment VARCHAR(500),
    signature_path TEXT,
    signature_png BYTEA,
    return_id BIGINT,
    copy_at TIMESTAMP WITH TIME ZONE,
    copy_by_id BIGINT,
    accepted_at TIMESTAMP WITH TIME ZONE,
    accepted_by_id BIGINT,
    accept_reason VARCHAR(300),
    CONSTRAINT pk_sign_offs PRIMARY KEY (id),
    CONSTRAINT uq_sign_offs_shipment_id UNIQUE (shipment_id),
    CONSTRAINT ck_sign_offs_accepted_with_reason CHECK ((accepted_at IS NULL) = (accept_reason IS NULL)),
    CONSTRAINT ck_sign_offs_one_signature CHECK (signature_path IS NULL OR signature_png IS NULL)
);

CREATE TABLE stations (
    id BIGSERIAL NOT NULL,
    site_id BIGINT NOT NULL,
    location_id BIGINT,
    device_id BIGINT,
    label_printer_id BIGINT,
    paper_printer_id BIGINT,
    needs_printer BOOLEAN NOT NULL,
    updated_at TIMESTAMP WITH TIME ZONE NOT NULL,
    CONSTRAINT pk_stations PRIMARY KEY (id),
    CONSTRAINT uq_stations_location_id UNIQUE (location_id),
    CONSTRAINT uq_stations_device_id UNIQUE (device_id),
    CONSTRAINT ck_stations_place_or_device CHECK ((location_id IS NULL) <> (device_id IS NULL))
);

CREATE TABLE vehicles (
    id BIGSERIAL NOT NULL,
    code VARCHAR(80) NOT NULL,
    code_key VARCHAR(200) NOT NULL,
    name VARCHAR(80),
    plate VARCHAR(40),
    carrier_id BIGINT,
    driver VARCHAR(80),
    max_weight_grams BIGINT,
    max_volume_cm3 BIGINT,
    pallet_places BIGINT,
    temperature VARCHAR(10),
    in_service BOOLEAN NOT NULL,
    updated_at TIMESTAMP WITH TIME ZONE NOT NULL,
    CONSTRAINT pk_vehicles PRIMARY KEY (id),
    CONSTRAINT uq_vehicles_code_key UNIQUE (code_key),
    CONSTRAINT ck_vehicles_capacity_positive CHECK (max_weight_grams > 0 AND max_volume_cm3 > 0 AND pallet_places > 0)
);

ALTER TABLE loads ADD CONSTRAINT ck_loads_capacity_positive CHECK (max_weight_grams > 0 AND max_volume_cm3 > 0 AND pallet_places > 0);

ALTER TABLE benches ADD CONSTRAINT fk_benches_location_id FOREIGN KEY (location_id) REFERENCES locations(id);

ALTER TABLE bookings ADD CONSTRAINT fk_bookings_handling_unit_id FOREIGN KEY (handling_unit_id) REFERENCES handling_units(id);

ALTER TABLE bookings ADD CONSTRAINT fk_bookings_partner_id FOREIGN KEY (partner_id) REFERENCES partners(id);

ALTER TABLE carrier_accounts ADD CONSTRAINT fk_carrier_accounts_partner_id FOREIGN KEY (partner_id) REFERENCES partners(id);

ALTER TABLE check_rules ADD CONSTRAINT fk_check_rules_customer_id FOREIGN KEY (customer_id) REFERENCES partners(id);

ALTER TABLE check_rules ADD CONSTRAINT fk_check_rules_product_id FOREIGN KEY (product_id) REFERENCES products(id);

ALTER TABLE handling_units ADD CONSTRAINT fk_handling_units_carton_type_id FOREIGN KEY (carton_type_id) REFERENCES carton_types(id);

ALTER TABLE kept_papers ADD CONSTRAINT fk_kept_papers_site_id FOREIGN KEY (site_id) REFERENCES sites(id);

ALTER TABLE loads ADD CONSTRAINT fk_loads_route_id FOREIGN KEY (route_id) REFERENCES routes(id);

ALTER TABLE loads ADD CONSTRAINT fk_loads_vehicle_id FOREIGN KEY (vehicle_id) REFERENCES vehicles(id);

ALTER TABLE order_services ADD CONSTRAINT fk_order_services_done_by_id FOREIGN KEY (done_by_id) REFERENCES people(id);

ALTER TABLE order_services ADD CONSTRAINT fk_order_services_order_id FOREIGN KEY (order_id) REFERENCES orders(id);

ALTER TABLE order_services ADD CONSTRAINT fk_order_services_order_line_id FOREIGN KEY (order_line_id) REFERENCES order_lines(id);

ALTER TABLE paper_prints ADD CONSTRAINT fk_paper_prints_by_id FOREIGN KEY (by_id) REFERENCES people(id);

ALTER TABLE paper_prints ADD CONSTRAINT fk_paper_prints_kept_id FOREIGN KEY (kept_id) REFERENCES kept_papers(id);

ALTER TABLE paper_prints ADD CONSTRAINT fk_paper_prints_site_id FOREIGN KEY (site_id) REFERENCES sites(id);

ALTER TABLE paper_templates ADD CONSTRAINT fk_paper_templates_site_id FOREIGN KEY (site_id) REFERENCES sites(id);

ALTER TABLE paper_templates ADD CONSTRAINT fk_paper_templates_updated_by_id FOREIGN KEY (updated_by_id) REFERENCES people(id);

ALTER TABLE print_jobs ADD CONSTRAINT fk_print_jobs_by_id FOREIGN KEY (by_id) REFERENCES people(id);

ALTER TABLE print_jobs ADD CONSTRAINT fk_print_jobs_ended_by_id FOREIGN KEY (ended_by_id) REFERENCES people(id);

ALTER TABLE print_jobs ADD CONSTRAINT fk_print_jobs_print_id FOREIGN KEY (print_id) REFERENCES paper_prints(id);

ALTER TABLE print_jobs ADD CONSTRAINT fk_print_jobs_printer_id FOREIGN KEY (printer_id) REFERENCES printers(id);

ALTER TABLE print_jobs ADD CONSTRAINT fk_print_jobs_site_id FOREIGN KEY (site_id) REFERENCES sites(id);

ALTER TABLE printers ADD CONSTRAINT fk_printers_site_id FOREIGN KEY (site_id) REFERENCES sites(id);

ALTER TABLE routes ADD CONSTRAINT fk_routes_carrier_id FOREIGN KEY (carrier_id) REFERENCES partners(id);

ALTER TABLE sign_off_lines ADD CONSTRAINT fk_sign_off_lines_batch_id FOREIGN KEY (batch_id) REFERENCES batches(id);

ALTER TABLE sign_off_lines ADD CONSTRAINT fk_sign_off_lines_order_line_id FOREIGN KEY (order_line_id) REFERENCES order_lines(id);

ALTER TABLE sign_off_lines ADD CONSTRAINT fk_sign_off_lines_sign_off_id FOREIGN KEY (sign_off_id) REFERENCES sign_offs(id);

ALTER TABLE sign_offs ADD CONSTRAINT fk_sign_offs_accepted_by_id FOREIGN KEY (accepted_by_id) REFERENCES people(id);

ALTER TABLE sign_offs ADD CONSTRAINT fk_sign_offs_copy_by_id FOREIGN KEY (copy_by_id) REFERENCES people(id);

ALTER TABLE sign_offs ADD CONSTRAINT fk_sign_offs_order_id FOREIGN KEY (order_id) REFERENCES orders(id);

ALTER TABLE sign_offs ADD CONSTRAINT fk_sign_offs_recorded_by_id FOREIGN KEY (recorded_by_id) REFERENCES people(id);

ALTER TABLE sign_offs ADD CONSTRAINT fk_sign_offs_return_id FOREIGN KEY (return_id) REFERENCES inbound_orders(id);

ALTER TABLE sign_offs ADD CONSTRAINT fk_sign_offs_shipment_id FOREIGN KEY (shipment_id) REFERENCES shipments(id);

ALTER TABLE sign_offs ADD CONSTRAINT fk_sign_offs_site_id FOREIGN KEY (site_id) REFERENCES sites(id);

ALTER TABLE stations ADD CONSTRAINT fk_stations_device_id FOREIGN KEY (device_id) REFERENCES devices(id);

ALTER TABLE stations ADD CONSTRAINT fk_stations_label_printer_id FOREIGN KEY (label_printer_id) REFERENCES printers(id);

ALTER TABLE stations ADD CONSTRAINT fk_stations_location_id FOREIGN KEY (location_id) REFERENCES locations(id);

ALTER TABLE stations ADD CONSTRAINT fk_stations_paper_printer_id FOREIGN KEY (paper_printer_id) REFERENCES printers(id);

ALTER TABLE stations ADD CONSTRAINT fk_stations_site_id FOREIGN KEY (site_id) REFERENCES sites(id);

ALTER TABLE vehicles ADD CONSTRAINT fk_vehicles_carrier_id FOREIGN KEY (carrier_id) REFERENCES partners(id);

CREATE INDEX ix_bookings_due ON bookings (due_at) WHERE tracking IS NULL;

CREATE INDEX ix_order_services_order ON order_services (order_id, id);

CREATE INDEX ix_order_services_order_line_id ON order_services (order_line_id);

CREATE INDEX ix_print_jobs_due ON print_jobs (printer_id, status, id);

CREATE INDEX ix_print_jobs_site ON print_jobs (site_id, id);

CREATE INDEX ix_sign_off_lines_order_line ON sign_off_lines (order_line_id);

CREATE INDEX ix_sign_off_lines_sign_off ON sign_off_lines (sign_off_id);

CREATE INDEX ix_sign_offs_order ON sign_offs (order_id);

CREATE INDEX ix_sign_offs_signed ON sign_offs (site_id, signed_at);

CREATE INDEX ix_stations_site_id ON stations (site_id);

CREATE TRIGGER handling_units_follow AFTER UPDATE OF location_id ON handling_units FOR EACH ROW WHEN ((old.location_id <> new.location_id)) EXECUTE FUNCTION unit_is_followed();

CREATE TRIGGER handling_units_nested AFTER INSERT OR UPDATE OF parent_id, root_id, location_id, site_id ON handling_units FOR EACH ROW WHEN ((new.parent_id IS NOT NULL)) EXECUTE FUNCTION unit_stands_well();

CREATE TRIGGER kept_papers_not_changed BEFORE DELETE OR UPDATE OR TRUNCATE ON kept_papers FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();

CREATE TRIGGER movements_not_changed BEFORE DELETE OR UPDATE OR TRUNCATE ON movements FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();

CREATE TRIGGER paper_prints_not_changed BEFORE DELETE OR UPDATE OR TRUNCATE ON paper_prints FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();

CREATE TRIGGER stock_emptied AFTER UPDATE OF on_hand ON stock FOR EACH ROW WHEN (((new.on_hand = 0) AND (old.on_hand <> 0))) EXECUTE FUNCTION note_vacancy();

