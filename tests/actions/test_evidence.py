"""Evidence: photographs near enough and of the day; files that are missing, empty, the same or changed."""

from __future__ import annotations

import struct
from datetime import timedelta
from pathlib import Path
from zipfile import ZipFile

import pytest
from PIL import Image

from actions.office import APPLICATION, Office
from app.actions.evidence import add_evidence, evidence_of, photo_facts
from app.actions.history import history
from app.actions.records import list_records, show_record
from app.actions.upkeep import check, set_setting
from app.domain.changes import insert, update
from app.domain.entities.boiler_codes import CHECKLISTS, END_CHECKS
from app.domain.entities.setting import Setting
from app.errors import AppError, Invalid, NotAllowed, Refused, StoreFailure
from app.exchange.official_paper import Form, Photo, write_forms
from app.render.photos import read_picture
from app.ui.today.numbers import read_today
from builders import PLACE, paper, photo

IPHONE = Path(__file__).with_name("recorded") / "phone.heic"


def test_a_photograph_too_far_from_the_boiler_is_refused(office: Office) -> None:
    boiler = office.applied()
    with pytest.raises(Refused) as refused:
        office.do("officer2", "town_check", boiler, [office.site_photo(metres=140)])
    assert refused.value.code == "distance"
    assert "140" in refused.value.message
    assert office.boiler().status == "applied"
    assert not [item for item in evidence_of(office.session, boiler) if item.kind == "site_photo"]


def test_how_far_is_far_is_a_setting(office: Office) -> None:
    boiler = office.applied()
    office.as_("admin")
    set_setting(office.session, "site_photo_m", "150")
    assert office.do("officer2", "town_check", boiler, [office.site_photo(metres=140)]).state == "town_ok"


def test_a_photograph_of_another_day_is_refused(office: Office) -> None:
    boiler = office.applied()
    yesterday = office.clock.now - timedelta(days=1)
    with pytest.raises(Refused, match="2026-11-22") as refused:
        office.do("officer2", "town_check", boiler, [office.site_photo(taken=yesterday)])
    assert refused.value.code == "dates"


def test_the_day_is_that_of_pingliang_not_of_greenwich(office: Office) -> None:
    boiler = office.applied()
    office.clock.forward(hours=13)  # 23:00 in Pingliang; the camera says 00:30 of the same day there
    morning = office.clock.now - timedelta(hours=22, minutes=30)
    assert office.do("officer2", "town_check", boiler, [office.site_photo(taken=morning)]).state == "town_ok"


def test_a_photograph_as_wechat_sends_it_needs_a_reason_in_words(office: Office) -> None:
    boiler = office.applied()
    bare = office.file("site_photo", place=None, taken=None)
    with pytest.raises(Refused) as refused:
        office.do("officer2", "town_check", boiler, [bare])
    assert refused.value.code == "unproven"
    done = office.do("officer2", "town_check", boiler, [bare], reason="微信传输，现场与村干部核对门牌")
    assert done.state == "town_ok"


@pytest.mark.parametrize("bad", [0, 1, 2])
def test_every_photograph_of_one_step_is_checked(office: Office, bad: int) -> None:
    boiler = office.applied()
    far = [office.site_photo(metres=500 if at == bad else at) for at in range(3)]
    with pytest.raises(Refused) as refused:
        office.do("officer2", "town_check", boiler, far)
    assert refused.value.code == "distance"
    yesterday = office.clock.now - timedelta(days=1)
    old = [office.site_photo(at, taken=yesterday if at == bad else None) for at in range(3)]
    with pytest.raises(Refused) as refused:
        office.do("officer2", "town_check", boiler, old)
    assert refused.value.code == "dates"
    named = [detail["why"] for detail in refused.value.details]
    assert len(named) == 1, "only the wrong one"
    assert old[bad][1].name in named[0]
    wrong = [far[bad], old[bad]]
    with pytest.raises(Refused) as refused:
        office.do("officer2", "town_check", boiler, wrong)
    told = [detail["why"] for detail in refused.value.details]
    assert all(path.name in why for (_, path), why in zip(wrong, told, strict=True))
    good = [office.site_photo(metres=at) for at in range(3)]
    assert office.do("officer2", "town_check", boiler, good).state == "town_ok"


