"""What a command stands on: the workspace named, the person who signs in, progress, and the answer."""

from __future__ import annotations

import getpass
import os
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from app.cli.answer import BAR, Answer, note, print_document, print_lines
from app.errors import AppError, NotAllowed
from app.i18n import N_, tr

if TYPE_CHECKING:
    from app.actions.session import Session

PIN_VARIABLE = "GRIDWARD_PIN"
NEW_PIN_VARIABLE = "GRIDWARD_NEW_PIN"
RECOVERY_VARIABLE = "GRIDWARD_RECOVERY_PASSPHRASE"
FORMER_PIN_VARIABLE = "GRIDWARD_FORMER_PIN"
Progress = Callable[[int, int, str], None]
OpenWindow = Callable[["Path | Session | None"], int]


def has_display() -> bool:
    """Whether a window can be shown here."""
    if sys.platform in ("win32", "darwin"):
        return True
    return bool(os.environ.get("DISPLAY") or os.environ.get("WAYLAND_DISPLAY"))


class WrongUsage(AppError):
    """The words of the command do not fit together."""

    code = "usage"
    exit_code = 2


@dataclass(frozen=True)
class Shared:
    """The options every command knows, and the way to open the window, which is given from above."""

    window: OpenWindow
    workspace: Path | None = None
    person: str | None = None
    json: bool = False
    labels: bool = False
    language: str | None = None


class Shell:
    """One command's surroundings."""

    def __init__(self, shared: Shared) -> None:
        self.shared = shared
        self._typed: dict[str, str] = {}

    @property
    def labels(self) -> bool:
        """Whether codes are shown as words."""
        return self.shared.labels

    @property
    def file(self) -> Path:
        """The workspace file; raises WrongUsage when none was named."""
        if self.shared.workspace is None:
            raise WrongUsage(
                N_("No workspace was named"),
                hint=N_("Name it with -w, such as: gridward -w pingliang.gpkg {rest}"),
                rest="list boiler",
                code="no_workspace",
            )
        return self.shared.workspace

    @contextmanager
    def session(self, *, write: bool = False) -> Iterator[Session]:
        """The workspace, open and with the person signed in; reading leaves the file as it is."""
        # late: a help page or a wrong word needs no database and no geometry
        from app.actions.people import pin_giver, sign_in
        from app.actions.room import space_left, space_words
        from app.bootstrap import open_workspace

        session = open_workspace(self.file, read_only=not write)
        try:
            if write and (said := space_words(session, space_left(session))):
                note(said)
            if self.shared.person:
                sign_in(session, self.shared.person, self.pin(self.shared.person))
                if write and (giver := pin_giver(session)):
                    note(tr(N_("{name} gave you your PIN and knows it; choose your own: gridward user pin"),
                            name=giver))  # fmt: skip
            if write and (waiting := len(session.workspace.external_changes())):
                note(
                    tr(
                        N_("{n} edits of another program wait for a name and a reason: gridward seal"),
                        n=waiting,
                    )
                )
            yield session
        finally:
            session.close()

    def pin(self, name: str, *, fresh: bool = False) -> str:
        """The PIN from the environment, or asked for at the terminal, twice when it is a fresh one."""
        if name not in self._typed:  # whoever changes their PIN signs in with the old one, and types it once
            self._typed[name] = self._pin(name, PIN_VARIABLE, fresh)
        return self._typed[name]

    def new_pin(self, name: str) -> str:
        """The PIN somebody shall have from now on: from a variable of its own, or asked for twice."""
        return self._pin(name, NEW_PIN_VARIABLE, fresh=True)

    def former_pin(self, name: str) -> str:
        """A PIN that somebody had before: from a variable of its own, or asked for."""
        kept = os.environ.get(FORMER_PIN_VARIABLE)
        if kept or not _at_terminal():
            return kept or self._pin(name, FORMER_PIN_VARIABLE, fresh=False)
        return getpass.getpass(tr(N_("Former PIN of {name}: "), name=name))

    def first_pin(self, name: str) -> str:
        """The PIN of a person who is being added; a script that gives none has them start with its own."""
        own = os.environ.get(PIN_VARIABLE)
        if own and NEW_PIN_VARIABLE not in os.environ and not _at_terminal():
            note(tr(N_("{name} starts with the PIN of {variable}; let them change it: gridward user pin"),
                    name=name, variable=PIN_VARIABLE))  # fmt: skip
            return own
        return self.new_pin(name)

    def recovery_passphrase(self, *, fresh: bool = False) -> str:
        """The passphrase of a recovery key: from its variable, or asked for at the terminal."""
        kept = os.environ.get(RECOVERY_VARIABLE, "")
        if kept or not _at_terminal():
            return kept
        first = getpass.getpass(tr(N_("Passphrase of the recovery key: ")))
        if fresh and getpass.getpass(tr(N_("Once more: "))) != first:
            raise WrongUsage(
                N_("The two are not the same"), hint=N_("Nothing was changed."), code="passphrase"
            )
        return first

    def _pin(self, name: str, variable: str, fresh: bool) -> str:
        kept = os.environ.get(variable)
        if kept:
            return kept
        if not _at_terminal():
            raise NotAllowed(
                N_("There is no PIN for {name}"),
                hint=N_("Put it into the environment variable {variable}, or run this at a terminal."),
                name=name,
                variable=variable,
                code="no_pin",
            )
        return self.ask_pin(name, fresh=fresh)

    def ask_pin(self, name: str, *, fresh: bool = False) -> str:
        """The PIN typed at the terminal, unseen."""
        first = getpass.getpass(tr(N_("New PIN of {name}: ") if fresh else N_("PIN of {name}: "), name=name))
        if fresh and getpass.getpass(tr(N_("Once more: "))) != first:
            raise WrongUsage(N_("The two PINs differ"), hint=N_("Nothing was changed."), code="pin")
        return first

    def show(self, answer: Answer) -> int:
        """Print the answer, as JSON or for people; the exit code."""
        if self.shared.json:
            print_document(answer.document)
        else:
            print_lines(answer.lines)
        return answer.exit_code

    def open_window(self, file: Path | None = None) -> int:
        """Open the window, on this or the named workspace and with the named person if there are any."""
        if not (has_display() or os.environ.get("QT_QPA_PLATFORM")):
            raise AppError(
                N_("There is no display to open a window on"),
                hint=N_("Nothing was changed. Use a command (gridward --help), or demo DIR --headless."),
                code="no_display",
            )
        file = file or self.shared.workspace
        if file is None or not self.shared.person:
            return self.shared.window(file)
        from app.actions.people import sign_in  # late: the window comes up before the database is loaded
        from app.bootstrap import open_workspace

        session = open_workspace(file)
        try:
            sign_in(session, self.shared.person, self.pin(self.shared.person))
        except AppError:
            session.close()
            raise
        return self.shared.window(session)

    def progress(self) -> Progress:
        """A bar on standard error when that is a terminal, silence otherwise."""
        return BAR if sys.stderr is not None and sys.stderr.isatty() else _silence


def _at_terminal() -> bool:
    return sys.stdin is not None and sys.stdin.isatty()


def never_cancelled() -> bool:
    """The command line is cancelled with Ctrl+C, which takes back what is under way."""
    return False


def _silence(done: int, whole: int, text: str) -> None:
    """Nobody looks."""
