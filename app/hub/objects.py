"""Attachments at the hub, named by their SHA-256, in a folder or an S3-compatible store.

Keys: `blobs/ab/abcd…` whole and proved, `parts/OWNER/abcd…/OFFSET` what arrived so far of one that is not
whole, `thumbnails/ab/abcd….jpg`. Hub processes share it: what is there is read from the store.
"""

from __future__ import annotations

import errno
import hashlib
import io
import os
import re
import shutil
import tempfile
import uuid
from collections.abc import Iterator
from datetime import datetime, timedelta
from itertools import chain
from pathlib import Path
from typing import IO, Any

import obstore
from obstore.exceptions import AlreadyExistsError, BaseError, NotFoundError, PermissionDeniedError
from obstore.store import LocalStore, from_url

from app import disk
from app.errors import Invalid, StoreFailure
from app.hub.database import disk_full
from app.hub.logs import say
from app.i18n import N_
from app.sync.messages import MAX_BLOB, MAX_PART

SHA256 = re.compile(r"[0-9a-f]{64}\Z")
OWNER = re.compile(r"[0-9A-Za-z-]{1,64}\Z")
FORGOTTEN_AFTER = timedelta(days=14)  # an upload that nobody went on with
RESERVE = 512 * 1024 * 1024  # bytes that attachments leave free: changes are small, and are taken to the last
UNFINISHED = 4 * MAX_BLOB  # bytes one laptop may have begun: a cut upload goes on, so an honest one has one
_LARGEST_PICTURE = 64 * 1024 * 1024
_CHUNK = 4 * 1024 * 1024
# A store that does not answer is given up before laptops give up the hub; a push waits for it meanwhile.
_CLIENT = {"connect_timeout": "5s", "timeout": "30s"}
_CLIENT_WORDS = ("allow_http", "allow_invalid_certificates", "proxy_url", "connect_timeout", "timeout")
_AGAIN = timedelta(seconds=20)
_TOLD = re.compile(r"<Code>(\w+)</Code>|status code: (\d{3} [A-Z][A-Za-z ]+)")


