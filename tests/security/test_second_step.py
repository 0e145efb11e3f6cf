"""The second step of signing in: asked for where it is set up, and needed before anything else where the site is in production."""

import re
from datetime import timedelta

import pytest
from django.conf import settings as configured
from django.core.management import call_command
from django.test import Client
from django.urls import reverse
from django.utils import timezone
from django_otp.oath import totp
from django_otp.plugins.otp_totp.models import TOTPDevice

from citylab import accounts, second_step
from citylab.models import Phone, RecoveryCode

pytestmark = pytest.mark.django_db

PASSWORD = "a long password"


def code_of(device: TOTPDevice, steps: int = 0) -> str:
    """What the phone shows, or will show in some steps of 30 seconds."""
    return f"{totp(device.bin_key, t0=-30 * steps):06d}"


def set_up(client) -> tuple[TOTPDevice, list[str]]:
    """What a member does: opens the page, scans the picture, types the code. Returns the phone's device and the recovery codes."""
    page = client.get(reverse("second-step-setup")).content.decode()
    assert "data:image/svg+xml" in page
    secret = re.search(r"secret=([A-Z2-7]+)", page)[1]
    device = TOTPDevice(key=_hex(secret))
    answer = client.post(reverse("second-step-setup"), {"verb": "set-up", "new_code": code_of(device)})
    codes = re.findall(r"<code>([0-9A-Z]{5}-[0-9A-Z]{5})</code>", answer.content.decode())
    assert len(codes) == 10, "ten recovery codes are shown"
    return device, codes


def _hex(secret: str) -> str:
    from base64 import b32decode

    return b32decode(secret + "=" * (-len(secret) % 8)).hex()


def give_password(client, person, **extra):
    return client.post(reverse("sign-in"), {"username": person.username, "password": PASSWORD}, **extra)


def is_in(client) -> bool:
    return client.get(reverse("staff-home")).status_code == 200


@pytest.fixture
def prepared(client, member):
    """A dispatcher who has set it up, and is not signed in: (member, device, recovery codes)."""
    person = member("dispatcher")
    client.force_login(person)
    device, codes = set_up(client)
    client.logout()
    return person, device, codes


def test_a_right_password_alone_signs_nobody_in_who_has_set_it_up(client, prepared):
    person, device, _codes = prepared
    answer = give_password(client, person)
    assert answer["Location"] == reverse("second-step") and not is_in(client)
    assert client.post(reverse("second-step"), {"code": code_of(device, 1)}).status_code == 302
    assert is_in(client)


def test_the_code_leads_to_where_the_member_wanted_to_go(client, prepared):
    person, device, _codes = prepared
    client.post(reverse("sign-in"), {"username": person.username, "password": PASSWORD, "next": reverse("weekly")})
    assert client.post(reverse("second-step"), {"code": code_of(device, 1)})["Location"] == reverse("weekly")


def test_a_code_works_once(client, prepared):
    person, device, _codes = prepared
    code = code_of(device, 1)
    give_password(client, person)
    client.post(reverse("second-step"), {"code": code})
    other = Client()
    give_password(other, person)
    assert other.post(reverse("second-step"), {"code": code}).status_code == 422 and not is_in(other)


def test_a_recovery_code_works_once_and_only_its_hash_is_kept(client, prepared):
    person, _device, codes = prepared
    assert not RecoveryCode.objects.filter(code_hash__icontains=codes[0][:5]).exists()
    give_password(client, person)
    assert client.post(reverse("second-step"), {"code": codes[0].lower()}).status_code == 302 and is_in(client)
    other = Client()
    give_password(other, person)
    assert other.post(reverse("second-step"), {"code": codes[0]}).status_code == 422
    assert other.post(reverse("second-step"), {"code": codes[1]}).status_code == 302


def test_recovery_codes_are_shown_once(client, prepared):
    person, _device, codes = prepared
    give_password(client, person)
    client.post(reverse("second-step"), {"code": codes[0]})
    page = client.get(reverse("second-step-setup")).content.decode()
    assert codes[1] not in page and "9 mã khôi phục" in page


def test_the_code_comes_minutes_after_the_password_or_both_come_anew(client, prepared, monkeypatch):
    person, device, _codes = prepared
    give_password(client, person)
    monkeypatch.setattr(second_step, "HALF_WAY_S", -1)
    assert client.post(reverse("second-step"), {"code": code_of(device, 1)})["Location"] == reverse("sign-in")


def test_wrong_codes_lock_the_guesser_out_and_not_the_member_elsewhere(client, prepared):
    person, _device, codes = prepared
    stranger = Client(REMOTE_ADDR="198.51.100.7")
    give_password(stranger, person)
    for _ in range(configured.AXES_FAILURE_LIMIT):
        answer = stranger.post(reverse("second-step"), {"code": "000000"})
    assert answer.status_code == 429
    assert stranger.post(reverse("second-step"), {"code": codes[0]}).status_code == 429, "now even a right one is not looked at"
    give_password(client, person)
    assert client.post(reverse("second-step"), {"code": codes[0]}).status_code == 302 and is_in(client)


def test_setting_it_up_ends_every_other_session_of_the_member(client, member):
    person = member("dispatcher")
    other = Client()
    other.force_login(person)
    client.force_login(person)
    set_up(client)
    assert is_in(client) and not is_in(other)


def test_signing_in_with_a_code_begins_a_new_session(client, prepared):
    person, device, _codes = prepared
    give_password(client, person)
    before = client.session.session_key
    client.post(reverse("second-step"), {"code": code_of(device, 1)})
    assert client.session.session_key != before


