"""The page about the API says all that the API says, and nothing that it does not."""

import re
from pathlib import Path

from citylab.permissions import ACCESS
from reports.addresses.api import urlpatterns
from reports.api import areas, cases
from reports.api.reports import LimitedJSONParser
from reports.api.schemas import REPORT
from reports.photos import receiving
from reports.refusals import SENTENCES

PAGE = (Path(__file__).parents[2] / "docs" / "api.md").read_text()


def test_every_code_of_a_refusal_is_documented_and_every_documented_one_is_real():
    section = PAGE.split("## Errors")[1].split("A photo's problem")[0]
    documented = set(re.findall(r"`([a-z]+(?:_[a-z]+)+|outside)`", section)) - {"same_case"}
    assert documented == set(SENTENCES)


def test_every_code_of_a_photo_is_documented():
    codes = {kind.code for kind in receiving.PhotoRefused.__subclasses__()}
    assert codes == set(re.findall(r"`([a-z_]+)`", PAGE.split("A photo's problem has `code`:")[1]))


def test_every_member_of_a_report_is_documented():
    table = PAGE.split("| member | meaning |")[1].split("\n\n")[0]
    assert set(REPORT["properties"]) <= set(re.findall(r"`([a-z_]+)`", table))


def test_every_filter_is_documented():
    table = PAGE.split("| list | filters |")[1].split("\n\n")[0]
    assert set(re.findall(r"`([a-z]+)`", table)) >= {*cases.FILTERS, *areas.FILTERS}


def test_every_address_is_documented_and_has_its_audience():
    for pattern in urlpatterns:
        assert pattern.name in ACCESS
        assert re.sub(r"<\w+:(\w+)>", lambda found: {"uuid": "<id>", "position": "<n>"}[found[1]], f"/api/v1/{pattern.pattern}") in PAGE


def test_the_limit_of_a_body_is_the_documented_one():
    from reports.api.body import MAX_BODY

    assert f"at most {MAX_BODY // 1024} KB" in PAGE and LimitedJSONParser.media_type == "application/json"
