"""Intake: a report is stored once, whole, with what belongs to it, or not at all."""

import hmac
import json
from dataclasses import replace
from datetime import date, timedelta
from uuid import UUID, uuid4

import pytest
from django.conf import settings
from django.utils import timezone
from django.utils.translation import override

from reports import contacts, refusals
from reports.codes import code_of, secret_token
from reports.contacts import ContactDetails
from reports.geography import kept_tables
from reports.geography.area_index import forget_areas
from reports.intake import KeyTaken, Refused, Submission, content_hash, reporter_of, submit_report
from reports.models import Area, Contact, Place, Report, WasteType
from reports.rules import MAX_TEXT, Refusal
from reports.waste_groups import forget_waste_groups

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _small_city(two_areas):
    WasteType.objects.create(code="nets", group="nets", name="Lưới", name_en="Nets")
    WasteType.objects.create(code="foam", group="foam", name="Xốp", name_en="Foam", active=False)
    forget_areas()
    forget_waste_groups()
    yield
    forget_areas()
    forget_waste_groups()


def submission(**given) -> Submission:
    return Submission(**{"uuid": uuid4(), "channel": "api", "location": (108.205, 16.055), "description": "túi ni lông", **given})


def test_a_report_is_stored_as_it_was_sent_and_waits_for_its_task(two_areas, noon):
    sent = submission(
        accuracy_m=12.5, location_source="gps", observed_at=noon - timedelta(hours=1), problem="dump", amount="cart",
        waste_types=("foam", "nets"), photos_expected=2, device="phone", language="vi",
    )  # fmt: skip
    receipt = submit_report(sent, now=noon)
    stored = Report.objects.get()
    assert receipt.created and receipt.report.pk == stored.pk
    assert (stored.uuid, stored.code) == (sent.uuid, code_of(sent.uuid))
    assert stored.location.coords == (108.205, 16.055) and stored.accuracy_m == 12.5 and stored.location_source == "gps"
    assert stored.area == two_areas[0] and stored.week == date(2026, 11, 16) and stored.cell
    assert (stored.observed_at, stored.received_at, stored.observed_clamped) == (noon - timedelta(hours=1), noon, False)
    assert (stored.problem, stored.amount, stored.waste_group, stored.photos_expected) == ("dump", "cart", "foam", 2)
    assert list(stored.waste_links.order_by("id").values_list("waste_type_id", flat=True)) == ["foam", "nets"]
    assert stored.counts and bytes(stored.reporter) == reporter_of("phone") and len(stored.reporter) == 32
    assert (stored.processed_at, stored.next_try, stored.attempts, stored.case_id) == (None, noon, 0, None)
    assert list(Report.objects.unprocessed()) == [stored]


def test_the_receipt_leads_to_the_public_and_to_the_secret_page():
    receipt = submit_report(submission(language="en"))
    assert receipt.url.startswith(settings.SITE_URL) and receipt.code in receipt.url
    assert receipt.token == secret_token(receipt.report.uuid)
    assert receipt.secret_url.rstrip("/").rsplit("/", 1)[-1] == receipt.token
    assert str(receipt.report.uuid) not in receipt.url + receipt.secret_url, "the phone's id is never published"


def test_the_receipt_s_address_does_not_depend_on_the_language_of_the_moment():
    sent = submission(language="en")
    with override("vi"):
        first = submit_report(sent).url
    with override("en"):
        assert submit_report(sent).url == first


def test_the_same_report_again_gives_the_same_receipt_and_no_second_row():
    sent = submission(waste_types=("nets",), contact=ContactDetails(phone="0905 000 000", consent=True))
    first, again = submit_report(sent), submit_report(sent)
    assert (first.created, again.created) == (True, False)
    assert (first.code, first.url, first.secret_url) == (again.code, again.url, again.secret_url)
    assert Report.objects.count() == Contact.objects.count() == 1


def test_the_same_text_in_another_composition_is_the_same_report():
    key = uuid4()
    submit_report(submission(uuid=key, description="bã\u0301i"))
    assert not submit_report(submission(uuid=key, description="ba\u0303\u0301i ")).created


def test_the_same_id_with_another_content_is_refused_and_names_the_receipt():
    sent = submission()
    first = submit_report(sent)
    with pytest.raises(KeyTaken) as taken:
        submit_report(submission(uuid=sent.uuid, description="something else"))
    assert taken.value.receipt.url == first.url
    assert Report.objects.get().description == "túi ni lông"


