"""The history of a case is sealed: numbered from 1, each line with the hash of the one before it, never changed, never deleted.

What residents wrote is no part of a line, so erasing it leaves the hashes as they are. `bin/manage verify_history` computes
them anew. Rows of before are numbered and hashed in the order of their time.
"""

from django.db import migrations, models

# What is hashed, as text that does not depend on settings: JSON of PostgreSQL's own making, times in UTC.
HASH = """
CREATE FUNCTION reports_event_hash(before bytea, event reports_caseevent) RETURNS bytea
LANGUAGE sql STABLE PARALLEL SAFE SET search_path = pg_catalog, public, pg_temp AS $$
    SELECT sha256(before || convert_to(jsonb_build_array(
        event.case_id, event.number, event.kind, to_char(event.at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"'), event.actor_id,
        event.from_status, event.to_status, event.reason, event.details
    )::text, 'UTF8'))
$$;
"""

SEAL = """
CREATE FUNCTION reports_seal_event() RETURNS trigger
LANGUAGE plpgsql SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE
    last record;
BEGIN
    SELECT number, hash INTO last FROM reports_caseevent WHERE case_id = NEW.case_id ORDER BY number DESC LIMIT 1;
    NEW.number := coalesce(last.number, 0) + 1;
    NEW.hash := reports_event_hash(coalesce(last.hash, ''::bytea), NEW);
    RETURN NEW;
END $$;
CREATE TRIGGER sealed BEFORE INSERT ON reports_caseevent FOR EACH ROW EXECUTE FUNCTION reports_seal_event();
"""

KEEP = """
CREATE FUNCTION reports_history_is_kept() RETURNS trigger
LANGUAGE plpgsql SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
    RAISE EXCEPTION 'The history of cases is never changed or deleted.' USING ERRCODE = 'insufficient_privilege';
END $$;
CREATE TRIGGER kept BEFORE UPDATE OR DELETE ON reports_caseevent FOR EACH STATEMENT EXECUTE FUNCTION reports_history_is_kept();
"""

OLD_ROWS = """
DO $$
DECLARE
    event reports_caseevent;
    before bytea := ''::bytea;
    of_case bigint;
    place integer := 0;
BEGIN
    FOR event IN SELECT * FROM reports_caseevent ORDER BY case_id, at, id LOOP
        IF of_case IS DISTINCT FROM event.case_id THEN
            of_case := event.case_id;
            before := ''::bytea;
            place := 0;
        END IF;
        place := place + 1;
        event.number := place;
        before := reports_event_hash(before, event);
        UPDATE reports_caseevent SET number = event.number, hash = before WHERE id = event.id;
    END LOOP;
END $$;
"""


class Migration(migrations.Migration):
    dependencies = [("reports", "0010_case_desk")]

    operations = [
        migrations.RunSQL(HASH, "DROP FUNCTION reports_event_hash(bytea, reports_caseevent)"),
        migrations.RunSQL(OLD_ROWS, migrations.RunSQL.noop),
        migrations.AddConstraint(
            model_name="caseevent", constraint=models.UniqueConstraint(name="event_number_once", fields=["case", "number"])
        ),
        migrations.RunSQL(SEAL, "DROP TRIGGER sealed ON reports_caseevent; DROP FUNCTION reports_seal_event()"),
        migrations.RunSQL(KEEP, "DROP TRIGGER kept ON reports_caseevent; DROP FUNCTION reports_history_is_kept()"),
    ]
