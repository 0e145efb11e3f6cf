"""The import: many reports by the rules of one, safe to run twice, each bad line named."""

from __future__ import annotations

import csv
import threading
from datetime import UTC, datetime, timedelta
from uuid import UUID, uuid4

import numpy as np
import pytest
from django.core.management import CommandError
from django.db import connections
from django.utils import timezone
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from reports.codes import code_of
from reports.geography.area_index import forget_areas
from reports.grouping.rule import cases_of_points
from reports.imports import bulk as importing
from reports.imports.bulk import HOLD, Wish, check_file, import_file
from reports.imports.lines import NAMESPACE, Mapping, uuids_of
from reports.intake import Refused, Submission, submit_report
from reports.models import Case, CaseEvent, Report, WasteType
from reports.waste_groups import forget_waste_groups
from tests.conftest import shared

pytestmark = pytest.mark.django_db

PLACE = {"lon": "108.205", "lat": "16.055", "seen": "2026-11-01T08:00:00+07:00"}


@pytest.fixture(autouse=True)
def _small_city(two_areas):
    WasteType.objects.create(code="nets", group="nets", name="Lưới", name_en="Nets")
    WasteType.objects.create(code="foam", group="foam", name="Xốp", name_en="Foam")
    forget_areas()
    forget_waste_groups()
    yield
    forget_areas()
    forget_waste_groups()


@pytest.fixture
def file(tmp_path):
    """Writes rows as a CSV: `file({"lon": …}, …)`; what a row leaves out is in the middle of the city."""

    def write(*rows: dict, name: str = "reports.csv"):
        names = list(dict.fromkeys([*PLACE, *(name for row in rows for name in row)]))
        with (tmp_path / name).open("w", encoding="utf-8", newline="") as out:
            writer = csv.DictWriter(out, names, restval="")
            writer.writeheader()
            writer.writerows({**PLACE, **row} for row in rows)
        return tmp_path / name

    return write


MAPPED = ("--lon", "lon", "--lat", "lat", "--time", "seen")


def wish(path, **columns) -> Wish:
    options = {name: columns.pop(name) for name in ("anywhere", "days_since", "errors") if name in columns}
    return Wish(path=path, mapping=Mapping(**{"lon": "lon", "lat": "lat", "time": "seen", **columns}), source="test", **options)


def test_a_row_becomes_a_report_and_the_report_a_case(file, command, two_areas):
    path = file({"note": " túi ni lông ", "what": "nets, foam", "size": "cart", "kind": "dump", "off": "12,5"})
    said = command("import_reports", path, *MAPPED, "--description", "note", "--waste-types", "what", "--amount", "size", "--problem", "kind", "--accuracy", "off")
    report = Report.objects.get()
    assert "1 new, 0 already there, 0 bad, of 1 lines" in said
    assert (report.channel, report.location_source, report.area) == ("import", "import", two_areas[0])
    assert report.location.coords == (108.205, 16.055)
    assert report.observed_at == datetime(2026, 11, 1, 1, tzinfo=UTC)
    assert (report.description, report.amount, report.problem, report.accuracy_m, report.waste_group) == ("túi ni lông", "cart", "dump", 12.5, "nets")
    assert list(report.waste_links.order_by("id").values_list("waste_type_id", flat=True)) == ["nets", "foam"]
    assert report.code == code_of(report.uuid)
    assert report.case == Case.objects.get()
    assert (report.case.waste_group, report.case.problem) == ("nets", "dump")


def test_a_second_run_brings_nothing_and_changes_nothing(file, command):
    path = file({}, {"lon": "108.206"}, {"lon": "108.207"})
    command("import_reports", path, *MAPPED)
    before = list(Report.objects.order_by("id").values())
    assert "0 new, 3 already there, 0 bad" in command("import_reports", path, *MAPPED)
    assert list(Report.objects.order_by("id").values()) == before
    assert CaseEvent.objects.count() == Case.objects.count()


def test_a_file_that_has_grown_brings_only_its_new_rows(file, monkeypatch):
    monkeypatch.setattr(importing, "AT_ONCE", 2)
    rows = [{"lon": f"108.20{digit}"} for digit in range(9)]
    assert import_file(wish(file(*rows[:5]))).new == 5
    outcome = import_file(wish(file(*rows)))
    assert (outcome.new, outcome.there, outcome.rows) == (4, 5, 9)


