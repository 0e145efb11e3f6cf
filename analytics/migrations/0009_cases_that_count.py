"""A case counts only when `counts` says so, too: what one phone reports beyond its share opens cases that are not counted.

The two functions of migration 0003 that count cases, replaced; rights and triggers stay. Then every counter anew.
"""

from django.db import migrations

BEFORE = "status NOT IN ('refused', 'merged')"
NOW = f"counts AND {BEFORE}"

NEW_CASES = """
CREATE OR REPLACE FUNCTION analytics_count_new_cases() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
    INSERT INTO analytics_cell_week AS counted (cell, week, cases, reports)
    SELECT cell, week, count(*), 0
    FROM new_rows
    WHERE {counted} AND cell IS NOT NULL
    GROUP BY cell, week
    ORDER BY cell, week
    ON CONFLICT (cell, week) DO UPDATE SET cases = counted.cases + excluded.cases;
    RETURN NULL;
END $$;
"""

CHANGED_CASES = """
CREATE OR REPLACE FUNCTION analytics_count_changed_cases() RETURNS trigger
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
                WHERE {counted} AND cell IS NOT NULL
                UNION ALL
                SELECT cell, week, -1 FROM old_rows
                WHERE {counted} AND cell IS NOT NULL
            ) AS counted_rows
            GROUP BY cell, week HAVING sum(one) <> 0
        ) AS differences;
    ELSE
        SELECT array_agg(cell), array_agg(week), array_agg(change) INTO cells, weeks, changes
        FROM (
            SELECT cell, week, -count(*) AS change FROM old_rows
            WHERE {counted} AND cell IS NOT NULL GROUP BY cell, week
        ) AS differences;
    END IF;
    IF cells IS NOT NULL THEN
        PERFORM analytics_add_differences(cells, weeks, changes, array_fill(0::bigint, ARRAY[cardinality(cells)]));
    END IF;
    RETURN NULL;
END $$;
"""

AGAIN = """
UPDATE analytics_cell_week AS kept SET cases = coalesce(raw.cases, 0)
FROM analytics_cell_week AS known LEFT JOIN (
    SELECT cell, week, count(*) AS cases FROM reports_case WHERE {counted} AND cell IS NOT NULL GROUP BY cell, week
) AS raw USING (cell, week)
WHERE kept.cell = known.cell AND kept.week = known.week AND kept.cases <> coalesce(raw.cases, 0);
"""


def _with(counted: str) -> str:
    return "".join(part.replace("{counted}", counted) for part in (NEW_CASES, CHANGED_CASES, AGAIN))


class Migration(migrations.Migration):
    dependencies = [
        ("analytics", "0008_found_by_cell"),
        ("reports", "0004_case_counts"),
    ]

    operations = [migrations.RunSQL(_with(NOW), _with(BEFORE))]
