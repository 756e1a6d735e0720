-- Written by `make migration`: from 0001 to 0002.
DROP TRIGGER movements_not_changed ON movements;

DROP INDEX ix_stock_product;

CREATE TABLE announced_contents (
    id BIGSERIAL NOT NULL,
    announced_unit_id BIGINT NOT NULL,
    inbound_line_id BIGINT NOT NULL,
    quantity BIGINT NOT NULL,
    lot VARCHAR(80),
    expires_on DATE,
    produced_on DATE,
    serials JSONB NOT NULL,
    CONSTRAINT pk_announced_contents PRIMARY KEY (id),
    CONSTRAINT ck_announced_contents_quantity_positive CHECK (quantity > 0)
);

CREATE TABLE announced_units (
    id BIGSERIAL NOT NULL,
    site_id BIGINT NOT NULL,
    inbound_order_id BIGINT NOT NULL,
    code VARCHAR(40) NOT NULL,
    code_key VARCHAR(200) NOT NULL,
    kind VARCHAR(10) NOT NULL,
    parent_id BIGINT,
    status VARCHAR(10) NOT NULL,
    handling_unit_id BIGINT,
    arrived_at TIMESTAMP WITH TIME ZONE,
    arrived_by_id BIGINT,
    CONSTRAINT pk_announced_units PRIMARY KEY (id),
    CONSTRAINT uq_announced_units_inbound_order_id_code_key UNIQUE (inbound_order_id, code_key),
    CONSTRAINT ck_announced_units_status_known CHECK (status IN ('announced', 'arrived', 'missing')),
    CONSTRAINT ck_announced_units_arrives_once CHECK ((status = 'arrived') = (arrived_at IS NOT NULL)),
    CONSTRAINT ck_announced_units_not_on_itself CHECK (parent_id <> id)
);

CREATE TABLE arrival_orders (
    id BIGSERIAL NOT NULL,
    arrival_id BIGINT NOT NULL,
    inbound_order_id BIGINT NOT NULL,
    CONSTRAINT pk_arrival_orders PRIMARY KEY (id),
    CONSTRAINT uq_arrival_orders_arrival_id_inbound_order_id UNIQUE (arrival_id, inbound_order_id)
);

CREATE TABLE arrivals (
    id BIGSERIAL NOT NULL,
    site_id BIGINT NOT NULL,
    number VARCHAR(80) NOT NULL,
    number_key VARCHAR(200) NOT NULL,
    status VARCHAR(12) NOT NULL,
    partner_id BIGINT,
    carrier_id BIGINT,
    plate VARCHAR(40),
    plate_key VARCHAR(40) NOT NULL,
    driver VARCHAR(120),
    phone VARCHAR(40),
    dock_id BIGINT,
    planned_from TIMESTAMP WITH TIME ZONE,
    planned_until TIMESTAMP WITH TIME ZONE,
    arrived_at TIMESTAMP WITH TIME ZONE,
    unloading_at TIMESTAMP WITH TIME ZONE,
    unloaded_at TIMESTAMP WITH TIME ZONE,
    left_at TIMESTAMP WITH TIME ZONE,
    note VARCHAR(500),
    created_at TIMESTAMP WITH TIME ZONE NOT NULL,
    updated_at TIMESTAMP WITH TIME ZONE NOT NULL,
    CONSTRAINT pk_arrivals PRIMARY KEY (id),
    CONSTRAINT uq_arrivals_site_id_number_key UNIQUE (site_id, number_key),
    CONSTRAINT ck_arrivals_slot_has_length CHECK (planned_until > planned_from),
    CONSTRAINT ck_arrivals_slot_begins_and_ends CHECK ((planned_from IS NULL) = (planned_until IS NULL)),
    CONSTRAINT ck_arrivals_begun_before_ended CHECK (unloaded_at IS NULL OR unloading_at IS NOT NULL)
);

ALTER TABLE barcodes
    ADD COLUMN linked_by_id bigint,
    ADD COLUMN linked_at timestamp with time zone;

CREATE TABLE bin_groups (
    id BIGSERIAL NOT NULL,
    site_id BIGINT NOT NULL,
    signature VARCHAR(300) NOT NULL,
    zone VARCHAR(40),
    max_weight_grams BIGINT,
    max_volume_cm3 BIGINT,
    max_units BIGINT,
    max_height_mm BIGINT,
    mixing VARCHAR(20) NOT NULL,
    storage_class VARCHAR(40),
    temperature VARCHAR(10),
    cell_x BIGINT NOT NULL,
    cell_y BIGINT NOT NULL,
    cell_z BIGINT NOT NULL,
    CONSTRAINT pk_bin_groups PRIMARY KEY (id),
    CONSTRAINT uq_bin_groups_site_id_signature UNIQUE (site_id, signature)
);

