"""A hub served by a real process on loopback, started and stopped as a bureau does."""

from __future__ import annotations

import io
import json
import os
import signal
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, redirect_stderr, redirect_stdout
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any
from unittest.mock import patch

import httpx

from app.cli.main import run
from app.i18n import language, set_language

ROOT = Path(__file__).resolve().parents[2]
PIN = "246810"


@dataclass(frozen=True)
class Ended:
    """How a command ended, and what it said."""

    returncode: int
    stdout: str
    stderr: str


def gridward(*words: str | Path, check: bool = True, **variables: str) -> Ended:
    """Run a command of the program, in this process: to start another costs more than most of them do."""
    out, err, chosen = io.StringIO(), io.StringIO(), language()
    with patch.dict(os.environ, variables), redirect_stdout(out), redirect_stderr(err):
        set_language("en")
        try:
            code = run([*map(str, words)], lambda _: 0)
        finally:
            set_language(chosen)
    assert not check or code == 0, err.getvalue()
    return Ended(code, out.getvalue(), err.getvalue())


@dataclass
class Served:
    """A running server."""

    process: subprocess.Popen[str]
    url: str
    fingerprint: str
    written: IO[str]

    def http(self, **options: Any) -> httpx.Client:
        """A client of it that asks no proxy."""
        return httpx.Client(base_url=self.url, trust_env=False, timeout=30, **options)

    def log(self) -> str:
        """What it and its workers have written until now."""
        return Path(self.written.name).read_text(encoding="utf-8")

    def events(self, event: str) -> list[dict[str, Any]]:
        """The whole lines of its log about an event; the last line may be half written yet."""
        lines = self.log().split("\n")[:-1]
        return [line for line in map(json.loads, lines) if line["event"] == event]

    def stop(self, number: int = signal.SIGTERM) -> tuple[int, str]:
        """Tell it to stop; its exit code and its log."""
        self.process.send_signal(number)
        self.process.communicate(timeout=60)
        return self.process.returncode, self.log()


@contextmanager
def served(folder: Path | None, *words: str, **variables: str) -> Iterator[Served]:
    """Serve the hub in a folder at a free port of 127.0.0.1; killed at the end if it was not stopped."""
    command = [sys.executable, "-m", "app", "hub", "serve", *([str(folder)] if folder else []), "--port", "0",
               "--json", *words]  # fmt: skip
    environment = {**os.environ, "GRIDWARD_LANG": "en", **variables}
    with tempfile.NamedTemporaryFile("w+", encoding="utf-8", suffix=".log") as written:
        process = subprocess.Popen(
            command, cwd=ROOT, env=environment, stdout=subprocess.PIPE, stderr=written, text=True
        )
        try:
            assert process.stdout is not None
            line = process.stdout.readline()
            assert line, Path(written.name).read_text(encoding="utf-8")
            told = json.loads(line)
            yield Served(process, told["url"], told["fingerprint"], written)
        finally:
            if process.poll() is None:
                process.kill()
            process.communicate()
