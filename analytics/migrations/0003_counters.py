"""The counters' one writer: statement-level triggers with transition tables.

Every change of a report or a case, single or by COPY, raises or lowers `analytics_cell_week` in its own transaction.
A report counts when it has a cell and `counts`; a case when it has a cell and is neither refused nor merged.

The functions run with their owner's rights, so the application needs no right to write the counters, and may not be
attached to another table by anyone else (EXECUTE is revoked). Rows are always locked in the order of (cell, week), so
that two statements never wait for each other.
"""

from django.db import migrations

# Raised by as much as the new rows add. `counted` is the row that is there already.
NEW_REPORTS = """
CREATE FUNCTION analytics_count_new_reports() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
    INSERT INTO analytics_cell_week AS counted (cell, week, cases, reports)
    SELECT cell, week, 0, count(*)
    FROM new_rows
    WHERE counts AND cell IS NOT NULL
    GROUP BY cell, week
    ORDER BY cell, week
    ON CONFLICT (cell, week) DO UPDATE SET reports = counted.reports + excluded.reports;
    RETURN NULL;
END $$;
"""

NEW_CASES = """
CREATE FUNCTION analytics_count_new_cases() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
    INSERT INTO analytics_cell_week AS counted (cell, week, cases, reports)
    SELECT cell, week, count(*), 0
    FROM new_rows
    WHERE status NOT IN ('refused', 'merged') AND cell IS NOT NULL
    GROUP BY cell, week
    ORDER BY cell, week
    ON CONFLICT (cell, week) DO UPDATE SET cases = counted.cases + excluded.cases;
    RETURN NULL;
END $$;
"""

# What an update or a delete changes is a difference, which may be negative. A row that is inserted must not be, so the
# differences are added in two steps: the first creates and locks every row in order and raises what rises, the second
# lowers what falls. The table's check refuses a counter below zero: better a failed statement than a wrong count.
ADD_DIFFERENCES = """
CREATE FUNCTION analytics_add_differences(cells bigint[], weeks date[], case_changes bigint[], report_changes bigint[])
RETURNS void LANGUAGE plpgsql SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
    INSERT INTO analytics_cell_week AS counted (cell, week, cases, reports)
    SELECT cell, week, greatest(cases, 0), greatest(reports, 0)
    FROM unnest(cells, weeks, case_changes, report_changes) AS change (cell, week, cases, reports)
    ORDER BY cell, week
    ON CONFLICT (cell, week) DO UPDATE
    SET cases = counted.cases + excluded.cases, reports = counted.reports + excluded.reports;

    UPDATE analytics_cell_week AS counted
    SET cases = counted.cases + least(change.cases, 0), reports = counted.reports + least(change.reports, 0)
    FROM unnest(cells, weeks, case_changes, report_changes) AS change (cell, week, cases, reports)
    WHERE counted.cell = change.cell AND counted.week = change.week AND (change.cases < 0 OR change.reports < 0);
END $$;
"""

# Most updates change nothing that is counted (the queue, a case's number): for them this is one pass over the changed
# rows and nothing else.
CHANGED_REPORTS = """
CREATE FUNCTION analytics_count_changed_reports() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE
    cells bigint[]; weeks date[]; changes bigint[];
BEGIN
    IF TG_OP = 'UPDATE' THEN
        SELECT array_agg(cell), array_agg(week), array_agg(change) INTO cells, weeks, changes
        FROM (
            SELECT cell, week, sum(one) AS change
            FROM (
                SELECT cell, week, 1 AS one FROM new_rows WHERE counts AND cell IS NOT NULL
                UNION ALL
                SELECT cell, week, -1 FROM old_rows WHERE counts AND cell IS NOT NULL
            ) AS counted_rows
            GROUP BY cell, week HAVING sum(one) <> 0
        ) AS differences;
    ELSE
        SELECT array_agg(cell), array_agg(week), array_agg(change) INTO cells, weeks, changes
        FROM (
            SELECT cell, week, -count(*) AS change FROM old_rows WHERE counts AND cell IS NOT NULL GROUP BY cell, week
        ) AS differences;
    END IF;
    IF cells IS NOT NULL THEN
        PERFORM analytics_add_differences(cells, weeks, array_fill(0::bigint, ARRAY[cardinality(cells)]), changes);
    END IF;
    RETURN NULL;
END $$;
"""