@pytest.mark.parametrize("field, value", [("accuracy_m", 3.0), ("same_case", "new"), ("device", "d"), ("contact", ContactDetails(phone="1"))])
def test_every_part_of_the_content_makes_another_content(field, value):
    assert content_hash(submission(uuid=UUID(int=1))) != content_hash(submission(uuid=UUID(int=1), **{field: value}))


def test_what_was_taken_once_is_not_refused_when_rules_have_moved_on(two_areas):
    sent = submission(location=(108.215, 16.055))
    submit_report(sent)
    Area.objects.update(polygon="SRID=4326;MULTIPOLYGON(((1 1,2 1,2 2,1 1)))")  # the outline moves away
    forget_areas()
    with pytest.raises(Refused):
        submit_report(submission(location=(108.215, 16.055)))
    assert not submit_report(sent).created


def test_a_refused_report_leaves_nothing_behind():
    with pytest.raises(Refused) as refused:
        submit_report(submission(location=None, waste_types=("gold",), problem="noise"))
    assert refused.value.codes == {"location": ["place_missing"], "problem": ["problem_unknown"], "waste_types": ["waste_unknown"]}
    assert all(sentence.endswith(".") for sentences in refused.value.errors.values() for sentence in sentences)
    assert not Report.objects.exists()


def test_another_id_with_the_same_code_is_asked_for_a_new_id(report):
    sent = submission()
    taken = report()
    Report.objects.filter(pk=taken.pk).update(code=code_of(sent.uuid))
    with pytest.raises(Refused) as refused:
        submit_report(sent)
    assert refused.value.codes == {"id": ["id_taken"]}
    assert Report.objects.count() == 1


def test_a_waste_type_that_is_no_longer_offered_is_still_taken():
    assert submit_report(submission(waste_types=("foam",))).report.waste_group == "foam"


def test_a_type_added_by_the_city_is_known_at_once_after_loading():
    WasteType.objects.create(code="cups", group="cups", name="Cốc", name_en="Cups")
    forget_waste_groups()
    assert submit_report(submission(waste_types=("cups",))).report.waste_group == "cups"


def test_a_named_place_is_kept_with_its_point():
    place = Place.objects.create(code="osm:1", kind="market", name="Chợ Hàn", location="SRID=4326;POINT(108.2055 16.0555)")
    stored = submit_report(submission(location=None, place="osm:1")).report
    assert (stored.place_id, stored.location.coords, stored.location_source) == (place.pk, (108.2055, 16.0555), "place")


def test_an_area_alone_is_kept_without_a_cell(two_areas):
    submit_report(submission(location=None, area="E1"))
    stored = Report.objects.get()
    assert (stored.area, stored.cell, stored.location, stored.location_source) == (two_areas[1], None, None, "area")


# --- the case that the resident was asked about -------------------------------------------------
def test_not_asked_yes_this_one_and_no_another_place_are_three_things(case):
    known = case()
    asked = [submit_report(submission(same_case=answer)).report for answer in (None, f"dn {known.code.lower()}", "new")]
    Report.objects.get(pk=asked[0].pk)
    stored = [Report.objects.get(pk=row.pk) for row in asked]
    assert [(row.same_case, row.other_place) for row in stored] == [(None, False), (known, False), (None, True)]


def test_yes_to_a_merged_case_means_the_one_it_was_merged_into(case):
    kept = case()
    merged = case(status="merged", merged_into=kept)
    assert submit_report(submission(same_case=merged.code)).report.same_case_id == kept.pk


def test_yes_to_a_case_that_does_not_exist_is_refused():
    for answer in ("0123456789", "nonsense", "'; drop"):
        with pytest.raises(Refused) as refused:
            submit_report(submission(same_case=answer))
        assert refused.value.codes == {"same_case": ["case_unknown"]}


# --- who counts ---------------------------------------------------------------------------------
def test_three_reports_of_one_device_count_in_a_cell_and_week_and_no_more(noon):
    counts = [submit_report(submission(device="phone", observed_at=noon), now=noon).report.counts for _ in range(5)]
    assert counts == [True, True, True, False, False]
    assert list(Report.objects.order_by("id").values_list("counts", flat=True)) == counts


def test_another_device_cell_or_week_counts_afresh(noon):
    for _ in range(4):
        submit_report(submission(device="phone"), now=noon)
    assert submit_report(submission(device="another"), now=noon).report.counts
    assert submit_report(submission(device="phone", location=(108.215, 16.055)), now=noon).report.counts
    assert submit_report(submission(device="phone", observed_at=noon - timedelta(days=7)), now=noon).report.counts


