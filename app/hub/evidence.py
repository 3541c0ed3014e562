"""Whether the hub has the files that a clearing rests on.

A store over the network may be silent for half a minute. It is therefore asked between two transactions, not
within one that keeps others from their areas: what is not known yet is taken to be there, and before anything
is kept the push is decided again with the answers.
"""

from __future__ import annotations

from collections.abc import Iterable

from app.hub.objects import Blobs


class NeedFiles(Exception):
    """The store has to be asked for files (`Evidence.look`), and the push is decided again."""


class Evidence:
    """The files that one push rests on; a store in a folder is asked at once."""

    def __init__(self, blobs: Blobs | None) -> None:
        self._blobs = blobs  # None: of what needs no files
        self._known: dict[str, bool] = {}
        self._missed: set[str] = set()

    def has(self, names: Iterable[str]) -> bool:
        """Whether the files with these SHA-256 are at the hub, as far as is known; see `settle`."""
        names = list(names)
        self._missed.update(name for name in names if name not in self._known)
        if self._missed and self._blobs is not None and self._blobs.is_folder:
            self.look()
        return all(self._known.get(name, True) for name in names)

    def settle(self) -> None:
        """Raises NeedFiles where something was decided upon files that nobody has looked for."""
        if self._missed:
            raise NeedFiles

    def look(self) -> None:
        """Ask the store for what was missed; raises StoreFailure where it does not answer."""
        assert self._blobs is not None, "nothing that rests on files is decided without a store"
        while self._missed:
            name = next(iter(self._missed))
            self._known[name] = self._blobs.size(name) is not None
            self._missed.discard(name)