def test_equal_rows_are_as_many_reports_in_every_run(file, monkeypatch):
    path = file(*[{}] * 7, {"lon": "108.206"})
    assert import_file(wish(path)).new == 8
    monkeypatch.setattr(importing, "AT_ONCE", 3)
    again = import_file(wish(path))
    assert (again.new, again.there) == (0, 8)


def test_rows_are_known_by_their_source_and_id_and_a_changed_row_is_told_and_left(file):
    first = import_file(wish(file({"key": "a"}, {"key": "b"}), id="key"))
    again = import_file(wish(file({"key": "b", "lon": "108.209"}, {"key": "c"}), id="key"))
    assert (first.new, again.new, again.there, again.changed) == (2, 1, 1, 1)
    assert set(Report.objects.values_list("location", flat=True)) == {Report.objects.first().location}
    elsewhere = Wish(path=file({"key": "b"}), mapping=Mapping(lon="lon", lat="lat", time="seen", id="key"), source="another")
    assert import_file(elsewhere).new == 1
    named = UUID(bytes=uuids_of(["test\x1fid\x1fa"])[0])
    assert Report.objects.filter(uuid=named).exists()
    assert named.version == 5 and NAMESPACE.version


def test_an_id_that_comes_twice_in_a_file_is_a_bad_line(file):
    outcome = import_file(wish(file({"key": "a"}, {"key": "b"}, {"key": "a", "lon": "108.21"}), id="key"))
    assert (outcome.new, outcome.bad) == (2, 1)
    assert outcome.first_problems == [(4, "has the same id as an earlier line.")]


BAD = [
    {"lon": "", "lat": ""}, {"lon": "x"}, {"lat": "95"}, {"lon": "2.35", "lat": "48.85"}, {"seen": ""}, {"seen": "yesterday"},
    {"seen": "2999-01-01"}, {"seen": "1950-01-01"}, {"kind": "murder"}, {"size": "ship"}, {"what": "gold"}, {"note": "x" * 4001}, {"off": "-3"},
]  # fmt: skip
ALL_COLUMNS = {"problem": "kind", "amount": "size", "waste_types": "what", "description": "note", "accuracy": "off"}


def test_each_bad_line_is_named_with_its_reason_and_the_good_ones_are_taken(file, tmp_path):
    rows = [row for bad in BAD for row in ({}, bad)]
    outcome = import_file(wish(file(*rows), errors=tmp_path / "errors.csv", **ALL_COLUMNS))
    assert (outcome.new, outcome.bad, outcome.rows) == (len(BAD), len(BAD), 2 * len(BAD))
    assert [line for line, _ in outcome.first_problems] == list(range(3, 2 * len(BAD) + 2, 2))
    assert all(reason.endswith(".") for _, reason in outcome.first_problems)
    with (tmp_path / "errors.csv").open(encoding="utf-8-sig", newline="") as written:
        assert [(int(row["line"]), row["reason"]) for row in csv.DictReader(written)] == outcome.first_problems


def test_the_command_shows_twenty_bad_lines_and_says_where_the_others_are(file, command, tmp_path):
    path = file(*[{"lon": "x"}] * 25, {})
    said = command("import_reports", path, *MAPPED)
    assert said.count("reports.csv, line ") == 20
    assert "5 more; name a file with --errors FILE" in said
    said = command("import_reports", path, *MAPPED, "--errors", tmp_path / "bad.csv")
    assert f"5 more; all of them are in {tmp_path / 'bad.csv'}" in said
    assert len((tmp_path / "bad.csv").read_text().splitlines()) == 26


def test_with_strict_one_bad_line_keeps_all_out(file, command):
    with pytest.raises(CommandError, match="Nothing was taken: 1 of 3 lines are bad"):
        command("import_reports", file({}, {"lon": "x"}, {}), *MAPPED, "--strict")
    assert Report.objects.count() == 0
    assert "2 new" in command("import_reports", file({}, {}), *MAPPED, "--strict")


def test_a_dry_run_says_what_would_be_taken_and_takes_nothing(file, command):
    command("import_reports", file({"lon": "108.206"}), *MAPPED)
    said = command("import_reports", file({"lon": "108.206"}, {}, {"lon": "x"}), *MAPPED, "--dry-run")
    assert "1 would be taken, 1 already there, 1 bad, of 3 lines" in said
    assert Report.objects.count() == 1


def test_far_places_are_taken_only_with_anywhere(file, two_areas):
    path = file({"lon": "-75.2", "lat": "39.9"})
    assert import_file(wish(path)).bad == 1
    assert import_file(wish(path, anywhere=True)).new == 1
    assert Report.objects.get().area is None


