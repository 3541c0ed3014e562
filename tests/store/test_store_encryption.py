"""Whether a disk is encrypted, by trees that look like /sys: what stands upon what, and what each says."""

from __future__ import annotations

import os
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from app.store import encryption
from app.store.encryption import device_state, disk_state

LUKS = "CRYPT-LUKS2-0123456789abcdef-root"


@dataclass
class Tree:
    """A folder that looks like /sys."""

    root: Path

    def device(self, number: str, place: str, *upon: str, **files: str) -> Path:
        """A block device at its place, upon others, with small files (`dm_uuid` is dm/uuid)."""
        folder = self.root / "devices" / place
        (folder / "slaves").mkdir(parents=True)
        for other in upon:
            (folder / "slaves" / Path(other).name).symlink_to(self.root / "devices" / other)
        for name, text in files.items():
            file = folder / name.replace("_", "/", 1)
            file.parent.mkdir(exist_ok=True)
            file.write_text(f"{text}\n", "utf-8")
        link = self.root / "dev/block" / number
        link.parent.mkdir(parents=True, exist_ok=True)
        link.symlink_to(folder)
        return folder

    def state(self, number: str) -> str:
        return device_state(number, self.root)


@pytest.fixture
def tree(tmp_path: Path) -> Tree:
    return Tree(tmp_path / "sys")


def test_a_plain_disk_and_its_partition_are_open(tree: Tree) -> None:
    tree.device("8:0", "sda")
    tree.device("8:1", "sda/sda1", partition="1")
    assert (tree.state("8:0"), tree.state("8:1")) == ("open", "open")


def test_luks_below_lvm_is_found(tree: Tree) -> None:
    tree.device("259:0", "nvme0n1")
    tree.device("259:3", "nvme0n1/nvme0n1p3", partition="3")
    tree.device("253:0", "dm-0", "nvme0n1/nvme0n1p3", dm_uuid=LUKS)
    tree.device("253:1", "dm-1", "dm-0", dm_uuid="LVM-abc")
    assert tree.state("253:1") == "encrypted"
    assert tree.state("253:0") == "encrypted"


def test_lvm_upon_an_open_disk_is_open_and_upon_one_of_two_as_well(tree: Tree) -> None:
    tree.device("8:0", "sda")
    tree.device("8:16", "sdb")
    tree.device("253:0", "dm-0", "sdb", dm_uuid=LUKS)
    tree.device("253:1", "dm-1", "sda", dm_uuid="LVM-abc")
    tree.device("9:0", "md0", "sda", "dm-0")
    assert (tree.state("253:1"), tree.state("9:0")) == ("open", "open")


def test_a_partition_of_a_raid_upon_luks_is_encrypted(tree: Tree) -> None:
    tree.device("8:0", "sda")
    tree.device("8:16", "sdb")
    tree.device("253:0", "dm-0", "sda", dm_uuid=LUKS)
    tree.device("253:1", "dm-1", "sdb", dm_uuid="CRYPT-PLAIN-x")
    tree.device("9:0", "md0", "dm-0", "dm-1")
    tree.device("259:0", "md0/md0p1", partition="1")
    assert tree.state("259:0") == "encrypted"


def test_a_mapping_that_says_nothing_of_itself_is_not_known(tree: Tree) -> None:
    tree.device("8:0", "sda")
    tree.device("253:0", "dm-0", "sda", dm_uuid="", dm_name="veracrypt1")
    tree.device("253:1", "dm-1", dm_uuid="LVM-abc")
    assert (tree.state("253:0"), tree.state("253:1")) == ("unknown", "unknown")


def test_a_loop_stands_upon_the_disk_of_its_file(tree: Tree, tmp_path: Path) -> None:
    file = tmp_path / "image"
    file.write_bytes(b"")
    number = file.stat().st_dev
    tree.device(f"{os.major(number)}:{os.minor(number)}", "dm-0", dm_uuid=LUKS)
    tree.device("7:0", "loop0", loop_backing_file=str(file))
    assert tree.state("7:0") == "encrypted"


