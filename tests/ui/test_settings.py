"""Preferences survive a restart; a damaged file never keeps the program from starting."""

from __future__ import annotations

from pathlib import Path

import pytest

from app.errors import StoreFailure
from app.settings import Preferences, load_preferences, offered, save_preferences


def test_what_was_chosen_is_there_next_time(tmp_path: Path) -> None:
    chosen = Preferences(theme="dark", notation="dms", last_workspace="/数据/平凉.gpkg")
    save_preferences(chosen, tmp_path / "新" / "preferences.json")
    assert load_preferences(tmp_path / "新" / "preferences.json") == chosen


@pytest.mark.parametrize(
    "content", ["", "{", "[]", '{"theme": "pink"}', '{"theme": 7}', '{"unknown": "x"}', "\x00\x01"]
)
def test_a_damaged_file_falls_back_to_the_defaults(tmp_path: Path, content: str) -> None:
    file = tmp_path / "preferences.json"
    file.write_text(content, "utf-8")
    assert load_preferences(file) == Preferences()


def test_one_bad_value_does_not_lose_the_others(tmp_path: Path) -> None:
    file = tmp_path / "preferences.json"
    file.write_text('{"theme": "pink", "language": "en"}', "utf-8")
    assert load_preferences(file) == Preferences(language="en")


def test_a_place_that_cannot_be_written_is_said_clearly(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(StoreFailure) as caught:
        save_preferences(Preferences(), tmp_path / "file" / "preferences.json")
    assert str(tmp_path / "file") in caught.value.message


def test_the_dialog_offers_what_a_person_decides() -> None:
    assert [field.name for field in offered()] == ["language", "theme", "notation", "sync", "backup_folder"]
