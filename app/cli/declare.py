"""How a command is declared: its words as a dataclass, its help as a sentence; typer is told from that."""

from __future__ import annotations

import dataclasses
import inspect
from collections.abc import Callable, Iterable, Mapping
from copy import copy
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Annotated, Any, get_type_hints

import typer
from typer.models import ArgumentInfo, OptionInfo, ParameterInfo

from app.cli.answer import Answer
from app.cli.shell import OpenWindow, Shared, Shell, WrongUsage
from app.cli.usage import print_help
from app.i18n import N_, tr

Run = Callable[[Shell, Any], "Answer | None"]


def word(metavar: str, help_: str) -> Any:
    """A word that stands at its place, such as KIND."""
    return typer.Argument(metavar=metavar, help=help_, show_default=False)


def option(*names: str, help_: str, metavar: str | None = None) -> Any:
    """An option by its names; its help is marked with N_ and translated when the commands are built."""
    return typer.Option(*names, help=help_, metavar=metavar, show_default=False)


def _help(ctx: typer.Context, asked: bool) -> None:
    """Eager, so that a missing word does not keep anybody from the help."""
    if asked:
        print_help(ctx.get_help())
        raise typer.Exit


@dataclass(frozen=True)
class NoWords:
    """The words of a command that takes none."""


@dataclass(frozen=True)
class Command:
    """One command: its name (two words for a command of a group), its words, its help and what it runs."""

    name: str
    help: str
    run: Run
    words: type[Any] = NoWords


@dataclass(frozen=True)
class SharedWords:
    """The options every command knows, before or after its name."""

    workspace: Annotated[
        Path | None, option("-w", "--workspace", help_=N_("The workspace, a .gpkg file"))
    ] = None
    person: Annotated[
        str | None,
        option("--as", help_=N_("Sign in as this person; the PIN is in GRIDWARD_PIN or asked for")),
    ] = None
    json: Annotated[
        bool, option("--json", help_=N_("Print exactly one JSON document to standard output"))
    ] = False
    labels: Annotated[
        bool, option("--labels", help_=N_("Words in the chosen language instead of codes in JSON"))
    ] = False
    language: Annotated[str | None, option("--lang", help_=N_("Language of messages: zh_CN or en"))] = None
    help: Annotated[
        bool,
        typer.Option("--help", "-h", help=N_("Show this help"), is_eager=True, callback=_help),
    ] = False


_VALUED = ("-w", "--workspace", "--as", "--lang")  # shared options that a value follows
_ALONE = ("--json", "--labels")


def meant(words: Iterable[str], commands: tuple[Command, ...]) -> tuple[Command, ...]:
    """Those of the commands that begin with the first word that is no shared option: all take longer to
    build than most of them run. All, where none does or somebody asks for the help of the whole."""
    rest = iter(words)
    for found in rest:
        name, value, _ = found.partition("=")
        if not found.startswith("-"):
            return tuple(item for item in commands if item.name.split()[0] == found) or commands
        if name in _VALUED and not value:
            next(rest, None)
        elif name not in (*_VALUED, *_ALONE):
            break
    return commands


def build(commands: Iterable[Command], open_window: OpenWindow, summary: str) -> typer.Typer:
    """The typer application of the commands, with every help in the language in use."""
    commands = tuple(commands)
    root = _group()
    groups: dict[str, typer.Typer] = {}
    above = {command.name.rpartition(" ")[0] for command in commands}
    alone = {command.name: command for command in commands if command.name in above}
    root.callback(help=tr(summary), context_settings={"help_option_names": []})(_entrance(open_window))
    for command in commands:
        if command.name in alone:  # "reports" is a command, and "reports freeze" is one below it
            continue
        group, _, name = command.name.rpartition(" ")
        place = _place(group, groups, root, open_window, alone)
        place.command(
            name,
            help=tr(command.help),
            short_help=tr(command.help),
            context_settings={"help_option_names": [], "ignore_unknown_options": command.name in _NUMBERS},
        )(_function(command))
    return root


def _place(
    group: str,
    groups: dict[str, typer.Typer],
    root: typer.Typer,
    window: OpenWindow,
    alone: Mapping[str, Command],
) -> typer.Typer:
    """The group of this name, made when its first command comes; "hub bundle" lies in "hub".

    `alone` are the commands without options that run when nothing follows the name of their group.
    """
    if not group:
        return root
    if group not in groups:
        above, _, name = group.rpartition(" ")
        groups[group] = _group()
        own = alone.get(group)
        groups[group].callback(context_settings={"help_option_names": []})(_entrance(window, own))
        about = tr(own.help if own else GROUPS[group])
        _place(above, groups, root, window, alone).add_typer(groups[group], name=name, help=about)
    return groups[group]