CREATE TABLE differences (
    id BIGSERIAL NOT NULL,
    site_id BIGINT NOT NULL,
    number VARCHAR(80) NOT NULL,
    kind VARCHAR(20) NOT NULL,
    status VARCHAR(12) NOT NULL,
    inbound_order_id BIGINT,
    inbound_line_id BIGINT,
    arrival_id BIGINT,
    order_id BIGINT,
    product_id BIGINT,
    batch_id BIGINT,
    handling_unit_id BIGINT,
    movement_id BIGINT,
    quantity BIGINT,
    scanned VARCHAR(200),
    reason VARCHAR(40),
    note VARCHAR(500),
    owner_role VARCHAR(20) NOT NULL,
    owner_id BIGINT,
    noted_at TIMESTAMP WITH TIME ZONE NOT NULL,
    noted_by_id BIGINT,
    outcome VARCHAR(20),
    ended_at TIMESTAMP WITH TIME ZONE,
    ended_by_id BIGINT,
    ending VARCHAR(500),
    CONSTRAINT pk_differences PRIMARY KEY (id),
    CONSTRAINT uq_differences_site_id_number UNIQUE (site_id, number),
    CONSTRAINT ck_differences_quantity_positive CHECK (quantity > 0),
    CONSTRAINT ck_differences_status_known CHECK (status IN ('open', 'settled', 'withdrawn')),
    CONSTRAINT ck_differences_ends_once CHECK ((status = 'open') = (ended_at IS NULL)),
    CONSTRAINT ck_differences_settled_somehow CHECK (status <> 'settled' OR outcome IS NOT NULL)
);

CREATE TABLE dock_bookings (
    id BIGSERIAL NOT NULL,
    dock_id BIGINT NOT NULL,
    quarter TIMESTAMP WITH TIME ZONE NOT NULL,
    arrival_id BIGINT NOT NULL,
    CONSTRAINT pk_dock_bookings PRIMARY KEY (id),
    CONSTRAINT uq_dock_bookings_dock_id_quarter UNIQUE (dock_id, quarter)
);

ALTER TABLE handling_units
    ADD COLUMN root_id bigint;

UPDATE handling_units SET root_id = (SELECT COALESCE(below.parent_id, below.id) FROM handling_units AS below WHERE below.id = handling_units.parent_id);

ALTER TABLE inbound_orders
    ADD COLUMN open_until date,
    ADD COLUMN check_in character varying(12);

UPDATE inbound_orders SET check_in = 'announced';

ALTER TABLE inbound_orders
    ALTER COLUMN check_in SET NOT NULL;

CREATE TABLE inspection_counts (
    id BIGSERIAL NOT NULL,
    rule_id BIGINT NOT NULL,
    product_id BIGINT NOT NULL,
    supplier BIGINT NOT NULL,
    seen BIGINT NOT NULL,
    CONSTRAINT pk_inspection_counts PRIMARY KEY (id),
    CONSTRAINT uq_inspection_counts_rule_id_product_id_supplier UNIQUE (rule_id, product_id, supplier),
    CONSTRAINT ck_inspection_counts_seen_not_negative CHECK (seen >= 0)
);

CREATE TABLE inspection_defects (
    id BIGSERIAL NOT NULL,
    inspection_id BIGINT NOT NULL,
    reason VARCHAR(40) NOT NULL,
    quantity BIGINT NOT NULL,
    at TIMESTAMP WITH TIME ZONE NOT NULL,
    by_id BIGINT NOT NULL,
    CONSTRAINT pk_inspection_defects PRIMARY KEY (id),
    CONSTRAINT ck_inspection_defects_quantity_positive CHECK (quantity > 0)
);

CREATE TABLE inspection_draws (
    id BIGSERIAL NOT NULL,
    rule_id BIGINT NOT NULL,
    product_id BIGINT NOT NULL,
    inbound_order_id BIGINT NOT NULL,
    arrival BIGINT NOT NULL,
    number BIGINT NOT NULL,
    first BOOLEAN NOT NULL,
    inspects BOOLEAN NOT NULL,
    CONSTRAINT pk_inspection_draws PRIMARY KEY (id),
    CONSTRAINT uq_inspection_draws_rule_id_product_id_inbound_order_id_arrival UNIQUE (rule_id, product_id, inbound_order_id, arrival)
);

CREATE TABLE inspection_rules (
    id BIGSERIAL NOT NULL,
    site_id BIGINT NOT NULL,
    position BIGINT NOT NULL,
    partner_id BIGINT,
    product_id BIGINT,
    storage_class VARCHAR(40),
    abc VARCHAR(1),
    kind VARCHAR(20),
    inspects BOOLEAN NOT NULL,
    every BIGINT NOT NULL,
    first_too BOOLEAN NOT NULL,
    sampling VARCHAR(10) NOT NULL,
    sample BIGINT,
    allowed BIGINT NOT NULL,
    note VARCHAR(200),
    updated_at TIMESTAMP WITH TIME ZONE NOT NULL,
    CONSTRAINT pk_inspection_rules PRIMARY KEY (id),
    CONSTRAINT ck_inspection_rules_every_positive CHECK (every >= 1),
    CONSTRAINT ck_inspection_rules_sample_where_needed CHECK ((sampling IN ('fixed', 'percent', 'aql')) = (sample IS NOT NULL)),
    CONSTRAINT ck_inspection_rules_sample_positive CHECK (sample > 0),
    CONSTRAINT ck_inspection_rules_percent_in_range CHECK (sampling <> 'percent' OR sample <= 100),
    CONSTRAINT ck_inspection_rules_allowed_not_negative CHECK (allowed >= 0)
);