def test_a_fresh_link_for_a_lost_password_does_not_go_round_the_second_step(client, prepared):
    person, device, _codes = prepared
    link = accounts.make_link(person).removeprefix("http://localhost:8000")
    answer = client.post(link, {"password1": "biển xanh cát trắng", "password2": "biển xanh cát trắng"})
    assert answer["Location"] == reverse("second-step") and not is_in(client)
    assert client.post(reverse("second-step"), {"code": code_of(device, 1)}).status_code == 302


def test_switching_it_off_takes_a_code(client, member):
    person = member("dispatcher")
    client.force_login(person)
    _device, codes = set_up(client)
    assert client.post(reverse("second-step-setup"), {"verb": "off", "code": "123456"}).status_code == 422
    person.refresh_from_db()
    assert person.second_step_at
    assert client.post(reverse("second-step-setup"), {"verb": "off", "code": codes[0]}).status_code == 302
    person.refresh_from_db()
    assert person.second_step_at is None and not RecoveryCode.objects.exists() and is_in(client)


def test_a_wrong_code_sets_nothing_up(client, member):
    client.force_login(member("dispatcher"))
    client.get(reverse("second-step-setup"))
    assert client.post(reverse("second-step-setup"), {"verb": "set-up", "new_code": "000000"}).status_code == 422
    assert not TOTPDevice.objects.exists()


def test_an_administrator_in_production_opens_nothing_before_it_is_set_up(client, member, settings):
    settings.SECOND_STEP_REQUIRED = True
    client.force_login(member("administrator"))
    for name in ("staff-home", "members", "cases", "admin:index", "account"):
        assert client.get(reverse(name))["Location"] == reverse("second-step-setup")
    page = client.get(reverse("second-step-setup")).content.decode()
    assert reverse("cases") not in page, "nothing is offered that would not open"
    set_up(client)
    assert is_in(client) and client.get(reverse("admin:index")).status_code == 200


def test_it_is_asked_of_administrators_only_and_where_the_site_is_in_production(client, member, settings):
    client.force_login(member("administrator"))
    assert is_in(client)
    settings.SECOND_STEP_REQUIRED = True
    client.force_login(member("dispatcher"))
    assert is_in(client)


@pytest.mark.parametrize(("https", "said", "debug", "required"), [(True, "", "", True), (False, "", "", False), (False, "1", "", True), (True, "0", "", False), (True, "", "1", False)])
def test_production_is_what_an_https_address_or_the_setting_says_and_never_while_debugging(https, said, debug, required):
    import os
    import subprocess
    import sys

    environment = {**os.environ, "CITYLAB_SITE_URL": f"http{'s' if https else ''}://x.example", "CITYLAB_PRODUCTION": said, "CITYLAB_DEBUG": debug or "0"}
    if not said:
        del environment["CITYLAB_PRODUCTION"]
    script = "import django; django.setup(); from django.conf import settings; print(settings.SECOND_STEP_REQUIRED)"
    done = subprocess.run([sys.executable, "-c", script], env=environment, capture_output=True, text=True, check=True)
    assert done.stdout.strip() == str(required)


def test_the_operator_resets_it_for_somebody_whose_phone_is_gone(client, prepared, capsys):
    person, _device, _codes = prepared
    call_command("reset_second_step", person.username)
    give_password(client, person)
    assert is_in(client)


def test_a_session_from_before_a_reset_and_a_new_set_up_is_over(client, prepared):
    person, device, _codes = prepared
    give_password(client, person)
    client.post(reverse("second-step"), {"code": code_of(device, 1)})
    person.refresh_from_db()
    person.second_step_at = timezone.now()
    person.save()
    assert not is_in(client)


def test_a_copy_of_the_database_makes_no_codes(client, member):
    """Neither from the row of the phone nor from the session while it is being set up."""
    person = member("dispatcher")
    client.force_login(person)
    client.get(reverse("second-step-setup"))
    pending = client.session["phone_key"]
    device, _codes = set_up(client)
    kept = TOTPDevice.objects.get()
    assert device.key not in (kept.key, pending) and code_of(TOTPDevice(key=kept.key)) != code_of(device)
    assert code_of(Phone.objects.get()) == code_of(device)


def test_a_phone_that_was_set_up_before_keys_were_sealed_goes_on(client, prepared):
    from importlib import import_module

    from django.apps import apps

    person, device, _codes = prepared
    TOTPDevice.objects.update(key=device.key)
    for _ in range(2):
        import_module("citylab.migrations.0005_sealed_phones").seal(apps, None)
    assert TOTPDevice.objects.get().key != device.key
    give_password(client, person)
    assert client.post(reverse("second-step"), {"code": code_of(device, 1)}).status_code == 302 and is_in(client)


def test_with_another_key_of_the_house_a_recovery_code_still_opens(client, prepared, settings):
    from cryptography.fernet import Fernet

    person, device, codes = prepared
    settings.CONTACT_KEY = Fernet.generate_key().decode()
    give_password(client, person)
    assert client.post(reverse("second-step"), {"code": code_of(device, 1)}).status_code == 422
    assert client.post(reverse("second-step"), {"code": codes[0]}).status_code == 302 and is_in(client)


def test_who_has_the_password_alone_slows_the_phone_down_by_minutes_and_not_by_days(client, prepared):
    person, device, _codes = prepared
    TOTPDevice.objects.update(throttling_failure_count=40, throttling_failure_timestamp=timezone.now() - timedelta(minutes=4))
    give_password(client, person)
    assert client.post(reverse("second-step"), {"code": code_of(device, 1)}).status_code == 422, "it is slowed down"
    TOTPDevice.objects.update(throttling_failure_timestamp=timezone.now() - timedelta(minutes=5))
    assert client.post(reverse("second-step"), {"code": code_of(device, 1)}).status_code == 302 and is_in(client)
