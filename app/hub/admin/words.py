"""Every word of the admin pages, by the name the templates use, so that they stand in the one catalogue."""

from __future__ import annotations

from collections.abc import Mapping

from app.i18n import N_, in_language

REVOKES_UP_TO = N_("Only laptops up to your own role can be revoked")

WORDS: Mapping[str, str] = {
    "hub": N_("Gridward hub"),
    "overview": N_("Overview"),
    "devices": N_("Laptops"),
    "people": N_("Staff"),
    "areas": N_("Areas"),
    "conflicts": N_("Conflicts"),
    "quarantine": N_("Quarantine"),
    "sign_in": N_("Sign in"),
    "sign_out": N_("Sign out"),
    "login": N_("Sign-in name"),
    "passphrase": N_("Passphrase"),
    "again": N_("Once more"),
    "sign_in_note": N_(
        "For administrators and the city bureau. It is not the PIN: a passphrase of your own, "
        "chosen by a link that an administrator makes."
    ),
    "choose_title": N_("Choose a passphrase"),
    "choose_note": N_("For these pages only. It stays at the hub, and nobody else is told."),
    "at_least": N_("Characters at least"),
    "choose": N_("Set and go in"),
    "pages": N_("These pages"),
    "let_in": N_("Make a link"),
    "let_in_title": N_("A link for one person"),
    "let_in_note": N_(
        "Shown once, good once and for a day. Give it to nobody else: who opens it acts in this name."
    ),
    "has_passphrase": N_("Has a passphrase"),
    "no_passphrase": N_("No passphrase yet"),
    "other_language": N_("In English"),
    "attention": N_("To be looked at"),
    "all_well": N_("Nothing waits for anybody."),
    "laptops_at_work": N_("Laptops at work"),
    "silent_laptops": N_("Not synced for a week"),
    "open_conflicts": N_("Open conflicts"),
    "quarantined": N_("Of them from revoked laptops"),
    "persons": N_("People who may sign in"),
    "entries": N_("Changes in all logs"),
    "area": N_("Division"),
    "engine": N_("Database"),
    "founded": N_("Founded"),
    "not_founded": N_("Not yet: the first laptop that syncs brings the records"),
    "certificate": N_("SHA-256 of the certificate's key"),
    "no_certificate": N_("None: plain HTTP, to be used on this machine or behind a proxy only"),
    "address": N_("Address for laptops"),
    "version": N_("Program"),
    "minimum": N_("Lowest version that may sync"),
    "minimum_any": N_("Any"),
    "minimum_change": N_("Change…"),
    "minimum_note": N_(
        "For when a version has a fault. A laptop below it is refused at its next sync, whichever way it "
        "comes; what is written on it stays there, safe, until a newer version is installed. Empty lets any "
        "sync."
    ),
    "minimum_own": N_("This hub runs"),
    "minimum_set": N_("Set"),
    "recovery": N_("Recovery key for bundles"),
    "recovery_since": N_("Since"),
    "recovery_none": N_("None: if the hub and its backups are lost, bundles on sticks cannot be read"),
    "disk": N_("Disk"),
    "disk_encrypted": N_("Encrypted"),
    "disk_open": N_("Not encrypted"),
    "disk_unknown": N_("Not known"),
    "open_disks": N_("Laptops with a disk that is not encrypted"),
    "broken_journals": N_("Laptops whose journal is not whole"),
    "journal_broken": N_("Journal not whole"),
    "journal_note": N_(
        "Journal not whole: the file of that laptop was altered beside the program, or its disk is failing. "
        "What it sends is taken and judged as usual. Have a backup made there, then “Check the workspace”, "
        "which names every place."
    ),
    "outdated": N_("Too old to sync"),
    "restored": N_("Brought back from a backup"),
    "given_back": N_("changes given back by laptops since"),
    "time": N_("Time of the hub"),
    "laptop": N_("Laptop"),
    "role_cap": N_("Highest role"),
    "enrolled": N_("Enrolled"),
    "last_sync": N_("Last sync"),
    "lag": N_("Behind by"),
    "state": N_("State"),
    "at_work": N_("At work"),
    "silent": N_("Silent"),
    "never": N_("Never"),
    "revoked": N_("Revoked"),
    "goes_on": N_("Goes on with new keys as"),
    "was": N_("New keys; before it was"),
    "revoke": N_("Revoke…"),
    "revokes_up_to": REVOKES_UP_TO,
    "invite": N_("Invite a laptop"),
    "no_devices": N_("No laptop is enrolled yet. Invite the first one; it brings the records with it."),
    "role": N_("Role"),
    "minutes": N_("Good for (minutes)"),
    "make_code": N_("Make a code"),
    "code": N_("Code"),
    "expires": N_("Good until"),
    "code_note": N_("Shown once and good for one laptop. There: page Sync, “Join the bureau's hub…”; or"),
    "qr_note": N_("The picture holds the address and the code."),
    "done": N_("Done"),
    "cancel": N_("Cancel"),
    "revoke_title": N_("Revoke this laptop?"),
    "revoke_note": N_(
        "It gets nothing more. What it still sends is not lost: it waits in quarantine for a person."
    ),
    "reason": N_("Reason"),
    "revoke_now": N_("Revoke"),
    "name": N_("Full name"),
    "org": N_("Organisation"),
    "no_people": N_("Nobody yet: the first laptop that syncs brings the people with it."),
    "people_note": N_(
        "People are added and changed on a laptop by an administrator; the hub only checks them."
    ),
    "disabled": N_("Disabled"),
    "may_sign_in": N_("May sign in"),
    "number": N_("Number"),
    "digest": N_("Digest"),
    "areas_note": N_("A laptop with the same number and digest has exactly the same records."),
    "no_areas": N_("No area has a change yet."),
    "record": N_("Record"),
    "kind": N_("Kind"),
    "stands": N_("What stands, from"),
    "other": N_("The other value, from"),
    "decides": N_("Decided by"),
    "raised": N_("Raised"),
    "no_conflicts": N_("No conflict is open."),
    "conflicts_note": N_("They are decided in the program, where map and evidence are at hand."),
    "find": N_("Find"),
    "find_laptop": N_("Name, number or division of a laptop"),
    "all_laptops": N_("All laptops"),
    "none_found": N_("None is like that."),
    "late_of": N_("From the revoked laptop"),
    "all_conflicts": N_("All conflicts"),
    "still_open": N_("Still to decide (laptop)"),
    "written_by": N_("Written by"),
    "between": N_(", "),
    "received": N_("Received"),
    "changes": N_("Changes"),
    "why": N_("Why"),
    "no_quarantine": N_("Nothing is in quarantine."),
    "quarantine_note": N_(
        "All that revoked laptops sent, kept as it came. It counts once decided; "
        "what still waits is under Conflicts."
    ),
    "yes": N_("Yes"),
    "page_of": N_("Page {n} of {of}"),
    "before": N_("Previous page"),
    "after": N_("Next page"),
}


class Words:
    """The words in one language: `w.devices` in a template."""

    def __init__(self, language: str) -> None:
        self.language = language

    def __getitem__(self, name: str) -> str:
        """The word of this name."""
        return in_language(self.language, WORDS[name])

    def __getattr__(self, name: str) -> str:
        """The word of this name."""
        if name not in WORDS:
            raise AttributeError(name)
        return in_language(self.language, WORDS[name])

    def of(self, text: str) -> str:
        """A marked text from elsewhere, such as the label of a code."""
        return in_language(self.language, text)