CREATE TABLE inspections (
    id BIGSERIAL NOT NULL,
    site_id BIGINT NOT NULL,
    number VARCHAR(80) NOT NULL,
    status VARCHAR(12) NOT NULL,
    inbound_order_id BIGINT,
    inbound_line_id BIGINT,
    partner_id BIGINT,
    product_id BIGINT NOT NULL,
    batch_id BIGINT NOT NULL,
    handling_unit_id BIGINT,
    movement_id BIGINT,
    document VARCHAR(80),
    task_id BIGINT,
    rule_id BIGINT,
    why JSONB NOT NULL,
    quantity BIGINT NOT NULL,
    sample_size BIGINT NOT NULL,
    fails_from BIGINT NOT NULL,
    accepted BIGINT DEFAULT '0' NOT NULL,
    conceded BIGINT DEFAULT '0' NOT NULL,
    rejected BIGINT DEFAULT '0' NOT NULL,
    needs_certificate BOOLEAN NOT NULL,
    certificate VARCHAR(80),
    concession VARCHAR(200),
    allowed_by_id BIGINT,
    note VARCHAR(500),
    opened_at TIMESTAMP WITH TIME ZONE NOT NULL,
    ended_at TIMESTAMP WITH TIME ZONE,
    ended_by_id BIGINT,
    CONSTRAINT pk_inspections PRIMARY KEY (id),
    CONSTRAINT uq_inspections_site_id_number UNIQUE (site_id, number),
    CONSTRAINT ck_inspections_quantity_positive CHECK (quantity > 0),
    CONSTRAINT ck_inspections_results_not_negative CHECK (accepted >= 0 AND conceded >= 0 AND rejected >= 0),
    CONSTRAINT ck_inspections_results_within_quantity CHECK (accepted + conceded + rejected <= quantity),
    CONSTRAINT ck_inspections_sample_in_range CHECK (sample_size BETWEEN 0 AND quantity AND fails_from >= 1),
    CONSTRAINT ck_inspections_status_known CHECK (status IN ('open', 'accepted', 'partly', 'rejected', 'withdrawn')),
    CONSTRAINT ck_inspections_ends_once CHECK ((status = 'open') = (ended_at IS NULL)),
    CONSTRAINT ck_inspections_ended_with_all_decided CHECK (status IN ('open', 'withdrawn') OR accepted + conceded + rejected = quantity),
    CONSTRAINT ck_inspections_concession_is_allowed CHECK (conceded = 0 OR allowed_by_id IS NOT NULL),
    CONSTRAINT ck_inspections_accepted_with_certificate CHECK (accepted + conceded = 0 OR NOT needs_certificate OR certificate IS NOT NULL)
);

ALTER TABLE locations
    ADD COLUMN max_height_mm bigint,
    ADD COLUMN temperature character varying(10),
    ADD COLUMN group_id bigint;

ALTER TABLE movements
    ADD COLUMN arrival_id bigint;

CREATE TABLE photos (
    id BIGSERIAL NOT NULL,
    site_id BIGINT NOT NULL,
    subject_kind VARCHAR(30) NOT NULL,
    subject_id BIGINT NOT NULL,
    name VARCHAR(40) NOT NULL,
    digest VARCHAR(64) NOT NULL,
    width BIGINT NOT NULL,
    height BIGINT NOT NULL,
    size BIGINT NOT NULL,
    content BYTEA,
    thumbnail BYTEA,
    taken_at TIMESTAMP WITH TIME ZONE NOT NULL,
    by_id BIGINT NOT NULL,
    CONSTRAINT pk_photos PRIMARY KEY (id),
    CONSTRAINT uq_photos_name UNIQUE (name),
    CONSTRAINT uq_photos_subject_kind_subject_id_digest UNIQUE (subject_kind, subject_id, digest),
    CONSTRAINT ck_photos_size_in_range CHECK (size BETWEEN 1 AND 409600)
);

ALTER TABLE products
    ADD COLUMN min_receipt_days bigint,
    ADD COLUMN too_old character varying(10),
    ADD COLUMN temperature character varying(10);

UPDATE products SET too_old = 'refuse';

ALTER TABLE products
    ALTER COLUMN too_old SET NOT NULL;

CREATE TABLE putaway_choices (
    id BIGSERIAL NOT NULL,
    site_id BIGINT NOT NULL,
    at TIMESTAMP WITH TIME ZONE NOT NULL,
    by_id BIGINT NOT NULL,
    task_id BIGINT NOT NULL,
    movement_id BIGINT,
    suggested_id BIGINT NOT NULL,
    chosen_id BIGINT,
    reason VARCHAR(20) NOT NULL,
    CONSTRAINT pk_putaway_choices PRIMARY KEY (id)
);

CREATE TABLE putaway_rulebooks (
    site_id BIGINT NOT NULL,
    version BIGINT DEFAULT '0' NOT NULL,
    changed_at TIMESTAMP WITH TIME ZONE NOT NULL,
    changed_by_id BIGINT NOT NULL,
    CONSTRAINT pk_putaway_rulebooks PRIMARY KEY (site_id)
);