def test_the_newest_photograph_counts(office: Office) -> None:
    boiler = office.applied()
    office.as_("officer2")
    add_evidence(office.session, boiler, [office.site_photo(metres=500)])
    office.clock.forward(minutes=5)
    assert office.do("officer2", "town_check", boiler, [office.site_photo(metres=10)]).state == "town_ok"


@pytest.mark.parametrize("missing", APPLICATION)
def test_an_application_lacking_one_paper_is_refused_and_keeps_nothing(office: Office, missing: str) -> None:
    boiler = office.in_progress()
    before = {item.uid for item in evidence_of(office.session, boiler)}
    papers = [kind for kind in APPLICATION if kind != missing]
    if missing == "photo_before":  # handed in when the treatment began
        assert office.do("officer", "apply", boiler, papers).state == "applied"
        return
    with pytest.raises(Refused) as refused:
        office.do("officer", "apply", boiler, papers)
    assert refused.value.code == "evidence"
    assert {item.uid for item in evidence_of(office.session, boiler)} == before


def test_a_pressurised_boiler_needs_its_deregistration(office: Office) -> None:
    boiler = office.in_progress(pressurized=True)
    with pytest.raises(Refused, match="注销证明"):
        office.do("officer", "apply", boiler, APPLICATION)
    assert office.do("officer", "apply", boiler, [*APPLICATION, "dereg_cert"]).state == "applied"


def test_a_conversion_needs_the_notice_of_the_new_boiler(office: Office) -> None:
    boiler = office.enter()
    office.do("registrar", "register", boiler, ["nameplate"])
    office.do("registrar", "plan", boiler, treatment="coal_to_gas", due_date="2026-12-31", resp_org="柳湖镇")
    office.do("chief", "plan", boiler)
    office.do("officer", "start", boiler, ["photo_before"])
    with pytest.raises(Refused, match="新锅炉"):
        office.do("officer", "apply", boiler, APPLICATION)
    assert office.do("officer", "apply", boiler, [*APPLICATION, "new_boiler_notice"]).state == "applied"


def test_end_state_c_needs_a_monitoring_report(office: Office) -> None:
    boiler = office.town_ok()
    with pytest.raises(Refused, match="监测报告"):
        office.do("clerk", "county_accept", boiler, ["acceptance_form"], end_state="C")
    papers = ["acceptance_form", "monitoring_report"]
    with pytest.raises(Refused, match="改造后使用的燃料"):
        office.do("clerk", "county_accept", boiler, papers, end_state="C")
    for coal in ("briquette", "clean_coal", "semi_coke"):
        with pytest.raises(Refused, match="仍属燃煤"):
            office.do("clerk", "county_accept", boiler, papers, end_state="C", after_fuel=coal)
    office.do("clerk", "county_accept", boiler, papers, end_state="C", after_fuel="gas")
    first, second = "clerk", "clerk2"  # who finds something else than the first is told what that does
    assert "作废" not in office.do(second, "county_accept", boiler).message
    office.do("chief", "return", boiler, reason="补正")
    office.do("officer", "apply", boiler)
    office.do("officer2", "town_check", boiler, ["site_photo"])
    found = {"end_state": "C", "end_checks": ",".join(CHECKLISTS["C"])}
    office.do(first, "county_accept", boiler, papers, after_fuel="gas", **found)
    told = office.do(second, "county_accept", boiler, after_fuel="oil").message
    assert f"{first}此前的签字作废" in told


@pytest.mark.parametrize("end_state", ["A", "B", "C"])
def test_each_item_of_an_end_states_checklist_is_asked_for_by_name(office: Office, end_state: str) -> None:
    boiler = office.town_ok()
    given: dict[str, str] = {"end_state": end_state, "after_fuel": "gas"}
    papers = ["acceptance_form", "monitoring_report"]
    listed = CHECKLISTS[end_state]
    for item in listed:
        found = ",".join(code for code in listed if code != item) or None
        with pytest.raises(Refused) as refused:
            office.do("clerk", "county_accept", boiler, papers, end_checks=found, **given)
        assert [detail["code"] for detail in refused.value.details] == ["check"]
        assert END_CHECKS.label(item) in refused.value.message
    assert office.boiler().end_checks == ()
    office.do("clerk", "county_accept", boiler, papers, end_checks=",".join(listed), **given)
    assert office.boiler().end_checks == tuple(code for code in END_CHECKS.codes if code in listed)


