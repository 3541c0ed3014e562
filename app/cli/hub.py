"""Commands of the bureau's server: make it, run it, invite and revoke laptops, look at it, copy it."""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

from app.cli.answer import Answer, note, print_lines, table
from app.cli.declare import Command, option, word
from app.cli.headings import named_pairs
from app.cli.shell import Shell
from app.cli.sync import RECOVERY, recovery_key
from app.i18n import N_, listed, tr

if TYPE_CHECKING:
    from app.hub.place import HubPlace

FOLDER = N_("The hub's folder; without it GRIDWARD_HUB, or the folder one is in")
_AGAIN = N_(
    "Laptops enrolled since the backup are not known: invite them again; they join with the file they have."
)
DB = N_("The PostgreSQL address of a hub without an embedded database")


@dataclass(frozen=True)
class PlaceWords:
    """Which hub."""

    folder: Annotated[Path | None, word("DIR", FOLDER)] = None
    db: Annotated[str | None, option("--db", help_=DB)] = None


@dataclass(frozen=True, kw_only=True)
class InitWords(PlaceWords):
    """A hub to make."""

    area: Annotated[str, option("--area", help_=N_("The division it is for, such as 620800"))]
    admin: Annotated[str | None, option("--admin", help_=N_("Sign-in name of the first administrator"))] = (
        None
    )
    source: Annotated[
        Path | None, option("--from", help_=N_("A workspace whose records the hub begins with"))
    ] = None


@dataclass(frozen=True)
class ServeWords(PlaceWords):
    """How it listens."""

    host: Annotated[str, option("--host", help_=N_("The address to listen at; 0.0.0.0 is all"))] = "127.0.0.1"
    port: Annotated[int, option("--port", help_=N_("The port; 0 takes a free one"))] = 8443
    cert: Annotated[Path | None, option("--cert", help_=N_("A certificate (PEM)"))] = None
    key: Annotated[Path | None, option("--key", help_=N_("The key of the certificate (PEM)"))] = None
    no_tls: Annotated[bool, option("--no-tls", help_=N_("Plain HTTP, behind a proxy that speaks TLS"))] = (
        False
    )
    workers: Annotated[int, option("--workers", help_=N_("Processes; more than one need PostgreSQL"))] = 1
    url: Annotated[str, option("--url", help_=N_("The address laptops are told, if it is another one"))] = ""


@dataclass(frozen=True, kw_only=True)
class InviteWords(PlaceWords):
    """Whom a code is for."""

    area: Annotated[str, option("--area", help_=N_("The laptop's division, such as 620802"))]
    role: Annotated[str, option("--role", help_=N_("The highest role that works on it, R0 to R6"))]
    minutes: Annotated[int, option("--minutes", help_=N_("How long the code is good"))] = 10
    url: Annotated[str, option("--url", help_=N_("The address laptops are told, if it is another one"))] = ""
    output: Annotated[
        Path | None,
        option("-o", "--output", help_=N_("An invitation file as well, for a laptop without a network")),
    ] = None


@dataclass(frozen=True)
class AdminSecretWords:
    """Whom the admin pages are opened to."""

    login: Annotated[str, word("NAME", N_("The person's sign-in name"))]
    folder: Annotated[Path | None, word("DIR", FOLDER)] = None
    db: Annotated[str | None, option("--db", help_=DB)] = None
    url: Annotated[str, option("--url", help_=N_("The hub's address in the link, if it is another one"))] = ""


@dataclass(frozen=True)
class BundleInWords:
    """A bundle of a laptop."""

    file: Annotated[Path, word("FILE", N_("A bundle"))]
    folder: Annotated[Path | None, word("DIR", FOLDER)] = None
    db: Annotated[str | None, option("--db", help_=DB)] = None
    recovery: Annotated[Path | None, RECOVERY] = None


@dataclass(frozen=True, kw_only=True)
class HubBundleOutWords(PlaceWords):
    """For which laptop, and where to."""

    device: Annotated[str, option("--device", help_=N_("The laptop, or the beginning of its identifier"))]
    output: Annotated[Path, option("-o", "--output", help_=N_("The bundle to write, on the stick"))]


