"""Teams, the dispatch board, the links and the work order on paper."""

import csv
import io
import json
import shutil
import subprocess
from datetime import time, timedelta

import pytest
from django.utils import timezone

from citylab.models import Team
from reports import casework
from reports.crews import links
from reports.crews.second_look import ONE_IN, is_in_sample, to_verify
from reports.models import Case, CrewLink

pytestmark = pytest.mark.django_db

BOARD, TEAMS, LINKS, ORDER = "/dieu-hanh/dieu-phoi/", "/dieu-hanh/doi/", "/dieu-hanh/dieu-phoi/lien-ket/", "/dieu-hanh/dieu-phoi/phieu-giao-viec/"


@pytest.fixture
def desk(client, member):
    client.force_login(member("dispatcher"))
    return client


@pytest.fixture
def team(db):
    def make(name: str = "Đội Sơn Trà", **fields) -> Team:
        return Team.objects.create(name=name, **{"ends_at": time(23, 59), **fields})

    return make


@pytest.fixture
def today():
    return timezone.localdate()


def ticked(*cases) -> list[str]:
    return [f"{case.code}:{case.version}" for case in cases]


# --- teams --------------------------------------------------------------------------------------------
def test_a_team_is_made_with_its_areas_members_and_hours(desk, two_areas, member):
    person = member()
    form = {"name": "  Đội Mỹ Khê ", "areas": [two_areas[0].pk], "members": [person.pk], "capacity": "15", "starts_at": "05:30", "ends_at": "13:00", "active": "on"}
    assert desk.post(TEAMS, form).status_code == 302
    made = Team.objects.get()
    assert (made.name, made.capacity, made.starts_at, made.ends_at, made.active) == ("Đội Mỹ Khê", 15, time(5, 30), time(13), True)
    assert (list(made.areas.all()), list(made.members.all())) == ([two_areas[0]], [person])


@pytest.mark.parametrize("wrong", [{"name": ""}, {"name": "Đội Sơn Trà"}, {"capacity": "0"}, {"capacity": "9999"}, {"ends_at": "07:00"}, {"starts_at": "25:00"}])
def test_a_team_that_cannot_be_is_told_and_what_was_typed_stays(desk, team, wrong):
    team()
    form = {"name": "Đội mới", "capacity": "12", "starts_at": "07:00", "ends_at": "16:00", "active": "on", **wrong}
    answer = desk.post(TEAMS, form)
    assert answer.status_code == 422 and Team.objects.count() == 1
    assert f'value="{form["capacity"]}"' in answer.content.decode()


def test_a_team_is_changed_and_put_out_of_service(desk, team):
    its = team()
    assert desk.post(f"{TEAMS}{its.pk}/", {"name": "Đội 1", "capacity": "3", "starts_at": "06:00", "ends_at": "14:00"}).status_code == 302
    its.refresh_from_db()
    assert (its.name, its.capacity, its.active) == ("Đội 1", 3, False)


def test_teams_are_data_too(desk, team):
    team()
    rows = list(csv.DictReader(io.StringIO(b"".join(desk.get(TEAMS + "?format=csv")).decode("utf-8-sig"))))
    assert (rows[0]["name"], rows[0]["capacity"], rows[0]["ends_at"]) == ("Đội Sơn Trà", "12", "23:59")


# --- the board ----------------------------------------------------------------------------------------
def test_ticked_cases_go_to_a_team_and_a_day(desk, team, case, today):
    its, first, second = team(), case(status="confirmed"), case()
    tomorrow = today + timedelta(days=1)
    assert desk.post(BOARD, {"case": ticked(first, second), "to": its.pk, "day": tomorrow.isoformat()}).status_code == 302
    for one in (first, second):
        one.refresh_from_db()
        assert (one.status, one.team, one.planned_for) == ("assigned", its, tomorrow)
        assert one.events.get().details["team"] == its.name


def test_the_board_keeps_its_state_in_the_address(desk, team, case, today, two_areas):
    its, one = team(), case()
    address = f"{BOARD}?day={today.isoformat()}&area={two_areas[0].code}"
    assert desk.post(address, {"case": ticked(one), "to": its.pk, "day": today.isoformat()})["Location"] == address


def test_what_somebody_else_changed_meanwhile_is_told_and_left(desk, team, case, member, today):
    its, stale, fresh = team(), case(), case()
    seen = ticked(stale, fresh)
    casework.refuse(stale, member(), "không phải rác")
    page = desk.post(BOARD, {"case": seen, "to": its.pk, "day": today.isoformat()}, follow=True).content.decode()
    stale.refresh_from_db(), fresh.refresh_from_db()
    assert (stale.team, fresh.team) == (None, its)
    assert stale.code in page and "vừa thay đổi" in page


