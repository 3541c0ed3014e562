"""What is corrected for a template is used for its next file, can be shared, and can be forgotten."""

from __future__ import annotations

from pathlib import Path

import pytest

from app.errors import Invalid
from app.exchange.learned import Shelf, corrections_of, template_key, write_mapping
from app.exchange.mapping import Column, MappingFile, read_mapping
from app.exchange.options import ImportOptions
from app.exchange.plan import plan_file
from app.exchange.report import ImportReport
from exchange_cases import HEADER, context, good_row, simple, workbook


def _read(path: Path, shelf: Shelf) -> ImportReport:
    return plan_file(path, context(recall=shelf.recall), ImportOptions()).report


def _fields(report: ImportReport) -> dict[str, str]:
    return {column.letter: column.field for column in report.mapping}


def test_a_correction_is_used_for_the_next_file_with_these_headings(tmp_path: Path) -> None:
    shelf = Shelf(tmp_path / "mappings")
    first = _read(simple(tmp_path / "九月.xlsx", good_row(1)), shelf)
    assert (_fields(first)["B"], first.learned) == ("user_org", 0)
    shelf.keep(first.templates[""], corrections_of(first.mapping, {"B": "owner_org", "I": ""}), {})
    second = _read(simple(tmp_path / "十月.xlsx", good_row(2), good_row(3)), shelf)
    assert (_fields(second)["B"], _fields(second)["I"], second.learned) == ("owner_org", "", 2)
    assert next(column.certainty for column in second.mapping if column.letter == "B") == 1.0


def test_of_a_shared_mapping_only_what_differs_is_a_correction(tmp_path: Path) -> None:
    shelf = Shelf(tmp_path / "mappings")
    first = _read(simple(tmp_path / "九月.xlsx", good_row(1)), shelf)
    whole = {column.key: column.field for column in first.mapping}
    shelf.keep(first.templates[""], corrections_of(first.mapping, whole | {"B": "owner_org"}), {})
    assert _read(simple(tmp_path / "十月.xlsx", good_row(2)), shelf).learned == 1


def test_other_headings_are_another_template(tmp_path: Path) -> None:
    shelf = Shelf(tmp_path)
    first = _read(simple(tmp_path / "a.xlsx", good_row(1)), shelf)
    shelf.keep(first.templates[""], {"使用单位": "owner_org"}, {})
    other = workbook(tmp_path / "b.xlsx", [[*HEADER, "备注"], [*good_row(1), "无"]])
    assert _fields(_read(other, shelf))["B"] == "user_org"
    assert template_key("boiler", ["县 区"]) == template_key("boiler", ["县区"])
    assert template_key("boiler", ["县区"]) != template_key("cell", ["县区"])


def test_what_is_given_now_beats_what_was_learned(tmp_path: Path) -> None:
    path = simple(tmp_path / "a.xlsx", good_row(1))
    shelf = Shelf(tmp_path / "mappings")
    shelf.keep(_read(path, shelf).templates[""], {"使用单位": "owner_org"}, {})
    given = ImportOptions(mapping=MappingFile({"B": "note"}))
    assert _fields(plan_file(path, context(recall=shelf.recall), given).report)["B"] == "note"


def test_a_forgotten_template_is_read_as_at_first(tmp_path: Path) -> None:
    path = simple(tmp_path / "a.xlsx", good_row(1))
    shelf = Shelf(tmp_path / "mappings")
    template = _read(path, shelf).templates[""]
    shelf.keep(template, {"使用单位": "owner_org"}, {})
    shelf.forget(template)
    assert (_fields(_read(path, shelf))["B"], _read(path, shelf).learned) == ("user_org", 0)
    shelf.forget(template)  # twice does no harm


def test_a_kept_mapping_is_a_mapping_file(tmp_path: Path) -> None:
    columns = {'吨位"新"\\旧': "rated_tph", "备注": "-"}
    write_mapping(tmp_path / "m.toml", MappingFile(columns, {"吨位": "MW"}, {"crs": "gcj02"}))
    again = read_mapping(tmp_path / "m.toml")
    assert (again.columns, again.units, again.answers) == (columns, {"吨位": "MW"}, {"crs": "gcj02"})


def test_repeated_headings_are_kept_by_their_letters() -> None:
    columns = [Column(1, "名称"), Column(2, "电话"), Column(3, "电话"), Column(4, "X")]
    chosen = {"A": "user_org", "C": "contact_phone", "D": ""}
    assert corrections_of(columns, chosen) == {"名称": "user_org", "C": "contact_phone", "D": "-"}


def test_a_damaged_or_outdated_mapping_stops_nobody(tmp_path: Path) -> None:
    path = simple(tmp_path / "a.xlsx", good_row(1))
    shelf = Shelf(tmp_path / "mappings")
    template = _read(path, shelf).templates[""]
    shelf.keep(template, {"使用单位": "a_field_of_old"}, {})
    assert _fields(_read(path, shelf))["B"] == "user_org"
    shelf.path(template).write_text("[columns", "utf-8")
    assert _fields(_read(path, shelf))["B"] == "user_org"
    with pytest.raises(Invalid):
        read_mapping(shelf.path(template))