def test_a_btrfs_is_as_open_as_its_disks(tree: Tree) -> None:
    tree.device("8:0", "sda")
    tree.device("8:16", "sdb")
    tree.device("253:0", "dm-0", "sda", dm_uuid=LUKS)
    devices = tree.root / "fs/btrfs/uuid/devices"
    devices.mkdir(parents=True)
    (devices / "dm-0").symlink_to(tree.root / "devices/dm-0")
    assert tree.state("253:0") == "encrypted"
    (devices / "sdb").symlink_to(tree.root / "devices/sdb")
    assert tree.state("253:0") == "open"


def test_what_leads_nowhere_or_in_a_circle_is_not_known(tree: Tree, tmp_path: Path) -> None:
    tree.device("9:0", "md0", "md1")
    tree.device("9:1", "md1", "md0")
    tree.device("9:2", "md2", "gone")
    assert [tree.state(number) for number in ("9:0", "9:2", "1:1")] == ["unknown"] * 3
    assert device_state("8:0", tmp_path / "nothing") == "unknown"


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="of Linux")
def test_the_folder_is_looked_up_by_its_device_or_by_its_file_system(tree: Tree, tmp_path: Path) -> None:
    folder, mounts = tmp_path / "work", tmp_path / "mounts"
    folder.mkdir()
    number = folder.stat().st_dev
    tree.device(f"{os.major(number)}:{os.minor(number)}", "dm-0", dm_uuid=LUKS)
    mounts.write_text("/dev/x / ext4 rw 0 0\n", "utf-8")
    assert disk_state(folder, tree.root, mounts) == "encrypted"
    assert disk_state(folder, tmp_path / "nothing", mounts) == "unknown"
    mounts.write_text(f"/dev/x / ext4 rw 0 0\nme {folder} fuse.gocryptfs rw 0 0\n", "utf-8")
    assert disk_state(folder, tmp_path / "nothing", mounts) == "encrypted"
    assert disk_state(tmp_path / "gone", tree.root, mounts) == "unknown"


def test_here_and_now_it_ends_with_an_answer(tmp_path: Path) -> None:
    assert disk_state(tmp_path) in ("encrypted", "open", "unknown")


@pytest.mark.parametrize(
    ("said", "state"),
    [("1\r\n", "encrypted"), ("2\r\n", "open"), ("3\r\n", "open"), ("5\r\n", "open"), ("6\r\n", "unknown"),
     ("", "unknown"), ("The term is not recognized", "unknown")],
)  # fmt: skip
def test_what_windows_shows_of_bitlocker(monkeypatch: pytest.MonkeyPatch, said: str, state: str) -> None:
    asked: list[Any] = []

    def run(words: list[str], **_: Any) -> SimpleNamespace:
        asked.append(words[-1])
        return SimpleNamespace(stdout=said)

    monkeypatch.setattr(subprocess, "run", run)
    encryption._bitlocker.cache_clear()
    assert encryption._bitlocker("C:") == state
    assert "NameSpace('C:')" in asked[0] and "System.Volume.BitLockerProtection" in asked[0]


@pytest.mark.parametrize("drive", ["", "\\\\server\\share", "';"])
def test_nothing_but_a_drive_is_asked_about(monkeypatch: pytest.MonkeyPatch, drive: str) -> None:
    monkeypatch.setattr(subprocess, "run", None)
    encryption._bitlocker.cache_clear()
    assert encryption._bitlocker(drive) == "unknown"


def test_a_windows_without_its_shell_is_not_known(monkeypatch: pytest.MonkeyPatch) -> None:
    def none(*_: Any, **__: Any) -> None:
        raise subprocess.TimeoutExpired("powershell", 20)

    monkeypatch.setattr(subprocess, "run", none)
    encryption._bitlocker.cache_clear()
    assert encryption._bitlocker("C:") == "unknown"
    encryption._bitlocker.cache_clear()