CREATE TABLE putaway_rules (
    id BIGSERIAL NOT NULL,
    site_id BIGINT NOT NULL,
    position BIGINT DEFAULT '0' NOT NULL,
    active BOOLEAN NOT NULL,
    method VARCHAR(20) NOT NULL,
    zones JSONB NOT NULL,
    product_id BIGINT,
    storage_class VARCHAR(40),
    temperature VARCHAR(10),
    abc VARCHAR(1),
    condition VARCHAR(12),
    supplier_id BIGINT,
    unit_kind VARCHAR(10),
    start_zone VARCHAR(40),
    CONSTRAINT pk_putaway_rules PRIMARY KEY (id),
    CONSTRAINT ck_putaway_rules_position_counts_from_one CHECK (position > 0)
);

CREATE TABLE reaches (
    start_id BIGINT NOT NULL,
    site_id BIGINT NOT NULL,
    second_third_mm BIGINT NOT NULL,
    last_third_mm BIGINT NOT NULL,
    CONSTRAINT pk_reaches PRIMARY KEY (start_id)
);

CREATE TABLE return_lines (
    id BIGSERIAL NOT NULL,
    return_id BIGINT NOT NULL,
    line BIGINT NOT NULL,
    product_id BIGINT NOT NULL,
    batch_id BIGINT NOT NULL,
    quantity BIGINT NOT NULL,
    found VARCHAR(12) NOT NULL,
    disposition VARCHAR(12) NOT NULL,
    reason VARCHAR(200),
    status VARCHAR(16) NOT NULL,
    location_id BIGINT NOT NULL,
    handling_unit_id BIGINT,
    order_line_id BIGINT,
    difference_id BIGINT,
    movement_id BIGINT NOT NULL,
    replaces_id BIGINT,
    ended_at TIMESTAMP WITH TIME ZONE,
    ended_by_id BIGINT,
    ending VARCHAR(500),
    CONSTRAINT pk_return_lines PRIMARY KEY (id),
    CONSTRAINT uq_return_lines_return_id_line UNIQUE (return_id, line),
    CONSTRAINT uq_return_lines_movement_id UNIQUE (movement_id),
    CONSTRAINT ck_return_lines_quantity_positive CHECK (quantity > 0),
    CONSTRAINT ck_return_lines_found_known CHECK (found IN ('good', 'opened', 'damaged', 'unusable')),
    CONSTRAINT ck_return_lines_disposition_known CHECK (disposition IN ('restock', 'hold', 'defect', 'scrap')),
    CONSTRAINT ck_return_lines_ends_once CHECK ((status IN ('booked', 'waiting', 'to_send_back', 'to_scrap')) = (ended_at IS NULL))
);

CREATE TABLE returns (
    id BIGSERIAL NOT NULL,
    site_id BIGINT NOT NULL,
    number VARCHAR(80) NOT NULL,
    kind VARCHAR(20) NOT NULL,
    status VARCHAR(12) NOT NULL,
    order_id BIGINT,
    customer_id BIGINT,
    inbound_order_id BIGINT,
    arrival_id BIGINT,
    consignment_id BIGINT,
    sender VARCHAR(200),
    reason VARCHAR(200),
    note VARCHAR(500),
    created_at TIMESTAMP WITH TIME ZONE NOT NULL,
    created_by_id BIGINT NOT NULL,
    updated_at TIMESTAMP WITH TIME ZONE NOT NULL,
    finished_at TIMESTAMP WITH TIME ZONE,
    closed_at TIMESTAMP WITH TIME ZONE,
    CONSTRAINT pk_returns PRIMARY KEY (id),
    CONSTRAINT uq_returns_site_id_number UNIQUE (site_id, number),
    CONSTRAINT ck_returns_kind_known CHECK (kind IN ('order', 'without_papers', 'consignment')),
    CONSTRAINT ck_returns_status_known CHECK (status IN ('open', 'waiting', 'closed')),
    CONSTRAINT ck_returns_closed_once CHECK ((status = 'closed') = (closed_at IS NOT NULL)),
    CONSTRAINT ck_returns_order_named CHECK (kind <> 'order' OR order_id IS NOT NULL),
    CONSTRAINT ck_returns_place_named CHECK (kind <> 'consignment' OR consignment_id IS NOT NULL)
);

CREATE TABLE vacancies (
    id BIGSERIAL NOT NULL,
    location_id BIGINT NOT NULL,
    group_id BIGINT,
    x_mm BIGINT DEFAULT '0' NOT NULL,
    y_mm BIGINT DEFAULT '0' NOT NULL,
    z_mm BIGINT DEFAULT '0' NOT NULL,
    CONSTRAINT pk_vacancies PRIMARY KEY (id)
);

ALTER TABLE handling_units ADD CONSTRAINT ck_handling_units_nested_has_a_root CHECK ((parent_id IS NULL) = (root_id IS NULL));

ALTER TABLE handling_units ADD CONSTRAINT ck_handling_units_not_on_itself CHECK (parent_id <> id AND root_id <> id);