def test_reports_of_an_area_alone_count_three_times_in_the_area_and_week(noon):
    counts = [submit_report(submission(device="phone", location=None, area="E1"), now=noon).report.counts for _ in range(4)]
    assert counts == [True, True, True, False]
    assert submit_report(submission(device="phone", location=None, area="W1"), now=noon).report.counts


def test_without_a_device_every_report_is_its_own_reporter_and_counts(noon):
    stored = [submit_report(submission(), now=noon).report for _ in range(5)]
    assert all(row.counts and row.reporter is None for row in stored)


def test_the_device_itself_is_not_kept():
    submit_report(submission(device="my-own-phone"))
    stored = Report.objects.get()
    assert b"my-own-phone" not in bytes(stored.reporter) + bytes(stored.body_hash)


# --- contact ------------------------------------------------------------------------------------
def test_contact_is_kept_sealed_with_the_words_that_were_agreed_to(noon):
    details = ContactDetails(phone="0905 000 000", email="a@b.vn", name="Ánh", consent=True)
    submit_report(submission(contact=details, language="vi"), now=noon)
    kept = Contact.objects.get()
    assert b"0905" not in bytes(kept.sealed)
    assert contacts.unseal(kept) == details
    assert kept.consent_text == contacts.consent_words("vi") and kept.consented_at == noon


def test_contact_without_consent_is_refused_not_dropped():
    with pytest.raises(Refused) as refused:
        submit_report(submission(contact=ContactDetails(phone="0905 000 000")))
    assert refused.value.codes == {"contact": ["consent_missing"]}
    assert not Report.objects.exists() and not Contact.objects.exists()


@pytest.mark.parametrize(
    "details, code",
    [
        (ContactDetails(name="Ánh", consent=True), "contact_unreadable"),
        (ContactDetails(phone="x" * 201, consent=True), "contact_unreadable"),
        (ContactDetails(phone="call me", consent=True), "phone_unreadable"),
        (ContactDetails(email="a@b", consent=True), "email_unreadable"),
    ],
)
def test_contact_that_reaches_nobody_is_refused(details, code):
    with pytest.raises(Refused) as refused:
        submit_report(submission(contact=details))
    assert refused.value.codes == {"contact": [code]}


def test_consent_without_any_detail_keeps_nothing():
    submit_report(submission(contact=ContactDetails(phone="  ", consent=True)))
    assert not Contact.objects.exists()


def test_each_purpose_is_kept_with_the_words_of_its_own_box():
    given = ContactDetails(email="lan@example.com", consent=True, purposes=("questions", "progress", "questions"))
    submit_report(submission(contact=given, language="vi"))
    kept = Contact.objects.get()
    assert kept.purposes == ["progress", "questions"]
    assert kept.consent_text.splitlines() == [contacts.purpose_words("progress"), contacts.purpose_words("questions"), contacts.keeping_words()]


def test_consent_that_names_no_purpose_is_for_news_alone():
    submit_report(submission(contact=ContactDetails(phone="0905 000 000", consent=True)))
    assert Contact.objects.get().purposes == ["progress"]


@pytest.mark.parametrize("details", [ContactDetails(email="a@b.vn", consent=True, purposes=("marketing",)), ContactDetails(purposes=("progress",), consent=True)])
def test_an_unknown_purpose_and_one_without_details_are_refused(details):
    with pytest.raises(Refused):
        submit_report(submission(contact=details))


# --- what later phones say ------------------------------------------------------------------------
def test_what_older_phones_send_has_the_hash_it_always_had():
    """Reports that were taken before these members existed are recognised when they are sent again."""
    old = submission(uuid=UUID(int=1), device="phone", contact=ContactDetails(phone="0905 000 000", consent=True), observed_at=None)
    content = {
        "channel": old.channel, "location": old.location, "area": "", "place": "", "accuracy_m": old.accuracy_m, "location_source": old.location_source,
        "observed_at": None, "problem": old.problem, "amount": old.amount, "waste_types": old.waste_types, "description": old.description,
        "photos_expected": old.photos_expected, "same_case": None, "device": "phone", "language": old.language, "contact": ["0905 000 000", "", "", True],
    }  # fmt: skip
    message = json.dumps(content, sort_keys=True, separators=(",", ":")).encode()
    assert content_hash(old) == hmac.digest(settings.TOKEN_KEY.encode(), b"content:" + message, "sha256")


