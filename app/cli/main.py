"""The command line: runs one command and turns every failure into a sentence and an exit code."""

from __future__ import annotations

import errno
import logging
import os
import sys
import traceback
from collections.abc import Sequence

import typer

from app.cli.answer import note, note_refusal, print_document, refusal
from app.cli.commands import COMMANDS
from app.cli.declare import build, meant
from app.cli.shell import OpenWindow, WrongUsage
from app.cli.usage import usage_error
from app.errors import AppError, StoreFailure
from app.i18n import LANGUAGES, N_, set_language, tr

_log = logging.getLogger(__name__)
SUMMARY = N_(
    "Gridward: the offline map and ledger of an environment bureau. Without a command it opens the window."
)
INTERRUPTED = 130  # what a shell expects after Ctrl+C


def run(words: Sequence[str], open_window: OpenWindow) -> int:
    """Run one command and give its exit code; nothing escapes but what ends the interpreter."""
    words = list(words)
    as_json = "--json" in words
    try:
        _choose_language(words)
        return _run(words, open_window)
    except AppError as error:
        return _refuse(error, as_json)
    except typer.TyperException as error:
        return _refuse(usage_error(error), as_json)
    except (KeyboardInterrupt, typer.Abort):
        note(tr(N_("Stopped; nothing that was under way is kept.")))
        return INTERRUPTED
    except (BrokenPipeError, SystemExit):  # typer leaves by itself when nobody reads its output
        return _nobody_reads()
    except OSError as error:
        return _refuse(_file_error(error), as_json)
    except Exception as error:  # the one broad catch of the command line
        if isinstance(error, UnicodeEncodeError) and any(map(_is_torn, words)):
            return _refuse(_not_utf8(), as_json)
        _log.error("unexpected error", exc_info=error)
        return _refuse(_mistake(error), as_json)


def _run(words: list[str], open_window: OpenWindow) -> int:
    app = typer.main.get_command(build(meant(words, COMMANDS), open_window, SUMMARY))
    return int(app.main(args=words, prog_name="gridward", standalone_mode=False) or 0)


def _choose_language(words: Sequence[str]) -> None:
    """`--lang` counts wherever it stands, and before the help is put together."""
    for place, word in enumerate(words):
        name, sign, value = word.partition("=")
        if name != "--lang":
            continue
        chosen = value if sign else next(iter(words[place + 1 : place + 2]), "")
        if chosen not in LANGUAGES:
            raise WrongUsage(N_("There is no language “{language}”"), hint=N_("Languages: {languages}"),
                             language=chosen, languages=" ".join(LANGUAGES))  # fmt: skip
        set_language(chosen)


def _refuse(error: AppError, as_json: bool) -> int:
    if as_json:
        print_document(refusal(error))
    note_refusal(error)
    return error.exit_code


def _file_error(error: OSError) -> AppError:
    name = error.filename or ""
    if error.errno == errno.ENOSPC:
        return StoreFailure(
            N_("The disk is full"),
            hint=N_("Make room and try again; what was there is unchanged."),
            code="disk_full",
        )
    return StoreFailure(
        N_("The file {file} cannot be read or written: {why}"),
        hint=N_("Check that the folder exists and that you may write there."),
        file=name,
        why=error.strerror or str(error),
        code="file",
    )


def _is_torn(word: str) -> bool:
    """Whether a word came in bytes that the system could not read as text."""
    return any("\ud800" <= letter <= "\udfff" for letter in word)


def _not_utf8() -> WrongUsage:
    return WrongUsage(
        N_("A word of the command is not in UTF-8, as if it came from a script in GBK"),
        hint=N_("Nothing was changed. Save the script in UTF-8, or set the terminal to it."),
        code="encoding",
    )


def _mistake(error: Exception) -> AppError:
    lines = traceback.format_exception(error)
    return AppError(
        N_("The program made a mistake. What was saved before is safe; this step was not done."),
        hint=N_("Please send these lines to whoever looks after the program: {lines}"),
        lines="".join(lines),
        code="mistake",
    )


def _nobody_reads() -> int:
    """The reader of our output has gone (`gridward … | head`): end quietly."""
    sys.stdout = open(os.devnull, "w", encoding="utf-8")  # noqa: PTH123, SIM115
    return 0
