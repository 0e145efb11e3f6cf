"""Members come by one-time links and leave by handing over."""

from datetime import timedelta

import pytest
from django.core.management import CommandError, call_command
from django.utils import timezone

from citylab import accounts
from citylab.models import Member, OneTimeLink

pytestmark = pytest.mark.django_db


def token_of(link: str) -> str:
    return link.rstrip("/").rsplit("/", 1)[1]


def test_the_first_administrator_is_made_by_a_one_time_link(client):
    link = accounts.first_administrator_link()
    path = link.removeprefix("http://localhost:8000")
    page = client.get(path)
    assert page.status_code == 200
    assert page["Referrer-Policy"] == "same-origin"
    answer = client.post(path, {"username": "lan", "password1": "biển xanh cát trắng", "password2": "biển xanh cát trắng"})
    assert answer.status_code == 302
    assert Member.objects.get(username="lan").role == "administrator"
    assert client.session["_auth_user_id"]


def test_a_link_works_once(client):
    link = accounts.first_administrator_link()
    accounts.redeem(token_of(link), "a long password", "lan")
    with pytest.raises(accounts.Spent):
        accounts.redeem(token_of(link), "another password", "mai")
    assert client.get(link.removeprefix("http://localhost:8000")).status_code == 410


def test_there_is_no_first_link_once_there_is_an_administrator(member):
    member("administrator")
    assert accounts.first_administrator_link() is None


def test_two_open_first_links_never_make_two_administrators(member):
    link = accounts.first_administrator_link()
    member("administrator")
    with pytest.raises(accounts.Spent):
        accounts.redeem(token_of(link), "a long password", "mai")


def test_a_link_expires(member):
    link = accounts.make_link(member(), timedelta(seconds=-1))
    with pytest.raises(accounts.Spent):
        accounts.open_link(token_of(link))


def test_a_fresh_link_ends_the_earlier_one(member):
    person = member()
    first, second = accounts.make_link(person), accounts.make_link(person)
    with pytest.raises(accounts.Spent):
        accounts.open_link(token_of(first))
    assert accounts.open_link(token_of(second)).member == person


def test_only_the_hash_of_a_token_is_stored(member):
    token = token_of(accounts.make_link(member()))
    assert token not in str(OneTimeLink.objects.values_list())


def test_a_weak_first_password_is_refused_and_the_link_stays_good(client, member):
    link = accounts.make_link(member()).removeprefix("http://localhost:8000")
    page = client.post(link, {"password1": "short", "password2": "short"})
    assert page.status_code == 200
    assert page.context["form"].errors
    assert client.get(link).status_code == 200


def test_officers_from_a_csv_get_accounts_with_links_and_areas(two_areas):
    outcome = accounts.invite(
        ["username,name,email,role,areas", "lan,Trần Thị Lan,lan@example.org,officer,W1 E1", "minh,Lê Minh,,dispatcher,"]
    )
    assert sorted(outcome.links) == ["lan", "minh"]
    lan = Member.objects.get(username="lan")
    assert (lan.display_name, lan.role, lan.areas.count()) == ("Trần Thị Lan", "officer", 2)
    assert not lan.has_usable_password()


def test_areas_of_officers_may_be_named_by_their_names(two_areas):
    outcome = accounts.invite(["username,role,areas", "lan,officer,west; Ward East", "minh,officer,West; North"])
    assert outcome.errors == [(3, "Không có phường, xã mang mã hoặc tên North.")]
    assert Member.objects.get(username="lan").areas.count() == 2


def test_a_bad_line_is_named_by_its_number_and_the_good_ones_are_taken(two_areas):
    outcome = accounts.invite(
        ["username,role,areas,email", "lan,officer,W1,", "x y,officer,,", "mai,queen,,", "hoa,officer,Z9,", "an,officer,,nope", ",officer,,"]
    )
    assert list(outcome.links) == ["lan"]
    assert [line for line, _ in outcome.errors] == [3, 4, 5, 6, 7]


def test_inviting_the_same_file_twice_changes_nothing(two_areas):
    lines = ["username,role", "lan,officer"]
    accounts.invite(lines)
    assert accounts.invite(lines).already == ["lan"]


def test_a_csv_without_its_columns_says_which(two_areas):
    assert "role" in accounts.invite(["username", "lan"]).errors[0][1]


def test_whoever_leaves_hands_over_open_cases_and_cannot_sign_in(case, member, client):
    leaving, successor = member(username="lan"), member()
    mine, done = case(assigned_to=leaving), case("verified", assigned_to=leaving)
    client.force_login(leaving)
    assert accounts.leave(leaving, None, successor) == 1
    mine.refresh_from_db()
    done.refresh_from_db()
    assert (mine.assigned_to, done.assigned_to) == (successor, leaving)
    assert client.get("/statusz").status_code == 302, "the open session ends with the account"


def test_the_commands_print_links_and_name_bad_lines(tmp_path, capsys, two_areas):
    file = tmp_path / "officers.csv"
    file.write_text("username,role\nlan,officer\nmai,queen\n", "utf-8")
    with pytest.raises(CommandError):
        call_command("invite", file)
    printed = capsys.readouterr()
    assert "lan\thttp" in printed.out
    assert "line 3" in printed.err
    call_command("first_admin_link", "--if-none")
    assert "http" in capsys.readouterr().out


def test_leaving_by_command(case, member, capsys):
    member(username="lan")
    call_command("member_leaves", "lan")
    assert Member.objects.get(username="lan").left_at <= timezone.now()


def test_ten_wrong_passwords_lock_the_guesser_out_and_not_the_officer_elsewhere(client, member):
    from django.urls import reverse

    member(username="lan")
    for _ in range(11):
        answer = client.post(reverse("sign-in"), {"username": "lan", "password": "wrong"}, REMOTE_ADDR="198.51.100.7")
    assert answer.status_code == 429
    again = client.post(reverse("sign-in"), {"username": "lan", "password": "a long password"}, REMOTE_ADDR="198.51.100.7")
    assert again.status_code == 429
    known = client.post(reverse("sign-in"), {"username": "lan", "password": "a long password"}, REMOTE_ADDR="203.0.113.9")
    assert known.status_code == 302
