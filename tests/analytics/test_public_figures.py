"""The public figures: whole weeks by the city's clocks, each number as long as the list behind it."""

import json
import re
from datetime import UTC, date, datetime, timedelta

import pytest

from analytics import public_figures
from analytics.public_figures import PICTURE_WEEKS
from reports.models import Case, CaseEvent
from reports.public_cases import public_cases
from reports.public_list.period import Weeks, behind
from reports.public_list.unit_figures import last_weeks

pytestmark = pytest.mark.django_db

WEDNESDAY = datetime(2026, 11, 18, 5, tzinfo=UTC)


@pytest.fixture
def history(case):
    """Cases over some weeks before `now`, every third of them cleaned in time, one of them with nothing found."""

    def make(now: datetime) -> None:
        for number in range(30):
            seen = now - timedelta(days=number * 2, hours=3)
            due = seen + timedelta(days=3)
            if number % 3:
                case(at=seen, due_at=due)
                continue
            cleaned = seen + timedelta(days=1)
            made = case(status="cleaned", at=seen, due_at=due, cleaned_at=cleaned, closed_at=cleaned)
            CaseEvent.objects.create(
                case=made, kind="cleaned", at=cleaned, from_status="confirmed", to_status="cleaned", details={"nothing_found": number == 6}
            )

    return make


def test_the_last_whole_week_ends_on_sunday_by_the_citys_clocks():
    """Sunday 17:30 in Greenwich is Monday in the city: the week that ended half an hour before is whole."""
    assert last_weeks(datetime(2026, 11, 15, 16, 30, tzinfo=UTC), 1).last == date(2026, 11, 2)
    assert last_weeks(datetime(2026, 11, 15, 17, 30, tzinfo=UTC), 1).last == date(2026, 11, 9)


def test_the_picture_has_thirteen_weeks_that_end_with_the_last_whole_one(history):
    history(WEDNESDAY)
    bars = public_figures.figures(WEDNESDAY).bars
    assert [bar.week for bar in bars] == [date(2026, 11, 9) - timedelta(weeks=12 - number) for number in range(PICTURE_WEEKS)]


def test_the_bars_of_the_last_week_are_the_figures_of_the_week(history):
    history(WEDNESDAY)
    found = public_figures.figures(WEDNESDAY)
    assert found.counts["opened"] > 0 and found.counts["cleaned"] > 0
    assert (found.bars[-1].opened, found.bars[-1].cleaned) == (found.counts["opened"], found.counts["cleaned"])
    assert (found.bars[-2].opened, found.bars[-2].cleaned) == (found.before["opened"], found.before["cleaned"])


def test_every_bar_counts_what_its_list_shows(history, client):
    from django.utils import timezone

    history(timezone.now())
    weeks = json.loads(client.get("/so-lieu/?format=json").getvalue())
    assert len(weeks) == PICTURE_WEEKS and sum(week["opened"] for week in weeks) > 20 and sum(week["cleaned"] for week in weeks) > 5
    for week in weeks:
        for name in ("opened", "cleaned"):
            rows = json.loads(client.get(week[f"{name}_url"].removeprefix("http://testserver") + "&format=json").getvalue())
            assert len(rows) == week[name], (week["week"], name)


def test_every_figure_on_the_page_leads_to_a_list_of_that_length(history, client):
    from django.utils import timezone

    history(timezone.now())
    page = client.get("/so-lieu/").content.decode()
    cards = re.findall(r'<li><a href="(/ban-do/[^"]+)"><b>([^<]+)</b>', page)
    assert len(cards) == 6
    for address, number in cards:
        rows = json.loads(client.get(address.replace("&amp;", "&") + "&format=json").getvalue())
        assert "%" in number or len(rows) == int(number), address


def test_a_case_that_nobody_may_see_is_in_no_figure(history):
    history(WEDNESDAY)
    before = public_figures.figures(WEDNESDAY)
    (cleaned,) = behind("cleaned", public_cases(), Weeks(date(2026, 11, 9)))[:1]
    Case.objects.filter(pk=cleaned.pk).update(status="refused")
    after = public_figures.figures(WEDNESDAY)
    assert after.counts["cleaned"] == before.counts["cleaned"] - 1 == after.bars[-1].cleaned


def test_the_highest_bar_fills_the_picture_and_none_is_higher(history):
    history(WEDNESDAY)
    found = public_figures.figures(WEDNESDAY)
    heights = [height for bar in found.bars for height in (bar.opened_height, bar.cleaned_height)]
    assert max(heights) == public_figures.HEIGHT - public_figures.FOOT - 14 and min(heights) >= 0
    assert found.highest == max(max(bar.opened, bar.cleaned) for bar in found.bars)


def test_a_share_of_few_cases_is_not_told_in_per_cent(case):
    weeks = Weeks(date(2026, 11, 9))
    for _number in range(9):
        case(due_at=weeks.start + timedelta(days=3), at=weeks.start)
    assert public_figures.figures(WEDNESDAY).share is None
    case(due_at=weeks.start + timedelta(days=3), at=weeks.start)
    assert public_figures.figures(WEDNESDAY).share == 0


def test_without_any_report_the_page_does_not_call_the_city_clean(client, db):
    page = client.get("/so-lieu/").content.decode()
    assert "Chưa chắc thành phố đã sạch." in page and "<svg class=\"bars\"" not in page


def test_only_final_editions_of_the_weekly_report_are_named(client, db):
    from analytics.models import WeeklyReport

    for week, status in ((date(2026, 11, 9), "final"), (date(2026, 11, 2), "draft")):
        WeeklyReport.objects.create(week=week, status=status, figures={}, figures_sha256="0" * 64)
    page = client.get("/so-lieu/").content.decode()
    assert "from=2026-W46&amp;to=2026-W46" in page and "2026-W45" not in page


def test_the_picture_has_words_for_those_who_do_not_see_it(history, client):
    from django.utils import timezone

    history(timezone.now())
    page = client.get("/so-lieu/").content.decode()
    picture = re.search(r'<svg class="bars".*?</svg>', page, re.S)[0]
    assert 'role="img"' in picture and 'aria-labelledby="bars-title bars-text"' in picture and "Cột cao nhất là" in picture
    assert page.count('<th scope="row">') == PICTURE_WEEKS