def test_times_without_a_zone_are_the_citys_and_that_is_said(file, command, settings):
    said = command("import_reports", file({"seen": "01/11/2026 08:00"}, {}), *MAPPED)
    assert f"1 times name no time zone and were read as {settings.TIME_ZONE}" in said
    assert Report.objects.order_by("id").first().observed_at == datetime(2026, 11, 1, 1, tzinfo=UTC)


def test_a_value_with_an_equals_sign_is_the_same_in_every_row(file, command):
    command("import_reports", file({}, {"lon": "108.206"}), *MAPPED, "--problem", "=dump")
    assert set(Report.objects.values_list("problem", flat=True)) == {"dump"}


def test_a_column_that_is_not_there_is_told_with_those_that_are(file, command):
    with pytest.raises(CommandError, match=r"has no column “when”\. Its columns are: “lon”, “lat”, “seen”\."):
        command("import_reports", file({}), "--lon", "lon", "--lat", "lat", "--time", "when")
    with pytest.raises(CommandError, match="both --lon and --lat"):
        command("import_reports", file({}), "--lon", "lon", "--time", "seen")


def test_points_of_a_map_file_need_no_columns(tmp_path, command, two_areas):
    import geopandas

    frame = geopandas.GeoDataFrame({"seen": ["2026-11-01T08:00"] * 2}, geometry=geopandas.points_from_xy([108.205, 108.215], [16.055] * 2), crs="EPSG:4326")
    frame.to_crs("EPSG:5899").to_file(tmp_path / "r.gpkg")
    command("import_reports", tmp_path / "r.gpkg", "--time", "seen")
    assert [report.area for report in Report.objects.order_by("id")] == two_areas


def test_a_row_that_knows_only_its_area_enters_no_cell(file, two_areas):
    assert import_file(wish(file({"lon": "", "lat": "", "ward": "W1"}), area="ward")).new == 1
    report = Report.objects.get()
    assert (report.area, report.cell, report.location, report.location_source) == (two_areas[0], None, None, "area")


# --------------------------------------------------------------------------------------------- who counts


def test_without_a_column_of_reporters_every_row_is_its_own_reporter(file):
    import_file(wish(file(*[{}] * 9)))
    assert Report.objects.filter(counts=True, reporter=None).count() == 9


def test_a_reporter_counts_three_times_in_a_cell_and_week_with_what_is_there_already(file, monkeypatch):
    submit_report(Submission(uuid4(), "api", (108.205, 16.055), description="x", device="phone", observed_at=datetime(2026, 11, 1, 2, tzinfo=UTC)), now=datetime(2026, 11, 2, tzinfo=UTC))
    monkeypatch.setattr(importing, "AT_ONCE", 2)
    rows = [{"who": who, "key": str(number), "seen": seen} for number, (who, seen) in enumerate([("phone", "2026-11-01T09:00")] * 4 + [("other", "2026-11-01T09:00")] * 2 + [("phone", "2026-11-02T09:00")])]
    import_file(wish(file(*rows), reporter="who", id="key"))
    imported = list(Report.objects.filter(channel="import").order_by("id").values_list("counts", flat=True))
    assert imported == [True, True, False, False, True, True, True]
    assert import_file(wish(file(*rows, {"who": "phone", "key": "new"}), reporter="who", id="key")).new == 1
    assert Report.objects.order_by("id").last().counts is False
    assert list(Report.objects.filter(channel="import").order_by("id").values_list("counts", flat=True))[:7] == imported


def test_what_tells_reporters_apart_is_kept_as_a_keyed_hash_only(file):
    import_file(wish(file({"who": "0905000000"}), reporter="who"))
    row = Report.objects.values().get()
    assert len(row["reporter"]) == 32
    assert "0905000000" not in str(row)


# --------------------------------------------------------------------------------------------- both paths agree

