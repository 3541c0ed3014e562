"""What the commands on persons do: signing in and out of trouble with PINs, adding and disabling people."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from typing import TYPE_CHECKING, Any

from PySide6.QtCore import QObject, QTimer
from PySide6.QtWidgets import QDialogButtonBox, QWidget

from app.domain.changes import Actor
from app.domain.entities.people import ROLES, Person
from app.domain.fields import Field, Kind
from app.errors import Invalid
from app.i18n import N_, tr
from app.ui.desk import Touched
from app.ui.dialogs.ask import AskDialog
from app.ui.dialogs.forgotten import ForgottenDialog
from app.ui.dialogs.signin import SignInDialog
from app.ui.frame.asking import ask_for, choice_field, hide_typing, text_field
from app.ui.frame.commands import OPEN, SIGNED_IN, Run
from app.ui.messages import tell
from app.ui.tasks import Callbacks

if TYPE_CHECKING:
    from app.ui.window import MainWindow

_NEW_PIN = N_("New PIN (6 characters or more)")


class Persons(QObject):
    """One method per action. A child of its window, so that it hears nothing more when that is gone."""

    def __init__(self, window: MainWindow) -> None:
        super().__init__(window)
        self._window = window
        self._desk = window.desk
        self._desk.sign_in_wanted.connect(self._sign_in_again)

    def bound(self) -> Mapping[str, tuple[Run, str, int]]:
        """What the actions of this kind do in the window: run, menu, need."""
        return {
            "sign_in": (self.sign_in, "person", OPEN),
            "change_pin": (self.change_pin, "person", SIGNED_IN),
            "unlock_keys": (partial(self.unlock, ""), "person", SIGNED_IN),
            "add_user": (self.add_person, "person", SIGNED_IN),
            "reset_pin": (self.reset_pin, "person", SIGNED_IN),
            "disable_user": (self.disable_person, "person", SIGNED_IN),
        }

    def sign_in(self) -> None:
        """Sign in as somebody else; where only a former PIN opens the keys it is asked for at once, and who
        has a PIN that another person knows is asked for an own one."""
        work, latest = self._window.work, self._desk.latest
        if self._desk.session is None or (self._desk.actor is not None and not work.may_leave()):
            return
        self._ask_who(self._window, latest if work.unsaved else None)

    def _sign_in_again(self, owner: QObject) -> None:
        """Something could not be saved since its person was signed out meanwhile: they sign in over it."""
        self._ask_who(owner.window() if isinstance(owner, QWidget) else self._window, self._desk.latest)

    def _ask_who(self, parent: QWidget, only: Actor | None) -> None:
        dialog = SignInDialog(self._desk, parent, only)
        dialog.forgotten.connect(self.forgotten)
        dialog.accepted.connect(lambda: self._look_at_keys(dialog.pin.text()))
        dialog.open()

    def follow(self, touched: Touched) -> None:
        """Whoever is signed in hears when the bureau has changed their role or area, or disabled them."""
        actor = self._desk.actor
        if actor is None or actor.uid not in touched.get(Person.TYPE.name, ()):
            return

        def work(session: Any, _: Any) -> str:
            from app.actions.people import follow_actor  # late: actions load after the first paint

            return follow_actor(session)

        def followed(words: str) -> None:
            if words:
                self._desk.actor_changed.emit()
                QTimer.singleShot(0, self._window, lambda: tell(self._window, words))

        def left(error: Exception) -> None:
            self._desk.actor_changed.emit()
            QTimer.singleShot(0, self._window, lambda: self._desk.failed.emit(error))

        self._desk.read(self._window, work, Callbacks(followed, left), topic="actor")

    def forgotten(self) -> None:
        """Say what to do about a PIN that nobody knows, and lead there."""
        dialog = ForgottenDialog(self._desk, self._window)
        dialog.new_keys.connect(self._window.doings.sync.join_anew)
        dialog.sync.connect(self._window.doings.sync.sync)
        dialog.open()

    def _look_at_keys(self, pin: str) -> None:
        def state(session: Any, _: Any) -> tuple[str, str]:
            from app.actions.laptop import keys_state  # late: actions load after the first paint
            from app.actions.people import pin_giver

            return keys_state(session), pin_giver(session)

        def found(state: tuple[str, str]) -> None:
            keys, giver = state
            if keys == "former":
                self.unlock(pin, giver)
            elif giver:
                self.choose_pin(pin, giver)

        self._desk.read(self._window, state, found)

    def unlock(self, pin: str, giver: str = "") -> None:
        """Open this laptop's keys with a PIN that was changed elsewhere since, by `giver` if by another."""

        def work(session: Any, values: Mapping[str, Any]) -> object:
            from app.actions.people import unlock_keys  # late: actions load after the first paint

            unlock_keys(session, values["former"], pin or values["pin"])
            return None

        now = () if pin else (text_field("pin", N_("PIN now")),)
        fields = (text_field("former", N_("Former PIN")), *now)
        said = N_("The keys are open; from now on your PIN opens them.")
        dialog = ask_for(self._window, "unlock_keys", fields, work, said)
        hide_typing(dialog, *(field.name for field in fields))
        dialog.say(
            tr(
                N_(
                    "Your PIN was changed elsewhere; the keys of this laptop still open with the former one."
                    " It is needed once. Until then nothing can be sent from here, and nothing is lost. If"
                    " nobody knows it: “PIN forgotten…” where one signs in."
                )
            )
        )
        dialog.accepted.connect(self._desk.sync.begin)
        if giver:
            dialog.accepted.connect(lambda: self.choose_pin(pin, giver))

    def change_pin(self) -> None:
        """Give oneself a new PIN."""
        self._ask_pin("")

    def choose_pin(self, pin: str, giver: str) -> None:
        """Ask for an own PIN in place of the one that `giver` gave and knows; it may be put off until the
        next time somebody signs in with it."""
        dialog = self._ask_pin(pin)
        later = dialog.foot.button(QDialogButtonBox.StandardButton.Cancel)
        if later is not None:
            later.setText(tr(N_("Later")))
        words = N_(
            "{name} gave you this PIN and knows it. Choose one that only you know: whoever knows it can sign"
            " in your name. If you do so later, you are asked again when you sign in next."
        )
        dialog.say(tr(words, name=giver))

    def _ask_pin(self, pin: str) -> AskDialog:
        """Ask for a new PIN, and for the one that counts unless it is known to be `pin`."""

        def work(session: Any, values: Mapping[str, Any]) -> object:
            from app.actions.people import change_pin  # late: actions load after the first paint

            if values["new"] != values["again"]:
                raise Invalid(N_("The two PINs differ"), hint=N_("Nothing was changed."), code="pin")
            change_pin(session, pin or values["old"], values["new"])
            return None

        now = () if pin else (text_field("old", N_("PIN now")),)
        fields = (*now, text_field("new", _NEW_PIN), text_field("again", N_("Once more")))
        dialog = ask_for(self._window, "change_pin", fields, work, N_("The PIN is changed."))
        hide_typing(dialog, *(field.name for field in fields))
        return dialog

    def add_person(self) -> None:
        """Add somebody who may sign in."""

        def work(session: Any, values: Mapping[str, Any]) -> object:
            from app.actions.people import add_user  # late: actions load after the first paint

            return add_user(
                session,
                values["login"],
                role=values["role"],
                org=values["org"] or "",
                area=values["area"] or "",
                pin=values["pin"],
            )

        fields = (
            text_field("login", N_("Sign-in name"), length=40),
            choice_field("role", N_("Role"), ROLES),
            text_field("org", N_("Organisation"), required=False, length=80),
            Field(Kind.REFERENCE, N_("Responsible area"), name="area", refers_to="division", length=12),
            text_field("pin", N_("PIN (6 characters or more)")),
        )
        hide_typing(ask_for(self._window, "add_user", fields, work, N_("The person may sign in now.")), "pin")

    def disable_person(self) -> None:
        """Stop somebody from signing in."""

        def work(session: Any, values: Mapping[str, Any]) -> object:
            from app.actions.people import disable_user  # late: actions load after the first paint

            return disable_user(session, values["login"])

        said = N_("The person may no longer sign in; what they signed stays.")
        ask_for(
            self._window, "disable_user", (text_field("login", N_("Sign-in name"), length=40),), work, said
        )

    def reset_pin(self) -> None:
        """Give somebody who forgot their PIN a new one."""

        def work(session: Any, values: Mapping[str, Any]) -> object:
            from app.actions.people import reset_pin  # late: actions load after the first paint

            return reset_pin(session, values["login"], values["pin"])

        fields = (text_field("login", N_("Sign-in name"), length=40), text_field("pin", _NEW_PIN))
        said = N_("The person has a new PIN; it reaches each laptop with its next sync.")
        dialog = ask_for(self._window, "reset_pin", fields, work, said)
        hide_typing(dialog, "pin")
        dialog.say(
            tr(
                N_(
                    "Tell it to nobody else, and let the person change it. The history keeps who gave it. A"
                    " laptop whose keys the forgotten PIN locks needs a code of the hub as well."
                )
            )
        )