@dataclass(frozen=True, kw_only=True)
class HubBackupWords(PlaceWords):
    """Where the copy goes."""

    output: Annotated[Path, option("-o", "--output", help_=N_("The folder for the copy"))]


@dataclass(frozen=True, kw_only=True)
class ExportLogWords(PlaceWords):
    """Where the log goes."""

    output: Annotated[Path, option("-o", "--output", help_=N_("The file to write"))]


@dataclass(frozen=True)
class HubRestoreWords:
    """What is brought back."""

    backup: Annotated[Path, word("BACKUP", N_("The folder of a backup"))]
    folder: Annotated[Path | None, word("DIR", FOLDER)] = None


# What became of a laptop's batches, where that is more than being taken.
_STATES = {
    "repeat": N_("It had been taken before; nothing counts twice"),
    "gap": N_("Something before it is missing here, so it waits: carry an answer back (hub bundle out)"),
    "fork": N_(
        "That laptop was brought back from a backup: carry an answer back (hub bundle out), and its next"
        " bundle brings all it has"
    ),
    "full_uids": N_(
        "A part of it is about records that this hub does not have; nothing of that part was taken. Keep the"
        " bundle: begin a hub from the newest workspace that has them (hub init --from), and read it in again"
    ),
    "quarantined": N_("That laptop was revoked: what it brought waits until somebody has looked at it"),
    "restored": N_(
        "This hub was restored from a backup and lacks what that laptop has seen; nothing was"
        " taken. Carry a bundle back to it (hub bundle out): its next one gives back what was"
        " lost."
    ),
}


def init(shell: Shell, words: InitWords) -> Answer:
    """Make a hub."""
    from app.actions.hubs import init_hub  # late: help pages need no database

    admin = (words.admin, shell.pin(words.admin, fresh=True)) if words.admin is not None else None
    place = named_hub(words)
    document = init_hub(place, words.area, admin, words.source)
    said = [tr(N_("Made a hub for {area} in {place}"), area=words.area, place=place.folder)]
    if not document["founded"]:
        said.append(tr(N_("It is empty: the first laptop that is invited and syncs brings the records.")))
    elif admin and not os.environ.get("GRIDWARD_ADMIN_SECRET"):
        said.append(tr(N_("For the pages at /admin: hub admin-secret {name} makes a link"), name=admin[0]))
    return Answer(document, said)


def admin_secret(shell: Shell, words: AdminSecretWords) -> Answer:
    """A link to choose a passphrase by; the one in GRIDWARD_ADMIN_SECRET is set instead."""
    from app.actions import hubs  # late: help pages need no database

    given = os.environ.get(hubs.SECRET_VARIABLE, "")
    document = hubs.admin_secret(named_hub(words), words.login, words.url, given)
    if document["set"]:
        return Answer(document, [tr(N_("The passphrase of {name} is set"), name=words.login)])
    said = [
        document["link"],
        tr(N_("Good once and for a day: {name} chooses a passphrase there"), name=words.login),
    ]
    return Answer(document, said)


def serve(shell: Shell, words: ServeWords) -> None:
    """Serve until stopped."""
    from app.hub.serve import Listening, is_loopback  # late: help pages need no server
    from app.hub.serve import serve as run

    wanted = Listening(
        words.host, words.port, words.cert, words.key, not words.no_tls, words.workers, words.url
    )  # fmt: skip
    if words.no_tls and not is_loopback(words.host):
        note(tr(N_("Without TLS everything on the line can be read; laptops refuse such an address.")))

    def started(url: str, fingerprint: str) -> None:
        if shell.shared.json:
            print_lines(
                [json.dumps({"url": url, "fingerprint": fingerprint})]
            )  # one line: somebody waits for it
        else:
            print_lines([url, *([f"SHA-256 {fingerprint}"] if fingerprint else [])])
        sys.stdout.flush()

    run(named_hub(words), wanted, started)


_NOT_SERVED = N_(
    "The hub has not served yet, so this code holds neither its address nor its certificate: it is good for a"
    " laptop on this machine, or one that comes by stick. Make another while the hub serves."
)


