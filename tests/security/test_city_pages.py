"""The pages of the city tell nothing finer than what is public: no exact point, hour, word, UUID or name, in any format."""

import re
from datetime import timedelta

import h3.api.basic_int as h3
import pytest
from django.contrib.gis.geos import Point
from django.utils import timezone

from reports.models import Case, Cleanup, Contact, Note, Report, Sign

pytestmark = pytest.mark.django_db

SECRETS = ("nhà số 12", "ghi chú riêng", "lý do riêng", "địa chỉ hẻm 5")


@pytest.fixture
def secretive(case, report, member, settings):
    """Cases in every state with everything on them that must not be told; returns the cases and what would give it away."""
    exact = Point(108.20512, 16.05534, srid=4326)
    lat, lon = h3.cell_to_latlng(h3.latlng_to_cell(exact.y, exact.x, 11))
    public = Point(lon, lat, srid=4326)
    crew = member("dispatcher", username="nguyen-van-bi-mat", first_name="Bí Mật")
    seen = timezone.localtime().replace(hour=13, minute=37, second=41, microsecond=123_456) - timedelta(days=9)
    made = []
    for number, status in enumerate(("new", "confirmed", "cleaned", "verified", "refused", "withdrawn")):
        one = case(status=status, at=seen + timedelta(minutes=number), assigned_to=crew, due_at=seen + timedelta(days=3, minutes=11))
        Case.objects.filter(pk=one.pk).update(location=exact, public_location=public)
        sent = report(one, at=seen + timedelta(minutes=number), description=SECRETS[0], reporter=b"r" * 32)
        Report.objects.filter(pk=sent.pk).update(location=exact)
        Note.objects.create(report=sent, text=SECRETS[1], at=seen)
        Contact.objects.create(report=sent, sealed=b"x", consent_text="", consented_at=seen)
        one.events.create(kind="refused", at=seen, to_status=status, reason=SECRETS[2], actor=crew)
        if status in ("cleaned", "verified"):
            Cleanup.objects.create(case=one, at=one.cleaned_at, by=crew, note=SECRETS[3])
        made.append(one)
    sign = Sign.objects.create(code="ABC123", name="Cột 1", location=public, created_by=crew)
    reports = list(Report.objects.all())
    words = [
        *SECRETS, "108.20512", "16.05534", "108,20512", "16,05534", "nguyen-van-bi-mat", "Bí Mật",
        *(str(each.uuid) for each in reports), *(each.code for each in reports),
        *(each.code for each in made if each.status in ("refused", "withdrawn")),
        *(moment.astimezone(settings.CITY.tz).strftime("%H:%M") for moment in (seen, made[2].cleaned_at, made[0].due_at)),
        *(moment.strftime("%H:%M") for moment in (seen, made[2].cleaned_at)),
        *(f"{each.cell:x}" for each in made), *(str(each.cell) for each in made),
    ]
    return made, sorted(set(words)), sign


def bodies(client, sign) -> dict[str, str]:
    addresses = [
        f"{page}{'&' if '?' in page else '?'}format={kind}" if kind else page
        for page in ("/ban-do/", "/ban-do/?state=all", "/ban-do/?state=cleaned", "/ban-do/?figure=opened&week=2026-W47", "/phuong/", "/so-lieu/")
        for kind in ("", "csv", "json", "geojson")
    ]
    addresses += ["/ban-do/?state=all&format=geojson&box=108.2,16.05,108.21,16.06", "/phuong/west/", f"/q/{sign.code}/", "/en/map/?state=all", "/en/unit/west/"]
    found = {}
    for address in addresses:
        answer = client.get(address)
        assert answer.status_code == 200, address
        found[address] = (answer.getvalue() if answer.streaming else answer.content).decode()
    return found


def settled(body: str) -> str:
    """Without what is drawn by chance: nonces, and signed tokens, which sign no more than the code of a sign."""
    return re.sub(r"proof=[^\"&]+|nonce=\"[^\"]+\"", "", body)


def test_no_page_or_file_of_the_city_tells_anything_finer_than_what_is_public(client, secretive):
    made, words, sign = secretive
    everything = bodies(client, sign)
    for address, body in everything.items():
        assert [word for word in words if word in settled(body)] == [], address
    shown = [each.code for each in made if each.status not in ("refused", "withdrawn")]
    assert all(code in everything["/ban-do/?state=all&format=json"] for code in shown), "the list that was searched must not be empty"
    assert all(code in everything["/ban-do/?state=all&format=geojson&box=108.2,16.05,108.21,16.06"] for code in shown)


def test_nothing_changes_when_a_case_moves_within_its_day_and_its_coarse_cell(client, secretive):
    """An hour or ten metres more change no byte of any page or file."""
    made, _words, sign = secretive
    before = bodies(client, sign)
    for number, each in enumerate(made):
        Case.objects.filter(pk=each.pk).update(
            observed_at=each.observed_at + timedelta(minutes=7 * (len(made) - number)), location=Point(108.20514, 16.05531, srid=4326)
        )
    after = bodies(client, sign)
    for address in before:
        assert settled(after[address]) == settled(before[address]), address


def test_a_case_cannot_be_found_by_a_finer_part_of_the_map_than_its_coarse_point(client, secretive):
    """A box around the exact point finds nothing, a box around the coarse one does."""
    made, _words, _sign = secretive
    exact, public = (108.20512, 16.05534), Case.objects.get(pk=made[0].pk).public_location
    assert abs(public.x - exact[0]) > 5e-5 or abs(public.y - exact[1]) > 5e-5, "the points of this test must differ"

    def found(lon: float, lat: float) -> int:
        box = f"{lon - 5e-5},{lat - 5e-5},{lon + 5e-5},{lat + 5e-5}"
        return len(client.get("/ban-do/", {"state": "all", "format": "geojson", "box": box}).json()["features"])

    assert found(*exact) == 0
    assert found(public.x, public.y) == 4


def test_the_small_box_of_a_map_is_no_finer_than_ten_metres(client, secretive):
    _made, _words, _sign = secretive
    answer = client.get("/ban-do/", {"state": "all", "box": "108.20512111,16.05534111,108.20512112,16.05534112"})
    assert "Không đọc được phần bản đồ này" in answer.content.decode()
