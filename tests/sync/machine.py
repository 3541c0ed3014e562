"""The machine that makes up stories: five laptops, a hub, bad lines, sticks, wrong clocks and accidents."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from datetime import timedelta
from pathlib import Path
from typing import Any

from hypothesis import stateful
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, precondition

from app.domain.entities.boiler import Boiler
from sync import doings
from sync.accounts import settle
from sync.replayable import Replayable, Telling, noted
from sync.town import FIVE, begin, end
from sync.world import CREWS, Killed, Laptop, World, but_for, newer, older

# In some stories only a few laptops do anything before the end, so that what one does meets what another did.
PAIRS = (("city", "town_a"), ("county", "town_b"))
CROWDS = (FIVE, *PAIRS, ("city", "town_a", "town_a2"), ("city", "county", "town_b"))
some = st.runner().flatmap(lambda story: st.sampled_from(story.crowds))
names = st.runner().flatmap(lambda story: st.sampled_from(story.crowd))
offices = st.runner().flatmap(lambda story: st.sampled_from([n for n in story.crowd if n in ABOVE]))
with_backup = st.runner().flatmap(lambda story: st.sampled_from(story.saved()))
two = st.runner().flatmap(lambda story: st.permutations(story.crowd)).map(lambda those: tuple(those[:2]))
towns = st.sampled_from(["town_a", "town_a2", "town_b"])
small = st.integers(0, 7)
fields = st.sampled_from([*doings.PLAIN, "fuel", "place", "rated_tph"])
faults = st.sampled_from(["", "apart", "lost", "deaf", "cut", "no_pull", "piece", "stale", "torn"])
answers = st.sampled_from(["", "no_pull", "deaf"])  # a push arrives, and what comes back
deeds = st.sampled_from(["edit", "step", "move", "delete"])  # what befalls a boiler that somebody else is at
# Who syncs, one after another, on which lines.
calls = st.lists(st.tuples(names, st.just("") | faults), min_size=1, max_size=2)
ABOVE = ("city", "county")  # they read and write both towns
MONTHS = (-400, -90, -1, 0, 1, 90, 400)
# What a laptop or the hub may say to a round and to a bundle; anything else is a finding.
ROUND = frozenset(("revoked",))
BUNDLE = ROUND | {"missing"}
STALE = ROUND | {"gap", "wrong_head"}  # an answer of long ago, which does not fit what has been folded since


def rule(**chosen: Any) -> Callable[[Callable[..., None]], Callable[..., None]]:
    """A rule whose words are noted."""
    return lambda work: stateful.rule(**chosen)(noted(work))


class Stories(RuleBasedStateMachine):
    """One story; everything is accounted for at its end."""

    template: Path
    crowds = CROWDS

    def __init__(self) -> None:
        super().__init__()
        self.crowd: tuple[str, ...] = FIVE
        self.telling = Telling()
        self.replayable = Replayable("story")
        self.world: World = self.begin()

    def begin(self) -> World:
        """A town of one's own."""
        return begin(self.template)

    @stateful.initialize(crowd=some)
    @noted
    def opens(self, crowd: tuple[str, ...]) -> None:
        """Who is at work in this story; the hub was backed up the night before, as every night."""
        self.crowd = crowd
        self.world.back_up_hub()

    def saved(self) -> list[str]:
        """Laptops of which there is a backup."""
        return [name for name, laptop in self.world.laptops.items() if laptop.backups]

    def _laptop(self, name: str) -> Laptop:
        return self.world.laptops[name]

    def _boiler(self, laptop: Laptop, which: int) -> Boiler | None:
        found = laptop.workspace.find(Boiler, order="ledger_no")
        return found[which % len(found)] if found else None

    def _person(self, laptop: Laptop, which: int) -> str:
        crew = CREWS[laptop.name]
        return crew[which % len(crew)]

    # ------------------------------------------------------------ people at work
    @rule(name=names, who=small, which=small, field=fields)
    def edits(self, name: str, who: int, which: int, field: str) -> None:
        """Somebody changes a field."""
        laptop = self._laptop(name)
        record = self._boiler(laptop, which)
        if record is not None:
            doings.plain_edit(laptop, self._person(laptop, who), record, field)

    @rule(first=names, second=names, which=small, field=fields)
    def edit_the_same(self, first: str, second: str, which: int, field: str) -> None:
        """Two people change the same field of the same boiler on their laptops."""
        for name in (first, second):
            self.edits(name, 0, which, field)

    @rule(both=two, which=small, deed=deeds, other=deeds, field=fields, choice=small, turned=st.booleans())
    def meet(
        self, both: tuple[str, str], which: int, deed: str, other: str, field: str, choice: int, turned: bool
    ) -> None:
        """Two people are at one boiler on their laptops and do not hear of each other; then both sync."""
        first, second = both
        record = self._boiler(self._laptop(first), which)
        for name, what in ((first, deed), (second, other)):
            self._does(name, record, what, field, choice)
        self._sync_in_turn([(second, ""), (first, "")] if turned else [(first, ""), (second, "")])

    def _does(self, name: str, record: Boiler | None, deed: str, field: str, choice: int) -> None:
        """Somebody does this to a boiler, if it is on their laptop; who may not move one edits it."""
        laptop = self._laptop(name)
        here = laptop.workspace.get(Boiler, record.uid) if record is not None else None
        if here is None:
            return
        there = doings.steps_there(laptop, here) if deed == "step" else []
        if there:
            login, action = there[choice % len(there)]
            doings.step(laptop, login, here, action)
        elif deed == "delete":
            doings.remove(laptop, self._person(laptop, choice), here)
        elif deed == "move" and name in ABOVE:
            doings.move(laptop, self._person(laptop, 0), here)
        else:
            doings.plain_edit(laptop, self._person(laptop, choice), here, field)

    @rule(name=offices, which=small, field=st.sampled_from(doings.PLAIN), fault=answers, then=calls)
    def edits_widely(
        self, name: str, which: int, field: str, fault: str, then: list[tuple[str, str]]
    ) -> None:
        """The county or the city changes a boiler of each town in one act and sends it; then others sync."""
        laptop = self._laptop(name)
        doings.edit_in_each_town(laptop, self._person(laptop, 0), which, field)
        self._sync_in_turn([(name, fault), *then])

    @rule(name=offices, which=small, then=calls)
    def moves(self, name: str, which: int, then: list[tuple[str, str]]) -> None:
        """The county or the city takes a boiler from one town to the other; then some sync."""
        laptop = self._laptop(name)
        record = self._boiler(laptop, which)
        if record is not None:
            doings.move(laptop, self._person(laptop, 0), record)
        self._sync_in_turn(then)

    @rule(name=names, which=small, choice=small)
    def steps(self, name: str, which: int, choice: int) -> None:
        """Somebody takes a step that their role may take."""
        laptop = self._laptop(name)
        record = self._boiler(laptop, which)
        there = doings.steps_there(laptop, record) if record is not None else []
        if record is not None and there:
            login, action = there[choice % len(there)]
            doings.step(laptop, login, record, action)

    @rule(name=names, number=st.integers(1, 3))
    def adds(self, name: str, number: int) -> None:
        """Somebody enters a boiler, perhaps under a number that is given elsewhere as well."""
        laptop = self._laptop(name)
        doings.add(laptop, self._person(laptop, 0), f"N-{number}")

    @rule(name=names, which=small)
    def deletes(self, name: str, which: int) -> None:
        """Somebody deletes a boiler without a life."""
        laptop = self._laptop(name)
        record = self._boiler(laptop, which)
        if record is not None:
            doings.remove(laptop, self._person(laptop, 0), record)

    @rule(name=names, who=small)
    def undoes(self, name: str, who: int) -> None:
        """Somebody takes back what they did last."""
        laptop = self._laptop(name)
        doings.take_back(laptop, self._person(laptop, who))

    @rule(name=st.sampled_from(["county", "city"]), which=small, take=st.sampled_from(["kept", "offered"]))
    def decides(self, name: str, which: int, take: str) -> None:
        """Somebody settles a conflict."""
        laptop = self._laptop(name)
        doings.decide(laptop, "clerk" if name == "county" else "city", which, take)

    @rule(name=names, which=small, state=st.sampled_from(["cleared", "registered", "returned"]))
    def forges(self, name: str, which: int, state: str) -> None:
        """A changed program writes a state without a step."""
        laptop = self._laptop(name)
        record = self._boiler(laptop, which)
        if record is not None and record.status != state:
            doings.forge(laptop, self._person(laptop, 0), record, status=state)

    @rule(name=names, which=small, kind=st.sampled_from(doings.BESIDE), then=calls)
    def lays(self, name: str, which: int, kind: str, then: list[tuple[str, str]]) -> None:
        """Somebody lays a paper beside a record, perhaps the wrong one; then some sync."""
        laptop = self._laptop(name)
        record = self._boiler(laptop, which)
        if record is not None:
            doings.attach(laptop, self._person(laptop, 0), record, kind)
        self._sync_in_turn(then)

    @rule(
        name=names,
        which=small,
        paper=st.integers(0, 20),
        laid=st.booleans(),
        honest=st.booleans(),
        then=calls,
    )
    def takes_away(
        self, name: str, which: int, paper: int, laid: bool, honest: bool, then: list[tuple[str, str]]
    ) -> None:
        """Somebody takes a paper away, perhaps one that was laid there before, by the program or past its
        rules; then some sync."""
        laptop = self._laptop(name)
        record = self._boiler(laptop, which)
        if record is None:
            return
        if laid and doings.attach(laptop, self._person(laptop, 0), record, "other"):
            self.syncs(name, "")
            paper = -1
        doings.take_away(laptop, self._person(laptop, 0), record, paper, honest=honest)
        self._sync_in_turn(then)

    # ------------------------------------------------------------ lines and sticks
    @rule(name=names, fault=faults)
    def syncs(self, name: str, fault: str) -> None:
        """A round on a good or a bad line."""
        with but_for(STALE if fault == "stale" else ROUND):
            self._laptop(name).round(fault)

    def _sync_in_turn(self, those: list[tuple[str, str]]) -> None:
        for name, fault in those:
            self.syncs(name, fault)

    @rule(which=st.integers(0, 30), cut=st.none() | st.integers(0, 4000))
    def brings(self, which: int, cut: int | None) -> None:
        """An old batch arrives by stick: again, out of order, or cut short.

        No precondition: where a kill meets a round depends on the time it takes, so the same words may have
        sent something or not, and Hypothesis wants the same rules after the same words.
        """
        if self.world.bag:
            self.world.deliver(which, cut)

    @rule(name=names, there=st.none() | small, back=st.none() | small)
    def carries(self, name: str, there: int | None, back: int | None) -> None:
        """A bundle is written, and one of this laptop's arrives, this or an older one; one of the answers is
        read, this or an older one. None is lost on its way."""
        with but_for(BUNDLE):
            self._laptop(name).carry(there, back)

    # ------------------------------------------------------------ accidents
    @rule(name=names, after=st.none() | st.integers(0, 3))
    def killed(self, name: str, after: int | None) -> None:
        """A laptop's program is killed, at rest or in the middle of a round."""
        laptop = self._laptop(name)
        if after is not None:
            with suppress(Killed), but_for(ROUND):
                laptop.round(killed_after=after)
        laptop.kill()

    @rule(name=names, then=calls)
    def backs_up(self, name: str, then: list[tuple[str, str]]) -> None:
        """A backup of a laptop is made; then some sync, itself perhaps."""
        self._laptop(name).back_up()
        self._sync_in_turn(then)

    @precondition(lambda self: self.saved())
    @rule(name=with_backup, which=small)
    def restores(self, name: str, which: int) -> None:
        """An old backup of a laptop is brought back."""
        self._laptop(name).restore(which)

    @rule(name=names, which=small, field=fields, fault=answers)
    def loses_the_laptop(self, name: str, which: int, field: str, fault: str) -> None:
        """A laptop is brought back to before what it has sent, and its people go on working."""
        laptop = self._laptop(name)
        laptop.back_up()
        self.edits(name, 0, which, field)
        self.syncs(name, fault)
        laptop.restore(len(laptop.backups) - 1)
        self.edits(name, 0, which + 1, field)
        self.syncs(name, "")

    @rule(name=names, days=st.sampled_from(MONTHS))
    def sets_clock(self, name: str, days: int) -> None:
        """A laptop's clock is months wrong, or right again."""
        self._laptop(name).clock.off = timedelta(days=days)

    @rule(name=towns, version=st.sampled_from(["older", "newer", "same"]))
    def versions(self, name: str, version: str) -> None:
        """A laptop writes its batches as another version of the program does."""
        self._laptop(name).alter = {"older": older, "newer": newer, "same": None}[version]

    @rule()
    def backs_up_hub(self) -> None:
        """A backup of the hub is made."""
        self.world.back_up_hub()

    @precondition(lambda self: self.world.hub_backups)
    @rule(which=small, declared=st.booleans(), first=calls)
    def restores_hub(self, which: int, declared: bool, first: list[tuple[str, str]]) -> None:
        """An old backup of the hub is brought back; perhaps nobody says so. These come first to it."""
        self.world.restore_hub(which, declared=declared)
        self._sync_in_turn(first)

    @rule(
        first=names, second=names, which=small, field=fields, declared=st.booleans(), back=st.booleans(),
        heard=answers,
    )  # fmt: skip
    def loses_the_hub(
        self, first: str, second: str, which: int, field: str, declared: bool, back: bool,
        heard: str = "no_pull",
    ) -> None:  # fmt: skip
        """The hub is brought back from before what one sent, without hearing of it perhaps, and another has
        fetched; both then change the same. It is given back, or its numbers are given to something else."""
        self.world.back_up_hub()
        if first in ABOVE:
            laptop = self._laptop(first)
            doings.edit_in_each_town(laptop, self._person(laptop, 0), which, "address")
        else:
            self.edits(first, 0, which, "address")
        self._sync_in_turn([(first, heard)])
        self.edits(second, 0, which + 1, "contact")
        self._sync_in_turn([(second, "")])
        self.world.restore_hub(len(self.world.hub_backups) - 1, declared=declared)
        self.edit_the_same(first, second, which, field)
        self._sync_in_turn([(second, ""), (first, "")] if back else [(first, ""), (second, "")])

    @rule(
        both=two, which=small, field=fields, heard=st.sampled_from(["", "no_pull"]),
        deed=st.sampled_from(["edit", "move"]), declared=st.booleans(),
        answer=st.just("") | st.sampled_from(["no_pull", "torn", "stale"]),
    )  # fmt: skip
    def loses_the_hub_twice(
        self, both: tuple[str, str], which: int, field: str, heard: str, deed: str, declared: bool,
        answer: str,
    ) -> None:  # fmt: skip
        """The hub is brought back twice to the same backup. In between one gives back what nobody else had
        fetched, and is answered badly perhaps, while another has been at the same boiler."""
        first, second = both
        self.edits(second, 0, which + 1, "contact")
        self._sync_in_turn([(second, ""), (first, "")])
        self.world.back_up_hub()
        record = self._boiler(self._laptop(first), which)
        self._does(first, record, "edit", field, 0)
        self._sync_in_turn([(first, heard)])
        for those in ([(second, ""), (first, answer)], []):
            self.world.restore_hub(len(self.world.hub_backups) - 1, declared=declared)
            if those:
                self._does(second, record, deed, field, 0)
            self._sync_in_turn(those)

    @precondition(lambda self: not self.world.oracle.held_back)
    @rule(name=st.sampled_from(["town_a2", "town_b"]))
    def revokes(self, name: str) -> None:
        """A laptop is reported lost."""
        self.world.revoke(name)

    def teardown(self) -> None:
        """Everybody syncs and everything is accounted for."""
        try:
            settle(self.world)
        finally:
            end(self.world)
            self.replayable.end()
