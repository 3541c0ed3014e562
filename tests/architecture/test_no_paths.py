"""No file names a machine's folders or a package registry's address."""

from __future__ import annotations

import re
import tomllib

from architecture.sources import ROOT, all_files, name_of

TEXT = {"", *".py .md .toml .lock .txt .csv .sh .json .cfg .yml .xml .desktop".split()}
# Written so that this file does not contain what it looks for.
FOLDERS = re.compile(r"(?<![\w./])/(?:wo{0}rk|fa{0}rm|ro{0}ot)/\w".replace("{0}", ""))
REGISTRIES = re.compile(r"py{0}pi\.org|python{0}hosted|np{0}mjs\.|deb{0}\.debian\.org".replace("{0}", ""))


def _lines_with(pattern: re.Pattern[str]) -> list[str]:
    return [
        f"{name_of(path)}:{number} {line.strip()[:80]}"
        for path in all_files()
        if path.suffix in TEXT and path.parent != ROOT / "resources" / "licences"
        for number, line in enumerate(path.read_text("utf-8", errors="replace").splitlines(), 1)
        if pattern.search(line)
    ]


def test_no_folders_of_a_machine() -> None:
    assert _lines_with(FOLDERS) == []


def test_no_addresses_of_registries() -> None:
    assert _lines_with(REGISTRIES) == []


def test_the_lock_names_no_host_and_hashes_every_package() -> None:
    lock = (ROOT / "requirements.lock").read_text("utf-8")
    packages = re.findall(
        r"^([\w.-]+)==(?:.*\\\n)((?: +--hash=sha256:[0-9a-f]{64}(?: \\)?\n)*)", lock, re.MULTILINE
    )
    assert "://" not in lock
    assert len(packages) == len(re.findall(r"^[\w.-]+==", lock, re.MULTILINE)) > 50
    assert [name for name, hashes in packages if not hashes] == []


def test_the_lock_holds_every_package_that_is_asked_for() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))
    groups = project["dependency-groups"]
    asked = [*project["project"]["dependencies"], *groups["dev"], *groups["setup"]]
    names = {re.split(r"[\[=<>~! ]", text)[0].lower() for text in asked if isinstance(text, str)}
    lock = (ROOT / "requirements.lock").read_text("utf-8")
    assert sorted(names - set(re.findall(r"^([\w.-]+)==", lock, re.MULTILINE))) == []