words = st.sampled_from
odd_rows = st.fixed_dictionaries(
    {
        "lon": words(["108.205", "108.215", "108.2201", "108.26", "2.35", "", "x", "181", "108,205"]),
        "lat": words(["16.055", "16.0551", "16.0601", "48.85", "", "-91"]),
        "seen": words(["2026-11-01T08:00:00+07:00", "2026-11-08T23:59:59+07:00", "2026-11-18T20:00:00+07:00", "2026-11-30T00:00Z", "1960-01-01T00:00Z", "", "soon"]),
        "note": words(["", "túi ni lông", "tu\u0301i", " dài \r\n dòng ", "x" * 4001]),
        "what": words(["", "nets", "foam,nets", "nets;nets", "gold", "gold,nets"]),
        "kind": words(["", "litter", "dump", "murder"]),
        "size": words(["", "bag", "truck", "ship"]),
        "off": words(["", "0", "12.5", "-1", "x"]),
        "ward": words(["", "", "", "E1", "Z9"]),
        "who": words(["", "", "phone", "other"]),
    }
)
KEPT = (
    "channel", "location", "accuracy_m", "location_source", "area_id", "place_id", "cell", "week", "observed_at", "observed_clamped", "received_at",
    "problem", "amount", "waste_group", "description", "photos_expected", "reporter", "counts", "case_id", "other_place", "same_case_id", "language",
)  # fmt: skip


def one_by_one(rows: list[dict], now: datetime) -> tuple[list[dict], dict[int, str]]:
    """What `submit_report` keeps of these rows, and what it says against the others, by line."""
    kept, refused = [], {}
    line = 2
    for row in rows:
        unread = {"soon": "wrong_type", "": "time_missing"}
        numbers = [float(row[name].replace(",", ".")) if row[name] not in ("", "x") else None if row[name] == "" else float("nan") for name in ("lon", "lat", "off")]
        lon, lat, off = numbers
        given = lon is not None or lat is not None
        submission = Submission(
            uuid4(), "import", (np.nan if lon is None else lon, np.nan if lat is None else lat) if given else None, area=row["ward"], accuracy_m=off,
            observed_at=None if row["seen"] in unread else datetime.fromisoformat(row["seen"]), problem=row["kind"], amount=row["size"],
            waste_types=tuple(row["what"].replace(";", ",").split(",")) if row["what"] else (), description=row["note"], device=row["who"],
        )  # fmt: skip
        try:
            receipt = submit_report(submission, now=now)
        except Refused as refusal:
            refused[line] = {one.code for one in refusal.refusals}
        else:
            if row["seen"] in unread:
                receipt.report.delete()  # a form may leave out the time, which is then that of the receipt; a file may not
            else:
                kept.append(receipt.report.pk)
        if row["seen"] in unread:
            refused[line] = refused.get(line, set()) | {unread[row["seen"]]}
        line += 1 + row["note"].count("\n")
    return [report(pk) for pk in kept], refused


def report(pk: int) -> dict:
    row = Report.objects.values(*KEPT).get(pk=pk)
    return {**row, "waste": list(Report.objects.get(pk=pk).waste_links.order_by("id").values_list("waste_type_id", flat=True))}


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(odd_rows, min_size=1, max_size=12))
def test_one_by_one_and_in_bulk_the_same_rows_are_taken_and_the_same_is_kept(file, rows):
    from reports.refusals import sentence
    from reports.rules import Refusal

    now = datetime(2026, 11, 18, 5, 0, tzinfo=UTC)
    Report.objects.all().delete()
    single, refused = one_by_one(rows, now)
    Report.objects.all().delete()
    outcome = import_file(wish(file(*rows), area="ward", reporter="who", **ALL_COLUMNS), now=now)
    assert [report(pk) for pk in Report.objects.order_by("id").values_list("pk", flat=True)] == single
    assert [line for line, _ in outcome.first_problems] == sorted(refused)
    for line, reason in outcome.first_problems:
        for code in refused[line] - {"outside", "area_unknown", "waste_unknown", "text_too_long", "wrong_type"}:
            assert sentence(Refusal("", code, {})) in reason


# --------------------------------------------------------------------------------------------- reliability


def test_the_import_groups_what_it_brought_and_the_relay_finds_nothing_to_do(file, command):
    command("import_reports", file({}, {"lon": "108.2051"}, {"lon": "108.21"}), *MAPPED)
    assert not Report.objects.unprocessed().exists()
    assert Case.objects.count() == 2


def test_an_import_that_dies_before_grouping_leaves_its_reports_to_the_relay(file):
    before = timezone.now()
    import_file(wish(file({}, {"lon": "108.21"})))
    waits = Report.objects.unprocessed().values_list("next_try", flat=True)
    assert len(waits) == 2
    assert all(before + HOLD <= moment <= timezone.now() + HOLD for moment in waits)