def invite(shell: Shell, words: InviteWords) -> Answer:
    """A one-time code."""
    from app.actions.hubs import invite as make  # late: help pages need no database
    from app.domain.entities.people import ROLES

    document = make(named_hub(words), words.area, words.role, words.minutes, words.url, words.output)
    said = named_pairs({**document, "role": ROLES.label(document["role"])})
    if not document["url"]:
        said += ["", tr(_NOT_SERVED)]
    return Answer(document, said)


def devices(shell: Shell, words: PlaceWords) -> Answer:
    """Every laptop."""
    from app.actions.hubs import devices as list_  # late: help pages need no database
    from app.domain.entities.people import ROLES

    documents = list_(named_hub(words))
    headings = [tr(N_("Laptop")), tr(N_("Name")), tr(N_("Division")), tr(N_("Role")), tr(N_("Last sync")),
                tr(N_("Behind by")), tr(N_("Program")), tr(N_("Revoked"))]  # fmt: skip
    names = ("device", "label", "area", "role", "last_sync", "lag", "program", "revoked_at")
    shown = [{**item, "role": ROLES.label(item["role"])} for item in documents]
    return Answer(documents, table(headings, [[item[name] for name in names] for item in shown]))


def status(shell: Shell, words: PlaceWords) -> Answer:
    """What the hub is and holds."""
    from app.actions.hubs import status as tell  # late: help pages need no database

    document = tell(named_hub(words))
    shown = {name: value for name, value in document.items() if name != "areas"}
    rows = [[code, item["seq"], item["digest"]] for code, item in document["areas"].items()]
    headings = [tr(N_("Division")), tr(N_("Number")), tr(N_("Digest"))]
    told = [*named_pairs(shown), "", *table(headings, rows)]
    if document["founded"] and not document["administrators"]:
        said = N_("Nobody can sign in as an administrator: hub administrator NAME says who it is")
        told += ["", tr(said)]
    return Answer(document, told)


def conflicts(shell: Shell, words: PlaceWords) -> Answer:
    """The open conflicts."""
    from app.actions.hubs import conflicts as list_  # late: help pages need no database
    from app.domain.entities.conflict import KINDS

    documents = list_(named_hub(words))
    rows = [_conflict_row(item, KINDS.label(item["kind"])) for item in documents]
    headings = [tr(N_("Record")), tr(N_("Kind")), tr(N_("What stands, from")),
                tr(N_("The other value, from")), tr(N_("Decided by"))]  # fmt: skip
    return Answer(documents, table(headings, rows) if rows else [tr(N_("No conflict is open."))])


def bundle_in(shell: Shell, words: BundleInWords) -> Answer:
    """Take a bundle."""
    from app.actions.hubs import bundle_in as take  # late: help pages need no database

    if words.folder is not None and words.file.is_dir():  # the hub first, as with all other commands
        words = replace(words, file=words.folder, folder=words.file)
    document = take(named_hub(words), words.file, recovery_key(shell, words.recovery))
    return Answer(document, list(told_of_bundle(document)))


def told_of_bundle(document: dict[str, Any]) -> Iterator[str]:
    """What was taken from a stick, and what whoever carries it has to know."""
    counts = N_(
        "From laptop {device}: accepted {accepted}, merged {merged}, in conflict {conflicts}, refused"
        " {rejected}; files {blobs}"
    )
    yield tr(counts, **{name: value for name, value in document.items() if name != "states"})
    yield from (tr(_STATES[state]) for state in dict.fromkeys(document["states"]) if state in _STATES)
    back = N_("It gave back {n} changes that this hub had lost")
    asks = N_("It asks for {n} files, which the answer brings")
    counted = ("given_back", back), ("papers_wanted", asks)
    yield from (tr(told, n=document[name]) for name, told in counted if document[name])
    if document["lost_hub"]:
        told = N_(
            "It was written for hub {hub}, and nobody can prove by whom: what it brought waits for people"
        )
        yield tr(told, hub=document["lost_hub"])


