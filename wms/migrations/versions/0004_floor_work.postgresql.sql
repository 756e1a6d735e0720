-- Written by `make migration`: from 0003 to 0004.
DROP TRIGGER handling_units_follow ON handling_units;

DROP TRIGGER handling_units_nested ON handling_units;

DROP TRIGGER movements_not_changed ON movements;

DROP TRIGGER stock_emptied ON stock;

CREATE TABLE pick_handovers (
    id BIGSERIAL NOT NULL,
    site_id BIGINT NOT NULL,
    zone VARCHAR(40) NOT NULL,
    zone_key VARCHAR(200) NOT NULL,
    location_id BIGINT NOT NULL,
    CONSTRAINT pk_pick_handovers PRIMARY KEY (id),
    CONSTRAINT uq_pick_handovers_site_id_zone_key UNIQUE (site_id, zone_key)
);

ALTER TABLE tasks
    ADD COLUMN assigned_at timestamp with time zone;

ALTER TABLE pick_lists ADD CONSTRAINT ck_pick_lists_follows_an_older_one CHECK (follows_id < id);

ALTER TABLE pick_handovers ADD CONSTRAINT fk_pick_handovers_location_id FOREIGN KEY (location_id) REFERENCES locations(id);

ALTER TABLE pick_handovers ADD CONSTRAINT fk_pick_handovers_site_id FOREIGN KEY (site_id) REFERENCES sites(id);

CREATE TRIGGER handling_units_follow AFTER UPDATE OF location_id ON handling_units FOR EACH ROW WHEN ((old.location_id <> new.location_id)) EXECUTE FUNCTION unit_is_followed();

CREATE TRIGGER handling_units_nested AFTER INSERT OR UPDATE OF parent_id, root_id, location_id, site_id ON handling_units FOR EACH ROW WHEN ((new.parent_id IS NOT NULL)) EXECUTE FUNCTION unit_stands_well();

CREATE TRIGGER movements_not_changed BEFORE DELETE OR UPDATE OR TRUNCATE ON movements FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();

CREATE TRIGGER stock_emptied AFTER UPDATE OF on_hand ON stock FOR EACH ROW WHEN (((new.on_hand = 0) AND (old.on_hand <> 0))) EXECUTE FUNCTION note_vacancy();