@pytest.mark.parametrize("form", [{"to": ""}, {"to": "999"}, {"case": []}, {"case": ["nonsense"]}, {"day": "2020-01-01"}])
def test_what_the_board_cannot_do_changes_nothing(desk, team, case, today, form):
    its, one = team(), case()
    desk.post(BOARD, {"case": ticked(one), "to": its.pk, "day": today.isoformat(), **form})
    one.refresh_from_db()
    assert (one.team, one.status) == (None, "new")


def test_what_was_left_over_waits_again_and_what_is_planned_does_not(desk, team, case, today):
    its = team()
    left = case(status="in_progress", team=its, planned_for=today - timedelta(days=1))
    planned = case(status="assigned", team=its, planned_for=today)
    closed = case(status="cleaned")
    rows = json.loads(b"".join(desk.get(BOARD + "?format=json")))
    waiting = {row["code"] for row in rows if row["team"] is None}
    assert waiting == {left.code} and closed.code not in str(rows)
    assert [row["code"] for row in rows if row["team"] == its.name] == [planned.code]


def test_load_is_shown_against_capacity(desk, team, case, today):
    its = team(capacity=1)
    for _ in range(2):
        case(status="assigned", team=its, planned_for=today)
    page = desk.get(f"{BOARD}?day={today.isoformat()}").content.decode()
    assert "2 trên 1" in page and 'class="load over"' in page


def test_a_teams_cases_are_listed_in_walking_order(desk, team, case, today):
    its = team()
    for east in (3, 0, 2, 4, 1):
        case(status="assigned", lon=108.201 + east * 1e-3, team=its, planned_for=today)
    rows = json.loads(b"".join(desk.get(BOARD + "?format=json")))
    along = [row["longitude"] for row in rows if row["team"]]
    assert along in (sorted(along), sorted(along, reverse=True)) and [row["number"] for row in rows if row["team"]] == [1, 2, 3, 4, 5]


def test_only_cases_where_a_team_works_wait_for_it(desk, team, case, two_areas):
    its = team()
    its.areas.set([two_areas[1]])
    here, _elsewhere = case(lon=108.215, area=two_areas[1]), case()
    rows = json.loads(b"".join(desk.get(f"{BOARD}?format=json&team={its.pk}")))
    assert [row["code"] for row in rows] == [here.code]


@pytest.mark.parametrize("role, status", [("officer", 403), ("analyst", 403), ("dispatcher", 200), ("manager", 200), ("administrator", 200)])
def test_who_sends_teams_out(client, member, role, status):
    client.force_login(member(role))
    assert {client.get(address).status_code for address in (BOARD, TEAMS, LINKS)} == {status}


# --- links and paper ----------------------------------------------------------------------------------
def test_a_link_is_shown_once_with_its_code(desk, team, today):
    its = team()
    page = desk.post(LINKS, {"team": its.pk, "day": today.isoformat()})
    html = page.content.decode()
    token = html.split("/doi/")[1][:32]
    assert links.link_of(token).team == its and "<svg" in html and page["Cache-Control"] == "no-store"
    assert token not in desk.get(f"{LINKS}?day={today.isoformat()}").content.decode()


def test_a_link_is_taken_back(desk, team, today, member):
    link, token = links.make_link(team(), today, member())
    desk.post(LINKS, {"verb": "revoke", "link": link.pk})
    assert desk.get(f"/doi/{token}/").status_code == 410


def test_links_are_data_without_their_secret(desk, team, today, member):
    _link, token = links.make_link(team(), today, member())
    answer = b"".join(desk.get(f"{LINKS}?day={today.isoformat()}&format=json")).decode()
    assert json.loads(answer)[0]["team"] == "Đội Sơn Trà" and token not in answer and CrewLink.objects.get().token_hash not in answer


def test_no_link_for_a_day_that_is_over(desk, team, today):
    answer = desk.post(LINKS, {"team": team().pk, "day": (today - timedelta(days=1)).isoformat()}, follow=True)
    assert "đã kết thúc" in answer.content.decode() and not CrewLink.objects.exists()


def text_of(pdf: bytes) -> str:
    return subprocess.run(["pdftotext", "-layout", "-", "-"], input=pdf, capture_output=True, check=True).stdout.decode()


