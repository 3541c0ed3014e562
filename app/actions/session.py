"""A session: an open workspace, the person who signed in, the clock, and who hears of what was written."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from app.domain.changes import Actor, Change, ChangeSet, Committed, collect, new_uid
from app.domain.entities.setting import Setting
from app.domain.limits import check_reason
from app.domain.policy import Policy
from app.domain.values import as_moment, bureau_day
from app.errors import NOT_SIGNED_IN, NotAllowed
from app.i18n import N_
from app.store.calendar import shipped_calendar
from app.store.workspace import Workspace

if TYPE_CHECKING:  # a session without a hub needs neither keys nor a network, one without a map no layers
    from app.actions.map_layers import MapLayers
    from app.store.replica_facts import ReplicaFacts
    from app.sync.keys import DeviceKeys
    from app.sync.transport import Transport


def _utc_now() -> datetime:
    return datetime.now(UTC)


@dataclass
class Session:
    """What every action takes first. `now` and `new_uid` may be set for a repeatable run.

    `keys` are this laptop's, once they have been opened; `reach` is the way to its hub (None: its address);
    `maps` is the arrangement of the map, once it has been read.
    """

    workspace: Workspace
    actor: Actor | None = None
    now: Callable[[], datetime] = _utc_now
    new_uid: Callable[[], str] = new_uid
    listeners: list[Callable[[Committed], None]] = field(default_factory=list)
    keys: DeviceKeys | None = None
    reach: Callable[[ReplicaFacts, DeviceKeys], Transport] | None = None
    maps: MapLayers | None = None

    @property
    def policy(self) -> Policy:
        """The bureau's own numbers as this workspace sets them."""
        own = Policy(calendar=shipped_calendar())
        return own.with_settings({item.name: item.value for item in self.workspace.find(Setting)})

    @property
    def today(self) -> str:
        """The ISO day in the bureau's time."""
        return bureau_day(self.now())

    def moment(self) -> str:
        """This moment as it is stored."""
        return as_moment(self.now())

    def person(self) -> Actor:
        """Who signed in; raises NotAllowed when nobody did."""
        if self.actor is None:
            raise NotAllowed(
                N_("Nobody is signed in"),
                hint=N_("Sign in first; every change carries a name."),
                code=NOT_SIGNED_IN,
            )
        return self.actor

    def commit(
        self, changes: Iterable[Change | None], action: str, reason: str = "", *, undoes: str | None = None
    ) -> Committed:
        """Write the changes as one transaction in the name of the person, and tell the listeners."""
        why = check_reason(reason.replace("\0", ""))
        change_set = ChangeSet(collect(changes), action, self.person(), why, undoes)
        if self.workspace.replica.enrolled:
            from app.actions.laptop import check_scope  # late: it stands on sessions

            check_scope(self.workspace, change_set.changes)
        committed = self.workspace.apply(change_set, at=self.now())
        self.tell(committed)
        return committed

    def tell(self, committed: Committed) -> None:
        """Tell the listeners what was written."""
        for listener in tuple(self.listeners):
            listener(committed)

    def close(self) -> None:
        """Close the workspace, and the files laid over its map."""
        if self.maps is not None:
            self.maps.close()
        self.workspace.close()