def bundle_out(shell: Shell, words: HubBundleOutWords) -> Answer:
    """Write a bundle."""
    from app.actions.hubs import bundle_out as give  # late: help pages need no database

    document = give(named_hub(words), words.device, words.output)
    said = [tr(N_("{file} was written and read back: the stick may be unplugged"), file=document["bundle"])]
    if document["blobs"] or document["pictures"] or document["papers_left"]:
        papers = N_(
            "Papers: {blobs} files and {pictures} small pictures; {papers_left} files wait for the next"
        )
        said.append(tr(papers, **{name: document[name] for name in ("blobs", "pictures", "papers_left")}))
    return Answer(document, said)


def backup(shell: Shell, words: HubBackupWords) -> Answer:
    """A checked copy."""
    from app.actions.hubs import backup as copy  # late: help pages need no database

    made = copy(named_hub(words), words.output)
    return Answer({"backup": str(made)}, [tr(N_("Copied to {file}"), file=made)])


def export_log(shell: Shell, words: ExportLogWords) -> Answer:
    """Write the log for whoever checks it."""
    from app.actions.hubs import export_log as write  # late: help pages need no database

    count = write(named_hub(words), words.output)
    said = tr(N_("Wrote {n} pieces of the log to {file}"), n=count, file=words.output)
    return Answer({"file": str(words.output), "blocks": count}, [said])


def restore(shell: Shell, words: HubRestoreWords) -> Answer:
    """Bring a backup back."""
    from app.actions.hubs import restore as bring_back  # late: help pages need no database

    place = _place_of(words.folder, None)
    kept = bring_back(words.backup, place)
    lines = [tr(N_("Restored {file}"), file=place.folder), tr(_AGAIN)]
    if kept is not None:
        lines.append(tr(N_("The folder that was there is now {file}"), file=kept))
    return Answer({"restored": str(place.folder), "kept": str(kept) if kept else None}, lines)


def restored(shell: Shell, words: PlaceWords) -> Answer:
    """Tell the hub that it was brought back."""
    from app.actions.hubs import restored as tell  # late: help pages need no database

    document = tell(named_hub(words))
    said = tr(N_("Noted. Laptops give back what the hub lacks when they sync; hub status counts it"))
    return Answer(document, [said, tr(_AGAIN)])


def _conflict_row(item: dict[str, Any], kind: str) -> list[Any]:
    from app.actions.acts import author_name  # late: help pages need no database
    from app.domain.entities.people import ROLES

    record, kept, offered = item["record"], item["kept"], item["offered"]
    decides = listed(map(ROLES.label, (item["decides"] or "").split()))
    by = [side["by"] and author_name(side["by"]) for side in (kept, offered)]
    return [record["title"] or record["id"], kind, *by, decides]


def named_hub(words: Any) -> HubPlace:
    """The hub that a command names."""
    return _place_of(words.folder, words.db)


def _place_of(folder: Path | None, url: str | None) -> HubPlace:
    from app.actions.hubs import place_of  # late: help pages need no database

    return place_of(folder, url)


COMMANDS = (
    Command("hub init", N_("Make a hub for an area"), init, InitWords),
    Command(
        "hub admin-secret",
        N_("Let somebody into the admin pages: a one-time link"),
        admin_secret,
        AdminSecretWords,
    ),
    Command("hub serve", N_("Serve until stopped; prints the address"), serve, ServeWords),
    Command("hub invite", N_("Make a one-time code for a laptop"), invite, InviteWords),
    Command("hub devices", N_("List the laptops and how far they have come"), devices, PlaceWords),
    Command("hub status", N_("What the hub is and holds"), status, PlaceWords),
    Command("hub conflicts", N_("List the open conflicts"), conflicts, PlaceWords),
    Command("hub bundle in", N_("Take a laptop's bundle from a stick"), bundle_in, BundleInWords),
    Command(
        "hub bundle out", N_("Write what a laptop has not seen onto a stick"), bundle_out, HubBundleOutWords
    ),
    Command(
        "hub backup", N_("Copy an embedded hub while it serves; the copy is checked"), backup, HubBackupWords
    ),
    Command("hub export-log", N_("Write the whole log for a check by others"), export_log, ExportLogWords),
    Command("hub restore", N_("Bring a backup of an embedded hub back"), restore, HubRestoreWords),
    Command(
        "hub restored",
        N_("Tell the hub that its database was brought back from a backup"),
        restored,
        PlaceWords,
    ),
)
