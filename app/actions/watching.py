"""Long work that is watched: who hears how far it is, and who may stop it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from app.errors import Cancelled
from app.i18n import N_


@dataclass(frozen=True)
class Watch:
    """`progress(done, total, words)` hears, `cancelled()` is asked; without them the work just runs."""

    progress: Callable[[int, int, str], None] | None = None
    cancelled: Callable[[], bool] | None = None

    def ticker(self, words: str, stopped: Cancelled | None = None) -> Callable[[float], None]:
        """What the work calls with the share that is done; raises `stopped` when somebody stopped it, by
        itself that no file was written."""

        def tick(share: float) -> None:
            if self.cancelled is not None and self.cancelled():
                raise stopped or Cancelled(N_("The writing was cancelled"), hint=N_("No file was written."))
            if self.progress is not None:
                self.progress(round(share * 100), 100 if share else 0, words)  # 0 of 0: nobody knows yet

        return tick


UNWATCHED = Watch()
