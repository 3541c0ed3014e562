"""The code of an invitation as a person types it: ten letters of a secret, ten of the hub's certificate."""

from __future__ import annotations

from app.errors import Invalid
from app.i18n import N_

_ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"  # Crockford's base 32: no I, L, O, U
_ALIKE = str.maketrans("OIL", "011")
_HALF, _BITS = 10, 5
_HEX = 12  # whole hex digits in the 50 bits of the second half


def fingerprint_start(code: str) -> str:
    """The first 12 hex digits of the certificate's SHA-256 that a code names; empty for a hub without TLS.

    Raises Invalid for a text that is no code.
    """
    letters = [part for part in code.upper().translate(_ALIKE) if not (part.isspace() or part in "-‐–—")]
    if len(letters) != 2 * _HALF or any(part not in _ALPHABET for part in letters):
        raise Invalid(
            N_("This is no invitation code"),
            hint=N_("It has 20 letters and digits in four groups, such as 7K2QD-9XWPA-0M4TE-ZB81H."),
            code="bad_code",
        )
    number = 0
    for part in letters[_HALF:]:
        number = number << _BITS | _ALPHABET.index(part)
    return f"{number >> (_HALF * _BITS - 4 * _HEX):0{_HEX}x}" if number else ""
