CREATE TABLE job_runs (
    name VARCHAR(60) NOT NULL,
    due_at TIMESTAMP WITH TIME ZONE NOT NULL,
    started_at TIMESTAMP WITH TIME ZONE,
    finished_at TIMESTAMP WITH TIME ZONE,
    failures BIGINT DEFAULT '0' NOT NULL,
    error VARCHAR(500),
    CONSTRAINT pk_job_runs PRIMARY KEY (name)
);

CREATE TABLE number_series (
    name VARCHAR(60) NOT NULL,
    last BIGINT NOT NULL,
    CONSTRAINT pk_number_series PRIMARY KEY (name)
);

CREATE TABLE partners (
    id BIGSERIAL NOT NULL,
    code VARCHAR(80) NOT NULL,
    code_key VARCHAR(200) NOT NULL,
    kind VARCHAR(20) NOT NULL,
    name VARCHAR(300) NOT NULL,
    address JSONB NOT NULL,
    credit_limit BIGINT,
    credit_days BIGINT,
    balance_due BIGINT DEFAULT '0' NOT NULL,
    oldest_due_on DATE,
    min_remaining_days BIGINT,
    updated_at TIMESTAMP WITH TIME ZONE NOT NULL,
    CONSTRAINT pk_partners PRIMARY KEY (id),
    CONSTRAINT uq_partners_code_key UNIQUE (code_key)
);

CREATE TABLE sites (
    id BIGSERIAL NOT NULL,
    code VARCHAR(40) NOT NULL,
    code_key VARCHAR(200) NOT NULL,
    name VARCHAR(200) NOT NULL,
    CONSTRAINT pk_sites PRIMARY KEY (id),
    CONSTRAINT uq_sites_code_key UNIQUE (code_key)
);

CREATE TABLE inbound_orders (
    id BIGSERIAL NOT NULL,
    site_id BIGINT NOT NULL,
    number VARCHAR(80) NOT NULL,
    number_key VARCHAR(200) NOT NULL,
    kind VARCHAR(20) NOT NULL,
    partner_id BIGINT,
    reference VARCHAR(200),
    expected_on DATE,
    over_receipt_percent BIGINT DEFAULT '0' NOT NULL,
    status VARCHAR(12) NOT NULL,
    created_at TIMESTAMP WITH TIME ZONE NOT NULL,
    updated_at TIMESTAMP WITH TIME ZONE NOT NULL,
    CONSTRAINT pk_inbound_orders PRIMARY KEY (id),
    CONSTRAINT uq_inbound_orders_site_id_number_key UNIQUE (site_id, number_key),
    CONSTRAINT ck_inbound_orders_tolerance_in_range CHECK (over_receipt_percent BETWEEN 0 AND 1000),
    CONSTRAINT fk_inbound_orders_site_id FOREIGN KEY(site_id) REFERENCES sites (id),
    CONSTRAINT fk_inbound_orders_partner_id FOREIGN KEY(partner_id) REFERENCES partners (id)
);

CREATE INDEX ix_inbound_orders_status ON inbound_orders (site_id, status);

CREATE TABLE orders (
    id BIGSERIAL NOT NULL,
    site_id BIGINT NOT NULL,
    number VARCHAR(80) NOT NULL,
    number_key VARCHAR(200) NOT NULL,
    source VARCHAR(80),
    customer_id BIGINT NOT NULL,
    kind VARCHAR(20) NOT NULL,
    priority BIGINT DEFAULT '0' NOT NULL,
    due_at TIMESTAMP WITH TIME ZONE,
    ship_complete BOOLEAN NOT NULL,
    allow_backorder BOOLEAN NOT NULL,
    carrier_id BIGINT,
    ship_to JSONB NOT NULL,
    notes TEXT,
    status VARCHAR(12) NOT NULL,
    settled_at TIMESTAMP WITH TIME ZONE,
    created_at TIMESTAMP WITH TIME ZONE NOT NULL,
    updated_at TIMESTAMP WITH TIME ZONE NOT NULL,
    CONSTRAINT pk_orders PRIMARY KEY (id),
    CONSTRAINT uq_orders_site_id_number_key UNIQUE (site_id, number_key),
    CONSTRAINT ck_orders_priority_in_range CHECK (priority BETWEEN 0 AND 9),
    CONSTRAINT fk_orders_site_id FOREIGN KEY(site_id) REFERENCES sites (id),
    CONSTRAINT fk_orders_customer_id FOREIGN KEY(customer_id) REFERENCES partners (id),
    CONSTRAINT fk_orders_carrier_id FOREIGN KEY(carrier_id) REFERENCES partners (id)
);

CREATE INDEX ix_orders_customer ON orders (customer_id, id);

CREATE INDEX ix_orders_status ON orders (site_id, status, due_at);

CREATE INDEX ix_orders_updated ON orders (updated_at, id);

CREATE TABLE people (
    id BIGSERIAL NOT NULL,
    code VARCHAR(80) NOT NULL,
    code_key VARCHAR(200) NOT NULL,
    name VARCHAR(200) NOT NULL,
    roles JSONB NOT NULL,
    site_id BIGINT,
    language VARCHAR(10),
    badge VARCHAR(40),
    pin_hash VARCHAR(200),
    password_hash VARCHAR(200),
    is_token BOOLEAN NOT NULL,
    token_hash VARCHAR(64),
    active BOOLEAN NOT NULL,
    failed_pins BIGINT DEFAULT '0' NOT NULL,
    pin_rests_until TIMESTAMP WITH TIME ZONE,
    failed_passwords BIGINT DEFAULT '0' NOT NULL,
    password_rests_until TIMESTAMP WITH TIME ZONE,
    created_at TIMESTAMP WITH TIME ZONE NOT NULL,
    CONSTRAINT pk_people PRIMARY KEY (id),
    CONSTRAINT uq_people_code_key UNIQUE (code_key),
    CONSTRAINT uq_people_badge UNIQUE (badge),
    CONSTRAINT fk_people_site_id FOREIGN KEY(site_id) REFERENCES sites (id)
);