ALTER TABLE locations ADD CONSTRAINT ck_locations_height_positive CHECK (max_height_mm > 0);

ALTER TABLE announced_contents ADD CONSTRAINT fk_announced_contents_announced_unit_id FOREIGN KEY (announced_unit_id) REFERENCES announced_units(id);

ALTER TABLE announced_contents ADD CONSTRAINT fk_announced_contents_inbound_line_id FOREIGN KEY (inbound_line_id) REFERENCES inbound_lines(id);

ALTER TABLE announced_units ADD CONSTRAINT fk_announced_units_arrived_by_id FOREIGN KEY (arrived_by_id) REFERENCES people(id);

ALTER TABLE announced_units ADD CONSTRAINT fk_announced_units_handling_unit_id FOREIGN KEY (handling_unit_id) REFERENCES handling_units(id);

ALTER TABLE announced_units ADD CONSTRAINT fk_announced_units_inbound_order_id FOREIGN KEY (inbound_order_id) REFERENCES inbound_orders(id);

ALTER TABLE announced_units ADD CONSTRAINT fk_announced_units_parent_id FOREIGN KEY (parent_id) REFERENCES announced_units(id);

ALTER TABLE announced_units ADD CONSTRAINT fk_announced_units_site_id FOREIGN KEY (site_id) REFERENCES sites(id);

ALTER TABLE arrival_orders ADD CONSTRAINT fk_arrival_orders_arrival_id FOREIGN KEY (arrival_id) REFERENCES arrivals(id);

ALTER TABLE arrival_orders ADD CONSTRAINT fk_arrival_orders_inbound_order_id FOREIGN KEY (inbound_order_id) REFERENCES inbound_orders(id);

ALTER TABLE arrivals ADD CONSTRAINT fk_arrivals_carrier_id FOREIGN KEY (carrier_id) REFERENCES partners(id);

ALTER TABLE arrivals ADD CONSTRAINT fk_arrivals_dock_id FOREIGN KEY (dock_id) REFERENCES locations(id);

ALTER TABLE arrivals ADD CONSTRAINT fk_arrivals_partner_id FOREIGN KEY (partner_id) REFERENCES partners(id);

ALTER TABLE arrivals ADD CONSTRAINT fk_arrivals_site_id FOREIGN KEY (site_id) REFERENCES sites(id);

ALTER TABLE barcodes ADD CONSTRAINT fk_barcodes_linked_by_id FOREIGN KEY (linked_by_id) REFERENCES people(id);

ALTER TABLE bin_groups ADD CONSTRAINT fk_bin_groups_site_id FOREIGN KEY (site_id) REFERENCES sites(id);

ALTER TABLE differences ADD CONSTRAINT fk_differences_arrival_id FOREIGN KEY (arrival_id) REFERENCES arrivals(id);

ALTER TABLE differences ADD CONSTRAINT fk_differences_batch_id FOREIGN KEY (batch_id) REFERENCES batches(id);

ALTER TABLE differences ADD CONSTRAINT fk_differences_ended_by_id FOREIGN KEY (ended_by_id) REFERENCES people(id);

ALTER TABLE differences ADD CONSTRAINT fk_differences_handling_unit_id FOREIGN KEY (handling_unit_id) REFERENCES handling_units(id);

ALTER TABLE differences ADD CONSTRAINT fk_differences_inbound_line_id FOREIGN KEY (inbound_line_id) REFERENCES inbound_lines(id);

ALTER TABLE differences ADD CONSTRAINT fk_differences_inbound_order_id FOREIGN KEY (inbound_order_id) REFERENCES inbound_orders(id);

ALTER TABLE differences ADD CONSTRAINT fk_differences_movement_id FOREIGN KEY (movement_id) REFERENCES movements(id);

ALTER TABLE differences ADD CONSTRAINT fk_differences_noted_by_id FOREIGN KEY (noted_by_id) REFERENCES people(id);

ALTER TABLE differences ADD CONSTRAINT fk_differences_order_id FOREIGN KEY (order_id) REFERENCES orders(id);

ALTER TABLE differences ADD CONSTRAINT fk_differences_owner_id FOREIGN KEY (owner_id) REFERENCES people(id);

ALTER TABLE differences ADD CONSTRAINT fk_differences_product_id FOREIGN KEY (product_id) REFERENCES products(id);

ALTER TABLE differences ADD CONSTRAINT fk_differences_site_id FOREIGN KEY (site_id) REFERENCES sites(id);

ALTER TABLE dock_bookings ADD CONSTRAINT fk_dock_bookings_arrival_id FOREIGN KEY (arrival_id) REFERENCES arrivals(id);

ALTER TABLE dock_bookings ADD CONSTRAINT fk_dock_bookings_dock_id FOREIGN KEY (dock_id) REFERENCES locations(id);

ALTER TABLE handling_units ADD CONSTRAINT fk_handling_units_root_id FOREIGN KEY (root_id) REFERENCES handling_units(id);

ALTER TABLE inspection_counts ADD CONSTRAINT fk_inspection_counts_product_id FOREIGN KEY (product_id) REFERENCES products(id);