def test_what_was_found_is_looked_at_anew_after_a_return(office: Office) -> None:
    boiler = office.county_ok()
    office.do("city", "return", boiler, reason="现场与材料不符")
    assert office.boiler().end_checks == ()


def test_a_seal_that_has_run_out_is_re_checked_with_a_photograph_of_the_day(office: Office) -> None:
    boiler = office.in_progress()
    office.do("registrar", "seal", boiler, ["seal_photo"], seal_no="封-17")
    with pytest.raises(Refused, match="采暖季"):
        office.do("officer", "recheck", boiler, ["recheck_photo"], sealed_until="2030-01-01")
    office.clock.forward(days=400)
    due = "status=sealed and sealed_until<=2027-12-28"
    assert [item.uid for item in list_records(office.session, "boiler", due)] == [boiler.uid]
    with pytest.raises(Refused) as refused:
        office.do("officer", "recheck", boiler)
    assert refused.value.code == "evidence"
    old = office.file("recheck_photo", taken=office.clock.now - timedelta(days=3))
    with pytest.raises(Refused) as refused:
        office.do("officer", "recheck", boiler, [old], reason="照片")
    assert refused.value.code == "dates"
    assert office.do("officer", "recheck", boiler, ["recheck_photo"], reason="封条完好").state == "sealed"
    assert (office.boiler().sealed_until, office.boiler().rechecked_on) == ("2028-11-01", "2027-12-28")
    assert list_records(office.session, "boiler", due) == []


def test_today_shows_seals_that_have_run_out_and_those_without_an_end(office: Office) -> None:
    boiler = office.in_progress()
    office.do("registrar", "seal", boiler, ["seal_photo"], seal_no="封-17")
    assert _due(office) == 0
    office.clock.forward(days=400)
    assert _due(office) == 1
    office.do("officer", "recheck", boiler, ["recheck_photo"], reason="封条完好")
    assert _due(office) == 0
    office.session.commit([update(office.boiler(), sealed_until=None)], "import")
    assert _due(office) == 1


def _due(office: Office) -> int:
    cards = {card.title: card.total.units for card in read_today(office.session).cards}
    return cards["Sealed, to be re-checked"]


def test_a_notice_into_a_year_without_holidays_is_refused_and_the_year_named(office: Office) -> None:
    boiler = office.county_ok()
    office.clock.forward(days=35)  # 28 December 2026
    with pytest.raises(Refused, match="2027") as refused:
        office.do("city", "notice", boiler)
    assert refused.value.code == "calendar"
    office.as_("admin")
    set_setting(office.session, "calendar_years", "2027")
    set_setting(office.session, "holidays", "2027-01-01/2027-01-03")
    office.do("city", "notice", boiler)
    assert office.boiler().notice_to == "2027-01-05"


def test_no_nameplate_is_taken_with_a_reason(office: Office) -> None:
    boiler = office.enter()
    with pytest.raises(Refused):
        office.do("registrar", "register", boiler)
    assert office.do("registrar", "register", boiler, reason="土锅炉，无铭牌").state == "registered"


@pytest.mark.parametrize(("made", "code"), [(None, "evidence_missing"), (b"", "evidence_empty")])
def test_a_missing_or_empty_file_is_refused_before_anything_is_written(
    office: Office, tmp_path: Path, made: bytes | None, code: str
) -> None:
    boiler = office.in_progress()
    path = tmp_path / "申请表.pdf"
    if made is not None:
        path.write_bytes(made)
    before = office.journal_length()
    papers = [*APPLICATION[1:], ("application_form", path)]
    with pytest.raises(Invalid) as refused:
        office.do("officer", "apply", boiler, papers)
    assert refused.value.code == code
    assert office.journal_length() == before
    assert office.boiler().status == "in_progress"