CREATE INDEX ix_people_token_hash ON people (token_hash);

CREATE TABLE products (
    id BIGSERIAL NOT NULL,
    sku VARCHAR(80) NOT NULL,
    sku_key VARCHAR(200) NOT NULL,
    name VARCHAR(300) NOT NULL,
    name_zh VARCHAR(300),
    name_en VARCHAR(300),
    base_unit VARCHAR(30) NOT NULL,
    decimals BIGINT DEFAULT '0' NOT NULL,
    tracking VARCHAR(10) NOT NULL,
    rotation VARCHAR(10) NOT NULL,
    shelf_life_days BIGINT,
    weight_grams BIGINT DEFAULT '0' NOT NULL,
    length_mm BIGINT DEFAULT '0' NOT NULL,
    width_mm BIGINT DEFAULT '0' NOT NULL,
    height_mm BIGINT DEFAULT '0' NOT NULL,
    abc VARCHAR(1),
    storage_class VARCHAR(40),
    owner_id BIGINT,
    updated_at TIMESTAMP WITH TIME ZONE NOT NULL,
    CONSTRAINT pk_products PRIMARY KEY (id),
    CONSTRAINT uq_products_sku_key UNIQUE (sku_key),
    CONSTRAINT ck_products_decimals_in_range CHECK (decimals BETWEEN 0 AND 6),
    CONSTRAINT ck_products_measures_not_negative CHECK (weight_grams >= 0 AND length_mm >= 0 AND width_mm >= 0 AND height_mm >= 0),
    CONSTRAINT fk_products_owner_id FOREIGN KEY(owner_id) REFERENCES partners (id)
);

CREATE TABLE answered_requests (
    id BIGSERIAL NOT NULL,
    person_id BIGINT NOT NULL,
    key VARCHAR(200) NOT NULL,
    fingerprint VARCHAR(64) NOT NULL,
    status BIGINT NOT NULL,
    answer TEXT NOT NULL,
    at TIMESTAMP WITH TIME ZONE NOT NULL,
    CONSTRAINT pk_answered_requests PRIMARY KEY (id),
    CONSTRAINT uq_answered_requests_person_id_key UNIQUE (person_id, key),
    CONSTRAINT fk_answered_requests_person_id FOREIGN KEY(person_id) REFERENCES people (id)
);

CREATE INDEX ix_answered_requests_at ON answered_requests (at);

CREATE TABLE batches (
    id BIGSERIAL NOT NULL,
    product_id BIGINT NOT NULL,
    owner_id BIGINT,
    lot VARCHAR(80) NOT NULL,
    lot_key VARCHAR(200) NOT NULL,
    received_on DATE NOT NULL,
    expires_on DATE,
    produced_on DATE,
    supplier_id BIGINT,
    certificate VARCHAR(80),
    created_at TIMESTAMP WITH TIME ZONE NOT NULL,
    CONSTRAINT pk_batches PRIMARY KEY (id),
    CONSTRAINT fk_batches_product_id FOREIGN KEY(product_id) REFERENCES products (id),
    CONSTRAINT fk_batches_owner_id FOREIGN KEY(owner_id) REFERENCES partners (id),
    CONSTRAINT fk_batches_supplier_id FOREIGN KEY(supplier_id) REFERENCES partners (id)
);

CREATE UNIQUE INDEX uq_batches_house ON batches (product_id, lot_key, received_on) WHERE owner_id IS NULL;

CREATE UNIQUE INDEX uq_batches_owner ON batches (product_id, owner_id, lot_key, received_on) WHERE owner_id IS NOT NULL;

CREATE TABLE counts (
    id BIGSERIAL NOT NULL,
    site_id BIGINT NOT NULL,
    number VARCHAR(40) NOT NULL,
    blind BOOLEAN NOT NULL,
    tolerance BIGINT DEFAULT '0' NOT NULL,
    status VARCHAR(10) NOT NULL,
    reason VARCHAR(300),
    product_id BIGINT,
    created_at TIMESTAMP WITH TIME ZONE NOT NULL,
    by_id BIGINT NOT NULL,
    ended_at TIMESTAMP WITH TIME ZONE,
    ended_by_id BIGINT,
    CONSTRAINT pk_counts PRIMARY KEY (id),
    CONSTRAINT uq_counts_number UNIQUE (number),
    CONSTRAINT ck_counts_tolerance_not_negative CHECK (tolerance >= 0),
    CONSTRAINT fk_counts_site_id FOREIGN KEY(site_id) REFERENCES sites (id),
    CONSTRAINT fk_counts_product_id FOREIGN KEY(product_id) REFERENCES products (id),
    CONSTRAINT fk_counts_by_id FOREIGN KEY(by_id) REFERENCES people (id),
    CONSTRAINT fk_counts_ended_by_id FOREIGN KEY(ended_by_id) REFERENCES people (id)
);

CREATE INDEX ix_counts_status ON counts (site_id, status);

