"""Two database roles: an owner that migrates, and the application's, which cannot alter tables or rewrite history.

After each migration the owner grants the application exactly what it needs.
"""

from django.db import connections

APPLICATION_ROLE = "citylab_app"

# Tables to which rows are only ever added.
APPEND_ONLY = ("reports_caseevent", "reports_privatelook", "reports_photodecision")

# What a report's row may change after intake: the queue, its case, whether it counts, and privacy removals.
REPORT_CHANGES = (
    "case_id", "counts", "area_id", "place_id", "processed_at", "next_try", "attempts", "failed_at", "last_error",
    "reporter", "description", "redacted_at", "withdrawn_at", "held", "sign_id", "external_ref",
)  # fmt: skip

# Written by triggers that run with the owner's rights; the application only reads them.
READ_ONLY = ("analytics_cell_week",)


def grant_application_role(sender, using: str = "default", **kwargs: object) -> None:
    """Grants for the application role, when the database has one. Safe to run again."""
    with connections[using].cursor() as cursor:
        cursor.execute("SELECT 1 FROM pg_roles WHERE rolname = %s", [APPLICATION_ROLE])
        cursor_has_role = cursor.fetchone() is not None
        if not cursor_has_role:
            return
        cursor.execute("SELECT current_user")
        if cursor.fetchone()[0] == APPLICATION_ROLE:
            return
        role = APPLICATION_ROLE
        cursor.execute(f"GRANT USAGE ON SCHEMA public TO {role}")
        cursor.execute(
            "SELECT tablename FROM pg_tables WHERE schemaname = 'public' AND tableowner = current_user"
        )
        tables = {row[0] for row in cursor.fetchall()}
        for table in sorted(tables - {"django_migrations"}):
            cursor.execute(f'REVOKE ALL ON "{table}" FROM {role}')
            if table in APPEND_ONLY:
                rights = "SELECT, INSERT"
            elif table in READ_ONLY:
                rights = "SELECT"
            elif table == "reports_report":
                rights = "SELECT, INSERT, DELETE"
            else:
                rights = "SELECT, INSERT, UPDATE, DELETE"
            cursor.execute(f'GRANT {rights} ON "{table}" TO {role}')
        if "reports_report" in tables:
            columns = ", ".join(f'"{name}"' for name in REPORT_CHANGES)
            cursor.execute(f"GRANT UPDATE ({columns}) ON reports_report TO {role}")
        cursor.execute(f"GRANT SELECT ON django_migrations TO {role}")
        cursor.execute(f"GRANT USAGE ON ALL SEQUENCES IN SCHEMA public TO {role}")
