"""Signs with a QR code: the page behind them, making and printing them, and the proof of being there."""

import json
import re
import shutil
import subprocess
from datetime import timedelta

import pytest
from django.contrib.gis.geos import MultiPolygon, Point
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.utils import timezone

from reports.csv_list import ListUnreadable
from reports.models import Notice, Place, Sign
from reports.pages.staff_signs import read_point
from reports.signs import known as signs
from reports.signs.from_list import load_signs
from reports.signs.known import SignRefused, Wanted, make_sign, parse_sign_code, proof_of, proves, sign_of
from reports.signs.sheet import qr_svg, sheet

pytestmark = pytest.mark.django_db

HERE = (108.205, 16.055)


@pytest.fixture
def dispatcher(member):
    return member("dispatcher")


@pytest.fixture
def sign(two_areas, dispatcher):
    """Makes a sign in the western unit: `sign(name="…")`."""

    def make(name: str = "Bãi biển, cột 3", lon: float = HERE[0], lat: float = HERE[1], **fields) -> Sign:
        return make_sign(Wanted(name, lon=lon, lat=lat, **fields), dispatcher)

    return make


# --- codes and proofs --------------------------------------------------------------------------------


def test_a_code_is_short_and_has_no_letter_that_reads_like_another(sign):
    for _number in range(20):
        assert re.fullmatch("[0-9A-HJKMNP-TV-Z]{6}", sign().code)


@pytest.mark.parametrize("typed", ["{}", "{lower}", " {} ", "{spaced}", "{dashed}"])
def test_a_sign_is_found_however_its_code_is_typed(sign, typed):
    made = sign()
    text = typed.format(made.code, lower=made.code.lower(), spaced=f"{made.code[:3]} {made.code[3:]}", dashed=f"{made.code[:3]}-{made.code[3:]}")
    assert sign_of(text) == made


@pytest.mark.parametrize("typed", ["", "AB", "U" * 6, "A" * 9, "💩💩💩💩", "../../etc"])
def test_what_is_no_code_finds_nothing(typed, db):
    assert parse_sign_code(typed) is None and sign_of(typed) is None


def test_letters_that_read_alike_are_the_same():
    assert parse_sign_code("oil-123") == "011123"


def test_a_proof_is_good_for_its_own_sign_and_for_two_hours(sign, monkeypatch):
    made, other = sign(), sign("Chợ")
    token = proof_of(made)
    assert proves(token, made)
    assert not proves(token, other)
    assert not proves(token[:-1] + ("A" if token[-1] != "A" else "B"), made)
    assert not proves("", made) and not proves(made.code, made)
    monkeypatch.setattr(signs, "PROOF_AGE", timedelta(seconds=-1))
    assert not proves(token, made)


# --- the page ----------------------------------------------------------------------------------------


def test_the_page_says_where_this_is_and_leads_to_the_report(client, sign):
    made = sign()
    page = client.get(f"/q/{made.code}/").content.decode()
    assert "Bãi biển, cột 3" in page and f'href="/bao/?sign={made.code}"' in page


def test_a_code_in_small_letters_leads_to_the_page(client, sign):
    made = sign()
    assert client.get(f"/q/{made.code.lower()}/")["Location"] == f"/q/{made.code}/"


@pytest.mark.parametrize("active", [True, False])
def test_an_unknown_sign_and_one_out_of_use_still_lead_on(client, sign, dispatcher, active):
    made = sign()
    code = "000000" if active else made.code
    signs.set_active(made, active, dispatcher)
    answer = client.get(f"/q/{code}/")
    assert answer.status_code == 404
    assert "Bảng QR này không còn dùng" in answer.content.decode() and 'href="/bao/"' in answer.content.decode()


def test_the_page_lists_what_is_within_100_metres_open_first(client, sign, case):
    made = sign()
    now = timezone.now()
    open_here, clean_here = case(lon=108.2055, at=now - timedelta(days=3)), case(status="cleaned", at=now - timedelta(days=3))
    case(lon=108.2062)  # 128 m to the east
    case(status="cleaned", at=now - timedelta(days=30)), case(status="refused")
    page = client.get(f"/q/{made.code}/").content.decode()
    assert re.findall(r'href="/diem-rac/([0-9A-Z]+)/\?sign', page) == [open_here.code, clean_here.code]
    assert page.index("Đã có người báo ở đây") < page.index(open_here.code) < page.index("Đã dọn trong hai tuần qua")