CREATE TABLE devices (
    id BIGSERIAL NOT NULL,
    name VARCHAR(100) NOT NULL,
    site_id BIGINT NOT NULL,
    token_hash VARCHAR(64) NOT NULL,
    enrolled_by_id BIGINT NOT NULL,
    enrolled_at TIMESTAMP WITH TIME ZONE NOT NULL,
    seen_at TIMESTAMP WITH TIME ZONE,
    retired_at TIMESTAMP WITH TIME ZONE,
    CONSTRAINT pk_devices PRIMARY KEY (id),
    CONSTRAINT uq_devices_token_hash UNIQUE (token_hash),
    CONSTRAINT fk_devices_site_id FOREIGN KEY(site_id) REFERENCES sites (id),
    CONSTRAINT fk_devices_enrolled_by_id FOREIGN KEY(enrolled_by_id) REFERENCES people (id)
);

CREATE TABLE events (
    id BIGSERIAL NOT NULL,
    at TIMESTAMP WITH TIME ZONE NOT NULL,
    site_id BIGINT NOT NULL,
    subject_kind VARCHAR(30) NOT NULL,
    subject_id BIGINT NOT NULL,
    subject_number VARCHAR(80) NOT NULL,
    code VARCHAR(60) NOT NULL,
    facts JSONB NOT NULL,
    by_id BIGINT,
    told_at TIMESTAMP WITH TIME ZONE,
    CONSTRAINT pk_events PRIMARY KEY (id),
    CONSTRAINT fk_events_site_id FOREIGN KEY(site_id) REFERENCES sites (id),
    CONSTRAINT fk_events_by_id FOREIGN KEY(by_id) REFERENCES people (id)
);

CREATE INDEX ix_events_subject ON events (subject_kind, subject_id, id);

CREATE INDEX ix_events_untold ON events (id) WHERE told_at IS NULL;

CREATE TABLE holds (
    id BIGSERIAL NOT NULL,
    order_id BIGINT NOT NULL,
    code VARCHAR(30) NOT NULL,
    facts JSONB NOT NULL,
    since TIMESTAMP WITH TIME ZONE NOT NULL,
    lifted_at TIMESTAMP WITH TIME ZONE,
    lifted_by_id BIGINT,
    lift_reason VARCHAR(300),
    CONSTRAINT pk_holds PRIMARY KEY (id),
    CONSTRAINT fk_holds_order_id FOREIGN KEY(order_id) REFERENCES orders (id),
    CONSTRAINT fk_holds_lifted_by_id FOREIGN KEY(lifted_by_id) REFERENCES people (id)
);

CREATE INDEX ix_holds_order ON holds (order_id, lifted_at);

CREATE UNIQUE INDEX uq_holds_open ON holds (order_id, code) WHERE lifted_at IS NULL;

CREATE TABLE inbound_lines (
    id BIGSERIAL NOT NULL,
    inbound_order_id BIGINT NOT NULL,
    line VARCHAR(40) NOT NULL,
    product_id BIGINT NOT NULL,
    expected BIGINT NOT NULL,
    unit VARCHAR(30),
    lot VARCHAR(80),
    expires_on DATE,
    certificate VARCHAR(80),
    received BIGINT DEFAULT '0' NOT NULL,
    rejected BIGINT DEFAULT '0' NOT NULL,
    put_away BIGINT DEFAULT '0' NOT NULL,
    CONSTRAINT pk_inbound_lines PRIMARY KEY (id),
    CONSTRAINT uq_inbound_lines_inbound_order_id_line UNIQUE (inbound_order_id, line),
    CONSTRAINT ck_inbound_lines_counters_not_negative CHECK (expected >= 0 AND received >= 0 AND rejected >= 0 AND put_away >= 0),
    CONSTRAINT ck_inbound_lines_put_away_within_received CHECK (put_away <= received),
    CONSTRAINT fk_inbound_lines_inbound_order_id FOREIGN KEY(inbound_order_id) REFERENCES inbound_orders (id),
    CONSTRAINT fk_inbound_lines_product_id FOREIGN KEY(product_id) REFERENCES products (id)
);

CREATE INDEX ix_inbound_lines_product ON inbound_lines (product_id);

CREATE TABLE locations (
    id BIGSERIAL NOT NULL,
    site_id BIGINT NOT NULL,
    code VARCHAR(80) NOT NULL,
    code_key VARCHAR(200) NOT NULL,
    kind VARCHAR(20) NOT NULL,
    zone VARCHAR(40),
    aisle VARCHAR(40),
    bay VARCHAR(40),
    level VARCHAR(40),
    position VARCHAR(40),
    x_mm BIGINT DEFAULT '0' NOT NULL,
    y_mm BIGINT DEFAULT '0' NOT NULL,
    z_mm BIGINT DEFAULT '0' NOT NULL,
    max_weight_grams BIGINT,
    max_volume_cm3 BIGINT,
    max_units BIGINT,
    mixing VARCHAR(20) NOT NULL,
    storage_class VARCHAR(40),
    allow_negative BOOLEAN NOT NULL,
    partner_id BIGINT,
    assigned_product_id BIGINT,
    assigned_minimum BIGINT,
    assigned_maximum BIGINT,
    updated_at TIMESTAMP WITH TIME ZONE NOT NULL,
    CONSTRAINT pk_locations PRIMARY KEY (id),
    CONSTRAINT uq_locations_site_id_code_key UNIQUE (site_id, code_key),
    CONSTRAINT ck_locations_face_levels CHECK (assigned_minimum >= 0 AND assigned_maximum >= assigned_minimum),
    CONSTRAINT ck_locations_limits_positive CHECK (max_weight_grams > 0 AND max_volume_cm3 > 0 AND max_units > 0),
    CONSTRAINT fk_locations_site_id FOREIGN KEY(site_id) REFERENCES sites (id),
    CONSTRAINT fk_locations_partner_id FOREIGN KEY(partner_id) REFERENCES partners (id),
    CONSTRAINT fk_locations_assigned_product_id FOREIGN KEY(assigned_product_id) REFERENCES products (id)
);

