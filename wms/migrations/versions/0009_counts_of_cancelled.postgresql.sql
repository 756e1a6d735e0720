-- Written by `make migration`: from 0008 to 0009.
DROP TRIGGER handling_units_follow ON handling_units;

DROP TRIGGER handling_units_nested ON handling_units;

DROP TRIGGER kept_papers_not_changed ON kept_papers;

DROP TRIGGER movements_not_changed ON movements;

DROP TRIGGER paper_prints_not_changed ON paper_prints;

DROP TRIGGER stock_emptied ON stock;

CREATE TRIGGER handling_units_follow AFTER UPDATE OF location_id ON handling_units FOR EACH ROW WHEN ((old.location_id <> new.location_id)) EXECUTE FUNCTION unit_is_followed();

CREATE TRIGGER handling_units_nested AFTER INSERT OR UPDATE OF parent_id, root_id, location_id, site_id ON handling_units FOR EACH ROW WHEN ((new.parent_id IS NOT NULL)) EXECUTE FUNCTION unit_stands_well();

CREATE TRIGGER kept_papers_not_changed BEFORE DELETE OR UPDATE OR TRUNCATE ON kept_papers FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();

CREATE TRIGGER movements_not_changed BEFORE DELETE OR UPDATE OR TRUNCATE ON movements FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();

CREATE TRIGGER paper_prints_not_changed BEFORE DELETE OR UPDATE OR TRUNCATE ON paper_prints FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();

CREATE TRIGGER stock_emptied AFTER UPDATE OF on_hand ON stock FOR EACH ROW WHEN (((new.on_hand = 0) AND (old.on_hand <> 0))) EXECUTE FUNCTION note_vacancy();