def test_an_unknown_kind_of_evidence_names_the_known_ones(office: Office, tmp_path: Path) -> None:
    boiler = office.enter()
    with pytest.raises(Invalid) as refused:
        add_evidence(office.session, boiler, [("selfie", paper(tmp_path / "a.pdf"))])
    assert refused.value.code == "bad_evidence"
    assert "site_photo" in refused.value.hint


def test_the_same_file_is_kept_once(office: Office, tmp_path: Path) -> None:
    boiler = office.enter()
    form = paper(tmp_path / "表.pdf")
    add_evidence(office.session, boiler, [("application_form", form)])
    before = office.journal_length()
    add_evidence(office.session, boiler, [("application_form", form), ("application_form", form)])
    assert len(evidence_of(office.session, boiler)) == 1
    assert office.journal_length() == before


def test_a_kept_file_that_was_changed_is_found(office: Office, tmp_path: Path) -> None:
    boiler = office.enter()
    add_evidence(office.session, boiler, [("application_form", paper(tmp_path / "表.pdf"))])
    assert check(office.session).ok
    (kept,) = evidence_of(office.session, boiler)
    path = office.session.workspace.attachment_path(kept.sha256)
    path.chmod(0o600)
    path.write_bytes(b"another paper")
    with pytest.raises(StoreFailure) as failure:
        office.session.workspace.verify_attachment(kept.sha256)
    assert failure.value.code == "attachment_changed"
    assert not check(office.session).ok


def test_no_step_rests_on_a_paper_that_was_changed_since(office: Office) -> None:
    boiler = office.in_progress()
    office.as_("officer")
    add_evidence(office.session, boiler, [office.file(kind) for kind in APPLICATION])
    form = next(item for item in evidence_of(office.session, boiler) if item.kind == "application_form")
    path = office.session.workspace.attachment_path(form.sha256)
    path.chmod(0o600)
    path.write_bytes(b"another paper")
    with pytest.raises(AppError) as refused:
        office.do("officer", "apply", boiler)
    assert refused.value.code == "attachment_changed"
    assert office.boiler().status == "in_progress"


def test_papers_stand_in_the_history(office: Office) -> None:
    boiler = office.enter()
    office.as_("inspector")
    add_evidence(office.session, boiler, [office.file("nameplate")])
    newest = history(office.session, "boiler", boiler.uid)[0]
    assert (newest.action, newest.person) == ("add_evidence", "inspector")
    assert [(item.field, item.before) for item in newest.changes] == [("attachment", None)]
    assert "铭牌" in newest.changes[0].after


def test_who_only_signs_adds_no_papers(office: Office) -> None:
    boiler = office.enter()
    office.as_("chief")
    with pytest.raises(NotAllowed):
        add_evidence(office.session, boiler, [office.file("other")])


def test_a_photograph_says_where_and_when(tmp_path: Path, office: Office) -> None:
    facts = photo_facts(photo(tmp_path / "a.jpg", PLACE, office.clock.now))
    assert (facts.x, facts.y) == pytest.approx(PLACE, abs=1e-5)
    assert facts.taken_at == "2026-11-23T02:00:00.000Z"