CREATE INDEX ix_locations_assigned_product_id ON locations (assigned_product_id);

CREATE INDEX ix_locations_kind ON locations (site_id, kind);

CREATE TABLE order_lines (
    id BIGSERIAL NOT NULL,
    order_id BIGINT NOT NULL,
    line VARCHAR(40) NOT NULL,
    product_id BIGINT NOT NULL,
    ordered BIGINT NOT NULL,
    unit VARCHAR(30),
    lot VARCHAR(80),
    min_remaining_days BIGINT,
    promised BIGINT DEFAULT '0' NOT NULL,
    reserved BIGINT DEFAULT '0' NOT NULL,
    picked BIGINT DEFAULT '0' NOT NULL,
    packed BIGINT DEFAULT '0' NOT NULL,
    shipped BIGINT DEFAULT '0' NOT NULL,
    delivered BIGINT DEFAULT '0' NOT NULL,
    returned BIGINT DEFAULT '0' NOT NULL,
    cancelled BIGINT DEFAULT '0' NOT NULL,
    short BIGINT DEFAULT '0' NOT NULL,
    CONSTRAINT pk_order_lines PRIMARY KEY (id),
    CONSTRAINT uq_order_lines_order_id_line UNIQUE (order_id, line),
    CONSTRAINT ck_order_lines_ordered_positive CHECK (ordered > 0),
    CONSTRAINT ck_order_lines_counters_not_negative CHECK (promised >= 0 AND reserved >= 0 AND picked >= 0 AND packed >= 0 AND shipped >= 0 AND delivered >= 0 AND returned >= 0 AND cancelled >= 0 AND short >= 0),
    CONSTRAINT ck_order_lines_counters_nested CHECK (shipped <= packed AND packed <= picked AND picked <= ordered),
    CONSTRAINT ck_order_lines_claims_within_ordered CHECK (promised + reserved + picked + short <= ordered),
    CONSTRAINT ck_order_lines_ends_within CHECK (delivered <= shipped AND returned <= shipped AND cancelled <= ordered),
    CONSTRAINT fk_order_lines_order_id FOREIGN KEY(order_id) REFERENCES orders (id),
    CONSTRAINT fk_order_lines_product_id FOREIGN KEY(product_id) REFERENCES products (id)
);

CREATE INDEX ix_order_lines_product ON order_lines (product_id);

CREATE TABLE packagings (
    id BIGSERIAL NOT NULL,
    product_id BIGINT NOT NULL,
    unit VARCHAR(30) NOT NULL,
    quantity BIGINT NOT NULL,
    weight_grams BIGINT DEFAULT '0' NOT NULL,
    length_mm BIGINT DEFAULT '0' NOT NULL,
    width_mm BIGINT DEFAULT '0' NOT NULL,
    height_mm BIGINT DEFAULT '0' NOT NULL,
    CONSTRAINT pk_packagings PRIMARY KEY (id),
    CONSTRAINT uq_packagings_product_id_unit UNIQUE (product_id, unit),
    CONSTRAINT ck_packagings_quantity_positive CHECK (quantity >= 1),
    CONSTRAINT fk_packagings_product_id FOREIGN KEY(product_id) REFERENCES products (id)
);

CREATE TABLE promises (
    id BIGSERIAL NOT NULL,
    site_id BIGINT NOT NULL,
    product_id BIGINT NOT NULL,
    promised BIGINT DEFAULT '0' NOT NULL,
    CONSTRAINT pk_promises PRIMARY KEY (id),
    CONSTRAINT uq_promises_site_id_product_id UNIQUE (site_id, product_id),
    CONSTRAINT ck_promises_promised_not_negative CHECK (promised >= 0),
    CONSTRAINT fk_promises_site_id FOREIGN KEY(site_id) REFERENCES sites (id),
    CONSTRAINT fk_promises_product_id FOREIGN KEY(product_id) REFERENCES products (id)
);

CREATE TABLE scans (
    id BIGSERIAL NOT NULL,
    person_id BIGINT NOT NULL,
    flow VARCHAR(20) NOT NULL,
    version BIGINT NOT NULL,
    key VARCHAR(120) NOT NULL,
    fingerprint VARCHAR(64) NOT NULL,
    scanned VARCHAR(400) NOT NULL,
    step VARCHAR(40) NOT NULL,
    notes JSONB NOT NULL,
    answer JSONB NOT NULL,
    at TIMESTAMP WITH TIME ZONE NOT NULL,
    CONSTRAINT pk_scans PRIMARY KEY (id),
    CONSTRAINT uq_scans_person_id_flow_version UNIQUE (person_id, flow, version),
    CONSTRAINT uq_scans_person_id_key UNIQUE (person_id, key),
    CONSTRAINT fk_scans_person_id FOREIGN KEY(person_id) REFERENCES people (id)
);

CREATE TABLE waves (
    id BIGSERIAL NOT NULL,
    site_id BIGINT NOT NULL,
    number VARCHAR(40) NOT NULL,
    method VARCHAR(10) NOT NULL,
    created_at TIMESTAMP WITH TIME ZONE NOT NULL,
    by_id BIGINT NOT NULL,
    CONSTRAINT pk_waves PRIMARY KEY (id),
    CONSTRAINT uq_waves_number UNIQUE (number),
    CONSTRAINT fk_waves_site_id FOREIGN KEY(site_id) REFERENCES sites (id),
    CONSTRAINT fk_waves_by_id FOREIGN KEY(by_id) REFERENCES people (id)
);

