"""An edition is written whole and never changed; a correction is the next one; two at once make one."""

import threading
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command
from django.db import DatabaseError, IntegrityError, connections, transaction

from analytics import runs
from analytics.models import HotspotRun, WeeklyFile, WeeklyReport
from analytics.weekly import editions
from analytics.weekly import freeze as freezing
from analytics.weekly.canonical import sha256_of
from analytics.weekly.freeze import NotOver, freeze
from analytics.weeks import monday_of
from reports.photos.store import sha256
from tests.analytics.weekly_history import CENTRE, MONDAY, invent, write
from tests.rows import case_row, copy_rows


@pytest.fixture
def week(two_areas):
    write(invent(two_areas, n=60))
    copy_rows("reports_case", [case_row(CENTRE, MONDAY) for _ in range(30)])


def another_case() -> None:
    copy_rows("reports_case", [case_row(CENTRE, MONDAY)])


@pytest.mark.django_db
def test_an_edition_is_a_draft_with_three_files_that_are_what_their_hashes_say(week):
    edition = freeze(MONDAY)
    assert (edition.week, edition.edition, edition.status) == (MONDAY, 1, "draft")
    assert {file.filename for file in edition.files.all()} == {"danang-2026-W43.xlsx", "danang-2026-W43.gpkg", "danang-2026-W43-hotspots.csv"}
    for file in edition.files.all():
        with editions.open_file(file) as stored:
            body = stored.read()
        assert (len(body), sha256(body)) == (file.size, file.sha256)


@pytest.mark.django_db
def test_the_hash_is_that_of_the_figures_as_the_database_gives_them_back(week):
    freeze(MONDAY)
    edition = WeeklyReport.objects.get()
    assert sha256_of(edition.figures) == edition.figures_sha256


@pytest.mark.django_db
def test_any_day_of_the_week_names_it(week):
    assert freeze(MONDAY + timedelta(days=6)).week == MONDAY


@pytest.mark.django_db
@pytest.mark.parametrize("correct", [False, True])
def test_unchanged_figures_make_no_new_edition(week, correct):
    first = freeze(MONDAY)
    assert freeze(MONDAY, correct=correct) == first
    assert (WeeklyReport.objects.count(), WeeklyFile.objects.count()) == (1, 3)


@pytest.mark.django_db
def test_changed_figures_make_the_next_edition_only_as_a_correction_and_the_earlier_stays(week):
    first = freeze(MONDAY)
    before = (first.figures, first.figures_sha256, sorted(first.files.values_list("sha256", flat=True)))
    another_case()
    assert freeze(MONDAY) == first
    second = freeze(MONDAY, correct=True)
    assert (second.edition, second.status) == (2, "draft")
    assert {file.filename for file in second.files.all()} == {
        "danang-2026-W43-edition-2.xlsx", "danang-2026-W43-edition-2.gpkg", "danang-2026-W43-edition-2-hotspots.csv",
    }  # fmt: skip
    first = WeeklyReport.objects.get(edition=1)
    assert before == (first.figures, first.figures_sha256, sorted(first.files.values_list("sha256", flat=True)))
    for file in first.files.all():
        with editions.open_file(file) as stored:
            assert sha256(stored.read()) == file.sha256


@pytest.mark.django_db
def test_a_week_that_is_not_over_cannot_be_frozen(week):
    with pytest.raises(NotOver):
        freeze(monday_of(datetime.now(UTC).date()) + timedelta(weeks=1))
    assert not WeeklyReport.objects.exists()


@pytest.mark.django_db
@pytest.mark.parametrize("change", [{"figures": {}}, {"figures_sha256": ""}, {"week": MONDAY - timedelta(weeks=1)}, {"edition": 9}, {"run": None}])
def test_the_database_refuses_to_change_an_edition(week, change):
    edition = freeze(MONDAY)
    with pytest.raises(IntegrityError), transaction.atomic():
        WeeklyReport.objects.filter(pk=edition.pk).update(**change)


@pytest.mark.django_db
def test_the_database_refuses_to_delete_an_edition_or_touch_its_files(week):
    edition = freeze(MONDAY)
    for attempt in (edition.delete, lambda: edition.files.update(sha256=""), lambda: edition.files.all()._raw_delete("default")):
        with pytest.raises(DatabaseError), transaction.atomic():
            attempt()