def test_a_work_order_has_every_place_its_code_and_its_deadline_in_walking_order(desk, team, case, today):
    its = team()
    planned = [case(status="assigned", lon=108.201 + east * 1e-3, team=its, planned_for=today, due_at=timezone.now()) for east in range(4)]
    answer = desk.post(ORDER, {"team": its.pk, "day": today.isoformat()})
    assert answer["Content-Type"] == "application/pdf" and answer.content.startswith(b"%PDF")
    if shutil.which("pdftotext") is None:
        pytest.skip("needs pdftotext (poppler-utils) to read the pages")
    text = text_of(answer.content)
    at = [text.index(one.code) for one in planned]
    assert at in (sorted(at), sorted(at, reverse=True))
    assert its.name in text and "Phiếu giao việc" in text.replace("PHIẾU GIAO VIỆC", "Phiếu giao việc") and f"{today:%d/%m/%Y}" in text


def test_the_code_on_a_work_order_can_be_scanned_and_opens_the_round(desk, team, case, today, tmp_path, settings):
    cv2 = pytest.importorskip("cv2", reason="needs OpenCV: install requirements-ai.lock")
    if shutil.which("pdftoppm") is None:
        pytest.skip("needs pdftoppm: apt-get install poppler-utils")
    settings.SITE_URL = "https://citylab.example.org"
    its = team()
    planned = case(status="assigned", team=its, planned_for=today)
    (tmp_path / "order.pdf").write_bytes(desk.post(ORDER, {"team": its.pk, "day": today.isoformat()}).content)
    subprocess.run(["pdftoppm", "-r", "200", "-gray", "-png", "-singlefile", tmp_path / "order.pdf", tmp_path / "order"], check=True)
    whole, read = cv2.imread(str(tmp_path / "order.png")), set()
    for size in (1, 0.75, 0.5):  # a phone looks more than once, too
        ok, texts, *_ = cv2.QRCodeDetectorAruco().detectAndDecodeMulti(cv2.resize(whole, None, fx=size, fy=size, interpolation=cv2.INTER_AREA))
        read |= set(texts) if ok else set()
    (address,) = read - {""}
    assert address.startswith("https://citylab.example.org/doi/")
    assert planned.code in desk.get(address.removeprefix("https://citylab.example.org")).content.decode()


def test_the_link_that_was_just_made_is_the_one_that_is_printed(desk, team, case, today):
    its = team()
    case(status="assigned", team=its, planned_for=today)
    html = desk.post(LINKS, {"team": its.pk, "day": today.isoformat()}).content.decode()
    token = html.split("/doi/")[1][:32]
    desk.post(ORDER, {"team": its.pk, "day": today.isoformat(), "token": token})
    assert CrewLink.objects.count() == 1, "the link just made is the one that is printed"
    desk.post(ORDER, {"team": its.pk, "day": today.isoformat(), "token": "A" * 32})
    assert CrewLink.objects.count() == 2, "else a new one is"


def test_a_work_order_without_anything_to_do_is_a_page_that_says_so(desk, team, today):
    assert desk.post(ORDER, {"team": team().pk, "day": today.isoformat()}).content.startswith(b"%PDF")



def test_the_days_to_choose_from_are_written_day_first_and_reach_the_day_that_is_shown(desk, team, today):
    team()
    page = desk.get(BOARD).content.decode()
    assert f"{today:%d/%m/%Y} (hôm nay)</option>" in page and 'type="date"' not in page
    past, far = today - timedelta(days=40), today + timedelta(days=40)
    shown = desk.get(f"{BOARD}?day={past}")
    assert f'<option value="{past}" selected>' in shown.content.decode()
    assert min(shown.context["days_ahead"]) == today, "nothing is planned for a day that is past"
    assert f'<option value="{far}" selected>' in desk.get(f"{LINKS}?day={far}").content.decode()


# --- the second look ----------------------------------------------------------------------------------
def test_the_sample_is_one_in_five_and_the_same_in_python_and_in_the_database(case):
    made = [case(status="cleaned") for _ in range(60)]
    chosen = {one.code for one in made if is_in_sample(one.code)}
    assert set(to_verify(Case.objects.all()).values_list("code", flat=True)) == chosen
    share = sum(is_in_sample(f"{number:010d}") for number in range(20_000)) / 20_000
    assert share == pytest.approx(1 / ONE_IN, abs=0.01)


def test_every_clean_up_with_an_exception_is_looked_at_again(desk, case, member, after_photo):
    one = next(made for made in (case(status="confirmed") for _ in range(100)) if not is_in_sample(made.code))
    casework.clean(one, member(), casework.Visit(photos=(after_photo(one),), exception="chụp từ xa"))
    assert one.code in desk.get("/dieu-hanh/diem-rac/?status=cleaned&check=1").content.decode()
    casework.verify(one, member())
    assert one.code not in desk.get("/dieu-hanh/diem-rac/?status=cleaned&check=1").content.decode()