ALTER TABLE inspection_counts ADD CONSTRAINT fk_inspection_counts_rule_id FOREIGN KEY (rule_id) REFERENCES inspection_rules(id) ON DELETE CASCADE;

ALTER TABLE inspection_defects ADD CONSTRAINT fk_inspection_defects_by_id FOREIGN KEY (by_id) REFERENCES people(id);

ALTER TABLE inspection_defects ADD CONSTRAINT fk_inspection_defects_inspection_id FOREIGN KEY (inspection_id) REFERENCES inspections(id);

ALTER TABLE inspection_draws ADD CONSTRAINT fk_inspection_draws_inbound_order_id FOREIGN KEY (inbound_order_id) REFERENCES inbound_orders(id);

ALTER TABLE inspection_draws ADD CONSTRAINT fk_inspection_draws_product_id FOREIGN KEY (product_id) REFERENCES products(id);

ALTER TABLE inspection_draws ADD CONSTRAINT fk_inspection_draws_rule_id FOREIGN KEY (rule_id) REFERENCES inspection_rules(id) ON DELETE CASCADE;

ALTER TABLE inspection_rules ADD CONSTRAINT fk_inspection_rules_partner_id FOREIGN KEY (partner_id) REFERENCES partners(id);

ALTER TABLE inspection_rules ADD CONSTRAINT fk_inspection_rules_product_id FOREIGN KEY (product_id) REFERENCES products(id);

ALTER TABLE inspection_rules ADD CONSTRAINT fk_inspection_rules_site_id FOREIGN KEY (site_id) REFERENCES sites(id);

ALTER TABLE inspections ADD CONSTRAINT fk_inspections_allowed_by_id FOREIGN KEY (allowed_by_id) REFERENCES people(id);

ALTER TABLE inspections ADD CONSTRAINT fk_inspections_batch_id FOREIGN KEY (batch_id) REFERENCES batches(id);

ALTER TABLE inspections ADD CONSTRAINT fk_inspections_ended_by_id FOREIGN KEY (ended_by_id) REFERENCES people(id);

ALTER TABLE inspections ADD CONSTRAINT fk_inspections_handling_unit_id FOREIGN KEY (handling_unit_id) REFERENCES handling_units(id);

ALTER TABLE inspections ADD CONSTRAINT fk_inspections_inbound_line_id FOREIGN KEY (inbound_line_id) REFERENCES inbound_lines(id);

ALTER TABLE inspections ADD CONSTRAINT fk_inspections_inbound_order_id FOREIGN KEY (inbound_order_id) REFERENCES inbound_orders(id);

ALTER TABLE inspections ADD CONSTRAINT fk_inspections_movement_id FOREIGN KEY (movement_id) REFERENCES movements(id);

ALTER TABLE inspections ADD CONSTRAINT fk_inspections_partner_id FOREIGN KEY (partner_id) REFERENCES partners(id);

ALTER TABLE inspections ADD CONSTRAINT fk_inspections_product_id FOREIGN KEY (product_id) REFERENCES products(id);

ALTER TABLE inspections ADD CONSTRAINT fk_inspections_rule_id FOREIGN KEY (rule_id) REFERENCES inspection_rules(id) ON DELETE SET NULL;

ALTER TABLE inspections ADD CONSTRAINT fk_inspections_site_id FOREIGN KEY (site_id) REFERENCES sites(id);

ALTER TABLE inspections ADD CONSTRAINT fk_inspections_task_id FOREIGN KEY (task_id) REFERENCES tasks(id);

ALTER TABLE locations ADD CONSTRAINT fk_locations_group_id FOREIGN KEY (group_id) REFERENCES bin_groups(id);

ALTER TABLE movements ADD CONSTRAINT fk_movements_arrival_id FOREIGN KEY (arrival_id) REFERENCES arrivals(id);

ALTER TABLE photos ADD CONSTRAINT fk_photos_by_id FOREIGN KEY (by_id) REFERENCES people(id);

ALTER TABLE photos ADD CONSTRAINT fk_photos_site_id FOREIGN KEY (site_id) REFERENCES sites(id);

ALTER TABLE putaway_choices ADD CONSTRAINT fk_putaway_choices_by_id FOREIGN KEY (by_id) REFERENCES people(id);

ALTER TABLE putaway_choices ADD CONSTRAINT fk_putaway_choices_chosen_id FOREIGN KEY (chosen_id) REFERENCES locations(id);

ALTER TABLE putaway_choices ADD CONSTRAINT fk_putaway_choices_movement_id FOREIGN KEY (movement_id) REFERENCES movements(id);

ALTER TABLE putaway_choices ADD CONSTRAINT fk_putaway_choices_site_id FOREIGN KEY (site_id) REFERENCES sites(id);

ALTER TABLE putaway_choices ADD CONSTRAINT fk_putaway_choices_suggested_id FOREIGN KEY (suggested_id) REFERENCES locations(id);

ALTER TABLE putaway_choices ADD CONSTRAINT fk_putaway_choices_task_id FOREIGN KEY (task_id) REFERENCES tasks(id);

ALTER TABLE putaway_rulebooks ADD CONSTRAINT fk_putaway_rulebooks_changed_by_id FOREIGN KEY (changed_by_id) REFERENCES people(id);