@pytest.mark.django_db
def test_a_draft_becomes_final_and_stays_it(week):
    edition = editions.finalise(freeze(MONDAY))
    assert edition.status == "final"
    with pytest.raises(IntegrityError), transaction.atomic():
        WeeklyReport.objects.filter(pk=edition.pk).update(status="draft")


@pytest.mark.django_db
def test_the_cited_run_is_kept_for_ever(week):
    edition = freeze(MONDAY)
    runs.prune_runs(datetime.now(UTC) + timedelta(days=4000))
    assert HotspotRun.objects.filter(pk=edition.run_id).exists()


@pytest.mark.django_db
def test_a_failure_while_the_files_are_made_leaves_no_edition(week, monkeypatch, settings, tmp_path):
    (tmp_path / "media").mkdir()
    (tmp_path / "media" / "editions").write_text("where the folder should be")
    with pytest.raises(OSError):
        freeze(MONDAY)
    assert not WeeklyReport.objects.exists()
    assert not HotspotRun.objects.exists(), "the analysis made for it is undone too"


@pytest.mark.django_db(transaction=True)
def test_two_freezes_at_once_make_one_edition(two_areas):
    copy_rows("reports_case", [case_row(CENTRE, MONDAY) for _ in range(30)])
    found, together = [], threading.Barrier(2)

    def go() -> None:
        try:
            together.wait()
            found.append(freeze(MONDAY, correct=True).pk)
        finally:
            connections.close_all()

    threads = [threading.Thread(target=go) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(found) == 2 and len(set(found)) == 1
    assert WeeklyReport.objects.count() == 1


@pytest.mark.django_db
def test_the_newest_edition_is_found_by_week_and_over_all(week):
    first = freeze(MONDAY)
    another_case()
    second = freeze(MONDAY, correct=True)
    older = freeze(MONDAY - timedelta(weeks=1))
    assert list(editions.of_week(MONDAY)) == [second, first]
    assert editions.latest() == second
    assert editions.latest(MONDAY - timedelta(days=1)) == older
    assert editions.latest(MONDAY - timedelta(weeks=20)) is None


@pytest.mark.django_db
def test_the_public_sees_the_newest_final_edition_of_each_week(week):
    first = editions.finalise(freeze(MONDAY))
    another_case()
    second = freeze(MONDAY, correct=True)
    assert list(editions.published()) == [first]
    editions.finalise(second)
    assert list(editions.published()) == [second]


# --- export_week --------------------------------------------------------------------------------
@pytest.mark.django_db
def test_export_week_writes_the_files_of_any_week_and_the_same_ones_again(week, tmp_path, capsys):
    call_command("export_week", "2026-W43", "--out", str(tmp_path / "new" / "folder"), verbosity=0)
    written = {path.name: path.read_bytes() for path in (tmp_path / "new" / "folder").iterdir()}
    assert {name: sha256(body) for name, body in written.items()} == dict(WeeklyFile.objects.values_list("filename", "sha256"))
    assert "Edition 1 of week 2026-W43" in capsys.readouterr().out
    call_command("export_week", "2026-10-21", "--out", str(tmp_path / "again"), verbosity=0)
    assert {path.name: path.read_bytes() for path in (tmp_path / "again").iterdir()} == written
    assert "Nothing changed since edition 1" in capsys.readouterr().out


@pytest.mark.django_db
def test_export_week_can_make_the_edition_final(week, tmp_path):
    call_command("export_week", "2026-W43", "--out", str(tmp_path), "--final", verbosity=0)
    assert WeeklyReport.objects.get().status == "final"


@pytest.mark.django_db
@pytest.mark.parametrize("label, sentence", [("2026-W54", "is not a week"), ("last", "is not a week"), ("2999-W01", "is not over yet")])
def test_export_week_says_what_is_wrong_with_a_week(label, sentence, tmp_path):
    with pytest.raises(CommandError, match=sentence):
        call_command("export_week", label, "--out", str(tmp_path), verbosity=0)


@pytest.mark.django_db
def test_export_week_into_a_file_is_refused_before_anything_is_frozen(week, tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(CommandError, match="is a file"):
        call_command("export_week", "2026-W43", "--out", str(tmp_path / "file"), verbosity=0)
    assert not WeeklyReport.objects.exists()


def test_files_are_stored_before_the_edition_is_written():
    """The order in the source is the rule: `put` is durable when it returns, and rows come after it."""
    source = Path(freezing.__file__).read_text()
    assert source.index("store.put(") < source.index("edition.save(") < source.index("bulk_create(")
