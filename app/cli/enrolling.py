"""The command by which a workspace joins a hub."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

from app.cli.answer import Answer, note
from app.cli.declare import Command, option
from app.cli.shell import Shell, WrongUsage
from app.errors import AppError
from app.i18n import N_, tr

if TYPE_CHECKING:
    from app.sync.results import EnrolDone


@dataclass(frozen=True)
class EnrolWords:
    """The hub and the code of its invitation; none for a workspace whose hub has moved."""

    hub: Annotated[
        str, option("--hub", help_=N_("The address of the hub, such as https://10.0.0.5:8443"))
    ] = ""
    code: Annotated[str, option("--code", help_=N_("The one-time code of the invitation"))] = ""
    bundle: Annotated[
        Path | None,
        option("--bundle", help_=N_("An invitation file instead of the address, without a network")),
    ] = None
    wrap: Annotated[
        bool,
        option("--wrap", help_=N_("Without a keystore of the system, wrap the keys by the PIN of --as")),
    ] = False
    new_keys: Annotated[
        bool,
        option(
            "--new-keys",
            help_=N_("The keys of this workspace cannot be opened any more: go on with new ones"),
        ),
    ] = False


def enrol(shell: Shell, words: EnrolWords) -> Answer:
    """Make this workspace a replica of a hub; without a file it is made from the hub's snapshot."""
    from app.actions.enrolling import enrol as join  # late: help pages need no network
    from app.actions.enrolling import enrol_anew, enrol_from_file

    if bool(words.hub) == (words.bundle is not None):
        raise _no_hub()
    pin = shell.pin(shell.shared.person) if words.wrap and shell.shared.person else None

    def run(session: Any) -> EnrolDone:
        known = session is not None and session.workspace.replica.enrolled
        if not words.code and (not known or words.bundle is not None or words.new_keys):
            raise _no_hub()
        if words.new_keys and session is not None:
            return enrol_anew(session, words.hub, words.code, words.bundle)
        if words.bundle is not None:
            return enrol_from_file(session, shell.file, words.bundle, words.code, pin, shell.progress())
        return join(session, shell.file, words.hub, words.code, pin, shell.progress())

    if shell.file.exists():
        with shell.session(write=True) as session:
            done = run(session)
    else:
        done = run(None)
        done = _wrapped(shell, done, pin)
    document = {
        name: getattr(done, name)
        for name in ("device", "hub", "url", "area", "root", "role", "founding", "records", "pending", "keys",
                     "waits")
    }  # fmt: skip
    return Answer({"file": str(done.file), **document}, [_joined(done), *_about_keys(done)])


def _no_hub() -> WrongUsage:
    said = N_("Say which hub: --hub URL --code CODE, or --bundle FILE --code CODE")
    return WrongUsage(said, code="no_hub_named")


def _wrapped(shell: Shell, done: EnrolDone, pin: str | None) -> EnrolDone:
    """Wrap the keys of a new file, where the system has no keystore: its people came with it, and only now
    somebody can sign in."""
    from app.actions.enrolling import lock_at_sign_in  # late: help pages need no network
    from app.actions.laptop import wrap_keys

    if not pin or done.waits or done.keys != "file":
        return done
    try:
        with shell.session(write=True) as session:
            return replace(done, keys=wrap_keys(session, pin))
    except AppError as refusal:  # the laptop has joined all the same: whoever can sign in locks them then
        note(str(refusal))
        return lock_at_sign_in(done)


def _joined(done: EnrolDone) -> str:
    if done.moved:
        return tr(
            N_("{file} has found its hub at {url}; {pending} changes wait to be sent"),
            file=done.file,
            url=done.url,
            pending=done.pending,
        )
    if done.again and not done.waits:
        return tr(
            N_("{file} has joined the hub again; {pending} changes wait to be sent"),
            file=done.file,
            pending=done.pending,
        )
    if done.waits:
        return tr(
            N_("{file} has joined the hub by invitation; carry a bundle to it (bundle out)"), file=done.file
        )
    return tr(
        N_("{file} is now a replica for {area}: {records} records, {pending} changes wait to be sent"),
        file=done.file,
        area=done.area,
        records=done.records,
        pending=done.pending,
    )


def _about_keys(done: EnrolDone) -> list[str]:
    if done.moved:
        return []
    if done.keys == "promised":
        return [tr(N_("Whoever signs in first locks the keys of this laptop with their PIN: sign in now."))]
    if done.keys != "file":
        return []
    return [tr(N_("This system has no keystore: the keys lie in a file that only this user may read"))]


COMMANDS = (Command("enrol", N_("Make this workspace a replica of a hub"), enrol, EnrolWords),)