CREATE TABLE webhooks (
    id BIGSERIAL NOT NULL,
    site_id BIGINT NOT NULL,
    url VARCHAR(500) NOT NULL,
    events JSONB NOT NULL,
    secret VARCHAR(100) NOT NULL,
    active BOOLEAN NOT NULL,
    created_at TIMESTAMP WITH TIME ZONE NOT NULL,
    by_id BIGINT NOT NULL,
    CONSTRAINT pk_webhooks PRIMARY KEY (id),
    CONSTRAINT fk_webhooks_site_id FOREIGN KEY(site_id) REFERENCES sites (id),
    CONSTRAINT fk_webhooks_by_id FOREIGN KEY(by_id) REFERENCES people (id)
);

CREATE INDEX ix_webhooks_site_id ON webhooks (site_id);

CREATE TABLE barcodes (
    id BIGSERIAL NOT NULL,
    code VARCHAR(100) NOT NULL,
    code_key VARCHAR(100) NOT NULL,
    product_id BIGINT NOT NULL,
    packaging_id BIGINT,
    CONSTRAINT pk_barcodes PRIMARY KEY (id),
    CONSTRAINT uq_barcodes_code_key UNIQUE (code_key),
    CONSTRAINT fk_barcodes_product_id FOREIGN KEY(product_id) REFERENCES products (id),
    CONSTRAINT fk_barcodes_packaging_id FOREIGN KEY(packaging_id) REFERENCES packagings (id)
);

CREATE INDEX ix_barcodes_packaging_id ON barcodes (packaging_id);

CREATE INDEX ix_barcodes_product_id ON barcodes (product_id);

CREATE TABLE loads (
    id BIGSERIAL NOT NULL,
    site_id BIGINT NOT NULL,
    number VARCHAR(40) NOT NULL,
    carrier_id BIGINT,
    door_id BIGINT NOT NULL,
    vehicle VARCHAR(80),
    plate VARCHAR(40),
    driver VARCHAR(80),
    stops JSONB NOT NULL,
    seal VARCHAR(60),
    gate_pass VARCHAR(40),
    closed_units BIGINT,
    status VARCHAR(10) NOT NULL,
    created_at TIMESTAMP WITH TIME ZONE NOT NULL,
    closed_at TIMESTAMP WITH TIME ZONE,
    left_at TIMESTAMP WITH TIME ZONE,
    CONSTRAINT pk_loads PRIMARY KEY (id),
    CONSTRAINT uq_loads_number UNIQUE (number),
    CONSTRAINT ck_loads_status_known CHECK (status IN ('planned', 'loading', 'closed', 'left')),
    CONSTRAINT ck_loads_passes_the_gate CHECK ((status IN ('closed', 'left')) = (gate_pass IS NOT NULL) AND (status = 'left') = (left_at IS NOT NULL)),
    CONSTRAINT fk_loads_site_id FOREIGN KEY(site_id) REFERENCES sites (id),
    CONSTRAINT fk_loads_carrier_id FOREIGN KEY(carrier_id) REFERENCES partners (id),
    CONSTRAINT fk_loads_door_id FOREIGN KEY(door_id) REFERENCES locations (id),
    CONSTRAINT uq_loads_gate_pass UNIQUE (gate_pass)
);

CREATE INDEX ix_loads_status ON loads (site_id, status);

CREATE TABLE sign_ins (
    id BIGSERIAL NOT NULL,
    token_hash VARCHAR(64) NOT NULL,
    person_id BIGINT NOT NULL,
    site_id BIGINT NOT NULL,
    device_id BIGINT,
    language VARCHAR(10),
    started_at TIMESTAMP WITH TIME ZONE NOT NULL,
    expires_at TIMESTAMP WITH TIME ZONE NOT NULL,
    ended_at TIMESTAMP WITH TIME ZONE,
    CONSTRAINT pk_sign_ins PRIMARY KEY (id),
    CONSTRAINT uq_sign_ins_token_hash UNIQUE (token_hash),
    CONSTRAINT fk_sign_ins_person_id FOREIGN KEY(person_id) REFERENCES people (id),
    CONSTRAINT fk_sign_ins_site_id FOREIGN KEY(site_id) REFERENCES sites (id),
    CONSTRAINT fk_sign_ins_device_id FOREIGN KEY(device_id) REFERENCES devices (id)
);

CREATE INDEX ix_sign_ins_person ON sign_ins (person_id, ended_at);

CREATE TABLE webhook_deliveries (
    id BIGSERIAL NOT NULL,
    webhook_id BIGINT NOT NULL,
    event_id BIGINT NOT NULL,
    type VARCHAR(60) NOT NULL,
    payload JSONB NOT NULL,
    status VARCHAR(10) NOT NULL,
    attempts BIGINT DEFAULT '0' NOT NULL,
    next_at TIMESTAMP WITH TIME ZONE NOT NULL,
    answer VARCHAR(300),
    delivered_at TIMESTAMP WITH TIME ZONE,
    created_at TIMESTAMP WITH TIME ZONE NOT NULL,
    CONSTRAINT pk_webhook_deliveries PRIMARY KEY (id),
    CONSTRAINT uq_webhook_deliveries_webhook_id_event_id UNIQUE (webhook_id, event_id),
    CONSTRAINT ck_webhook_deliveries_status_known CHECK (status IN ('pending', 'delivered', 'failed')),
    CONSTRAINT fk_webhook_deliveries_webhook_id FOREIGN KEY(webhook_id) REFERENCES webhooks (id),
    CONSTRAINT fk_webhook_deliveries_event_id FOREIGN KEY(event_id) REFERENCES events (id)
);