@pytest.mark.parametrize("content", [b"%PDF-1.4", b"\xff\xd8\xff\xe0 not really", b"GIF89a"])
def test_a_file_that_is_no_photograph_says_nothing(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "x.jpg"
    path.write_bytes(content)
    facts = photo_facts(path)
    assert (facts.taken_at, facts.x, facts.y) == (None, None, None)


def test_a_photograph_with_nonsense_in_its_exif_says_nothing(tmp_path: Path, office: Office) -> None:
    path = photo(tmp_path / "x.jpg", (65.0, 35.0), office.clock.now)
    whole = path.read_bytes()
    assert whole.count(struct.pack("<LL", 65, 1)) == 1
    none = whole.replace(struct.pack("<LL", 65, 1), bytes(8)).replace(b"2026:11:23", b"2026-??-23")
    path.write_bytes(none)  # a camera without a fix writes 0/0
    facts = photo_facts(path)
    assert (facts.taken_at, facts.x) == (None, None)


def test_a_photo_that_is_evidence_twice_is_shown(office: Office) -> None:
    first, second = office.in_progress(), office.planned(ledger_no="KT-2")
    photo = office.file("photo_before")
    office.do("officer", "start", second, [photo])
    office.as_("officer")
    assert show_record(office.session, "boiler", first.uid).used_again == ()
    add_evidence(office.session, first, [("photo_after", photo[1])])
    found = show_record(office.session, "boiler", first.uid).used_again
    assert [(item.attachment.kind, item.other.owner) for item in found] == [("photo_after", second.uid)]


def test_a_photograph_taken_far_away_is_shown_as_such_by_the_bureaus_own_limit(office: Office) -> None:
    boiler = office.in_progress()
    office.as_("officer")
    near, far = office.site_photo(30), office.site_photo(180)
    add_evidence(office.session, boiler, [near, far])
    shown = show_record(office.session, "boiler", boiler.uid)
    names = {item.uid: item.file_name for item in shown.attachments}
    told = {names[uid]: (place.metres, place.beyond) for uid, place in shown.photo_places.items()}
    assert told[near[1].name][1] is False
    assert told[near[1].name][0] == pytest.approx(30, abs=1)
    assert told[far[1].name][1] is True
    limit = Setting(uid=office.session.new_uid(), name="site_photo_m", value="200")
    office.session.commit([insert(limit)], "setting")
    again = show_record(office.session, "boiler", boiler.uid)
    assert not any(place.beyond for place in again.photo_places.values())


def test_a_photograph_of_an_iphone_is_judged_like_any_other(office: Office, tmp_path: Path) -> None:
    facts = photo_facts(IPHONE)
    assert (facts.taken_at, facts.x, facts.y) == ("2026-11-29T02:00:00.000Z", 106.66, 35.54)
    boiler = office.applied()
    with pytest.raises(Refused) as refused:
        office.do("officer2", "town_check", boiler, [("site_photo", IPHONE)])
    assert {detail["code"] for detail in refused.value.details} == {"distance", "dates"}
    torn = tmp_path / "断.heic"
    torn.write_bytes(IPHONE.read_bytes()[:-60])
    office.as_("officer2")
    with pytest.raises(Invalid, match=r"断\.heic"):
        add_evidence(office.session, boiler, [("site_photo", torn)])
    shown = read_picture(str(IPHONE), 48)  # taken lying, 96 by 64, with a red bar at its left
    assert (shown.width(), shown.height()) == (32, 48)
    assert shown.pixelColor(16, 4).red() > 180 > shown.pixelColor(16, 40).red()
    assert read_picture(str(torn), 48).isNull()


def test_a_photograph_larger_than_is_opened_here_is_kept_and_not_judged(
    office: Office, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    boiler = office.applied()
    large = photo(tmp_path / "两亿像素.jpg", taken=None, place=None)
    monkeypatch.setattr(Image, "MAX_IMAGE_PIXELS", 1)
    assert photo_facts(large).taken_at is None
    office.as_("officer2")
    add_evidence(office.session, boiler, [("site_photo", large)])
    assert [item.file_name for item in evidence_of(office.session, boiler)][-1] == large.name


def test_photographs_of_a_form_stand_upright_and_tell_no_place(tmp_path: Path) -> None:
    lying, turned = Image.new("RGB", (1600, 1200), "white"), Image.Exif()
    turned[0x0112] = 6  # held upright: a quarter to the right when it is shown
    turned.get_ifd(0x8825)[1] = "N"
    lying.save(tmp_path / "phone.jpg", exif=turned)
    photos = [Photo(tmp_path / "phone.jpg", "整治后"), Photo(IPHONE, "整治后")]
    write_forms(
        [Form("销号申请表", "KT-1", [("使用单位", "一中")], [("申请", "")], photos)], tmp_path / "form.docx"
    )
    with ZipFile(tmp_path / "form.docx") as package:
        named = sorted(name for name in package.namelist() if name.startswith("word/media/"))
        shown = [Image.open(package.open(name)) for name in named]
    assert sorted(picture.size for picture in shown) == [(64, 96), (620, 827)]
    assert not any(dict(picture.getexif()) for picture in shown)