def test_its_links_carry_a_fresh_proof_that_nobody_keeps(client, sign, case):
    from html import unescape
    from urllib.parse import parse_qs, urlsplit

    made = sign()
    case(status="cleaned", at=timezone.now() - timedelta(days=3))
    answer = client.get(f"/q/{made.code}/")
    link = unescape(re.search(r'href="(/diem-rac/[^"]+)"', answer.content.decode())[1])
    query = parse_qs(urlsplit(link).query)
    assert query["sign"] == [made.code] and proves(query["proof"][0], made)
    assert answer["Cache-Control"] == "no-store"


def test_a_notice_greets_people_at_its_signs(client, sign):
    made = sign()
    Notice.objects.create(title="Sau bão: đang dọn", stretch=MultiPolygon(made.location.buffer(0.001), srid=4326), starts_at=timezone.now() - timedelta(hours=1))
    assert "Sau bão" in client.get(f"/q/{made.code}/").content.decode()


# --- making --------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "wanted,problems",
    [
        (Wanted("", lon=108.205, lat=16.055), {"name": "missing"}),
        (Wanted("x" * 121, lon=108.205, lat=16.055), {"name": "too_long"}),
        (Wanted("x", kind="bus", lon=108.205, lat=16.055), {"kind": "unknown"}),
        (Wanted("x"), {"place": "missing"}),
        (Wanted("x", lon=300, lat=16), {"place": "unreadable"}),
        (Wanted("x", lon=0, lat=0), {"place": "outside"}),
    ],
)
def test_a_sign_that_cannot_be_made_says_why(two_areas, dispatcher, wanted, problems):
    with pytest.raises(SignRefused) as refusal:
        make_sign(wanted, dispatcher)
    assert refusal.value.problems == problems
    assert Sign.objects.count() == 0


def test_a_sign_stands_at_its_place_and_in_its_unit(two_areas, dispatcher):
    place = Place.objects.create(kind="market", code="m1", name="Chợ Hàn", location=Point(*HERE, srid=4326))
    made = make_sign(Wanted("Chợ Hàn, cổng 1", place=place), dispatcher)
    assert (made.location.coords, made.area, made.place) == (HERE, two_areas[0], place)


def test_an_officer_makes_signs_in_the_own_areas_only(two_areas, member):
    officer = member("officer", areas=[two_areas[1]])
    with pytest.raises(SignRefused) as refusal:
        make_sign(Wanted("x", lon=HERE[0], lat=HERE[1]), officer)
    assert refusal.value.problems == {"place": "other_area"}
    assert make_sign(Wanted("x", lon=108.215, lat=16.055), officer).area == two_areas[1]


def test_an_analyst_sees_signs_and_makes_none(client, sign, member):
    client.force_login(member("analyst"))
    assert 'name="verb"' not in client.get("/dieu-hanh/bien/").content.decode()
    assert client.post("/dieu-hanh/bien/", {"verb": "make", "name": "x", "point": "16.055, 108.205"}).status_code == 403


def test_an_officer_cannot_take_a_sign_of_another_area_out_of_use(client, sign, member, two_areas):
    made = sign()
    client.force_login(member("officer", areas=[two_areas[1]]))
    assert made.code not in client.get("/dieu-hanh/bien/").content.decode()
    assert client.post("/dieu-hanh/bien/", {"verb": "deactivate", "sign": made.code}).status_code == 403
    assert Sign.objects.get().active


@pytest.mark.parametrize("typed", ["16.055, 108.205", "108.205 16.055", "16,055; 108,205", "16.055°, 108.205°"])
def test_coordinates_are_read_in_either_order(typed, settings):
    assert read_point(typed) == HERE


@pytest.mark.parametrize("typed", ["16.055", "a b", "1 2 3", "<script>1,2", ""])
def test_what_are_no_coordinates_is_not_guessed(typed):
    assert read_point(typed) is None