ALTER TABLE putaway_rulebooks ADD CONSTRAINT fk_putaway_rulebooks_site_id FOREIGN KEY (site_id) REFERENCES sites(id);

ALTER TABLE putaway_rules ADD CONSTRAINT fk_putaway_rules_product_id FOREIGN KEY (product_id) REFERENCES products(id);

ALTER TABLE putaway_rules ADD CONSTRAINT fk_putaway_rules_site_id FOREIGN KEY (site_id) REFERENCES sites(id);

ALTER TABLE putaway_rules ADD CONSTRAINT fk_putaway_rules_supplier_id FOREIGN KEY (supplier_id) REFERENCES partners(id);

ALTER TABLE reaches ADD CONSTRAINT fk_reaches_site_id FOREIGN KEY (site_id) REFERENCES sites(id);

ALTER TABLE reaches ADD CONSTRAINT fk_reaches_start_id FOREIGN KEY (start_id) REFERENCES locations(id);

ALTER TABLE return_lines ADD CONSTRAINT fk_return_lines_batch_id FOREIGN KEY (batch_id) REFERENCES batches(id);

ALTER TABLE return_lines ADD CONSTRAINT fk_return_lines_difference_id FOREIGN KEY (difference_id) REFERENCES differences(id);

ALTER TABLE return_lines ADD CONSTRAINT fk_return_lines_ended_by_id FOREIGN KEY (ended_by_id) REFERENCES people(id);

ALTER TABLE return_lines ADD CONSTRAINT fk_return_lines_handling_unit_id FOREIGN KEY (handling_unit_id) REFERENCES handling_units(id);

ALTER TABLE return_lines ADD CONSTRAINT fk_return_lines_location_id FOREIGN KEY (location_id) REFERENCES locations(id);

ALTER TABLE return_lines ADD CONSTRAINT fk_return_lines_movement_id FOREIGN KEY (movement_id) REFERENCES movements(id);

ALTER TABLE return_lines ADD CONSTRAINT fk_return_lines_order_line_id FOREIGN KEY (order_line_id) REFERENCES order_lines(id);

ALTER TABLE return_lines ADD CONSTRAINT fk_return_lines_product_id FOREIGN KEY (product_id) REFERENCES products(id);

ALTER TABLE return_lines ADD CONSTRAINT fk_return_lines_replaces_id FOREIGN KEY (replaces_id) REFERENCES return_lines(id);

ALTER TABLE return_lines ADD CONSTRAINT fk_return_lines_return_id FOREIGN KEY (return_id) REFERENCES returns(id);

ALTER TABLE returns ADD CONSTRAINT fk_returns_arrival_id FOREIGN KEY (arrival_id) REFERENCES arrivals(id);

ALTER TABLE returns ADD CONSTRAINT fk_returns_consignment_id FOREIGN KEY (consignment_id) REFERENCES locations(id);

ALTER TABLE returns ADD CONSTRAINT fk_returns_created_by_id FOREIGN KEY (created_by_id) REFERENCES people(id);

ALTER TABLE returns ADD CONSTRAINT fk_returns_customer_id FOREIGN KEY (customer_id) REFERENCES partners(id);

ALTER TABLE returns ADD CONSTRAINT fk_returns_inbound_order_id FOREIGN KEY (inbound_order_id) REFERENCES inbound_orders(id);

ALTER TABLE returns ADD CONSTRAINT fk_returns_order_id FOREIGN KEY (order_id) REFERENCES orders(id);

ALTER TABLE returns ADD CONSTRAINT fk_returns_site_id FOREIGN KEY (site_id) REFERENCES sites(id);

ALTER TABLE vacancies ADD CONSTRAINT fk_vacancies_group_id FOREIGN KEY (group_id) REFERENCES bin_groups(id);

ALTER TABLE vacancies ADD CONSTRAINT fk_vacancies_location_id FOREIGN KEY (location_id) REFERENCES locations(id);

CREATE INDEX ix_announced_contents_line ON announced_contents (inbound_line_id);

CREATE INDEX ix_announced_contents_unit ON announced_contents (announced_unit_id);

CREATE INDEX ix_announced_units_code ON announced_units (code_key);

CREATE INDEX ix_announced_units_parent_id ON announced_units (parent_id);

CREATE UNIQUE INDEX uq_announced_units_expected ON announced_units (site_id, code_key) WHERE status = 'announced';

CREATE INDEX ix_arrival_orders_order ON arrival_orders (inbound_order_id);

CREATE INDEX ix_arrivals_arrived ON arrivals (site_id, arrived_at);

CREATE INDEX ix_arrivals_dock ON arrivals (dock_id, planned_from);

CREATE INDEX ix_arrivals_plate ON arrivals (site_id, plate_key);

CREATE INDEX ix_arrivals_status ON arrivals (site_id, status, planned_from);

CREATE INDEX ix_differences_inbound ON differences (inbound_order_id, id);

CREATE INDEX ix_differences_movement ON differences (movement_id);

CREATE INDEX ix_differences_order ON differences (order_id);

CREATE INDEX ix_differences_status ON differences (site_id, status, id);

