"""A terminal for tests: runs the command line in this process and reads back what it said."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from app.cli.main import run
from app.i18n import DEFAULT_LANGUAGE, set_language

PIN = "246810"


@dataclass(frozen=True)
class Said:
    """One command's exit code and both streams."""

    code: int
    out: str
    err: str

    @property
    def document(self) -> Any:
        """The one JSON document on standard output; anything else there is an error."""
        return json.loads(self.out)


@dataclass
class Terminal:
    """Runs commands; `window` keeps what would have been opened."""

    capture: pytest.CaptureFixture[str]
    patch: pytest.MonkeyPatch
    workspace: Path | None = None
    window: list[object] = field(default_factory=list)

    def __call__(self, *words: str, as_: str = "", pin: str | None = PIN, workspace: bool = True) -> Said:
        """Run one command on the workspace; `as_` signs in with `pin`."""
        self.pin(pin)
        set_language(DEFAULT_LANGUAGE)
        before: Sequence[str] = ["-w", str(self.workspace)] if workspace and self.workspace else []
        after = ["--as", as_] if as_ else []
        self.capture.readouterr()
        code = run([*before, *after, *words], self._open)
        out, err = self.capture.readouterr()
        return Said(code, out, err)

    def json(self, *words: str, **how: Any) -> Any:
        """Run one command with --json that must succeed; its document."""
        said = self(*words, "--json", **how)
        assert said.code == 0, said.err
        return said.document

    def refused(self, *words: str, **how: Any) -> tuple[int, str]:
        """Run one command with --json that must fail; exit code and the word of its refusal."""
        said = self(*words, "--json", **how)
        document = said.document
        assert {"error", "message", "hint", "details"} <= set(document)
        assert document["message"]
        assert "{" not in document["message"] + document["hint"], "every place is filled"
        assert document["message"] in said.err, "people read it on standard error"
        return said.code, document["error"]

    def pin(self, pin: str | None) -> None:
        """Set or take away the PIN of the environment."""
        if pin is None:
            self.patch.delenv("GRIDWARD_PIN", raising=False)
        else:
            self.patch.setenv("GRIDWARD_PIN", pin)

    def _open(self, where: object) -> int:
        self.window.append(where)
        return 0