def test_a_sign_is_made_by_choosing_a_place_that_was_searched_for(client, dispatcher, two_areas):
    from reports.geography.search_text import search_column

    Place.objects.create(kind="market", code="m1", name="Chợ Hàn", search=search_column(["Chợ Hàn"]), location=Point(*HERE, srid=4326))
    client.force_login(dispatcher)
    form = {"verb": "make", "name": "Cổng 1", "kind": "market", "where": "cho han"}
    answer = client.post("/dieu-hanh/bien/", form)
    assert answer.status_code == 422 and 'value="place:m1"' in answer.content.decode() and 'value="Cổng 1"' in answer.content.decode()
    assert client.post("/dieu-hanh/bien/", {**form, "pick": "place:m1"}).status_code == 302
    made = Sign.objects.get()
    assert (made.place.code, made.kind, made.created_by) == ("m1", "market", dispatcher)


def test_a_sign_without_a_place_keeps_what_was_typed(client, dispatcher, two_areas):
    client.force_login(dispatcher)
    answer = client.post("/dieu-hanh/bien/", {"verb": "make", "name": "Cổng <1>", "kind": "market", "point": "đâu đó"})
    page = answer.content.decode()
    assert answer.status_code == 422 and "<title>Lỗi:" in page
    assert "Cổng &lt;1&gt;" in page and "đâu đó" in page and "không đọc được thành toạ độ." in page


def test_forms_of_the_page_need_the_token_against_forgery(sign, dispatcher):
    made = sign()
    client = Client(enforce_csrf_checks=True)
    client.force_login(dispatcher)
    assert client.post("/dieu-hanh/bien/", {"verb": "deactivate", "sign": made.code}).status_code == 403


def test_signs_are_also_csv_and_json(client, sign, dispatcher):
    made = sign()
    client.force_login(dispatcher)
    (row,) = json.loads(client.get("/dieu-hanh/bien/?format=json").getvalue())
    assert (row["code"], row["lon"], row["area"], row["address"]) == (made.code, HERE[0], "W1", f"http://localhost:8000/q/{made.code}/")


# --- a list ----------------------------------------------------------------------------------------------


LIST = "name,name_en,kind,lon,lat\nCột 1,Post 1,beach,108.205,16.055\nCột 2,,beach,108.206,16.055\n"


def test_a_list_becomes_signs_and_again_changes_nothing(two_areas, dispatcher):
    assert len(load_signs(LIST.encode(), dispatcher).made) == 2
    again = load_signs(LIST.encode(), dispatcher)
    assert (again.made, again.known, Sign.objects.count()) == ([], 2, 2)


def test_bad_lines_are_told_with_number_and_reason_and_the_good_ones_are_taken(two_areas, dispatcher):
    text = LIST + ",,beach,108.205,16.055\nCột 4,,beach,ở đây,16.055\nCột 5,,beach,0,0\n"
    loaded = load_signs(text.encode(), dispatcher)
    assert loaded.bad == [(4, {"name": "missing"}), (5, {"place": "unreadable"}), (6, {"place": "outside"})]
    assert [made.name for made in loaded.made] == ["Cột 1", "Cột 2"]


def test_a_strict_list_is_taken_whole_or_not_at_all(two_areas, dispatcher):
    assert load_signs((LIST + "x,,beach,0,0\n").encode(), dispatcher, strict=True).made == []
    assert Sign.objects.count() == 0


def test_a_list_from_a_spreadsheet_is_read(two_areas, dispatcher):
    text = "\ufeff" + LIST.replace(",", ";").replace("108.2", "108,2").replace("16.0", "16,0")
    assert len(load_signs(text.encode(), dispatcher).made) == 2


@pytest.mark.parametrize(
    "content,reason",
    [(b"", "columns_missing"), (b"name,lat\nx,1\n", "columns_missing"), (b"name,lon,lat\n", "empty"), ("tên".encode("utf-16"), "not_utf8"),
     (b"name,lon,lat\n" + b"x,1,1\n" * 2001, "too_many"), (b"x" * (2**20 + 1), "too_large"), (b"\x89PNG\r\n\x1a\n\x00", "not_utf8")],
)  # fmt: skip
def test_a_file_that_is_no_list_says_what_it_lacks(db, dispatcher, content, reason):
    with pytest.raises(ListUnreadable) as trouble:
        load_signs(content, dispatcher)
    assert trouble.value.reason == reason


def test_the_page_shows_the_lines_that_could_not_be_used(client, two_areas, dispatcher):
    client.force_login(dispatcher)
    file = SimpleUploadedFile("a.csv", (LIST + "Cột 5,,beach,0,0\n").encode(), "text/csv")
    page = client.post("/dieu-hanh/bien/", {"verb": "load", "list": file}).content.decode()
    assert "Dòng 4:" in page and "nằm ngoài thành phố." in page and Sign.objects.count() == 2