CREATE INDEX ix_dock_bookings_arrival ON dock_bookings (arrival_id);

CREATE INDEX ix_handling_units_parent_id ON handling_units (parent_id);

CREATE INDEX ix_handling_units_root_id ON handling_units (root_id);

CREATE INDEX ix_handling_units_tracking ON handling_units (tracking) WHERE tracking IS NOT NULL;

CREATE INDEX ix_inbound_lines_of_order ON inbound_lines (inbound_order_id, product_id);

CREATE INDEX ix_inspection_defects_inspection ON inspection_defects (inspection_id);

CREATE INDEX ix_inspection_rules_order ON inspection_rules (site_id, position);

CREATE INDEX ix_inspections_batch ON inspections (batch_id, status);

CREATE INDEX ix_inspections_inbound ON inspections (inbound_order_id, id);

CREATE INDEX ix_inspections_movement ON inspections (movement_id);

CREATE INDEX ix_inspections_status ON inspections (site_id, status, id);

CREATE INDEX ix_inspections_unit ON inspections (handling_unit_id, status);

CREATE INDEX ix_locations_group ON locations (site_id, kind, group_id);

CREATE INDEX ix_locations_group_id ON locations (group_id);

CREATE INDEX ix_movements_arrival ON movements (arrival_id) WHERE arrival_id IS NOT NULL;

CREATE INDEX ix_photos_taken ON photos (taken_at);

CREATE INDEX ix_putaway_choices_site ON putaway_choices (site_id, id);

CREATE INDEX ix_putaway_choices_task ON putaway_choices (task_id);

CREATE INDEX ix_putaway_rules_site ON putaway_rules (site_id, position);

CREATE INDEX ix_reaches_site_id ON reaches (site_id);

CREATE INDEX ix_return_lines_order_line ON return_lines (order_line_id);

CREATE INDEX ix_return_lines_unit ON return_lines (handling_unit_id);

CREATE INDEX ix_returns_order ON returns (order_id);

CREATE INDEX ix_returns_status ON returns (site_id, status, id);

CREATE INDEX ix_shipments_tracking ON shipments (tracking) WHERE tracking IS NOT NULL;

CREATE INDEX ix_stock_latest ON stock (product_id, site_id, id);

CREATE INDEX ix_stock_location ON stock (location_id);

CREATE INDEX ix_vacancies_group ON vacancies (group_id, location_id);

CREATE INDEX ix_vacancies_location ON vacancies (location_id);

CREATE OR REPLACE FUNCTION note_vacancy()
 RETURNS trigger
 LANGUAGE plpgsql
AS $function$ BEGIN INSERT INTO vacancies (location_id, group_id, x_mm, y_mm, z_mm) SELECT id, group_id, x_mm, y_mm, z_mm FROM locations WHERE id = NEW.location_id AND kind = 'storage'; RETURN NULL; END $function$;

CREATE OR REPLACE FUNCTION unit_is_followed()
 RETURNS trigger
 LANGUAGE plpgsql
AS $function$ BEGIN UPDATE handling_units SET location_id = NEW.location_id WHERE parent_id = NEW.id AND location_id <> NEW.location_id; RETURN NULL; END $function$;

CREATE OR REPLACE FUNCTION unit_stands_well()
 RETURNS trigger
 LANGUAGE plpgsql
AS $function$ BEGIN IF NOT EXISTS ( SELECT 1 FROM handling_units AS under WHERE under.id = NEW.parent_id AND under.location_id = NEW.location_id AND under.site_id = NEW.site_id AND COALESCE(under.root_id, under.id) = NEW.root_id) OR NEW.root_id = NEW.id OR EXISTS ( SELECT 1 FROM handling_units AS under JOIN handling_units AS below ON below.id = under.parent_id WHERE under.id = NEW.parent_id AND (below.parent_id IS NOT NULL OR EXISTS (SELECT 1 FROM handling_units AS above WHERE above.parent_id = NEW.id))) OR EXISTS ( SELECT 1 FROM handling_units AS above JOIN handling_units AS top ON top.parent_id = above.id WHERE above.parent_id = NEW.id) THEN RAISE EXCEPTION USING MESSAGE = TG_TABLE_NAME || ': a unit stands where the one under it stands, at most three levels high', ERRCODE = 'integrity_constraint_violation'; END IF; RETURN NULL; END $function$;

CREATE TRIGGER handling_units_follow AFTER UPDATE OF location_id ON handling_units FOR EACH ROW WHEN ((old.location_id <> new.location_id)) EXECUTE FUNCTION unit_is_followed();

CREATE TRIGGER handling_units_nested AFTER INSERT OR UPDATE OF parent_id, root_id, location_id, site_id ON handling_units FOR EACH ROW WHEN ((new.parent_id IS NOT NULL)) EXECUTE FUNCTION unit_stands_well();

CREATE TRIGGER movements_not_changed BEFORE DELETE OR UPDATE OR TRUNCATE ON movements FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();

CREATE TRIGGER stock_emptied AFTER UPDATE OF on_hand ON stock FOR EACH ROW WHEN (((new.on_hand = 0) AND (old.on_hand <> 0))) EXECUTE FUNCTION note_vacancy();