class Blobs:
    """The attachments of one hub. `owner` keeps the unfinished uploads of different laptops apart."""

    def __init__(self, store: Any, folder: Path | None = None) -> None:
        self._store = store
        self._folder = folder  # of a store on this machine, whose files are brought to the disk by hand

    @property
    def is_folder(self) -> bool:
        """Whether they are on this machine, which answers at once."""
        return self._folder is not None

    @classmethod
    def open(cls, place: Path | str) -> Blobs:
        """In a folder, made if need be, or at an address such as `s3://bucket/prefix` (credentials, endpoint
        from the AWS_… variables of the environment). Raises StoreFailure."""
        try:
            if isinstance(place, str) and "://" in place:
                return cls(from_url(place) if place.startswith("file:") else _over_the_network(place))
            folder = Path(place)
            folder.mkdir(parents=True, exist_ok=True, mode=0o700)
            return cls(LocalStore(folder, automatic_cleanup=True), folder)
        except (BaseError, OSError, ValueError) as error:
            raise _failure(error) from error

    def check(self) -> None:
        """Raises StoreFailure unless the store may be written and read: a bucket that is not there looks like
        an empty one to whoever only asks for a file."""
        key = f"parts/check-{uuid.uuid4()}"  # an own one: several machines may begin at once
        self._write(key, b"ok")
        self._bytes(key, 0, 2)
        self._drop([(key, 0, 2)])

    # ------------------------------------------------------------------ reading

    def size(self, sha256: str) -> int | None:
        """The bytes of a whole and proved blob; None when there is none."""
        size = self._size(_key(sha256))
        if size is None and self._folder is None:
            self._list(_key(sha256))  # fails where the bucket itself is gone, which is no answer about a file
        return size

    def offset(self, sha256: str, owner: str = "hub") -> int:
        """How many bytes of an unfinished upload are here without a gap."""
        return _reach(self._parts(sha256, owner))

    def get(self, sha256: str, start: int = 0, end: int | None = None) -> bytes:
        """Bytes `start` up to `end` (excluded) of a whole blob; raises Invalid `unknown_blob`, `range`."""
        size = self._whole(sha256)
        end = size if end is None else min(end, size)
        if not 0 <= start <= end:
            raise Invalid(N_("The attachment has no such bytes"), code="range")
        return self._bytes(_key(sha256), start, end) if end > start else b""

    def stream(self, sha256: str, start: int = 0, end: int | None = None) -> Iterator[bytes]:
        """The same in pieces that fit into memory."""
        end = self._whole(sha256) if end is None else end
        for begin in range(start, end, _CHUNK):
            yield self.get(sha256, begin, min(begin + _CHUNK, end))

    def is_undamaged(self, sha256: str) -> bool:
        """Whether a whole blob can be read and is still what its name says."""
        digest = hashlib.sha256()
        try:
            for piece in self.stream(sha256):
                digest.update(piece)
        except StoreFailure:
            return False
        return digest.hexdigest() == sha256

    def thumbnail(self, sha256: str) -> bytes | None:
        """A small JPEG of a picture, made before or now; None for what is no picture. To make one takes much
        memory, so not many are to be made at once."""
        ready = self.ready_thumbnail(sha256)
        if ready is not None:
            return ready
        from app.hub.thumbnails import thumbnail_of  # late: only a server makes small pictures

        made = thumbnail_of(self.get(sha256)) if self._whole(sha256) <= _LARGEST_PICTURE else None
        if made is not None:
            self._write(_small_key(sha256), made)
        return made

    def ready_thumbnail(self, sha256: str) -> bytes | None:
        """The same where it has been made before."""
        size = self._size(_small_key(sha256))
        return self._bytes(_small_key(sha256), 0, size) if size is not None else None

    # ------------------------------------------------------------------ writing

    def put(self, sha256: str, content: bytes | Path) -> None:
        """A whole blob at once, from memory or from a file, which is read in pieces and stays; raises Invalid
        `hash` when it is not what its name says."""
        if self.size(sha256) is not None:
            return
        try:
            with io.BytesIO(content) if isinstance(content, bytes) else content.open("rb") as whole:
                if hashlib.file_digest(whole, "sha256").hexdigest() != sha256:
                    raise _wrong_hash()
                self._check_room(whole.seek(0, os.SEEK_END))
                whole.seek(0)
                self._write(_key(sha256), whole)
        except OSError as error:  # the file cannot be read
            raise _failure(error) from error

    def put_part(
        self, sha256: str, offset: int, content: bytes, total: int | None = None, owner: str = "hub"
    ) -> int:
        """Go on with an upload; the new offset. At `total` bytes the hash is checked, only then it counts.

        Raises Invalid `offset` when the upload stands elsewhere, `too_large`, and `hash`, after which it
        begins anew.
        """
        whole = self.size(sha256)
        if whole is not None:
            return whole
        parts = self._parts(sha256, owner)
        _check_part(offset, len(content), total, _reach(parts))
        if offset == 0:
            self._check_room(total or len(content), owner)
        if offset == 0 and total == len(content):  # most photographs come in one piece
            self.put(sha256, content)
            self._drop(parts)
            return len(content)
        if offset + len(content) == total:
            self._finish(sha256, parts, content)
        else:
            self._add_part(f"{_part_folder(sha256, owner)}/{offset:012d}", content)
        return offset + len(content)

    def sweep(self, now: datetime) -> int:
        """Drop unfinished uploads that nobody went on with; how many parts went."""
        uploads: dict[str, list[Any]] = {}
        for part in self._list("parts"):
            uploads.setdefault(str(part["path"]).rpartition("/")[0], []).append(part)
        old: list[str] = []
        for parts in uploads.values():
            if max(part["last_modified"] for part in parts) < now - FORGOTTEN_AFTER:
                old += [str(part["path"]) for part in parts]
        self._drop([(path, 0, 0) for path in old])
        return len(old)

    def drop(self, sha256: str) -> None:
        """Let go of a blob, of its small picture and of what laptops have begun to send of it."""
        begun = [str(part["path"]) for part in self._list("parts") if f"/{sha256}/" in str(part["path"])]
        self._drop([(key, 0, 0) for key in (_key(sha256), _small_key(sha256), *begun)])

    # ------------------------------------------------------------------ within

    def _check_room(self, size: int, owner: str = "") -> None:
        """Raises StoreFailure `disk_full`, see `check_room`, and Invalid `too_large` for a laptop that begins
        ever more and ends none."""
        if self._folder is not None:
            check_room(self._folder, size)
        if owner and sum(int(part["size"]) for part in self._list(f"parts/{owner}")) > UNFINISHED:
            raise Invalid(
                N_("This laptop has begun too many attachments without ending them"),
                hint=N_("Those that are begun are taken; others once these are whole."),
                code="too_large",
            )

    def _whole(self, sha256: str) -> int:
        size = self.size(sha256)
        if size is None:
            raise Invalid(N_("There is no such attachment at the hub"), code="unknown_blob")
        return size

    def _parts(self, sha256: str, owner: str) -> list[tuple[str, int, int]]:
        """Key, offset and size of what arrived, in order; raises Invalid for a name that is no SHA-256."""
        found = self._list(_part_folder(sha256, owner))
        parts = [(str(item["path"]), int(str(item["path"])[-12:]), int(item["size"])) for item in found]
        return sorted(parts, key=lambda part: part[1])

    def _list(self, prefix: str) -> list[Any]:
        try:
            return [item for page in obstore.list(self._store, prefix=prefix) for item in page]
        except BaseError as error:
            raise _failure(error) from error

    def _size(self, key: str) -> int | None:
        try:
            return int(obstore.head(self._store, key)["size"])
        except (NotFoundError, FileNotFoundError):
            return None
        except BaseError as error:
            raise _failure(error) from error

    def _bytes(self, key: str, start: int, end: int) -> bytes:
        try:
            return bytes(obstore.get_range(self._store, key, start=start, end=end))
        except (BaseError, FileNotFoundError) as error:
            raise _failure(error) from error

    def _add_part(self, key: str, content: bytes) -> None:
        try:
            obstore.put(self._store, key, content, mode="create")
        except AlreadyExistsError as error:  # the same laptop sends it twice at once
            raise Invalid(N_("The upload stands at another place"), code="offset") from error
        except (BaseError, OSError) as error:
            raise _failure(error) from error
        self._settle(key)

    def _finish(self, sha256: str, parts: list[tuple[str, int, int]], last: bytes) -> None:
        """Join the parts and the last one, which is kept nowhere before: cut here, the upload stands
        before it and the laptop sends it again, instead of taking for sent what was never made whole."""
        digest = hashlib.sha256()
        try:
            # The store cannot be read while it is being written. What the system calls its folder for such
            # files may lie in memory.
            with tempfile.TemporaryFile(dir=self._folder) as whole:
                for piece in chain((self._bytes(key, 0, size) for key, _, size in parts), [last]):
                    digest.update(piece)
                    whole.write(piece)
                whole.seek(0)
                right = digest.hexdigest() == sha256
                if right:
                    self._write(_key(sha256), whole)
        except OSError as error:  # no room beside the store
            raise _failure(error) from error
        self._drop(parts)
        if not right:
            raise _wrong_hash()

    def _write(self, key: str, content: bytes | IO[bytes]) -> None:
        try:
            obstore.put(self._store, key, content)
        except (BaseError, OSError) as error:
            raise _failure(error) from error
        self._settle(key)

    def _settle(self, key: str) -> None:
        """Bring a file and its name to the disk, and the names of folders made for it: a laptop is told that
        it may forget what it sent."""
        if self._folder is None:
            return
        file = self._folder / key
        try:
            disk.sync_file(file)
            for folder in file.parents[: key.count("/") + 1]:
                disk.sync_folder(folder)
        except OSError as error:
            raise _failure(error) from error

    def _drop(self, parts: list[tuple[str, int, int]]) -> None:
        for key, _, _ in parts:
            try:
                obstore.delete(self._store, key)
            except (NotFoundError, FileNotFoundError):  # another process was quicker
                continue
            except BaseError as error:
                raise _failure(error) from error