GROUPS = {
    "hub": N_("The bureau's server, where all laptops meet"),
    "bundle": N_("Bundles on a stick, where there is no network"),
    "hub bundle": N_("Bundles on a stick, at the hub"),
    "user": N_("People who may sign in"),
    "setting": N_("The bureau's own numbers"),
    "baseline": N_("The frozen list the counts are measured against"),
    "lookback": N_("Look-back rounds, drawn by a seed"),
}
_NUMBERS = ("locate", "coord")  # a position may begin with a minus sign
_SHARED = tuple(field.name for field in dataclasses.fields(SharedWords))


def _group() -> typer.Typer:
    return typer.Typer(
        add_completion=False, rich_markup_mode=None, invoke_without_command=True, no_args_is_help=False
    )


def _function(command: Command) -> Callable[..., None]:
    """A function with the signature typer reads: the command's words and the shared ones."""

    def call(ctx: typer.Context, **given: Any) -> None:
        shared = _join(ctx, given)
        shell = Shell(shared)
        answer = command.run(shell, command.words(**given))
        if answer is not None:
            raise typer.Exit(shell.show(answer))

    return _signed(call, [*_parameters(command.words), *_parameters(SharedWords)])


def _entrance(open_window: OpenWindow, alone: Command | None = None) -> Callable[..., None]:
    """What stands before the command's name; without any it runs `alone`, or opens the window."""

    def enter(ctx: typer.Context, **given: Any) -> None:
        if ctx.parent is None:
            ctx.obj = Shared(open_window)
        ctx.obj = _join(ctx, given)
        if ctx.invoked_subcommand is None and alone is not None:
            shell = Shell(ctx.obj)
            answer = alone.run(shell, alone.words())
            raise typer.Exit(shell.show(answer) if answer else 0)
        if ctx.invoked_subcommand is None and ctx.parent is not None:
            raise WrongUsage(
                N_("What shall be done is missing"),
                hint=N_("{command} --help lists the words of the command."),
                command=ctx.command_path,
            )
        if ctx.invoked_subcommand is None:
            raise typer.Exit(Shell(ctx.obj).open_window())

    return _signed(enter, _parameters(SharedWords))


def _join(ctx: typer.Context, given: dict[str, Any]) -> Shared:
    """Take the shared words out of `given`; those after the name win over those before it."""
    shared = {name: given.pop(name) for name in _SHARED}
    del shared["help"]
    known: Shared = ctx.obj
    return dataclasses.replace(known, **{name: value for name, value in shared.items() if value})


def _parameters(words: type[Any]) -> list[inspect.Parameter]:
    hints = _hints(words)  # type: ignore[arg-type]  # a class is hashable
    return [
        inspect.Parameter(
            field.name,
            inspect.Parameter.KEYWORD_ONLY,
            default=_default(field),
            annotation=_translated(hints[field.name]),
        )
        for field in dataclasses.fields(words)
    ]


@cache
def _hints(words: type[Any]) -> dict[str, Any]:
    """Kept, as every command has the shared words."""
    return get_type_hints(words, include_extras=True)


def _default(field: dataclasses.Field[Any]) -> Any:
    if field.default_factory is not dataclasses.MISSING:
        return field.default_factory()
    return inspect.Parameter.empty if field.default is dataclasses.MISSING else field.default


def _translated(hint: Any) -> Any:
    parameter: ParameterInfo = copy(hint.__metadata__[0])
    assert isinstance(parameter, ArgumentInfo | OptionInfo)
    parameter.help = tr(parameter.help or "")
    return Annotated[hint.__origin__, parameter]


def _signed(function: Callable[..., None], parameters: list[inspect.Parameter]) -> Callable[..., None]:
    context = inspect.Parameter("ctx", inspect.Parameter.POSITIONAL_OR_KEYWORD, annotation=typer.Context)
    function.__signature__ = inspect.Signature([context, *parameters])  # type: ignore[attr-defined]
    function.__annotations__ = {item.name: item.annotation for item in (context, *parameters)}
    return function