CREATE INDEX ix_webhook_deliveries_due ON webhook_deliveries (webhook_id, status, next_at);

CREATE INDEX ix_webhook_deliveries_event ON webhook_deliveries (event_id);

CREATE TABLE handling_units (
    id BIGSERIAL NOT NULL,
    site_id BIGINT NOT NULL,
    code VARCHAR(40) NOT NULL,
    code_key VARCHAR(200) NOT NULL,
    kind VARCHAR(10) NOT NULL,
    location_id BIGINT NOT NULL,
    parent_id BIGINT,
    order_id BIGINT,
    load_id BIGINT,
    weight_grams BIGINT,
    length_mm BIGINT,
    width_mm BIGINT,
    height_mm BIGINT,
    tracking VARCHAR(80),
    closed_at TIMESTAMP WITH TIME ZONE,
    loaded_at TIMESTAMP WITH TIME ZONE,
    created_at TIMESTAMP WITH TIME ZONE NOT NULL,
    CONSTRAINT pk_handling_units PRIMARY KEY (id),
    CONSTRAINT uq_handling_units_code_key UNIQUE (code_key),
    CONSTRAINT fk_handling_units_site_id FOREIGN KEY(site_id) REFERENCES sites (id),
    CONSTRAINT fk_handling_units_location_id FOREIGN KEY(location_id) REFERENCES locations (id),
    CONSTRAINT fk_handling_units_parent_id FOREIGN KEY(parent_id) REFERENCES handling_units (id),
    CONSTRAINT fk_handling_units_order_id FOREIGN KEY(order_id) REFERENCES orders (id),
    CONSTRAINT fk_handling_units_load_id FOREIGN KEY(load_id) REFERENCES loads (id)
);

CREATE INDEX ix_handling_units_load_id ON handling_units (load_id);

CREATE INDEX ix_handling_units_location_id ON handling_units (location_id);

CREATE INDEX ix_handling_units_order_id ON handling_units (order_id);

CREATE TABLE shipments (
    id BIGSERIAL NOT NULL,
    site_id BIGINT NOT NULL,
    number VARCHAR(40) NOT NULL,
    order_id BIGINT NOT NULL,
    load_id BIGINT,
    stop BIGINT,
    carrier_id BIGINT,
    tracking VARCHAR(80),
    packed_at TIMESTAMP WITH TIME ZONE,
    left_at TIMESTAMP WITH TIME ZONE,
    signed_by VARCHAR(200),
    signed_at TIMESTAMP WITH TIME ZONE,
    sign_off JSONB NOT NULL,
    created_at TIMESTAMP WITH TIME ZONE NOT NULL,
    CONSTRAINT pk_shipments PRIMARY KEY (id),
    CONSTRAINT uq_shipments_number UNIQUE (number),
    CONSTRAINT ck_shipments_leaves_on_a_load CHECK (left_at IS NULL OR load_id IS NOT NULL),
    CONSTRAINT fk_shipments_site_id FOREIGN KEY(site_id) REFERENCES sites (id),
    CONSTRAINT fk_shipments_order_id FOREIGN KEY(order_id) REFERENCES orders (id),
    CONSTRAINT fk_shipments_load_id FOREIGN KEY(load_id) REFERENCES loads (id),
    CONSTRAINT fk_shipments_carrier_id FOREIGN KEY(carrier_id) REFERENCES partners (id)
);

CREATE INDEX ix_shipments_load ON shipments (load_id);

CREATE INDEX ix_shipments_order ON shipments (order_id);

CREATE UNIQUE INDEX uq_shipments_open ON shipments (order_id) WHERE left_at IS NULL;

CREATE TABLE count_lines (
    id BIGSERIAL NOT NULL,
    count_id BIGINT NOT NULL,
    location_id BIGINT NOT NULL,
    product_id BIGINT NOT NULL,
    batch_id BIGINT NOT NULL,
    handling_unit_id BIGINT,
    condition VARCHAR(12) NOT NULL,
    difference BIGINT,
    posted BIGINT DEFAULT '0' NOT NULL,
    CONSTRAINT pk_count_lines PRIMARY KEY (id),
    CONSTRAINT fk_count_lines_count_id FOREIGN KEY(count_id) REFERENCES counts (id),
    CONSTRAINT fk_count_lines_location_id FOREIGN KEY(location_id) REFERENCES locations (id),
    CONSTRAINT fk_count_lines_product_id FOREIGN KEY(product_id) REFERENCES products (id),
    CONSTRAINT fk_count_lines_batch_id FOREIGN KEY(batch_id) REFERENCES batches (id),
    CONSTRAINT fk_count_lines_handling_unit_id FOREIGN KEY(handling_unit_id) REFERENCES handling_units (id)
);

CREATE INDEX ix_count_lines_count ON count_lines (count_id, location_id);

CREATE TABLE stock (
    id BIGSERIAL NOT NULL,
    site_id BIGINT NOT NULL,
    location_id BIGINT NOT NULL,
    batch_id BIGINT NOT NULL,
    product_id BIGINT NOT NULL,
    handling_unit_id BIGINT,
    condition VARCHAR(12) NOT NULL,
    on_hand BIGINT NOT NULL,
    reserved BIGINT DEFAULT '0' NOT NULL,
    may_be_negative BOOLEAN NOT NULL,
    CONSTRAINT pk_stock PRIMARY KEY (id),
    CONSTRAINT ck_stock_on_hand_not_negative CHECK (on_hand >= 0 OR may_be_negative),
    CONSTRAINT ck_stock_reserved_within_on_hand CHECK (reserved >= 0 AND (reserved = 0 OR reserved <= on_hand)),
    CONSTRAINT ck_stock_only_good_is_reserved CHECK (reserved = 0 OR condition = 'good'),
    CONSTRAINT fk_stock_site_id FOREIGN KEY(site_id) REFERENCES sites (id),
    CONSTRAINT fk_stock_location_id FOREIGN KEY(location_id) REFERENCES locations (id),
    CONSTRAINT fk_stock_batch_id FOREIGN KEY(batch_id) REFERENCES batches (id),
    CONSTRAINT fk_stock_product_id FOREIGN KEY(product_id) REFERENCES products (id),
    CONSTRAINT fk_stock_handling_unit_id FOREIGN KEY(handling_unit_id) REFERENCES handling_units (id)
);