def test_two_reports_with_one_code_cost_one_line_and_no_batch(file):
    rows = [{"key": "a"}, {"key": "b"}, {"key": "c"}]
    taken = code_of(UUID(bytes=uuids_of(["test\x1fid\x1fb"])[0]))
    import_file(wish(file({"lon": "108.21"})))
    Report.objects.update(code=taken)
    outcome = import_file(wish(file(*rows), id="key"))
    assert (outcome.new, outcome.there, outcome.bad) == (2, 0, 1)
    assert outcome.first_problems[0].line == 3


@pytest.mark.django_db(transaction=True)
def test_two_imports_of_one_file_at_once_take_each_row_once(file, monkeypatch):
    monkeypatch.setattr(importing, "AT_ONCE", 20)
    path = file(*[{"lon": f"108.2{number:04}"} for number in range(200)])
    outcomes, barrier = [], threading.Barrier(3)

    def run() -> None:
        barrier.wait(30)
        outcomes.append(import_file(wish(path)))
        connections.close_all()

    threads = [threading.Thread(target=run) for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert Report.objects.count() == 200
    assert sum(outcome.new for outcome in outcomes) == 200
    assert all(outcome.new + outcome.there == 200 for outcome in outcomes)


@pytest.mark.django_db(transaction=True)
def test_reports_are_numbered_in_the_order_of_the_file_whichever_batch_is_written_first(file, monkeypatch):
    """Dates without a time are equal: which of two reports opens the case then depends on their order alone."""
    monkeypatch.setattr(importing, "AT_ONCE", 7)
    lons = [f"108.2{number:04}" for number in range(100)]
    assert import_file(wish(file(*[{"lon": lon, "seen": "2026-11-01"} for lon in lons]))).new == 100
    assert [f"{point.x:.5f}" for point in Report.objects.order_by("id").values_list("location", flat=True)] == [f"{float(lon):.5f}" for lon in lons]


@pytest.mark.django_db(transaction=True)
def test_a_batch_that_fails_stops_the_import_and_leaves_whole_batches(file, monkeypatch):
    monkeypatch.setattr(importing, "AT_ONCE", 10)
    copied, calls = importing.copied, []

    def fails_once(*arguments, **named):
        calls.append(1)
        if len(calls) == 3:
            raise OSError("the disk is full")
        return copied(*arguments, **named)

    monkeypatch.setattr(importing, "copied", fails_once)
    path = file(*[{"lon": f"108.2{number:04}"} for number in range(100)])
    with pytest.raises(OSError, match="the disk is full"):
        import_file(wish(path))
    taken = Report.objects.count()
    assert 0 < taken < 100 and taken % 10 == 0
    monkeypatch.setattr(importing, "copied", copied)
    again = import_file(wish(path))
    assert (again.new, again.there) == (100 - taken, taken)


def test_checking_a_file_needs_no_right_to_write(file):
    outcome = check_file(wish(file({}, {"lon": "x"})))
    assert (outcome.new, outcome.bad) == (1, 1)
    assert Report.objects.count() == 0


def test_progress_reaches_the_end_of_the_file(file, monkeypatch):
    monkeypatch.setattr(importing, "AT_ONCE", 3)
    told: list[tuple[int, float]] = []
    import_file(wish(file(*[{"lon": f"108.20{digit}"} for digit in range(10)])), lambda rows, share: told.append((rows, share)))
    assert sum(rows for rows, _ in told) == 10
    assert told[-1][1] == 1.0
    assert [share for _, share in told] == sorted(share for _, share in told)


@pytest.mark.slow
def test_the_real_reports_of_philadelphia_become_the_cases_that_a_file_has_without_a_database(command):
    path = shared("reports/philadelphia_dumping_2024.csv")
    command("import_reports", path, "--lon", "X", "--lat", "Y", "--time", "T", "--days-since", "2024-01-01", "--anywhere")
    with path.open() as lines:
        rows = list(csv.DictReader(lines))
    lon, lat, days = (np.array([float(row[name]) for row in rows]) for name in ("X", "Y", "T"))
    case, opened = cases_of_points(lon, lat, np.rint(days * 86_400_000_000).astype(np.int64))
    assert (Report.objects.count(), Case.objects.count()) == (22_156, opened.size)
    stored = np.array(Report.objects.order_by("id").values_list("case_id", flat=True))
    assert len(set(zip(case.tolist(), stored.tolist(), strict=True))) == opened.size
    assert Report.objects.filter(counts=True).count() == 22_156
    assert not Report.objects.exclude(area=None).exists()
    assert Report.objects.filter(observed_at__gt=timezone.now() + timedelta(seconds=1)).count() == 0
