"""The database has the indexes that the models declare, and the queue's pages begin inside of one."""

import pytest
from django.apps import apps
from django.db import connection, transaction

from reports.case_list.order import ORDERS, after, order_by, read_key
from reports.models import Case

pytestmark = pytest.mark.django_db

DECLARED = {
    index.name: index
    for name in ("citylab", "reports", "analytics")
    for model in apps.get_app_config(name).get_models()
    if not model._meta.proxy
    for index in model._meta.indexes
}


def in_the_database() -> dict[str, str]:
    with connection.cursor() as cursor:
        cursor.execute("SELECT indexname, indexdef FROM pg_indexes WHERE schemaname = current_schema()")
        return dict(cursor.fetchall())


@pytest.mark.parametrize("name", sorted(DECLARED))
def test_an_index_of_some_rows_holds_no_others(name):
    """Django leaves the condition of a spatial index out without a word; the index then serves, slowly."""
    made = in_the_database()[name]
    assert (" WHERE " in made) == (DECLARED[name].condition is not None), made


@pytest.mark.parametrize(("order", "key"), [("deadline", "2026-11-28T05:00:00+00:00_17"), ("deadline", "none_17"), ("newest", "2026-11-28T05:00:00+00:00_17")])
def test_a_later_page_begins_where_an_index_has_it(order, key):
    rows = Case.objects.open().filter(after(read_key(key, ORDERS[order]), ORDERS[order])).order_by(*order_by(ORDERS[order]))[:51]
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SET LOCAL enable_seqscan = off; SET LOCAL enable_bitmapscan = off; SET LOCAL enable_sort = off")
        plan = rows.explain()
    assert "Index Cond" in plan and "Sort" not in plan, plan