def check_room(folder: Path, size: int) -> None:
    """Raises StoreFailure `disk_full` where so many bytes would leave less of the disk than the hub itself
    needs to go on taking changes."""
    if shutil.disk_usage(folder).free < RESERVE + size:
        raise disk_full()


def _over_the_network(place: str) -> Any:
    # obstore reads none of these from the environment once it is given one of them.
    said = {word: os.environ.get(f"AWS_{word.upper()}") for word in _CLIENT_WORDS}
    client: Any = _CLIENT | {word: value for word, value in said.items() if value}
    return from_url(place, client_options=client, retry_config={"max_retries": 5, "retry_timeout": _AGAIN})


def _key(sha256: str) -> str:
    if not SHA256.match(sha256):
        raise Invalid(N_("An attachment is named by its SHA-256 in 64 small hex digits"), code="bad_name")
    return f"blobs/{sha256[:2]}/{sha256}"


def _small_key(sha256: str) -> str:
    return f"thumbnails/{sha256[:2]}/{sha256}.jpg"


def _part_folder(sha256: str, owner: str) -> str:
    if not SHA256.match(sha256) or not OWNER.match(owner):
        raise Invalid(N_("An attachment is named by its SHA-256 in 64 small hex digits"), code="bad_name")
    return f"parts/{owner}/{sha256}"