# --- on paper ----------------------------------------------------------------------------------------------


def pictures_of(pdf: bytes, folder, dpi: int) -> list:
    if shutil.which("pdftoppm") is None:
        pytest.skip("needs pdftoppm: apt-get install poppler-utils")
    (folder / "signs.pdf").write_bytes(pdf)
    subprocess.run(["pdftoppm", "-r", str(dpi), "-gray", "-png", folder / "signs.pdf", folder / "page"], check=True)
    return sorted(folder.glob("page*.png"))


@pytest.mark.parametrize("layout,pages", [("large", 7), ("small", 2)])
def test_the_printed_code_can_be_scanned_and_leads_to_the_sign(sign, settings, tmp_path, layout, pages):
    cv2 = pytest.importorskip("cv2", reason="needs OpenCV: install requirements-ai.lock")
    settings.SITE_URL = "https://citylab.example.org"
    made = [sign(f"Bãi biển Mỹ Khê, cột cứu hộ số {number}") for number in range(7)]
    found = pictures_of(sheet(made, layout), tmp_path, 150)
    assert len(found) == pages
    read: list[str] = []
    for picture in found:
        whole = cv2.imread(str(picture))
        for size in (1, 0.75, 0.5):  # a phone looks more than once, too
            shrunk = cv2.resize(whole, None, fx=size, fy=size, interpolation=cv2.INTER_AREA)
            ok, texts, *_ = cv2.QRCodeDetectorAruco().detectAndDecodeMulti(shrunk)
            read += texts if ok else []
    assert sorted(set(read) - {""}) == sorted(f"https://citylab.example.org/q/{each.code}/" for each in made)


def test_the_words_on_paper_are_vietnamese_with_every_mark(sign, tmp_path):
    if shutil.which("pdftotext") is None:
        pytest.skip("needs pdftotext: apt-get install poppler-utils")
    (tmp_path / "signs.pdf").write_bytes(sheet([sign("Thùng rác đường Nguyễn Hữu Thọ", name_en="Bin on Nguyen Huu Tho street")]))
    text = subprocess.run(["pdftotext", "-layout", tmp_path / "signs.pdf", "-"], check=True, capture_output=True, text=True).stdout
    for words in ("Thấy rác?", "Quét mã này.", "Seen waste? Scan this code.", "Thùng rác đường Nguyễn Hữu Thọ", "Bin on Nguyen Huu Tho street", "0236 1022"):
        assert words in text


def test_around_the_code_four_modules_stay_white():
    svg = qr_svg("https://example.org/q/ABC123/")
    side = int(re.search(r'viewBox="0 0 (\d+) \1"', svg)[1])
    first = re.search(r'd="M(\d+) (\d+)', svg)
    assert (int(first[1]), int(float(first[2]))) == (4, 4) and (side - 8 - 17) % 4 == 0


def test_the_same_signs_give_the_same_file(sign):
    made = [sign(), sign("Chợ")]
    assert sheet(made) == sheet(made)


def test_a_sign_with_markup_in_its_name_fetches_nothing_and_prints_it(sign, tmp_path, caplog):
    made = sign('<img src="file:///etc/passwd"><b>x')
    (tmp_path / "signs.pdf").write_bytes(sheet([made]))
    assert b"/XObject" not in (tmp_path / "signs.pdf").read_bytes()


def test_all_signs_in_use_are_printed_and_one_is_named_by_its_code(client, sign, dispatcher):
    first, second = sign("Cột 1"), sign("Cột 2")
    signs.set_active(second, False, dispatcher)
    client.force_login(dispatcher)
    answer = client.get("/dieu-hanh/bien/in/")
    assert answer["Content-Type"] == "application/pdf" and answer.content.startswith(b"%PDF-")
    assert answer["Content-Disposition"] == f'inline; filename="signs-{first.code}.pdf"'
    assert client.get("/dieu-hanh/bien/in/", {"sign": second.code}).status_code == 422


@pytest.mark.parametrize("query", [{"layout": "poster"}, {"part": "0"}, {"part": "x"}])
def test_an_address_of_a_print_that_does_not_exist_is_not_found(client, sign, dispatcher, query):
    sign()
    client.force_login(dispatcher)
    assert client.get("/dieu-hanh/bien/in/", query).status_code == 404
