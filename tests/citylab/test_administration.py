"""Django's administration: in Vietnamese, for administrators, what it may change and what it may not."""

import pytest
from django.contrib.admin.models import LogEntry
from django.urls import NoReverseMatch, reverse

from citylab.administration import administration
from citylab.models import Member
from citylab.permissions import ADMINISTRATION
from reports.models import Body, Case, CaseEvent, Deadline, Place, ReplyTemplate, Report, SavedView

pytestmark = pytest.mark.django_db


@pytest.fixture
def admin(client, member):
    person = member("administrator", "mai")
    client.force_login(person)
    return person


def change(row) -> str:
    return reverse(f"admin:{row._meta.app_label}_{row._meta.model_name}_change", args=[row.pk])


def add(model) -> str:
    return reverse(f"admin:{model._meta.app_label}_{model._meta.model_name}_add")


def changelist(model) -> str:
    return reverse(f"admin:{model._meta.app_label}_{model._meta.model_name}_changelist")


def test_it_stands_under_the_desk_and_names_its_tables_in_vietnamese(client, admin):
    assert reverse("admin:index") == "/dieu-hanh/quan-tri/"
    page = client.get(reverse("admin:index")).content.decode()
    for word in ("Quản trị", "Thành viên", "Đội", "Đơn vị phụ trách", "Địa bàn", "Địa điểm", "Thời hạn", "Câu trả lời mẫu", "Góc nhìn đã lưu"):
        assert word in page, word
    for word in ("Members", "Teams", "Bodys", "Deadlines", ">Reports<", ">Citylab<"):
        assert word not in page, word


@pytest.mark.parametrize("model", [model for model in administration._registry], ids=lambda model: model.__name__)
def test_every_table_is_listed_and_its_forms_are_in_vietnamese(model, client, admin, two_areas):
    english = ("Valid to", "Working days", "Opens contacts", "Full name", "Short name", "Starts at", "Capacity", "User name", "Username", "Query", "Help text", "Use the following")
    pages = [client.get(changelist(model)), client.get(changelist(model), {"q": "x"})]
    table = f"{model._meta.app_label}_{model._meta.model_name}"
    if "add" in ADMINISTRATION[table]:
        pages.append(client.get(add(model)))
    if row := model.objects.first():
        pages.append(client.get(change(row)))
    for page in pages:
        assert page.status_code == 200
        text = page.content.decode()
        assert not [word for word in english if word in text]


def test_cases_reports_and_history_are_not_there():
    assert not {Case, CaseEvent, Report} & set(administration._registry)
    for name in ("reports_case_changelist", "reports_caseevent_changelist", "reports_report_changelist", "citylab_member_add", "citylab_member_delete", "login", "logout", "password_change"):
        with pytest.raises(NoReverseMatch):
            reverse(f"admin:{name}")


def test_an_administrator_gives_roles_areas_and_the_permission_for_contacts(client, admin, member, two_areas):
    lan = member("officer", "lan")
    data = {"first_name": "Lan", "email": "lan@example.org", "role": "officer", "areas": [two_areas[1].pk], "opens_contacts": "true", "wants_digest": "on"}
    assert client.post(change(lan), data).status_code == 302
    lan.refresh_from_db()
    assert (lan.role, lan.opens_contacts, list(lan.areas.all())) == ("officer", True, [two_areas[1]])
    assert lan.username == "lan" and lan.check_password("a long password")
    assert LogEntry.objects.get().user == admin, "who changed what is kept"


def test_an_officer_left_without_an_area_is_told_of(client, admin, member):
    lan = member("officer", "lan")
    answer = client.post(change(lan), {"first_name": "Lan", "role": "officer", "opens_contacts": "unknown"}, follow=True)
    assert "chưa thấy gì" in answer.content.decode()
    lan.refresh_from_db()
    assert lan.opens_contacts is None


def test_nobody_changes_their_own_role(client, admin):
    client.post(change(admin), {"first_name": "Mai", "role": "analyst", "opens_contacts": "unknown"})
    admin.refresh_from_db()
    assert (admin.first_name, admin.role) == ("Mai", "administrator")


def test_what_the_form_does_not_show_cannot_be_sent_either(client, admin, member):
    lan = member("officer", "lan")
    client.post(change(lan), {"first_name": "Lan", "role": "officer", "opens_contacts": "unknown", "is_superuser": "on", "is_active": "", "username": "x", "password": "y"})
    lan.refresh_from_db()
    assert (lan.username, lan.is_superuser, lan.is_active) == ("lan", False, True)


