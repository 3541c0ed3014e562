"""Wrong words on the command line, and help pages: typer speaks English, the user may not."""

from __future__ import annotations

import re

import typer

from app.cli.answer import print_lines
from app.cli.shell import WrongUsage
from app.i18n import N_, tr

# What typer writes into a help page by itself.
_HEADINGS = {
    "Usage:": N_("Usage:"),
    "Options:": N_("Options:"),
    "Arguments:": N_("Arguments:"),
    "Commands:": N_("Commands:"),
    "[required]": N_("[required]"),
}

_EXTRA = re.compile(r"Got unexpected extra arguments?(?:\(s\))? \((.*)\)", re.DOTALL)


def print_help(page: str) -> None:
    """A help page with its headings in the language in use."""
    for english, marked in _HEADINGS.items():
        page = page.replace(english, tr(marked))
    print_lines([page])


def usage_error(error: typer.TyperException) -> WrongUsage:
    """What was wrong with the words, as a sentence."""
    context = getattr(error, "ctx", None)
    command = context.command_path if context is not None else "gridward"
    parameter = getattr(error, "param", None)
    kind = type(error).__name__
    hint = N_("{command} --help lists the words of the command.")
    if kind == "MissingParameter" and parameter is not None:
        return WrongUsage(N_("{word} is missing"), hint=hint, command=command, word=_name(parameter))
    if kind == "NoSuchOption":
        unknown = str(getattr(error, "option_name", ""))
        return WrongUsage(N_("There is no option {option} here"), hint=hint, command=command, option=unknown)
    if kind == "BadParameter" and parameter is not None:
        return WrongUsage(
            N_("{word} cannot be taken: {why}"),
            hint=hint,
            command=command,
            word=_name(parameter),
            why=error.message,
        )
    if kind == "BadOptionUsage":
        option = str(getattr(error, "option_name", ""))
        return WrongUsage(N_("{option} stands without its value"), hint=hint, command=command, option=option)
    if (extra := _EXTRA.match(error.message)) is not None:
        return WrongUsage(N_("{words} is too much"), hint=hint, command=command, words=extra[1])
    if "No such command" in error.message:
        return WrongUsage(N_("There is no such command"), hint=hint, command=command)
    return WrongUsage(
        N_("The words do not fit: {why}"), hint=hint, command=command, why=error.format_message()
    )


def _name(parameter: object) -> str:
    options = getattr(parameter, "opts", None) or []
    if getattr(parameter, "param_type_name", "") == "argument":
        return str(getattr(parameter, "metavar", None) or getattr(parameter, "name", ""))
    return " / ".join(options)
