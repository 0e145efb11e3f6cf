"""Analyses and editions are written once: the database refuses to change them, whoever asks.

Runs may be deleted when their time is over (`analytics/runs.py`), editions never. Of an edition only the status may
change, from draft to final. `area` of a hotspot may become empty when an area is deleted.
"""

from django.db import migrations

FROZEN = """
CREATE FUNCTION analytics_refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION '% is frozen: % is refused', TG_TABLE_NAME, TG_OP USING ERRCODE = 'integrity_constraint_violation';
END $$;

CREATE TRIGGER frozen BEFORE UPDATE ON analytics_hotspotrun
    FOR EACH ROW EXECUTE FUNCTION analytics_refuse_change();
CREATE TRIGGER frozen BEFORE UPDATE OF
        run_id, cell, cases, reports, observed, expected, ratio, p, q, gi_star, hot, polygon, place_words
    ON analytics_hotspot FOR EACH ROW EXECUTE FUNCTION analytics_refuse_change();
CREATE TRIGGER frozen BEFORE UPDATE ON analytics_hotspotoverview
    FOR EACH ROW EXECUTE FUNCTION analytics_refuse_change();

CREATE TRIGGER frozen BEFORE UPDATE OF week, edition, created_at, run_id, figures, figures_sha256
    ON analytics_weeklyreport FOR EACH ROW EXECUTE FUNCTION analytics_refuse_change();
CREATE TRIGGER final BEFORE UPDATE OF status
    ON analytics_weeklyreport FOR EACH ROW WHEN (OLD.status = 'final' AND NEW.status <> 'final')
    EXECUTE FUNCTION analytics_refuse_change();
CREATE TRIGGER kept BEFORE DELETE ON analytics_weeklyreport
    FOR EACH ROW EXECUTE FUNCTION analytics_refuse_change();
CREATE TRIGGER frozen BEFORE UPDATE OR DELETE ON analytics_weeklyfile
    FOR EACH ROW EXECUTE FUNCTION analytics_refuse_change();
"""

UNDO = """
DROP TRIGGER frozen ON analytics_weeklyfile;
DROP TRIGGER kept ON analytics_weeklyreport;
DROP TRIGGER final ON analytics_weeklyreport;
DROP TRIGGER frozen ON analytics_weeklyreport;
DROP TRIGGER frozen ON analytics_hotspotoverview;
DROP TRIGGER frozen ON analytics_hotspot;
DROP TRIGGER frozen ON analytics_hotspotrun;
DROP FUNCTION analytics_refuse_change();
"""


class Migration(migrations.Migration):
    dependencies = [("analytics", "0004_hotspot_indexes")]

    operations = [migrations.RunSQL(FROZEN, UNDO)]