def test_a_place_is_found_by_its_name_and_stands_where_it_was_typed(client, admin):
    data = {"code": "cho-han", "name": "Chợ Hàn", "kind": "market", "point": "16.0681, 108.2240"}
    assert client.post(add(Place), data).status_code == 302
    place = Place.objects.get()
    assert (round(place.location.y, 4), round(place.location.x, 4), place.search) == (16.0681, 108.224, "cho han")
    assert "16.068100, 108.224000" in client.get(change(place)).content.decode()


@pytest.mark.parametrize("point", ["", "x", "16.0681", "108.2240, 16.0681", "nan, nan", "1,2,3"])
def test_a_point_that_is_none_is_told_and_loses_nothing(point, client, admin):
    answer = client.post(add(Place), {"code": "cho-han", "name": "Chợ Hàn", "kind": "market", "point": point})
    assert answer.status_code == 200 and not Place.objects.exists()
    assert "Chợ Hàn" in answer.content.decode()


def test_names_of_an_area_are_searched_by_at_once_and_its_border_stays(client, admin, two_areas):
    west = two_areas[0]
    before = west.polygon.wkt
    data = {"name": "Tây", "full_name": "Phường Tây", "name_en": "West", "aliases": "Hòa Cường, Bình Hiên", "valid_to": ""}
    assert client.post(change(west), data).status_code == 302
    west.refresh_from_db()
    assert west.aliases == ["Hòa Cường", "Bình Hiên"] and "hoa cuong" in west.search and west.polygon.wkt == before


def test_deadlines_replies_and_views_are_kept(client, admin):
    assert client.post(add(Deadline), {"problem": "burning", "amount": "", "working_days": "1"}).status_code == 302
    assert client.post(add(Deadline), {"problem": "burning", "amount": "truck", "working_days": "400"}).status_code == 200, "beyond a year is told"
    assert client.post(add(ReplyTemplate), {"verb": "refuse", "problem": "", "name": "Đất tư", "text": "Đây là đất tư.", "active": "on", "position": "1"}).status_code == 302
    assert client.post(add(SavedView), {"name": "Đốt rác", "slug": "dot-rac", "query": "?problem=burning", "owner": "", "shared": "on", "position": "1"}).status_code == 302
    assert client.post(add(SavedView), {"name": "x", "slug": "x", "query": "", "owner": "", "position": "1"}).status_code == 200, "one of nobody is shared"
    assert client.post(add(Body), {"code": "urenco", "name": "Công ty Môi trường"}).status_code == 302
    assert (Deadline.objects.count(), ReplyTemplate.objects.count(), SavedView.objects.get(slug="dot-rac").query, Body.objects.count()) == (1, 1, "problem=burning", 1)


@pytest.mark.parametrize("role", ["officer", "dispatcher", "manager", "analyst"])
def test_nobody_else_enters(role, client, member):
    client.force_login(member(role, is_staff=True, is_superuser=True))
    assert client.get(reverse("admin:index")).status_code == 403, "Django’s own flags open nothing"


def test_its_pages_run_the_sites_own_files_and_nothing_else(client, admin):
    for address in (reverse("admin:index"), changelist(Member), change(admin)):
        answer = client.get(address)
        policy = dict(part.strip().split(" ", 1) for part in answer["Content-Security-Policy"].split(";"))
        assert policy["script-src"] == "'self'" and policy["default-src"] == "'self'"
        page = answer.content.decode()
        assert "http://" not in page.replace("http://www.w3.org", "") and "https://" not in page
        assert "<script>" not in page and "style=" not in page


@pytest.mark.parametrize("asked", ["password__startswith=argon2", "password__regex=^a", "last_login__gt=2026-01-01", "links__token_hash__startswith=a", "recovery_codes__code_hash__startswith=0", "totpdevice__key__startswith=0"])
def test_a_list_answers_no_question_about_what_it_does_not_show(asked, client, admin):
    """Letter by letter such questions would tell a password's hash."""
    client.raise_request_exception = False
    answer = client.get(f"{changelist(Member)}?{asked}")
    assert answer.status_code == 400 or "?e=1" in answer.get("Location", ""), answer.status_code
    assert client.get(f"{changelist(Member)}?role__exact=officer").status_code == 200
    assert client.get(f"{changelist(Member)}?is_active__exact=1").status_code == 200


def test_what_a_table_cannot_hold_is_told_on_the_form(client, admin, two_areas):
    west = two_areas[0]
    page = client.post(change(west), {"name": "x", "full_name": "y", "name_en": "", "aliases": "", "valid_to": west.valid_from.isoformat()})
    assert page.status_code == 200 and "01/07/2025" in page.content.decode()
    page = client.post(add(SavedView), {"name": "x", "slug": "x", "query": "status=open", "owner": "", "position": "3"})
    assert page.status_code == 200 and "phải được chia sẻ" in page.content.decode() and not SavedView.objects.filter(slug="x").exists()
