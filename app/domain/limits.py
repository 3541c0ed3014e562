"""How much anybody may enter or send, with the reason for each number. A laptop says so before it writes, an
import before it begins, and the hub refuses what a laptop without these rules sends.

Fields name their own lengths and limits where they are declared (`domain/entities`); what counts for all of
them, or is no field, stands here.
"""

from __future__ import annotations

from app.errors import Invalid
from app.i18n import N_

# Letters of the reason of an act: as many as an approval's opinion and a conflict keep of it. It travels to
# every laptop that reads the area, and stands in one cell of the printed history.
REASON = 500

# Letters that a reason needs where it is all that stays of a thing: 误放他户 is four, and a reason.
FULL_REASON = 4

# Files of one record, all rounds: a step asks for at most a dozen (domain/workflows), so ten rounds with all
# their steps stay below this. Each is a row that everybody reads who opens the record.
PAPERS = 500

# Bytes of one file: more is no photograph and no scan, and could not go to the hub on a bad line.
FILE_BYTES = 512 * 1024 * 1024

# A name that somebody types to sign in, and others read: no control characters, nothing without a width and
# no turns of the direction (Unicode 15.1, general categories Cc, Zl, Zp and most of Cf), which make two
# different names look alike.
READABLE = (
    r"[^\x00-\x1f\x7f-\x9f\xad\u061c\u180e\u200b-\u200f\u2028-\u202e\u2060-\u206f"
    r"\ufeff\ufff9-\ufffb\U000e0000-\U000e007f]+"
)

# What a PIN verifier may cost whoever signs in with it: argon2id with at most 128 MiB, 9 passes and 8 lanes.
# This program makes 64 MiB, 3 passes, 2 lanes (RFC 9106, second choice; OWASP asks for 19 MiB and 2). The
# computers it runs on have 4 GB. The salt has at least 8 bytes, the hash 16 to 64 (RFC 9106, 3.1).
_COSTS = r"m=(?:\d{1,5}|1[0-2]\d{4}|130\d{3}|1310[0-6]\d|13107[0-2]),t=[1-9],p=[1-8]"
VERIFIER = rf"\$argon2id\$v=19\${_COSTS}\$[A-Za-z0-9+/]{{11,64}}\$[A-Za-z0-9+/]{{22,86}}"


def check_reason(reason: str) -> str:
    """The reason of an act; raises Invalid for one that is too long."""
    if len(reason) > REASON:
        raise Invalid(
            N_("A reason may have at most {n} characters"),
            hint=N_("Nothing was changed. What is longer belongs into a paper beside the record."),
            n=REASON,
            code="too_long",
        )
    return reason


def says_why(reason: str) -> bool:
    """Whether a reason tells somebody who reads it later anything."""
    return len("".join(reason.split())) >= FULL_REASON


def check_file(name: str, size: int) -> None:
    """Raise Invalid for a file that is too large to be evidence."""
    if size > FILE_BYTES:
        raise Invalid(
            N_("The file “{file}” is too large; one of at most {mb} MB can be added"),
            hint=N_("Nothing was changed. Divide it, or make it smaller."),
            file=name,
            mb=FILE_BYTES >> 20,
            code="too_large",
        )


def check_papers(count: int) -> None:
    """Raise Invalid when a record would have more files than this."""
    if count > PAPERS:
        raise Invalid(
            N_("A record may have at most {n} files"),
            hint=N_("Nothing was changed. Put pages that belong together into one file."),
            n=PAPERS,
            code="too_many_papers",
        )
