"""What a PIN and a passphrase cost whoever guesses: in a program, not in the tests' own cheap process."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

TOLD = """
import msgspec
from app.actions.people import verifier
from app.hub import passphrases
from app.sync.keys import DeviceKeys
print(verifier("246810"))
print(passphrases._HASHER.hash("vier Worte"))
print(msgspec.msgpack.decode(DeviceKeys.make().wrap("246810"))[2:5])
"""


def test_what_a_program_makes_of_a_pin_is_dear_to_guess() -> None:
    root = Path(__file__).parents[2]
    done = subprocess.run([sys.executable, "-c", TOLD], cwd=root, capture_output=True, text=True, check=True)
    pin, passphrase, keys = done.stdout.splitlines()
    assert pin.startswith("$argon2id$v=19$m=65536,t=3,p=2$")
    assert passphrase.startswith("$argon2id$v=19$m=65536,t=3,p=2$")
    assert keys == "[3, 65536, 2]"