CHANGED_CASES = """
CREATE FUNCTION analytics_count_changed_cases() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE
    cells bigint[]; weeks date[]; changes bigint[];
BEGIN
    IF TG_OP = 'UPDATE' THEN
        SELECT array_agg(cell), array_agg(week), array_agg(change) INTO cells, weeks, changes
        FROM (
            SELECT cell, week, sum(one) AS change
            FROM (
                SELECT cell, week, 1 AS one FROM new_rows
                WHERE status NOT IN ('refused', 'merged') AND cell IS NOT NULL
                UNION ALL
                SELECT cell, week, -1 FROM old_rows
                WHERE status NOT IN ('refused', 'merged') AND cell IS NOT NULL
            ) AS counted_rows
            GROUP BY cell, week HAVING sum(one) <> 0
        ) AS differences;
    ELSE
        SELECT array_agg(cell), array_agg(week), array_agg(change) INTO cells, weeks, changes
        FROM (
            SELECT cell, week, -count(*) AS change FROM old_rows
            WHERE status NOT IN ('refused', 'merged') AND cell IS NOT NULL GROUP BY cell, week
        ) AS differences;
    END IF;
    IF cells IS NOT NULL THEN
        PERFORM analytics_add_differences(cells, weeks, changes, array_fill(0::bigint, ARRAY[cardinality(cells)]));
    END IF;
    RETURN NULL;
END $$;
"""

# Only the owner can empty a table; then nothing of it is left to count.
EMPTIED = """
CREATE FUNCTION analytics_count_nothing() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
    IF TG_TABLE_NAME = 'reports_case' THEN
        UPDATE analytics_cell_week SET cases = 0 WHERE cases <> 0;
    ELSE
        UPDATE analytics_cell_week SET reports = 0 WHERE reports <> 0;
    END IF;
    RETURN NULL;
END $$;
"""

TRIGGERS = """
CREATE TRIGGER count_new AFTER INSERT ON reports_report
    REFERENCING NEW TABLE AS new_rows FOR EACH STATEMENT EXECUTE FUNCTION analytics_count_new_reports();
CREATE TRIGGER count_changed AFTER UPDATE ON reports_report
    REFERENCING OLD TABLE AS old_rows NEW TABLE AS new_rows
    FOR EACH STATEMENT EXECUTE FUNCTION analytics_count_changed_reports();
CREATE TRIGGER count_deleted AFTER DELETE ON reports_report
    REFERENCING OLD TABLE AS old_rows FOR EACH STATEMENT EXECUTE FUNCTION analytics_count_changed_reports();
CREATE TRIGGER count_emptied AFTER TRUNCATE ON reports_report
    FOR EACH STATEMENT EXECUTE FUNCTION analytics_count_nothing();

CREATE TRIGGER count_new AFTER INSERT ON reports_case
    REFERENCING NEW TABLE AS new_rows FOR EACH STATEMENT EXECUTE FUNCTION analytics_count_new_cases();
CREATE TRIGGER count_changed AFTER UPDATE ON reports_case
    REFERENCING OLD TABLE AS old_rows NEW TABLE AS new_rows
    FOR EACH STATEMENT EXECUTE FUNCTION analytics_count_changed_cases();
CREATE TRIGGER count_deleted AFTER DELETE ON reports_case
    REFERENCING OLD TABLE AS old_rows FOR EACH STATEMENT EXECUTE FUNCTION analytics_count_changed_cases();
CREATE TRIGGER count_emptied AFTER TRUNCATE ON reports_case
    FOR EACH STATEMENT EXECUTE FUNCTION analytics_count_nothing();
"""

FUNCTIONS = (
    "analytics_count_new_reports()",
    "analytics_count_new_cases()",
    "analytics_add_differences(bigint[], date[], bigint[], bigint[])",
    "analytics_count_changed_reports()",
    "analytics_count_changed_cases()",
    "analytics_count_nothing()",
)
RIGHTS = "".join(f"REVOKE EXECUTE ON FUNCTION {function} FROM PUBLIC;\n" for function in FUNCTIONS)

# What is there already, and room on each page so that raising a counter does not move its row.
START = """
ALTER TABLE analytics_cell_week SET (fillfactor = 80);
DELETE FROM analytics_cell_week;
INSERT INTO analytics_cell_week (cell, week, cases, reports)
SELECT cell, week, sum(cases), sum(reports)
FROM (
    SELECT cell, week, count(*) AS cases, 0 AS reports FROM reports_case
    WHERE status NOT IN ('refused', 'merged') AND cell IS NOT NULL GROUP BY cell, week
    UNION ALL
    SELECT cell, week, 0, count(*) FROM reports_report WHERE counts AND cell IS NOT NULL GROUP BY cell, week
) AS raw
GROUP BY cell, week;
"""

UNDO = (
    "".join(
        f"DROP TRIGGER {trigger} ON {table};\n"
        for table in ("reports_report", "reports_case")
        for trigger in ("count_new", "count_changed", "count_deleted", "count_emptied")
    )
    + "".join(f"DROP FUNCTION {function};\n" for function in reversed(FUNCTIONS))
    + "ALTER TABLE analytics_cell_week RESET (fillfactor);"
)


class Migration(migrations.Migration):
    dependencies = [
        ("analytics", "0002_relations"),
        ("reports", "0001_initial"),
    ]

    operations = [
        migrations.RunSQL(
            "".join(
                [NEW_REPORTS, NEW_CASES, ADD_DIFFERENCES, CHANGED_REPORTS, CHANGED_CASES, EMPTIED, TRIGGERS, RIGHTS, START]
            ),
            UNDO,
        )
    ]