@pytest.mark.parametrize("more", [{"voice_expected": True}, {"sign": "7K4Q"}, {"contact": ContactDetails(phone="0905 000 000", consent=True, purposes=("progress",))}])
def test_what_is_new_belongs_to_the_content(more):
    before = submission(contact=ContactDetails(phone="0905 000 000", consent=True))
    assert content_hash(replace(before, **more)) != content_hash(before)


def test_a_recording_says_enough():
    assert submit_report(submission(description="", voice_expected=True)).report.voice_expected


def test_a_sign_gives_its_place_to_a_report_that_names_none(two_areas):
    from reports.models import Sign

    sign = Sign.objects.create(code="7K4Q", name="Post 7", location="SRID=4326;POINT(108.2151 16.0551)", accuracy_m=15)
    report = submit_report(submission(location=None, sign="7k4q")).report
    report.refresh_from_db()
    assert (report.sign, report.accuracy_m, report.location_source, round(report.location.x, 4)) == (sign, 15, "place", 108.2151)
    elsewhere = submit_report(submission(sign="7K4Q")).report
    elsewhere.refresh_from_db()
    assert (elsewhere.sign, round(elsewhere.location.x, 4)) == (sign, 108.205)


@pytest.mark.parametrize("code", ["ZZZZ", "\0", "x" * 5000])
def test_a_sign_that_nobody_knows_loses_no_report(code):
    assert submit_report(submission(sign=code)).report.sign_id is None


# --- sentences ----------------------------------------------------------------------------------
FACTS = {
    "outside": {"distance_m": 12_345.0, "margin_m": 5000.0}, "waste_unknown": {"codes": ("gold",)}, "place_unknown": {"place": "x"},
    "area_unknown": {"area": "x"}, "text_too_long": {"length": 4001, "limit": MAX_TEXT}, "photos_out_of_range": {"limit": 3},
    "case_unknown": {"code": "x"}, "wrong_type": {"expected": "text"}, "purpose_unknown": {"purposes": ["marketing"]},
}  # fmt: skip


@pytest.mark.parametrize("language", settings.CITY.languages)
@pytest.mark.parametrize("code", sorted(refusals.SENTENCES))
def test_every_reason_has_a_sentence_in_every_language_of_the_city(code, language):
    with override(language):
        sentence = refusals.sentence(Refusal("field", code, FACTS.get(code, {})))
    assert sentence.endswith(".") and "%(" not in sentence


def test_a_distance_is_told_in_whole_kilometres():
    with override("en"):
        sentence = refusals.sentence(Refusal("location", "outside", FACTS["outside"]))
    assert "more than 12 km outside Da Nang" in sentence and "5 km" in sentence


# --- how much it asks of the database -----------------------------------------------------------
def test_a_report_of_a_known_device_takes_two_statements_besides_the_transaction(django_assert_max_num_queries, monkeypatch):
    monkeypatch.setattr(kept_tables, "CHECK_EVERY_S", 3600)  # areas and taxonomy are asked after every two seconds, not here
    submit_report(submission(device="phone"))
    with django_assert_max_num_queries(4):  # savepoint, lock, insert, release
        submit_report(submission(device="phone", waste_types=("nets",)))
    with django_assert_max_num_queries(5):  # and the message that whoever gives an address has asked for
        submit_report(submission(device="phone", waste_types=("nets",), contact=ContactDetails(phone="0905 000 000", consent=True)))


@pytest.mark.django_db
@pytest.mark.parametrize(("away_m", "status", "joins"), [(40, "new", True), (900, "new", False), (40, "cleaned", True), (40, "verified", False)])
def test_only_who_is_close_by_can_mean_a_case_and_only_one_that_is_not_long_done(case, away_m, status, joins):
    named = case(status, at=timezone.now() - timedelta(days=2))
    place = (named.location.x, named.location.y + away_m / 111_000)
    receipt = submit_report(Submission(uuid=uuid4(), channel="api", location=place, description="túi", same_case=named.code))
    assert (receipt.report.same_case_id == named.pk) is joins


@pytest.mark.django_db
def test_an_old_clean_up_is_not_opened_again_by_naming_it(case):
    named = case("cleaned", at=timezone.now() - timedelta(days=40))
    report = submit_report(Submission(uuid=uuid4(), channel="api", area=named.area.code, description="túi", same_case=named.code)).report
    assert report.same_case_id is None