CREATE INDEX ix_stock_batch ON stock (batch_id);

CREATE INDEX ix_stock_product ON stock (product_id, site_id);

CREATE INDEX ix_stock_unit ON stock (handling_unit_id);

CREATE UNIQUE INDEX uq_stock_in_unit ON stock (location_id, batch_id, condition, handling_unit_id) WHERE handling_unit_id IS NOT NULL;

CREATE UNIQUE INDEX uq_stock_loose ON stock (location_id, batch_id, condition) WHERE handling_unit_id IS NULL;

CREATE TABLE tasks (
    id BIGSERIAL NOT NULL,
    site_id BIGINT NOT NULL,
    kind VARCHAR(12) NOT NULL,
    status VARCHAR(12) NOT NULL,
    priority BIGINT DEFAULT '0' NOT NULL,
    due_at TIMESTAMP WITH TIME ZONE,
    document VARCHAR(80),
    order_id BIGINT,
    inbound_line_id BIGINT,
    product_id BIGINT,
    batch_id BIGINT,
    handling_unit_id BIGINT,
    quantity BIGINT,
    source_id BIGINT,
    target_id BIGINT,
    reasons JSONB NOT NULL,
    person_id BIGINT,
    not_by_id BIGINT,
    lease_until TIMESTAMP WITH TIME ZONE,
    epoch BIGINT DEFAULT '0' NOT NULL,
    created_at TIMESTAMP WITH TIME ZONE NOT NULL,
    done_at TIMESTAMP WITH TIME ZONE,
    CONSTRAINT pk_tasks PRIMARY KEY (id),
    CONSTRAINT ck_tasks_priority_in_range CHECK (priority BETWEEN 0 AND 9),
    CONSTRAINT ck_tasks_claimed_by_somebody CHECK (status <> 'claimed' OR person_id IS NOT NULL),
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

CREATE INDEX ix_tasks_document ON tasks (document);

CREATE INDEX ix_tasks_order ON tasks (order_id);

CREATE INDEX ix_tasks_person ON tasks (person_id, status);

CREATE INDEX ix_tasks_queue ON tasks (site_id, status, kind, priority, due_at, id);

CREATE INDEX ix_tasks_source ON tasks (source_id, status);

CREATE INDEX ix_tasks_target ON tasks (target_id, status);

CREATE INDEX ix_tasks_unit ON tasks (handling_unit_id, status);

CREATE TABLE count_entries (
    id BIGSERIAL NOT NULL,
    line_id BIGINT NOT NULL,
    person_id BIGINT NOT NULL,
    quantity BIGINT NOT NULL,
    book BIGINT NOT NULL,
    at TIMESTAMP WITH TIME ZONE NOT NULL,
    CONSTRAINT pk_count_entries PRIMARY KEY (id),
    CONSTRAINT uq_count_entries_line_id_person_id UNIQUE (line_id, person_id),
    CONSTRAINT ck_count_entries_quantity_not_negative CHECK (quantity >= 0),
    CONSTRAINT fk_count_entries_line_id FOREIGN KEY(line_id) REFERENCES count_lines (id),
    CONSTRAINT fk_count_entries_person_id FOREIGN KEY(person_id) REFERENCES people (id)
);

CREATE TABLE count_places (
    id BIGSERIAL NOT NULL,
    count_id BIGINT NOT NULL,
    location_id BIGINT NOT NULL,
    sequence BIGINT DEFAULT '0' NOT NULL,
    task_id BIGINT,
    counted_at TIMESTAMP WITH TIME ZONE,
    CONSTRAINT pk_count_places PRIMARY KEY (id),
    CONSTRAINT uq_count_places_count_id_location_id UNIQUE (count_id, location_id),
    CONSTRAINT fk_count_places_count_id FOREIGN KEY(count_id) REFERENCES counts (id),
    CONSTRAINT fk_count_places_location_id FOREIGN KEY(location_id) REFERENCES locations (id),
    CONSTRAINT fk_count_places_task_id FOREIGN KEY(task_id) REFERENCES tasks (id)
);

CREATE INDEX ix_count_places_location_id ON count_places (location_id);

CREATE TABLE movements (
    id BIGSERIAL NOT NULL,
    key VARCHAR(120) NOT NULL,
    at TIMESTAMP WITH TIME ZONE NOT NULL,
    device_at TIMESTAMP WITH TIME ZONE,
    site_id BIGINT NOT NULL,
    product_id BIGINT NOT NULL,
    batch_id BIGINT NOT NULL,
    quantity BIGINT NOT NULL,
    source_id BIGINT NOT NULL,
    source_unit_id BIGINT,
    source_condition VARCHAR(12) NOT NULL,
    target_id BIGINT NOT NULL,
    target_unit_id BIGINT,
    target_condition VARCHAR(12) NOT NULL,
    kind VARCHAR(20) NOT NULL,
    reason VARCHAR(200),
    document VARCHAR(80),
    order_line_id BIGINT,
    inbound_line_id BIGINT,
    task_id BIGINT,
    reverses_id BIGINT,
    by_id BIGINT NOT NULL,
    CONSTRAINT pk_movements PRIMARY KEY (id),
    CONSTRAINT uq_movements_key UNIQUE (key),
    CONSTRAINT uq_movements_reverses_id UNIQUE (reverses_id),
    CONSTRAINT ck_movements_quantity_positive CHECK (quantity > 0),
    CONSTRAINT fk_movements_site_id FOREIGN KEY(site_id) REFERENCES sites (id),
    CONSTRAINT fk_movements_product_id FOREIGN KEY(product_id) REFERENCES products (id),
    CONSTRAINT fk_movements_batch_id FOREIGN KEY(batch_id) REFERENCES batches (id),
    CONSTRAINT fk_movements_source_id FOREIGN KEY(source_id) REFERENCES locations (id),
    CONSTRAINT fk_movements_source_unit_id FOREIGN KEY(source_unit_id) REFERENCES handling_units (id),
    CONSTRAINT fk_movements_target_id FOREIGN KEY(target_id) REFERENCES locations (id),
    CONSTRAINT fk_movements_target_unit_id FOREIGN KEY(target_unit_id) REFERENCES handling_units (id),
    CONSTRAINT fk_movements_order_line_id FOREIGN KEY(order_line_id) REFERENCES order_lines (id),
    CONSTRAINT fk_movements_inbound_line_id FOREIGN KEY(inbound_line_id) REFERENCES inbound_lines (id),
    CONSTRAINT fk_movements_task_id FOREIGN KEY(task_id) REFERENCES tasks (id),
    CONSTRAINT fk_movements_reverses_id FOREIGN KEY(reverses_id) REFERENCES movements (id),
    CONSTRAINT fk_movements_by_id FOREIGN KEY(by_id) REFERENCES people (id)
);

CREATE INDEX ix_movements_batch ON movements (batch_id, id);

CREATE INDEX ix_movements_document ON movements (document, site_id, kind) WHERE document IS NOT NULL;

CREATE INDEX ix_movements_inbound_line ON movements (inbound_line_id, kind);

CREATE INDEX ix_movements_kind ON movements (site_id, kind, id);

CREATE INDEX ix_movements_order_line ON movements (order_line_id, kind);

CREATE INDEX ix_movements_source ON movements (source_id, id);

CREATE INDEX ix_movements_target ON movements (target_id, id);

CREATE OR REPLACE FUNCTION refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE EXCEPTION USING MESSAGE = TG_TABLE_NAME || ' is append-only', ERRCODE = 'restrict_violation'; END $$;

CREATE TRIGGER movements_not_changed BEFORE UPDATE OR DELETE OR TRUNCATE ON movements FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();

CREATE TABLE pick_lists (
    id BIGSERIAL NOT NULL,
    site_id BIGINT NOT NULL,
    number VARCHAR(40) NOT NULL,
    wave_id BIGINT NOT NULL,
    task_id BIGINT NOT NULL,
    method VARCHAR(10) NOT NULL,
    target_id BIGINT NOT NULL,
    metres_planned BIGINT DEFAULT '0' NOT NULL,
    metres_by_name BIGINT DEFAULT '0' NOT NULL,
    created_at TIMESTAMP WITH TIME ZONE NOT NULL,
    CONSTRAINT pk_pick_lists PRIMARY KEY (id),
    CONSTRAINT uq_pick_lists_number UNIQUE (number),
    CONSTRAINT uq_pick_lists_task_id UNIQUE (task_id),
    CONSTRAINT fk_pick_lists_site_id FOREIGN KEY(site_id) REFERENCES sites (id),
    CONSTRAINT fk_pick_lists_wave_id FOREIGN KEY(wave_id) REFERENCES waves (id),
    CONSTRAINT fk_pick_lists_task_id FOREIGN KEY(task_id) REFERENCES tasks (id),
    CONSTRAINT fk_pick_lists_target_id FOREIGN KEY(target_id) REFERENCES locations (id)
);

CREATE INDEX ix_pick_lists_wave_id ON pick_lists (wave_id);

CREATE TABLE reservations (
    id BIGSERIAL NOT NULL,
    order_line_id BIGINT NOT NULL,
    stock_id BIGINT NOT NULL,
    quantity BIGINT NOT NULL,
    status VARCHAR(10) NOT NULL,
    stage VARCHAR(10) NOT NULL,
    task_id BIGINT,
    sequence BIGINT DEFAULT '0' NOT NULL,
    created_at TIMESTAMP WITH TIME ZONE NOT NULL,
    ended_at TIMESTAMP WITH TIME ZONE,
    CONSTRAINT pk_reservations PRIMARY KEY (id),
    CONSTRAINT ck_reservations_quantity_positive CHECK (quantity > 0),
    CONSTRAINT ck_reservations_status_known CHECK (status IN ('pending', 'posted', 'voided', 'expired')),
    CONSTRAINT ck_reservations_ends_once CHECK ((status = 'pending') = (ended_at IS NULL)),
    CONSTRAINT fk_reservations_order_line_id FOREIGN KEY(order_line_id) REFERENCES order_lines (id),
    CONSTRAINT fk_reservations_stock_id FOREIGN KEY(stock_id) REFERENCES stock (id),
    CONSTRAINT fk_reservations_task_id FOREIGN KEY(task_id) REFERENCES tasks (id)
);

CREATE INDEX ix_reservations_line ON reservations (order_line_id, status);

CREATE INDEX ix_reservations_stock ON reservations (stock_id, status);

CREATE INDEX ix_reservations_task ON reservations (task_id, sequence);

