"""What can go wrong, in words for the user: what happened, what to do, and which rows or fields."""

from __future__ import annotations

from collections.abc import Sequence

from app.i18n import N_, tr

NOT_SIGNED_IN = "not_signed_in"  # the code of a refusal for want of a person


class AppError(Exception):
    """A failure the user can understand: `message` and `hint` are English templates, filled from `values`.

    `code` is the word a script reads; `exit_code` is what the command line ends with.
    """

    code = "error"
    exit_code = 1

    def __init__(
        self,
        message: str,
        *,
        hint: str = "",
        details: Sequence[object] = (),
        code: str = "",
        **values: object,
    ) -> None:
        super().__init__(message)
        self.template = message
        self.hint_template = hint
        self.details = list(details)
        self.values = values
        if code:
            self.code = code

    @property
    def message(self) -> str:
        """What happened, in the user's language."""
        return tr(self.template, **self.values)

    @property
    def hint(self) -> str:
        """What was kept and what to do, in the user's language."""
        return tr(self.hint_template, **self.values) if self.hint_template else ""

    @property
    def told(self) -> str:
        """Message and hint as running text, for where both stand in one line."""
        if not self.hint:
            return self.message
        return tr(N_("{message}. {hint}"), message=self.message.rstrip("。."), hint=self.hint)

    def __str__(self) -> str:
        return self.message


class Invalid(AppError):
    """The input cannot be taken as it is."""

    code = "invalid"


class Refused(AppError):
    """A guard of the workflow said no; nothing changed."""

    code = "refused"


class NotAllowed(AppError):
    """The person's role or area does not permit this."""

    code = "not_allowed"
    exit_code = 3


class Changed(AppError):
    """The record is no longer as the user saw it."""

    code = "changed"
    exit_code = 4


class Conflict(AppError):
    """Two changes contradict each other and a person has to choose."""

    code = "conflict"
    exit_code = 4


class StoreFailure(AppError):
    """The file cannot be read or written: damaged, full, locked, too new."""

    code = "storage"
    exit_code = 5


class HubUnreachable(AppError):
    """The bureau's server does not answer."""

    code = "hub_unreachable"
    exit_code = 6


class Cancelled(AppError):
    """The person stopped a long action; nothing changed."""

    code = "cancelled"
