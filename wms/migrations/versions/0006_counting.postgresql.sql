-- Written by `make migration`: from 0005 to 0006.
DROP TRIGGER handling_units_follow ON handling_units;

DROP TRIGGER handling_units_nested ON handling_units;

DROP TRIGGER kept_papers_not_changed ON kept_papers;

DROP TRIGGER movements_not_changed ON movements;

DROP TRIGGER paper_prints_not_changed ON paper_prints;

DROP TRIGGER stock_emptied ON stock;

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

ALTER TABLE products ADD CONSTRAINT ck_products_value_not_negative CHECK (unit_value >= 0);

ALTER TABLE webhooks ADD CONSTRAINT ck_webhooks_failures_not_negative CHECK (failures >= 0);

ALTER TABLE webhooks ADD CONSTRAINT ck_webhooks_off_for_a_reason CHECK (active = (off_at IS NULL) AND active = (off_why IS NULL));

ALTER TABLE webhooks ADD CONSTRAINT ck_webhooks_old_secret_ends CHECK ((old_secret IS NULL) = (old_secret_until IS NULL));

ALTER TABLE webhooks ADD CONSTRAINT ck_webhooks_reason_known CHECK (off_why IN ('person', 'gone', 'failing'));

CREATE INDEX ix_webhook_deliveries_in_order ON webhook_deliveries (webhook_id, subject, event_id) WHERE status = 'pending';

CREATE TRIGGER handling_units_follow AFTER UPDATE OF location_id ON handling_units FOR EACH ROW WHEN ((old.location_id <> new.location_id)) EXECUTE FUNCTION unit_is_followed();

CREATE TRIGGER handling_units_nested AFTER INSERT OR UPDATE OF parent_id, root_id, location_id, site_id ON handling_units FOR EACH ROW WHEN ((new.parent_id IS NOT NULL)) EXECUTE FUNCTION unit_stands_well();

CREATE TRIGGER kept_papers_not_changed BEFORE DELETE OR UPDATE OR TRUNCATE ON kept_papers FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();

CREATE TRIGGER movements_not_changed BEFORE DELETE OR UPDATE OR TRUNCATE ON movements FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();

CREATE TRIGGER paper_prints_not_changed BEFORE DELETE OR UPDATE OR TRUNCATE ON paper_prints FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();

CREATE TRIGGER stock_emptied AFTER UPDATE OF on_hand ON stock FOR EACH ROW WHEN (((new.on_hand = 0) AND (old.on_hand <> 0))) EXECUTE FUNCTION note_vacancy();

