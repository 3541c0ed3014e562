"""Which of two versions of the program is lower."""

from __future__ import annotations

import pytest

from app.domain.versions import is_below, is_version


@pytest.mark.parametrize(
    ("program", "minimum", "below"),
    [
        ("0.9.0", "0.10.0", True),
        ("0.10.0", "0.9.0", False),
        ("1.2", "1.2.0", False),
        ("1.2.0", "1.2", False),
        ("1.2.0.dev3", "1.2", False),
        ("1.1.9-hotfix", "1.2", True),
        ("", "0.0", True),
        ("newest", "0.0.1", True),
        ("٣.0", "0.1", True),
        ("", "", False),
        ("newest", "", False),
    ],
)
def test_numbers_count_and_what_is_not_known_is_lower_than_all(
    program: str, minimum: str, below: bool
) -> None:
    assert is_below(program, minimum) is below


def test_what_is_a_version() -> None:
    assert all(map(is_version, ("1", "0.1.0", "2026.11.30.1")))
    assert not any(map(is_version, ("", "1.", "v1", "1.2.3.4.5", "1.2 ", "newest", "٣.0", "1.2.0.dev3")))