def _reach(parts: list[tuple[str, int, int]]) -> int:
    reached = 0
    for _, offset, size in parts:
        if offset != reached:
            break
        reached += size
    return reached


def _check_part(offset: int, size: int, total: int | None, reached: int) -> None:
    if offset != reached:
        raise Invalid(N_("The upload stands at another place"), code="offset", details=[{"offset": reached}])
    if size > MAX_PART and not (offset == 0 and size == total):
        raise Invalid(N_("The part is too large"), code="too_large")
    end = offset + size
    if end > MAX_BLOB or (total is not None and (end > total or total > MAX_BLOB)):
        raise Invalid(N_("The attachment is too large"), code="too_large")
    if size == 0 and total != 0:
        raise Invalid(N_("The part is empty"), code="empty")


def _wrong_hash() -> Invalid:
    return Invalid(
        N_("The attachment arrived damaged: its content does not have the hash it is named by"),
        hint=N_("What had arrived was dropped; send it again."),
        code="hash",
    )


def _failure(error: Exception) -> StoreFailure:
    if getattr(error, "errno", 0) in (errno.ENOSPC, errno.EDQUOT) or "No space left" in str(error):
        return disk_full()
    told = list(dict.fromkeys(_TOLD.findall(str(error))))
    denied = isinstance(error, PermissionDeniedError | PermissionError) or any(
        t[1][:3] == "403" for t in told
    )
    codes = [word for words in told for word in words if word]
    say("storage", error="blobs", why=codes or [type(error).__name__])  # for who can mend it
    return StoreFailure(
        N_("The hub may not write its attachments") if denied else N_("The hub cannot reach its attachments"),
        hint=N_("Check the folder or the object store of the hub: {why}"),
        why=_why(error, codes),
        code="blobs",
    )


def _why(error: Exception, told: list[str]) -> str:
    """What an object store says (such as NoSuchBucket) before the long address of what was asked."""
    first = str(error).splitlines()[0][:200] if str(error) else type(error).__name__
    return f"{', '.join(told)} ({first})" if told else first
